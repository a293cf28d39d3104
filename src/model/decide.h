/*
 * decide.h - the decision: what may be done to a chain now, per leg and kind of artefact. Pure (rules 2.4-2.8, 2.11).
 */
#ifndef EXPUNGE_DECIDE_H
#define EXPUNGE_DECIDE_H

#include "model/hold.h"
#include "model/policy.h"

enum verdict {
    VERDICT_KEEP,           /* nothing asks for erasure, or it is not yet due */
    VERDICT_ERASE,          /* everything of it */
    VERDICT_PARTIAL,        /* erase some, keep, restrict or pseudonymise the rest by law */
    VERDICT_NEEDS_DECISION, /* a person must decide first */
    VERDICT_HELD,           /* only lock and recall */
    VERDICT_REFUSED         /* an order against a legal minimum that binds everything */
};
const char *verdict_name(enum verdict v); /* keep, erase, partial, needs_decision; held and refused read "keep" */

struct because { struct str rule, text, value; }; /* for `contact explain`: rule number, sentence, value */

/* A chain without legs (a request's own row) stands as one leg with the chain's key. */
struct decision {
    enum verdict verdict;
    struct row_key chain;
    uint64_t chain_version;
    size_t legs_n;
    struct row_key *legs;
    /* effects[leg * KIND_COUNT + kind]: ERASE, PSEUDONYMISE, RESTRICT, or NONE = retained by law */
    unsigned char *effects;
    enum reason asked;       /* what it was decided for */
    int64_t keep_until_ms;   /* latest of what binds; TIME_NONE */
    int64_t due_ms;          /* TIME_NONE: never */
    struct str law;          /* cite of what retains */
    struct str why;          /* one sentence without personal data */
    struct because *because;
    size_t because_n;
    struct str policy_version;
};
struct decide_input {
    const struct policy *policy;
    const struct chain *chain;
    const struct hold *holds; /* standing holds, in force or in grace */
    size_t holds_n;
    enum reason asked;        /* what asks: RETENTION_EXPIRY for a look at the schedule alone, else the mandate's */
    enum regime regime;       /* of a request */
    int64_t now_ms;
    bool brief;               /* leave `because` empty: a purge of millions need not explain itself */
};
enum status decide(const struct decide_input *in, struct arena *a, struct decision *out, struct err *err) MUST_USE;
enum effect decision_effect(const struct decision *d, const struct row_key *leg, enum artefact_kind kind);
/* The status people see (product.md section 1), from the row, the holds and the decision on its schedule. */
enum contact_status chain_status(const struct chain *c, const struct hold *holds, size_t holds_n,
                                 const struct policy *policy, int64_t now_ms);
/* Where the row belongs now (architecture.md 2.2): sets queue, queue_category, queue_time_ms. */
void chain_place(struct chain *c, const struct hold *holds, size_t holds_n, const struct policy *policy, int64_t now_ms);

#endif
