#include "engine/orders.h"
#include "audit/merkle.h"
#include "base/clock.h"
#include "engine/epoch.h"
#include "engine/journal.h"
#include "engine/logbook.h"
#include "engine/purge.h"
#include <stdlib.h>

enum { CHUNK = VISIT_CHAINS_MAX };

enum status order_add(struct order *o, struct str id, struct arena *a, struct err *err)
{
    if (!id.n)
        return OK;
    if (id.n > 2 * ID_BYTES_MAX)
        return FAIL(err, E_INVALID, "a contact id has at most %d bytes, this one %zu", ID_BYTES_MAX, id.n);
    void *items = o->ids;
    if (!arena_grow(a, &items, &o->ids_cap, o->ids_n + 1, sizeof *o->ids))
        return ARENA_FULL(err, a);
    o->ids = items;
    o->ids[o->ids_n] = (struct order_id){.given = arena_str(a, id), .fate = ID_UNKNOWN};
    return o->ids[o->ids_n++].given.p ? OK : ARENA_FULL(err, a);
}

static enum status resolve_one(struct engine *e, struct order_id *id, const struct order_options *options, struct err *err)
{
    struct arena a;
    arena_init(&a, 16 << 20);
    struct found_contact *found;
    size_t n;
    enum status s = engine_resolve(e, id->given, options->source, &a, &found, &n, err);
    if (s == OK && n == 1) {
        id->fate = ID_GOES;
        id->chain = found[0].chain;
    } else if (s == OK && n > 1) {
        id->fate = ID_AMBIGUOUS;
        id->why = STR("several sources know this id: write SOURCE/ID");
    }
    arena_release(&a);
    return s;
}

static int by_chain(const void *a, const void *b)
{
    const struct order_id *x = *(struct order_id *const *)a, *y = *(struct order_id *const *)b;
    int c = memcmp(x->chain.b, y->chain.b, ROW_KEY_BYTES);
    return c ? c : (x > y) - (x < y);
}

/* The first id that names a chain goes; the others that name the same chain are its duplicates. */
static enum status distinct_chains(struct order *o, struct arena *a, struct err *err)
{
    struct order_id **sorted = ARENA_ARRAY(a, struct order_id *, o->ids_n + 1);
    if (!sorted)
        return ARENA_FULL(err, a);
    size_t n = 0;
    for (size_t i = 0; i < o->ids_n; i++)
        if (o->ids[i].fate == ID_GOES)
            sorted[n++] = &o->ids[i];
    qsort(sorted, n, sizeof *sorted, by_chain);
    for (size_t i = 1; i < n; i++)
        if (row_key_eq(&sorted[i]->chain, &sorted[i - 1]->chain))
            sorted[i]->fate = ID_DUPLICATE;
    o->chains = ARENA_ARRAY(a, struct row_key, n + 1);
    o->erased = ARENA_ARRAY(a, bool, n + 1);
    if (!o->chains || !o->erased)
        return ARENA_FULL(err, a);
    o->chains_n = 0;
    for (size_t i = 0; i < o->ids_n; i++)
        if (o->ids[i].fate == ID_GOES)
            o->chains[o->chains_n++] = o->ids[i].chain;
    return OK;
}

static void count_fates(struct order *o)
{
    o->duplicate = o->unknown = o->ambiguous = 0;
    for (size_t i = 0; i < o->ids_n; i++) {
        o->duplicate += o->ids[i].fate == ID_DUPLICATE;
        o->unknown += o->ids[i].fate == ID_UNKNOWN;
        o->ambiguous += o->ids[i].fate == ID_AMBIGUOUS;
    }
}

/* What stands in the way, told before anything begins. */
static enum status preview_chunk(struct engine *e, struct order *o, size_t at, size_t n, struct err *err)
{
    struct arena a;
    arena_init(&a, 512 << 20);
    struct chain *chains = ARENA_ARRAY(&a, struct chain, n);
    enum status s = chains ? registry_chains(e->registry, o->chains + at, n, &a, chains, err) : ARENA_FULL(err, &a);
    for (size_t i = 0; s == OK && i < n; i++) {
        struct decide_input in = {.policy = &e->policy, .chain = &chains[i], .holds = e->holds, .holds_n = e->holds_n,
                                  .asked = REASON_OPERATOR, .brief = true, .now_ms = engine_now(e)};
        struct decision d;
        if (chains[i].state == CHAIN_ERASED) {
            o->already++;
            o->erased[at + i] = true;
            continue;
        }
        o->ordered += chains[i].mandate.reason == REASON_OPERATOR && str_eq(chains[i].mandate.actor, e->actor.id);
        s = decide(&in, &a, &d, err);
        if (s != OK)
            break;
        o->legs_added += chains[i].legs_n ? chains[i].legs_n - 1 : 0;
        o->held += d.verdict == VERDICT_HELD;
        o->retained += d.verdict == VERDICT_REFUSED || d.verdict == VERDICT_PARTIAL;
        o->open += d.verdict == VERDICT_KEEP;
        o->needs_decision += d.verdict == VERDICT_NEEDS_DECISION;
    }
    arena_release(&a);
    return s;
}

enum status order_look_up(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err)
{
    if (!options->dry_run)
        TRY(clock_check(e, err)); /* what a search registers, or a split moves, is dated too */
    TRY(engine_holds(e, NULL, err));
    if (options->leg_only && !options->dry_run)
        TRY(order_split_legs(e, o, options, a, err));
    for (size_t i = 0; i < o->ids_n; i++) {
        TRY(resolve_one(e, &o->ids[i], options, err));
        if (e->progress.tick && i % 1000 == 0)
            e->progress.tick(e->progress.ctx, "ids looked up", i, o->ids_n);
    }
    TRY(order_search_stores(e, o, options, a, err));
    TRY(distinct_chains(o, a, err));
    count_fates(o);
    for (size_t at = 0; at < o->chains_n; at += CHUNK)
        TRY(preview_chunk(e, o, at, o->chains_n - at < CHUNK ? o->chains_n - at : CHUNK, err));
    return OK;
}

/* The digest an approval names: RFC 6962 root over the chain keys in order. */
static struct hash order_digest(const struct order *o)
{
    struct frontier tree;
    frontier_init(&tree);
    for (size_t i = 0; i < o->chains_n; i++) {
        struct hash leaf = merkle_leaf((struct str){(const char *)o->chains[i].b, ROW_KEY_BYTES});
        frontier_append(&tree, &leaf);
    }
    return frontier_root(&tree);
}

static enum status work_once(struct working_run *w, struct order *o, const struct order_options *options, bool *stop, struct arena *a, struct err *err)
{
    for (size_t at = 0; at < o->chains_n; at += CHUNK) {
        size_t n = o->chains_n - at < CHUNK ? o->chains_n - at : CHUNK;
        struct mandate m = {.reason = REASON_OPERATOR, .actor = w->engine->actor.id, .run_id = w->run->id, .note = options->note,
                            .accepted_ms = engine_now(w->engine), .deadline_ms = TIME_NONE};
        w->run->worked = at > w->run->worked ? at : w->run->worked;
        w->run->purged = o->purged_before + w->tally->purged;
        if (!options->dry_run)
            TRY(run_keep(w->engine, w->run, stop, a, err));
        if (*stop)
            return OK;
        TRY(visit_batch(w, o->chains + at, NULL, n, &m, options->dry_run, false, o->ids_n > 1 ? FUNC_BULK_DELETE : FUNC_DELETE_CONTACT, err));
    }
    return OK;
}

/* --wait: what settles or is retried soon is visited again until it is done or the time is over. */
static enum status work_until_done(struct working_run *w, struct order *o, const struct order_options *options, bool *stop, struct arena *a, struct err *err)
{
    int64_t until = clock_monotonic_ms() + options->wait_ms;
    struct tally fresh = *w->tally;
    uint64_t purged = 0; /* in earlier rounds: the later ones meet them as purged before */
    for (;;) {
        struct tally before = fresh;
        TRY(work_once(w, o, options, stop, a, err));
        w->tally->already -= purged < w->tally->already ? purged : w->tally->already;
        w->tally->purged += purged;
        purged = w->tally->purged;
        uint64_t open = w->tally->verifying + w->tally->partial + w->tally->busy;
        if (!open || *stop || options->dry_run || clock_monotonic_ms() + 1000 > until)
            return OK;
        clock_sleep_ms(1000);
        before.stores = w->tally->stores;
        *w->tally = before;
    }
}

static void report_ids(const struct order *o, struct tally *t)
{
    size_t unknown = 0, ambiguous = 0;
    for (size_t i = 0; i < o->ids_n; i++) {
        if (o->ids[i].fate == ID_UNKNOWN)
            t->unknown[unknown++] = o->ids[i].given;
        if (o->ids[i].fate == ID_AMBIGUOUS)
            t->ambiguous[ambiguous++] = o->ids[i].given;
    }
    t->given = o->ids_n;
    t->duplicate = o->duplicate;
    t->unknown_n = unknown;
    t->ambiguous_n = ambiguous;
    t->legs_added = o->legs_added;
    for (size_t i = 0; i < o->ids_n; i++)
        t->needs_decision += o->ids[i].fate == ID_NEEDS_DECISION;
}

static enum status begin(struct engine *e, struct order *o, const struct order_options *options, struct run_record *run, struct tally *t,
                         struct arena *a, struct err *err)
{
    TRY(run_new(e, "order", a, run, err));
    t->run = run->id;
    t->dry_run = run->dry_run = options->dry_run;
    run->planned = o->chains_n;
    run->ids = o->chains_n - o->already - o->ordered;
    run->digest = order_digest(o);
    run->has_digest = true;
    t->has_plan = true;
    t->plan_digest = run->digest;
    t->unknown = ARENA_ARRAY(a, struct str, o->ids_n + 1);
    t->ambiguous = ARENA_ARRAY(a, struct str, o->ids_n + 1);
    if (!t->unknown || !t->ambiguous)
        return ARENA_FULL(err, a);
    TRY(tally_init(t, e, a, err));
    report_ids(o, t);
    return OK;
}

static enum status work(struct engine *e, struct order *o, const struct order_options *options, struct working_run *w, bool *stop, struct arena *a, struct err *err)
{
    struct epoch_thread *epoch = NULL;
    TRY(worker_begin(e, &w->worker, err));
    enum status s = epoch_start(e, &epoch, err);
    if (s == OK)
        s = order_accept(e, o, options, w->run, a, err);
    if (s == OK)
        s = work_until_done(w, o, options, stop, a, err);
    epoch_stop(&epoch);
    worker_end(e, &w->worker);
    return s;
}

/* What became of it, written down; a cancelled order gives back what it has not begun. */
static enum status finish(struct engine *e, const struct order *o, struct run_record *run, bool stop, struct tally *t, struct arena *a, struct err *err)
{
    uint64_t freed;
    run->purged = o->purged_before + t->purged;
    run->failed = t->failed;
    run->held = t->held;
    run->partial = t->partial;
    run->ended_ms = engine_now(e);
    if (!stop) {
        run->worked = o->chains_n;
        run->state = STR("done");
        return run_close(e, run, NULL, a, err);
    }
    t->stopped = str_is(run->state, "paused") ? "paused" : "cancelled";
    TRY(run_keep(e, run, &stop, a, err));
    return str_is(run->state, "cancelled") ? run_take_back(e, run->id, &freed, err) : OK;
}

enum status order_run(struct engine *e, struct order *o, const struct order_options *options, struct tally *t, struct arena *a, struct err *err)
{
    struct run_record run;
    bool stop = false;
    TRY(begin(e, o, options, &run, t, a, err));
    struct working_run w = {.engine = e, .run = &run, .tally = t};
    if (options->dry_run)
        return work_once(&w, o, options, &stop, a, err);
    enum status s = OK;
    if (o->chains_n) {
        TRY(order_approval(e, o, &run, t, a, err));
        TRY(run_put(e, &run, NULL, a, err));
        s = work(e, o, options, &w, &stop, a, err);
        if (s == OK)
            s = finish(e, o, &run, stop, t, a, err);
    }
    if (s == OK)
        s = logbook_integrate(e, err);
    struct logbook_head head;
    if (s == OK && e->config.audit_publish.n)
        s = logbook_publish(e, STR_NONE, a, &head, err);
    return s;
}
