/* request.h - a person's request to be erased and its legal clocks (rule 2.28, Art. 12(3) GDPR, 11 CCR 7021). */
#ifndef EXPUNGE_REQUEST_H
#define EXPUNGE_REQUEST_H

#include "model/policy.h"

enum request_state {
    REQUEST_RECEIVED, REQUEST_VERIFYING, REQUEST_ASSESSING, REQUEST_RUNNING, REQUEST_PARTIAL, REQUEST_COMPLETED,
    REQUEST_REFUSED, REQUEST_WITHDRAWN, REQUEST_STATE_COUNT
};
const char *request_state_name(enum request_state s);
bool request_may_move(enum request_state from, enum request_state to);

enum candidate_state { CANDIDATE_PROPOSED, CANDIDATE_CONFIRMED, CANDIDATE_EXCLUDED };
struct candidate { struct row_key chain; struct row_key matched; /* subject hash */ enum candidate_state state; int64_t proposed_ms; };

struct request {
    struct str id; /* public reference, e.g. R-2026-000123 */
    struct row_key key;
    uint64_t version;
    enum request_state state;
    enum regime regime;
    struct str ground;            /* e.g. "17(1)(b)" */
    int64_t received_ms, due_ms, lenient_due_ms, acknowledge_ms, extended_ms;
    struct str identity_checked;  /* how identity was verified: method, never the document */
    struct identifier *identifiers; /* in clear only while unsealed */
    size_t identifiers_n;
    struct row_key *subjects;     /* their hashes, same order */
    size_t subjects_n;
    struct candidate *candidates;
    size_t candidates_n;
    struct str actor, note, refused_why, extended_why;
    int64_t ended_ms;             /* completed, refused or withdrawn then */
    int64_t watch_until_ms;       /* until which newly registered contacts are proposed */
};
/* The dates that count, from receipt: GDPR one calendar month (strictest reading, clamped to the month's end),
 * extendable once by two; CCPA acknowledge in 10 business days, answer in 45 days, once 45 more. Others: as GDPR. */
struct request_clock { int64_t acknowledge_ms, due_ms, extended_due_ms; };
struct request_clock request_clock_of(enum regime regime, int64_t received_ms, const struct zone *z);
/* Whether a contact that began then could be this person's by this identifier (from-to: numbers change hands). */
bool identifier_covers(const struct identifier *i, int64_t started_ms);

#endif
