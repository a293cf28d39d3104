/* cli.c - from the command line to a command's function and back; the engine as commands ask for it. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ids.h"
#include "cli/output.h"
#include "engine/config_seen.h"
#include "engine/actor.h"
#include "engine/logbook.h"

enum { COMMAND_ARENA_MAX = 1 << 30, OUT_MAX = 512 << 20, REPORT_MAX = 1 << 20 };

static unsigned open_flags(const struct cli *c, bool reads_only)
{
    unsigned flags = 0;
    if (c->command->needs & CLI_STORES)
        flags |= OPEN_STORES;
    if (c->command->needs & CLI_WRITE && !reads_only)
        flags |= OPEN_WRITE;
    return flags;
}

static enum status open_engine(struct cli *c, struct err *err)
{
    bool dry = c->command->needs & CLI_NOW_DRY && cli_flag(c, "dry-run");
    struct engine_options o = {.config_path = cli_option(c, "config"),
                               .now_ms = TIME_NONE,
                               .by = str_of(cli_option(c, "by")),
                               .read_only_now = dry || c->command->needs & CLI_NOW,
                               .flags = open_flags(c, dry),
                               .progress = {&c->progress, progress_tick}};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, REPORT_MAX);
    TRY(cli_option_time(c, "now", &o.now_ms, err));
    enum status s = engine_open(&o, &c->engine, &report, err);
    cli_lines_to_stderr(c, buf_view(&report));
    /* No configuration or one too large, no registry where it says or a newer one: the installation is at fault, not
     * what was asked. */
    return s == E_ABSENT || s == E_LIMIT || s == E_UNSUPPORTED ? (err->code = E_INVALID) : s;
}

static bool may_one_of(const struct cli *c, const char *permissions)
{
    struct str rest = str_of(permissions), one;
    while (rest.n) {
        char name[64];
        if (!str_split(rest, '|', &one, &rest)) {
            one = rest;
            rest = STR_NONE;
        }
        ASSERT(one.n < sizeof name);
        memcpy(name, one.p, one.n);
        name[one.n] = '\0';
        if (role_may(c->engine->actor.role, name))
            return true;
    }
    return false;
}

bool cli_may(const struct cli *c, const char *permission)
{
    ASSERT(c->engine);
    return may_one_of(c, permission);
}

static enum status check_permission(struct cli *c, struct err *err)
{
    const char *needed = c->command->permission;
    if (!needed || may_one_of(c, needed))
        return OK;
    if (!c->engine->actor.identified)
        return FAIL(err, E_DENIED,
                    "this needs an account: set EXPUNGE_TOKEN to the token of one with the permission %s "
                    "(`expunge user list` shows them)",
                    needed);
    return FAIL(err, E_DENIED, "the account %.*s has the role %.*s, which lacks the permission %s",
                STR_ARG(c->engine->actor.id), STR_ARG(c->engine->actor.role), needed);
}

static void warn_once(struct cli *c)
{
    if (c->engine->config_differs)
        cli_note(
            c,
            "warning: the retention schedule in %.*s is not the one in force; `expunge policy activate` puts it in "
            "force after showing its impact",
            STR_ARG(c->engine->config.path));
}

struct engine *cli_engine(struct cli *c)
{
    if (c->engine)
        return c->engine;
    if (open_engine(c, &c->err) != OK || check_permission(c, &c->err) != OK)
        return NULL;
    bool dry = c->command->needs & CLI_NOW_DRY && cli_flag(c, "dry-run");
    if (c->command->needs & CLI_WRITE && !dry && config_seen(c->engine, &c->err) != OK)
        return NULL;
    warn_once(c);
    return c->engine;
}

static enum status read_stdin(struct cli *c, size_t max, struct str *out, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    char block[16 << 10], why[128];
    buf_init(&b, max);
    for (;;) {
        ssize_t n = read(STDIN_FILENO, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FAIL(err, E_IO, "standard input cannot be read: %s", errno_text(errno, why, sizeof why));
        if (n == 0)
            break;
        buf_add(&b, block, (size_t)n);
        if (b.failed)
            return FAIL(err, E_LIMIT, "standard input holds more than %zu bytes", max);
    }
    *out = b.n ? arena_str(&c->arena, buf_view(&b)) : STR("");
    explicit_bzero(block, sizeof block);
    return out->p ? OK : ARENA_FULL(err, &c->arena);
}

enum status cli_read(struct cli *c, const char *path, size_t max, struct str *out, struct err *err)
{
    return strcmp(path, "-") == 0 ? read_stdin(c, max, out, err) : file_read(path, max, &c->arena, out, err);
}

enum status cli_contact(struct cli *c, const char *given, struct found_contact *out, struct err *err)
{
    struct found_contact *found;
    size_t n;
    TRY(engine_resolve(c->engine, str_of(given), STR_NONE, &c->arena, &found, &n, err));
    struct str shown = cli_shown(c, str_of(given));
    const char *spaces = ids_spaces(str_of(given));
    if (n == 0)
        return FAIL(err, E_ABSENT, "no contact %.*s is registered%s%s", STR_ARG(shown), *spaces ? ": " : "", spaces);
    if (n > 1)
        return FAIL(err, E_INVALID, "several sources know the contact %.*s: write SOURCE/ID, such as %.*s/%.*s",
                    STR_ARG(shown), STR_ARG(found[0].source), STR_ARG(shown));
    *out = found[0];
    return OK;
}

/* What a command has recorded is covered by a signed head, and published where that is configured, before it answers.
 */
static int seal_log(struct cli *c, int status)
{
    struct logbook_head head;
    struct engine *e = c->engine;
    if (!e || c->failed || !(c->command->needs & CLI_WRITE) || (c->command->needs & CLI_NOW_DRY && cli_flag(c, "dry-run")))
        return status;
    enum status s = logbook_integrate(e, &c->err);
    if (s == OK && e->config.audit_publish.n)
        s = logbook_publish(e, STR_NONE, &c->arena, &head, &c->err);
    if (s == OK)
        return status;
    cli_note(c, "it is done and recorded, but the log could not be signed or published:");
    int failed = cli_fail(c);
    return status ? status : failed;
}

static int usage_error(struct cli *c)
{
    int status = cli_fail(c);
    const struct command *k = c->command;
    if (k)
        cli_note(c, "see `expunge help %s%s%s`", k->name, k->subcommand ? " " : "", k->subcommand ? k->subcommand : "");
    return status;
}

/* A reader that goes away (`| head`) must not end an erasure half way: the write fails instead. */
static void ignore_sigpipe(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

int cli_main(int argc, char *const *argv)
{
    struct cli c = {.err = {.code = OK}};
    ignore_sigpipe();
    arena_init(&c.arena, COMMAND_ARENA_MAX);
    buf_init(&c.out, OUT_MAX);
    progress_init(&c.progress, STDERR_FILENO, clock_monotonic_ms());
    int status = args_parse(argc - 1, argv + 1, &c, &c.err) == OK ? seal_log(&c, c.command->run(&c)) : usage_error(&c);
    status = cli_finish(&c, status);
    engine_close(c.engine);
    buf_release(&c.out);
    arena_release(&c.arena);
    return argc < 2 && status == 0 ? 2 : status;
}
