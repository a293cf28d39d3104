/* hold_match.c - which chains a standing hold covers now, for the answer and for listing; the hold does not wait for it. */
#include "engine/hold_parts.h"

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
