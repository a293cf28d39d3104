/* cmd_quarantine.c - quarantine list, retry, drop. */
#include "cli/cli.h"
#include "engine/quarantine.h"

enum { PAGE = 500, LIST_DEFAULT = 100, LIST_MAX = 10000 };

static void line_json(struct cli *c, const struct quarantined *q)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "id", q->id);
    jw_key_string(w, "file", q->file.n ? q->file : STR_NONE);
    jw_key_string(w, "position", q->position.n ? q->position : STR_NONE);
    jw_key_string(w, "reason", q->reason);
    jw_key_time(w, "at", q->at_ms);
    jw_end(w);
    cli_json_end(c);
}

static void line_text(struct cli *c, struct listing *t, const struct quarantined *q)
{
    listing_cell(t, q->id);
    listing_cell(t, cli_time(c, q->at_ms));
    listing_cell(t, cli_shown(c, q->file));
    listing_cell(t, q->position);
    listing_cell(t, cli_shown(c, q->reason));
}

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"DOCUMENT", "AT", "FILE", "PLACE", "REASON", NULL};
    struct listing t;
    struct str after = str_of(cli_option(c, "after") ? cli_option(c, "after") : "");
    int64_t limit = LIST_DEFAULT;
    uint64_t more = 0;
    CLI_TRY(c, cli_option_int(c, "limit", 1, LIST_MAX, &limit, &c->err));
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    listing_init(&t, &c->arena, heads);
    for (size_t n = PAGE, left = (size_t)limit; n == PAGE && left && !cli_out_broken(c); left -= n) {
        struct quarantined *list;
        CLI_TRY(c, quarantine_page(e, after, left < PAGE ? left : PAGE, &c->arena, &list, &n, &c->err));
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            if (c->json)
                line_json(c, &list[i]);
            else
                line_text(c, &t, &list[i]);
        }
    }
    CLI_TRY(c, quarantine_count(e, after, &more, &c->err));
    if (!c->json)
        cli_listing(c, &t);
    if (more)
        cli_note(c, "%llu more: `expunge quarantine list --after %.*s` goes on", (unsigned long long)more, STR_ARG(after));
    if (!c->json && !listing_rows(&t))
        cli_print(c, "Nothing is in quarantine.\n");
    else if (!c->json)
        cli_print(c, "Kept encrypted for %.*s. `expunge quarantine retry` gives them to ingest again.\n",
                  STR_ARG(period_text(&e->config.own_quarantine, &c->arena)));
    return 0;
}

static const struct cli_option list_options[] = {
    {"limit", "N", "at most N documents (default 100)", false},
    {"after", "ID", "only those behind this one", false},
    {NULL, NULL, NULL, false}};

const struct command command_quarantine_list = {
    .name = "quarantine", .subcommand = "list", .summary = "show the documents that could not be registered, and why",
    .permission = "run.view|contact.view", .options = list_options, .needs = CLI_NOW, .run = run_list};

/* ---- retry, drop: named ones, or --all ---- */

struct named { struct str *ids; size_t n, cap; };

static enum status take_id(struct cli *c, struct named *x, struct str id, struct err *err)
{
    void *items = x->ids;
    if (!arena_grow(&c->arena, &items, &x->cap, x->n + 1, sizeof *x->ids))
        return ARENA_FULL(err, &c->arena);
    x->ids = items;
    x->ids[x->n++] = id;
    return OK;
}

static enum status read_named(struct cli *c, struct named *x, struct err *err)
{
    struct str after = STR_NONE;
    if (cli_flag(c, "all") == (c->args_n > 0))
        return FAIL(err, E_INVALID, "which documents? their ids, or --all");
    for (size_t i = 0; i < c->args_n; i++)
        TRY(take_id(c, x, str_of(c->args[i]), err));
    for (size_t n = PAGE; !c->args_n && n == PAGE;) {
        struct quarantined *list;
        TRY(quarantine_page(c->engine, after, PAGE, &c->arena, &list, &n, err));
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            TRY(take_id(c, x, list[i].id, err));
        }
    }
    return OK;
}

static void tell(struct cli *c, struct str id, bool done, struct str why)
{
    if (!c->json) {
        if (!done)
            cli_note(c, "%.*s: %.*s", STR_ARG(cli_shown(c, id)), STR_ARG(cli_shown(c, why)));
        return;
    }
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "id", id);
    jw_key_bool(w, "done", done);
    jw_key_string(w, "why", why.n ? why : STR_NONE);
    jw_end(w);
    cli_json_end(c);
}

static int for_each(struct cli *c, const char *verb, enum status (*one)(struct cli *c, struct str id, struct str *why, struct err *err))
{
    struct named x = {.n = 0};
    size_t done = 0;
    if (!cli_engine(c))
        return cli_fail(c);
    CLI_TRY(c, read_named(c, &x, &c->err));
    for (size_t i = 0; i < x.n; i++) {
        struct str why = STR_NONE;
        struct err err = {.code = OK};
        enum status s = one(c, x.ids[i], &why, &err);
        if (s != OK)
            why = arena_fmt(&c->arena, "%s", err.text);
        done += s == OK && !why.n;
        tell(c, x.ids[i], s == OK && !why.n, why);
    }
    if (!c->json)
        cli_print(c, "%zu of %zu %s.\n", done, x.n, verb);
    return done == x.n ? 0 : 1;
}

static enum status retry_one(struct cli *c, struct str id, struct str *why, struct err *err)
{
    struct ingest_report report;
    TRY(quarantine_retry(c->engine, id, &c->arena, &report, why, err));
    if (!why->n && !report.read)
        *why = STR("it holds no document");
    return OK;
}

static enum status drop_one(struct cli *c, struct str id, struct str *why, struct err *err)
{
    (void)why;
    return quarantine_drop(c->engine, id, &c->arena, err);
}

static int run_retry(struct cli *c)
{
    return for_each(c, "registered", retry_one);
}

static int run_drop(struct cli *c)
{
    return for_each(c, "dropped", drop_one);
}

static const struct cli_option some_options[] = {{"all", NULL, "all of them", false}, {NULL, NULL, NULL, false}};

const struct command command_quarantine_retry = {
    .name = "quarantine", .subcommand = "retry", .arguments = "ID... | --all", .summary = "give documents to ingest again",
    .details = "After the configuration, or this program, was put right. What is registered leaves the quarantine.",
    .permission = "run.start", .options = some_options, .args_max = ARGS_ANY, .needs = CLI_WRITE, .run = run_retry};
const struct command command_quarantine_drop = {
    .name = "quarantine", .subcommand = "drop", .arguments = "ID... | --all", .summary = "throw documents away before their time is over",
    .permission = "run.start", .options = some_options, .args_max = ARGS_ANY, .needs = CLI_WRITE, .run = run_drop};
