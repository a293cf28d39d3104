/* hold_apply.c - a hold put in force; only then it is looked at what it met (rule 2.12). */
#include "engine/hold_parts.h"

#include "base/clock.h"

enum { POLL_MS = 200, MATCH_AT_ONCE_MAX = 2000000 };

struct applying {
    struct engine *e;
    const struct hold_order *order;
    struct arena *a;
    int64_t now_ms;
    struct hold hold;
    struct opening matter;
    struct naming naming;
    struct met met;
    bool whole;
};

/* A claim is the sign of work under way, whoever holds it: whether that worker lives is judged later, with its outcome. */
static bool is_in_flight(const struct chain *c)
{
    return c->state == CHAIN_ERASING || (chain_claimed(c) && c->state != CHAIN_ERASED);
}

static enum status flight_add(struct met *m, const struct chain *c, struct str id, struct arena *a, struct err *err)
{
    void *items = m->flights;
    if (!arena_grow(a, &items, &m->flights_cap, m->flights_n + 1, sizeof *m->flights))
        return ARENA_FULL(err, a);
    m->flights = items;
    m->flights[m->flights_n++] = (struct flight){.chain = c->key, .id = id};
    return OK;
}

enum status met_add(struct engine *e, struct met *m, const struct chain *c, struct str id, struct arena *a, struct err *err)
{
    bool erased = c->state == CHAIN_ERASED, flies = is_in_flight(c);
    m->covered += !erased;
    if (!id.n && (erased || flies))
        TRY(hold_chain_id(e, c, a, &id, err));
    if (erased)
        return names_add(&m->purged, id, a, err);
    return flies ? flight_add(m, c, id, a, err) : OK;
}

static enum status check_order(const struct hold_order *o, int64_t now_ms, struct err *err)
{
    if (!str_trim(o->matter).n || o->matter.n > MATTER_BYTES_MAX || !str_is_utf8(o->matter))
        return FAIL(err, E_INVALID, "a hold needs a matter (a case reference) of 1 to %d bytes", MATTER_BYTES_MAX);
    if (o->review_ms != TIME_NONE && o->review_ms <= now_ms)
        return FAIL(err, E_INVALID, "the review of a hold lies ahead: the date given has passed");
    if ((o->scope == HOLD_IDS && !o->ids_n) || (o->scope == HOLD_SUBJECT && !o->identifiers_n))
        return FAIL(err, E_INVALID, "the hold names nothing: give contact ids, a subject or a filter");
    return OK;
}

static enum status subjects_of(struct applying *x, struct err *err)
{
    const struct hold_order *o = x->order;
    x->hold.subjects = ARENA_ARRAY(x->a, struct row_key, o->identifiers_n);
    if (!x->hold.subjects)
        return ARENA_FULL(err, x->a);
    for (size_t i = 0; i < o->identifiers_n; i++)
        x->hold.subjects[x->hold.subjects_n++] =
            row_key_of_subject(&x->e->registry->identifier, o->identifiers[i].type, o->identifiers[i].value);
    return OK;
}

static enum status make_hold(struct applying *x, struct err *err)
{
    static const struct period year = {.years = 1, .set = true};
    const struct hold_order *o = x->order;
    x->hold = (struct hold){
        .matter_text = str_trim(o->matter), .reason = o->reason, .by = x->e->actor.id, .by_claim = x->e->actor.claim,
        .scope = o->scope, .applied_ms = x->now_ms, .released_ms = TIME_NONE, .grace_until_ms = TIME_NONE,
        .waived_ms = TIME_NONE,
        .review_ms = o->review_ms != TIME_NONE ? o->review_ms : period_add_back(x->now_ms, &year, x->e->policy.zone),
        .covered = o->scope == HOLD_IDS ? (int64_t)x->naming.n : -1,
    };
    crypto_random(x->hold.key.b, sizeof x->hold.key.b);
    x->hold.matter = row_key_of_matter(&x->e->registry->identifier, x->hold.matter_text);
    if (o->scope == HOLD_SUBJECT)
        TRY(subjects_of(x, err));
    if (o->scope == HOLD_FILTER)
        TRY(hold_filter_text(x->e, o->filter_text, x->a, &x->hold.filter_text, &x->hold.filter, err));
    return OK;
}

static enum status put_in_force(struct applying *x, struct err *err)
{
    struct entry entry;
    const struct hold *h = &x->hold;
    TRY(hold_opening(x->e, &h->matter, h->matter_text, x->a, &x->matter, err));
    TRY(journal_hold(x->e, true, &x->matter, hold_scope_name(h->scope), x->naming.n, h->reason, h->review_ms, x->now_ms, x->a,
                     &entry, err));
    TRY(hold_put(x->e, &x->hold, &entry, x->a, err));
    return h->scope == HOLD_IDS ? naming_hold(x->e, &x->naming, &h->matter, x->now_ms, err) : OK;
}

static enum status look(struct applying *x, struct err *err)
{
    x->whole = true;
    if (x->hold.scope == HOLD_IDS)
        return naming_look(x->e, &x->naming, x->a, &x->met, err);
    TRY(hold_match(x->e, &x->hold, MATCH_AT_ONCE_MAX, x->a, &x->met, &x->whole, err));
    if (!x->whole)
        return OK; /* followed up; what it covers is held all the same */
    x->hold.covered = (int64_t)x->met.covered;
    return hold_put(x->e, &x->hold, NULL, x->a, err);
}

/* Somebody may have followed it up, or released it, while we waited. */
static enum status hold_again(struct applying *x, struct err *err)
{
    struct hold *all;
    size_t n;
    TRY(registry_holds(x->e->registry, x->a, &all, &n, err));
    for (size_t i = 0; i < n; i++)
        if (row_key_eq(&all[i].key, &x->hold.key))
            x->hold = all[i];
    return OK;
}

static enum status wait_for_flights(struct applying *x, struct err *err)
{
    int64_t until = clock_monotonic_ms() + x->order->wait_ms;
    while (x->met.flights_n && clock_monotonic_ms() < until) {
        clock_sleep_ms(POLL_MS);
        enum status s = hold_follow(x->e, &x->hold, &x->met, x->a, err);
        if (s == E_CONFLICT)
            s = hold_again(x, err);
        TRY(s);
    }
    return OK;
}

static enum status reply(struct applying *x, struct hold_reply *out, struct err *err)
{
    struct names flying = {0};
    for (size_t i = 0; i < x->met.flights_n; i++)
        TRY(names_add(&flying, x->met.flights[i].id, x->a, err));
    names_settle(&flying);
    names_settle(&x->met.purged);
    const struct naming *n = &x->naming;
    *out = (struct hold_reply){
        .matter = x->hold.matter_text, .covered = x->whole ? (int64_t)x->met.covered : -1,
        .pending = n->pending.items, .pending_n = n->pending.n, .related = n->related.items, .related_n = n->related.n,
        .ambiguous = n->ambiguous.items, .ambiguous_n = n->ambiguous.n,
        .already_purged = x->met.purged.items, .already_purged_n = x->met.purged.n,
        .in_flight = flying.items, .in_flight_n = flying.n, .lost = x->met.lost, .lost_n = x->met.lost_n,
    };
    return OK;
}

enum status hold_apply(struct engine *e, const struct hold_order *o, struct arena *a, struct hold_reply *out, struct err *err)
{
    struct applying x = {.e = e, .order = o, .a = a, .now_ms = engine_now(e)};
    TRY(check_order(o, x.now_ms, err));
    if (o->scope == HOLD_IDS)
        TRY(naming_read(e, o, a, &x.naming, err));
    TRY(make_hold(&x, err));
    TRY(put_in_force(&x, err));
    TRY(look(&x, err));
    TRY(hold_take_off(e, &x.hold, &x.matter, &x.met, a, err));
    TRY(wait_for_flights(&x, err));
    TRY(engine_holds(e, NULL, err));
    return reply(&x, out, err);
}
