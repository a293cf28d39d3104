/*
 * quarantine.h - documents that could not be registered, kept encrypted for a while (rule 2.29: P30D) so that they can be
 * looked at and given again when what was wrong is put right.
 */
#ifndef EXPUNGE_QUARANTINE_H
#define EXPUNGE_QUARANTINE_H

#include "engine/ingest.h"

enum { QUARANTINE_BYTES_MAX = 64 << 10, QUARANTINE_BATCH = 500, QUARANTINE_FILE_MAX = 1000 /* rows of one file */ };
struct quarantined {
    struct str id;              /* sorts by time: q-20261121T020000.000Z-a1b2c3d4 */
    struct str file, position, reason;
    struct str source, format;  /* as --source and --format were given; absent: not */
    struct str bytes;           /* a CSV record with its header in front; absent: none were kept */
    bool cut;                   /* longer than QUARANTINE_BYTES_MAX: only the beginning is kept, it cannot be given again */
    int64_t at_ms;
    uint64_t version;
};
/* What one ingest has put aside and not yet written. */
struct quarantine_box { struct engine *engine; struct row rows[QUARANTINE_BATCH]; size_t n; struct arena a; };
void quarantine_begin(struct quarantine_box *box, struct engine *e);
/* Seals it; written at the latest by quarantine_flush. */
enum status quarantine_add(struct quarantine_box *box, const struct quarantined *q, struct err *err) MUST_USE;
enum status quarantine_flush(struct quarantine_box *box, struct err *err) MUST_USE;
void quarantine_end(struct quarantine_box *box); /* drops what was not flushed */

/* Oldest first, after the id `after` (absent: from the first). Bytes are left out. One that cannot be unsealed any more is
 * listed with the reason. */
enum status quarantine_page(struct engine *e, struct str after, size_t max, struct arena *a, struct quarantined **out, size_t *n, struct err *err) MUST_USE;
/* How many there are after that id. */
enum status quarantine_count(struct engine *e, struct str after, uint64_t *out, struct err *err) MUST_USE;
enum status quarantine_get(struct engine *e, struct str id, struct arena *a, struct quarantined *out, struct err *err) MUST_USE; /* E_ABSENT */
/* Given to ingest once more; gone from here when it was taken. *report counts; *why says what is still wrong with it. */
enum status quarantine_retry(struct engine *e, struct str id, struct arena *a, struct ingest_report *report, struct str *why, struct err *err) MUST_USE;
enum status quarantine_drop(struct engine *e, struct str id, struct arena *a, struct err *err) MUST_USE;
/* Removes those past own.quarantine, and the seal keys nothing needs any more. */
enum status quarantine_expire(struct engine *e, struct arena *a, uint64_t *dropped, struct err *err) MUST_USE;

#endif
