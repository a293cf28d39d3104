#include "base/file.h"
#include "cli/cli.h"
#include "cli/ids.h"
#include "cli/summary.h"
#include "engine/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RESULT_BYTES_MAX = 1 << 30 };

struct chain_result {
    struct row_key chain;
    const char *outcome;
    struct str given, source, why, *ids;
    size_t ids_n;
    int64_t until_ms;
};
struct erasing {
    struct cli *c;
    struct order order;
    struct order_options options;
    struct tally tally;
    struct chain_result *results; /* sorted by chain */
    size_t results_n;
    bool full, looked_up;
    char *part_path; /* --result: what is known while it runs */
    int part_fd;     /* -1: none */
    struct str stopped_why;
};

static enum status add_id(void *ctx, struct str id, struct err *err)
{
    struct erasing *x = ctx;
    return order_add(&x->order, id, &x->c->arena, err);
}

static enum status read_ids(struct erasing *x, struct err *err)
{
    struct cli *c = x->c;
    for (size_t i = 0; i < c->args_n; i++)
        TRY(add_id(x, str_of(c->args[i]), err));
    for (size_t i = 0; cli_option_at(c, "file", i); i++) {
        enum status s = ids_read_path(cli_option_at(c, "file", i), add_id, x, err);
        if (s == E_ABSENT)
            err->code = s = E_INVALID; /* a path mistyped: nothing was begun */
        TRY(s);
    }
    return x->order.ids_n ? OK : FAIL(err, E_INVALID, "no ids: name contacts, or give --file IDS");
}

/* ---- what became of each ---- */

static int by_chain(const void *a, const void *b)
{
    return memcmp(((const struct chain_result *)a)->chain.b, ((const struct chain_result *)b)->chain.b, ROW_KEY_BYTES);
}

static struct chain_result *result_of(const struct erasing *x, const struct row_key *chain)
{
    struct chain_result key = {.chain = *chain};
    return x->results_n ? bsearch(&key, x->results, x->results_n, sizeof key, by_chain) : NULL;
}

static enum status results_init(struct erasing *x, struct err *err)
{
    x->results_n = x->order.chains_n;
    x->results = ARENA_ARRAY(&x->c->arena, struct chain_result, x->results_n + 1);
    if (!x->results)
        return ARENA_FULL(err, &x->c->arena);
    for (size_t i = 0; i < x->results_n; i++)
        x->results[i] = (struct chain_result){
            .chain = x->order.chains[i], .until_ms = TIME_NONE, .outcome = x->order.erased[i] ? "already" : NULL};
    qsort(x->results, x->results_n, sizeof *x->results, by_chain);
    for (size_t i = 0; i < x->order.ids_n; i++)
        if (x->order.ids[i].fate == ID_GOES)
            result_of(x, &x->order.ids[i].chain)->given = x->order.ids[i].given;
    x->looked_up = true;
    return OK;
}

struct answer {
    const char *outcome;
    struct str why;
    int64_t until_ms;
};

static struct answer answer_of(const struct erasing *x, const struct order_id *id)
{
    const struct chain_result *r;
    if (!x->looked_up)
        return (struct answer){"not_started", x->stopped_why, TIME_NONE};
    switch (id->fate) {
    case ID_DUPLICATE:
        return (struct answer){"duplicate", STR("its chain is named before"), TIME_NONE};
    case ID_UNKNOWN:
        return (struct answer){"unknown", *ids_spaces(id->given) ? str_of(ids_spaces(id->given)) : id->why, TIME_NONE};
    case ID_AMBIGUOUS:
        return (struct answer){"ambiguous", id->why, TIME_NONE};
    case ID_NEEDS_DECISION:
        return (struct answer){"needs_decision", id->why, TIME_NONE};
    case ID_GOES:
        break;
    }
    r = result_of(x, &id->chain);
    if (r && r->outcome)
        return (struct answer){r->outcome, r->why, r->until_ms};
    if (x->tally.needs_approval)
        return (struct answer){"needs_approval", STR("a second person must approve this order first"), TIME_NONE};
    return (struct answer){
        "not_started", x->stopped_why.n ? x->stopped_why : STR("the run ended before it came to this contact"), TIME_NONE};
}

/* RFC 4180. Ids are opaque and given back as they came: only quoting is done. */
static void csv_field(struct buf *b, struct str s)
{
    bool quote = false;
    for (size_t i = 0; i < s.n; i++)
        quote |= s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
    if (!quote) {
        buf_str(b, s);
        return;
    }
    buf_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_char(b, '"');
        buf_char(b, s.p[i]);
    }
    buf_char(b, '"');
}

static void result_line(struct buf *b, struct str id, struct answer answer)
{
    char until[32];
    time_text(answer.until_ms, until);
    csv_field(b, id);
    buf_fmt(b, ",%s,", answer.outcome);
    csv_field(b, answer.why);
    buf_fmt(b, ",%s\n", until);
}

static const char result_header[] = "id,outcome,reason,until\n";

/* A line of FILE.part. It is a help for whoever finds it after a crash; FILE itself is written whole at the end. */
static void part_write(struct erasing *x, struct str line)
{
    if (x->part_fd < 0 || write(x->part_fd, line.p, line.n) == (ssize_t)line.n)
        return;
    cli_note(x->c, "%s cannot be written any more; the order goes on", x->part_path);
    fd_close(&x->part_fd);
    x->part_fd = -1;
}

static void part_add(struct erasing *x, const struct chain_result *r)
{
    if (x->part_fd < 0)
        return;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    result_line(&b, r->given, (struct answer){r->outcome, r->why, r->until_ms});
    part_write(x, buf_view(&b));
}

/* Before anything is erased: that it can be written, and that no older FILE is taken for the result of this run. */
static enum status part_begin(struct erasing *x, const char *path, struct err *err)
{
    struct stat old;
    char why[128];
    x->part_path = arena_cstr(&x->c->arena, arena_fmt(&x->c->arena, "%s.part", path));
    if (!x->part_path)
        return ARENA_FULL(err, &x->c->arena);
    x->part_fd = open(x->part_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
    if (x->part_fd < 0)
        return FAIL(err, E_IO, "cannot write %s: %s", x->part_path, errno_text(errno, why, sizeof why));
    if (lstat(path, &old) == 0 && S_ISREG(old.st_mode) && unlink(path) != 0)
        return FAIL(err, E_IO, "cannot replace %s: %s", path, errno_text(errno, why, sizeof why));
    part_write(x, str_of(result_header));
    return OK;
}

static enum status write_result(struct erasing *x, const char *path, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, RESULT_BYTES_MAX);
    buf_cstr(&b, result_header);
    for (size_t i = 0; i < x->order.ids_n; i++)
        result_line(&b, x->order.ids[i].given, answer_of(x, &x->order.ids[i]));
    TRY(buf_check(&b, err));
    TRY(file_write(path, buf_view(&b), 0600, err));
    if (x->part_fd >= 0)
        (void)unlink(x->part_path); /* what it said is in the file */
    fd_close(&x->part_fd);
    x->part_fd = -1;
    return OK;
}

/* Called again for the same chain under --wait: the last word counts. */
static void on_contact(void *ctx, const struct visit_result *r)
{
    struct erasing *x = ctx;
    struct arena *a = &x->c->arena;
    struct chain_result *to = result_of(x, &r->chain);
    if (!to)
        return;
    to->outcome = visit_outcome(r, x->options.dry_run);
    to->until_ms = r->until_ms;
    if (!str_eq(to->why, r->why))
        to->why = arena_str(a, r->why);
    if (!to->source.n)
        to->source = arena_str(a, r->source);
    part_add(x, to);
    if (to->ids_n || !r->ids_n)
        return;
    to->ids = ARENA_ARRAY(a, struct str, r->ids_n);
    for (size_t i = 0; to->ids && i < r->ids_n; i++)
        to->ids[to->ids_n++] = arena_str(a, r->ids[i]);
    x->full |= !to->ids;
}

/* ---- telling ---- */

static void tell_count(struct cli *c, uint64_t n, const char *what)
{
    if (n)
        cli_print(c, "%9llu  %s\n", (unsigned long long)n, what);
}

static void tell_before(struct erasing *x)
{
    const struct order *o = &x->order;
    struct cli *c = x->c;
    if (c->json)
        return;
    cli_print(c, "%zu id%s given\n", o->ids_n, o->ids_n == 1 ? "" : "s");
    tell_count(c, o->legs_added, "legs added: further contacts of the same interactions");
    tell_count(c, o->duplicate, "duplicate: already named");
    tell_count(c, o->unknown, "unknown: not registered, and in no store");
    tell_count(c, o->ambiguous, "ambiguous: several sources know them; write SOURCE/ID");
    tell_count(c, o->held, "held: under a legal hold, left untouched");
    tell_count(c, o->retained, "retained: by law, wholly or in part");
    tell_count(c, o->open, "left alone: still going on, or their end has not been stated");
    tell_count(c, o->needs_decision, "need a decision first");
    tell_count(c, o->already, "purged before");
    cli_print(c, "\n");
}

static void tell_each(struct erasing *x)
{
    struct cli *c = x->c;
    for (size_t i = 0; i < x->order.ids_n && !cli_out_broken(c); i++) {
        const struct order_id *id = &x->order.ids[i];
        struct answer answer = answer_of(x, id);
        const struct chain_result *r = id->fate == ID_GOES ? result_of(x, &id->chain) : NULL;
        if (!c->json) {
            cli_print(c, "%-16s  %.*s%s%.*s%s\n", answer.outcome, STR_ARG(cli_shown(c, id->given)),
                      answer.why.n ? "  (" : "", STR_ARG(answer.why), answer.why.n ? ")" : "");
            continue;
        }
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "source", r ? r->source : STR_NONE);
        jw_key_string(w, "id", id->given);
        jw_strings(w, "ids", r ? r->ids : NULL, r ? r->ids_n : 0);
        jw_key_string(w, "outcome", str_of(answer.outcome));
        jw_key_string(w, "reason", answer.why.n ? answer.why : STR_NONE);
        jw_key_time(w, "until", answer.until_ms);
        jw_end(w);
        cli_json_end(c);
    }
}

static void tell(struct erasing *x)
{
    struct cli *c = x->c;
    if (c->verbose)
        tell_each(x);
    if (c->json) {
        summary_json(&x->tally, cli_json(c));
        cli_json_end(c);
        return;
    }
    summary_text(&x->tally, "erased", &c->out);
    if (x->tally.dry_run)
        cli_print(c, "Nothing was changed: this was a dry run.\n");
    else if (x->tally.held || x->tally.retained || x->tally.unknown_n)
        cli_print(c, "%s\n",
                  cli_option(c, "result") ? "The result file says for each id what became of it."
                                          : "--verbose or --result FILE say for each id what became of it.");
}

static void tell_approval(struct erasing *x)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, x->tally.plan_digest.b, HASH_BYTES);
    cli_note(x->c,
             "nothing was erased. Another person approves exactly this list with `expunge approve %s`; then give the "
             "same command again",
             hex.p);
}

static int finish(struct erasing *x, enum status s)
{
    struct cli *c = x->c;
    const char *result = cli_option(c, "result");
    struct err why = c->err;
    if (s != OK)
        x->stopped_why = arena_str(&c->arena, str_of(why.text));
    if (result && write_result(x, result, &c->err) != OK) {
        int status = cli_fail(c);
        if (s == OK)
            return status;
        c->err = why;
    }
    if (s != OK && x->tally.needs_approval) {
        if (c->json)
            tell(x);
        (void)cli_fail(c);
        tell_approval(x);
        return 3;
    }
    if (s != OK)
        return cli_fail(c);
    tell(x);
    if (x->full)
        cli_note(c, "memory did not suffice to list every contact");
    return tally_exit(&x->tally, true);
}

static enum status work(struct erasing *x, struct engine *e, struct err *err)
{
    TRY(order_look_up(e, &x->order, &x->options, &x->c->arena, err));
    TRY(results_init(x, err));
    tell_before(x);
    return order_run(e, &x->order, &x->options, &x->tally, &x->c->arena, err);
}

static int run(struct cli *c)
{
    struct erasing x = {.c = c,
                        .part_fd = -1,
                        .options = {.source = str_of(cli_option(c, "source")),
                                    .note = str_of(cli_option(c, "reason")),
                                    .dry_run = cli_flag(c, "dry-run"),
                                    .leg_only = cli_flag(c, "leg-only"),
                                    .retry = cli_flag(c, "retry")}};
    CLI_TRY(c, cli_option_duration(c, "wait", &x.options.wait_ms, &c->err));
    CLI_TRY(c, read_ids(&x, &c->err));
    x.tally.on_contact = on_contact;
    x.tally.ctx = &x;
    if (cli_option(c, "result"))
        CLI_TRY(c, part_begin(&x, cli_option(c, "result"), &c->err));
    struct engine *e = cli_engine(c);
    return finish(&x, e ? work(&x, e, &c->err) : c->err.code);
}

static const struct cli_option options[] = {
    {"file", "IDS", "ids from a file, one a line or a CSV with a column id or contact_id; - is standard input", true},
    {"source", "S", "the source of ids that name none", false},
    {"reason", "T", "why, for the log (kept as a commitment, never in clear)", false},
    {"leg-only", NULL, "only this contact, not the others of its interaction", false},
    {"dry-run", NULL, "say what would go; change nothing anywhere", false},
    {"wait", "S", "wait until everything has settled and reads back as gone, at most S seconds (or 15m, 2h)", false},
    {"retry", NULL, "try at once again what has failed or waits for its next try", false},
    {"result", "FILE", "write a CSV file: id, outcome, reason, until, for every id in the order given; while it runs, FILE.part", false},
    {NULL, NULL, NULL, false}};

const struct command command_erase = {
    .name = "erase",
    .arguments = "ID...",
    .summary = "erase contacts with everything that belongs to them",
    .details =
        "Erases the named contacts from every store and reads back that they are gone. An id is ID or SOURCE/ID. "
        "Before it "
        "starts it says what was given: legs added, unknown, ambiguous, held, retained. What is held or kept by law is "
        "left alone and said so. Stopping the command loses nothing: what was accepted is finished by the next purge, "
        "or "
        "by the same command again.\n\n" IDS_HELP,
    .permission = "contact.delete",
    .options = options,
    .args_max = ARGS_ANY,
    .needs = CLI_STORES | CLI_WRITE | CLI_NOW_DRY,
    .run = run};
