/*
 * weak_backend.h - SQLite made to behave like the weakest database a registry may run on: queues and walks that lag behind,
 * walks that repeat and pause, groups seen half-way by a read of many keys, logs looked through in small steps, conflicts
 * out of nothing, calls refused as busy, commits whose fate is not told (done or not). Reproducible by seed.
 */
#ifndef EXPUNGE_TEST_WEAK_BACKEND_H
#define EXPUNGE_TEST_WEAK_BACKEND_H

#include "registry/backend.h"

/* Puts the weakness around an open SQLite backend; `url` opens it again, for the pages that lag (a file only). */
void weak_wrap(struct backend *b, struct str url, uint64_t seed);
/* How often something was made up so far. */
uint64_t weak_faults(const struct backend *b);

#endif
