/* policy_impact.c - how many contacts a schedule would move, before it does (rule 2.7). */
#include "engine/policies.h"
#include "model/schedule.h"

enum { KEYS_PAGE = 5000, CHAINS_PAGE = 500, PAGE_ARENA_MAX = 256 << 20 };

struct impact {
    struct engine *e;
    const struct policy *was, *is;
    struct policy_impact *out;
    int64_t now_ms;
    uint64_t looked;
};

static struct category_impact *line_of(struct impact *m, struct str category)
{
    for (size_t i = 0; i < m->out->categories_n; i++)
        if (str_eq(m->out->categories[i].category, category))
            return &m->out->categories[i];
    ASSERT(!"a category of one of the two schedules");
    return NULL;
}

static void tick(struct impact *m, uint64_t n)
{
    m->looked += n;
    if (m->e->progress.tick)
        m->e->progress.tick(m->e->progress.ctx, "contacts compared", m->looked, 0);
}

/* Keys of one category with an anchor in (after, until]; TIME_NONE: from the first. */
static enum status count_range(struct impact *m, uint16_t code, int64_t after_ms, int64_t until_ms, uint64_t *count, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_DUE, .category = code, .until_ms = until_ms};
    struct arena page;
    enum status s = OK;
    if (after_ms != TIME_NONE) {
        q.after = true;
        q.after_category = code;
        q.after_time_ms = after_ms;
        memset(q.after_key.b, 0xff, sizeof q.after_key.b);
    }
    arena_init(&page, PAGE_ARENA_MAX);
    for (size_t n = KEYS_PAGE; s == OK && n == KEYS_PAGE; arena_reset(&page)) {
        struct queue_line *lines;
        s = registry_queue(m->e->registry, &q, KEYS_PAGE, &page, &lines, &n, err);
        if (s != OK || !n)
            break;
        *count += n;
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
        tick(m, n);
    }
    arena_release(&page);
    return s;
}

/* What stands by its anchor is due when the anchor lies before the cut-off: two cut-offs answer for all of them. */
static enum status impact_of_period(struct impact *m, const struct category *was, const struct category *is, struct err *err)
{
    struct category_impact *line = line_of(m, is->name);
    uint16_t code = category_code(is->name);
    if (!was->erase_after.set || !is->erase_after.set)
        return OK; /* never due without its hold's release: such contacts stand elsewhere */
    int64_t before = period_cutoff(m->now_ms, &was->erase_after, m->was->zone), now = period_cutoff(m->now_ms, &is->erase_after, m->is->zone);
    if (now > before) {
        TRY(count_range(m, code, before, INT64_MAX, &line->earlier, err));
        return count_range(m, code, before, now, &line->due_now, err);
    }
    if (now < before) {
        TRY(count_range(m, code, now, INT64_MAX, &line->later, err));
        return count_range(m, code, now, before, &line->no_longer_due, err);
    }
    return OK;
}

/* ---- where the chain itself must be asked ---- */

static bool is_judged(const struct chain *c)
{
    return c->version && (c->state == CHAIN_ACTIVE || c->state == CHAIN_REVIEW) && c->legs_n;
}

static int64_t not_never(int64_t due_ms)
{
    return due_ms == TIME_NONE ? INT64_MAX : due_ms;
}

static void compare_chain(struct impact *m, const struct chain *c, bool classify, struct arena *a)
{
    struct chain then = *c;
    bool moved = false, unmapped;
    int64_t was = not_never(chain_schedule(m->was, c).due_ms);
    then.legs = ARENA_ARRAY(a, struct leg, c->legs_n);
    if (!then.legs)
        return; /* the page's arena holds a page of the largest chains twice */
    memcpy(then.legs, c->legs, c->legs_n * sizeof *then.legs);
    for (size_t i = 0; classify && i < then.legs_n; i++) {
        struct str category = then.legs[i].category;
        policy_classify(m->is, c->source, &then.legs[i], a);
        moved |= !str_eq(category, then.legs[i].category);
    }
    int64_t is = not_never(chain_schedule(m->is, &then).due_ms);
    struct category_impact *line = line_of(m, policy_category_of(m->is, &then.legs[0], &unmapped)->name);
    m->out->reclassified += moved;
    if (is == was || (is <= m->now_ms && was <= m->now_ms))
        return;
    line->earlier += is < was;
    line->later += is > was;
    line->due_now += is <= m->now_ms;
    line->no_longer_due += was <= m->now_ms;
}

static enum status compare_all(struct impact *m, struct err *err)
{
    struct arena page;
    struct walk walk = {.n = 0};
    enum status s = OK;
    arena_init(&page, PAGE_ARENA_MAX);
    for (; s == OK && !walk.done; arena_reset(&page)) {
        struct chain *chains;
        size_t n = 0;
        s = registry_walk_chains(m->e->registry, &walk, CHAINS_PAGE, &page, &chains, &n, err);
        for (size_t i = 0; s == OK && i < n; i++)
            if (is_judged(&chains[i]))
                compare_chain(m, &chains[i], true, &page);
        tick(m, n);
    }
    arena_release(&page);
    return s;
}

static enum status compare_queue(struct impact *m, enum chain_queue queue, struct err *err)
{
    struct queue_query q = {.queue = queue, .category = -1, .until_ms = INT64_MAX};
    struct arena page;
    enum status s = OK;
    arena_init(&page, PAGE_ARENA_MAX);
    for (size_t n = CHAINS_PAGE; s == OK && n == CHAINS_PAGE; arena_reset(&page)) {
        struct queue_line *lines;
        s = registry_queue(m->e->registry, &q, CHAINS_PAGE, &page, &lines, &n, err);
        if (s != OK || !n)
            break;
        struct row_key *keys = ARENA_ARRAY(&page, struct row_key, n);
        struct chain *chains = ARENA_ARRAY(&page, struct chain, n);
        s = keys && chains ? OK : ARENA_FULL(err, &page);
        for (size_t i = 0; s == OK && i < n; i++)
            keys[i] = lines[i].chain;
        if (s == OK)
            s = registry_chains(m->e->registry, keys, n, &page, chains, err);
        for (size_t i = 0; s == OK && i < n; i++)
            if (is_judged(&chains[i]))
                compare_chain(m, &chains[i], false, &page);
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
        tick(m, n);
    }
    arena_release(&page);
    return s;
}

/* ---- all of it ---- */

static bool touches_all(const struct policy_difference *d)
{
    bool all = d->rewrites;
    for (size_t i = 0; i < d->changes_n; i++)
        all |= str_is(d->changes[i].category, "(minimum_age)");
    return all;
}

static enum status begin(struct impact *m, struct arena *a, struct err *err)
{
    struct policy_impact *out = m->out;
    out->categories = ARENA_ARRAY(a, struct category_impact, m->was->categories_n + m->is->categories_n + 1);
    if (!out->categories)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < m->is->categories_n; i++)
        out->categories[out->categories_n++].category = m->is->categories[i].name;
    return OK;
}

static void add_up(struct policy_impact *out)
{
    for (size_t i = 0; i < out->categories_n; i++) {
        out->earlier += out->categories[i].earlier;
        out->later += out->categories[i].later;
        out->due_now += out->categories[i].due_now;
        out->no_longer_due += out->categories[i].no_longer_due;
    }
}

enum status policy_impact(struct engine *e, const struct policy_difference *d, struct arena *a, struct policy_impact *out, struct err *err)
{
    *out = (struct policy_impact){.categories = NULL};
    struct impact m = {.e = e, .was = &e->policy, .is = &e->config.policy, .out = out, .now_ms = engine_now(e)};
    TRY(begin(&m, a, err));
    if (touches_all(d)) {
        TRY(compare_all(&m, err));
    } else {
        for (size_t i = 0; i < d->changes_n; i++) {
            const struct category *was = policy_category(m.was, d->changes[i].category), *is = policy_category(m.is, d->changes[i].category);
            if (was && is)
                TRY(impact_of_period(&m, was, is, err));
        }
        if (d->changes_n)
            TRY(compare_queue(&m, QUEUE_MIXED, err));
    }
    add_up(out);
    return OK;
}
