/* tally.h - what a run did, counted: the JSON of `erase`, `purge` and `verify` (product.md section 3). */
#ifndef EXPUNGE_TALLY_H
#define EXPUNGE_TALLY_H
#include "engine/visit.h"

struct tally {
    struct str run;             /* id */
    bool dry_run, disarmed, needs_approval, guard_stopped;
    const char *stopped;        /* paused or cancelled by somebody while it ran; NULL: no */
    struct hash plan_digest;
    bool has_plan;
    uint64_t given, duplicate, legs_added;
    struct str *unknown, *ambiguous; /* ids as given */
    size_t unknown_n, ambiguous_n;
    uint64_t considered, purged, verifying, scrubbed, retained, partial, held, needs_decision, failed, already, refused, changed, busy;
    bool elsewhere;             /* the rest of the plan is in the hands of other workers */
    uint64_t still_due;         /* of changed: due all the same */
    uint64_t goes_on;           /* of verifying: the gate left them, their next visit may begin at once */
    uint64_t would;             /* dry run: would be erased, wholly or in part */
    uint64_t erased_in_part;    /* of those retained: the rest of them went */
    bool held_at_least;         /* more than `held` may be held: not all were counted */
    uint64_t artefacts[OUT_COUNT];
    struct visit_stats *stores; /* one per store of the engine */
    size_t stores_n;
    /* One contact at a time, as it happens: --verbose and the result file. May be NULL. */
    void (*on_contact)(void *ctx, const struct visit_result *r);
    void *ctx;
};
enum status tally_init(struct tally *t, const struct engine *e, struct arena *a, struct err *err) MUST_USE;
/* Adds what another counted over the same stores. */
void tally_merge(struct tally *t, const struct tally *other);
void tally_add(struct tally *t, const struct visit_result *r);
/* Exit status of product.md section 3: 0, 1 or 3. asked: ids were named (held and refused then count as not done). */
int tally_exit(const struct tally *t, bool asked);
/* "purged", "verifying", "held", ...: one word for a result, as in the result file. */
const char *visit_outcome(const struct visit_result *r, bool dry_run);
#endif
