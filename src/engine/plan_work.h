/*
 * plan_work.h - one worker's part in a plan: a share is leased, its lines go through visits of VISIT_CHAINS_MAX chains, the next
 * share follows. Any number of workers do this side by side (shares.h). One batch is one call: nothing here waits or sleeps.
 *
 *     plan_take(...)             a plan that may be worked off now, if there is one
 *     plan_begin(&p, w)          w->run is the plan's run
 *     while (more) plan_step(&p, &more)
 *     plan_leave(&p, &ended)     the share goes back; the last to leave ends the run, with one RUN entry
 */
#ifndef EXPUNGE_PLAN_WORK_H
#define EXPUNGE_PLAN_WORK_H
#include "engine/purge.h"
#include "engine/shares.h"

struct plan_work {
    struct working_run *work;
    struct arena a;             /* of the share's lines */
    struct share share;
    struct plan_line *lines;
    bool leased, joined, uncounted;
    struct part part, before;   /* before: what the tally said when it began, less what the part has */
    const char *stopped;        /* paused or cancelled by somebody */
    bool over;                  /* every line of the plan is worked, by whomever */
};

/* The oldest plan that may be worked off: running, or waiting and approved; with `path`, the one in that file and no other.
 * What only waited runs from now on, with this worker in it; what a crash left gets its RESUMED entry. */
enum status plan_take(struct engine *e, const char *path, const struct row_key *worker, struct arena *a, struct run_record *out,
                      bool *found, struct err *err) MUST_USE;
/* One worker at a time makes a plan; a dead one's lock is taken over. E_CONFLICT: another is at it, or was just faster. */
enum status plan_lock(struct engine *e, const struct row_key *worker, struct str run_id, struct arena *a, struct err *err) MUST_USE;
void plan_unlock(struct engine *e, const struct row_key *worker, struct arena *a);

/* PLANNED and the run's row. */
enum status plan_told(struct engine *e, struct run_record *run, struct arena *a, struct err *err) MUST_USE;
/* A plan just made begins, with this worker in it; or it waits: *stopped, by the guard. */
enum status plan_open(struct engine *e, struct run_record *run, const struct row_key *worker, struct arena *a, bool *stopped, struct err *err) MUST_USE;

void plan_begin(struct plan_work *p, struct working_run *w);
/* At most one batch. *more false: nothing is left that this worker could do now (over, stopped, or in the hands of others).
 * E_CONFLICT: this worker was taken for dead. */
enum status plan_step(struct plan_work *p, bool *more, struct err *err) MUST_USE;
/* What others of this process did at the plan goes into the tally; their own parts count it. */
void plan_beside(struct plan_work *p, const struct tally *beside);
/* Also after a failure: what can be given back is. *ended: this call ended the run. */
enum status plan_leave(struct plan_work *p, bool *ended, struct err *err) MUST_USE;
#endif
