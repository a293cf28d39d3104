/*
 * reopen.h - a registry behind what it has published is taken into use again, and says what it has lost (rule 2.30).
 */
#ifndef EXPUNGE_REOPEN_H
#define EXPUNGE_REOPEN_H

#include "engine/logbook.h"

/* Entries that are published and that this registry does not have. */
struct reopen_missing {
    uint64_t holds, erasures, verifications, policy_changes, registrations, others;
};
struct reopen_report {
    struct str previous,
        origin; /* the log closed and the one that begins; the latter's key has another name: hand it out */
    struct str vkey;
    uint64_t published, here, common; /* entries; common: the first so many are the same */
    struct hash published_root;
    struct reopen_missing missing;
    uint64_t size; /* of the new log, the REOPENED entry included */
};
/* Reads the published folder (which must verify), counts what is missing here, and begins a log under a new origin
 * (/r2, /r3 ...) with the entries there are and a REOPENED entry. It is published in a subfolder of its own; the old
 * one stays as it is. E_CONFLICT: this registry is not behind. E_INVALID: nothing is published. */
enum status audit_reopen(struct engine *e, struct arena *a, struct reopen_report *out, struct err *err) MUST_USE;

#endif
