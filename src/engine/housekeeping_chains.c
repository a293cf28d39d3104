/* housekeeping_chains.c - ledger lines, openings and tombstones reach their end (rules 2.21, 2.29). */
#include "engine/housekeeping.h"
#include "base/pack.h"
#include "engine/journal.h"
#include "engine/ledger.h"
#include "engine/stores_view.h"
#include "model/schedule.h"

enum { PAGE = GROUP_ROWS_MAX / 2 /* two rows each in one group */, LINES_A_RUN = 100000, PAGE_ARENA_MAX = 256 << 20 };
enum { C_CATEGORY = 1, C_TIME, C_KEY };

/* One pass over a queue that goes on where the last run stopped, and begins again at the end. */
struct sweep {
    struct engine *e;
    const char *meta;    /* where the place is kept; NULL: what is seen leaves the queue, so each pass is from the first */
    struct queue_query query;
    struct arena page;
    struct chain *chains;
    size_t n;
    uint64_t *count;
    enum status (*each)(struct sweep *s, struct err *err); /* the page in chains[] */
};

static enum status place_read(struct sweep *s, uint64_t *version, struct err *err)
{
    struct str value;
    struct unpack u;
    TRY(registry_meta_get(s->e->registry, s->meta, &s->page, &value, version, err));
    for (unpack_init(&u, value); unpack_next(&u);) {
        s->query.after = true;
        if (u.number == C_CATEGORY)
            s->query.after_category = (uint16_t)u.i;
        else if (u.number == C_TIME)
            s->query.after_time_ms = u.i;
        else if (u.number == C_KEY && u.is_bytes && u.s.n == ROW_KEY_BYTES)
            memcpy(s->query.after_key.b, u.s.p, ROW_KEY_BYTES);
    }
    return OK;
}

static enum status place_write(struct sweep *s, uint64_t version, bool ended, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    if (!ended) {
        pack_int(&b, C_CATEGORY, s->query.after_category);
        pack_int(&b, C_TIME, s->query.after_time_ms);
        pack_bytes(&b, C_KEY, s->query.after_key.b, ROW_KEY_BYTES);
    }
    enum status status = registry_meta_put(s->e->registry, s->meta, b.n ? buf_view(&b) : STR(""), version, NULL, err);
    return status == E_CONFLICT ? OK : status; /* two sweeps at once do the same */
}

static enum status sweep_page(struct sweep *s, struct err *err)
{
    struct queue_line *lines;
    TRY(registry_queue(s->e->registry, &s->query, PAGE, &s->page, &lines, &s->n, err));
    struct row_key *keys = ARENA_ARRAY(&s->page, struct row_key, s->n + 1);
    s->chains = ARENA_ARRAY(&s->page, struct chain, s->n + 1);
    if (!keys || !s->chains)
        return ARENA_FULL(err, &s->page);
    for (size_t i = 0; i < s->n; i++)
        keys[i] = lines[i].chain;
    TRY(registry_chains(s->e->registry, keys, s->n, &s->page, s->chains, err));
    for (size_t i = 0; i < s->n; i++)
        s->chains[i].key = keys[i]; /* also of one whose row is gone */
    if (!s->n)
        return OK;
    s->query.after = true;
    s->query.after_category = lines[s->n - 1].category;
    s->query.after_time_ms = lines[s->n - 1].time_ms;
    s->query.after_key = lines[s->n - 1].chain;
    return s->each(s, err);
}

static enum status sweep(struct sweep *s, struct err *err)
{
    uint64_t version = 0;
    enum status status = OK;
    arena_init(&s->page, PAGE_ARENA_MAX);
    if (s->meta)
        status = place_read(s, &version, err);
    s->n = PAGE;
    for (uint64_t lines = 0; status == OK && s->n == PAGE && lines < LINES_A_RUN; lines += PAGE) {
        arena_reset(&s->page);
        status = sweep_page(s, err);
    }
    if (status == OK && s->meta)
        status = place_write(s, version, s->n < PAGE, err);
    arena_release(&s->page);
    return status;
}

static bool is_covered(const struct engine *e, const struct chain *c)
{
    return chain_held(c, e->holds, e->holds_n, &e->policy);
}

/* ---- ledger lines ---- */

/* Until no backup of any store it touched can bring anything back; TIME_MOST where a store does not say how old its backups get. */
static int64_t needed_until(const struct engine *e, const struct ledger *l)
{
    int64_t until = l->changed_ms;
    for (size_t i = 0; i < l->work_n; i++) {
        const struct store *s = engine_store(e, l->work[i].store);
        if (!s && !store_is_duty(e, l->work[i].store))
            continue; /* retired: nothing can come back */
        if (!s || !s->backup_age.set)
            return TIME_MOST;
        int64_t end = period_add_back(l->changed_ms, &s->backup_age, e->policy.zone);
        until = end > until ? end : until;
    }
    return until;
}

static enum status remove_ledger(struct sweep *s, const struct row_key *chain, struct err *err)
{
    struct str plain;
    uint64_t version, parts;
    struct row *rows = NULL;
    size_t n = 0;
    int64_t now = engine_now(s->e);
    TRY(registry_ledger_get(s->e->registry, chain, &s->page, &plain, &version, &parts, err));
    TRY(registry_ledger_rows(s->e->registry, chain, STR_NONE, version, parts, now, now, &s->page, &rows, &n, err));
    struct group g = {.rows = rows, .rows_n = n};
    if (n)
        TRY(registry_commit(s->e->registry, &g, 1, err));
    *s->count += n && g.result == OK; /* else it has just been written anew */
    return OK;
}

static enum status drop_ledger_page(struct sweep *s, struct err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct chain *c = &s->chains[i];
        struct ledger l;
        bool finished = c->version && c->state == CHAIN_ERASED && !chain_is_risen(c) && c->verified_again_ms != TIME_NONE;
        if (c->version && (!finished || is_covered(s->e, c)))
            continue; /* the second verification looks by these ids; a matter may still ask for them */
        enum status status = ledger_get(s->e, &c->key, &s->page, &l, err);
        if (status == E_ABSENT)
            continue;
        TRY(status);
        if (needed_until(s->e, &l) >= engine_now(s->e))
            continue;
        TRY(remove_ledger(s, &c->key, err));
    }
    return OK;
}

enum status housekeeping_ledger(struct engine *e, uint64_t *n, struct err *err)
{
    struct sweep s = {.e = e, .meta = "sweep:ledger", .count = n, .each = drop_ledger_page,
                      .query = {.queue = QUEUE_LEDGER, .category = -1, .until_ms = engine_now(e)}};
    TRY(engine_holds(e, NULL, err));
    return sweep(&s, err);
}

/* ---- openings ---- */

/* What an erased chain's row stands as once nobody can say any more whom its entries are about: behind the others, so that
 * a night looks only at what has become due since, and at what a matter still keeps back. */
static enum status forgotten_row(const struct chain *c, struct arena *a, struct row *out, struct err *err)
{
    struct chain forgotten = *c;
    forgotten.queue_category = GONE_OPENING_DESTROYED;
    return registry_chain_row(&forgotten, a, out, err);
}

static enum status destroy_openings_page(struct sweep *s, struct err *err)
{
    struct arena *a = &s->page;
    struct openings_due due = {.until_ms = s->query.until_ms};
    due.rows = ARENA_ARRAY(a, struct row, 2 * s->n + 1);
    due.owners = ARENA_ARRAY(a, struct row_key, s->n + 1);
    if (!due.rows || !due.owners)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < s->n; i++) {
        const struct chain *c = &s->chains[i];
        if (!c->version || c->queue != QUEUE_GONE || is_covered(s->e, c))
            continue;
        TRY(opening_due(s->e, &c->key, a, &due, err));
        TRY(forgotten_row(c, a, &due.rows[due.rows_n], err));
        due.rows_n++;
    }
    TRY(openings_destroy(s->e, &due, a, err));
    *s->count += due.destroyed;
    return OK;
}

enum status housekeeping_openings(struct engine *e, uint64_t *n, struct err *err)
{
    int64_t cutoff = period_cutoff(engine_now(e), &e->config.own_openings, e->policy.zone);
    struct sweep s = {.e = e, .meta = "sweep:openings", .count = n, .each = destroy_openings_page,
                      .query = {.queue = QUEUE_GONE, .category = GONE_WITH_OPENING, .until_ms = cutoff}};
    TRY(engine_holds(e, NULL, err));
    return sweep(&s, err);
}

/* ---- tombstones ---- */

static enum status flush_rows(struct engine *e, struct row *rows, size_t *n, struct err *err)
{
    struct group g = {.rows = rows, .rows_n = *n};
    if (!*n)
        return OK;
    *n = 0;
    return registry_commit(e->registry, &g, 1, err);
}

/* What is found by its contacts and its person first, the row itself last: until then a crash leaves it to be taken again. */
static enum status remove_tombstone(struct sweep *s, const struct chain *c, struct err *err)
{
    struct arena *a = &s->page;
    struct row rows[GROUP_ROWS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->legs_n; i++) {
        if (n + 1 + c->legs[i].subjects_n >= GROUP_ROWS_MAX)
            TRY(flush_rows(s->e, rows, &n, err));
        if (!row_key_eq(&c->legs[i].key, &c->key))
            rows[n++] = (struct row){.table = TABLE_LEG, .op = ROW_REMOVE, .version = VERSION_ANY, .key = {(const char *)c->legs[i].key.b, ROW_KEY_BYTES}};
        for (size_t k = 0; k < c->legs[i].subjects_n && n < GROUP_ROWS_MAX - 2; k++) {
            char both[2 * ROW_KEY_BYTES];
            memcpy(both, c->legs[i].subjects[k].b, ROW_KEY_BYTES);
            memcpy(both + ROW_KEY_BYTES, c->key.b, ROW_KEY_BYTES);
            struct str key = arena_str(a, (struct str){both, sizeof both});
            bool again = false;
            for (size_t r = 0; r < n; r++)
                again |= rows[r].table == TABLE_SUBJECT && str_eq(rows[r].key, key);
            if (!again)
                rows[n++] = (struct row){.table = TABLE_SUBJECT, .op = ROW_REMOVE, .version = VERSION_ANY, .key = key};
        }
    }
    TRY(flush_rows(s->e, rows, &n, err));
    struct row row = {.table = TABLE_CHAIN, .op = ROW_REMOVE, .version = c->version, .key = {(const char *)c->key.b, ROW_KEY_BYTES}};
    struct group g = {.rows = &row, .rows_n = 1};
    TRY(registry_commit(s->e->registry, &g, 1, err));
    *s->count += g.result == OK;
    return OK;
}

static enum status remove_tombstones_page(struct sweep *s, struct err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct chain *c = &s->chains[i];
        if (c->version && c->state == CHAIN_ERASED && !chain_is_risen(c) && !chain_claimed(c) && !is_covered(s->e, c))
            TRY(remove_tombstone(s, c, err));
    }
    return OK;
}

enum status housekeeping_tombstones(struct engine *e, uint64_t *n, struct err *err)
{
    int64_t cutoff = period_cutoff(engine_now(e), &e->config.own_tombstones, e->policy.zone);
    struct sweep s = {.e = e, .count = n, .each = remove_tombstones_page,
                      .query = {.queue = QUEUE_GONE, .category = -1, .until_ms = cutoff}};
    TRY(engine_holds(e, NULL, err));
    return sweep(&s, err);
}
