/* Ids the registry does not know are looked for in every store; a leg may be made a chain of its own first. */
#include "base/clock.h"
#include "engine/orders.h"
#include "engine/stores_view.h"

struct looking { struct engine *e; struct order *o; const struct order_options *options; struct arena *a; size_t *of_target; bool *found, holds_some; };

static enum status sink_found(void *ctx, size_t target, const struct artefact *f, struct err *err)
{
    struct looking *l = ctx;
    (void)f;
    (void)err;
    l->holds_some = l->found[l->of_target[target]] = true;
    return OK;
}

static enum status sink_ignore(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    (void)ctx;
    (void)target;
    (void)lead;
    (void)err;
    return OK;
}

/* SOURCE/ID names its source; a bare id takes --source, or the one source there is. */
static void name_parts(const struct looking *l, struct str given, struct str *source, struct str *id)
{
    struct str head, tail;
    *source = l->options->source;
    *id = given;
    if (!source->n && str_split(given, '/', &head, &tail) && head.n && tail.n && config_source(&l->e->config, head)) {
        *source = head;
        *id = tail;
    }
    if (!source->n && l->e->config.sources_n == 1)
        *source = l->e->config.sources[0].name;
    const struct source_config *c = source->n ? config_source(&l->e->config, *source) : NULL;
    if (c && c->instance.n)
        *source = c->instance;
}

static enum status ask_stores(struct looking *l, const struct store_target *targets, size_t n, bool *blind, struct err *err)
{
    struct store_sink sink = {.ctx = l, .add = sink_found, .lead = sink_ignore};
    for (size_t s = 0; s < l->e->stores_n; s++) {
        struct store_seen *seen = ARENA_ARRAY(l->a, struct store_seen, n);
        struct store_call call = {.now_ms = engine_now(l->e), .deadline_ms = engine_now(l->e) + 60000, .a = l->a};
        struct err why;
        l->holds_some = false;
        if (!seen)
            return ARENA_FULL(err, l->a);
        if (!l->e->stores[s] || store_find(l->e->stores[s], &call, targets, n, &sink, seen, &why) != OK) {
            for (size_t i = 0; i < n; i++)
                blind[i] = true;
            continue;
        }
        for (size_t i = 0; i < n; i++)
            blind[i] |= seen[i].sight == SIGHT_UNKNOWN || seen[i].sight == SIGHT_LATER;
        if (l->holds_some && !l->options->dry_run) /* a duty from now on (rule 2.23) */
            TRY(stores_remember(l->e, l->e->store_names[s], err));
    }
    return OK;
}

/* Found in a store without any fact: registered, so that a person can decide it (product.md section 3). */
static enum status register_bare(struct looking *l, struct order_id *id, struct str source, struct str bare, struct err *err)
{
    struct engine *e = l->e;
    id->fate = ID_NEEDS_DECISION;
    id->why = STR("found in a store, but no document tells what it is: decide it with `expunge contact decide`");
    if (l->options->dry_run)
        return OK;
    if (!source.n)
        source = STR("unknown");
    TRY(registry_source_add(e->registry, source, err));
    struct leg *leg = ARENA_NEW(l->a, struct leg);
    if (!leg)
        return ARENA_FULL(err, l->a);
    leg_init(leg);
    leg->key = engine_contact_key(e, source, bare);
    leg->id = bare;
    leg->registered_ms = engine_now(e);
    policy_classify(&e->policy, source, leg, l->a);
    struct chain c = {.key = leg->key, .source = source, .state = CHAIN_REVIEW, .legs = leg, .legs_n = 1, .registered_ms = engine_now(e),
                      .needs_decision = true, .decision_why = STR("found in a store without facts"), .grace_until_ms = TIME_NONE,
                      .claimed_ms = TIME_NONE, .next_ms = TIME_NONE, .first_try_ms = TIME_NONE, .verified_ms = TIME_NONE,
                      .verified_again_ms = TIME_NONE, .purged_ms = TIME_NONE, .scrubbed_until_ms = TIME_NONE,
                      .retained_until_ms = TIME_NONE, .risen_ms = TIME_NONE};
    c.mandate.accepted_ms = c.mandate.deadline_ms = TIME_NONE;
    id->chain = c.key;
    chain_place(&c, e->holds, e->holds_n, &e->policy, engine_now(e));
    struct row row;
    TRY(registry_chain_row(&c, l->a, &row, err));
    struct group g = {.rows = &row, .rows_n = 1};
    return registry_commit(e->registry, &g, 1, err); /* a conflict: somebody has just registered it */
}

static enum status search_chunk(struct looking *l, size_t *ids, size_t n, struct err *err)
{
    struct store_target *targets = ARENA_ARRAY(l->a, struct store_target, n);
    bool *blind = ARENA_ARRAY(l->a, bool, n);
    struct str *sources = ARENA_ARRAY(l->a, struct str, n), *bare = ARENA_ARRAY(l->a, struct str, n);
    if (!targets || !blind || !sources || !bare)
        return ARENA_FULL(err, l->a);
    for (size_t i = 0; i < n; i++) {
        name_parts(l, l->o->ids[ids[i]].given, &sources[i], &bare[i]);
        targets[i] = (struct store_target){.contact = engine_contact_key(l->e, sources[i], bare[i]), .source = sources[i], .id = bare[i],
                                           .started_ms = TIME_NONE, .ended_ms = TIME_NONE};
    }
    l->of_target = ids;
    TRY(ask_stores(l, targets, n, blind, err));
    for (size_t i = 0; i < n; i++) {
        struct order_id *id = &l->o->ids[ids[i]];
        if (l->found[ids[i]])
            TRY(register_bare(l, id, sources[i], bare[i], err));
        else
            id->why = blind[i] ? STR("not registered; not every store could be searched") : STR("not registered, and in no store");
    }
    return OK;
}

enum status order_search_stores(struct engine *e, struct order *o, const struct order_options *options, struct arena *a, struct err *err)
{
    enum { CHUNK = 200 };
    struct looking l = {.e = e, .o = o, .options = options};
    size_t ids[CHUNK], n = 0;
    l.found = ARENA_ARRAY(a, bool, o->ids_n + 1);
    if (!l.found)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i <= o->ids_n; i++) {
        if (i < o->ids_n && o->ids[i].fate == ID_UNKNOWN)
            ids[n++] = i;
        if (n < CHUNK && (i < o->ids_n || !n))
            continue;
        struct arena chunk;
        arena_init(&chunk, 256 << 20);
        l.a = &chunk;
        enum status s = search_chunk(&l, ids, n, err);
        arena_release(&chunk);
        TRY(s);
        n = 0;
    }
    return OK;
}
