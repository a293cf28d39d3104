/*
 * shares.h - a plan worked off by several workers side by side: its lines in shares, leased one at a time, and beside them
 * what each worker has done. Rows of TABLE_PLAN beside the plan's chunks, changed by conditional puts alone:
 *
 *     RUN:s00000007    share 7: who has it, how many of its lines are worked
 *     RUN:w<16 bytes>  one worker's part: what it did in this run, and whether it has left
 *
 * A share is free when nobody has it, or when its worker is dead. How far it is and what its worker did are written in one
 * group: a batch counts once, whoever takes over. A worker that was taken for dead too early fails with its next write.
 */
#ifndef EXPUNGE_SHARES_H
#define EXPUNGE_SHARES_H
#include "engine/runs.h"

/* So many that the last ones still keep every worker busy, so few that their rows do not count. A share lies in one chunk. */
enum { SHARES_WANTED = 40, SHARE_LINES_LEAST = 250 };
uint64_t share_lines(uint64_t planned);

struct share {
    uint64_t number, first, lines, worked; /* worked of its lines, in order */
    uint64_t version;
    struct row_key worker;                 /* none: given back */
};
/* What one worker did in a run. */
struct part {
    struct row_key worker;
    uint64_t version;
    bool left;                             /* it does nothing more in this run */
    uint64_t considered, purged, failed, held, partial;
};
/* All of a run. `left`: every worker has left or is dead; `lost`: one is dead and had not left. */
struct shares_sum { uint64_t worked; struct part done; size_t parts_n; bool left, lost, alive; };

/* The first free share, for part->worker. *found false: there is none now; *over: every line is worked. */
enum status share_lease(struct engine *e, const struct run_record *run, const struct row_key *worker, struct share *out, bool *found,
                        bool *over, struct err *err) MUST_USE;
/* `n` more lines of it are worked, and so `part` stands now: both are written, or neither. */
enum status share_worked(struct engine *e, const struct run_record *run, struct share *s, uint64_t n, struct part *part, struct err *err) MUST_USE;
/* The next worker may have it at once. */
enum status share_give_back(struct engine *e, const struct run_record *run, struct share *s, struct err *err) MUST_USE;
/* The worker takes part from here on; what it did in this run before is in *out. */
enum status part_join(struct engine *e, const struct run_record *run, const struct row_key *worker, struct part *out, struct err *err) MUST_USE;
enum status part_put(struct engine *e, const struct run_record *run, struct part *part, struct err *err) MUST_USE;
/* The parts of dead workers are over too: nobody is told of them again. */
enum status parts_bury(struct engine *e, struct str run_id, struct err *err) MUST_USE;
enum status shares_sum(struct engine *e, struct str run_id, struct shares_sum *out, struct err *err) MUST_USE;
/* The rows go, those of the plan's chunks with them. */
enum status shares_forget(struct engine *e, struct str run_id, struct err *err) MUST_USE;
#endif
