/*
 * front.h - what store.c and change.c share: together they are the only callers of a driver's operations.
 */
#ifndef EXPUNGE_STORE_FRONT_H
#define EXPUNGE_STORE_FRONT_H

#include "store/store.h"

/* Sets began_ms and cuts the deadline. A control seen a little while ago still speaks: control_seen. Answers whether it
 * does, for front_end. */
bool front_begin(const struct store *store, struct store_call *call);
void front_end(struct store *store, const struct store_call *call, bool seen_before);
enum status front_named(const struct store *store, enum status s, struct err *err); /* puts the store in front */
/* Of an effect on data; OUT_UNKNOWN: of another. */
enum outcome front_success(enum effect effect);
/* A copy remains in the store's backups, as long as they get old. */
enum status front_backup(const struct store *store, struct store_call *call, struct artefact *artefact,
                         struct err *err) MUST_USE;
static inline size_t front_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
