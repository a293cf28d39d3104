/* hold_match.c - which chains a standing hold covers now, for the answer and for listing; the hold does not wait for it. */
#include "engine/hold_parts.h"

#include <stdlib.h>

struct matching {
    struct engine *e;
    const struct hold *hold;
    struct met *met;
    struct arena *a;      /* what is kept */
    struct arena scratch; /* of a page */
};

static enum status list_members(struct matching *x, const struct row_key *chains, size_t n, struct err *err)
{
    struct row_key (*keys)[2] = arena_array(&x->scratch, sizeof *keys, n + 1);
    struct row *rows = ARENA_ARRAY(&x->scratch, struct row, n + 1);
    struct group *groups = ARENA_ARRAY(&x->scratch, struct group, n / GROUP_ROWS_MAX + 1);
    size_t groups_n = 0;
    if (!keys || !rows || !groups)
        return ARENA_FULL(err, &x->scratch);
    for (size_t i = 0; i < n; i++) {
        keys[i][0] = x->hold->matter;
        keys[i][1] = chains[i];
        rows[i] = (struct row){.table = TABLE_MEMBER, .op = ROW_PUT, .version = VERSION_ANY, .key = {(const char *)keys[i], sizeof keys[i]}};
        if (i % GROUP_ROWS_MAX == 0)
            groups[groups_n++] = (struct group){.rows = &rows[i]};
        groups[groups_n - 1].rows_n++;
    }
    return groups_n ? registry_commit(x->e->registry, groups, groups_n, err) : OK;
}

static enum status match_page(struct matching *x, const struct chain *chains, size_t n, struct err *err)
{
    struct row_key *covered = ARENA_ARRAY(&x->scratch, struct row_key, n + 1);
    size_t covered_n = 0;
    if (!covered)
        return ARENA_FULL(err, &x->scratch);
    for (size_t i = 0; i < n; i++) {
        if (!chains[i].version || !hold_covers(x->hold, &chains[i]))
            continue;
        covered[covered_n++] = chains[i].key;
        TRY(met_add(x->e, x->met, &chains[i], STR_NONE, x->a, err));
    }
    return list_members(x, covered, covered_n, err);
}

static enum status match_all(struct matching *x, uint64_t max, bool *whole, struct err *err)
{
    struct walk walk = {.n = 0};
    struct chain *chains;
    size_t n;
    uint64_t seen = 0;
    do {
        TRY(registry_walk_chains(x->e->registry, &walk, HOLD_PAGE, &x->scratch, &chains, &n, err));
        TRY(match_page(x, chains, n, err));
        seen += n;
        arena_reset(&x->scratch);
        if (x->e->progress.tick)
            x->e->progress.tick(x->e->progress.ctx, "matching the hold", seen, 0);
    } while (!walk.done && (!max || seen < max));
    *whole = walk.done;
    return OK;
}

/* A chain with two of the person's identifiers stands under both: it is counted with the first. */
static bool met_before(const struct hold *h, size_t subject, const struct chain *c)
{
    struct hold earlier = *h;
    earlier.subjects_n = subject;
    return hold_covers(&earlier, c);
}

static enum status match_subject(struct matching *x, size_t subject, struct err *err)
{
    enum { CHAINS_MAX = 1000000 };
    struct row_key *keys;
    struct arena list;
    size_t n = 0;
    bool more;
    arena_init(&list, HOLD_SCRATCH_MAX);
    enum status s = registry_by_subject(x->e->registry, &x->hold->subjects[subject], CHAINS_MAX, &list, &keys, &n, &more, err);
    for (size_t done = 0; s == OK && done < n; done += HOLD_PAGE) {
        size_t page = n - done < HOLD_PAGE ? n - done : HOLD_PAGE, kept = 0;
        struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, page);
        s = chains ? registry_chains(x->e->registry, keys + done, page, &x->scratch, chains, err) : ARENA_FULL(err, &x->scratch);
        for (size_t i = 0; s == OK && i < page; i++)
            if (!met_before(x->hold, subject, &chains[i]))
                chains[kept++] = chains[i];
        if (s == OK)
            s = match_page(x, chains, kept, err);
        arena_reset(&x->scratch);
    }
    arena_release(&list);
    return s;
}

enum status hold_match(struct engine *e, const struct hold *h, uint64_t max, struct arena *a, struct met *m, bool *whole,
                       struct err *err)
{
    struct matching x = {.e = e, .hold = h, .met = m, .a = a};
    enum status s = OK;
    ASSERT(h->scope != HOLD_IDS);
    arena_init(&x.scratch, HOLD_SCRATCH_MAX);
    *whole = true;
    if (h->scope == HOLD_FILTER)
        s = match_all(&x, max, whole, err);
    for (size_t i = 0; h->scope == HOLD_SUBJECT && s == OK && i < h->subjects_n; i++)
        s = match_subject(&x, i, err);
    arena_release(&x.scratch);
    return s;
}

/* ---- what came since ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, ROW_KEY_BYTES);
}

/* The chains listed under a matter, in the order of their keys. */
static enum status listed_chains(struct engine *e, const struct row_key *matter, struct arena *a, struct row_key **out, size_t *n,
                                 struct err *err)
{
    struct str prefix = {(const char *)matter->b, ROW_KEY_BYTES}, after = STR_NONE;
    void *items = NULL;
    size_t cap = 0, page;
    *n = 0;
    do {
        struct row *rows;
        TRY(registry_record_page(e->registry, TABLE_MEMBER, prefix, after, HOLD_PAGE, a, &rows, &page, err));
        if (!arena_grow(a, &items, &cap, *n + page + 1, sizeof **out))
            return ARENA_FULL(err, a);
        for (size_t i = 0; i < page; i++)
            if (rows[i].key.n == 2 * ROW_KEY_BYTES)
                memcpy((struct row_key *)items + (*n)++, rows[i].key.p + ROW_KEY_BYTES, ROW_KEY_BYTES);
        after = page ? rows[page - 1].key : after;
    } while (page == HOLD_PAGE);
    *out = items;
    qsort(items, *n, sizeof **out, by_bytes);
    return OK;
}

struct counting { const struct hold *const *holds; uint64_t *added; struct row_key **listed; size_t *listed_n; size_t n; };

static void count_page(const struct counting *x, const struct chain *chains, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < x->n; h++)
            if (chains[i].version && hold_covers(x->holds[h], &chains[i]) &&
                !bsearch(&chains[i].key, x->listed[h], x->listed_n[h], sizeof **x->listed, by_bytes))
                x->added[h]++;
}

static enum status count_parked(struct engine *e, const struct counting *x, bool *whole, struct arena *scratch, struct err *err)
{
    enum { PARKED_MAX = 50000 };
    struct queue_query q = {.queue = QUEUE_PARKED, .category = -1, .until_ms = INT64_MAX};
    size_t n, seen = 0;
    do {
        struct queue_line *lines;
        TRY(registry_queue(e->registry, &q, HOLD_PAGE, scratch, &lines, &n, err));
        struct row_key *keys = ARENA_ARRAY(scratch, struct row_key, n + 1);
        struct chain *chains = ARENA_ARRAY(scratch, struct chain, n + 1);
        if (!keys || !chains)
            return ARENA_FULL(err, scratch);
        for (size_t i = 0; i < n; i++)
            keys[i] = lines[i].chain;
        TRY(registry_chains(e->registry, keys, n, scratch, chains, err));
        count_page(x, chains, n);
        if (n) {
            q.after = true;
            q.after_category = lines[n - 1].category;
            q.after_time_ms = lines[n - 1].time_ms;
            q.after_key = lines[n - 1].chain;
        }
        seen += n;
        arena_reset(scratch);
    } while (n == HOLD_PAGE && seen < PARKED_MAX);
    *whole = n < HOLD_PAGE;
    return OK;
}

enum status hold_count_new(struct engine *e, const struct hold *const *holds, uint64_t *counts, size_t n, struct arena *a, struct err *err)
{
    struct counting x = {.holds = holds, .n = n, .added = ARENA_ARRAY(a, uint64_t, n + 1),
                         .listed = ARENA_ARRAY(a, struct row_key *, n + 1), .listed_n = ARENA_ARRAY(a, size_t, n + 1)};
    struct arena scratch;
    bool whole = false;
    if (!n)
        return OK;
    if (!x.added || !x.listed || !x.listed_n)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        TRY(listed_chains(e, &holds[i]->matter, a, &x.listed[i], &x.listed_n[i], err));
    arena_init(&scratch, HOLD_SCRATCH_MAX);
    enum status s = count_parked(e, &x, &whole, &scratch, err);
    arena_release(&scratch);
    for (size_t i = 0; i < n && s == OK && whole; i++)
        counts[i] += x.added[i];
    return s;
}
