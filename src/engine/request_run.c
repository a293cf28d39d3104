/* request_run.c - what is confirmed is erased, or answered for: the state follows from where the chains stand. */
#include "engine/request_parts.h"

#include <stdlib.h>

enum { CHUNK = VISIT_CHAINS_MAX, PAGE = 100 };

struct running {
    struct engine *e;
    struct request q;
    const struct row_key *worker;
    struct row_key *keys;  /* confirmed */
    size_t keys_n;
    struct run_record run;
    struct visit_stats *stats;
    struct arena *a;
};

/* ---- where it stands ---- */

static void stand_one(struct request_standing *out, const struct chain *c, enum contact_status status)
{
    if (!c->version) { /* its legs stand in another chain now, which is proposed anew */
        out->done++;
        return;
    }
    switch (status) {
    case STATUS_PURGED:
    case STATUS_SCRUBBED:
        out->done++;
        return;
    case STATUS_LITIGATION_HOLD:
    case STATUS_RETAINED:
        out->kept++;
        return;
    case STATUS_PURGING:
    case STATUS_NEEDS_DECISION:
    case STATUS_FAILED:
    case STATUS_PARTIAL:
    case STATUS_VERIFYING:
    case STATUS_OPEN:
    case STATUS_EXPIRY_DUE:
    case STATUS_ACTIVE:
    case STATUS_COUNT:
        break;
    }
    out->moving++;
}

/* Kept also: in grace after a hold, and where a minimum retains everything, so that no visit has begun. */
static enum status is_kept(struct engine *e, const struct chain *c, struct arena *a, bool *yes, struct err *err)
{
    struct decision d;
    enum regime regime = REGIME_NONE;
    (void)regime_parse(c->mandate.regime, &regime);
    struct decide_input in = {.policy = &e->policy, .chain = c, .holds = e->holds, .holds_n = e->holds_n, .asked = c->mandate.reason,
                              .regime = regime, .now_ms = engine_now(e), .brief = true};
    TRY(decide(&in, a, &d, err));
    *yes = d.verdict == VERDICT_HELD;
    return OK;
}

static enum status stand_chunk(struct engine *e, const struct row_key *keys, size_t n, struct request_standing *out, struct arena *a,
                               struct err *err)
{
    struct chain *chains = ARENA_ARRAY(a, struct chain, n);
    if (!chains)
        return ARENA_FULL(err, a);
    TRY(registry_chains(e->registry, keys, n, a, chains, err));
    for (size_t i = 0; i < n; i++) {
        struct chain *c = &chains[i];
        bool kept = false;
        enum contact_status status = STATUS_COUNT;
        if (c->version) {
            status = chain_status(c, e->holds, e->holds_n, &e->policy, engine_now(e));
            TRY(is_kept(e, c, a, &kept, err));
        }
        stand_one(out, c, kept && c->state != CHAIN_ERASED && !chain_claimed(c) ? STATUS_LITIGATION_HOLD : status);
    }
    return OK;
}

enum status request_stand(struct engine *e, const struct row_key *keys, size_t n, struct request_standing *out, struct err *err)
{
    struct arena a;
    enum status s = engine_holds(e, NULL, err);
    struct request_standing sum = {0};
    arena_init(&a, REQUEST_SCRATCH_MAX);
    for (size_t at = 0; at < n && s == OK; at += CHUNK) {
        s = stand_chunk(e, keys + at, n - at < CHUNK ? n - at : CHUNK, &sum, &a, err);
        arena_reset(&a);
    }
    arena_release(&a);
    if (s == OK)
        *out = sum;
    return s;
}

/* While a person has not decided about a proposal, nobody can say that all is done. */
static enum request_state state_of(const struct request *q, const struct request_standing *s)
{
    if (s->moving || request_count(q, CANDIDATE_PROPOSED))
        return REQUEST_RUNNING;
    return s->kept ? REQUEST_PARTIAL : REQUEST_COMPLETED;
}

/* An answered request goes on by way of running. */
static enum status follow_state(struct engine *e, struct request *q, const struct row_key *keys, size_t n, struct arena *a, struct err *err)
{
    struct request_standing standing;
    TRY(request_stand(e, keys, n, &standing, err));
    enum request_state to = state_of(q, &standing);
    if (to == q->state || (q->state == REQUEST_COMPLETED && !standing.moving && !standing.kept))
        return OK; /* a proposal after the answer waits, and the answer stands */
    if (!request_may_move(q->state, to))
        TRY(request_move(e, q, REQUEST_RUNNING, a, err));
    return to == q->state ? OK : request_move(e, q, to, a, err);
}

/* ---- run ---- */

/* What an approval speaks of: this request and exactly these contacts. */
static struct hash digest_of(const struct running *x)
{
    return sha256_2(x->q.id, (struct str){(const char *)x->keys, x->keys_n * sizeof *x->keys});
}

static enum status wait_for_approval(struct running *x, struct str *why, struct err *err)
{
    struct entry entry;
    TRY(run_new(x->e, "request", x->a, &x->run, err));
    x->run.digest = digest_of(x);
    x->run.has_digest = true;
    x->run.ids = x->keys_n;
    x->run.state = STR("waiting");
    *why = STR("a second person must approve it: `expunge approve DIGEST`");
    TRY(journal_planned(x->e, &x->run.digest, x->keys_n, x->run.started_ms, x->run.id, true, engine_now(x->e), x->a, &entry, err));
    return run_put(x->e, &x->run, &entry, x->a, err);
}

/* Rule 2.25. The digest stands in the sentence, for a person to hand on. */
static enum status check_approval(struct running *x, struct err *err)
{
    struct hash digest = digest_of(x);
    struct str why;
    bool yes = false;
    if (x->keys_n <= REQUEST_APPROVAL_ABOVE)
        return run_new(x->e, "request", x->a, &x->run, err);
    enum status s = run_by_digest(x->e, &digest, x->a, &x->run, err);
    if (s == E_ABSENT)
        s = wait_for_approval(x, &why, err);
    else if (s == OK)
        s = approval_holds(x->e, &x->run, x->a, &yes, &why, err);
    TRY(s);
    if (yes)
        return OK;
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 256);
    buf_hex(&hex, digest.b, sizeof digest.b);
    return FAIL(err, E_DENIED, "request %.*s erases %zu contacts, more than %d: %.*s (digest %.*s)", STR_ARG(x->q.id), x->keys_n,
                REQUEST_APPROVAL_ABOVE, STR_ARG(why), STR_ARG(buf_view(&hex)));
}

static enum status run_begin(struct running *x, struct err *err)
{
    struct entry entry;
    x->run.digest = digest_of(x);
    x->run.has_digest = true;
    x->run.state = STR("running");
    x->run.ids = x->run.planned = x->keys_n;
    x->run.ended_ms = TIME_NONE;
    TRY(journal_run(x->e, x->run.id, "started", NULL, NULL, 0, engine_now(x->e), x->a, &entry, err));
    return run_put(x->e, &x->run, &entry, x->a, err);
}

static enum status run_end(struct running *x, struct err *err)
{
    struct entry entry;
    static const char *const names[] = {"failed", "held", "partial", "purged"};
    const uint64_t counts[] = {x->run.failed, x->run.held, x->run.partial, x->run.purged};
    x->run.state = STR("done");
    x->run.ended_ms = engine_now(x->e);
    TRY(journal_run(x->e, x->run.id, "finished", counts, names, ARRAY_LEN(names), engine_now(x->e), x->a, &entry, err));
    return run_put(x->e, &x->run, &entry, x->a, err);
}

static void count_result(struct run_record *r, const struct visit_result *v)
{
    r->worked++;
    r->purged += v->status == STATUS_PURGED || v->status == STATUS_SCRUBBED;
    r->failed += v->status == STATUS_FAILED;
    r->held += v->did == VISIT_HELD;
    r->partial += v->status == STATUS_PARTIAL || v->status == STATUS_RETAINED || v->status == STATUS_VERIFYING;
}

/* What is answered already is not visited: expiry and holds end by themselves, and the purge sees to it then. */
static enum status visit_chunk(struct running *x, const struct row_key *keys, size_t n, struct arena *a, struct err *err)
{
    struct mandate m = request_mandate(x->e, &x->q, x->run.id);
    struct visit v = {.engine = x->e, .worker = *x->worker, .run = x->run.id, .functionality = FUNC_ERASURE_REQUEST, .mandate = &m,
                      .stats = x->stats};
    struct visit_result *results = ARENA_ARRAY(a, struct visit_result, n);
    if (!results)
        return ARENA_FULL(err, a);
    TRY(worker_keep(x->e, x->worker, err));
    TRY(visit_chains(&v, keys, n, a, results, err));
    for (size_t i = 0; i < n; i++)
        count_result(&x->run, &results[i]);
    return OK;
}

static enum status visit_all(struct running *x, struct err *err)
{
    struct arena a;
    enum status s = OK;
    arena_init(&a, 2 * (size_t)REQUEST_SCRATCH_MAX);
    x->run.worked = x->run.purged = x->run.failed = x->run.held = x->run.partial = 0;
    for (size_t at = 0; at < x->keys_n && s == OK; at += CHUNK) {
        s = visit_chunk(x, x->keys + at, x->keys_n - at < CHUNK ? x->keys_n - at : CHUNK, &a, err);
        arena_reset(&a);
        if (x->e->progress.tick)
            x->e->progress.tick(x->e->progress.ctx, "contacts of the request", x->run.worked, x->keys_n);
    }
    arena_release(&a);
    return s;
}

/* From acceptance to submitted everywhere counts 24 hours: it is logged and written down before the first visit. */
static enum status accept_all(struct running *x, struct err *err)
{
    struct engine *e = x->e;
    struct opening opening;
    struct entry entry;
    struct row row;
    bool needed, moves = x->q.state != REQUEST_RUNNING;
    TRY(opening_of_text(e, &x->q.key, x->q.id, x->a, &opening, err));
    TRY(opening_row(e, &opening, engine_now(e), x->a, &row, &needed, err));
    struct group g = {.rows = &row, .rows_n = 1};
    if (needed)
        TRY(registry_commit(e->registry, &g, 1, err));
    TRY(journal_requested(e, FUNC_ERASURE_REQUEST, request_mandate(e, &x->q, x->run.id).reason, x->keys_n, x->q.id, &opening, x->q.note,
                          engine_now(e), x->a, &entry, err));
    if (moves) {
        x->q.state = REQUEST_RUNNING;
        TRY(request_save(e, &x->q, &entry, 1, x->a, err));
    }
    return request_accept(e, &x->q, x->keys, x->keys_n, x->run.id, err);
}

static enum status check_runnable(const struct running *x, struct err *err)
{
    const struct request *q = &x->q;
    if (q->state == REQUEST_RECEIVED || q->state == REQUEST_VERIFYING)
        return FAIL(err, E_DENIED, "request %.*s: the person's identity has not been checked yet", STR_ARG(q->id));
    if (q->state == REQUEST_REFUSED || q->state == REQUEST_WITHDRAWN)
        return FAIL(err, E_INVALID, "request %.*s is %s", STR_ARG(q->id), request_state_name(q->state));
    size_t open = request_count(q, CANDIDATE_PROPOSED);
    if (!x->keys_n && open)
        return FAIL(err, E_INVALID, "request %.*s: confirm or exclude the %zu contacts proposed first", STR_ARG(q->id), open);
    return OK;
}

static enum status run_confirmed(struct running *x, struct err *err)
{
    TRY(check_approval(x, err));
    TRY(run_begin(x, err));
    TRY(accept_all(x, err));
    TRY(visit_all(x, err));
    TRY(run_end(x, err));
    return follow_state(x->e, &x->q, x->keys, x->keys_n, x->a, err);
}

enum status request_run(struct engine *e, struct str id, const struct row_key *worker, struct arena *a, struct request *out,
                        struct visit_stats *stats, struct err *err)
{
    struct running x = {.e = e, .worker = worker, .stats = stats, .a = a};
    TRY(registry_request_get(e->registry, id, a, &x.q, err));
    TRY(request_confirmed(&x.q, a, &x.keys, &x.keys_n, err));
    TRY(check_runnable(&x, err));
    if (x.keys_n)
        TRY(run_confirmed(&x, err));
    else if (x.q.state == REQUEST_ASSESSING) /* nothing was found, or nothing of it is the person's */
        TRY(request_move(e, &x.q, REQUEST_COMPLETED, a, err));
    *out = x.q;
    return OK;
}

/* ---- follow-up ---- */

static bool is_followed(const struct request *q, int64_t now_ms)
{
    return q->state == REQUEST_ASSESSING || q->state == REQUEST_RUNNING || q->state == REQUEST_PARTIAL ||
           (q->state == REQUEST_COMPLETED && now_ms <= q->watch_until_ms);
}

static enum status follow_one(struct engine *e, struct request *q, struct arena *a, struct err *err)
{
    struct row_key *keys;
    size_t n, added;
    if (!is_followed(q, engine_now(e)))
        return OK;
    TRY(request_look(e, q, a, &added, err));
    if (added)
        TRY(request_save(e, q, NULL, 0, a, err));
    if (q->state == REQUEST_ASSESSING)
        return OK;
    TRY(request_confirmed(q, a, &keys, &n, err));
    if (q->state == REQUEST_RUNNING || q->state == REQUEST_PARTIAL)
        TRY(request_accept(e, q, keys, n, STR_NONE, err));
    return follow_state(e, q, keys, n, a, err);
}

enum status requests_follow_up(struct engine *e, struct arena *a, struct err *err)
{
    struct arena page;
    struct str after = STR_NONE;
    enum status s = OK;
    size_t n = PAGE;
    while (s == OK && n == PAGE) {
        struct request *requests = NULL;
        arena_init(&page, REQUEST_SCRATCH_MAX);
        s = registry_requests(e->registry, after, PAGE, &page, &requests, &n, err);
        for (size_t i = 0; i < n && s == OK; i++) {
            s = follow_one(e, &requests[i], &page, err);
            if (s == E_CONFLICT)
                s = OK; /* a person works on it: the next time */
        }
        if (s == OK && n == PAGE) {
            after = arena_str(a, requests[n - 1].id);
            s = after.p ? OK : ARENA_FULL(err, a);
        }
        arena_release(&page);
    }
    return s;
}
