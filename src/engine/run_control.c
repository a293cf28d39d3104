/* run_control.c - runs paused, cancelled and let go on; what an order has accepted and not begun, taken back. */
#include "engine/journal.h"
#include "engine/purge.h"

enum { TRIES = 20, PAGE = VISIT_CHAINS_MAX, PAGE_ARENA_MAX = 512 << 20, PLAN_DAYS_MAX = 30 };

/* ---- the record ---- */

static enum status check_kind(const struct run_record *r, struct err *err)
{
    if (str_is(r->kind, "purge") || str_is(r->kind, "order"))
        return OK;
    return FAIL(err, E_UNSUPPORTED,
                "run %.*s is no purge and no order: a request is withdrawn with `expunge request withdraw`, and what "
                "waits for a second person goes on with `expunge approve`",
                STR_ARG(r->id));
}

static enum status check_running(const struct run_record *r, bool pausing, struct err *err)
{
    TRY(check_kind(r, err));
    bool over = str_is(r->state, "done") || (str_is(r->state, "cancelled") && !str_is(r->kind, "order"));
    if (str_is(r->state, "running") || (!pausing && !over))
        return OK;
    if (pausing && str_is(r->state, "waiting"))
        return FAIL(err, E_CONFLICT, "run %.*s has not begun, it waits: cancel it if it must not", STR_ARG(r->id));
    return FAIL(err, E_CONFLICT, "run %.*s is %.*s: there is nothing to stop", STR_ARG(r->id), STR_ARG(r->state));
}

/* The record is where whoever works it off looks after each batch. */
static enum status stop(struct engine *e, struct str id, const char *state, struct arena *a, struct run_record *out,
                        struct err *err)
{
    enum status s = E_CONFLICT;
    for (int i = 0; s == E_CONFLICT && i < TRIES; i++) {
        struct entry entry;
        TRY(run_get(e, id, a, out, err));
        TRY(check_running(out, strcmp(state, "paused") == 0, err));
        if (str_is(out->state, state))
            return OK;
        out->state = str_of(state);
        TRY(journal_run(e, out->id, state, NULL, NULL, 0, engine_now(e), a, &entry, err));
        s = run_put(e, out, &entry, a, err);
    }
    return s;
}

enum status run_pause(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err)
{
    return stop(e, id, "paused", a, out, err);
}

enum status run_cancel(struct engine *e, struct str id, struct arena *a, struct run_record *out, uint64_t *freed,
                       struct err *err)
{
    *freed = 0;
    TRY(stop(e, id, "cancelled", a, out, err));
    return str_is(out->kind, "order") ? run_take_back(e, out->id, freed, err) : OK;
}

/* A paused run was allowed to run. One that waits must have what it waits for, or come under the guard by now. */
static enum status check_allowed(struct engine *e, const struct run_record *r, struct arena *a, struct err *err)
{
    bool yes = false;
    struct str why;
    uint64_t limit;
    if (str_is(r->state, "paused"))
        return OK;
    TRY(approval_holds(e, r, a, &yes, &why, err));
    if (!yes && str_is(r->kind, "purge"))
        TRY(guard_allows(e, r->planned, a, &yes, &limit, err));
    return yes ? OK : FAIL(err, E_DENIED, "run %.*s may not begin: %.*s", STR_ARG(r->id), STR_ARG(why));
}

static enum status check_stopped(struct engine *e, const struct run_record *r, struct err *err)
{
    TRY(check_kind(r, err));
    if (!str_is(r->state, "paused") && !str_is(r->state, "waiting"))
        return FAIL(err, E_CONFLICT, "run %.*s is %.*s: there is nothing to resume", STR_ARG(r->id), STR_ARG(r->state));
    if (str_is(r->kind, "purge") && r->started_ms < engine_now(e) - PLAN_DAYS_MAX * DAY_MS)
        return FAIL(err, E_CONFLICT, "the plan of run %.*s is older than %d days: cancel it, the next purge plans anew",
                    STR_ARG(r->id), PLAN_DAYS_MAX);
    return OK;
}

enum status run_resume(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err)
{
    enum status s = E_CONFLICT;
    for (int i = 0; s == E_CONFLICT && i < TRIES; i++) {
        struct entry entry;
        TRY(run_get(e, id, a, out, err));
        TRY(check_stopped(e, out, err));
        TRY(check_allowed(e, out, a, err));
        out->state = STR("running");
        out->dry_run = false;
        if (out->ended_ms == TIME_NONE)
            out->ended_ms = engine_now(e); /* it did not crash: nothing is said to be taken up again */
        TRY(journal_run(e, out->id, "resumed", NULL, NULL, 0, engine_now(e), a, &entry, err));
        s = run_put(e, out, &entry, a, err);
    }
    return s;
}

/* ---- what an order has accepted ---- */

/* Announced in an intent, it has begun and must be finished. */
static bool ordered_not_begun(const struct chain *c)
{
    return c->version && c->state == CHAIN_ACTIVE && c->mandate.reason == REASON_OPERATOR && c->mandate.run_id.n &&
           !c->submitted_any && row_key_is_none(&c->open_intent);
}

struct taking_back {
    struct engine *e;
    struct str run;
    bool conflict;
    uint64_t freed;
};

/* Chains in the hands of a worker that lives are begun; its claims end with it. */
static enum status alive(struct engine *e, const struct chain *chains, size_t n, struct arena *a, bool **out,
                         struct err *err)
{
    struct row_key *workers = ARENA_ARRAY(a, struct row_key, n + 1);
    *out = ARENA_ARRAY(a, bool, n + 1);
    if (!workers || !*out)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        workers[i] = chains[i].worker;
    return registry_workers_alive(e->registry, workers, n, engine_now(e), a, *out, err);
}

static enum status take_back_chains(struct taking_back *t, const struct row_key *keys, size_t n, struct arena *a,
                                    struct err *err)
{
    struct engine *e = t->e;
    struct chain *chains = ARENA_ARRAY(a, struct chain, n + 1);
    struct group *groups = ARENA_ARRAY(a, struct group, n + 1);
    struct row *rows = ARENA_ARRAY(a, struct row, n + 1);
    bool *busy;
    size_t k = 0;
    if (!chains || !groups || !rows)
        return ARENA_FULL(err, a);
    TRY(registry_chains(e->registry, keys, n, a, chains, err));
    TRY(alive(e, chains, n, a, &busy, err));
    for (size_t i = 0; i < n; i++) {
        struct chain *c = &chains[i];
        if (!ordered_not_begun(c) || !str_eq(c->mandate.run_id, t->run) || (chain_claimed(c) && busy[i]))
            continue;
        c->mandate = (struct mandate){.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
        c->next_ms = TIME_NONE;
        chain_place(c, e->holds, e->holds_n, &e->policy, engine_now(e));
        TRY(registry_chain_row(c, a, &rows[k], err));
        groups[k] = (struct group){.rows = &rows[k], .rows_n = 1};
        k++;
    }
    if (k)
        TRY(registry_commit(e->registry, groups, k, err));
    for (size_t i = 0; i < k; i++) {
        t->conflict |= groups[i].result != OK;
        t->freed += groups[i].result == OK;
    }
    return OK;
}

static void go_behind(struct queue_query *q, const struct queue_line *line)
{
    q->after = true;
    q->after_category = line->category;
    q->after_time_ms = line->time_ms;
    q->after_key = line->chain;
}

static enum status take_back_queue(struct taking_back *t, enum chain_queue queue, struct err *err)
{
    struct queue_query q = {.queue = queue, .category = -1, .until_ms = INT64_MAX};
    struct arena a;
    enum status s = OK;
    arena_init(&a, PAGE_ARENA_MAX);
    for (size_t n = PAGE; s == OK && n == PAGE;) {
        struct queue_line *lines;
        arena_reset(&a);
        s = registry_queue(t->e->registry, &q, PAGE, &a, &lines, &n, err);
        struct row_key *keys = ARENA_ARRAY(&a, struct row_key, n + 1);
        if (s == OK && !keys)
            s = ARENA_FULL(err, &a);
        for (size_t i = 0; s == OK && i < n; i++)
            keys[i] = lines[i].chain;
        if (s == OK && n) {
            go_behind(&q, &lines[n - 1]);
            s = take_back_chains(t, keys, n, &a, err);
        }
    }
    arena_release(&a);
    return s;
}

enum status run_take_back(struct engine *e, struct str id, uint64_t *freed, struct err *err)
{
    static const enum chain_queue queues[] = {QUEUE_REQUEST, QUEUE_RETRY, QUEUE_WAKE, QUEUE_PARKED};
    struct taking_back t = {.e = e, .run = id, .conflict = true};
    TRY(engine_holds(e, NULL, err));
    for (int i = 0; t.conflict && i < TRIES; i++) {
        t.conflict = false;
        for (size_t k = 0; k < ARRAY_LEN(queues); k++)
            TRY(take_back_queue(&t, queues[k], err));
    }
    *freed = t.freed;
    return t.conflict ? FAIL(err, E_RETRY, "others change the same contacts all the time: cancel again") : OK;
}

/* ---- a purge comes by ---- */

/* Begun by a plan under way whose worker died: it is a line of a share that another worker takes over, and counts there. */
static bool interrupted_line(const struct chain *c)
{
    return c->version && c->state == CHAIN_ERASING && c->mandate.reason == REASON_RETENTION_EXPIRY && c->mandate.run_id.n &&
           !row_key_is_none(&c->open_intent);
}

static bool plan_goes_on(const struct engine *e, const struct run_record *r)
{
    return str_is(r->kind, "purge") && str_is(r->state, "running") && r->started_ms >= engine_now(e) - PLAN_DAYS_MAX * DAY_MS;
}

static enum status leave_stopped(struct engine *e, struct row_key *keys, size_t *n, struct arena *a, struct err *err)
{
    struct chain *chains = ARENA_ARRAY(a, struct chain, *n + 1);
    struct run_record run = {.id = STR_NONE};
    size_t kept = 0;
    if (!chains)
        return ARENA_FULL(err, a);
    TRY(registry_chains(e->registry, keys, *n, a, chains, err));
    for (size_t i = 0; i < *n; i++) {
        const struct chain *c = &chains[i];
        bool ours = ordered_not_begun(c), line = interrupted_line(c);
        if ((ours || line) && !str_eq(run.id, c->mandate.run_id)) {
            enum status s = run_peek(e, c->mandate.run_id, a, &run, err);
            if (s == E_ABSENT) /* its record has reached the end of its period */
                run = (struct run_record){.id = c->mandate.run_id};
            else if (s != OK)
                return s;
        }
        struct taking_back t = {.e = e, .run = run.id};
        if (line && plan_goes_on(e, &run))
            continue;
        if (ours && str_is(run.state, "cancelled"))
            TRY(take_back_chains(&t, &keys[i], 1, a, err)); /* whoever cancelled it did not come to the end */
        else if (!ours || !str_is(run.state, "paused"))
            keys[kept++] = keys[i];
    }
    *n = kept;
    return OK;
}

enum status run_leave_stopped(struct engine *e, struct row_key *keys, size_t *n, struct err *err)
{
    struct arena a;
    arena_init(&a, PAGE_ARENA_MAX);
    enum status s = leave_stopped(e, keys, n, &a, err);
    arena_release(&a);
    return s;
}
