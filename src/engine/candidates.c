/* candidates.c - contacts that may be the person's, proposed by hash; a person confirms or excludes (rule 2.28). */
#include "engine/hold_parts.h"
#include "engine/request_parts.h"

enum { CHAINS_MAX = 20000, PAGE = 500 };

/* Whether this identifier proposes the leg. TABLE_SUBJECT may be older than the chain: the leg itself must bear the hash. */
static bool leg_matches(const struct request *q, size_t i, const struct leg *leg)
{
    bool bears = false;
    for (size_t k = 0; k < leg->subjects_n; k++)
        bears |= row_key_eq(&leg->subjects[k], &q->subjects[i]);
    if (!bears)
        return false;
    if (i < q->identifiers_n && !identifier_covers(&q->identifiers[i], leg->started_ms))
        return false;
    if (leg->started_ms != TIME_NONE && leg->started_ms >= q->received_ms)
        return false; /* what came after the request is not asked for */
    return q->watch_until_ms == TIME_NONE || leg->registered_ms == TIME_NONE || leg->registered_ms <= q->watch_until_ms;
}

static bool chain_matches(const struct request *q, size_t i, const struct chain *c)
{
    if (!c->version || c->state == CHAIN_ERASED)
        return false;
    for (size_t k = 0; k < c->legs_n; k++)
        if (leg_matches(q, i, &c->legs[k]))
            return true;
    return false;
}

static struct candidate *candidate_of(const struct request *q, const struct row_key *chain)
{
    for (size_t i = 0; i < q->candidates_n; i++)
        if (row_key_eq(&q->candidates[i].chain, chain))
            return &q->candidates[i];
    return NULL;
}

struct looking { struct engine *e; struct request *q; size_t cap, added; struct arena *a; struct arena scratch; };

static enum status propose(struct looking *x, size_t i, const struct row_key *chain, struct err *err)
{
    void *items = x->q->candidates;
    if (x->q->candidates_n >= CHAINS_MAX)
        return FAIL(err, E_LIMIT, "more than %d contacts match this request: narrow its identifiers by dates", CHAINS_MAX);
    if (!arena_grow(x->a, &items, &x->cap, x->q->candidates_n + 1, sizeof *x->q->candidates))
        return ARENA_FULL(err, x->a);
    x->q->candidates = items;
    x->q->candidates[x->q->candidates_n++] = (struct candidate){
        .chain = *chain, .matched = x->q->subjects[i], .state = CANDIDATE_PROPOSED, .proposed_ms = engine_now(x->e)};
    x->added++;
    return OK;
}

static enum status look_by(struct looking *x, size_t i, struct err *err)
{
    struct row_key *keys;
    size_t n;
    bool more;
    TRY(registry_by_subject(x->e->registry, &x->q->subjects[i], CHAINS_MAX, &x->scratch, &keys, &n, &more, err));
    if (more)
        return FAIL(err, E_LIMIT, "one identifier matches more than %d contacts: it is no person's; leave it out or narrow it by dates", CHAINS_MAX);
    for (size_t done = 0; done < n; done += PAGE) {
        size_t page = n - done < PAGE ? n - done : PAGE;
        struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, page);
        if (!chains)
            return ARENA_FULL(err, &x->scratch);
        TRY(registry_chains(x->e->registry, keys + done, page, &x->scratch, chains, err));
        for (size_t k = 0; k < page; k++)
            if (chain_matches(x->q, i, &chains[k]) && !candidate_of(x->q, &chains[k].key))
                TRY(propose(x, i, &chains[k].key, err));
    }
    return OK;
}

enum status request_look(struct engine *e, struct request *q, struct arena *a, size_t *added, struct err *err)
{
    struct looking x = {.e = e, .q = q, .cap = q->candidates_n, .a = a};
    enum status s = OK;
    arena_init(&x.scratch, REQUEST_SCRATCH_MAX);
    for (size_t i = 0; i < q->subjects_n && s == OK; i++) {
        s = look_by(&x, i, err);
        arena_reset(&x.scratch);
    }
    arena_release(&x.scratch);
    if (s == OK)
        *added = x.added;
    return s;
}

static bool may_propose(const struct request *q, int64_t now_ms)
{
    if (q->state == REQUEST_REFUSED || q->state == REQUEST_WITHDRAWN)
        return false;
    return q->state != REQUEST_COMPLETED || now_ms <= q->watch_until_ms;
}

enum status request_propose(struct engine *e, struct str id, struct arena *a, struct request *out, struct err *err)
{
    struct request q;
    size_t added;
    TRY(registry_request_get(e->registry, id, a, &q, err));
    if (may_propose(&q, engine_now(e))) {
        TRY(request_look(e, &q, a, &added, err));
        if (added)
            TRY(request_save(e, &q, NULL, 0, a, err));
    }
    *out = q;
    return OK;
}

/* ---- confirm and exclude ---- */

static enum status check_decidable(const struct request *q, struct err *err)
{
    switch (q->state) {
    case REQUEST_RECEIVED:
    case REQUEST_VERIFYING:
        return FAIL(err, E_DENIED, "request %.*s: the person's identity has not been checked yet", STR_ARG(q->id));
    case REQUEST_ASSESSING:
    case REQUEST_RUNNING:
    case REQUEST_PARTIAL:
    case REQUEST_COMPLETED:
        return OK;
    case REQUEST_REFUSED:
    case REQUEST_WITHDRAWN:
    case REQUEST_STATE_COUNT:
        break;
    }
    return FAIL(err, E_INVALID, "request %.*s is %s", STR_ARG(q->id), request_state_name(q->state));
}

/* What has been confirmed is being erased as soon as the request runs. */
static enum status decide_one(const struct request *q, struct candidate *c, bool confirm, size_t *changed, struct err *err)
{
    if (!confirm && c->state == CANDIDATE_CONFIRMED && q->state != REQUEST_ASSESSING)
        return FAIL(err, E_INVALID, "request %.*s is %s: a contact confirmed before can no longer be excluded", STR_ARG(q->id),
                    request_state_name(q->state));
    enum candidate_state to = confirm ? CANDIDATE_CONFIRMED : CANDIDATE_EXCLUDED;
    *changed += c->state != to;
    c->state = to;
    return OK;
}

static enum status decide_named(struct engine *e, const struct request *q, struct str given, bool confirm, size_t *changed, struct arena *a,
                                struct err *err)
{
    struct found_contact *found;
    size_t n, matched = 0;
    TRY(engine_resolve(e, str_trim(given), STR_NONE, a, &found, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct candidate *c = candidate_of(q, &found[i].chain);
        if (c)
            TRY(decide_one(q, c, confirm, changed, err));
        matched += c != NULL;
    }
    if (!matched)
        return FAIL(err, E_ABSENT, "%.*s is not among the contacts proposed for request %.*s", STR_ARG(given), STR_ARG(q->id));
    return OK;
}

enum status request_decide_candidates(struct engine *e, struct str id, const struct str *contacts, size_t n, bool confirm, struct arena *a,
                                      struct request *out, struct err *err)
{
    struct request q;
    struct entry entry;
    size_t changed = 0;
    TRY(registry_request_get(e->registry, id, a, &q, err));
    TRY(check_decidable(&q, err));
    for (size_t i = 0; i < n; i++)
        TRY(decide_named(e, &q, contacts[i], confirm, &changed, a, err));
    for (size_t i = 0; i < q.candidates_n && !n; i++)
        if (q.candidates[i].state == CANDIDATE_PROPOSED)
            TRY(decide_one(&q, &q.candidates[i], confirm, &changed, err));
    if (changed) {
        TRY(request_entry(e, &q, confirm ? "confirmed" : "excluded", (int64_t)changed, a, &entry, err));
        TRY(request_save(e, &q, &entry, 1, a, err));
    }
    *out = q;
    return OK;
}

/* ---- what waits for a person ---- */

static enum status undecided_page(struct engine *e, const struct row_key *keys, size_t n, size_t max, struct names *ids, size_t *total,
                                  struct arena *scratch, struct arena *a, struct err *err)
{
    struct chain *chains = ARENA_ARRAY(scratch, struct chain, n);
    if (!chains)
        return ARENA_FULL(err, scratch);
    TRY(registry_chains(e->registry, keys, n, scratch, chains, err));
    for (size_t i = 0; i < n; i++) {
        struct str id;
        if (!chains[i].version || chain_status(&chains[i], e->holds, e->holds_n, &e->policy, engine_now(e)) != STATUS_NEEDS_DECISION)
            continue;
        (*total)++;
        if (ids->n >= max)
            continue;
        TRY(hold_chain_id(e, &chains[i], scratch, &id, err));
        TRY(names_add(ids, id, a, err));
    }
    return OK;
}

enum status request_undecided(struct engine *e, const struct request *q, size_t max, struct arena *a, struct str **ids, size_t *n,
                              struct err *err)
{
    struct row_key *keys;
    struct names found = {.n = 0};
    struct arena scratch;
    size_t keys_n, total = 0;
    enum status s = OK;
    TRY(request_confirmed(q, a, &keys, &keys_n, err));
    TRY(engine_holds(e, NULL, err));
    arena_init(&scratch, REQUEST_SCRATCH_MAX);
    for (size_t done = 0; s == OK && done < keys_n; done += PAGE) {
        size_t page = keys_n - done < PAGE ? keys_n - done : PAGE;
        s = undecided_page(e, keys + done, page, max, &found, &total, &scratch, a, err);
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    *ids = found.items;
    *n = total;
    return s;
}
