#include "engine/shift.h"
#include "base/log.h"
#include "engine/epoch.h"
#include "engine/holds.h"
#include "engine/journal.h"
#include "engine/logbook.h"
#include "engine/night.h"
#include "engine/requests.h"

enum { AGAIN_MS = 1000, IDLE_LEAST_MS = 1000, IDLE_MOST_MS = 30000, FOLLOW_MS = 5 * 60 * 1000, KEEP_MS = 2 * 60 * 1000, SHARERS_MAX = 16, PLAN_ARENA_MAX = 64 << 20,
       SHIFT_ARENA_MAX = 64 << 20, PASS_ARENA_MAX = 64 << 20 };

/* A call at `next` is due; a clock that was set back does not put it off for long. */
static bool is_time(int64_t next_ms, int64_t now_ms)
{
    return next_ms <= now_ms || next_ms - now_ms > IDLE_MOST_MS;
}

static void rest(int64_t *next_ms, int64_t *idle_ms, bool worked, int64_t now_ms)
{
    *idle_ms = worked ? IDLE_LEAST_MS : *idle_ms * 2 > IDLE_MOST_MS ? IDLE_MOST_MS : *idle_ms * 2;
    *next_ms = now_ms + (worked ? AGAIN_MS : *idle_ms);
}

/* ---- begin ---- */

enum status shift_begin(struct engine *e, bool watch, struct shift *s, struct err *err)
{
    *s = (struct shift){.engine = e, .began_ms = engine_now(e), .followed_ms = TIME_NONE};
    arena_init(&s->a, SHIFT_ARENA_MAX);
    arena_init(&s->plan.a, PLAN_ARENA_MAX);
    s->lanes.idle_ms = s->plan.idle_ms = IDLE_LEAST_MS;
    s->plan.night_done_ms = TIME_NONE;
    TRY(clock_check(e, err));
    TRY(tally_init(&s->lanes.tally, e, &s->a, err));
    TRY(tally_init(&s->plan.tally, e, &s->a, err));
    TRY(run_new(e, "worker", &s->a, &s->lanes.run, err));
    TRY(worker_begin(e, &s->worker, err));
    s->lanes.work = (struct working_run){.engine = e, .worker = s->worker, .run = &s->lanes.run, .tally = &s->lanes.tally};
    s->plan.work = (struct working_run){.engine = e, .worker = s->worker, .run = &s->plan.run, .tally = &s->plan.tally};
    return watch ? epoch_start(e, &s->epoch, err) : OK;
}

/* ---- lanes ---- */

/* How many share the lanes, and which of them this one is. */
static enum status count_sharers(struct shift *s, unsigned *n, unsigned *rank, struct err *err)
{
    struct arena a;
    struct registry_worker *workers;
    size_t workers_n = 0;
    int64_t now = engine_now(s->engine);
    *n = 1;
    *rank = 0;
    arena_init(&a, PASS_ARENA_MAX);
    enum status st = registry_workers(s->engine->registry, &a, &workers, &workers_n, err);
    for (size_t i = 0; st == OK && i < workers_n; i++) {
        if (row_key_eq(&workers[i].key, &s->worker) || workers[i].lease_until_ms + WORKER_DEAD_AFTER_MS < now)
            continue;
        *rank += memcmp(workers[i].key.b, s->worker.b, ROW_KEY_BYTES) < 0;
        ++*n;
    }
    arena_release(&a);
    if (*n > SHARERS_MAX) {
        *n = SHARERS_MAX;
        *rank %= SHARERS_MAX;
    }
    return st;
}

static void add_lane(struct lanes_part *l, const char *name, struct queue_query q)
{
    if (l->n < SHIFT_LANES_MAX)
        l->lanes[l->n++] = (struct lane){.name = name, .query = q};
}

static enum status begin_pass(struct shift *s, struct err *err)
{
    struct lanes_part *l = &s->lanes;
    const struct policy *policy = &s->engine->policy;
    int64_t now = engine_now(s->engine);
    unsigned sharers, rank;
    TRY(count_sharers(s, &sharers, &rank, err));
    l->n = l->at = 0;
    add_lane(l, "risen", (struct queue_query){.queue = QUEUE_RISEN, .category = -1, .until_ms = now});
    add_lane(l, "requests", (struct queue_query){.queue = QUEUE_REQUEST, .category = -1, .until_ms = INT64_MAX});
    add_lane(l, "retries", (struct queue_query){.queue = QUEUE_RETRY, .category = -1, .until_ms = now});
    add_lane(l, "waking", (struct queue_query){.queue = QUEUE_WAKE, .category = -1, .until_ms = now});
    add_lane(l, "silent", (struct queue_query){.queue = QUEUE_OPEN, .category = -1, .until_ms = period_cutoff(now, &policy->open_ask_after, policy->zone)});
    add_lane(l, "verifications", (struct queue_query){.queue = QUEUE_VERIFY, .category = -1, .until_ms = now});
    for (size_t i = 0; i < policy->categories_n; i++)
        if (policy->categories[i].keep.set)
            add_lane(l, "kept", (struct queue_query){.queue = QUEUE_KEPT, .category = category_code(policy->categories[i].name),
                                                     .until_ms = period_cutoff_keep(now, &policy->categories[i].keep, policy->zone)});
    for (size_t i = 0; i < l->n; i++) {
        l->lanes[i].sharers = sharers;
        l->lanes[i].turn = rank + (unsigned)(l->passes % SHARERS_MAX); /* nobody is left to one who does not come */
    }
    l->passes++;
    l->on = true;
    l->before = l->tally.considered - l->tally.busy;
    return OK;
}

static enum status put_own_run(struct shift *s, bool over, struct err *err)
{
    struct run_record *r = &s->lanes.run;
    const struct tally *t = &s->lanes.tally;
    const char *const names[] = {"considered", "failed", "held", "partial", "purged"};
    const uint64_t counts[] = {t->considered, t->failed, t->held, t->partial, t->purged};
    struct entry entry;
    struct arena a;
    if (t->considered == t->busy)
        return OK;
    r->worked = t->considered - t->busy;
    r->purged = t->purged;
    r->failed = t->failed;
    r->held = t->held;
    r->partial = t->partial;
    arena_init(&a, PASS_ARENA_MAX);
    enum status st = OK;
    if (over) {
        r->state = STR("done");
        r->ended_ms = engine_now(s->engine);
        st = journal_run(s->engine, r->id, "finished", counts, names, ARRAY_LEN(names), r->ended_ms, &a, &entry, err);
    }
    if (st == OK)
        st = run_close(s->engine, r, over ? &entry : NULL, &a, err);
    arena_release(&a);
    return st;
}

/* What is not a queue: holds and requests that wait for what has just been worked; the head of the log. */
static enum status follow_up(struct shift *s, bool worked, struct err *err)
{
    struct engine *e = s->engine;
    int64_t now = engine_now(e);
    struct arena a;
    bool due = s->followed_ms == TIME_NONE || now - s->followed_ms >= FOLLOW_MS || now < s->followed_ms;
    if (!worked && !due)
        return OK;
    s->followed_ms = now;
    arena_init(&a, PASS_ARENA_MAX);
    enum status st = holds_follow_up(e, &a, err);
    if (st == OK)
        st = requests_follow_up(e, &a, err);
    if (st == OK)
        st = logbook_integrate(e, err);
    struct logbook_head head;
    if (st == OK && e->config.audit_publish.n)
        st = logbook_publish(e, STR_NONE, &a, &head, err);
    arena_release(&a);
    return st;
}

static enum status lanes_step(struct shift *s, bool *worked, struct err *err)
{
    struct lanes_part *l = &s->lanes;
    if (!l->on) {
        if (!is_time(l->next_ms, engine_now(s->engine)))
            return OK;
        TRY(begin_pass(s, err));
    }
    for (size_t tried = 0; tried < l->n; tried++) { /* a batch each in turn: none starves another */
        struct lane *lane = &l->lanes[l->at++ % l->n];
        uint64_t before = l->tally.considered;
        if (lane->done)
            continue;
        TRY(lane_batch(&l->work, lane, err));
        if (l->tally.considered > before) {
            *worked = true;
            return OK;
        }
    }
    bool left = false;
    for (size_t i = 0; i < l->n; i++)
        left |= !l->lanes[i].done;
    if (left)
        return OK;
    l->on = false;
    bool any = l->tally.considered - l->tally.busy > l->before;
    TRY(put_own_run(s, false, err));
    TRY(follow_up(s, any, err));
    rest(&l->next_ms, &l->idle_ms, any, engine_now(s->engine));
    if (any)
        log_line(LOG_INFO, "worker.lanes", "considered=%llu purged=%llu busy=%llu", (unsigned long long)l->tally.considered,
                 (unsigned long long)l->tally.purged, (unsigned long long)l->tally.busy);
    return OK;
}

/* ---- plans and the night ---- */

/* This night's run, when nobody has made it: planned under the lock, so that one of all workers does. */
static enum status make_night(struct shift *s, int64_t latest_ms, bool *made, bool *waits, struct err *err)
{
    struct engine *e = s->engine;
    struct plan_part *p = &s->plan;
    bool due;
    *made = *waits = false;
    TRY(night_is_due(e, latest_ms, &due, err));
    p->night_done_ms = latest_ms;
    if (!due)
        return OK;
    TRY(clock_check(e, err));
    TRY(run_new(e, "purge", &p->a, &p->run, err));
    TRY(plan_make_by(e, &s->worker, &p->run, 0, &p->a, err));
    TRY(plan_open(e, &p->run, &s->worker, &p->a, waits, err));
    *made = true;
    p->tally.guard_stopped |= *waits;
    log_line(*waits ? LOG_WARN : LOG_INFO, *waits ? "worker.guard_stopped" : "worker.planned", "run=%.*s contacts=%llu", STR_ARG(p->run.id),
             (unsigned long long)p->run.planned);
    return *waits ? purge_chores(&s->lanes.work, err) : OK;
}

static enum status night(struct shift *s, bool *made, struct err *err)
{
    struct engine *e = s->engine;
    int64_t latest = night_latest(&e->config, engine_now(e));
    bool waits = false;
    *made = false;
    if (latest == s->plan.night_done_ms)
        return OK;
    enum status st = plan_lock(e, &s->worker, s->lanes.run.id, &s->plan.a, err);
    if (st != OK)
        return st == E_CONFLICT ? OK : st; /* another is at it: its plan is found at the next look */
    st = make_night(s, latest, made, &waits, err);
    plan_unlock(e, &s->worker, &s->plan.a);
    if (st != OK)
        s->plan.night_done_ms = TIME_NONE;
    *made &= !waits;
    return st;
}

static enum status look_for_plan(struct shift *s, struct err *err)
{
    struct plan_part *p = &s->plan;
    bool found;
    arena_reset(&p->a);
    if (s->engine->disarmed) { /* rule 2.24: expiry waits for a named person; orders and requests do not */
        if (!s->told_disarmed)
            log_line(LOG_WARN, "worker.disarmed", "expiry=waits hint=\"expunge policy activate\"");
        s->told_disarmed = true;
        return OK;
    }
    TRY(plan_take(s->engine, NULL, &s->worker, &p->a, &p->run, &found, err));
    if (!found)
        TRY(night(s, &found, err));
    if (!found)
        return OK;
    plan_begin(&p->plan, &p->work);
    p->on = true;
    return OK;
}

static enum status leave_plan(struct shift *s, bool *ended, struct err *err)
{
    struct plan_part *p = &s->plan;
    p->on = false;
    TRY(plan_leave(&p->plan, ended, err));
    if (*ended)
        log_line(LOG_INFO, "worker.run_ended", "run=%.*s", STR_ARG(p->run.id));
    return OK;
}

static enum status plan_step_or_look(struct shift *s, bool *worked, struct err *err)
{
    struct plan_part *p = &s->plan;
    bool more, ended, any;
    if (!p->on) {
        if (!is_time(p->next_ms, engine_now(s->engine)))
            return OK;
        TRY(look_for_plan(s, err));
        if (!p->on) {
            rest(&p->next_ms, &p->idle_ms, false, engine_now(s->engine));
            return OK;
        }
    }
    uint64_t before = p->tally.considered;
    TRY(plan_step(&p->plan, &more, err));
    any = p->tally.considered > before;
    *worked |= any;
    if (more)
        return OK;
    TRY(leave_plan(s, &ended, err));
    rest(&p->next_ms, &p->idle_ms, any || ended, engine_now(s->engine));
    *worked |= ended;
    return ended ? purge_chores(&s->lanes.work, err) : OK;
}

/* ---- steps ---- */

enum status shift_step(struct shift *s, int64_t *next_ms, bool *idle, struct err *err)
{
    bool worked = false;
    TRY(lanes_step(s, &worked, err));
    TRY(plan_step_or_look(s, &worked, err));
    int64_t now = engine_now(s->engine);
    *idle = !worked && !s->plan.on && !s->lanes.on;
    if (*idle) {
        *next_ms = s->lanes.next_ms < s->plan.next_ms ? s->lanes.next_ms : s->plan.next_ms;
        if (now - s->kept_ms < KEEP_MS && now >= s->kept_ms)
            return OK;
        s->kept_ms = now;
        return worker_keep(s->engine, &s->worker, err);
    }
    *next_ms = now;
    return OK;
}

bool shift_is_over(const struct shift *s)
{
    int64_t age = engine_now(s->engine) - s->began_ms;
    bool down = false;
    for (size_t i = 0; i < s->engine->stores_n; i++)
        down |= s->engine->stores[i] == NULL;
    return age < 0 || age > SHIFT_MAX_MS || (down && age > SHIFT_STORE_DOWN_MS);
}

enum status shift_end(struct shift *s, struct tally *total, struct err *err)
{
    enum status st = OK;
    bool ended;
    if (s->plan.on)
        st = leave_plan(s, &ended, err);
    if (st == OK && !row_key_is_none(&s->worker))
        st = put_own_run(s, true, err);
    if (st == OK && !row_key_is_none(&s->worker))
        st = follow_up(s, true, err);
    epoch_stop(&s->epoch);
    if (!row_key_is_none(&s->worker))
        worker_end(s->engine, &s->worker);
    tally_merge(total, &s->lanes.tally);
    tally_merge(total, &s->plan.tally);
    arena_release(&s->plan.a);
    arena_release(&s->a);
    return st;
}
