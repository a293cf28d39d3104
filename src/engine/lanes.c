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

enum status lane_batch(struct working_run *w, struct lane *lane, struct err *err)
{
    struct arena a;
    arena_init(&a, 8 << 20);
    struct queue_line *lines;
    size_t n = 0, k;
    enum status s = registry_queue(w->engine->registry, &lane->query, VISIT_CHAINS_MAX, &a, &lines, &n, err);
    struct row_key *keys = ARENA_ARRAY(&a, struct row_key, n + 1);
    if (s == OK && !keys)
        s = ARENA_FULL(err, &a);
    for (size_t i = 0; s == OK && i < n; i++)
        keys[i] = lines[i].chain;
    if (s == OK && n) {
        lane->query.after = true;
        lane->query.after_category = lines[n - 1].category;
        lane->query.after_time_ms = lines[n - 1].time_ms;
        lane->query.after_key = lines[n - 1].chain;
        k = n;
        if (may_hold_orders(lane->query.queue))
            s = run_leave_stopped(w->engine, keys, &k, err);
        if (s == OK && k)
            s = visit_batch(w, keys, NULL, k, NULL, false, false, FUNC_NONE, err);
    }
    lane->done = n < VISIT_CHAINS_MAX;
    arena_release(&a);
    return s;
}
