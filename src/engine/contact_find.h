/*
 * contact_find.h - the registry searched for people: a filter walked over the chains, and how far the walk came.
 */
#ifndef EXPUNGE_CONTACT_FIND_H
#define EXPUNGE_CONTACT_FIND_H

#include "engine/engine.h"

struct find_options {
    struct str filter;       /* as typed; absent: every contact */
    size_t limit;            /* lines at which the walk stops; a chain's legs stay together */
    uint64_t look_max;       /* chains looked at, at most; 0: no limit */
    bool scrubbed;           /* tombstones and skeletons of what was erased as well */
    struct str after;        /* where an earlier walk stopped (found.next); absent: from the first */
};
struct found_line {
    struct str source, id;   /* id absent: erased, and its ledger is gone */
    struct row_key contact, chain;
    struct str category, channel, queue, agent;
    int64_t started_ms, ended_ms, due_ms;
    enum contact_status status;
};
struct found {
    struct found_line *lines; /* newest start first, unknown starts last */
    size_t n, cap;
    uint64_t looked;         /* chains looked at */
    bool whole;              /* nothing was left to look at */
    struct str next;         /* where to go on; absent when whole */
};
/* E_INVALID: the filter, with its column. Memory does not grow with the registry. `subject:VALUE` is hashed first; with it
 * only that person's contacts are looked at. `source:` takes configured labels too. */
enum status contact_find(struct engine *e, const struct find_options *o, struct arena *a, struct found *out, struct err *err) MUST_USE;

#endif
