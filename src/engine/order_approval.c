/* Rule 2.25: how much an order adds to its actor's day, and whether this list may go. A list goes on where it stopped. */
#include "engine/journal.h"
#include "engine/orders.h"
#include <stdlib.h>

enum { PER_DAY_MAX = 10000 };

static int by_digest_and_ids(const void *a, const void *b)
{
    const struct run_record *x = a, *y = b;
    int c = memcmp(x->digest.b, y->digest.b, HASH_BYTES);
    return c ? c : (x->ids > y->ids) - (x->ids < y->ids);
}

/* Of one list given several times the largest counts, of the list in hand none: they name the same contacts again. */
static enum status ids_of_today(struct engine *e, const struct hash *own, struct arena *a, uint64_t *ids, struct err *err)
{
    struct run_record *runs;
    size_t n, k = 0;
    TRY(runs_since(e, engine_now(e) - DAY_MS, 100000, a, &runs, &n, err));
    for (size_t i = 0; i < n; i++)
        if (str_is(runs[i].kind, "order") && str_eq(runs[i].actor, e->actor.id) && !str_is(runs[i].state, "waiting") &&
            !bytes_equal(runs[i].digest.b, own->b, HASH_BYTES))
            runs[k++] = runs[i];
    qsort(runs, k, sizeof *runs, by_digest_and_ids);
    *ids = 0;
    for (size_t i = 0; i < k; i++)
        if (i + 1 == k || !bytes_equal(runs[i].digest.b, runs[i + 1].digest.b, HASH_BYTES))
            *ids += runs[i].ids;
    return OK;
}

/* What has begun under an approval goes on under it, however long the rest takes. */
static enum status approved(struct engine *e, const struct run_record *r, struct arena *a, bool *yes, struct str *why, struct err *err)
{
    struct approval approval;
    TRY(approval_holds(e, r, a, yes, why, err));
    if (*yes || str_is(r->state, "waiting"))
        return OK;
    enum status s = approval_get(e, &r->digest, a, &approval, NULL);
    *yes = s == OK;
    return s == OK || s == E_ABSENT ? OK : FAIL(err, s, "the approval of this order cannot be read");
}

static enum status ask_for_approval(struct engine *e, const struct order *o, const struct run_record *earlier, struct run_record *run, struct tally *t,
                                    struct str why, struct arena *a, struct err *err)
{
    struct entry entry;
    if (earlier && str_is(earlier->state, "waiting")) {
        *run = *earlier;
        t->run = run->id;
    } else {
        run->state = STR("waiting");
        TRY(journal_planned(e, &run->digest, o->chains_n, run->started_ms, run->id, true, engine_now(e), a, &entry, err));
        TRY(run_put(e, run, &entry, a, err));
    }
    t->needs_approval = true;
    t->has_plan = true;
    t->plan_digest = run->digest;
    return FAIL(err, E_DENIED, "more than %d contacts in 24 hours: %.*s", PER_DAY_MAX, STR_ARG(why));
}

/* The run that stopped half way, or waited until now, is the one that goes on: one order, one record. */
static void take_over(const struct run_record *earlier, struct order *o, struct run_record *run, struct tally *t)
{
    *run = *earlier;
    run->state = STR("running");
    run->ended_ms = TIME_NONE;
    o->purged_before = earlier->purged;
    t->run = run->id;
}

enum status order_approval(struct engine *e, struct order *o, struct run_record *run, struct tally *t, struct arena *a, struct err *err)
{
    struct run_record earlier;
    uint64_t today;
    bool yes = false;
    struct str why = STR("a second person must approve it: `expunge approve DIGEST`");
    TRY(ids_of_today(e, &run->digest, a, &today, err));
    bool within = !run->ids || today + run->ids <= PER_DAY_MAX;
    if (within && !o->ordered && !o->already)
        return OK; /* nothing of it has begun */
    enum status s = run_by_digest(e, &run->digest, a, &earlier, err);
    if (s != OK && s != E_ABSENT)
        return s;
    bool known = s == OK && str_is(earlier.kind, "order");
    if (known && str_is(earlier.state, "paused"))
        return FAIL(err, E_CONFLICT, "this order is paused: `expunge run resume %.*s`", STR_ARG(earlier.id));
    if (known && !within)
        TRY(approved(e, &earlier, a, &yes, &why, err));
    if (!within && !yes)
        return ask_for_approval(e, o, known ? &earlier : NULL, run, t, why, a, err);
    if (known && !str_is(earlier.state, "done") && (yes || str_eq(earlier.actor, e->actor.id)))
        take_over(&earlier, o, run, t);
    return OK;
}
