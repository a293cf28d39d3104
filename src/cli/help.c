#include "cli/help.h"

#include <stdio.h>

enum { WIDTH = 100, INDENT = 26 };

static const char exit_text[] =
    "0 all that was asked for is done; 1 finished, but something asked for is not erased, unknown or "
    "quarantined; 2 usage or configuration; 3 refused: held, no permission, not approved, or the guard "
    "stopped expiry; 4 the audit log does not verify";

/* Words on lines of WIDTH, the next ones indented; `at` is where the first begins. */
static void wrapped(struct buf *out, const char *text, size_t at, size_t indent)
{
    struct str rest = str_of(text), word;
    bool first = true;
    while (rest.n) {
        if (!str_split(rest, ' ', &word, &rest)) {
            word = rest;
            rest.n = 0;
        }
        if (!first && at + 1 + word.n > WIDTH) {
            buf_fmt(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            buf_char(out, ' ');
            at++;
        }
        buf_str(out, word);
        at += word.n;
        first = false;
    }
    buf_char(out, '\n');
}

static void usage_line(const struct command *k, struct buf *out)
{
    buf_fmt(out, "expunge %s", k->name);
    if (k->subcommand)
        buf_fmt(out, " %s", k->subcommand);
    if (k->arguments)
        buf_fmt(out, " %s", k->arguments);
    if (k->options)
        buf_cstr(out, " [OPTIONS]");
}

static void option_rows(const struct cli_option *o, struct buf *out)
{
    for (; o && o->name; o++) {
        char head[80];
        int n = snprintf(head, sizeof head, "  --%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        buf_fmt(out, "%-*s", INDENT, head);
        if (n >= INDENT)
            buf_fmt(out, "\n%*s", INDENT, "");
        wrapped(out, o->help, INDENT, INDENT);
    }
}

static void one_command(const struct command *k, struct buf *out)
{
    buf_cstr(out, "Usage: ");
    usage_line(k, out);
    buf_cstr(out, "\n\n");
    buf_char(out, (char)(k->summary[0] >= 'a' && k->summary[0] <= 'z' ? k->summary[0] - 'a' + 'A' : k->summary[0]));
    buf_fmt(out, "%s.\n", k->summary + 1);
    if (k->details) {
        buf_char(out, '\n');
        wrapped(out, k->details, 0, 0);
    }
    if (k->options) {
        buf_cstr(out, "\nOptions:\n");
        option_rows(k->options, out);
    }
    buf_cstr(out, "\nOptions of every command:\n");
    option_rows(common_options, out);
    if (k->permission)
        buf_fmt(out, "\nPermission: %s\n", k->permission);
}

static bool same_name(const struct command *k, const char *name)
{
    return strcmp(k->name, name) == 0;
}

static void group(const char *name, struct buf *out)
{
    buf_fmt(out, "Usage: expunge %s SUBCOMMAND [OPTIONS]\n\n", name);
    for (const struct command *const *p = commands; *p; p++)
        if (same_name(*p, name)) {
            buf_fmt(out, "  %-*s", INDENT - 2, (*p)->subcommand);
            wrapped(out, (*p)->summary, INDENT, INDENT);
        }
    buf_fmt(out, "\n`expunge help %s SUBCOMMAND` shows the options.\n", name);
}

bool help_command(const char *name, const char *subcommand, struct buf *out)
{
    const struct command *found = NULL;
    for (const struct command *const *p = commands; *p; p++) {
        if (!same_name(*p, name))
            continue;
        if (subcommand ? (*p)->subcommand && strcmp((*p)->subcommand, subcommand) == 0 : true) {
            found = *p;
            break;
        }
    }
    if (!found)
        return false;
    if (!subcommand && found->subcommand)
        group(name, out);
    else
        one_command(found, out);
    return true;
}

static void subcommands_of(const char *name, struct buf *out)
{
    bool first = true;
    for (const struct command *const *p = commands; *p; p++)
        if (same_name(*p, name) && (*p)->subcommand) {
            buf_fmt(out, "%s%s", first ? "" : "|", (*p)->subcommand);
            first = false;
        }
}

void help_overview(struct buf *out)
{
    const char *last = "";
    buf_cstr(out,
             "Expunge: erasure and retention for contact centres.\n\nUsage: expunge COMMAND [ARGUMENTS] [OPTIONS]\n\n");
    for (const struct command *const *p = commands; *p; p++) {
        const struct command *k = *p;
        if (strcmp(last, k->name) == 0 || k->needs & CLI_ONLY_LISTS)
            continue;
        last = k->name;
        buf_fmt(out, "  %-*s", 14, k->name);
        if (k->subcommand) {
            subcommands_of(k->name, out);
            buf_char(out, '\n');
        } else
            wrapped(out, k->summary, 16, 16);
    }
    buf_cstr(out, "\n`expunge help COMMAND` shows one command and its options. Exit status:\n");
    wrapped(out, exit_text, 0, 0);
}

/* ---- docs/commands.md ---- */

static void cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
}

static void option_table(const struct cli_option *o, struct buf *out)
{
    buf_cstr(out, "| option | does |\n|---|---|\n");
    for (; o->name; o++) {
        buf_fmt(out, "| `--%s%s%s` | ", o->name, o->value ? " " : "", o->value ? o->value : "");
        cell(out, o->help);
        buf_fmt(out, "%s |\n", o->repeatable ? "; may be repeated" : "");
    }
    buf_char(out, '\n');
}

void help_markdown(struct buf *out)
{
    buf_cstr(out,
             "# Commands\n\nMade from the program's own tables by `expunge help --markdown`; a test compares them.\n\n"
             "Options follow the command. Exit status: ");
    buf_cstr(out, exit_text);
    buf_cstr(out, ".\n\n## Options of every command\n\n");
    option_table(common_options, out);
    for (const struct command *const *p = commands; *p; p++) {
        const struct command *k = *p;
        buf_fmt(out, "## %s%s%s\n\n`", k->name, k->subcommand ? " " : "", k->subcommand ? k->subcommand : "");
        usage_line(k, out);
        buf_fmt(out, "`: %s.\n\n", k->summary);
        if (k->details)
            buf_fmt(out, "%s\n\n", k->details);
        if (k->options)
            option_table(k->options, out);
        if (k->permission)
            buf_fmt(out, "Permission: `%s`\n\n", k->permission);
    }
    if (out->n && !out->failed)
        out->p[--out->n] = '\0'; /* one line end at the end of the file */
}
