/* registry_copy.h - a registry moved to another database: every row with its version, every entry of the log at its position. */
#ifndef EXPUNGE_REGISTRY_COPY_H
#define EXPUNGE_REGISTRY_COPY_H

#include "audit/merkle.h"
#include "engine/engine.h"

struct copy_sum { uint64_t rows; uint64_t sum[4]; /* of the rows' hashes: whatever their order */ };
struct copy_report {
    struct copy_sum tables[TABLE_COUNT];
    uint64_t entries;
    struct hash log_root; /* of both logs */
};

/* From one address to another, which must not have a registry yet (E_CONFLICT). No key is needed: rows are copied as they
 * are. Nobody may use either meanwhile. Both are read once more and compared, table by table and entry by entry; only then
 * the copy gets the row without which it does not open. After any failure it stays behind as something that does not open and
 * that is not gone on with: it is removed by hand. E_CONFLICT as well when the first was written to meanwhile. */
enum status registry_copy(struct str from, struct str to, const struct progress *progress, struct copy_report *out,
                          struct err *err) MUST_USE;

#endif
