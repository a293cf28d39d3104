/*
 * plan_hands.h - one process with several visits of a plan at the same time: while one waits for disks, another thinks.
 *
 * A hand is a worker like any other process's (shares.h), in a thread of its own with an engine of its own: it leases shares,
 * visits, and leaves. What the hands and the purge's own thread want to write goes through one committer, so that they do not
 * wait for each other's locks.
 */
#ifndef EXPUNGE_PLAN_HANDS_H
#define EXPUNGE_PLAN_HANDS_H
#include "engine/plan_work.h"

struct plan_hands;
/* Starts `n` hands at the run of `w` (not ended, w->run unchanged until the end). From here to the end w's engine commits
 * through the committer, and w->tally's on_contact is called by one thread at a time. Nothing is started unless OK. */
enum status plan_hands_begin(struct working_run *w, size_t n, struct plan_hands **out, struct err *err) MUST_USE;
/* How many contacts the hands have looked at so far. NULL: none. */
uint64_t plan_hands_done(const struct plan_hands *hands);
/* Waits until all have left the plan, and adds to w->tally what they did; their own parts of the run tell of it already, so it
 * is taken off `p`. The first hand's failure, when one failed: what it had leased is given back. NULL: OK. */
enum status plan_hands_end(struct plan_hands *hands, struct plan_work *p, struct err *err) MUST_USE;
#endif
