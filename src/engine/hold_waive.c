/* hold_waive.c - a second person lets the requests go on that wait for the grace of a released matter (rule 2.11). */
#include "engine/hold_parts.h"
#include "model/schedule.h"

struct waiving {
    struct engine *e;
    struct row_key matter;
    int64_t now_ms;
    struct arena scratch; /* of a page */
    uint64_t freed, waiting;
};

/* ---- who may ---- */

static enum status check_person(const struct engine *e, struct err *err)
{
    if (e->config.approval_delay.set)
        return FAIL(err, E_DENIED,
                    "a site of one person (approval.delay) has no second who could waive it: the grace ends by itself");
    if (!e->actor.identified)
        return FAIL(err, E_DENIED, "%.*s cannot waive it: an account is needed (EXPUNGE_TOKEN, see `expunge user`)",
                    STR_ARG(e->actor.id));
    return OK;
}

static bool is_waivable(const struct waiving *x, const struct hold *h)
{
    return row_key_eq(&h->matter, &x->matter) && hold_in_grace(h, x->now_ms);
}

/* All before the first is written. */
static enum status check_rows(const struct waiving *x, const struct hold *holds, size_t n, struct err *err)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (row_key_eq(&holds[i].matter, &x->matter) && hold_in_force(&holds[i]))
            return FAIL(err, E_CONFLICT, "the matter is in force: release it first");
        if (!is_waivable(x, &holds[i]))
            continue;
        any = true;
        if (!hold_waived(&holds[i]) && str_eq(holds[i].released_by, x->e->actor.id))
            return FAIL(err, E_DENIED, "who released a matter and who waives its grace must be different people (rule 2.11)");
    }
    return any ? OK : FAIL(err, E_ABSENT, "no grace of this matter is running");
}

static enum status waive_row(struct waiving *x, struct hold *h, struct str reason, struct arena *a, struct err *err)
{
    struct opening opening;
    struct entry entry;
    h->waived_ms = x->now_ms;
    h->waived_by = x->e->actor.id;
    TRY(hold_opening(x->e, &h->matter, h->matter_text, a, &opening, err));
    TRY(journal_waived(x->e, &opening, hold_scope_name(h->scope), h->covered > 0 ? (uint64_t)h->covered : 0, reason,
                       x->now_ms, a, &entry, err));
    return hold_put(x->e, h, &entry, a, err);
}

static enum status waive_rows(struct waiving *x, struct hold *holds, size_t n, struct str reason, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (is_waivable(x, &holds[i]) && !hold_waived(&holds[i]))
            TRY(waive_row(x, &holds[i], reason, a, err));
    return OK;
}

/* ---- the requests that wait ---- */

static bool is_asked(const struct chain *c)
{
    return c->version && (c->mandate.reason == REASON_GDPR_ERASURE || c->mandate.reason == REASON_CCPA_ERASURE);
}

static bool was_released(const struct waiving *x, const struct chain *c)
{
    for (size_t i = 0; i < c->past_holds_n; i++)
        if (row_key_eq(&c->past_holds[i].matter, &x->matter))
            return true;
    for (size_t i = 0; i < x->e->holds_n; i++)
        if (is_waivable(x, &x->e->holds[i]) && hold_covers(&x->e->holds[i], c))
            return true;
    return false;
}

/* A conflict: somebody has just placed it, perhaps by what held before, so it is read again. */
static enum status go_on(struct waiving *x, struct chain *c, struct err *err)
{
    enum { ROUNDS = 10 };
    struct row_key key = c->key;
    for (int i = 0; i < ROUNDS; i++) {
        struct row row;
        if (!is_asked(c) || c->queue != QUEUE_WAKE || !was_released(x, c))
            return OK;
        chain_place(c, x->e->holds, x->e->holds_n, &x->e->policy, x->now_ms);
        if (chain_claimed(c))
            return OK; /* whoever has it places it */
        if (c->queue == QUEUE_WAKE) {
            x->waiting++;
            return OK;
        }
        TRY(registry_chain_row(c, &x->scratch, &row, err));
        struct group g = {.rows = &row, .rows_n = 1};
        TRY(registry_commit(x->e->registry, &g, 1, err));
        if (g.result == OK) {
            x->freed++;
            return OK;
        }
        TRY(registry_chains(x->e->registry, &key, 1, &x->scratch, c, err));
    }
    return FAIL(err, E_RETRY, "contacts change too fast: waive the grace again");
}

static enum status go_on_page(struct waiving *x, const struct queue_line *lines, size_t n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(&x->scratch, struct row_key, n + 1);
    struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, n + 1);
    if (!keys || !chains)
        return ARENA_FULL(err, &x->scratch);
    for (size_t i = 0; i < n; i++)
        keys[i] = lines[i].chain;
    TRY(registry_chains(x->e->registry, keys, n, &x->scratch, chains, err));
    for (size_t i = 0; i < n; i++)
        TRY(go_on(x, &chains[i], err));
    return OK;
}

static enum status go_on_all(struct waiving *x, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_WAKE, .category = -1, .until_ms = INT64_MAX};
    size_t n;
    TRY(engine_holds(x->e, NULL, err));
    do {
        struct queue_line *lines;
        TRY(registry_queue(x->e->registry, &q, HOLD_PAGE, &x->scratch, &lines, &n, err));
        TRY(go_on_page(x, lines, n, err));
        if (n) {
            q.after = true;
            q.after_category = lines[n - 1].category;
            q.after_time_ms = lines[n - 1].time_ms;
            q.after_key = lines[n - 1].chain;
        }
        arena_reset(&x->scratch);
    } while (n == HOLD_PAGE);
    return OK;
}

enum status hold_waive(struct engine *e, struct str matter, struct str reason, struct arena *a, uint64_t *freed,
                       uint64_t *waiting, struct err *err)
{
    struct waiving x = {.e = e, .now_ms = engine_now(e)};
    struct hold *holds;
    size_t n;
    TRY(check_person(e, err));
    x.matter = row_key_of_matter(&e->registry->identifier, str_trim(matter));
    TRY(registry_holds(e->registry, a, &holds, &n, err));
    TRY(check_rows(&x, holds, n, err));
    TRY(waive_rows(&x, holds, n, reason, a, err));
    arena_init(&x.scratch, HOLD_SCRATCH_MAX);
    enum status s = go_on_all(&x, err);
    arena_release(&x.scratch);
    if (s != OK)
        return s;
    *freed = x.freed;
    *waiting = x.waiting;
    return OK;
}
