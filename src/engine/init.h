/* init.h - a new installation in a folder: configuration, keys, registry, audit log, a folder for artefacts. */
#ifndef EXPUNGE_INIT_H
#define EXPUNGE_INIT_H

#include "engine/engine.h"

/* Writes DIR/expunge.yaml (the commented template), DIR/artefacts with its control file, DIR/keys and DIR/expunge.db
 * with the template's schedule as its first policy version; the registry is disarmed (rule 2.24). dir NULL: the current
 * folder. test_clock: real runs then take --now, and the log's origin says so (rule 2.3). E_CONFLICT naming the file:
 * one of them exists already; then nothing was written. After any other failure what was begun is removed again. */
enum status init_registry(const char *dir, bool test_clock, int64_t now_ms, struct err *err) MUST_USE;
/* The same with audit.origin stated (absent: as the template has it): the log keeps its name for good. E_INVALID: not such a
 * name. And with `registry`, as the configuration names one, instead of DIR/expunge.db; one that was made and not come to its
 * end before a failure stays, and is said to. */
enum status init_named(const char *dir, struct str origin, struct str registry, bool test_clock, int64_t now_ms,
                       struct err *err) MUST_USE;

#endif
