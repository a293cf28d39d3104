/*
 * cli.h - what a command is, and what every command may call: its arguments, the engine, output, failure.
 *
 * A command is a row (struct command) and a function in cmd_NAME.c, listed in commands.h. run() returns the exit status
 * of product.md section 3: 0 done, 1 something is not, 2 usage or configuration, 3 refused, 4 the log does not verify.
 * Only main.c ends the process.
 *
 *     static int run(struct cli *c)
 *     {
 *         struct engine *e = cli_engine(c);
 *         if (!e)
 *             return cli_fail(c);
 *         CLI_TRY(c, something(e, str_of(c->args[0]), &c->arena, &c->err));
 *         if (c->json) {
 *             struct json_writer *w = cli_json(c);
 *             jw_object(w);
 *             ...
 *             jw_end(w);
 *             cli_json_end(c);
 *         } else
 *             cli_print(c, "Done.\n");
 *         return 0;
 *     }
 */
#ifndef EXPUNGE_CLI_H
#define EXPUNGE_CLI_H

#include "base/json.h"
#include "cli/progress.h"
#include "cli/listing.h"
#include "engine/engine.h"

struct cli;

struct cli_option {
    const char *name;  /* long name without "--"; NULL ends the table */
    const char *value; /* name of its value in the help; NULL: a flag */
    const char *help;  /* one sentence fragment: "read ids from FILE" */
    bool repeatable;
};

enum command_needs {
    CLI_STORES = 1,  /* the engine connects the stores */
    CLI_WRITE = 2,   /* signs or claims: refused for a registry behind its own log */
    CLI_NOW = 4,     /* only reads: takes --now */
    CLI_NOW_DRY = 8, /* with --dry-run: only reads, takes --now */
    CLI_ONLY_LISTS = 16 /* not shown by `help` without argument */
};
enum { ARGS_ANY = -1 };

struct command {
    const char *name, *subcommand; /* "hold", "apply"; subcommand NULL: none */
    const char *arguments;         /* "ID..."; NULL: none */
    const char *summary;           /* one line without a full stop */
    const char *details;           /* paragraphs for `help COMMAND` and the manual; may be NULL */
    const char *permission;        /* product.md section 6; "a|b": either; NULL: anybody */
    const struct cli_option *options; /* its own; NULL: none */
    int args_min, args_max;        /* ARGS_ANY: no limit */
    unsigned needs;                /* of enum command_needs */
    int (*run)(struct cli *c);
};
extern const struct command *const commands[]; /* ends with NULL; from commands.h */
extern const struct cli_option common_options[];

struct cli_given { const struct cli_option *option; const char *value; };
struct cli {
    const struct command *command;
    const char **args; /* without command, subcommand and options */
    size_t args_n;
    struct cli_given *given;
    size_t given_n;
    bool json, verbose;
    bool failed;          /* cli_fail was called */
    struct arena arena;   /* of the whole command */
    struct err err;       /* of the call that failed; shown by cli_fail */
    struct engine *engine; /* NULL until cli_engine */
    struct buf out;       /* standard output not written yet */
    struct json_writer writer;
    int out_errno;        /* writing standard output failed */
    struct progress_bar progress;
};

/* ---- arguments (args.c) ---- */
/* argv without the program's name. E_INVALID: usage; the text names what is wrong and the nearest that is right. */
enum status args_parse(int argc, char *const *argv, struct cli *c, struct err *err) MUST_USE;
/* NULL: not given. A repeated option: the last. Asserts that the command has such an option. */
const char *cli_option(const struct cli *c, const char *name);
bool cli_flag(const struct cli *c, const char *name);
/* The i-th of a repeatable one, NULL behind the last. */
const char *cli_option_at(const struct cli *c, const char *name, size_t i);
/* Numbers and times given; *out is left as it is when the option is not. E_INVALID names option, value, and limits. */
enum status cli_option_int(struct cli *c, const char *name, int64_t min, int64_t max, int64_t *out,
                           struct err *err) MUST_USE;
/* RFC 3339 or a date (midnight in the configured zone when the engine is open, else UTC). */
enum status cli_option_time(struct cli *c, const char *name, int64_t *out, struct err *err) MUST_USE;
/* Seconds, or with a unit: 90, 90s, 15m, 2h; out in ms. */
enum status cli_option_duration(struct cli *c, const char *name, int64_t *out_ms, struct err *err) MUST_USE;
/* The nearest of the names that is close enough to be meant; NULL: none. Names end with NULL. */
const char *nearest_name(const char *given, const char *const *names);

/* ---- the engine (cli.c) ---- */
/* Opened at the first call as command->needs says; then the permission is checked and warnings are given. NULL: c->err
 * says why; return cli_fail(c). */
struct engine *cli_engine(struct cli *c);
/* Whether who is acting may do more than the command itself asks for: hold.view for matters, and so on. */
bool cli_may(const struct cli *c, const char *permission);
/* A whole file, or standard input for "-", into the command's arena. */
enum status cli_read(struct cli *c, const char *path, size_t max, struct str *out, struct err *err) MUST_USE;
/* ID or SOURCE/ID to the one contact it names. E_ABSENT: unknown; E_INVALID: several sources know it. */
enum status cli_contact(struct cli *c, const char *given, struct found_contact *out, struct err *err) MUST_USE;

/* ---- output (output.c) ---- */
void cli_print(struct cli *c, const char *fmt, ...) PRINTF(2, 3);  /* standard output */
void cli_listing(struct cli *c, const struct listing *t);              /* the same, columns lined up */
void cli_note(struct cli *c, const char *fmt, ...) PRINTF(2, 3);   /* standard error: "expunge: ...\n" */
void cli_write(struct cli *c, struct str text);                    /* standard output, bytes as they are */
/* A new document on a line of its own; cli_json_end ends and flushes it. */
struct json_writer *cli_json(struct cli *c);
void cli_json_end(struct cli *c);
void jw_strings(struct json_writer *w, const char *key, const struct str *list, size_t n);
/* Whoever read standard output is gone, or the disk is full: stop listing. */
bool cli_out_broken(const struct cli *c);
/* Text of others (ids, queues, file names) as text_shown gives it, for a terminal; absent is "-". */
struct str cli_shown(struct cli *c, struct str s);
struct str cli_time(struct cli *c, int64_t ms); /* "2026-01-31 13:05 UTC"; TIME_NONE is "-" */
/* Prints c->err and gives the exit status it means: E_INVALID 2, E_DENIED 3, else 1. */
int cli_fail(struct cli *c);
#define CLI_TRY(c, call)                                                                                               \
    do {                                                                                                               \
        if ((call) != OK)                                                                                              \
            return cli_fail(c);                                                                                        \
    } while (0)

/* ---- main.c's part ---- */
int cli_main(int argc, char *const *argv); /* with the program's name */

#endif
