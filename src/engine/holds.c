/* holds.c - the list of holds, holds that categories open, and what the other files of holds share. */
#include "engine/hold_parts.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "engine/actor.h"

enum status names_add(struct names *l, struct str s, struct arena *a, struct err *err)
{
    void *items = l->items;
    struct str copy = arena_str(a, s);
    if (!arena_str_ok(copy, s) || !arena_grow(a, &items, &l->cap, l->n + 1, sizeof *l->items))
        return ARENA_FULL(err, a);
    l->items = items;
    l->items[l->n++] = copy;
    return OK;
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

void names_settle(struct names *l)
{
    size_t kept = 0;
    if (!l->n)
        return;
    qsort(l->items, l->n, sizeof *l->items, by_text);
    for (size_t i = 0; i < l->n; i++)
        if (!kept || !str_eq(l->items[kept - 1], l->items[i]))
            l->items[kept++] = l->items[i];
    l->n = kept;
}

const char *hold_scope_name(enum hold_scope s)
{
    static const char *const scopes[] = {[HOLD_IDS] = "ids", [HOLD_SUBJECT] = "subject", [HOLD_FILTER] = "filter"};
    ASSERT((size_t)s < ARRAY_LEN(scopes));
    return scopes[s];
}

enum status hold_chain_id(struct engine *e, const struct chain *c, struct arena *a, struct str *out, struct err *err)
{
    struct opening opening;
    struct str id = STR_NONE;
    const struct leg *named = chain_leg(c, &c->key);
    if (named)
        id = named->id;
    for (size_t i = 0; i < c->legs_n && !id.n; i++)
        id = c->legs[i].id;
    if (!id.n) {
        enum status s = opening_get(e, &c->key, a, &opening, err);
        if (s != OK && s != E_ABSENT)
            return s;
        if (s == OK && opening.ids_n)
            id = opening.ids[0];
    }
    *out = id.n ? arena_str(a, id) : row_key_hex(&c->key, a);
    return out->p ? OK : ARENA_FULL(err, a);
}

/* Two that make it at once: the second reads the first's. */
enum status hold_opening(struct engine *e, const struct row_key *matter, struct str text, struct arena *a,
                         struct opening *out, struct err *err)
{
    enum { ROUNDS = 20 };
    for (int i = 0; i < ROUNDS; i++) {
        struct row row;
        bool needed;
        TRY(opening_of_text(e, matter, text, a, out, err));
        TRY(opening_row(e, out, engine_now(e), a, &row, &needed, err));
        if (!needed)
            return OK;
        struct group g = {.rows = &row, .rows_n = 1};
        TRY(registry_commit(e->registry, &g, 1, err));
        if (g.result == OK) {
            out->version++;
            out->changed = false;
            return OK;
        }
    }
    return FAIL(err, E_CONFLICT, "the matter is being written by others without end: try again");
}

enum status hold_put(struct engine *e, struct hold *h, struct entry *entry, struct arena *a, struct err *err)
{
    TRY(registry_hold_put(e->registry, h, entry, a, err));
    h->version++;
    return OK;
}

/* ---- holds that a category opens ---- */

/* The text by which the chain is named: its initial contact's id, which a leg that names it states. */
static struct str naming_id(const struct chain *c, struct arena *a)
{
    const struct leg *named = chain_leg(c, &c->key);
    if (named && named->id.n)
        return named->id;
    for (size_t i = 0; i < c->legs_n; i++)
        if (c->legs[i].initial.n && !str_eq(c->legs[i].initial, c->legs[i].id))
            return c->legs[i].initial;
    return row_key_hex(&c->key, a);
}

static bool chain_has_matter(const struct chain *c, const struct row_key *matter)
{
    for (size_t i = 0; i < c->holds_n; i++)
        if (row_key_eq(&c->holds[i].matter, matter))
            return true;
    return false;
}

/* Listed before the chain's row says it: alone, the row of the list means nothing. */
static enum status list_member(struct engine *e, const struct row_key *matter, const struct row_key *chain, struct err *err)
{
    struct row_key key[2] = {*matter, *chain};
    struct row row = {.table = TABLE_MEMBER, .op = ROW_PUT, .version = VERSION_ANY, .key = {(const char *)key, sizeof key}};
    struct group g = {.rows = &row, .rows_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    return g.result == OK ? OK : FAIL(err, g.result, "the registry did not answer: try again");
}

static enum status open_hold(struct engine *e, const struct category *cat, struct hold *h, int64_t now_ms, struct arena *a,
                             struct err *err)
{
    struct opening opening;
    struct entry entry;
    h->reason = arena_fmt(a, "opened by the category %.*s", STR_ARG(cat->name));
    h->by = e->actor.id;
    h->applied_ms = now_ms;
    h->review_ms = cat->review.set ? period_add_back(now_ms, &cat->review, e->policy.zone) : TIME_NONE;
    h->released_ms = h->grace_until_ms = h->waived_ms = TIME_NONE;
    h->covered = 1;
    h->system = true;
    if (!h->reason.p)
        return ARENA_FULL(err, a);
    TRY(hold_opening(e, &h->matter, h->matter_text, a, &opening, err));
    TRY(journal_hold(e, true, &opening, hold_scope_name(HOLD_IDS), 1, h->reason, h->review_ms, now_ms, a, &entry, err));
    return hold_put(e, h, &entry, a, err);
}

/* Matter and row key of the hold that the category opens for this chain. Two sources may use one id: a row each. */
static enum status name_hold(struct engine *e, const struct category *cat, const struct chain *c, struct arena *a,
                             struct hold *h, struct err *err)
{
    struct str id = naming_id(c, a);
    struct str of_chain = arena_fmt(a, "%.*s/%.*s/%.*s", STR_ARG(cat->hold), STR_ARG(c->source), STR_ARG(id));
    *h = (struct hold){.scope = HOLD_IDS, .matter_text = arena_fmt(a, "%.*s/%.*s", STR_ARG(cat->hold), STR_ARG(id))};
    if (!id.p || !h->matter_text.p || !of_chain.p)
        return ARENA_FULL(err, a);
    h->matter = row_key_of_matter(&e->registry->identifier, h->matter_text);
    h->key = row_key_of_matter(&e->registry->identifier, of_chain);
    return OK;
}

/* Whether it is in force; written when there has been none. */
static enum status stands(struct engine *e, const struct category *cat, struct hold *h, bool *yes, int64_t now_ms,
                          struct arena *a, struct err *err)
{
    struct str body;
    uint64_t version;
    *yes = true;
    TRY(registry_record_get(e->registry, TABLE_HOLD, (struct str){(const char *)h->key.b, ROW_KEY_BYTES}, a, &body, &version, err));
    if (!version)
        return open_hold(e, cat, h, now_ms, a, err);
    TRY(engine_holds(e, NULL, err));
    for (size_t i = 0; i < e->holds_n; i++)
        if (row_key_eq(&e->holds[i].key, &h->key))
            *yes = hold_in_force(&e->holds[i]);
    return OK;
}

static enum status join(struct engine *e, struct chain *c, const struct row_key *matter, const struct row_key *leg, int64_t now_ms,
                        struct arena *a, struct err *err)
{
    struct chain_hold *more = ARENA_ARRAY(a, struct chain_hold, c->holds_n + 1);
    if (!more)
        return ARENA_FULL(err, a);
    TRY(list_member(e, matter, &c->key, err));
    if (c->holds_n)
        memcpy(more, c->holds, c->holds_n * sizeof *more);
    more[c->holds_n++] = (struct chain_hold){.matter = *matter, .since_ms = now_ms, .leg = *leg};
    c->holds = more;
    return OK;
}

static bool was_released(const struct chain *c, const struct row_key *matter)
{
    for (size_t i = 0; i < c->past_holds_n; i++)
        if (row_key_eq(&c->past_holds[i].matter, matter))
            return true;
    return false;
}

enum status holds_open_for_category(struct engine *e, struct chain *chain, int64_t now_ms, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < chain->legs_n; i++) {
        bool unmapped, yes;
        struct hold h;
        const struct category *cat = policy_category_of(&e->policy, &chain->legs[i], &unmapped);
        if (!cat->hold.n)
            continue;
        TRY(name_hold(e, cat, chain, a, &h, err));
        if (chain_has_matter(chain, &h.matter) || was_released(chain, &h.matter))
            continue;
        TRY(stands(e, cat, &h, &yes, now_ms, a, err));
        if (yes)
            TRY(join(e, chain, &h.matter, &chain->legs[i].key, now_ms, a, err));
    }
    return OK;
}

/* ---- the list ---- */

static struct hold_summary summary_of(const struct hold *h, int64_t now_ms, const struct zone *z)
{
    static const struct period year = {.years = 1, .set = true};
    bool in_force = hold_in_force(h);
    return (struct hold_summary){
        .matter = h->matter_text, .by = h->by, .reason = h->reason, .scope = h->scope, .filter_text = h->filter_text,
        .since_ms = h->applied_ms, .review_ms = h->review_ms, .released_ms = h->released_ms,
        .waived_ms = h->waived_ms,
        .members = h->covered > 0 ? (uint64_t)h->covered : 0, .system = h->system,
        .overdue = in_force && h->review_ms != TIME_NONE && h->review_ms <= now_ms,
        .over_a_year = in_force && h->applied_ms != TIME_NONE && period_add_back(h->applied_ms, &year, z) <= now_ms,
    };
}

static int by_age(const void *a, const void *b)
{
    const struct hold_summary *x = a, *y = b;
    if (x->since_ms != y->since_ms)
        return x->since_ms < y->since_ms ? -1 : 1;
    return str_cmp(x->matter, y->matter);
}

/* A standing hold covers what was registered since it was matched. `list`: of the holds shown, in their order. */
static enum status count_standing(struct engine *e, struct hold *holds, size_t n, struct hold_summary *list, bool released_too,
                                  struct arena *a, struct err *err)
{
    const struct hold **standing = ARENA_ARRAY(a, const struct hold *, n + 1);
    uint64_t *counts = ARENA_ARRAY(a, uint64_t, n + 1);
    size_t *at = ARENA_ARRAY(a, size_t, n + 1), k = 0, shown = 0;
    if (!standing || !counts || !at)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++) {
        bool in_force = hold_in_force(&holds[i]);
        if (in_force && holds[i].scope != HOLD_IDS && holds[i].covered >= 0) {
            if (holds[i].scope == HOLD_FILTER)
                TRY(filter_parse(holds[i].filter_text, e->config.zone, a, &holds[i].filter, err));
            counts[k] = list[shown].members;
            at[k] = shown;
            standing[k++] = &holds[i];
        }
        shown += released_too || in_force;
    }
    TRY(hold_count_new(e, standing, counts, k, a, err));
    for (size_t i = 0; i < k; i++)
        list[at[i]].members = counts[i];
    return OK;
}

enum status holds_list(struct engine *e, bool released_too, struct arena *a, struct hold_summary **out, size_t *n,
                       struct err *err)
{
    struct hold *holds;
    size_t holds_n, kept = 0;
    TRY(registry_holds(e->registry, a, &holds, &holds_n, err));
    struct hold_summary *list = ARENA_ARRAY(a, struct hold_summary, holds_n + 1);
    struct account *accounts;
    size_t accounts_n;
    TRY(account_list(e, a, &accounts, &accounts_n, err));
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < holds_n; i++) {
        const struct hold *h = &holds[i];
        if (!released_too && !hold_in_force(h))
            continue;
        list[kept] = summary_of(h, engine_now(e), e->policy.zone);
        list[kept].by = actor_text(accounts, accounts_n, h->by, h->by_claim, a);
        if (!list[kept++].by.p && h->by.n)
            return ARENA_FULL(err, a);
    }
    TRY(count_standing(e, holds, holds_n, list, released_too, a, err));
    qsort(list, kept, sizeof *list, by_age);
    *out = list;
    *n = kept;
    return OK;
}
