#include "cli/cli.h"
#include "engine/runs.h"

enum { RUNS_MAX = 10000, DAYS_DEFAULT = 30, DIGEST_SHOWN = 12 };

static struct str digest_hex(struct cli *c, const struct run_record *r)
{
    CLEANUP(buf_release) struct buf hex;
    if (!r->has_digest)
        return STR_NONE;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, r->digest.b, HASH_BYTES);
    return arena_str(&c->arena, buf_view(&hex));
}

static void run_json(struct cli *c, const struct run_record *r)
{
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"ids", r->ids},         {"planned", r->planned}, {"worked", r->worked}, {"purged", r->purged},
                  {"partial", r->partial}, {"held", r->held},       {"failed", r->failed}};
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "run", r->id);
    jw_key_string(w, "kind", r->kind);
    jw_key_string(w, "state", r->state);
    jw_key_bool(w, "dry_run", r->dry_run);
    jw_key_string(w, "actor", r->actor);
    jw_key_time(w, "started_at", r->started_ms);
    jw_key_time(w, "ended_at", r->ended_ms ? r->ended_ms : TIME_NONE);
    jw_key_string(w, "plan_digest", digest_hex(c, r));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        jw_key_int(w, counts[i].name, (int64_t)counts[i].n);
    jw_key_time(w, "cutoff", r->cutoff_ms ? r->cutoff_ms : TIME_NONE);
    jw_key_string(w, "policy_version", r->policy.n ? r->policy : STR_NONE);
    jw_end(w);
    cli_json_end(c);
}

/* ---- approve ---- */

static int run_approve(struct cli *c)
{
    struct hash digest;
    struct run_record what;
    if (!digest_parse(str_of(c->args[0]), &digest)) {
        IGNORE(FAIL(&c->err, E_INVALID,
                    "a digest is 64 hexadecimal digits, as the plan and `expunge run list --json` show it"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, approve(e, &digest, &c->arena, &what, &c->err));
    CLI_TRY(c, run_told(e, &what, &c->arena, &c->err));
    if (c->json) {
        run_json(c, &what);
        return 0;
    }
    cli_print(c, "Approved: %.*s of %.*s, %llu contact%s. It may begin within 72 hours: %s.\n", STR_ARG(what.kind),
              STR_ARG(what.actor), (unsigned long long)(what.planned ? what.planned : what.ids),
              (what.planned ? what.planned : what.ids) == 1 ? "" : "s",
              str_is(what.kind, "purge") ? "the next `expunge purge` works it off"
                                         : "the same command, given again, goes on");
    return 0;
}

const struct command command_approve = {.name = "approve",
                                        .arguments = "DIGEST",
                                        .summary = "the second person's word for a plan, a long order or a change",
                                        .details = "The approver is an account (EXPUNGE_TOKEN) with the permission "
                                                   "approve, and another person than the requester.",
                                        .permission = "approve",
                                        .args_min = 1,
                                        .args_max = 1,
                                        .needs = CLI_WRITE,
                                        .run = run_approve};

/* ---- list, show ---- */

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"RUN",    "KIND", "STATE",  "PLANNED", "WORKED", "PURGED",
                                        "FAILED", "HELD", "DIGEST", "BY",      NULL};
    struct run_record *runs;
    struct listing t;
    size_t n;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    int64_t since = engine_now(e) - DAYS_DEFAULT * DAY_MS;
    CLI_TRY(c, cli_option_time(c, "since", &since, &c->err));
    CLI_TRY(c, runs_since(e, since, RUNS_MAX, &c->arena, &runs, &n, &c->err));
    CLI_TRY(c, runs_told(e, runs, n, &c->arena, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = n; i > 0 && !cli_out_broken(c); i--) {
        const struct run_record *r = &runs[i - 1];
        struct str digest = digest_hex(c, r);
        if (c->json) {
            run_json(c, r);
            continue;
        }
        listing_cell(&t, r->id);
        listing_fmt(&t, "%.*s%s", STR_ARG(r->kind), r->dry_run ? " (dry)" : "");
        listing_cell(&t, r->state);
        const uint64_t counts[] = {r->planned ? r->planned : r->ids, r->worked, r->purged, r->failed, r->held};
        for (size_t k = 0; k < ARRAY_LEN(counts); k++)
            listing_int(&t, (int64_t)counts[k]);
        listing_cell(&t, (struct str){digest.p, digest.n < DIGEST_SHOWN ? digest.n : DIGEST_SHOWN});
        listing_cell(&t, r->actor);
    }
    if (!c->json)
        cli_listing(c, &t);
    if (!c->json && !n)
        cli_print(c, "No runs since %.*s.\n", STR_ARG(cli_time(c, since)));
    return 0;
}

static const struct cli_option list_options[] = {
    {"since", "DATE", "those started since then; 30 days unless given", false}, {NULL, NULL, NULL, false}};

const struct command command_run_list = {.name = "run",
                                         .subcommand = "list",
                                         .summary = "show runs and plans, newest first, and what waits for approval",
                                         .details = "A dry run's plan is planned: it may be approved, or worked off "
                                                    "with `purge --plan`. It has lapsed after 30 days, or when a later "
                                                    "plan was worked off.",
                                         .permission = "run.view",
                                         .options = list_options,
                                         .needs = CLI_NOW,
                                         .run = run_list};

static int run_show(struct cli *c)
{
    struct run_record r;
    bool yes = false;
    struct str why = STR_NONE;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, run_get(e, str_of(c->args[0]), &c->arena, &r, &c->err));
    CLI_TRY(c, run_told(e, &r, &c->arena, &c->err));
    if (c->json) {
        run_json(c, &r);
        return 0;
    }
    bool to_begin = str_is(r.state, "waiting") || str_is(r.state, "planned");
    if (r.has_digest && to_begin)
        CLI_TRY(c, approval_holds(e, &r, &c->arena, &yes, &why, &c->err));
    cli_print(c, "Run      %.*s\nKind     %.*s%s\nState    %.*s\nBy       %.*s\nStarted  %.*s\nEnded    %.*s\n",
              STR_ARG(r.id), STR_ARG(r.kind), r.dry_run ? " (dry run)" : "", STR_ARG(r.state), STR_ARG(r.actor),
              STR_ARG(cli_time(c, r.started_ms)), STR_ARG(cli_time(c, r.ended_ms ? r.ended_ms : TIME_NONE)));
    cli_print(c, "Planned  %llu, worked off %llu: purged %llu, partial %llu, held %llu, failed %llu\n",
              (unsigned long long)(r.planned ? r.planned : r.ids), (unsigned long long)r.worked,
              (unsigned long long)r.purged, (unsigned long long)r.partial, (unsigned long long)r.held,
              (unsigned long long)r.failed);
    if (r.has_digest)
        cli_print(c, "Digest   %.*s\n", STR_ARG(digest_hex(c, &r)));
    if (to_begin)
        cli_print(c, "Approval %s%.*s\n", yes ? "given" : "missing: ", STR_ARG(why));
    return 0;
}

const struct command command_run_show = {.name = "run",
                                         .subcommand = "show",
                                         .arguments = "RUN",
                                         .summary = "show one run",
                                         .permission = "run.view",
                                         .args_min = 1,
                                         .args_max = 1,
                                         .needs = CLI_NOW,
                                         .run = run_show};

/* ---- pause, cancel, resume ---- */

static int tell(struct cli *c, const struct run_record *r, const char *told)
{
    if (c->json)
        run_json(c, r);
    else
        cli_print(c, "Run %.*s is %.*s: %s\n", STR_ARG(r->id), STR_ARG(r->state), told);
    return 0;
}

static bool is_order(const struct run_record *r)
{
    return str_is(r->kind, "order");
}

static int pause_one(struct cli *c)
{
    struct run_record r;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, run_pause(e, str_of(c->args[0]), &c->arena, &r, &c->err));
    return tell(c, &r,
                is_order(&r) ? "it stops after the batch in hand. What has begun is finished; what has not waits for "
                               "`expunge run resume`."
                             : "it stops after the batch in hand. What has begun is finished by the next purge. "
                               "`expunge run resume` lets the plan go on; until then the next purge plans anew.");
}

static int cancel_one(struct cli *c)
{
    struct run_record r;
    uint64_t freed;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, run_cancel(e, str_of(c->args[0]), &c->arena, &r, &freed, &c->err));
    (void)tell(c, &r,
               is_order(&r) ? "it stops after the batch in hand. What has begun is finished."
                            : "it stops after the batch in hand, and its plan counts no more. What has begun is "
                              "finished.");
    if (freed && !c->json)
        cli_print(c, "Taken back from %llu contact%s that had not begun.\n", (unsigned long long)freed,
                  freed == 1 ? "" : "s");
    return 0;
}

static int resume_one(struct cli *c)
{
    struct run_record r;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, run_resume(e, str_of(c->args[0]), &c->arena, &r, &c->err));
    return tell(c, &r,
                is_order(&r) ? "the next purge finishes it, or the same command given again."
                             : "the next purge works it off.");
}

const struct command command_run_pause = {.name = "run",
                                          .subcommand = "pause",
                                          .arguments = "RUN",
                                          .summary = "stop a purge or an order after the batch in hand, for a while",
                                          .permission = "run.start",
                                          .args_min = 1,
                                          .args_max = 1,
                                          .needs = CLI_WRITE,
                                          .run = pause_one};

const struct command command_run_resume = {
    .name = "run",
    .subcommand = "resume",
    .arguments = "RUN",
    .summary = "let a paused run go on, or one that waits and has its approval",
    .details = "A run that waits and was not approved stays where it is, unless what it plans is under the guard by "
               "now.",
    .permission = "run.start",
    .args_min = 1,
    .args_max = 1,
    .needs = CLI_WRITE,
    .run = resume_one};

const struct command command_run_cancel = {
    .name = "run",
    .subcommand = "cancel",
    .arguments = "RUN",
    .summary = "stop a purge or an order for good",
    .details = "A purge's plan counts no more. An order is taken back from the contacts that have not begun; what has "
               "begun is finished.",
    .permission = "run.start",
    .args_min = 1,
    .args_max = 1,
    .needs = CLI_WRITE,
    .run = cancel_one};
