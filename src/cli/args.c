/* args.c - the command line against the tables of the commands. */
#include "cli/cli.h"

#include <stdio.h>

enum { NAME_BYTES_MAX = 48, NAMES_MAX = 128 };

/* Damerau-Levenshtein without repetition: `--dyr-run` is one step from `--dry-run`. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t before[NAME_BYTES_MAX + 1] = {0}, last[NAME_BYTES_MAX + 1], row[NAME_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, row, sizeof last);
    }
    return last[b.n];
}

const char *nearest_name(const char *given, const char *const *names)
{
    struct str wanted = str_of(given);
    const char *best = NULL;
    size_t least = wanted.n / 3 + 2; /* further away it is a guess */
    if (wanted.n > NAME_BYTES_MAX)
        return NULL;
    for (; *names; names++) {
        struct str name = str_of(*names);
        if (name.n > NAME_BYTES_MAX)
            continue;
        size_t distance = edit_distance(wanted, name);
        if (distance < least && distance < name.n) {
            least = distance;
            best = *names;
        }
    }
    return best;
}

/* ---- which command ---- */

static size_t command_names(const char **names)
{
    size_t n = 0;
    for (const struct command *const *p = commands; *p; p++)
        if (n + 1 < NAMES_MAX && (n == 0 || strcmp(names[n - 1], (*p)->name) != 0))
            names[n++] = (*p)->name;
    names[n] = NULL;
    return n;
}

static size_t subcommand_names(const char *name, const char **names)
{
    size_t n = 0;
    for (const struct command *const *p = commands; *p; p++)
        if (n + 1 < NAMES_MAX && strcmp((*p)->name, name) == 0 && (*p)->subcommand)
            names[n++] = (*p)->subcommand;
    names[n] = NULL;
    return n;
}

static const struct command *command_named(const char *name, const char *subcommand)
{
    for (const struct command *const *p = commands; *p; p++)
        if (strcmp((*p)->name, name) == 0 &&
            (subcommand ? (*p)->subcommand && strcmp((*p)->subcommand, subcommand) == 0 : !(*p)->subcommand))
            return *p;
    return NULL;
}

static enum status unknown(struct err *err, const char *what, const char *given, const char *const *names)
{
    const char *near = nearest_name(given, names);
    return near ? FAIL(err, E_INVALID, "unknown %s `%s`: did you mean `%s`?", what, given, near)
                : FAIL(err, E_INVALID, "unknown %s `%s`: `expunge help` lists what there is", what, given);
}

static enum status list_subcommands(const char *name, const char *const *names, struct err *err)
{
    char text[256] = "";
    size_t at = 0;
    for (size_t i = 0; names[i] && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? ", " : "", names[i]);
    return FAIL(err, E_INVALID, "`%s` needs one of: %s", name, text);
}

/* *used: how many words named it. */
static enum status find_command(int argc, char *const *argv, const struct command **out, int *used, struct err *err)
{
    const char *names[NAMES_MAX];
    *used = 1;
    *out = command_named(argv[0], NULL);
    if (*out)
        return OK;
    if (!subcommand_names(argv[0], names)) {
        command_names(names);
        return unknown(err, "command", argv[0], names);
    }
    if (argc < 2 || argv[1][0] == '-')
        return list_subcommands(argv[0], names, err);
    *used = 2;
    *out = command_named(argv[0], argv[1]);
    if (*out)
        return OK;
    IGNORE(unknown(err, "subcommand", argv[1], names)); /* always fails: for its text */
    return err_prefix(err, "%s", argv[0]);
}

/* ---- options ---- */

static const struct cli_option *option_in(const struct cli_option *table, struct str name)
{
    for (; table && table->name; table++)
        if (str_is(name, table->name))
            return table;
    return NULL;
}

static const struct cli_option *option_named(const struct command *command, struct str name)
{
    const struct cli_option *o = option_in(command->options, name);
    return o ? o : option_in(common_options, name);
}

static enum status unknown_option(const struct command *command, struct str name, struct err *err)
{
    const char *names[NAMES_MAX];
    char given[NAME_BYTES_MAX + 2];
    size_t n = 0;
    for (const struct cli_option *o = command->options; o && o->name && n + 1 < NAMES_MAX; o++)
        names[n++] = o->name;
    for (const struct cli_option *o = common_options; o->name && n + 1 < NAMES_MAX; o++)
        names[n++] = o->name;
    names[n] = NULL;
    snprintf(given, sizeof given, "%.*s", STR_ARG(name));
    const char *near = nearest_name(given, names);
    return near ? FAIL(err, E_INVALID, "unknown option `--%s`: did you mean `--%s`?", given, near)
                : FAIL(err, E_INVALID, "unknown option `--%s`", given);
}

static enum status take_option(struct cli *c, char *const *argv, int argc, int *i, struct err *err)
{
    struct str name = str_of(argv[*i] + 2), value = STR_NONE;
    bool joined = str_split(name, '=', &name, &value);
    const struct cli_option *o = option_named(c->command, name);
    if (!o)
        return unknown_option(c->command, name, err);
    if (!o->value && joined)
        return FAIL(err, E_INVALID, "option `--%s` takes no value", o->name);
    if (o->value && !joined) {
        if (*i + 1 >= argc)
            return FAIL(err, E_INVALID, "option `--%s` needs a value: --%s %s", o->name, o->name, o->value);
        value = str_of(argv[++*i]);
    }
    for (size_t k = 0; k < c->given_n && !o->repeatable; k++)
        if (c->given[k].option == o)
            return FAIL(err, E_INVALID, "option `--%s` is given twice", o->name);
    c->given[c->given_n++] = (struct cli_given){o, o->value ? value.p : ""};
    return OK;
}

static enum status take_words(struct cli *c, int argc, char *const *argv, struct err *err)
{
    bool options = true;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && strncmp(word, "--", 2) == 0)
            TRY(take_option(c, argv, argc, &i, err));
        else if (options && word[0] == '-' && word[1])
            return FAIL(err, E_INVALID,
                        "unknown option `%s`: options are written --name; a word that begins with '-' "
                        "stands behind `--`",
                        word);
        else
            c->args[c->args_n++] = word;
    }
    return OK;
}

static enum status check_count(const struct cli *c, struct err *err)
{
    const struct command *k = c->command;
    const char *sub = k->subcommand ? k->subcommand : "", *space = k->subcommand ? " " : "";
    if (c->args_n < (size_t)k->args_min)
        return FAIL(err, E_INVALID, "too few arguments: expunge %s%s%s %s", k->name, space, sub, k->arguments);
    if (k->args_max != ARGS_ANY && c->args_n > (size_t)k->args_max)
        return FAIL(err, E_INVALID, "unexpected argument `%s`: expunge %s%s%s %s", c->args[k->args_max], k->name, space,
                    sub, k->arguments ? k->arguments : "takes none");
    return OK;
}

/* `hold --help`, `hold apply --help`, `--help`: the help of what stands before it. */
static bool asks_for_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static enum status help_instead(int argc, char *const *argv, struct cli *c)
{
    c->command = command_named("help", NULL);
    ASSERT(c->command);
    for (int i = 0; i < argc && i < 2 && argv[i][0] != '-'; i++) {
        const char *sub = i == 1 ? argv[1] : NULL;
        if (i == 1 && !command_named(argv[0], sub))
            break;
        c->args[c->args_n++] = argv[i];
    }
    return OK;
}

enum status args_parse(int argc, char *const *argv, struct cli *c, struct err *err)
{
    int used = 0;
    c->args = ARENA_ARRAY(&c->arena, const char *, (size_t)argc + 2);
    c->given = ARENA_ARRAY(&c->arena, struct cli_given, (size_t)argc + 1);
    if (!c->args || !c->given)
        return ARENA_FULL(err, &c->arena);
    if (argc == 0 || asks_for_help(argc, argv))
        return help_instead(argc, argv, c);
    if (strcmp(argv[0], "--version") == 0) {
        c->command = command_named("version", NULL);
        return OK;
    }
    TRY(find_command(argc, argv, &c->command, &used, err));
    TRY(take_words(c, argc - used, argv + used, err));
    c->json = cli_flag(c, "json");
    c->verbose = cli_flag(c, "verbose");
    return check_count(c, err);
}

/* ---- what was given ---- */

static const struct cli_option *must_know(const struct cli *c, const char *name)
{
    const struct cli_option *o = option_named(c->command, str_of(name));
    ASSERT(o);
    return o;
}

const char *cli_option_at(const struct cli *c, const char *name, size_t i)
{
    const struct cli_option *o = must_know(c, name);
    for (size_t k = 0; k < c->given_n; k++)
        if (c->given[k].option == o && i-- == 0)
            return c->given[k].value;
    return NULL;
}

const char *cli_option(const struct cli *c, const char *name)
{
    const struct cli_option *o = must_know(c, name);
    for (size_t k = c->given_n; k > 0; k--)
        if (c->given[k - 1].option == o)
            return c->given[k - 1].value;
    return NULL;
}

bool cli_flag(const struct cli *c, const char *name)
{
    return cli_option(c, name) != NULL;
}

enum status cli_option_int(struct cli *c, const char *name, int64_t min, int64_t max, int64_t *out, struct err *err)
{
    const char *given = cli_option(c, name);
    int64_t v;
    if (!given)
        return OK;
    if (!str_to_i64(str_of(given), &v) || v < min || v > max)
        return FAIL(err, E_INVALID, "--%s %s: expected a number from %lld to %lld", name, given, (long long)min,
                    (long long)max);
    *out = v;
    return OK;
}

enum status cli_option_time(struct cli *c, const char *name, int64_t *out, struct err *err)
{
    const char *given = cli_option(c, name);
    if (!given)
        return OK;
    if (time_parse(str_of(given), c->engine ? c->engine->config.zone : zone_utc(), out, NULL) != OK)
        return FAIL(err, E_INVALID, "--%s %s: expected a date (2026-01-31) or a time (2026-01-31T13:05:00Z)", name,
                    given);
    return OK;
}

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return MINUTE_MS;
    case 'h':
        return HOUR_MS;
    case 'd':
        return DAY_MS;
    default:
        return 0;
    }
}

enum status cli_option_duration(struct cli *c, const char *name, int64_t *out_ms, struct err *err)
{
    enum { DAYS_MAX = 366 };
    const char *given = cli_option(c, name);
    struct str number = str_of(given);
    int64_t ms = 1000, v;
    if (!given)
        return OK;
    if (number.n && unit_ms(number.p[number.n - 1]))
        ms = unit_ms(number.p[--number.n]);
    if (!str_to_i64(number, &v) || v < 0 || v > DAYS_MAX * DAY_MS / ms)
        return FAIL(err, E_INVALID, "--%s %s: expected seconds, or a number with a unit: 90, 90s, 15m, 2h, 1d", name,
                    given);
    *out_ms = v * ms;
    return OK;
}
