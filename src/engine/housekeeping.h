/*
 * housekeeping.h - the periods of our own records (rule 2.29), kept at the end of every purge.
 */
#ifndef EXPUNGE_HOUSEKEEPING_H
#define EXPUNGE_HOUSEKEEPING_H

#include "engine/engine.h"

struct housekeeping {
    uint64_t openings;       /* destroyed, of chains, matters and requests: past own.openings, no matter covers them */
    uint64_t quarantined;    /* past own.quarantine */
    uint64_t runs;           /* with their plans: past own.results */
    uint64_t ledger;         /* lines that no backup of a touched store can need any more */
    uint64_t tombstones;     /* past own.tombstones */
    uint64_t audit_keys;     /* destroyed: replaced, and their overlap is over (key_rotate.h) */
    uint64_t rewritten;      /* contacts an activation had still to write (policies.h) */
};
/* Each part is bounded a run, and goes on at the next. Repeatable at any time. */
enum status housekeeping_run(struct engine *e, struct arena *a, struct housekeeping *out, struct err *err) MUST_USE;

/* housekeeping_chains.c: what depends on erased chains. */
enum status housekeeping_openings(struct engine *e, uint64_t *n, struct err *err) MUST_USE;
enum status housekeeping_ledger(struct engine *e, uint64_t *n, struct err *err) MUST_USE;
enum status housekeeping_tombstones(struct engine *e, uint64_t *n, struct err *err) MUST_USE;

/* housekeeping_openings.c: openings destroyed, each with the entry that says so. */
struct openings_due {
    struct row *rows;      /* openings to remove, and what goes with them; at most GROUP_ROWS_MAX */
    size_t rows_n;
    struct row_key *owners; /* of the openings */
    size_t n;
    int64_t until_ms;      /* what was due by then */
    uint64_t destroyed;
};
/* Appends the owner's opening, where there is one. */
enum status opening_due(struct engine *e, const struct row_key *owner, struct arena *a, struct openings_due *due, struct err *err) MUST_USE;
/* All of it in one group with one OPENING_DESTROYED entry (none when there is no opening); then no entry names its owner any
 * more. When one of them was just written by somebody else nothing is done, and another night takes them again. */
enum status openings_destroy(struct engine *e, struct openings_due *due, struct arena *a, struct err *err) MUST_USE;
/* Of matters, once every hold of theirs has been released for that long; of requests, once they have been answered for that long. */
enum status housekeeping_matters(struct engine *e, uint64_t *n, struct err *err) MUST_USE;
enum status housekeeping_requests(struct engine *e, uint64_t *n, struct err *err) MUST_USE;

#endif
