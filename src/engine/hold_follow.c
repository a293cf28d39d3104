/*
 * hold_follow.c - what became of chains that were being erased when a hold came (rule 2.12): freed, or lost with the
 * stores that were changed. What is not known to be whole counts as lost.
 */
#include "engine/hold_parts.h"

#include <stdlib.h>

#include "engine/ledger.h"

enum { IN_FLIGHT_MAX = 20000, AT_ONCE = 50, SCRATCH_MAX = 64 << 20 };

struct following {
    struct engine *e;
    const struct opening *matter;
    int64_t now_ms;
};
/* `over`: nobody works on it any more. */
struct fate {
    bool over, lost;
    struct str id;
    struct names stores;
    struct opening opening;
};

static bool may_be_changed(const struct artefact *f)
{
    enum outcome o = f->outcome;
    if (f->sent_ms != TIME_NONE) /* whatever the outcome became since: a change was sent */
        return true;
    return o == OUT_GONE || o == OUT_SCRUBBED || o == OUT_PSEUDONYMISED || o == OUT_RESTRICTED || o == OUT_SUBMITTED || o == OUT_ATTESTED;
}

static enum status changed_stores(const struct following *f, const struct chain *c, struct arena *a, struct fate *out, struct err *err)
{
    struct artefact *work = NULL;
    size_t n = 0;
    uint64_t parts;
    out->lost = c->state == CHAIN_ERASED;
    if (c->state == CHAIN_ERASED) {
        struct ledger old;
        enum status s = ledger_get(f->e, &c->key, a, &old, err);
        if (s != OK && s != E_ABSENT)
            return s;
        work = s == OK ? old.work : NULL;
        n = s == OK ? old.work_n : 0;
    } else {
        TRY(registry_work_get(f->e->registry, &c->key, a, &work, &n, &parts, err));
    }
    for (size_t i = 0; i < n; i++)
        if (may_be_changed(&work[i]))
            TRY(names_add(&out->stores, work[i].store, a, err));
    names_settle(&out->stores);
    out->lost |= out->stores.n > 0;
    return OK;
}

static enum status read_fate(const struct following *f, const struct row_key *key, struct arena *a, struct fate *out, struct err *err)
{
    struct chain c;
    *out = (struct fate){.over = false};
    TRY(registry_chains(f->e->registry, key, 1, a, &c, err));
    if (chain_claimed(&c)) {
        bool alive;
        TRY(registry_workers_alive(f->e->registry, &c.worker, 1, f->now_ms, a, &alive, err));
        if (alive)
            return OK;
        TRY(registry_chains(f->e->registry, key, 1, a, &c, err)); /* what it settled before it left */
    }
    if (chain_claimed(&c) || !row_key_is_none(&c.open_intent)) {
        bool buried;
        TRY(hold_bury(f->e, &c, a, &buried, err));
        if (!buried)
            return OK;
        TRY(registry_chains(f->e->registry, key, 1, a, &c, err));
    }
    out->over = true;
    TRY(changed_stores(f, &c, a, out, err));
    TRY(hold_chain_id(f->e, &c, a, &out->id, err));
    return opening_of_chain(f->e, &c, a, &out->opening, err);
}

static enum status fate_entry(const struct following *f, const struct fate *x, struct arena *a, struct entry *out, struct err *err)
{
    return journal_lost(f->e, &x->opening, f->matter, x->stores.items, x->stores.n, !x->lost, f->now_ms, a, out, err);
}

/* The fate's memory is a page's, the list's the answer's. */
static enum status lost_add(struct met *m, const struct fate *x, struct str id, struct arena *a, struct err *err)
{
    void *items = m->lost;
    struct names stores = {0};
    if (!arena_grow(a, &items, &m->lost_cap, m->lost_n + 1, sizeof *m->lost))
        return ARENA_FULL(err, a);
    m->lost = items;
    for (size_t i = 0; i < x->stores.n; i++)
        TRY(names_add(&stores, x->stores.items[i], a, err));
    struct str copy = arena_str(a, id.n ? id : x->id);
    if (!copy.p)
        return ARENA_FULL(err, a);
    m->lost[m->lost_n++] = (struct hold_lost){.id = copy, .stores = stores.items, .stores_n = stores.n};
    return OK;
}

/* The opening with the entry that refers to it. */
static enum status fate_group(const struct following *f, const struct fate *x, struct arena *a, struct group *out, struct err *err)
{
    struct row *row = ARENA_NEW(a, struct row);
    struct entry *entry = ARENA_NEW(a, struct entry);
    bool needed;
    if (!row || !entry)
        return ARENA_FULL(err, a);
    TRY(fate_entry(f, x, a, entry, err));
    TRY(opening_row(f->e, &x->opening, f->now_ms, a, row, &needed, err));
    *out = (struct group){.rows = row, .rows_n = needed, .entries = entry, .entries_n = 1};
    return OK;
}

struct taking { struct row_key *live; size_t live_n; size_t flights_n; };

static void stays_in_flight(struct taking *t, const struct row_key *chain)
{
    if (t->live_n < IN_FLIGHT_MAX)
        t->live[t->live_n++] = *chain;
}

/* A page of flights, those of one chain together: those over are logged, the others kept. */
static enum status take_page(const struct following *f, struct met *m, size_t from, size_t n, struct taking *t,
                             struct arena *scratch, struct arena *a, struct err *err)
{
    struct group groups[AT_ONCE];
    struct row_key of[AT_ONCE];
    size_t groups_n = 0;
    for (size_t i = from; i < from + n; i++) {
        struct fate x;
        struct flight flight = m->flights[i];
        bool repeated = i > 0 && row_key_eq(&m->flights[i - 1].chain, &flight.chain);
        TRY(read_fate(f, &flight.chain, scratch, &x, err));
        if (x.over && x.lost)
            TRY(lost_add(m, &x, flight.id, a, err));
        if (!x.over)
            m->flights[t->flights_n++] = flight;
        if (repeated)
            continue;
        if (!x.over) {
            stays_in_flight(t, &flight.chain);
            continue;
        }
        of[groups_n] = flight.chain;
        TRY(fate_group(f, &x, scratch, &groups[groups_n++], err));
    }
    TRY(registry_commit(f->e->registry, groups, groups_n, err));
    for (size_t i = 0; i < groups_n; i++)
        if (groups[i].result != OK) /* its opening has just been written by another: logged by the next follow-up */
            stays_in_flight(t, &of[i]);
    return OK;
}

static int by_chain(const void *a, const void *b)
{
    const struct flight *x = a, *y = b;
    return memcmp(x->chain.b, y->chain.b, ROW_KEY_BYTES);
}

enum status hold_take_off(struct engine *e, struct hold *h, const struct opening *matter, struct met *m, struct arena *a, struct err *err)
{
    struct following f = {.e = e, .matter = matter, .now_ms = engine_now(e)};
    struct arena scratch;
    size_t total = m->flights_n;
    struct taking t = {.live = ARENA_ARRAY(a, struct row_key, total + 1)};
    if (!total)
        return OK;
    if (!t.live)
        return ARENA_FULL(err, a);
    qsort(m->flights, total, sizeof *m->flights, by_chain);
    arena_init(&scratch, SCRATCH_MAX);
    enum status s = OK;
    for (size_t done = 0; s == OK && done < total; done += AT_ONCE) {
        s = take_page(&f, m, done, total - done < AT_ONCE ? total - done : AT_ONCE, &t, &scratch, a, err);
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    if (s != OK)
        return s;
    m->flights_n = t.flights_n;
    if (!t.live_n)
        return OK;
    h->in_flight = t.live;
    h->in_flight_n = t.live_n;
    return hold_put(e, h, NULL, a, err);
}

/* Entry and shortened list in one commit. The opening goes before: alone it says nothing. */
static enum status strike_out(const struct following *f, struct hold *h, size_t at, const struct fate *x, struct arena *scratch,
                              struct err *err)
{
    struct entry entry;
    struct row row;
    bool needed;
    TRY(fate_entry(f, x, scratch, &entry, err));
    TRY(opening_row(f->e, &x->opening, f->now_ms, scratch, &row, &needed, err));
    struct group g = {.rows = &row, .rows_n = 1};
    if (needed)
        TRY(registry_commit(f->e->registry, &g, 1, err));
    if (needed && g.result != OK)
        return FAIL(err, E_CONFLICT, "the contact was changed meanwhile");
    struct row_key key = h->in_flight[at];
    h->in_flight[at] = h->in_flight[h->in_flight_n - 1];
    h->in_flight_n--;
    enum status s = hold_put(f->e, h, &entry, scratch, err);
    if (s != OK) {
        h->in_flight[at] = key;
        h->in_flight_n++;
    }
    return s;
}

static struct str flight_id(const struct met *m, const struct row_key *chain)
{
    for (size_t i = 0; m && i < m->flights_n; i++)
        if (row_key_eq(&m->flights[i].chain, chain))
            return m->flights[i].id;
    return STR_NONE;
}

static void flight_remove(struct met *m, const struct row_key *chain)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->flights_n; i++)
        if (!row_key_eq(&m->flights[i].chain, chain))
            m->flights[kept++] = m->flights[i];
    m->flights_n = kept;
}

static enum status follow_one(const struct following *f, struct hold *h, size_t at, struct met *m, bool *over, struct arena *scratch,
                              struct arena *a, struct err *err)
{
    struct fate x;
    struct row_key chain = h->in_flight[at];
    TRY(read_fate(f, &chain, scratch, &x, err));
    *over = x.over;
    if (!x.over)
        return OK;
    TRY(strike_out(f, h, at, &x, scratch, err));
    if (m && x.lost)
        TRY(lost_add(m, &x, flight_id(m, &chain), a, err));
    if (m)
        flight_remove(m, &chain);
    return OK;
}

enum status hold_follow(struct engine *e, struct hold *h, struct met *m, struct arena *a, struct err *err)
{
    struct opening matter;
    struct arena scratch;
    if (!h->in_flight_n)
        return OK;
    TRY(hold_opening(e, &h->matter, h->matter_text, a, &matter, err));
    struct following f = {.e = e, .matter = &matter, .now_ms = engine_now(e)};
    arena_init(&scratch, SCRATCH_MAX);
    enum status s = OK;
    for (size_t i = 0; s == OK && i < h->in_flight_n;) {
        bool over = false;
        s = follow_one(&f, h, i, m, &over, &scratch, a, err);
        i += !over;
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    return s;
}

/* Whoever changed the row meanwhile is followed up the next time. */
static enum status follow_hold(struct engine *e, struct hold *h, struct arena *a, struct err *err)
{
    enum status s = hold_follow(e, h, NULL, a, err);
    if (s != OK || h->scope == HOLD_IDS || h->covered >= 0 || !hold_in_force(h))
        return s == E_CONFLICT ? OK : s;
    struct met m = {0};
    struct opening matter;
    bool whole;
    TRY(hold_match(e, h, 0, a, &m, &whole, err));
    TRY(hold_opening(e, &h->matter, h->matter_text, a, &matter, err));
    h->covered = (int64_t)m.covered;
    s = hold_put(e, h, NULL, a, err);
    if (s == OK)
        s = hold_take_off(e, h, &matter, &m, a, err);
    return s == E_CONFLICT ? OK : s;
}

enum status holds_follow_up(struct engine *e, struct arena *a, struct err *err)
{
    struct hold *holds;
    size_t n;
    TRY(registry_holds(e->registry, a, &holds, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (holds[i].scope == HOLD_FILTER)
            TRY(filter_parse(holds[i].filter_text, e->config.zone, a, &holds[i].filter, err));
        TRY(follow_hold(e, &holds[i], a, err));
    }
    return OK;
}
