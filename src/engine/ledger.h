/*
 * ledger.h - beside a tombstone, sealed: what was changed where, with ids and locators, so that it can be repeated after
 * a restore (rule 2.21). Gone when the oldest backup of every touched store is older than its backup_age.
 */
#ifndef EXPUNGE_LEDGER_H
#define EXPUNGE_LEDGER_H

#include "engine/engine.h"

struct ledger {
    struct chain chain;         /* as it was before blanking */
    struct artefact *work;
    size_t work_n;
    struct residual *residuals; /* of no artefact: places nobody looked at (places.h) */
    size_t residuals_n;
    uint64_t version, parts;
    int64_t changed_ms;
};
/* E_ABSENT: none (any more). */
enum status ledger_get(struct engine *e, const struct row_key *chain, struct arena *a, struct ledger *out, struct err *err) MUST_USE;
/* Rows of `line` (chain, work, residuals) to commit with the settlement, appended to rows[] (grown in a), in the place of
 * what `stored` read (zeroed: none). */
enum status ledger_rows(struct engine *e, const struct ledger *line, const struct ledger *stored, int64_t now_ms, struct arena *a,
                        struct row **rows, size_t *rows_n, struct err *err) MUST_USE;
#endif
