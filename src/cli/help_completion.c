/*
 * help_completion.c - a completion for bash: a list of the commands, their options, and for each option what its value is.
 *
 * Where an option takes one of a few words, they come from where the program reads them; a name for the value of FILE or
 * DIR means that the shell completes file names.
 */
#include "cli/help.h"
#include "engine/actor.h"

static const char *regime_word(size_t i)
{
    return i + 1 < REGIME_COUNT ? regime_name((enum regime)(i + 1)) : NULL;
}

static const char *format_word(size_t i)
{
    size_t n = 0;
    while (intake_formats[n])
        n++;
    return i < n ? intake_formats[i]->name : i == n ? "auto" : NULL;
}

static const char *status_word(size_t i)
{
    return i < STATUS_COUNT ? contact_status_name((enum contact_status)i) : NULL;
}

static const char *role_word(size_t i)
{
    return role_names[i];
}

static const char *as_word(size_t i)
{
    static const char *const words[] = {"schedule", "order"};
    return i < ARRAY_LEN(words) ? words[i] : regime_word(i - ARRAY_LEN(words));
}

/* Options of which the values are words of a list. */
static const struct { const char *option; const char *(*word)(size_t i); } lists[] = {
    {"regime", regime_word}, {"format", format_word}, {"status", status_word}, {"role", role_word}, {"as", as_word}};

static bool means_file(const char *value)
{
    static const char *const files[] = {"FILE", "IDS", "F", "FILE|DIR|-...", "KEY"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (strcmp(value, files[i]) == 0)
            return true;
    return false;
}

/* "@file", "@dir", words, or a space: a value nobody can guess. */
static void value_of(const struct cli_option *o, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (strcmp(lists[i].option, o->name) == 0) {
            for (size_t k = 0; lists[i].word(k); k++)
                buf_fmt(out, "%s%s", k ? " " : "", lists[i].word(k));
            return;
        }
    if (means_file(o->value))
        buf_cstr(out, "@file");
    else
        buf_cstr(out, strcmp(o->value, "DIR") == 0 ? "@dir" : " ");
}

/* Words in an argument that a person types as they stand: "ID erase|keep|category:NAME". */
static void argument_words(const char *arguments, struct buf *out)
{
    struct str rest = str_of(arguments), part, word;
    bool more = rest.n > 0;
    while (more) {
        more = str_split(rest, ' ', &part, &rest);
        part = more ? part : rest;
        size_t at;
        bool several = str_find(part, '|', &at) && part.p[0] >= 'a' && part.p[0] <= 'z';
        while (several) {
            several = str_split(part, '|', &word, &part);
            buf_char(out, ' ');
            buf_str(out, several ? word : part);
        }
    }
}

static void arguments_of(const struct command *k, struct buf *out)
{
    if (!k->arguments)
        return;
    if (strstr(k->arguments, "FILE"))
        buf_cstr(out, " @file");
    else if (strstr(k->arguments, "DIR"))
        buf_cstr(out, " @dir");
    else if (strstr(k->arguments, "COMMAND"))
        buf_cstr(out, " @command");
    else
        argument_words(k->arguments, out);
}

static void options_of(const struct cli_option *o, struct buf *out)
{
    for (; o && o->name; o++)
        buf_fmt(out, " --%s", o->name);
}

static void command_cases(struct buf *out)
{
    for (const struct command *const *p = commands; *p; p++) {
        const struct command *k = *p;
        buf_fmt(out, "    '%s%s%s') options='", k->name, k->subcommand ? " " : "", k->subcommand ? k->subcommand : "");
        options_of(k->options, out);
        buf_cstr(out, "' arguments='");
        arguments_of(k, out);
        buf_cstr(out, "' ;;\n");
    }
}

/* Values by "COMMAND:OPTION": an option's value means the same wherever its name and value's name are the same. */
static void value_cases(const struct command *k, const struct cli_option *o, struct buf *out)
{
    for (; o && o->name; o++)
        if (o->value) {
            buf_fmt(out, "    '%s%s%s:--%s') value='", k ? k->name : "", k && k->subcommand ? " " : "",
                    k && k->subcommand ? k->subcommand : "", o->name);
            value_of(o, out);
            buf_cstr(out, "' ;;\n");
        }
}

static void names(struct buf *out)
{
    for (const struct command *const *p = commands; *p; p++)
        if (p == commands || strcmp(p[-1]->name, p[0]->name) != 0)
            buf_fmt(out, " %s", (*p)->name);
}

static void subcommand_cases(struct buf *out)
{
    for (const struct command *const *p = commands; *p; p++) {
        if (!(*p)->subcommand)
            continue;
        if (p == commands || strcmp(p[-1]->name, p[0]->name) != 0)
            buf_fmt(out, "    %s) subcommands='", (*p)->name);
        buf_fmt(out, " %s", (*p)->subcommand);
        if (!p[1] || strcmp(p[1]->name, p[0]->name) != 0)
            buf_cstr(out, "' ;;\n");
    }
}

static const char body[] =
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} name=${COMP_WORDS[1]-} command\n"
    "    [ \"$before\" = = ] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    command=$name\n"
    "    [ -n \"$subcommands\" ] && command=\"$name ${COMP_WORDS[2]-}\"\n";

static const char choose[] =
    "    if [ \"$COMP_CWORD\" -gt 1 ] && [ -n \"$value\" ]; then\n"
    "        _expunge_words \"$value\"\n"
    "    elif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        _expunge_words \"$names\"\n"
    "    elif [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$subcommands\" ]; then\n"
    "        _expunge_words \"$subcommands\"\n"
    "    elif [[ $word == -* ]]; then\n"
    "        _expunge_words \"$options $common\"\n"
    "    else\n"
    "        _expunge_words \"${arguments//@command/$names}\"\n"
    "    fi\n";

static const char words[] =
    "# Offers words, or file names for @file and @dir.\n"
    "_expunge_words() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]}\n"
    "    case $1 in\n"
    "    *@file*) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); compopt -o filenames 2>/dev/null ;;\n"
    "    *@dir*) mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); compopt -o filenames 2>/dev/null ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\") ;;\n"
    "    esac\n"
    "}\n";

void help_completion(struct buf *out)
{
    buf_cstr(out, "# Completion of expunge for bash. Made from the program's own tables by `expunge help --completion`; a test "
                  "compares them.\n# shellcheck shell=bash\n");
    buf_cstr(out, words);
    buf_cstr(out, "_expunge() {\n    local options= arguments= value= subcommands= names='");
    names(out);
    buf_cstr(out, "'\n    local common='");
    options_of(common_options, out);
    buf_cstr(out, "'\n    COMPREPLY=()\n    case ${COMP_WORDS[1]-} in\n");
    subcommand_cases(out);
    buf_cstr(out, "    esac\n");
    buf_cstr(out, body);
    buf_cstr(out, "    case $command in\n");
    command_cases(out);
    buf_cstr(out, "    esac\n    case \":$before\" in\n");
    value_cases(NULL, common_options, out);
    buf_cstr(out, "    esac\n    case \"$command:$before\" in\n");
    for (const struct command *const *p = commands; *p; p++)
        value_cases(*p, (*p)->options, out);
    buf_cstr(out, "    esac\n");
    buf_cstr(out, choose);
    buf_cstr(out, "}\ncomplete -F _expunge expunge\n");
}
