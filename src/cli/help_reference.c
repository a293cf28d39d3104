/* help_reference.c - docs/options.md and the manual page. */
#include "base/option.h"
#include "cli/help.h"
#include "intake/intake.h"

/* ---- docs/options.md ---- */

static const char *type_text(enum option_type t)
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
        buf_fmt(out, "| `%s` | %s", o->name, type_text(o->type));
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

static bool told_before(const struct intake_format *const *from, const struct intake_format *const *f)
{
    for (; from < f; from++)
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
        if (told_before(intake_formats, f) || !(*f)->options)
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

/* ---- docs/expunge.1 ---- */

/* man(7): a backslash, a leading dot or apostrophe and a hyphen mean something. */
static void man_text(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_cstr(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_cstr(out, "\\e");
        else if (*text == '-')
            buf_cstr(out, "\\-");
        else
            buf_char(out, *text);
    }
}

static void man_options(const struct cli_option *o, struct buf *out)
{
    for (; o && o->name; o++) {
        buf_cstr(out, ".TP\n\\fB\\-\\-");
        man_text(out, o->name);
        buf_cstr(out, "\\fR");
        if (o->value) {
            buf_cstr(out, " \\fI");
            man_text(out, o->value);
            buf_cstr(out, "\\fR");
        }
        buf_char(out, '\n');
        man_text(out, o->help);
        buf_char(out, '\n');
    }
}

static void man_command(const struct command *k, struct buf *out)
{
    buf_cstr(out, ".SS \"");
    man_text(out, k->name);
    if (k->subcommand) {
        buf_char(out, ' ');
        man_text(out, k->subcommand);
    }
    if (k->arguments) {
        buf_char(out, ' ');
        man_text(out, k->arguments);
    }
    buf_cstr(out, "\"\n");
    man_text(out, k->summary);
    buf_cstr(out, ".\n");
    if (k->details) {
        buf_cstr(out, ".PP\n");
        man_text(out, k->details);
        buf_char(out, '\n');
    }
    man_options(k->options, out);
}

void help_man(struct buf *out)
{
    buf_cstr(out,
             ".TH EXPUNGE 1\n.SH NAME\nexpunge \\- erasure and retention for contact centres\n.SH SYNOPSIS\n"
             ".B expunge\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
             "Knows every contact that was handled, knows until when each may and must be kept, removes a contact with "
             "everything that belongs to it from every store, reads back that it is gone, and proves it.\n"
             ".SH OPTIONS OF EVERY COMMAND\n");
    man_options(common_options, out);
    buf_cstr(out, ".SH COMMANDS\n");
    for (const struct command *const *p = commands; *p; p++)
        man_command(*p, out);
    buf_cstr(out, ".SH EXIT STATUS\n.TP\n0\nall that was asked for is done\n.TP\n1\nfinished, but something asked for "
                  "is not erased, "
                  "unknown or quarantined\n.TP\n2\nusage or configuration\n.TP\n3\nrefused: held, no permission, not "
                  "approved, or the "
                  "guard stopped expiry\n.TP\n4\nthe audit log does not verify\n"
                  ".SH ENVIRONMENT\n.TP\nEXPUNGE_TOKEN\nthe token of the account that acts; without it the operating "
                  "system's user does, "
                  "who cannot approve\n.SH FILES\n.I ./expunge.yaml\n.br\n.I /etc/expunge/expunge.yaml\n");
}
