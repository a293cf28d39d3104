/* restore_rise.c - what was done to a store since its backup, made due again chain by chain. */
#include "engine/ledger.h"
#include "engine/restore.h"

enum { PAGE = 200, PAGE_ARENA_MAX = 512 << 20, TRIES_MAX = 10 };

struct rising { struct engine *e; struct restore *r; int64_t since_ms; struct arena page; };

/* Only what changed something there can have come back. */
static bool was_changed(const struct rising *g, const struct artefact *f)
{
    bool changed = f->outcome == OUT_GONE || f->outcome == OUT_ABSENT || f->outcome == OUT_SCRUBBED || f->outcome == OUT_PSEUDONYMISED ||
                   f->outcome == OUT_RESTRICTED || f->outcome == OUT_ATTESTED;
    return changed && str_eq(f->store, g->r->store) && (f->at_ms == TIME_NONE || f->at_ms >= g->since_ms);
}

/* To be done again; what it was changed into is no longer known to be so. */
static bool make_undone(const struct rising *g, struct artefact *work, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        if (was_changed(g, &work[i])) {
            any = true;
            work[i].outcome = OUT_UNKNOWN;
            work[i].verified_ms = work[i].not_before_ms = work[i].first_try_ms = TIME_NONE;
            work[i].tries = 0;
        }
    return any;
}

static void rise_chain(struct rising *g, struct chain *c, bool tombstone)
{
    int64_t now = engine_now(g->e);
    if (tombstone) { /* what a request erased is judged by the request's regime again (decide.c) */
        c->mandate = (struct mandate){.reason = REASON_REPLAYED, .actor = g->e->actor.id, .regime = c->mandate.regime,
                                      .request_id = c->mandate.request_id, .accepted_ms = now, .deadline_ms = TIME_NONE};
        c->purged_ms = TIME_NONE;
        c->risen_ms = now;
    }
    c->state = CHAIN_ERASING;
    c->mandate.run_id = g->r->id;
    c->next_ms = now;
    c->tries = 0;
    c->verified_ms = c->verified_again_ms = c->retained_until_ms = TIME_NONE;
    c->partial = c->failed = false;
    chain_place(c, g->e->holds, g->e->holds_n, &g->e->policy, now);
}

static enum status commit_risen(struct rising *g, struct chain *c, const struct artefact *work, size_t n, uint64_t parts, struct err *err)
{
    struct arena *a = &g->page;
    struct engine *e = g->e;
    struct opening opening;
    struct entry entry;
    struct row *rows = NULL;
    size_t rows_n = 0;
    bool needed;
    TRY(opening_of_chain(e, c, a, &opening, err));
    TRY(journal_risen(e, &opening, STR("restore"), engine_now(e), a, &entry, err));
    TRY(registry_work_rows(&c->key, work, n, parts, a, &rows, &rows_n, err));
    struct row *all = ARENA_ARRAY(a, struct row, rows_n + 2);
    if (!all)
        return ARENA_FULL(err, a);
    if (rows_n)
        memcpy(all, rows, rows_n * sizeof *rows);
    TRY(registry_chain_row(c, a, &all[rows_n++], err));
    TRY(opening_row(e, &opening, engine_now(e), a, &all[rows_n], &needed, err));
    struct group group = {.rows = all, .rows_n = rows_n + needed, .entries = &entry, .entries_n = 1};
    TRY(registry_commit(e->registry, &group, 1, err));
    return group.result;
}

static enum status rise_tombstone(struct rising *g, struct chain *c, bool *risen, struct err *err)
{
    struct ledger old;
    struct artefact *stored;
    size_t stored_n;
    uint64_t parts;
    enum status s = ledger_get(g->e, &c->key, &g->page, &old, err);
    if (s == E_ABSENT)
        return OK;
    TRY(s);
    if (!make_undone(g, old.work, old.work_n))
        return OK;
    TRY(registry_work_get(g->e->registry, &c->key, &g->page, &stored, &stored_n, &parts, err));
    c->legs = old.chain.legs;
    c->legs_n = old.chain.legs_n;
    *risen = true;
    rise_chain(g, c, true);
    return commit_risen(g, c, old.work, old.work_n, parts, err);
}

static enum status rise_under_way(struct rising *g, struct chain *c, bool *risen, struct err *err)
{
    struct artefact *work;
    size_t n;
    uint64_t parts;
    TRY(registry_work_get(g->e->registry, &c->key, &g->page, &work, &n, &parts, err));
    if (!make_undone(g, work, n))
        return OK;
    *risen = true;
    rise_chain(g, c, false);
    return commit_risen(g, c, work, n, parts, err);
}

/* A worker's settlement would write over this: the restore must see every outcome. A dead one settles nothing any more: the
 * row it claimed is about to be another. */
static enum status take_from_the_dead(struct rising *g, struct chain *c, struct err *err)
{
    bool alive = false;
    if (!chain_claimed(c))
        return OK;
    TRY(registry_workers_alive(g->e->registry, &c->worker, 1, engine_now(g->e), &g->page, &alive, err));
    if (alive)
        return FAIL(err, E_RETRY, "a worker is busy with contacts of this store; declare the restore again when it has ended");
    c->worker = (struct row_key){{0}};
    c->claimed_ms = TIME_NONE;
    return OK;
}

static enum status rise_one(struct rising *g, const struct row_key *key, struct err *err)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct chain c;
        bool risen = false;
        enum status s = OK;
        TRY(registry_chains(g->e->registry, key, 1, &g->page, &c, err));
        if (!c.version)
            return OK;
        TRY(take_from_the_dead(g, &c, err));
        if (c.state == CHAIN_ERASED)
            s = rise_tombstone(g, &c, &risen, err);
        else if (c.state == CHAIN_ERASING)
            s = rise_under_way(g, &c, &risen, err);
        if (s == OK)
            g->r->risen += risen;
        if (s != E_CONFLICT)
            return s;
    }
    return FAIL(err, E_RETRY, "others keep changing a contact; declare the restore again");
}

/* Read together first: of what waits in a queue few have been changed at all. */
static enum status rise_page(struct rising *g, const struct queue_line *lines, size_t n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(&g->page, struct row_key, n + 1);
    struct chain *chains = ARENA_ARRAY(&g->page, struct chain, n + 1);
    if (!keys || !chains)
        return ARENA_FULL(err, &g->page);
    for (size_t i = 0; i < n; i++)
        keys[i] = lines[i].chain;
    TRY(registry_chains(g->e->registry, keys, n, &g->page, chains, err));
    for (size_t i = 0; i < n; i++)
        if (chains[i].state == CHAIN_ERASED || chains[i].state == CHAIN_ERASING)
            TRY(rise_one(g, &keys[i], err));
    return OK;
}

static enum status rise_queue(struct rising *g, struct queue_query q, struct err *err)
{
    enum status s = OK;
    for (size_t n = PAGE; s == OK && n == PAGE; arena_reset(&g->page)) {
        struct queue_line *lines;
        s = registry_queue(g->e->registry, &q, PAGE, &g->page, &lines, &n, err);
        if (s == OK)
            s = rise_page(g, lines, n, err);
        if (s == OK && n) {
            q.after = true;
            q.after_category = lines[n - 1].category;
            q.after_time_ms = lines[n - 1].time_ms;
            q.after_key = lines[n - 1].chain;
        }
        if (g->e->progress.tick)
            g->e->progress.tick(g->e->progress.ctx, "contacts to erase again", g->r->risen, 0);
    }
    return s;
}

enum status restore_rise(struct engine *e, struct restore *r, int64_t since_ms, struct err *err)
{
    /* Chains under way come first: those made risen below enter these queues themselves. */
    static const enum chain_queue under_way[] = {QUEUE_RETRY, QUEUE_VERIFY, QUEUE_KEPT, QUEUE_MIXED, QUEUE_PARKED, QUEUE_RISEN, QUEUE_WAKE};
    struct rising g = {.e = e, .r = r, .since_ms = since_ms};
    TRY(engine_holds(e, NULL, err));
    arena_init(&g.page, PAGE_ARENA_MAX);
    enum status s = OK;
    for (size_t i = 0; s == OK && i < ARRAY_LEN(under_way); i++)
        s = rise_queue(&g, (struct queue_query){.queue = under_way[i], .category = -1, .until_ms = INT64_MAX}, err);
    /* Ledger lines stand in order of their last change; no line's changes are later than that. */
    struct queue_query ledger = {.queue = QUEUE_LEDGER, .category = -1, .until_ms = INT64_MAX, .after = true, .after_time_ms = since_ms - 1};
    memset(ledger.after_key.b, 0xff, sizeof ledger.after_key.b);
    if (s == OK)
        s = rise_queue(&g, ledger, err);
    arena_release(&g.page);
    return s;
}
