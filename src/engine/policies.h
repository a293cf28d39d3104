/*
 * policies.h - retention schedules as versions: what the file would change, its impact, and putting it in force (rules 2.7, 2.24).
 */
#ifndef EXPUNGE_POLICIES_H
#define EXPUNGE_POLICIES_H

#include "engine/runs.h"

/* version absent: the one in force. E_ABSENT: the registry never had it. */
enum status policy_stored(struct engine *e, struct str version, struct arena *a, struct policy *out, struct err *err) MUST_USE;
struct policy_version { struct str version; bool in_force, pending, in_file; };
enum status policy_versions(struct engine *e, struct arena *a, struct policy_version **out, size_t *n, struct err *err) MUST_USE;

/* What the configuration's schedule changes against the one in force. */
struct policy_difference {
    struct policy_change *changes;
    size_t changes_n;
    bool classification_changed;
    bool second_person;  /* something may be erased earlier: approval and cooling-off (2.7) */
    struct str why;      /* what makes it so */
    bool rewrites;       /* classification or a start event: chains are written anew */
};
enum status policy_difference(struct engine *e, struct arena *a, struct policy_difference *out, struct err *err) MUST_USE;

/* By how it moves the dates of what is registered and not erased; a chain that is due under both, or under neither with the
 * same date, is not counted. due_now and no_longer_due are among earlier and later. */
struct category_impact { struct str category; uint64_t earlier, later, due_now, no_longer_due; };
struct policy_impact { struct category_impact *categories; size_t categories_n; uint64_t earlier, later, due_now, no_longer_due, reclassified; };
/* Counts ranges of keys where only periods changed, reads chains where their classification or start did; memory does not
 * grow with the registry. */
enum status policy_impact(struct engine *e, const struct policy_difference *d, struct arena *a, struct policy_impact *out, struct err *err) MUST_USE;

enum activation_state {
    ACTIVATION_NOTHING,   /* this version is in force already */
    ACTIVATION_DONE,
    ACTIVATION_WAITING,   /* for the second person; digest is what to approve */
    ACTIVATION_COOLING    /* approved; not_before_ms */
};
struct activation {
    enum activation_state state;
    bool armed;           /* this was the first: purges erase from now on */
    struct str version, previous;
    struct policy_difference difference;
    struct policy_impact impact;
    struct hash digest;
    int64_t not_before_ms;
    uint64_t rewritten;   /* chains */
    struct str why;
};
/* Puts the configuration's schedule in force, or says what it waits for; called again when that has come, it goes on. The
 * first activation arms the registry and acts at once. E_INVALID: nobody named (an account, or --by). */
enum status policy_activate(struct engine *e, struct str by, struct arena *a, struct activation *out, struct err *err) MUST_USE;

/* policy_rewrite.c: chains classified, anchored and placed anew under the policy in force; goes on where a crash left it.
 * Called by activation and at the end of every purge. */
enum status policy_rewrite_pending(struct engine *e, struct arena *a, uint64_t *rewritten, struct err *err) MUST_USE;
#define POLICY_REWRITE_META "policy_rewrite" /* "classify VERSION [PLACE REWRITTEN]" or "place VERSION"; empty: none */

#endif
