/*
 * Whose a found artefact may be besides (rule 2.20). Ids are opaque text, so "call_2_1.wav" may be call's or call_2's; two
 * sources may know one id; two documents may name one recording. Only the registry knows which of those contacts exist.
 */
#include "engine/job.h"
#include "model/schedule.h"

enum { LOCATOR_CHAINS_MAX = 100 };

struct claim_list { struct arena *a; struct row_key *keys; size_t n, cap; };

static enum status claim_add(struct claim_list *l, const struct row_key *key, struct err *err)
{
    void *items = l->keys;
    for (size_t i = 0; i < l->n; i++)
        if (row_key_eq(&l->keys[i], key))
            return OK;
    if (!arena_grow(l->a, &items, &l->cap, l->n + 1, sizeof *l->keys))
        return ARENA_FULL(err, l->a);
    l->keys = items;
    l->keys[l->n++] = *key;
    return OK;
}

/* The same id in another source, where the store cannot tell them apart. */
static enum status claim_twins(struct run *r, const struct job *j, const struct leg *leg, struct claim_list *l, struct err *err)
{
    if (!r->sources)
        TRY(registry_sources(r->engine->registry, r->a, &r->sources, &r->sources_n, err));
    for (size_t i = 0; i < r->sources_n; i++) {
        struct row_key twin = engine_contact_key(r->engine, r->sources[i], leg->id);
        if (!str_eq(r->sources[i], j->chain.source))
            TRY(claim_add(l, &twin, err));
    }
    return OK;
}

static bool leg_names(const struct leg *leg, const struct locator *l)
{
    for (size_t i = 0; i < leg->locators_n; i++)
        if (str_eq(leg->locators[i].place, l->place) && str_eq(leg->locators[i].path, l->path))
            return true;
    return false;
}

/* Other contacts whose documents name the same place: a recording of two conversations. */
static enum status claim_locator(struct run *r, const struct locator *named, struct claim_list *l, struct err *err)
{
    struct row_key hash = row_key_of_locator(&r->engine->registry->identifier, named->place, named->path), *keys;
    size_t n;
    bool more;
    TRY(registry_by_subject(r->engine->registry, &hash, LOCATOR_CHAINS_MAX, r->a, &keys, &n, &more, err));
    struct chain *chains = ARENA_ARRAY(r->a, struct chain, n + 1);
    if (!chains)
        return ARENA_FULL(err, r->a);
    TRY(registry_chains(r->engine->registry, keys, n, r->a, chains, err));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < chains[i].legs_n; k++)
            if (leg_names(&chains[i].legs[k], named))
                TRY(claim_add(l, &chains[i].legs[k].key, err));
    return OK;
}

enum status claims_collect(struct run *r, const struct job *j, const struct leg *leg, bool sources_apart, const struct artefact *found,
                           struct artefact *to, struct err *err)
{
    struct claim_list l = {.a = r->a};
    for (size_t i = 0; i < to->claims_n; i++)
        TRY(claim_add(&l, &to->claims[i], err));
    for (size_t i = 0; found != to && i < found->claims_n; i++)
        TRY(claim_add(&l, &found->claims[i], err));
    if (!sources_apart && !found->of_source)
        TRY(claim_twins(r, j, leg, &l, err));
    if (found->named_by)
        TRY(claim_locator(r, found->named_by, &l, err));
    to->claims = l.keys;
    to->claims_n = l.n;
    to->named_by = NULL;
    return OK;
}

/* Registered, or announced by a hold, and not erased. */
static bool exists(const struct chain *c, const struct row_key *contact)
{
    if (!c->version || (c->state == CHAIN_ERASED && !chain_is_risen(c)))
        return false;
    return c->state == CHAIN_ANNOUNCED || chain_leg(c, contact);
}

static enum status share(struct run *r, struct artefact *f, const struct chain *chains, struct err *err)
{
    struct row_key *owners = ARENA_ARRAY(r->a, struct row_key, f->claims_n + 1);
    size_t n = 0;
    if (!owners)
        return ARENA_FULL(err, r->a);
    owners[n++] = f->contact;
    for (size_t i = 0; i < f->claims_n; i++)
        if (!row_key_eq(&f->claims[i], &f->contact) && exists(&chains[i], &f->claims[i]))
            owners[n++] = f->claims[i];
    if (n == 1)
        return OK;
    f->scope = SCOPE_SHARED;
    f->owners = owners;
    f->owners_n = n;
    return OK;
}

static bool has_claims(const struct job *j, const struct artefact *f)
{
    return j->active && f->claims_n && f->scope == SCOPE_CONTACT;
}

enum status run_claims(struct run *r, struct err *err)
{
    size_t n = 0, k = 0;
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            n += has_claims(j, f) ? f->claims_n : 0;
    if (!n)
        return OK;
    struct row_key *claims = ARENA_ARRAY(r->a, struct row_key, n), *keys = ARENA_ARRAY(r->a, struct row_key, n);
    struct chain *chains = ARENA_ARRAY(r->a, struct chain, n);
    if (!claims || !keys || !chains)
        return ARENA_FULL(err, r->a);
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            for (size_t i = 0; has_claims(j, f) && i < f->claims_n; i++)
                claims[k++] = f->claims[i];
    TRY(registry_chain_of(r->engine->registry, claims, n, r->a, keys, err));
    TRY(registry_chains(r->engine->registry, keys, n, r->a, chains, err));
    k = 0;
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            if (has_claims(j, f)) {
                size_t all = f->claims_n;
                TRY(share(r, f, chains + k, err));
                k += all;
            }
    return OK;
}
