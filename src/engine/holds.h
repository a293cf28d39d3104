/*
 * holds.h - applying and releasing holds; who is covered, who was lost (rules 2.9-2.14).
 */
#ifndef EXPUNGE_HOLDS_H
#define EXPUNGE_HOLDS_H

#include "engine/engine.h"
#include "engine/journal.h"

struct hold_order {
    struct str matter, reason;
    int64_t review_ms;          /* TIME_NONE: a year from now */
    enum hold_scope scope;
    const struct str *ids;      /* HOLD_IDS: as given, ID or SOURCE/ID */
    size_t ids_n;
    struct str source;          /* for ids without one; also of ids not registered yet */
    const struct identifier *identifiers; /* HOLD_SUBJECT, in clear, in memory only */
    size_t identifiers_n;
    struct str filter_text;     /* HOLD_FILTER */
    int64_t wait_ms;            /* --wait: for those in flight */
};
struct hold_lost { struct str id; struct str *stores; size_t stores_n; };
struct hold_expiring { struct str store; enum artefact_kind kind; int64_t at_ms; uint64_t n; };
struct hold_reply {             /* product.md section 3, `hold apply` */
    struct str matter;
    int64_t covered;            /* registered contacts named (of ids) or chains (else), not purged before; -1: a filter is still being matched */
    struct str *pending, *related, *already_purged, *in_flight, *ambiguous;
    size_t pending_n, related_n, already_purged_n, in_flight_n, ambiguous_n;
    struct hold_lost *lost;
    size_t lost_n;
    struct hold_expiring *will_expire;
    size_t will_expire_n;
};
/* An id of several sources holds all of them and is named in `ambiguous`. E_RETRY: some ids are not held, apply again. */
enum status hold_apply(struct engine *e, const struct hold_order *o, struct arena *a, struct hold_reply *out, struct err *err) MUST_USE;
/* By matter; frees only what no other hold covers. E_ABSENT: no such matter in force. *freed: chains no hold covers now. */
enum status hold_release(struct engine *e, struct str matter, struct str reason, struct arena *a, uint64_t *freed, uint64_t *still_held, struct err *err) MUST_USE;
/* Requests need not wait for the grace of a released matter; expiry does (rule 2.11). E_DENIED: the actor has no account, or
 * released it himself, or the site has one person only. E_ABSENT: no grace of this matter runs. Of the chains that requests
 * wait for, *freed: those that go on now; *waiting: those that something else still keeps. Again: the same, once more. */
enum status hold_waive(struct engine *e, struct str matter, struct str reason, struct arena *a, uint64_t *freed, uint64_t *waiting, struct err *err) MUST_USE;
/* Every chain in flight when a hold came: freed or LOST_IN_FLIGHT is logged once its claim has ended (rule 2.12).
 * Called at the start of every purge and by hold apply --wait. Also fills standing holds' membership for listing. */
enum status holds_follow_up(struct engine *e, struct arena *a, struct err *err) MUST_USE;
/* A category with `hold:` opens the matter HOLD/CHAIN for a chain classified so: hold row written first, membership put
 * into `chain`, which the caller commits. Does nothing when it is there already, or was released. */
enum status holds_open_for_category(struct engine *e, struct chain *chain, int64_t now_ms, struct arena *a, struct err *err) MUST_USE;
/* For `hold list` and `report holds`: matters with counts, age, review; by: as people read it (actor_text). */
struct hold_summary { struct str matter, by, reason; enum hold_scope scope; struct str filter_text; int64_t since_ms, review_ms, released_ms, waived_ms; uint64_t members; bool overdue, over_a_year, system; };
enum status holds_list(struct engine *e, bool released_too, struct arena *a, struct hold_summary **out, size_t *n, struct err *err) MUST_USE;
#endif
