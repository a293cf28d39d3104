/*
 * purge.h - the daily run (rules 2.18, 2.19, 2.24, 2.25): lanes side by side, a plan for expiry, the guard.
 */
#ifndef EXPUNGE_PURGE_H
#define EXPUNGE_PURGE_H
#include "engine/plan.h"
#include "engine/tally.h"

struct purge_options {
    bool dry_run;
    const char *plan_path;      /* dry run: written there; real: only the plan in it is worked off */
    uint64_t limit;             /* expiry lines at most; 0: no limit */
    int64_t max_runtime_ms;     /* 0: no limit; what is left waits for the next run */
    size_t visits;              /* of the plan at the same time; 0 as 1 */
};
/* E_CONFLICT: another purge is running. The report is filled as far as it came. */
enum status purge_run(struct engine *e, const struct purge_options *o, struct tally *t, struct arena *a, struct err *err) MUST_USE;
/* `verify`: reads back. ids empty and due: those whose verification is due; sample: that many erased chains at random. */
struct verify_options { const struct row_key *chains; size_t chains_n; bool due; uint64_t sample; };
enum status verify_run(struct engine *e, const struct verify_options *o, struct tally *t, struct arena *a, struct err *err) MUST_USE;

/* lanes.c: one pass over a queue in batches, each a visit. Several workers on one lane (`sharers`; 0 and 1: alone) divide each
 * window of it, so that they do not claim the same contacts: this one takes the part of its `turn`. */
struct lane { const char *name; struct queue_query query; bool done; unsigned sharers, turn; };
struct plan_hands; /* plan_hands.h */
struct working_run {
    struct engine *engine;
    struct row_key worker;
    struct run_record *run;
    struct tally *tally;
    int64_t stop_ms;
    const struct plan_hands *beside; /* at the same plan, in this process; NULL: nobody */
};
/* What follows a run, by whoever ends it: holds and requests, stores that came later, the probe, our own periods. */
enum status purge_chores(struct working_run *w, struct err *err) MUST_USE;
enum status lane_batch(struct working_run *w, struct lane *lane, struct err *err) MUST_USE;
enum status visit_batch(struct working_run *w, const struct row_key *keys, const uint64_t *versions, size_t n, const struct mandate *mandate,
                        bool dry_run, bool verify_only, enum functionality functionality, struct err *err) MUST_USE;

/* Reads back what of these is erased, as `verify` does; counted in w->tally. */
enum status verify_these(const struct working_run *w, const struct row_key *keys, size_t n, struct err *err) MUST_USE;
/* The daily probe of rule 2.22: some of what was erased more than a day ago, each as likely as any other, is read back; what
 * has come back is risen. Once a day, however often it is called. */
enum status verify_probe(const struct working_run *w, struct arena *a, struct err *err) MUST_USE;

/* guard.c */
/* Rule 2.25: whether `planned` lines may go without an approval; *limit says how many might. */
enum status guard_allows(struct engine *e, uint64_t planned, struct arena *a, bool *allowed, uint64_t *limit, struct err *err) MUST_USE;
/* Rule 2.3: E_DENIED when the clock stands more than 5 minutes before the latest entry or differs from the registry server's. */
enum status clock_check(struct engine *e, struct err *err) MUST_USE;
#endif
