/* contact_locate.c - where a contact's artefacts are right now, from the stores themselves; nothing is changed. */
#include "engine/contact_view.h"

enum { ROUNDS_MAX = 4, CALL_MS = 60000, LEADS_MAX = 10000 };

struct locating {
    struct engine *e;
    struct arena *a;
    struct location *out;
    struct store_target *targets;
    struct leg *legs;
    size_t n, store;
    bool leads;
};

static struct located *located_find(const struct location *l, struct str store, enum artefact_kind kind, struct str locator)
{
    for (size_t i = 0; i < l->items_n; i++)
        if (l->items[i].kind == kind && str_eq(l->items[i].store, store) && str_eq(l->items[i].locator, locator))
            return &l->items[i];
    return NULL;
}

static struct located *located_add(struct location *l, const struct artefact *f, struct str store, struct arena *a)
{
    void *items = l->items;
    if (!arena_grow(a, &items, &l->items_cap, l->items_n + 1, sizeof *l->items))
        return NULL;
    l->items = items;
    struct located *x = &l->items[l->items_n];
    *x = (struct located){.store = store, .kind = f->kind, .scope = f->scope, .locator = arena_str(a, f->locator), .contact = f->contact,
                          .at_ms = TIME_NONE, .count = f->count};
    if (!x->locator.p)
        return NULL;
    l->items_n++;
    return x;
}

static enum status sink_add(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    struct locating *g = ctx;
    struct str store = g->e->store_names[g->store];
    struct located *x = located_find(g->out, store, found->kind, found->locator);
    if (!x)
        x = located_add(g->out, found, store, g->a);
    if (!x)
        return ARENA_FULL(err, g->a);
    x->there = true;
    x->contact = g->targets[target].contact;
    return OK;
}

static enum status sink_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    struct locating *g = ctx;
    struct leg *leg = &g->legs[target];
    for (size_t i = 0; i < leg->locators_n; i++)
        if (str_eq(leg->locators[i].place, lead->place) && str_eq(leg->locators[i].path, lead->path))
            return OK;
    if (leg->locators_n >= LEADS_MAX)
        return FAIL(err, E_LIMIT, "a contact names more than %d places", LEADS_MAX);
    struct locator *grown = ARENA_ARRAY(g->a, struct locator, leg->locators_n + 1);
    if (!grown)
        return ARENA_FULL(err, g->a);
    if (leg->locators_n)
        memcpy(grown, leg->locators, leg->locators_n * sizeof *grown);
    grown[leg->locators_n++] = (struct locator){lead->kind, arena_str(g->a, lead->place), arena_str(g->a, lead->path)};
    leg->locators = grown;
    g->leads = true;
    return OK;
}

static void note_saw(struct searched *s, const struct store_seen *seen, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((seen[i].sight == SIGHT_UNKNOWN || seen[i].sight == SIGHT_LATER) && s->saw != SEARCH_AWAY)
            s->saw = SEARCH_UNSURE;
        else if (seen[i].sight == SIGHT_BLIND && s->saw == SEARCH_WHOLE)
            s->saw = SEARCH_BLIND;
    }
}

static enum status search_one(struct locating *g, struct err *err)
{
    struct store *store = g->e->stores[g->store];
    struct searched *s = &g->out->stores[g->store];
    *s = (struct searched){.store = g->e->store_names[g->store], .saw = SEARCH_WHOLE, .why = g->e->store_down[g->store]};
    struct store_seen *seen = ARENA_ARRAY(g->a, struct store_seen, g->n + 1);
    if (!seen)
        return ARENA_FULL(err, g->a);
    if (!store) {
        s->saw = SEARCH_AWAY;
        return OK;
    }
    int64_t now = engine_now(g->e);
    struct store_call call = {.now_ms = now, .deadline_ms = now + CALL_MS, .a = g->a};
    struct store_sink sink = {.ctx = g, .add = sink_add, .lead = sink_lead};
    struct err why = {.code = OK};
    enum status status = store_find(store, &call, g->targets, g->n, &sink, seen, &why);
    if (status != OK) {
        s->saw = SEARCH_AWAY;
        s->why = arena_fmt(g->a, "%s", why.text);
        return OK;
    }
    note_saw(s, seen, g->n);
    return OK;
}

/* What was found before: its outcome, and that it is not there any more when no store has just shown it. */
static enum status add_recorded(struct locating *g, const struct artefact *work, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct located *x = located_find(g->out, work[i].store, work[i].kind, work[i].locator);
        if (!x)
            x = located_add(g->out, &work[i], work[i].store, g->a);
        if (!x)
            return ARENA_FULL(err, g->a);
        x->recorded = work[i].outcome;
        x->at_ms = work[i].at_ms;
    }
    return OK;
}

static void make_targets(struct locating *g, struct str source)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct leg *leg = &g->legs[i];
        g->targets[i] = (struct store_target){.contact = leg->key, .source = source, .id = leg->id, .started_ms = leg->started_ms,
                                              .ended_ms = leg->ended_ms, .locators = leg->locators, .locators_n = leg->locators_n};
    }
}

/* The legs that have an id to look by; of a chain whose ids are gone, the one just named. */
static enum status take_legs(struct locating *g, const struct chain *c, const struct found_contact *which, struct err *err)
{
    g->legs = ARENA_ARRAY(g->a, struct leg, c->legs_n + 1);
    g->targets = ARENA_ARRAY(g->a, struct store_target, c->legs_n + 1);
    g->out->stores = ARENA_ARRAY(g->a, struct searched, g->e->stores_n + 1);
    if (!g->legs || !g->targets || !g->out->stores)
        return ARENA_FULL(err, g->a);
    bool this_one = false;
    for (size_t i = 0; i < c->legs_n; i++) {
        struct leg leg = c->legs[i];
        bool asked = row_key_eq(&leg.key, &which->contact);
        if (!leg.id.n && asked)
            leg.id = which->id;
        this_one |= asked;
        if (leg.id.n)
            g->legs[g->n++] = leg;
    }
    if (this_one)
        return OK;
    leg_init(&g->legs[g->n]);
    g->legs[g->n].key = which->contact;
    g->legs[g->n++].id = which->id;
    return OK;
}

enum status contact_locate(struct engine *e, const struct found_contact *which, struct arena *a, struct location *out, struct err *err)
{
    struct chain c;
    struct artefact *work;
    size_t work_n;
    *out = (struct location){.stores_n = e->stores_n, .whole = true};
    struct locating g = {.e = e, .a = a, .out = out};
    TRY(registry_chains(e->registry, &which->chain, 1, a, &c, err));
    TRY(contact_whole(e, &c, a, &work, &work_n, err));
    TRY(take_legs(&g, &c, which, err));
    for (int round = 0; round < ROUNDS_MAX; round++) {
        g.leads = false;
        make_targets(&g, which->source);
        for (g.store = 0; g.store < e->stores_n; g.store++)
            TRY(search_one(&g, err));
        if (!g.leads)
            break;
    }
    for (size_t i = 0; i < out->stores_n; i++)
        out->whole &= out->stores[i].saw == SEARCH_WHOLE;
    return add_recorded(&g, work, work_n, err);
}
