/* Acceptance: from here on the duty is durable; the next purge finishes it whatever becomes of this process. */
#include "engine/journal.h"
#include "engine/orders.h"

enum { CHUNK = VISIT_CHAINS_MAX, TRIES_MAX = 10 };

/* Whether the order changes anything about this chain now; held and retained ones are answered, not remembered. */
static enum status goes(struct engine *e, const struct chain *c, struct arena *a, bool *yes, struct err *err)
{
    struct decision d;
    struct decide_input in = {.policy = &e->policy, .chain = c, .holds = e->holds, .holds_n = e->holds_n, .asked = REASON_OPERATOR, .brief = true,
                              .now_ms = engine_now(e)};
    *yes = false;
    if (!c->version || c->state == CHAIN_ERASED)
        return OK;
    TRY(decide(&in, a, &d, err));
    *yes = d.verdict == VERDICT_ERASE || d.verdict == VERDICT_PARTIAL;
    return OK;
}

/* --retry: what had failed for good, or waits for its next try, is due at once. */
static enum status make_due(struct engine *e, struct chain *c, struct arena *a, struct row **rows, size_t *rows_n, struct err *err)
{
    struct artefact *work;
    size_t n;
    uint64_t parts;
    c->failed = false;
    c->tries = 0;
    TRY(registry_work_get(e->registry, &c->key, a, &work, &n, &parts, err));
    for (size_t i = 0; i < n; i++)
        if (!outcome_is_settled(work[i].outcome)) {
            work[i].outcome = OUT_RETRY;
            work[i].not_before_ms = work[i].first_try_ms = TIME_NONE;
            work[i].tries = 0;
        }
    return n ? registry_work_rows(&c->key, work, n, parts, a, rows, rows_n, err) : OK;
}

static enum status accept_row(struct engine *e, struct chain *c, const struct order_options *options, const struct run_record *run,
                              struct arena *a, struct group *g, struct err *err)
{
    struct row *rows = NULL;
    size_t n = 0;
    if (options->retry)
        TRY(make_due(e, c, a, &rows, &n, err));
    if (c->mandate.request_id.n == 0)
        c->mandate = (struct mandate){.reason = REASON_OPERATOR, .actor = e->actor.id, .run_id = run->id, .note = options->note,
                                      .accepted_ms = engine_now(e), .deadline_ms = TIME_NONE};
    c->next_ms = TIME_NONE;
    chain_place(c, e->holds, e->holds_n, &e->policy, engine_now(e));
    g->rows = ARENA_ARRAY(a, struct row, n + 1);
    if (!g->rows)
        return ARENA_FULL(err, a);
    TRY(registry_chain_row(c, a, &g->rows[0], err));
    if (n)
        memcpy(g->rows + 1, rows, n * sizeof *rows);
    g->rows_n = n + 1;
    return OK;
}

static enum status accept_chunk(struct engine *e, const struct row_key *keys, size_t n, const struct order_options *options,
                                const struct run_record *run, bool *conflict, uint64_t *accepted, struct arena *a, struct err *err)
{
    struct chain *chains = ARENA_ARRAY(a, struct chain, n);
    struct group *groups = ARENA_ARRAY(a, struct group, n + 1);
    if (!chains || !groups)
        return ARENA_FULL(err, a);
    TRY(registry_chains(e->registry, keys, n, a, chains, err));
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        bool yes;
        bool mine = chains[i].mandate.reason == REASON_OPERATOR && str_eq(chains[i].mandate.run_id, run->id);
        TRY(goes(e, &chains[i], a, &yes, err));
        if (yes && !mine)
            TRY(accept_row(e, &chains[i], options, run, a, &groups[k++], err));
    }
    if (!k)
        return OK;
    TRY(registry_commit(e->registry, groups, k, err));
    for (size_t i = 0; i < k; i++) {
        *conflict |= groups[i].result != OK;
        *accepted += groups[i].result == OK;
    }
    return OK;
}

/* The accepted part of an order that was paused or cancelled meanwhile is left to whoever did that. */
static enum status stopped(struct engine *e, const struct run_record *run, bool *yes, struct err *err)
{
    struct arena a;
    struct run_record now;
    arena_init(&a, 1 << 20);
    enum status s = run_get(e, run->id, &a, &now, err);
    *yes = s == OK && (str_is(now.state, "paused") || str_is(now.state, "cancelled"));
    arena_release(&a);
    return s == E_ABSENT ? OK : s;
}

enum status order_accept(struct engine *e, struct order *o, const struct order_options *options, const struct run_record *run,
                         struct arena *a, struct err *err)
{
    struct entry entry;
    struct opening opening = {.version = 0};
    bool one = o->chains_n == 1;
    TRY(engine_holds(e, NULL, err));
    if (one) {
        struct chain c;
        TRY(registry_chains(e->registry, o->chains, 1, a, &c, err));
        TRY(opening_of_chain(e, &c, a, &opening, err));
    }
    /* The order itself is logged before the first row says so: who asked, when, for how many, under which list. */
    struct group g = {.entries = &entry, .entries_n = 1};
    struct row row;
    bool needed = false;
    TRY(journal_requested(e, o->ids_n > 1 ? FUNC_BULK_DELETE : FUNC_DELETE_CONTACT, REASON_OPERATOR, o->chains_n, STR_NONE,
                          one ? &opening : NULL, options->note, engine_now(e), a, &entry, err));
    if (one)
        TRY(opening_row(e, &opening, engine_now(e), a, &row, &needed, err));
    if (needed) {
        g.rows = &row;
        g.rows_n = 1;
    }
    TRY(registry_commit(e->registry, &g, 1, err));
    for (size_t at = 0; at < o->chains_n; at += CHUNK) {
        size_t n = o->chains_n - at < CHUNK ? o->chains_n - at : CHUNK;
        bool conflict = true;
        uint64_t accepted = 0;
        bool stop = false;
        if (at)
            TRY(stopped(e, run, &stop, err));
        if (stop)
            return OK;
        for (int tries = 0; conflict && tries < TRIES_MAX; tries++) {
            struct arena chunk;
            arena_init(&chunk, 512 << 20);
            conflict = false;
            enum status s = accept_chunk(e, o->chains + at, n, options, run, &conflict, &accepted, &chunk, err);
            arena_release(&chunk);
            TRY(s);
        }
        if (e->progress.tick)
            e->progress.tick(e->progress.ctx, "contacts accepted", at + n, o->chains_n);
    }
    return OK;
}
