#include "engine/housekeeping.h"
#include "engine/key_rotate.h"
#include "engine/policies.h"
#include "engine/quarantine.h"
#include "engine/restore.h"
#include "engine/shares.h"

enum { RUNS_A_RUN = 500, PAGE_ARENA_MAX = 64 << 20 };

/* ---- runs, their plans and approvals ---- */

static enum status remove_run(struct engine *e, const struct run_record *r, struct arena *a, struct err *err)
{
    struct str body, digest = {(const char *)r->digest.b, HASH_BYTES};
    uint64_t version = 0;
    TRY(shares_forget(e, r->id, err));
    if (r->has_digest)
        TRY(registry_record_get(e->registry, TABLE_APPROVAL, digest, a, &body, &version, err));
    if (version)
        TRY(registry_record_remove(e->registry, TABLE_APPROVAL, digest, version, err));
    return registry_record_remove(e->registry, TABLE_RUN, r->id, r->version, err);
}

/* Run ids begin with their time: the oldest stand first. */
static enum status old_runs(struct engine *e, uint64_t *removed, struct err *err)
{
    struct arena a;
    struct run_record *runs;
    size_t n = 0;
    int64_t cutoff = period_cutoff(engine_now(e), &e->config.own_results, e->policy.zone);
    arena_init(&a, PAGE_ARENA_MAX);
    enum status s = runs_since(e, TIME_LEAST, RUNS_A_RUN, &a, &runs, &n, err);
    for (size_t i = 0; s == OK && i < n && runs[i].started_ms < cutoff; i++) {
        s = remove_run(e, &runs[i], &a, err);
        *removed += s == OK;
    }
    arena_release(&a);
    return s;
}

enum status housekeeping_run(struct engine *e, struct arena *a, struct housekeeping *out, struct err *err)
{
    *out = (struct housekeeping){.openings = 0};
    TRY(policy_rewrite_pending(e, a, &out->rewritten, err));
    TRY(restore_follow_up(e, a, err));
    TRY(quarantine_expire(e, a, &out->quarantined, err));
    TRY(old_runs(e, &out->runs, err));
    TRY(key_rotate_follow_up(e, a, &out->audit_keys, err));
    TRY(housekeeping_ledger(e, &out->ledger, err));
    TRY(housekeeping_openings(e, &out->openings, err));
    TRY(housekeeping_matters(e, &out->openings, err));
    TRY(housekeeping_requests(e, &out->openings, err));
    return housekeeping_tombstones(e, &out->tombstones, err);
}
