/* help_man.c - the manual pages: expunge(1), one for each command, and expunge.yaml(5). */
#include "base/option.h"
#include "cli/help.h"

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
        else if (*text == '`') /* quoted as code in Markdown */
            buf_cstr(out, "\\(dq");
        else
            buf_char(out, *text);
    }
}

static void styled(struct buf *out, char style, const char *text)
{
    buf_fmt(out, "\\f%c", style);
    man_text(out, text);
    buf_cstr(out, "\\fR");
}

static void man_head(struct buf *out, const char *name, const char *section, const char *summary)
{
    buf_fmt(out, ".TH \"%s\" \"%s\" \"\" \"Expunge " EXPUNGE_VERSION "\"\n.SH NAME\n", name, section);
    man_text(out, name);
    buf_cstr(out, " \\- ");
    man_text(out, summary);
    buf_char(out, '\n');
}

static void man_options(const struct cli_option *o, struct buf *out)
{
    for (; o && o->name; o++) {
        buf_cstr(out, ".TP\n\\fB\\-\\-");
        man_text(out, o->name);
        buf_cstr(out, "\\fR");
        if (o->value) {
            buf_char(out, ' ');
            styled(out, 'I', o->value);
        }
        buf_char(out, '\n');
        man_text(out, o->help);
        buf_cstr(out, o->repeatable ? "; may be repeated\n" : "\n");
    }
}

static void man_closing(struct buf *out)
{
    buf_cstr(out, ".SH EXIT STATUS\n.TP\n0\nall that was asked for is done\n.TP\n1\nfinished, but something asked for is not "
                  "erased, unknown or quarantined\n.TP\n2\nusage or configuration\n.TP\n3\nrefused: held, no permission, not "
                  "approved, or the guard stopped expiry\n.TP\n4\nthe audit log does not verify\n");
}

/* ---- expunge(1) ---- */

static bool is_first_of_name(const struct command *const *p)
{
    return p == commands || strcmp(p[-1]->name, p[0]->name) != 0;
}

static void man_overview(struct buf *out)
{
    man_head(out, "expunge", "1", "erasure and retention for contact centres");
    buf_cstr(out, ".SH SYNOPSIS\n.B expunge\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
                  "Knows every contact that was handled, knows until when each may and must be kept, removes a contact with "
                  "everything that belongs to it from every store, reads back that it is gone, and proves it.\n"
                  ".SH COMMANDS\nEach has a page of its own:\n.BR expunge\\-init (1)\nand so on.\n");
    for (const struct command *const *p = commands; *p; p++) {
        buf_cstr(out, ".TP\n.B ");
        man_text(out, (*p)->name);
        if ((*p)->subcommand) {
            buf_char(out, ' ');
            man_text(out, (*p)->subcommand);
        }
        buf_char(out, '\n');
        man_text(out, (*p)->summary);
        buf_char(out, '\n');
    }
    buf_cstr(out, ".SH OPTIONS OF EVERY COMMAND\n");
    man_options(common_options, out);
    man_closing(out);
    buf_cstr(out, ".SH ENVIRONMENT\n.TP\nEXPUNGE_TOKEN\nthe token of the account that acts; without it the operating system's "
                  "user does, who cannot approve\n.SH FILES\n.I ./expunge.yaml\n.br\n.I /etc/expunge/expunge.yaml\n"
                  ".SH SEE ALSO\n");
    for (const struct command *const *p = commands; *p; p++)
        if (is_first_of_name(p)) {
            buf_cstr(out, ".BR expunge\\-");
            man_text(out, (*p)->name);
            buf_cstr(out, " (1),\n");
        }
    buf_cstr(out, ".BR expunge.yaml (5)\n");
}

/* ---- expunge-NAME(1) ---- */

static void man_usage(const struct command *k, struct buf *out)
{
    buf_cstr(out, "\\fBexpunge ");
    man_text(out, k->name);
    if (k->subcommand) {
        buf_char(out, ' ');
        man_text(out, k->subcommand);
    }
    buf_cstr(out, "\\fR");
    if (k->arguments) {
        buf_char(out, ' ');
        man_text(out, k->arguments);
    }
    buf_cstr(out, " [\\fIOPTIONS\\fR]\n");
}

static void man_section(const struct command *k, struct buf *out)
{
    if (k->subcommand) {
        buf_cstr(out, ".SS ");
        man_text(out, k->subcommand);
        buf_char(out, '\n');
    }
    man_usage(k, out);
    buf_cstr(out, ".PP\n");
    char first[2] = {(char)(k->summary[0] >= 'a' && k->summary[0] <= 'z' ? k->summary[0] - 'a' + 'A' : k->summary[0])};
    man_text(out, first);
    man_text(out, k->summary + 1);
    buf_cstr(out, ".\n");
    if (k->details) {
        buf_cstr(out, ".PP\n");
        man_text(out, k->details);
        buf_char(out, '\n');
    }
    man_options(k->options, out);
    if (k->permission) {
        buf_cstr(out, ".PP\nPermission: ");
        man_text(out, k->permission);
        buf_char(out, '\n');
    }
}

static bool man_command(const char *name, struct buf *out)
{
    char title[64] = "expunge-";
    bool any = false;
    for (const struct command *const *p = commands; *p; p++) {
        if (strcmp((*p)->name, name) != 0)
            continue;
        if (!any) {
            size_t at = strlen(title), n = strlen(name);
            ASSERT(at + n < sizeof title);
            memcpy(title + at, name, n + 1);
            man_head(out, title, "1", (*p)->subcommand ? "commands of this name" : (*p)->summary);
            buf_cstr(out, ".SH DESCRIPTION\n");
        }
        any = true;
        man_section(*p, out);
    }
    if (any) {
        buf_cstr(out, ".SH OPTIONS OF EVERY COMMAND\n");
        man_options(common_options, out);
        man_closing(out);
        buf_cstr(out, ".SH SEE ALSO\n.BR expunge (1),\n.BR expunge.yaml (5)\n");
    }
    return any;
}

/* ---- expunge.yaml(5) ---- */

static void man_keys(const struct option *o, struct buf *out)
{
    for (; o && o->name; o++) {
        buf_cstr(out, ".TP\n");
        styled(out, 'B', o->name);
        buf_cstr(out, " (");
        man_text(out, help_option_type(o->type));
        if (o->choices) {
            buf_cstr(out, o->type == OPT_INT ? " from " : ": ");
            man_text(out, o->choices);
        }
        if (o->preset && o->preset[0]) {
            buf_cstr(out, "; default ");
            man_text(out, o->preset);
        } else if (o->required)
            buf_cstr(out, "; required");
        buf_cstr(out, ")\n");
        man_text(out, o->help ? o->help : "");
        buf_char(out, '\n');
    }
}

static void man_yaml(struct buf *out)
{
    man_head(out, "expunge.yaml", "5", "configuration of expunge");
    buf_cstr(out, ".SH DESCRIPTION\nYAML in UTF\\-8.\n.B expunge init\nwrites a commented template that shows the sections;\n"
                  ".B expunge config check\nreports every mistake with its place.\n.SH TOP LEVEL\n");
    man_keys(config_options, out);
    for (const struct config_section *section = config_sections; section->name; section++) {
        buf_cstr(out, ".SH SECTION ");
        man_text(out, section->name);
        buf_char(out, '\n');
        man_keys(section->options, out);
    }
    buf_cstr(out, ".SH STORES OF EVERY TYPE\n");
    man_keys(store_common_options, out);
    for (const struct store_driver *const *d = store_drivers; *d; d++) {
        buf_fmt(out, ".SH STORES OF TYPE %s\n", (*d)->name);
        man_text(out, (*d)->help);
        buf_char(out, '\n');
        man_keys((*d)->options, out);
    }
    for (const struct intake_format *const *f = intake_formats; *f; f++)
        if ((*f)->options && !help_source_told(f)) {
            buf_cstr(out, ".SH SOURCES OF TYPE ");
            man_text(out, (*f)->source_type);
            buf_char(out, '\n');
            man_keys((*f)->options, out);
        }
    buf_cstr(out, ".SH FILES\n.I ./expunge.yaml\n.br\n.I /etc/expunge/expunge.yaml\n.SH SEE ALSO\n.BR expunge (1)\n");
}

bool help_man(const char *page, struct buf *out)
{
    if (!page)
        man_overview(out);
    else if (strcmp(page, "expunge.yaml") == 0)
        man_yaml(out);
    else
        return man_command(page, out);
    return true;
}
