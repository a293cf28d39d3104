/* hold_release.c - a matter is over: what no other hold covers is freed after its grace (rules 2.10, 2.11). */
#include "engine/hold_parts.h"
#include "model/schedule.h"

enum { MEMBERS_PAGE = 100 };

struct releasing {
    struct engine *e;
    struct row_key matter;
    int64_t now_ms, grace_until_ms;
    struct arena scratch;  /* of a page */
    uint64_t freed, still_held, busy;
    bool standing;         /* some of what was released stood on people or filters */
    bool strayed;          /* a chain is listed that does not bear the matter: its leg stands in another now */
    const struct hold *released;
    size_t released_n;
};

static enum status release_row(struct releasing *x, struct hold *h, struct str reason, struct arena *a, struct err *err)
{
    struct opening opening;
    struct entry entry;
    h->released_ms = x->now_ms;
    h->released_by = x->e->actor.id;
    h->grace_until_ms = x->grace_until_ms;
    TRY(hold_opening(x->e, &h->matter, h->matter_text, a, &opening, err));
    TRY(journal_hold(x->e, false, &opening, hold_scope_name(h->scope), h->covered > 0 ? (uint64_t)h->covered : 0, reason, TIME_NONE,
                     x->now_ms, a, &entry, err));
    return hold_put(x->e, h, &entry, a, err);
}

/* Those in force, released; kept first in `holds`. */
static enum status release_rows(struct releasing *x, struct hold *holds, size_t n, struct str reason, struct arena *a, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!row_key_eq(&holds[i].matter, &x->matter) || !hold_in_force(&holds[i]))
            continue;
        TRY(release_row(x, &holds[i], reason, a, err));
        if (holds[i].scope == HOLD_FILTER)
            TRY(filter_parse(holds[i].filter_text, x->e->config.zone, a, &holds[i].filter, err));
        x->standing |= holds[i].scope != HOLD_IDS;
        holds[kept++] = holds[i];
    }
    x->released = holds;
    x->released_n = kept;
    return OK;
}

static bool was_covered(const struct releasing *x, const struct chain *c)
{
    for (size_t i = 0; i < x->released_n; i++)
        if (hold_covers(&x->released[i], c))
            return true;
    return false;
}

/* ---- membership by ids ---- */

static enum status members_of(struct releasing *x, const struct chain *chains, size_t n, struct hold_member **out, size_t *out_n,
                              struct err *err)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += chains[i].holds_n;
    struct hold_member *members = ARENA_ARRAY(&x->scratch, struct hold_member, total + 1);
    if (!members)
        return ARENA_FULL(err, &x->scratch);
    *out_n = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < chains[i].holds_n; k++)
            if (row_key_eq(&chains[i].holds[k].matter, &x->matter))
                members[(*out_n)++] = (struct hold_member){.contact = chains[i].holds[k].leg, .source = chains[i].source};
    *out = members;
    return OK;
}

/* Released meanwhile and applied again: what the new hold names must not be freed by the old release. */
static enum status applied_again(struct releasing *x, bool *yes, struct err *err)
{
    struct hold *holds;
    size_t n;
    TRY(registry_holds(x->e->registry, &x->scratch, &holds, &n, err));
    *yes = false;
    for (size_t i = 0; i < n; i++)
        *yes |= row_key_eq(&holds[i].matter, &x->matter) && holds[i].scope == HOLD_IDS && hold_in_force(&holds[i]);
    return OK;
}

static enum status release_members(struct releasing *x, struct hold_member *members, size_t n, struct err *err)
{
    bool again;
    if (!n)
        return OK;
    size_t left = n, before;
    do { /* legs of one chain share its row: some go in the next round */
        before = left;
        TRY(registry_hold_members(x->e->registry, &x->matter, false, x->now_ms, x->grace_until_ms, members, n, &x->scratch, err));
        left = 0;
        for (size_t i = 0; i < n; i++)
            left += members[i].result != OK && members[i].result != E_ABSENT;
    } while (left && left < before);
    x->busy += left;
    TRY(applied_again(x, &again, err));
    if (!again)
        return OK;
    TRY(registry_hold_members(x->e->registry, &x->matter, true, x->now_ms, TIME_NONE, members, n, &x->scratch, err));
    return FAIL(err, E_CONFLICT, "the matter was applied again meanwhile: what it names stays held");
}

static bool chain_held_now(const struct engine *e, const struct chain *c)
{
    return chain_held(c, e->holds, e->holds_n, &e->policy);
}

static void count_chain(struct releasing *x, const struct chain *c)
{
    if (c->state == CHAIN_ERASED || !c->legs_n)
        return;
    if (chain_held_now(x->e, c))
        x->still_held++;
    else
        x->freed++;
}

static bool bears(const struct releasing *x, const struct chain *c)
{
    for (size_t i = 0; i < c->holds_n; i++)
        if (row_key_eq(&c->holds[i].matter, &x->matter))
            return true;
    return false;
}

/* A row of the list whose chain does not bear the matter (covered by a standing hold, or moved away) goes. */
static enum status unlist(struct releasing *x, const struct row *rows, const struct chain *chains, size_t n, struct err *err)
{
    struct row *gone = ARENA_ARRAY(&x->scratch, struct row, n + 1);
    struct group g = {.rows = gone};
    if (!gone)
        return ARENA_FULL(err, &x->scratch);
    for (size_t i = 0; i < n; i++) {
        if (bears(x, &chains[i]))
            continue;
        x->strayed |= !chains[i].version || !was_covered(x, &chains[i]);
        gone[g.rows_n++] = (struct row){.table = TABLE_MEMBER, .op = ROW_REMOVE, .version = VERSION_ANY, .key = rows[i].key};
    }
    return g.rows_n ? registry_commit(x->e->registry, &g, 1, err) : OK;
}

static enum status release_page(struct releasing *x, const struct row *rows, size_t n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(&x->scratch, struct row_key, n);
    struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, n), *after = ARENA_ARRAY(&x->scratch, struct chain, n);
    struct hold_member *members;
    size_t members_n;
    if (!keys || !chains || !after)
        return ARENA_FULL(err, &x->scratch);
    for (size_t i = 0; i < n; i++)
        memcpy(keys[i].b, rows[i].key.p + ROW_KEY_BYTES, ROW_KEY_BYTES);
    TRY(registry_chains(x->e->registry, keys, n, &x->scratch, chains, err));
    TRY(members_of(x, chains, n, &members, &members_n, err));
    TRY(release_members(x, members, members_n, err));
    TRY(unlist(x, rows, chains, n, err));
    TRY(registry_chains(x->e->registry, keys, n, &x->scratch, after, err));
    for (size_t i = 0; i < n; i++)
        if (was_covered(x, &chains[i]) ? after[i].queue != QUEUE_PARKED : bears(x, &chains[i]))
            count_chain(x, &after[i]); /* those parked are counted when they are woken */
    return OK;
}

static enum status release_listed(struct releasing *x, uint64_t *listed, struct err *err)
{
    struct row_key after[2];
    struct str from = STR_NONE;
    size_t n;
    do {
        struct row *rows;
        TRY(registry_record_page(x->e->registry, TABLE_MEMBER, (struct str){(const char *)x->matter.b, ROW_KEY_BYTES}, from,
                                 MEMBERS_PAGE, &x->scratch, &rows, &n, err));
        for (size_t i = 0; i < n; i++)
            if (rows[i].key.n != sizeof after)
                return FAIL(err, E_IO, "the list of what a matter holds is damaged: restore the registry from a backup");
        if (n)
            TRY(release_page(x, rows, n, err));
        if (n)
            memcpy(after, rows[n - 1].key.p, sizeof after);
        from = (struct str){(const char *)after, sizeof after};
        *listed += n;
        arena_reset(&x->scratch);
    } while (n == MEMBERS_PAGE);
    return OK;
}

/* ---- what stands parked because of it ---- */

static enum status wake_chain(struct releasing *x, struct chain *c, struct err *err)
{
    struct row row;
    bool stray = bears(x, c);
    if (!stray && !was_covered(x, c))
        return OK;
    if (stray) {
        struct hold_member *members;
        size_t n;
        TRY(members_of(x, c, 1, &members, &n, err));
        TRY(release_members(x, members, n, err));
        struct row_key key = c->key;
        TRY(registry_chains(x->e->registry, &key, 1, &x->scratch, c, err));
    }
    count_chain(x, c);
    if (chain_claimed(c) || chain_held_now(x->e, c))
        return OK; /* whoever has it places it */
    chain_place(c, x->e->holds, x->e->holds_n, &x->e->policy, x->now_ms);
    TRY(registry_chain_row(c, &x->scratch, &row, err));
    struct group g = {.rows = &row, .rows_n = 1};
    return registry_commit(x->e->registry, &g, 1, err); /* a conflict: somebody has just placed it */
}

static enum status wake_parked(struct releasing *x, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_PARKED, .category = -1, .until_ms = INT64_MAX};
    size_t n;
    do {
        struct queue_line *lines;
        TRY(registry_queue(x->e->registry, &q, HOLD_PAGE, &x->scratch, &lines, &n, err));
        struct row_key *keys = ARENA_ARRAY(&x->scratch, struct row_key, n + 1);
        struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, n + 1);
        if (!keys || !chains)
            return ARENA_FULL(err, &x->scratch);
        for (size_t i = 0; i < n; i++)
            keys[i] = lines[i].chain;
        TRY(registry_chains(x->e->registry, keys, n, &x->scratch, chains, err));
        for (size_t i = 0; i < n; i++)
            if (chains[i].version)
                TRY(wake_chain(x, &chains[i], err));
        if (n) {
            q.after = true;
            q.after_category = lines[n - 1].category;
            q.after_time_ms = lines[n - 1].time_ms;
            q.after_key = lines[n - 1].chain;
        }
        arena_reset(&x->scratch);
    } while (n == HOLD_PAGE);
    return OK;
}

static enum status release_all(struct releasing *x, struct err *err)
{
    uint64_t listed = 0;
    TRY(engine_holds(x->e, NULL, err));
    TRY(release_listed(x, &listed, err));
    if (!listed && !x->released_n)
        return FAIL(err, E_ABSENT, "no hold of this matter is in force");
    TRY(engine_holds(x->e, NULL, err));
    if (x->standing || x->strayed)
        TRY(wake_parked(x, err));
    if (x->busy)
        return FAIL(err, E_RETRY, "%llu contacts stay held: their rows change too fast; release the matter again",
                    (unsigned long long)x->busy);
    return engine_holds(x->e, NULL, err);
}

enum status hold_release(struct engine *e, struct str matter, struct str reason, struct arena *a, uint64_t *freed,
                         uint64_t *still_held, struct err *err)
{
    struct releasing x = {.e = e, .now_ms = engine_now(e)};
    struct hold *holds;
    size_t n;
    x.matter = row_key_of_matter(&e->registry->identifier, str_trim(matter));
    x.grace_until_ms = period_add_back(x.now_ms, &e->policy.hold_grace, e->policy.zone);
    TRY(registry_holds(e->registry, a, &holds, &n, err));
    TRY(release_rows(&x, holds, n, reason, a, err));
    arena_init(&x.scratch, HOLD_SCRATCH_MAX);
    enum status s = release_all(&x, err);
    arena_release(&x.scratch);
    if (s != OK)
        return s;
    *freed = x.freed;
    *still_held = x.still_held;
    return OK;
}
