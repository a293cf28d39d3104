/*
 * orders.h - the bulk script and the button (`expunge erase`): one mechanism for one or many ids (rule 2.25, section 3).
 *
 * Prepare names everything before anything begins; accept writes the mandates durably; work visits. A crash after accept
 * loses nothing: the next purge, or the same order given again, finishes.
 */
#ifndef EXPUNGE_ORDERS_H
#define EXPUNGE_ORDERS_H
#include "engine/runs.h"
#include "engine/tally.h"

enum id_fate { ID_GOES, ID_DUPLICATE, ID_UNKNOWN, ID_AMBIGUOUS, ID_NEEDS_DECISION /* found in stores only */ };
struct order_id { struct str given; enum id_fate fate; struct row_key chain; struct str why; };
struct order {
    struct order_id *ids;       /* in the order given */
    size_t ids_n, ids_cap;
    struct row_key *chains;     /* distinct, in the order first named */
    size_t chains_n, chains_cap;
    bool *erased;               /* per chain: purged before */
    uint64_t duplicate, unknown, ambiguous, legs_added, held, retained, needs_decision, already;
    uint64_t open;              /* their end has not been stated: left alone */
    uint64_t ordered;           /* chains this actor has ordered before, not finished */
    uint64_t purged_before;     /* by the run that goes on */
};
struct order_options {
    struct str source, note;    /* --source, --reason */
    bool dry_run, leg_only, retry;
    int64_t wait_ms;            /* --wait: until everything is done, at most */
};
/* Adds one id as given; call order_look_up after the last. E_INVALID for an id that cannot be one. */
enum status order_add(struct order *o, struct str id, struct arena *a, struct err *err) MUST_USE;
/* Resolves in batches, searches stores for unknown ids, previews decisions. Nothing of a store or a state is changed, but an id found
 * in stores only is registered for a person to decide (unless dry_run). */
enum status order_look_up(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err) MUST_USE;
/* Accepts and works. E_DENIED when an approval is needed: t->needs_approval and the digest are set. */
enum status order_run(struct engine *e, struct order *o, const struct order_options *options, struct tally *t, struct arena *a, struct err *err) MUST_USE;
/* order_approval.c, rule 2.25. Whether this list may go, and under which run record: the one begun or waiting under the same digest
 * (and *t's run), else `run`. E_DENIED: it needs an approval, and waits now. E_CONFLICT: it is paused. */
enum status order_approval(struct engine *e, struct order *o, struct run_record *run, struct tally *t, struct arena *a, struct err *err) MUST_USE;
/* Parts: order_accept.c, order_search.c, order_split.c. */
enum status order_accept(struct engine *e, struct order *o, const struct order_options *options, const struct run_record *run, struct arena *a, struct err *err) MUST_USE;
enum status order_search_stores(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err) MUST_USE;
enum status order_split_legs(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err) MUST_USE;
#endif
