#include "engine/late_store.h"
#include "engine/plan_hands.h"
#include "engine/epoch.h"
#include "engine/hold_parts.h"
#include "engine/housekeeping.h"
#include "engine/journal.h"
#include "engine/logbook.h"
#include "engine/requests.h"

enum { PREVIEW_MAX = 10000, HELD_PAGE = 500, HELD_PAGES_MAX = 100 };

struct purging {
    struct working_run work;
    const struct purge_options *options;
    struct epoch_thread *epoch;
    struct run_record run;
    struct plan_work plan;
    struct arena *a;
    int plans;
    bool began, planned; /* planned: `plan` is open */
};

static enum status preview(struct purging *p, struct err *err)
{
    struct row_key keys[VISIT_CHAINS_MAX];
    uint64_t shown = 0;
    for (uint64_t chunk = 0; chunk < p->run.chunks && shown < PREVIEW_MAX; chunk++) {
        struct plan_line *lines;
        size_t n;
        TRY(plan_chunk(p->work.engine, p->run.id, chunk, p->a, &lines, &n, err));
        for (size_t at = 0; at < n && shown < PREVIEW_MAX; at += VISIT_CHAINS_MAX) {
            size_t k = n - at < VISIT_CHAINS_MAX ? n - at : VISIT_CHAINS_MAX;
            for (size_t i = 0; i < k; i++)
                keys[i] = lines[at + i].chain;
            struct mandate expiry = {.reason = REASON_RETENTION_EXPIRY, .accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
            TRY(visit_batch(&p->work, keys, NULL, k, &expiry, true, false, FUNC_RETENTION_PURGE, err));
            shown += k;
        }
    }
    return OK;
}

/* Held, and left by a worker that died: when `hold apply` was killed before it had written down whom to follow, nobody else
 * comes to say what became of it (rule 2.12). */
static enum status bury_held(struct engine *e, const struct chain *c, struct arena *a, struct err *err)
{
    bool alive = false, done;
    if (!chain_claimed(c) && row_key_is_none(&c->open_intent))
        return OK;
    if (chain_claimed(c))
        TRY(registry_workers_alive(e->registry, &c->worker, 1, engine_now(e), a, &alive, err));
    return alive ? OK : hold_bury(e, c, a, &done, err);
}

/* Due but for their hold: asked for, risen or past their period. */
static enum status count_held_page(struct purging *p, const struct queue_line *lines, size_t n, struct arena *a, uint64_t *held, struct err *err)
{
    struct engine *e = p->work.engine;
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, n + 1);
    struct chain *chains = ARENA_ARRAY(a, struct chain, n + 1);
    if (!keys || !chains)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        keys[i] = lines[i].chain;
    TRY(registry_chains(e->registry, keys, n, a, chains, err));
    for (size_t i = 0; i < n; i++) {
        bool due = chains[i].mandate.reason != REASON_NONE;
        for (size_t k = 0; k < chains[i].legs_n; k++) {
            struct dates d = policy_dates(&e->policy, &chains[i].legs[k]);
            due |= d.due_ms != TIME_NONE && d.due_ms <= engine_now(e);
        }
        *held += due;
        if (!p->options->dry_run)
            TRY(bury_held(e, &chains[i], a, err));
    }
    return OK;
}

/* Held contacts are parked and cost nothing; people still want to see that they were skipped. What a real run has met as
 * held it has parked: it is among these, counted once. A dry run parks nothing. */
static enum status count_held(struct purging *p, struct err *err)
{
    struct tally *t = p->work.tally;
    struct queue_query q = {.queue = QUEUE_PARKED, .category = -1, .until_ms = INT64_MAX};
    struct arena a;
    enum status s = OK;
    uint64_t held = 0;
    size_t n = HELD_PAGE;
    arena_init(&a, 512 << 20);
    for (int page = 0; s == OK && n == HELD_PAGE && page < HELD_PAGES_MAX; page++) {
        struct queue_line *lines;
        arena_reset(&a);
        s = registry_queue(p->work.engine->registry, &q, HELD_PAGE, &a, &lines, &n, err);
        if (s != OK || !n)
            break;
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
        s = count_held_page(p, lines, n, &a, &held, err);
    }
    arena_release(&a);
    uint64_t met = p->options->dry_run ? 0 : t->held;
    uint64_t more = held > met ? held - met : 0;
    t->held += more;
    t->considered += more;
    t->held_at_least = s == OK && n == HELD_PAGE;
    return s;
}

static enum status write_plan_file(struct purging *p, struct err *err)
{
    return p->options->plan_path ? plan_write(p->work.engine, &p->run, p->options->plan_path, err) : OK;
}

static enum status dry_run(struct purging *p, struct err *err)
{
    struct tally *t = p->work.tally;
    p->run.state = STR("waiting");
    p->run.dry_run = true;
    TRY(plan_make(p->work.engine, &p->run, p->options->limit, p->a, err));
    if (!engine_is_preview(p->work.engine))
        TRY(plan_told(p->work.engine, &p->run, p->a, err));
    TRY(write_plan_file(p, err));
    t->has_plan = true;
    t->plan_digest = p->run.digest;
    TRY(preview(p, err));
    t->would += p->run.planned - t->considered; /* behind the preview: as planned */
    t->considered = p->run.planned;
    return count_held(p, err);
}

static bool time_is_up(const struct purging *p)
{
    return p->work.stop_ms && engine_now(p->work.engine) >= p->work.stop_ms;
}

static void begin_plan(struct purging *p)
{
    struct tally *t = p->work.tally;
    t->run = p->run.id;
    t->has_plan = true;
    t->plan_digest = p->run.digest;
    t->given = p->run.planned;
    plan_begin(&p->plan, &p->work);
    if (!p->plans++)
        p->plan.before = (struct part){.considered = 0}; /* what its lanes have done so far is counted with the plan */
    p->planned = true;
}

static enum status work_shares(struct purging *p, struct err *err)
{
    for (bool more = true; more && !time_is_up(p);)
        TRY(plan_step(&p->plan, &more, err));
    return OK;
}

/* As many visits at the same time as were asked for, and as there is work for. */
static enum status work_plan(struct purging *p, struct err *err)
{
    struct plan_hands *hands = NULL;
    struct err later;
    uint64_t batches = p->run.planned / VISIT_CHAINS_MAX;
    size_t visits = p->options->visits < batches ? p->options->visits : (size_t)batches;
    if (visits > 1)
        TRY(plan_hands_begin(&p->work, visits - 1, &hands, err));
    enum status s = work_shares(p, err);
    enum status ended = plan_hands_end(hands, &p->plan, s == OK ? err : &later);
    TRY(s);
    TRY(ended);
    TRY(work_shares(p, err)); /* what a hand gave back; else it only sees that the plan is over */
    p->work.tally->stopped = p->plan.stopped;
    return OK;
}

/* Whoever leaves last ends the run. */
static enum status leave_plan(struct purging *p, struct err *err)
{
    bool ended;
    if (!p->planned)
        return OK;
    p->planned = false;
    TRY(plan_leave(&p->plan, &ended, err));
    p->work.tally->elsewhere = !p->plan.over && !p->plan.stopped && !p->work.tally->guard_stopped && !time_is_up(p);
    return OK;
}

/* Under the lock. *made false: nothing is due and `even_empty` was not asked for. */
static enum status make_plan(struct purging *p, struct run_record *run, bool even_empty, bool *made, struct err *err)
{
    struct engine *e = p->work.engine;
    TRY(plan_make_by(e, &p->work.worker, run, p->options->limit, p->a, err));
    *made = run->planned || even_empty;
    return *made ? plan_open(e, run, &p->work.worker, p->a, &p->work.tally->guard_stopped, err) : OK;
}

static enum status work_new_plan(struct purging *p, struct err *err)
{
    begin_plan(p);
    return p->work.tally->guard_stopped ? OK : work_plan(p, err);
}

/* Behind an older plan: what has become due since, and lines it had to drop though they are due. */
static enum status plan_the_rest(struct purging *p, struct err *err)
{
    struct run_record fresh;
    struct engine *e = p->work.engine;
    bool made = false;
    if (p->options->plan_path || p->options->limit || !p->plan.over || time_is_up(p))
        return OK;
    TRY(run_new(e, "purge", p->a, &fresh, err));
    enum status s = plan_lock(e, &p->work.worker, fresh.id, p->a, err);
    if (s != OK)
        return s == E_CONFLICT ? OK : s; /* another is at it */
    s = make_plan(p, &fresh, false, &made, err);
    plan_unlock(e, &p->work.worker, p->a);
    TRY(s);
    if (!made)
        return OK;
    TRY(leave_plan(p, err));
    p->work.tally->still_due = 0;
    p->run = fresh;
    return work_new_plan(p, err);
}

static enum status plan_anew(struct purging *p, bool *older, struct err *err)
{
    struct engine *e = p->work.engine;
    struct run_record mine = p->run;
    bool made;
    TRY(plan_lock(e, &p->work.worker, mine.id, p->a, err));
    enum status s = plan_take(e, NULL, &p->work.worker, p->a, &p->run, older, err); /* perhaps just made by another */
    if (s == OK && !*older) {
        s = make_plan(p, &mine, true, &made, err);
        p->run = mine;
    }
    plan_unlock(e, &p->work.worker, p->a);
    return s;
}

static enum status expiry(struct purging *p, struct err *err)
{
    bool older;
    TRY(plan_take(p->work.engine, p->options->plan_path, &p->work.worker, p->a, &p->run, &older, err));
    if (!older)
        TRY(plan_anew(p, &older, err));
    if (!older)
        return work_new_plan(p, err);
    begin_plan(p);
    TRY(work_plan(p, err));
    return plan_the_rest(p, err);
}

static enum status work_lanes(struct purging *p, struct lane *lanes, size_t n, struct err *err)
{
    for (bool more = true; more && !time_is_up(p);) { /* a batch each in turn: none starves another */
        more = false;
        for (size_t i = 0; i < n && !time_is_up(p); i++) {
            if (lanes[i].done)
                continue;
            TRY(lane_batch(&p->work, &lanes[i], err));
            more |= !lanes[i].done;
        }
    }
    return OK;
}

static enum status first_lanes(struct purging *p, struct err *err)
{
    const struct policy *policy = &p->work.engine->policy;
    int64_t now = engine_now(p->work.engine);
    struct lane lanes[] = {
        {.name = "risen", .query = {.queue = QUEUE_RISEN, .category = -1, .until_ms = now}},
        {.name = "requests", .query = {.queue = QUEUE_REQUEST, .category = -1, .until_ms = INT64_MAX}},
        {.name = "retries", .query = {.queue = QUEUE_RETRY, .category = -1, .until_ms = now}},
        {.name = "waking", .query = {.queue = QUEUE_WAKE, .category = -1, .until_ms = now}},
        {.name = "silent", .query = {.queue = QUEUE_OPEN, .category = -1,
                                     .until_ms = period_cutoff(now, &policy->open_ask_after, policy->zone)}},
    };
    return work_lanes(p, lanes, ARRAY_LEN(lanes), err);
}

/* What a law kept until its minimum ended, by category and anchor (rule 2.8). */
static enum status kept_lanes(struct purging *p, struct err *err)
{
    const struct policy *policy = &p->work.engine->policy;
    for (size_t i = 0; i < policy->categories_n; i++) {
        const struct category *c = &policy->categories[i];
        if (!c->keep.set)
            continue;
        struct lane lane = {.name = "kept", .query = {.queue = QUEUE_KEPT, .category = category_code(c->name),
                                                      .until_ms = period_cutoff_keep(engine_now(p->work.engine), &c->keep, policy->zone)}};
        TRY(work_lanes(p, &lane, 1, err));
    }
    return OK;
}

static enum status last_lane(struct purging *p, struct err *err)
{
    struct lane lane = {.name = "verifications", .query = {.queue = QUEUE_VERIFY, .category = -1, .until_ms = engine_now(p->work.engine)}};
    return work_lanes(p, &lane, 1, err);
}

/* What a gate left that a hold elsewhere had closed: the same run goes on with it. */
static enum status gate_lanes(struct purging *p, struct err *err)
{
    enum { ROUNDS_MAX = 3 };
    struct tally *t = p->work.tally;
    for (int round = 0; round < ROUNDS_MAX && t->goes_on && !time_is_up(p); round++) {
        int64_t now = engine_now(p->work.engine);
        struct lane lanes[] = {
            {.name = "risen", .query = {.queue = QUEUE_RISEN, .category = -1, .until_ms = now}},
            {.name = "retries", .query = {.queue = QUEUE_RETRY, .category = -1, .until_ms = now}},
        };
        t->considered -= t->goes_on; /* counted when they are visited again */
        t->verifying -= t->goes_on;
        t->goes_on = 0;
        TRY(work_lanes(p, lanes, ARRAY_LEN(lanes), err));
    }
    return OK;
}

static enum status chores(struct working_run *w, struct arena *a, struct err *err)
{
    struct engine *e = w->engine;
    struct housekeeping kept;
    TRY(holds_follow_up(e, a, err));
    TRY(requests_follow_up(e, a, err));
    TRY(late_stores_search(w, a, err));
    if (!w->stop_ms || engine_now(e) < w->stop_ms)
        TRY(verify_probe(w, a, err));
    return housekeeping_run(e, a, &kept, err);
}

enum status purge_chores(struct working_run *w, struct err *err)
{
    enum { CHORES_ARENA_MAX = 256 << 20 };
    struct arena a;
    arena_init(&a, CHORES_ARENA_MAX);
    enum status s = chores(w, &a, err);
    arena_release(&a);
    return s;
}

static enum status real_run(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    TRY(holds_follow_up(e, p->a, err));
    TRY(first_lanes(p, err));
    TRY(kept_lanes(p, err));
    TRY(expiry(p, err));
    TRY(last_lane(p, err));
    TRY(gate_lanes(p, err));
    TRY(chores(&p->work, p->a, err));
    return count_held(p, err);
}

static enum status begin(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    TRY(run_new(e, "purge", p->a, &p->run, err));
    p->work.run = &p->run;
    p->work.tally->run = p->run.id;
    TRY(tally_init(p->work.tally, e, p->a, err));
    if (p->options->dry_run)
        return OK;
    TRY(clock_check(e, err));
    TRY(worker_begin(e, &p->work.worker, err));
    p->began = true;
    return epoch_start(e, &p->epoch, err);
}

static enum status end(struct purging *p, enum status s, struct err *err)
{
    struct engine *e = p->work.engine;
    epoch_stop(&p->epoch);
    if (s == OK)
        s = leave_plan(p, err);
    if (s == OK && p->work.tally->guard_stopped)
        p->work.tally->considered += p->run.planned;
    if (p->options->dry_run && engine_is_preview(e)) { /* what is thought at another time is not written down */
        enum status forgotten = plan_forget(e, &p->run, s == OK ? err : NULL);
        return s == OK ? forgotten : s;
    }
    if (p->planned)
        IGNORE(leave_plan(p, NULL)); /* the lease ends it too */
    if (p->began)
        worker_end(e, &p->work.worker);
    if (s == OK)
        s = logbook_integrate(e, err);
    if (s == OK && !p->options->dry_run && e->config.audit_publish.n) {
        struct logbook_head head;
        s = logbook_publish(e, STR_NONE, p->a, &head, err);
    }
    return s;
}

enum status purge_run(struct engine *e, const struct purge_options *o, struct tally *t, struct arena *a, struct err *err)
{
    struct purge_options options = *o;
    t->disarmed = e->disarmed;
    options.dry_run |= e->disarmed; /* rule 2.24: a new registry only shows what it would do */
    t->dry_run = options.dry_run;
    struct purging p = {.work = {.engine = e, .tally = t, .stop_ms = o->max_runtime_ms ? engine_now(e) + o->max_runtime_ms : 0},
                        .options = &options, .a = a};
    enum status s = begin(&p, err);
    if (s == OK)
        s = options.dry_run ? dry_run(&p, err) : real_run(&p, err);
    return end(&p, s, err);
}
