/* runs.h - executions and what they wait for: run records, plans in chunks, approvals (rules 2.25, 2.26). */
#ifndef EXPUNGE_RUNS_H
#define EXPUNGE_RUNS_H
#include "engine/engine.h"

struct run_record {
    struct str id;              /* sorts by time: 2026-01-31T02:00:00.000Z-a1b2c3d4 */
    uint64_t version;
    struct str kind;            /* purge, order, request, policy */
    struct str actor, state;    /* running, waiting (for approval), paused, cancelled, done */
    int64_t started_ms, ended_ms;
    struct hash digest;
    bool has_digest;
    uint64_t ids;               /* an order's, that count towards its actor's day (rule 2.25) */
    uint64_t planned, worked;   /* expiry lines; contacts of an order */
    uint64_t purged, failed, held, partial; /* of a plan that has not ended these and `worked` are the sum of its shares */
    int64_t cutoff_ms;
    struct str policy;
    uint64_t chunks, share_lines; /* of its plan: rows, and lines that a worker leases at a time (shares.h) */
    bool dry_run;
};
enum status run_new(struct engine *e, const char *kind, struct arena *a, struct run_record *out, struct err *err) MUST_USE;
/* With its entry (may be NULL); version is kept up. */
enum status run_put(struct engine *e, struct run_record *r, struct entry *entry, struct arena *a, struct err *err) MUST_USE;
enum status run_get(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err) MUST_USE;
/* As run_get, but counts of a plan under way are left out: for its state. */
enum status run_peek(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err) MUST_USE;
/* Those started at or after, oldest first. */
enum status runs_since(struct engine *e, int64_t since_ms, size_t max, struct arena *a, struct run_record **out, size_t *n, struct err *err) MUST_USE;
enum status run_by_digest(struct engine *e, const struct hash *digest, struct arena *a, struct run_record *out, struct err *err) MUST_USE; /* waiting or done, of 30 days */

/* Progress between two batches. The record is also where a run is stopped: *stop, and r->state says paused or cancelled,
 * when somebody has. */
enum status run_keep(struct engine *e, struct run_record *r, bool *stop, struct arena *a, struct err *err) MUST_USE;
/* The last word of who worked, whatever others have written meanwhile. */
enum status run_close(struct engine *e, struct run_record *r, struct entry *entry, struct arena *a, struct err *err) MUST_USE;

/* ---- runs_told.c: for people ---- */
/* Runs as runs_since gives them, up to the latest; their states become what people are told, never to be put back: of
 * purges that wait a dry run's is "planned", one of more than 30 days ago "lapsed", so is a dry run's behind which a later
 * plan was worked off, unless its approval holds. */
enum status runs_told(struct engine *e, struct run_record *runs, size_t n, struct arena *a, struct err *err) MUST_USE;
enum status run_told(struct engine *e, struct run_record *r, struct arena *a, struct err *err) MUST_USE; /* one */

/* ---- run_control.c: people stop runs and let them go on ---- */
/* Purges and orders; a run stops after the batch in hand. Pausing keeps what an order has accepted; nothing of it begins
 * before run_resume. Cancelling takes it back from contacts that have not begun (*freed of them); repeated, it goes on
 * with that. E_CONFLICT: there is nothing to stop. E_UNSUPPORTED: of another kind. */
enum status run_pause(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err) MUST_USE;
enum status run_cancel(struct engine *e, struct str id, struct arena *a, struct run_record *out, uint64_t *freed, struct err *err) MUST_USE;
/* One that is paused, or that waits and has its approval or needs none: the next purge works it off. E_DENIED: not
 * approved. E_CONFLICT: it is neither, or it is a plan of more than 30 days ago. */
enum status run_resume(struct engine *e, struct str id, struct arena *a, struct run_record *out, struct err *err) MUST_USE;
/* Takes an order back from contacts that are active and nobody's work. */
enum status run_take_back(struct engine *e, struct str id, uint64_t *freed, struct err *err) MUST_USE;
/* Of contacts about to be visited, leaves out those not begun whose order is paused, or cancelled (that is taken back); and lines
 * of a plan under way that a dead worker left half done: whoever takes its share over goes on with them. */
enum status run_leave_stopped(struct engine *e, struct row_key *keys, size_t *n, struct err *err) MUST_USE;

struct approval { struct hash digest; struct str by, requester; int64_t at_ms; bool delayed; };
enum { APPROVAL_BEGINS_WITHIN_MS = 72 * 3600 * 1000 };
/* Rule 2.26: an identified account, not the requester. */
enum status approve(struct engine *e, const struct hash *digest, struct arena *a, struct run_record *what, struct err *err) MUST_USE;
/* The approval stored under a digest. E_ABSENT: none. */
enum status approval_get(struct engine *e, const struct hash *digest, struct arena *a, struct approval *out, struct err *err) MUST_USE;
/* Whether work under this digest may begin now: approved within 72 h, or begun already, or the one-person delay is over.
 * *why says what is missing. */
enum status approval_holds(struct engine *e, const struct run_record *r, struct arena *a, bool *yes, struct str *why, struct err *err) MUST_USE;
bool digest_parse(struct str hex, struct hash *out); /* 64 hex digits */
#endif
