/* cmd_request_contacts.c - which contacts a request is about, and their erasure. */
#include "cli/cmd_request.h"
#include "cli/persons.h"
#include "engine/epoch.h"
#include "engine/purge.h"
#include "engine/requests.h"

enum { CHUNK = 500 };

static const char *candidate_state_text(enum candidate_state s)
{
    switch (s) {
    case CANDIDATE_PROPOSED:
        return "proposed";
    case CANDIDATE_CONFIRMED:
        return "confirmed";
    case CANDIDATE_EXCLUDED:
        return "excluded";
    }
    return "?";
}

/* The identifier that matched, as a hint. */
static struct str matched_hint(struct cli *c, const struct request *q, const struct candidate *k)
{
    for (size_t i = 0; i < q->subjects_n && i < q->identifiers_n; i++)
        if (row_key_eq(&q->subjects[i], &k->matched))
            return identifier_hint(&q->identifiers[i], &c->arena);
    return STR_NONE;
}

static void candidate_json(struct cli *c, const struct request *q, const struct candidate *k, const struct chain *chain)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "source", chain->source.n ? chain->source : STR_NONE);
    jw_key_string(w, "id", chain->legs_n && chain->legs[0].id.n ? chain->legs[0].id : STR_NONE);
    jw_key(w, "ids");
    jw_array(w);
    for (size_t i = 0; i < chain->legs_n; i++)
        jw_string(w, chain->legs[i].id.n ? chain->legs[i].id : STR_NONE);
    jw_end(w);
    jw_key_string(w, "state", str_of(candidate_state_text(k->state)));
    jw_key_string(w, "matched", matched_hint(c, q, k));
    jw_key_time(w, "started_at", chain_started_ms(chain));
    jw_key_string(w, "channel", chain->legs_n && chain->legs[0].channel.n ? chain->legs[0].channel : STR_NONE);
    jw_key_string(w, "queue", chain->legs_n && chain->legs[0].queue.n ? chain->legs[0].queue : STR_NONE);
    jw_key_time(w, "proposed_at", k->proposed_ms);
    jw_end(w);
    cli_json_end(c);
}

static void candidate_cells(struct cli *c, struct listing *t, const struct request *q, const struct candidate *k,
                            const struct chain *chain)
{
    struct leg none = {.id = STR_NONE};
    const struct leg *leg = chain->legs_n ? &chain->legs[0] : &none;
    listing_cell(t, str_of(candidate_state_text(k->state)));
    if (leg->id.n)
        listing_fmt(t, "%.*s/%.*s", STR_ARG(chain->source), STR_ARG(leg->id));
    else
        listing_cell(t, STR("(erased)"));
    listing_int(t, (int64_t)chain->legs_n);
    listing_cell(t, cli_time(c, chain_started_ms(chain)));
    listing_cell(t, leg->channel);
    listing_cell(t, leg->queue);
    listing_cell(t, matched_hint(c, q, k));
}

static enum status list_chunk(struct cli *c, struct listing *t, const struct request *q, size_t at, size_t n,
                              struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(&c->arena, struct row_key, n);
    struct chain *chains = ARENA_ARRAY(&c->arena, struct chain, n);
    if (!keys || !chains)
        return ARENA_FULL(err, &c->arena);
    for (size_t i = 0; i < n; i++)
        keys[i] = q->candidates[at + i].chain;
    TRY(registry_chains(c->engine->registry, keys, n, &c->arena, chains, err));
    for (size_t i = 0; i < n; i++) {
        if (c->json)
            candidate_json(c, q, &q->candidates[at + i], &chains[i]);
        else
            candidate_cells(c, t, q, &q->candidates[at + i], &chains[i]);
    }
    return OK;
}

static int run_candidates(struct cli *c)
{
    static const char *const heads[] = {"STATE", "CONTACT", "LEGS", "STARTED", "CHANNEL", "QUEUE", "MATCHED BY", NULL};
    struct listing t;
    struct request q;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, request_propose(e, str_of(c->args[0]), &c->arena, &q, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t at = 0; at < q.candidates_n && !cli_out_broken(c); at += CHUNK)
        CLI_TRY(c, list_chunk(c, &t, &q, at, q.candidates_n - at < CHUNK ? q.candidates_n - at : CHUNK, &c->err));
    if (c->json)
        return 0;
    cli_listing(c, &t);
    if (!q.candidates_n)
        cli_print(c, "No registered contact matches an identifier of this request.\n");
    else if (request_candidates_in(&q, CANDIDATE_PROPOSED))
        cli_print(c,
                  "Numbers change hands: look at each. Then `expunge request confirm %s [ID...]` or `exclude` (no ids: "
                  "all proposed).\n",
                  c->args[0]);
    return 0;
}

const struct command command_request_candidates = {.name = "request",
                                                   .subcommand = "candidates",
                                                   .arguments = "REQUEST",
                                                   .summary = "look for the person's contacts and list them",
                                                   .details =
                                                       "Each with the identifier that matched. Contacts registered "
                                                       "since the last look are added. Nothing is erased until a "
                                                       "person has confirmed.",
                                                   .permission = "request.manage",
                                                   .args_min = 1,
                                                   .args_max = 1,
                                                   .needs = CLI_WRITE,
                                                   .run = run_candidates};

static int decide_them(struct cli *c, bool confirm)
{
    struct request q;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    struct str *ids = ARENA_ARRAY(&c->arena, struct str, c->args_n + 1);
    if (!ids) {
        IGNORE(ARENA_FULL(&c->err, &c->arena));
        return cli_fail(c);
    }
    for (size_t i = 1; i < c->args_n; i++)
        ids[i - 1] = str_of(c->args[i]);
    CLI_TRY(c, request_decide_candidates(e, str_of(c->args[0]), ids, c->args_n - 1, confirm, &c->arena, &q, &c->err));
    request_show(c, &q);
    return 0;
}

static int run_confirm(struct cli *c)
{
    return decide_them(c, true);
}

static int run_exclude(struct cli *c)
{
    return decide_them(c, false);
}

const struct command command_request_confirm = {.name = "request",
                                                .subcommand = "confirm",
                                                .arguments = "REQUEST [ID...]",
                                                .summary = "these contacts are the person's; no ids: all proposed",
                                                .permission = "request.manage",
                                                .args_min = 1,
                                                .args_max = ARGS_ANY,
                                                .needs = CLI_WRITE,
                                                .run = run_confirm};

const struct command command_request_exclude = {.name = "request",
                                                .subcommand = "exclude",
                                                .arguments = "REQUEST [ID...]",
                                                .summary = "these contacts are not the person's; no ids: all proposed",
                                                .permission = "request.manage",
                                                .args_min = 1,
                                                .args_max = ARGS_ANY,
                                                .needs = CLI_WRITE,
                                                .run = run_exclude};

/* ---- run ---- */

static enum status erase_confirmed(struct cli *c, struct request *q, struct err *err)
{
    struct engine *e = c->engine;
    struct row_key worker;
    struct epoch_thread *epoch = NULL;
    struct visit_stats *stats = ARENA_ARRAY(&c->arena, struct visit_stats, e->stores_n + 1);
    if (!stats)
        return ARENA_FULL(err, &c->arena);
    for (size_t i = 0; i < e->stores_n; i++)
        stats[i].name = e->store_names[i];
    TRY(clock_check(e, err));
    TRY(worker_begin(e, &worker, err));
    enum status s = epoch_start(e, &epoch, err);
    if (s == OK)
        s = request_run(e, str_of(c->args[0]), &worker, &c->arena, q, stats, err);
    epoch_stop(&epoch);
    worker_end(e, &worker);
    return s;
}

static int run_run(struct cli *c)
{
    struct request q;
    if (!cli_engine(c))
        return cli_fail(c);
    CLI_TRY(c, erase_confirmed(c, &q, &c->err));
    request_show(c, &q);
    return q.state == REQUEST_COMPLETED ? 0 : 1;
}

const struct command command_request_run = {.name = "request",
                                            .subcommand = "run",
                                            .arguments = "REQUEST",
                                            .summary = "erase what is confirmed now",
                                            .details = "What a law or a hold keeps is answered so and goes by itself "
                                                       "when that ends. Exit status 1 while something is left.",
                                            .permission = "request.manage",
                                            .args_min = 1,
                                            .args_max = 1,
                                            .needs = CLI_STORES | CLI_WRITE,
                                            .run = run_run};
