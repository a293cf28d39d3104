/*
 * restore.h - a store came back from a backup: what was erased there since is erased again (rule 2.22).
 */
#ifndef EXPUNGE_RESTORE_H
#define EXPUNGE_RESTORE_H

#include "engine/journal.h"

enum { RESTORE_MARGIN_MS = 3600 * 1000 }; /* before as_of: clocks differ, and a backup takes its time */

struct restore {
    struct str store, id;        /* id: mandates of what it made risen carry it as their run */
    int64_t as_of_ms, declared_ms;
    struct str actor;
    uint64_t risen;              /* chains that must be done again */
    uint64_t remaining;          /* not read back yet; of these held by a hold or waiting for a person: */
    uint64_t stopped;
    uint64_t version;
};
/* Every chain with an effect on the store since an hour before as_of - tombstones by their ledger, chains under way by their
 * work - is made risen, and the store counts as closed until all are read back. Given again for the same store it begins
 * anew from the earlier of both times; after a crash that is how it is finished. E_ABSENT: no such store. E_INVALID: as_of in the future. */
enum status restore_declare(struct engine *e, struct str store, int64_t as_of_ms, struct arena *a, struct restore *out, struct err *err) MUST_USE;
/* Those not finished, with what remains now. */
enum status restore_status(struct engine *e, struct arena *a, struct restore **out, size_t *n, struct err *err) MUST_USE;
enum status restore_store_closed(struct engine *e, struct str store, struct arena *a, bool *closed, struct err *err) MUST_USE;
/* Opens, with an entry, the stores of which nothing remains. Called at the end of every purge. */
enum status restore_follow_up(struct engine *e, struct arena *a, struct err *err) MUST_USE;

/* restore_rise.c: makes risen what had an effect on r->store since then; r->risen counts. */
enum status restore_rise(struct engine *e, struct restore *r, int64_t since_ms, struct err *err) MUST_USE;

#endif
