/*
 * housekeeping.h - the periods of our own records (rule 2.29), kept at the end of every purge.
 */
#ifndef EXPUNGE_HOUSEKEEPING_H
#define EXPUNGE_HOUSEKEEPING_H

#include "engine/engine.h"

struct housekeeping {
    uint64_t openings;       /* destroyed: past own.openings, no matter covers them */
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
enum status housekeeping_openings(struct engine *e, struct arena *a, uint64_t *n, struct err *err) MUST_USE;
enum status housekeeping_ledger(struct engine *e, uint64_t *n, struct err *err) MUST_USE;
enum status housekeeping_tombstones(struct engine *e, uint64_t *n, struct err *err) MUST_USE;

#endif
