/*
 * ledger.h - beside a tombstone, sealed: what was changed where, with ids and locators, so that it can be repeated after
 * a restore (rule 2.21). Gone when the oldest backup of every touched store is older than its backup_age.
 */
#ifndef EXPUNGE_LEDGER_H
#define EXPUNGE_LEDGER_H

#include "engine/engine.h"

struct ledger { struct chain chain; /* as it was before blanking */ struct artefact *work; size_t work_n; uint64_t version; int64_t changed_ms; };
/* E_ABSENT: none (any more). */
enum status ledger_get(struct engine *e, const struct row_key *chain, struct arena *a, struct ledger *out, struct err *err) MUST_USE;
/* The row to commit with the settlement. version: of the stored one, 0 none. */
enum status ledger_row(struct engine *e, const struct chain *before, const struct artefact *work, size_t n, uint64_t version,
                       int64_t now_ms, struct arena *a, struct row *out, struct err *err) MUST_USE;
#endif
