/* Queues worked off in batches; every batch is a visit, whatever asked for it. */
#include "engine/plan_hands.h"
#include "engine/runs.h"

enum { VISIT_ARENA_MAX = 512 << 20 };

enum status visit_batch(struct working_run *w, const struct row_key *keys, const uint64_t *versions, size_t n, const struct mandate *mandate,
                        bool dry_run, bool verify_only, enum functionality functionality, struct err *err)
{
    struct arena a;
    arena_init(&a, VISIT_ARENA_MAX);
    struct visit_result *results = ARENA_ARRAY(&a, struct visit_result, n + 1);
    struct visit v = {.engine = w->engine, .worker = w->worker, .run = w->run->id, .functionality = functionality, .mandate = mandate,
                      .expected_versions = versions, .planned_ms = w->run->cutoff_ms, .dry_run = dry_run, .verify_only = verify_only, .stats = w->tally->stores};
    enum status s = results ? OK : ARENA_FULL(err, &a);
    if (s == OK && !dry_run)
        s = engine_policy(w->engine, err);
    if (s == OK && !dry_run)
        s = worker_keep(w->engine, &w->worker, err);
    if (s == OK)
        s = visit_chains(&v, keys, n, &a, results, err);
    for (size_t i = 0; s == OK && i < n; i++)
        tally_add(w->tally, &results[i]);
    if (w->engine->progress.tick)
        w->engine->progress.tick(w->engine->progress.ctx, "contacts", w->tally->considered + plan_hands_done(w->beside), w->tally->given);
    arena_release(&a);
    return s;
}

/* Where contacts of an order may stand that has not begun them. */
static bool may_hold_orders(enum chain_queue queue)
{
    return queue == QUEUE_REQUEST || queue == QUEUE_RETRY || queue == QUEUE_WAKE;
}

/* The part of a window that is this worker's: [*from, *from + *k). */
static void own_part(const struct lane *lane, size_t n, size_t *from, size_t *k)
{
    enum { PART_LEAST = 50 };
    size_t sharers = lane->sharers > 1 ? lane->sharers : 1;
    size_t part = (n + sharers - 1) / sharers;
    part = sharers > 1 && part < PART_LEAST ? PART_LEAST : part;
    *from = lane->turn % sharers * part;
    *from = *from < n ? *from : n;
    *k = n - *from < part ? n - *from : part;
}

static enum status visit_part(struct working_run *w, const struct lane *lane, const struct queue_line *lines, size_t n, struct arena *a,
                              struct err *err)
{
    size_t from, k;
    own_part(lane, n, &from, &k);
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, k + 1);
    if (!keys)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < k; i++)
        keys[i] = lines[from + i].chain;
    if (may_hold_orders(lane->query.queue))
        TRY(run_leave_stopped(w->engine, keys, &k, err));
    return k ? visit_batch(w, keys, NULL, k, NULL, false, false, FUNC_NONE, err) : OK;
}

enum status lane_batch(struct working_run *w, struct lane *lane, struct err *err)
{
    struct arena a;
    arena_init(&a, 8 << 20);
    struct queue_line *lines;
    size_t n = 0, window = (size_t)VISIT_CHAINS_MAX * (lane->sharers > 1 ? lane->sharers : 1);
    enum status s = registry_queue(w->engine->registry, &lane->query, window, &a, &lines, &n, err);
    if (s == OK && n) {
        lane->query.after = true;
        lane->query.after_category = lines[n - 1].category;
        lane->query.after_time_ms = lines[n - 1].time_ms;
        lane->query.after_key = lines[n - 1].chain;
        s = visit_part(w, lane, lines, n, &a, err);
    }
    lane->done = n < window;
    arena_release(&a);
    return s;
}
