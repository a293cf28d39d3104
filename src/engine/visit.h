/*
 * visit.h - the one way through (architecture.md section 4):
 * chains -> decisions -> claims -> artefacts -> intent -> permit -> outcomes -> settlement.
 *
 * erase.c is the only file that mints a permit. Purge, order, request, button, retry, verification and re-erasure all
 * come here with chain keys; nothing else changes a store.
 */
#ifndef EXPUNGE_VISIT_H
#define EXPUNGE_VISIT_H

#include "engine/engine.h"
#include "engine/journal.h"

enum { VISIT_CHAINS_MAX = 500 };

/* What became of one chain in this visit. */
struct visit_result {
    struct row_key chain;
    struct str source;
    struct str *ids;             /* of its legs, while known */
    size_t ids_n;
    enum contact_status status;
    enum verdict verdict;
    enum {
        VISIT_KEPT /* nothing to do now */, VISIT_HELD, VISIT_NEEDS_DECISION, VISIT_REFUSED /* order against the law */,
        VISIT_BUSY /* another worker has it */, VISIT_CHANGED /* not as the plan said */, VISIT_WORKED, VISIT_ALREADY /* purged before */
    } did;
    struct str why;
    bool goes_on;                /* a hold that arrived elsewhere closed the gate: its next visit may begin at once */
    bool still_due;              /* of VISIT_CHANGED: due all the same, so a new plan has it */
    int64_t until_ms;
    uint64_t outcomes[OUT_COUNT]; /* artefacts by outcome, this visit */
    uint64_t unplaced;           /* places its documents name that no configured store looks at */
};
struct visit_stats { struct str name; uint64_t calls, artefacts, errors; };
struct visit {
    struct engine *engine;
    struct row_key worker;       /* from worker_start */
    struct str run;              /* run id for the log */
    enum functionality functionality;
    enum reason asked;           /* REASON_NONE: what each chain's own mandate says */
    const struct mandate *mandate; /* set on chains that have none yet (plan line, order); NULL: they must have one */
    const uint64_t *expected_versions; /* plan: a chain whose version is another is VISIT_CHANGED; NULL: none */
    int64_t planned_ms;          /* with expected_versions: when the plan was made */
    bool dry_run;                /* mints none, claims none, writes nothing: decides, finds and reports */
    bool verify_only;            /* read back only; never mints */
    struct visit_stats *stats;   /* one per store, may be NULL */
};
/* At most VISIT_CHAINS_MAX chains. Fills results[i] for keys[i]; the arena holds what they point to. An error status
 * means the engine cannot go on (registry away, disk full, log refused); what was done is durable. */
enum status visit_chains(const struct visit *v, const struct row_key *keys, size_t n, struct arena *a, struct visit_result *results,
                         struct err *err) MUST_USE;

/* A worker with its lease and the epoch thread (epoch.c). */
enum status worker_begin(struct engine *e, struct row_key *worker, struct err *err) MUST_USE;
enum status worker_keep(struct engine *e, const struct row_key *worker, struct err *err) MUST_USE; /* before every batch */
/* Workers whose process on this machine has died give everything back now, not when their lease ends. */
enum status worker_bury_dead(struct engine *e, struct err *err) MUST_USE;
void worker_end(struct engine *e, const struct row_key *worker);

#endif
