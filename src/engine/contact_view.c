/* contact_view.c - what is known of one contact, put together from its row, its work or ledger, holds and requests. */
#include "engine/contact_view.h"
#include "engine/actor.h"
#include "engine/ledger.h"
#include "engine/places.h"
#include "model/schedule.h"

enum { REQUESTS_PAGE = 200 };

enum status contact_whole(struct engine *e, struct chain *c, struct arena *a, struct artefact **work, size_t *n, struct err *err)
{
    uint64_t parts;
    *work = NULL;
    *n = 0;
    if (c->state != CHAIN_ERASED)
        return registry_work_get(e->registry, &c->key, a, work, n, &parts, err);
    struct ledger old;
    enum status s = ledger_get(e, &c->key, a, &old, err);
    if (s == E_ABSENT)
        return OK; /* its time is over: only the tombstone is left */
    TRY(s);
    c->legs = old.chain.legs;
    c->legs_n = old.chain.legs_n;
    *work = old.work;
    *n = old.work_n;
    return OK;
}

/* Of an erased chain as it was then: a store configured since has not been searched for it. */
static enum status view_places(struct engine *e, struct contact_view *v, struct arena *a, struct err *err)
{
    struct ledger old;
    if (v->chain.state != CHAIN_ERASED)
        return places_without_store(e, v->source, v->chain.legs, v->chain.legs_n, a, &v->residuals, &v->residuals_n, err);
    enum status s = ledger_get(e, &v->chain.key, a, &old, err);
    if (s == E_ABSENT)
        return OK;
    TRY(s);
    v->residuals = old.residuals;
    v->residuals_n = old.residuals_n;
    return OK;
}

static enum status view_ids(struct contact_view *v, struct arena *a, struct err *err)
{
    v->ids = ARENA_ARRAY(a, struct str, v->chain.legs_n + 1);
    if (!v->ids)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < v->chain.legs_n; i++) {
        const struct leg *leg = &v->chain.legs[i];
        if (leg->id.n)
            v->ids[v->ids_n++] = leg->id;
        else if (row_key_eq(&leg->key, &v->leg.key)) /* blanked, but whoever asks has just named it */
            v->ids[v->ids_n++] = v->id;
    }
    return OK;
}

static bool named(const struct str *list, size_t n, struct str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], s))
            return true;
    return false;
}

static enum status view_related(struct contact_view *v, struct arena *a, struct err *err)
{
    size_t most = 0;
    for (size_t i = 0; i < v->chain.legs_n; i++)
        most += v->chain.legs[i].related_n;
    v->related = ARENA_ARRAY(a, struct str, most + 1);
    if (!v->related)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < v->chain.legs_n; i++)
        for (size_t k = 0; k < v->chain.legs[i].related_n; k++)
            if (!named(v->related, v->related_n, v->chain.legs[i].related[k]))
                v->related[v->related_n++] = v->chain.legs[i].related[k];
    return OK;
}

static const struct hold *hold_of_matter(const struct engine *e, const struct row_key *matter)
{
    const struct hold *found = NULL;
    for (size_t i = 0; i < e->holds_n; i++)
        if (row_key_eq(&e->holds[i].matter, matter) && (!found || hold_in_force(&e->holds[i])))
            found = &e->holds[i];
    return found;
}

static bool matter_listed(const struct row_key *list, size_t n, const struct row_key *matter)
{
    for (size_t i = 0; i < n; i++)
        if (row_key_eq(&list[i], matter))
            return true;
    return false;
}

struct people { struct account *accounts; size_t n; bool see; struct arena *a; };

static struct hold_view hold_line(const struct people *p, const struct hold *h, int64_t since_ms, int64_t released_ms)
{
    struct hold_view line = {.since_ms = since_ms, .released_ms = released_ms};
    if (h)
        line.by = actor_text(p->accounts, p->n, h->by, h->by_claim, p->a);
    if (h && p->see)
        line.matter = h->matter_text;
    return line;
}

/* Holds by id stand on the row; standing ones are asked. One line a matter. */
static enum status view_holds(struct engine *e, struct contact_view *v, bool see, struct arena *a, struct err *err)
{
    const struct chain *c = &v->chain;
    size_t most = c->holds_n + c->past_holds_n + e->holds_n + 1, n = 0;
    struct row_key *seen = ARENA_ARRAY(a, struct row_key, most);
    v->holds = ARENA_ARRAY(a, struct hold_view, most);
    v->past_holds = ARENA_ARRAY(a, struct hold_view, most);
    struct people p = {.see = see, .a = a};
    if (!seen || !v->holds || !v->past_holds)
        return ARENA_FULL(err, a);
    TRY(account_list(e, a, &p.accounts, &p.n, err));
    for (size_t i = 0; i < c->holds_n; i++) {
        const struct hold *h = hold_of_matter(e, &c->holds[i].matter);
        if (matter_listed(seen, n, &c->holds[i].matter))
            continue;
        seen[n++] = c->holds[i].matter;
        v->holds[v->holds_n++] = hold_line(&p, h, c->holds[i].since_ms, TIME_NONE);
    }
    for (size_t i = 0; i < e->holds_n; i++) {
        const struct hold *h = &e->holds[i];
        if (!hold_in_force(h) || !hold_covers(h, c) || matter_listed(seen, n, &h->matter))
            continue;
        seen[n++] = h->matter;
        v->holds[v->holds_n++] = hold_line(&p, h, h->applied_ms, TIME_NONE);
    }
    for (size_t i = 0; i < c->past_holds_n; i++) {
        const struct hold *h = hold_of_matter(e, &c->past_holds[i].matter);
        v->past_holds[v->past_holds_n++] = hold_line(&p, h, h ? h->applied_ms : TIME_NONE, c->past_holds[i].since_ms);
    }
    for (size_t i = 0; i < e->holds_n; i++) {
        const struct hold *h = &e->holds[i];
        if (h->scope != HOLD_IDS && !hold_in_force(h) && hold_covers(h, c))
            v->past_holds[v->past_holds_n++] = hold_line(&p, h, h->applied_ms, h->released_ms);
    }
    return OK;
}

/* Confirmed as the person's, by a request that stands: a mere proposal says nothing of the contact. */
static bool request_names(const struct request *q, const struct row_key *chain)
{
    if (q->state == REQUEST_REFUSED || q->state == REQUEST_WITHDRAWN)
        return false;
    for (size_t i = 0; i < q->candidates_n; i++)
        if (q->candidates[i].state == CANDIDATE_CONFIRMED && row_key_eq(&q->candidates[i].chain, chain))
            return true;
    return false;
}

/* There are few requests beside contacts: each is asked whether it names this chain. */
static enum status view_requests(struct engine *e, struct contact_view *v, struct arena *a, struct err *err)
{
    struct str after = STR_NONE;
    size_t cap = 0, n = REQUESTS_PAGE;
    while (n == REQUESTS_PAGE) {
        struct request *page;
        TRY(registry_requests(e->registry, after, REQUESTS_PAGE, a, &page, &n, err));
        for (size_t i = 0; i < n; i++) {
            void *items = v->requests;
            if (!request_names(&page[i], &v->chain.key))
                continue;
            if (!arena_grow(a, &items, &cap, v->requests_n + 1, sizeof *v->requests))
                return ARENA_FULL(err, a);
            v->requests = items;
            v->requests[v->requests_n++] = page[i].id;
        }
        after = n ? page[n - 1].id : after;
    }
    return OK;
}

static void view_dates(struct engine *e, struct contact_view *v, int64_t now_ms)
{
    struct leg leg = leg_as_decided(&e->policy, &v->chain, &v->leg);
    const struct category *c = policy_category_of(&e->policy, &leg, &v->unmapped);
    struct schedule s = chain_schedule(&e->policy, &v->chain);
    v->category = c->name;
    v->anchor_ms = policy_anchor_ms(&e->policy, c, &leg);
    v->keep_until_ms = s.keep_until_ms;
    v->due_ms = s.due_ms;
    v->status = chain_status(&v->chain, e->holds, e->holds_n, &e->policy, now_ms);
}

enum status contact_view(struct engine *e, const struct found_contact *which, bool see_matters, struct arena *a, struct contact_view *out,
                         struct err *err)
{
    struct contact_view v = {.source = which->source, .id = which->id};
    TRY(engine_holds(e, NULL, err));
    TRY(registry_chains(e->registry, &which->chain, 1, a, &v.chain, err));
    if (!v.chain.version)
        return FAIL(err, E_ABSENT, "the contact was taken away just now");
    TRY(contact_whole(e, &v.chain, a, &v.artefacts, &v.artefacts_n, err));
    TRY(view_places(e, &v, a, err));
    const struct leg *leg = chain_leg(&v.chain, &which->contact);
    if (leg)
        v.leg = *leg;
    else
        leg_init(&v.leg); /* announced by a hold: no document has arrived */
    v.leg.key = which->contact;
    TRY(view_ids(&v, a, err));
    TRY(view_related(&v, a, err));
    TRY(view_holds(e, &v, see_matters, a, err));
    TRY(view_requests(e, &v, a, err));
    view_dates(e, &v, engine_now(e));
    *out = v;
    return OK;
}

struct str artefact_locator_hash(const struct engine *e, const struct artefact *f, struct arena *a)
{
    struct row_key k = row_key_of_locator(&e->registry->identifier, f->store, f->locator);
    return row_key_hex(&k, a);
}
