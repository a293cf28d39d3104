/* hold.h - litigation holds (rules 2.9-2.14). */
#ifndef EXPUNGE_HOLD_H
#define EXPUNGE_HOLD_H

#include "model/filter.h"

enum hold_scope { HOLD_IDS, HOLD_SUBJECT, HOLD_FILTER };
struct hold {
    struct row_key key;      /* of this application: a matter may be applied several times with different scopes */
    struct row_key matter;   /* key of the matter */
    uint64_t version;
    struct str matter_text;  /* the case reference; visible with hold.view only */
    struct str reason, by;   /* by: actor; by_claim: --by */
    struct str by_claim;
    enum hold_scope scope;
    struct row_key *subjects; /* HOLD_SUBJECT */
    size_t subjects_n;
    struct str filter_text;   /* HOLD_FILTER */
    struct filter filter;     /* compiled */
    int64_t applied_ms, review_ms, released_ms; /* released TIME_NONE: in force */
    int64_t grace_until_ms;   /* after release */
    struct str released_by;
    int64_t waived_ms;        /* a second person let waiting requests go before the grace ends; TIME_NONE */
    struct str waived_by;     /* absent: nobody has */
    int64_t covered;          /* how many ids were named */
    bool system;              /* opened by a category's `hold:` */
    struct row_key *in_flight; /* chains claimed when it was applied, whose fate is not yet logged (rule 2.12) */
    size_t in_flight_n;
};
/* Whether a standing hold (subject, filter) covers this chain: any leg matching is enough. HOLD_IDS: false here. */
bool hold_covers(const struct hold *h, const struct chain *c);
/* In force at now; or released but its grace still running (counts for expiry only). */
bool hold_in_force(const struct hold *h);
bool hold_in_grace(const struct hold *h, int64_t now_ms);
/* Its grace, waived, still counts for expiry but no longer for requests (rule 2.11). */
bool hold_waived(const struct hold *h);

#endif
