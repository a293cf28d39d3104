/*
 * shift.h - one worker on duty: what is due in the lanes, plans, and the night's run, a batch at a time, beside any number of
 * others on the same registry. It never sleeps: it says when there may be something again.
 *
 * A shift is one engine's: when the engine has to be opened anew (registry away, taken for dead, stores down), it ends and
 * the next begins. What its lanes did is a run of kind "worker", written when it did something.
 */
#ifndef EXPUNGE_SHIFT_H
#define EXPUNGE_SHIFT_H
#include "engine/plan_work.h"

enum { SHIFT_LANES_MAX = 8 + 256, SHIFT_MAX_MS = 24 * 3600 * 1000, SHIFT_STORE_DOWN_MS = 5 * 60 * 1000 };

struct lanes_part {
    struct working_run work;
    struct run_record run;
    struct tally tally;
    struct lane lanes[SHIFT_LANES_MAX];
    size_t n, at;
    bool on;                     /* in the middle of a pass */
    uint64_t before;             /* considered when it began */
    int64_t next_ms, idle_ms;
    uint64_t passes, worked_before;
};
struct plan_part {
    struct working_run work;
    struct run_record run;
    struct tally tally;
    struct plan_work plan;
    struct arena a;              /* of the run in hand */
    bool on;
    int64_t next_ms, idle_ms;
    int64_t night_done_ms;       /* this night has its run: not looked up again */
};
struct shift {
    struct engine *engine;
    struct row_key worker;
    struct epoch_thread *epoch;  /* NULL: somebody else keeps engine->watch up to date */
    struct arena a;
    struct lanes_part lanes;
    struct plan_part plan;
    int64_t began_ms, followed_ms, kept_ms;
    bool told_disarmed;
};

/* watch: with a thread of its own that reads the hold epoch. E_DENIED: the clock is wrong (rule 2.3). */
enum status shift_begin(struct engine *e, bool watch, struct shift *s, struct err *err) MUST_USE;
/* At most a batch of a lane and a batch of a plan. *next_ms: when to call again; now or earlier: at once. *idle: there was
 * nothing to do at all. After an error other than of the call's own making: shift_end, and open the engine anew. */
enum status shift_step(struct shift *s, int64_t *next_ms, bool *idle, struct err *err) MUST_USE;
/* The engine should be opened anew: a store was down when it was, or it has been open for a day. */
bool shift_is_over(const struct shift *s);
/* Shares and claims go back, the lease ends, the run is written. Also after a failure. Its counts are added to *total. */
enum status shift_end(struct shift *s, struct tally *total, struct err *err) MUST_USE;
#endif
