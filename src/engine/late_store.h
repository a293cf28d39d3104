/*
 * late_store.h - a store that was configured after contacts had been purged is searched once for them (rule 2.23).
 */
#ifndef EXPUNGE_LATE_STORE_H
#define EXPUNGE_LATE_STORE_H

#include "engine/purge.h"

struct late_store {
    struct str name;
    int64_t since_ms;   /* the first run that knew it: what was erased before was erased without it; TIME_NONE: none yet */
    int64_t done_ms;    /* when everything the ledger still knew of that had been looked for; TIME_NONE: not yet */
    struct queue_query at; /* how far it has come */
    uint64_t version;
};
enum status late_store_get(struct engine *e, struct str name, struct arena *a, struct late_store *out, struct err *err) MUST_USE;
/* By worker_begin, whatever the run: notes stores it meets for the first time, or again after they were out of the configuration. With an empty ledger there is nothing to look for. */
enum status late_stores_note(struct engine *e, struct err *err) MUST_USE;
/* At the end of a purge: goes on where the last purge stopped, in batches, until the run's time is up or the store fails. What is found
 * is risen. */
enum status late_stores_search(const struct working_run *w, struct arena *a, struct err *err) MUST_USE;

#endif
