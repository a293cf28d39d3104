/* help_reference.c - docs/options.md. */
#include "base/option.h"
#include "cli/help.h"
#include "intake/intake.h"

const char *help_option_type(enum option_type t)
{
    switch (t) {
    case OPT_TEXT:
        return "text";
    case OPT_PATH:
        return "path";
    case OPT_SECRET:
        return "secret (`env:`, `file:` or `credential:`)";
    case OPT_INT:
        return "number";
    case OPT_BOOL:
        return "true or false";
    case OPT_PERIOD:
        return "period (ISO 8601)";
    case OPT_CHOICE:
        return "choice";
    case OPT_LIST:
        return "list";
    case OPT_YAML:
        return "structure";
    }
    return "?";
}

static void add_cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
}

static void rows(const struct option *o, struct buf *out)
{
    buf_cstr(out, "| key | value | default | |\n|---|---|---|---|\n");
    for (; o && o->name; o++) {
        buf_fmt(out, "| `%s` | %s", o->name, help_option_type(o->type));
        if (o->choices)
            buf_fmt(out, o->type == OPT_INT ? " (from %s)" : ": %s", o->choices);
        buf_fmt(out, " | %s%s%s | ", o->preset && o->preset[0] ? "`" : "",
                o->preset     ? o->preset
                : o->required ? "required"
                              : "",
                o->preset && o->preset[0] ? "`" : "");
        add_cell(out, o->help ? o->help : "");
        buf_cstr(out, " |\n");
    }
    buf_char(out, '\n');
}

bool help_source_told(const struct intake_format *const *f)
{
    for (const struct intake_format *const *from = intake_formats; from < f; from++)
        if (strcmp((*from)->source_type, (*f)->source_type) == 0)
            return true;
    return false;
}

void help_options(struct buf *out)
{
    buf_cstr(
        out,
        "# Configuration\n\nMade from the program's own tables by `expunge help --options`; a test compares them. "
        "`expunge config check` reads a file and reports every mistake with its place; the commented template that "
        "`expunge init` writes shows the sections.\n\n## Top level\n\n");
    rows(config_options, out);
    for (const struct config_section *section = config_sections; section->name; section++) {
        buf_fmt(out, "## `%s`\n\n", section->name);
        rows(section->options, out);
    }
    buf_cstr(out, "## Stores: every type\n\n");
    rows(store_common_options, out);
    for (const struct store_driver *const *d = store_drivers; *d; d++) {
        buf_fmt(out, "## Stores: type `%s`\n\n%s\n\n", (*d)->name, (*d)->help);
        rows((*d)->options, out);
    }
    for (const struct intake_format *const *f = intake_formats; *f; f++) {
        if (help_source_told(f) || !(*f)->options)
            continue;
        buf_fmt(out, "## Sources: type `%s`\n\n", (*f)->source_type);
        rows((*f)->options, out);
    }
    buf_cstr(out, "## Formats of documents\n\n| format | |\n|---|---|\n");
    for (const struct intake_format *const *f = intake_formats; *f; f++) {
        buf_fmt(out, "| `%s` | ", (*f)->name);
        add_cell(out, (*f)->help ? (*f)->help : "");
        buf_cstr(out, " |\n");
    }
}
