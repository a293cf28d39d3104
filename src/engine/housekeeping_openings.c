/* housekeeping_openings.c - openings destroyed with their own entry; those of matters and requests found (rule 2.29). */
#include "engine/housekeeping.h"
#include "base/pack.h"
#include "engine/journal.h"
#include "model/schedule.h"

enum { FORGET_TIMES = 3, OWNERS_AT_ONCE = 50, REQUESTS_PAGE = 200, REQUESTS_A_RUN = 2000, PAGE_ARENA_MAX = 64 << 20 };

static enum status destroyed_entry(struct engine *e, const struct openings_due *due, struct arena *a, struct entry *out, struct err *err)
{
    const struct journal_fact facts[] = {{.name = "n", .number = (int64_t)due->n, .is_number = true},
                                         {.name = "policy", .text = e->policy.version},
                                         {.name = "until", .number = due->until_ms, .is_number = true}};
    return journal_plain(e, "OPENING_DESTROYED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, out, err);
}

enum status opening_due(struct engine *e, const struct row_key *owner, struct arena *a, struct openings_due *due, struct err *err)
{
    struct row row = {.table = TABLE_OPENING, .op = ROW_REMOVE};
    struct str body;
    row.key = arena_str(a, (struct str){(const char *)owner->b, ROW_KEY_BYTES});
    if (!row.key.p)
        return ARENA_FULL(err, a);
    TRY(registry_record_get(e->registry, TABLE_OPENING, row.key, a, &body, &row.version, err));
    if (!row.version)
        return OK;
    due->rows[due->rows_n++] = row;
    due->owners[due->n++] = *owner;
    return OK;
}

enum status openings_destroy(struct engine *e, struct openings_due *due, struct arena *a, struct err *err)
{
    struct entry entry;
    struct group g = {.rows = due->rows, .rows_n = due->rows_n, .entries = &entry, .entries_n = due->n > 0};
    if (!due->rows_n)
        return OK;
    if (due->n)
        TRY(destroyed_entry(e, due, a, &entry, err));
    TRY(registry_commit(e->registry, &g, 1, err));
    if (g.result != OK)
        return OK; /* one is being written: all of it is taken again another night */
    for (size_t i = 0; i < due->n; i++) {
        uint64_t blanked = 1;
        for (int again = 0; blanked && again < FORGET_TIMES; again++) /* an index that lags hides some the first time */
            TRY(backend_forget(&e->registry->backend, &due->owners[i], &blanked, err));
    }
    due->destroyed += due->n;
    return OK;
}

/* ---- owners one by one ---- */

struct owners {
    struct engine *e;
    struct openings_due due;
    struct arena a;
};

static enum status owners_begin(struct owners *o, struct engine *e, struct err *err)
{
    *o = (struct owners){.e = e, .due = {.until_ms = period_cutoff(engine_now(e), &e->config.own_openings, e->policy.zone)}};
    arena_init(&o->a, PAGE_ARENA_MAX);
    o->due.rows = ARENA_ARRAY(&o->a, struct row, OWNERS_AT_ONCE);
    o->due.owners = ARENA_ARRAY(&o->a, struct row_key, OWNERS_AT_ONCE);
    return o->due.rows && o->due.owners ? OK : ARENA_FULL(err, &o->a);
}

static enum status owners_destroy(struct owners *o, struct err *err)
{
    enum status s = openings_destroy(o->e, &o->due, &o->a, err);
    o->due.rows_n = o->due.n = 0;
    return s;
}

static enum status owners_take(struct owners *o, const struct row_key *owner, struct err *err)
{
    TRY(opening_due(o->e, owner, &o->a, &o->due, err));
    return o->due.n == OWNERS_AT_ONCE ? owners_destroy(o, err) : OK;
}

/* ---- matters ---- */

/* A matter may be applied several times: its last release counts. A matter that is named twice here is looked up twice. */
static bool matter_is_over(const struct engine *e, const struct row_key *matter, int64_t until_ms)
{
    for (size_t i = 0; i < e->holds_n; i++) {
        const struct hold *h = &e->holds[i];
        if (!row_key_eq(&h->matter, matter))
            continue;
        if (hold_in_force(h) || h->in_flight_n || hold_in_grace(h, engine_now(e)) || h->released_ms >= until_ms)
            return false;
    }
    return true;
}

static bool first_of_its_matter(const struct engine *e, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (row_key_eq(&e->holds[i].matter, &e->holds[at].matter))
            return false;
    return true;
}

static enum status take_matters(struct owners *o, struct err *err)
{
    const struct engine *e = o->e;
    for (size_t i = 0; i < e->holds_n; i++) {
        const struct hold *h = &e->holds[i];
        if (hold_in_force(h) || h->released_ms >= o->due.until_ms || !first_of_its_matter(e, i))
            continue; /* few are left */
        if (matter_is_over(e, &h->matter, o->due.until_ms))
            TRY(owners_take(o, &h->matter, err));
    }
    return owners_destroy(o, err);
}

enum status housekeeping_matters(struct engine *e, uint64_t *n, struct err *err)
{
    struct owners o;
    TRY(engine_holds(e, NULL, err));
    enum status s = owners_begin(&o, e, err);
    if (s == OK)
        s = take_matters(&o, err);
    *n += o.due.destroyed;
    arena_release(&o.a);
    return s;
}

/* ---- requests ---- */

static bool request_is_over(const struct request *q, int64_t until_ms)
{
    bool ended = q->state == REQUEST_COMPLETED || q->state == REQUEST_REFUSED || q->state == REQUEST_WITHDRAWN;
    return ended && q->ended_ms != TIME_NONE && q->ended_ms < until_ms &&
           (q->watch_until_ms == TIME_NONE || q->watch_until_ms < until_ms);
}

/* From where the last run stopped; *ended at the last. */
static enum status take_requests(struct owners *o, struct str *after, bool *ended, struct err *err)
{
    size_t n = REQUESTS_PAGE;
    for (size_t seen = 0; seen < REQUESTS_A_RUN && n == REQUESTS_PAGE; seen += n) {
        struct request *requests;
        TRY(registry_requests(o->e->registry, *after, REQUESTS_PAGE, &o->a, &requests, &n, err));
        for (size_t i = 0; i < n; i++) {
            *after = requests[i].id;
            if (request_is_over(&requests[i], o->due.until_ms))
                TRY(owners_take(o, &requests[i].key, err));
        }
    }
    *ended = n < REQUESTS_PAGE;
    return owners_destroy(o, err);
}

enum status housekeeping_requests(struct engine *e, uint64_t *n, struct err *err)
{
    static const char place[] = "sweep:requests";
    struct owners o;
    struct str after = STR_NONE;
    uint64_t version = 0;
    bool ended = false;
    enum status s = owners_begin(&o, e, err);
    if (s == OK)
        s = registry_meta_get(e->registry, place, &o.a, &after, &version, err);
    if (s == OK)
        s = take_requests(&o, &after, &ended, err);
    if (s == OK && (version || !ended)) /* most have so few requests that no place is ever needed */
        s = registry_meta_put(e->registry, place, ended ? STR("") : after, version, NULL, err);
    *n += o.due.destroyed;
    arena_release(&o.a);
    return s == E_CONFLICT ? OK : s; /* two sweeps at once do the same */
}
