#include "engine/late_store.h"
#include "engine/purge.h"
#include "engine/epoch.h"
#include "engine/holds.h"
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
    struct arena *a;
    bool locked, began;
    uint64_t purged, failed, partial; /* of the tally, told of an earlier plan of this run */
};

/* One purge at a time; a dead one's lock is taken over. */
static enum status lock(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    struct str value;
    uint64_t version;
    struct registry_worker *workers;
    size_t n;
    TRY(registry_meta_get(e->registry, "purge", p->a, &value, &version, err));
    TRY(registry_workers(e->registry, p->a, &workers, &n, err));
    for (size_t i = 0; i < n; i++)
        if (value.n >= ROW_KEY_BYTES && memcmp(value.p, workers[i].key.b, ROW_KEY_BYTES) == 0 &&
            workers[i].lease_until_ms + MINUTE_MS > engine_now(e))
            return FAIL(err, E_CONFLICT, "another purge is running: run %.*s (see `expunge run list`)", (int)(value.n - ROW_KEY_BYTES), value.p + ROW_KEY_BYTES);
    char *mine = arena_alloc(p->a, ROW_KEY_BYTES + p->run.id.n);
    if (!mine)
        return ARENA_FULL(err, p->a);
    memcpy(mine, p->work.worker.b, ROW_KEY_BYTES);
    memcpy(mine + ROW_KEY_BYTES, p->run.id.p, p->run.id.n);
    enum status s = registry_meta_put(e->registry, "purge", (struct str){mine, ROW_KEY_BYTES + p->run.id.n}, version, NULL, err);
    if (s == E_CONFLICT)
        return FAIL(err, E_CONFLICT, "another purge has just begun (see `expunge run list`)");
    p->locked = s == OK;
    return s;
}

static void unlock(struct purging *p)
{
    struct str value;
    uint64_t version;
    if (p->locked && registry_meta_get(p->work.engine->registry, "purge", p->a, &value, &version, NULL) == OK)
        IGNORE(registry_meta_put(p->work.engine->registry, "purge", STR(""), version, NULL, NULL)); /* the lease ends it too */
}

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

static enum status planned_entry(struct purging *p, struct err *err)
{
    struct entry entry;
    struct engine *e = p->work.engine;
    TRY(journal_planned(e, &p->run.digest, p->run.planned, p->run.cutoff_ms, p->run.id, p->run.dry_run, engine_now(e), p->a, &entry, err));
    return run_put(e, &p->run, &entry, p->a, err);
}

static enum status dry_run(struct purging *p, struct err *err)
{
    struct tally *t = p->work.tally;
    p->run.state = STR("waiting");
    p->run.dry_run = true;
    TRY(plan_make(p->work.engine, &p->run, p->options->limit, p->a, err));
    if (!engine_is_preview(p->work.engine))
        TRY(planned_entry(p, err));
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

static enum status work_lines(struct purging *p, const struct plan_line *lines, size_t n, struct err *err)
{
    struct row_key keys[VISIT_CHAINS_MAX];
    uint64_t versions[VISIT_CHAINS_MAX];
    for (size_t i = 0; i < n; i++) {
        keys[i] = lines[i].chain;
        versions[i] = lines[i].version;
    }
    struct mandate m = {.reason = REASON_RETENTION_EXPIRY, .actor = p->run.actor, .run_id = p->run.id, .accepted_ms = engine_now(p->work.engine), .deadline_ms = TIME_NONE};
    memcpy(m.digest.b, p->run.digest.b, ROW_KEY_BYTES);
    return visit_batch(&p->work, keys, versions, n, &m, false, false, FUNC_RETENTION_PURGE, err);
}

/* From where the last run stopped: less may happen than was planned, never more. */
static enum status work_plan(struct purging *p, struct err *err)
{
    bool stop = false;
    p->work.tally->given = p->run.planned;
    for (uint64_t chunk = p->run.worked / PLAN_CHUNK_LINES; !stop && chunk < p->run.chunks; chunk++) {
        struct plan_line *lines;
        size_t n, at = (size_t)(p->run.worked - chunk * PLAN_CHUNK_LINES);
        struct arena a;
        arena_init(&a, 4 << 20);
        enum status s = plan_chunk(p->work.engine, p->run.id, chunk, &a, &lines, &n, err);
        while (s == OK && !stop && at < n && !time_is_up(p)) {
            size_t k = n - at < VISIT_CHAINS_MAX ? n - at : VISIT_CHAINS_MAX;
            s = work_lines(p, lines + at, k, err);
            at += k;
            p->run.worked += k;
            if (s == OK)
                s = run_keep(p->work.engine, &p->run, &stop, p->a, err);
        }
        arena_release(&a);
        TRY(s);
        if (time_is_up(p))
            return OK;
    }
    if (!stop || p->run.worked >= p->run.planned)
        p->run.state = STR("done");
    p->work.tally->stopped = str_is(p->run.state, "paused") ? "paused" : str_is(p->run.state, "cancelled") ? "cancelled" : NULL;
    return OK;
}

/* It never came to its end: whoever worked it off has crashed. */
static enum status resumed_entry(struct purging *p, struct err *err)
{
    struct entry entry;
    struct engine *e = p->work.engine;
    const struct journal_fact facts[] = {{.name = "n", .number = (int64_t)(p->run.planned - p->run.worked), .is_number = true},
                                         {.name = "run", .text = p->run.id}};
    TRY(journal_plain(e, "RESUMED", facts, ARRAY_LEN(facts), NULL, engine_now(e), p->a, &entry, err));
    return run_put(e, &p->run, &entry, p->a, err);
}

/* A plan that waits for an approval, or that a crash left half done, goes before a new one. */
static enum status take_older_plan(struct purging *p, bool *found, struct err *err)
{
    struct engine *e = p->work.engine;
    struct run_record *runs;
    size_t n;
    struct hash wanted;
    *found = false;
    if (p->options->plan_path)
        TRY(plan_read_digest(p->options->plan_path, &wanted, err));
    TRY(runs_since(e, engine_now(e) - 30 * DAY_MS, 10000, p->a, &runs, &n, err));
    for (size_t i = 0; i < n && !*found; i++) {
        bool named = p->options->plan_path && runs[i].has_digest && bytes_equal(runs[i].digest.b, wanted.b, HASH_BYTES);
        bool open = str_is(runs[i].kind, "purge") && runs[i].has_digest && runs[i].worked < runs[i].planned &&
                    !str_is(runs[i].state, "done") && !str_is(runs[i].state, "cancelled") && !str_is(runs[i].state, "paused");
        bool yes = false;
        struct str why;
        if (p->options->plan_path ? !named : !open)
            continue;
        if (!open)
            return FAIL(err, E_CONFLICT, "this plan has been worked off, paused or cancelled (run %.*s)", STR_ARG(runs[i].id));
        bool resumed = !runs[i].dry_run && str_is(runs[i].state, "running");
        if (!resumed)
            TRY(approval_holds(e, &runs[i], p->a, &yes, &why, err));
        if (yes && runs[i].dry_run && !named) { /* nobody asked for it but by looking: a delay alone approves nothing */
            struct approval given;
            enum status approved = approval_get(e, &runs[i].digest, p->a, &given, err);
            if (approved != OK && approved != E_ABSENT)
                return approved;
            yes = approved == OK;
        }
        uint64_t limit;
        if (named && !yes && !resumed)
            TRY(guard_allows(e, runs[i].planned, p->a, &yes, &limit, err));
        if (named && !yes && !resumed)
            return FAIL(err, E_DENIED, "the guard stopped expiry: %.*s", STR_ARG(why));
        if (yes || resumed) {
            p->run = runs[i];
            if (resumed && p->run.ended_ms == TIME_NONE)
                TRY(resumed_entry(p, err));
            p->run.ended_ms = TIME_NONE;
            p->run.state = STR("running");
            p->run.dry_run = false;
            *found = true;
        }
    }
    return p->options->plan_path && !*found ? FAIL(err, E_ABSENT, "the registry does not know this plan, or it is older than 30 days") : OK;
}

/* A plan is over: its record and its entry say what came of it. */
static enum status finish_plan(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    const struct tally *t = p->work.tally;
    struct entry entry;
    const char *const names[] = {"considered", "failed", "held", "partial", "purged"};
    const uint64_t counts[] = {t->considered, t->failed, t->held, t->partial, t->purged};
    p->run.purged += t->purged - p->purged;
    p->run.failed += t->failed - p->failed;
    p->run.partial += t->partial - p->partial;
    p->run.held = t->held;
    p->run.ended_ms = engine_now(e);
    TRY(journal_run(e, p->run.id, "finished", counts, names, ARRAY_LEN(names), engine_now(e), p->a, &entry, err));
    TRY(run_close(e, &p->run, &entry, p->a, err));
    p->purged = t->purged;
    p->failed = t->failed;
    p->partial = t->partial;
    return OK;
}

/* A plan of this run's own, when the guard lets it. */
static enum status work_new_plan(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    struct tally *t = p->work.tally;
    bool allowed = true;
    uint64_t limit = 0;
    TRY(guard_allows(e, p->run.planned, p->a, &allowed, &limit, err));
    if (!allowed)
        p->run.state = STR("waiting");
    TRY(planned_entry(p, err));
    t->run = p->run.id;
    t->has_plan = true;
    t->plan_digest = p->run.digest;
    if (allowed)
        return work_plan(p, err);
    struct entry entry;
    t->guard_stopped = true;
    t->considered += p->run.planned;
    TRY(journal_stopped(e, "guard", &p->run.digest, p->run.planned, limit, p->run.id, engine_now(e), p->a, &entry, err));
    return run_put(e, &p->run, &entry, p->a, err);
}

/* Behind an older plan: what has become due since, and lines it had to drop though they are due. */
static enum status plan_the_rest(struct purging *p, struct err *err)
{
    struct run_record fresh;
    if (p->options->plan_path || p->options->limit || !str_is(p->run.state, "done") || time_is_up(p))
        return OK;
    TRY(run_new(p->work.engine, "purge", p->a, &fresh, err));
    TRY(plan_make(p->work.engine, &fresh, 0, p->a, err));
    if (!fresh.planned)
        return OK;
    TRY(finish_plan(p, err));
    p->work.tally->still_due = 0;
    p->run = fresh;
    return work_new_plan(p, err);
}

static enum status expiry(struct purging *p, struct err *err)
{
    bool older;
    TRY(take_older_plan(p, &older, err));
    if (!older) {
        TRY(plan_make(p->work.engine, &p->run, p->options->limit, p->a, err));
        return work_new_plan(p, err);
    }
    p->work.tally->run = p->run.id;
    p->work.tally->has_plan = true;
    p->work.tally->plan_digest = p->run.digest;
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

static enum status real_run(struct purging *p, struct err *err)
{
    struct engine *e = p->work.engine;
    TRY(holds_follow_up(e, p->a, err));
    TRY(first_lanes(p, err));
    TRY(kept_lanes(p, err));
    TRY(expiry(p, err));
    TRY(last_lane(p, err));
    TRY(gate_lanes(p, err));
    TRY(holds_follow_up(e, p->a, err));
    TRY(requests_follow_up(e, p->a, err));
    TRY(late_stores_search(&p->work, p->a, err));
    if (!time_is_up(p))
        TRY(verify_probe(&p->work, p->a, err));
    struct housekeeping kept;
    TRY(housekeeping_run(e, p->a, &kept, err));
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
    TRY(lock(p, err));
    return epoch_start(e, &p->epoch, err);
}

static enum status end(struct purging *p, enum status s, struct err *err)
{
    struct engine *e = p->work.engine;
    epoch_stop(&p->epoch);
    if (s == OK && !p->options->dry_run && p->run.has_digest)
        s = finish_plan(p, err);
    if (p->options->dry_run && engine_is_preview(e)) { /* what is thought at another time is not written down */
        enum status forgotten = plan_forget(e, &p->run, s == OK ? err : NULL);
        return s == OK ? forgotten : s;
    }
    unlock(p);
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
