/* policy_rewrite.c - chains written anew under a changed schedule, in batches; a crash leaves a note to go on (rule 2.7). */
#include "engine/holds.h"
#include "engine/policies.h"
#include "engine/journal.h"

enum { PAGE = 100, PLACE_PAGES = 100, PAGE_ARENA_MAX = 256 << 20, TRIES_MAX = 20 };

struct rewriting {
    struct engine *e;
    bool classify;
    bool overtaken;              /* another process has written the note: it goes on, or a newer schedule asks again */
    uint64_t rewritten, note_at; /* note_at: the note's version */
    struct walk walk;
    struct arena page;
};

/* ---- how far it is: "classify VERSION", then "classify VERSION PLACE REWRITTEN" ---- */

/* Where a process that ended left it; a place found under another schedule says nothing about this one. */
static void read_place(struct rewriting *w, struct str note)
{
    struct str word, version, place, count;
    size_t n = sizeof w->walk.at;
    int64_t rewritten;
    if (!str_split(note, ' ', &word, &note) || !str_split(note, ' ', &version, &note) || !str_split(note, ' ', &place, &count))
        return;
    if (!str_eq(version, w->e->policy.version) || !str_to_i64(count, &rewritten) || !hex_decode(place, w->walk.at, &n))
        return;
    w->walk.n = n;
    w->rewritten = (uint64_t)rewritten;
}

static enum status keep_place(struct rewriting *w, struct err *err)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_cstr(&b, "classify ");
    buf_str(&b, w->e->policy.version);
    buf_char(&b, ' ');
    buf_hex(&b, w->walk.at, w->walk.n);
    buf_fmt(&b, " %llu", (unsigned long long)w->rewritten);
    enum status s = registry_meta_put(w->e->registry, POLICY_REWRITE_META, buf_view(&b), w->note_at, NULL, err);
    buf_release(&b);
    w->overtaken = s == E_CONFLICT;
    w->note_at += s == OK;
    return s == E_CONFLICT ? OK : s;
}

/* ---- chains ---- */

static bool same_place(const struct chain *a, const struct chain *b)
{
    return a->queue == b->queue && a->queue_category == b->queue_category && a->queue_time_ms == b->queue_time_ms;
}

/* What retains a minimum's end in ERASING waits in the same queues as what has not begun. */
static bool is_placed_by_schedule(const struct chain *c)
{
    return c->state == CHAIN_ACTIVE || c->state == CHAIN_REVIEW ||
           (c->state == CHAIN_ERASING && (c->queue == QUEUE_KEPT || c->queue == QUEUE_MIXED));
}

static enum status rewrite_chain(struct rewriting *w, struct chain *c, bool *changed, struct err *err)
{
    struct engine *e = w->e;
    struct chain before = *c;
    bool moved = false;
    bool open_hold = false;
    for (size_t i = 0; w->classify && c->state != CHAIN_ERASING && i < c->legs_n; i++) {
        struct leg *leg = &c->legs[i];
        struct str was = leg->category, value = leg->unmapped_value;
        bool unmapped = leg->unmapped, defaulted = leg->defaulted;
        policy_classify(&e->policy, c->source, leg, &w->page);
        moved |= !str_eq(was, leg->category) || unmapped != leg->unmapped || defaulted != leg->defaulted || !str_eq(value, leg->unmapped_value);
        open_hold |= !str_eq(was, leg->category);
    }
    if (open_hold)
        TRY(holds_open_for_category(e, c, engine_now(e), &w->page, err));
    chain_place(c, e->holds, e->holds_n, &e->policy, engine_now(e));
    *changed = moved || !same_place(&before, c) || before.holds_n != c->holds_n;
    return OK;
}

static enum status rewrite_again(struct rewriting *w, const struct row_key *key, struct err *err)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct chain c;
        bool changed;
        TRY(registry_chains(w->e->registry, key, 1, &w->page, &c, err));
        if (!c.version || !is_placed_by_schedule(&c))
            return OK;
        TRY(rewrite_chain(w, &c, &changed, err));
        if (!changed)
            return OK;
        struct row row;
        struct group g = {.rows = &row, .rows_n = 1};
        TRY(registry_chain_row(&c, &w->page, &row, err));
        TRY(registry_commit(w->e->registry, &g, 1, err));
        if (g.result == OK) {
            w->rewritten++;
            return OK;
        }
    }
    return FAIL(err, E_RETRY, "others keep changing a contact; `expunge policy activate` goes on where it stopped");
}

static enum status rewrite_page(struct rewriting *w, struct chain *chains, size_t n, struct err *err)
{
    struct row *rows = ARENA_ARRAY(&w->page, struct row, n + 1);
    struct group *groups = ARENA_ARRAY(&w->page, struct group, n + 1);
    struct row_key *keys = ARENA_ARRAY(&w->page, struct row_key, n + 1);
    size_t k = 0;
    if (!rows || !groups || !keys)
        return ARENA_FULL(err, &w->page);
    TRY(engine_holds(w->e, NULL, err));
    for (size_t i = 0; i < n; i++) {
        bool changed = false;
        if (!is_placed_by_schedule(&chains[i]))
            continue;
        keys[k] = chains[i].key;
        TRY(rewrite_chain(w, &chains[i], &changed, err));
        if (!changed)
            continue;
        TRY(registry_chain_row(&chains[i], &w->page, &rows[k], err));
        groups[k] = (struct group){.rows = &rows[k], .rows_n = 1};
        k++;
    }
    if (k)
        TRY(registry_commit(w->e->registry, groups, k, err));
    for (size_t i = 0; i < k; i++) {
        w->rewritten += groups[i].result == OK;
        if (groups[i].result != OK)
            TRY(rewrite_again(w, &keys[i], err));
    }
    return OK;
}

static enum status rewrite_all(struct rewriting *w, struct err *err)
{
    for (uint64_t pages = 1; !w->walk.done && !w->overtaken; pages++, arena_reset(&w->page)) {
        struct chain *chains;
        size_t n;
        TRY(registry_walk_chains(w->e->registry, &w->walk, PAGE, &w->page, &chains, &n, err));
        TRY(rewrite_page(w, chains, n, err));
        if (pages % PLACE_PAGES == 0 && !w->walk.done)
            TRY(keep_place(w, err));
        if (w->e->progress.tick)
            w->e->progress.tick(w->e->progress.ctx, "contacts classified anew", w->rewritten, 0);
    }
    return OK;
}

/* Only the mixed queue holds times computed from a policy (architecture.md 2.2). */
static enum status rewrite_mixed(struct rewriting *w, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_MIXED, .category = -1, .until_ms = INT64_MAX};
    for (size_t n = PAGE; n == PAGE; arena_reset(&w->page)) {
        struct queue_line *lines;
        TRY(registry_queue(w->e->registry, &q, PAGE, &w->page, &lines, &n, err));
        if (!n)
            break;
        struct row_key *keys = ARENA_ARRAY(&w->page, struct row_key, n);
        struct chain *chains = ARENA_ARRAY(&w->page, struct chain, n);
        if (!keys || !chains)
            return ARENA_FULL(err, &w->page);
        for (size_t i = 0; i < n; i++)
            keys[i] = lines[i].chain;
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
        TRY(registry_chains(w->e->registry, keys, n, &w->page, chains, err));
        TRY(rewrite_page(w, chains, n, err));
    }
    return OK;
}

enum status policy_rewrite_pending(struct engine *e, struct arena *a, uint64_t *rewritten, struct err *err)
{
    struct str value;
    uint64_t version;
    *rewritten = 0;
    TRY(registry_meta_get(e->registry, POLICY_REWRITE_META, a, &value, &version, err));
    if (!value.n)
        return OK;
    struct rewriting w = {.e = e, .classify = str_starts(value, STR("classify")), .note_at = version};
    read_place(&w, value);
    arena_init(&w.page, PAGE_ARENA_MAX);
    enum status s = w.classify ? rewrite_all(&w, err) : rewrite_mixed(&w, err);
    arena_release(&w.page);
    TRY(s);
    *rewritten = w.rewritten;
    if (w.overtaken)
        return OK;
    struct entry entry;
    const struct journal_fact facts[] = {{.name = "n", .number = (int64_t)w.rewritten, .is_number = true},
                                         {.name = "policy", .text = e->policy.version}};
    TRY(journal_plain(e, "RECLASSIFIED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, &entry, err));
    s = registry_meta_put(e->registry, POLICY_REWRITE_META, STR(""), w.note_at, w.classify ? &entry : NULL, err);
    return s == E_CONFLICT ? OK : s; /* another process finished it, or a newer schedule asks again */
}
