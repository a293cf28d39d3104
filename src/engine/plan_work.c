#include "engine/plan_work.h"
#include "engine/journal.h"

enum { TRIES = 20, RUN_ARENA_MAX = 8 << 20, LINES_ARENA_MAX = 8 << 20 };

static struct part counts_of(const struct tally *t)
{
    return (struct part){.considered = t->considered, .purged = t->purged, .failed = t->failed, .held = t->held, .partial = t->partial};
}

/* What the part says now: what the tally says more than when it began. */
static void count(struct plan_work *p)
{
    struct part now = counts_of(p->work->tally);
    p->part.considered = now.considered - p->before.considered;
    p->part.purged = now.purged - p->before.purged;
    p->part.failed = now.failed - p->before.failed;
    p->part.held = now.held - p->before.held;
    p->part.partial = now.partial - p->before.partial;
}

void plan_begin(struct plan_work *p, struct working_run *w)
{
    *p = (struct plan_work){.work = w, .before = counts_of(w->tally)};
    arena_init(&p->a, LINES_ARENA_MAX);
}

void plan_beside(struct plan_work *p, const struct tally *beside)
{
    struct part theirs = counts_of(beside);
    tally_merge(p->work->tally, beside);
    p->before.considered += theirs.considered;
    p->before.purged += theirs.purged;
    p->before.failed += theirs.failed;
    p->before.held += theirs.held;
    p->before.partial += theirs.partial;
}

static enum status join(struct plan_work *p, struct err *err)
{
    if (p->joined)
        return OK;
    TRY(part_join(p->work->engine, p->work->run, &p->work->worker, &p->part, err));
    p->before.considered -= p->part.considered; /* may wrap; the difference is what counts */
    p->before.purged -= p->part.purged;
    p->before.failed -= p->part.failed;
    p->before.held -= p->part.held;
    p->before.partial -= p->part.partial;
    p->joined = true;
    return OK;
}

static enum status lease(struct plan_work *p, bool *found, struct err *err)
{
    struct engine *e = p->work->engine;
    const struct run_record *run = p->work->run;
    TRY(share_lease(e, run, &p->work->worker, &p->share, found, &p->over, err));
    if (!*found && !p->over) { /* others have the rest: perhaps one of them is dead */
        TRY(worker_bury_dead(e, err));
        TRY(share_lease(e, run, &p->work->worker, &p->share, found, &p->over, err));
    }
    if (!*found)
        return OK;
    p->leased = true;
    TRY(join(p, err));
    size_t n = 0;
    struct plan_line *lines;
    arena_reset(&p->a);
    TRY(plan_chunk(e, run->id, p->share.first / PLAN_CHUNK_LINES, &p->a, &lines, &n, err));
    uint64_t at = p->share.first % PLAN_CHUNK_LINES;
    if (at + p->share.lines > n)
        return FAIL(err, E_IO, "the plan of run %.*s is not whole in the registry", STR_ARG(run->id));
    p->lines = lines + at;
    return OK;
}

static enum status work_lines(struct plan_work *p, const struct plan_line *lines, size_t n, struct err *err)
{
    struct row_key keys[VISIT_CHAINS_MAX];
    uint64_t versions[VISIT_CHAINS_MAX];
    const struct run_record *run = p->work->run;
    for (size_t i = 0; i < n; i++) {
        keys[i] = lines[i].chain;
        versions[i] = lines[i].version;
    }
    struct mandate m = {.reason = REASON_RETENTION_EXPIRY, .actor = run->actor, .run_id = run->id,
                        .accepted_ms = engine_now(p->work->engine), .deadline_ms = TIME_NONE};
    memcpy(m.digest.b, run->digest.b, ROW_KEY_BYTES);
    return visit_batch(p->work, keys, versions, n, &m, false, false, FUNC_RETENTION_PURGE, err);
}

/* The run's row is where people stop it. */
static enum status see_whether_stopped(struct plan_work *p, struct err *err)
{
    struct arena a;
    struct run_record now;
    arena_init(&a, RUN_ARENA_MAX);
    enum status s = run_peek(p->work->engine, p->work->run->id, &a, &now, err);
    if (s == OK && str_is(now.state, "paused"))
        p->stopped = "paused";
    if (s == OK && str_is(now.state, "cancelled"))
        p->stopped = "cancelled";
    arena_release(&a);
    return s;
}

enum status plan_step(struct plan_work *p, bool *more, struct err *err)
{
    *more = false;
    if (p->stopped)
        return OK;
    if (!p->leased) {
        TRY(see_whether_stopped(p, err));
        bool found = false;
        if (!p->stopped)
            TRY(lease(p, &found, err));
        if (!found)
            return OK;
    }
    uint64_t rest = p->share.lines - p->share.worked;
    size_t n = rest < VISIT_CHAINS_MAX ? (size_t)rest : VISIT_CHAINS_MAX;
    struct part was = p->part;
    TRY(work_lines(p, p->lines + p->share.worked, n, err));
    count(p);
    enum status s = share_worked(p->work->engine, p->work->run, &p->share, n, &p->part, err);
    if (s != OK) {
        p->part = was; /* whoever takes the share over counts this batch */
        p->uncounted = true;
        return s;
    }
    p->leased = p->share.worked < p->share.lines;
    TRY(see_whether_stopped(p, err));
    *more = !p->stopped;
    return OK;
}

/* ---- the end of a run ---- */

static enum status close_once(struct plan_work *p, bool *ended, struct arena *a, struct err *err)
{
    struct engine *e = p->work->engine;
    struct run_record run;
    struct shares_sum sum;
    struct entry entry;
    TRY(run_get(e, p->work->run->id, a, &run, err));
    TRY(shares_sum(e, run.id, &sum, err));
    bool done = str_is(run.state, "running") && sum.worked >= run.planned;
    p->over = str_is(run.state, "done") || sum.worked >= run.planned;
    if (!sum.left || run.dry_run || run.ended_ms != TIME_NONE || (!done && !str_is(run.state, "cancelled")))
        return OK;
    const char *const names[] = {"considered", "failed", "held", "partial", "purged"};
    const uint64_t counts[] = {sum.done.considered, run.failed, run.held, run.partial, run.purged};
    if (done)
        run.state = STR("done");
    run.ended_ms = engine_now(e);
    TRY(journal_run(e, run.id, "finished", counts, names, ARRAY_LEN(names), engine_now(e), a, &entry, err));
    TRY(run_put(e, &run, &entry, a, err));
    *ended = true;
    return OK;
}

/* Whoever leaves says so first and looks then: of two who leave at once, one sees that both have. */
static enum status close_run(struct plan_work *p, bool *ended, struct err *err)
{
    struct arena a;
    enum status s = E_CONFLICT;
    arena_init(&a, RUN_ARENA_MAX);
    for (int i = 0; s == E_CONFLICT && i < TRIES; i++) {
        arena_reset(&a);
        s = close_once(p, ended, &a, err);
    }
    arena_release(&a);
    return s;
}

static enum status say_left(struct plan_work *p, struct err *err)
{
    struct part now = counts_of(p->work->tally), was = p->before;
    bool any = now.considered != was.considered || now.held != was.held || now.purged != was.purged;
    if (!p->joined && !any)
        return OK;
    TRY(join(p, err));
    if (!p->uncounted)
        count(p);
    p->part.left = true;
    return part_put(p->work->engine, p->work->run, &p->part, err);
}

enum status plan_leave(struct plan_work *p, bool *ended, struct err *err)
{
    *ended = false;
    enum status s = p->leased ? share_give_back(p->work->engine, p->work->run, &p->share, err) : OK;
    p->leased = false;
    if (s == OK)
        s = say_left(p, err);
    if (s == OK)
        s = close_run(p, ended, err);
    arena_release(&p->a);
    return s;
}
