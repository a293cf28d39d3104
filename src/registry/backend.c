/* backend.c - the only caller of the drivers' functions: arguments checked, what is busy tried again. */
#include "registry/backend.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "registry/backends.h"

const struct backend_driver *const backend_drivers[] = {BACKEND_LIST NULL};

enum { RETRY_FOR_MS = 10000, WAIT_MOST_MS = 200, PREFIX_BYTES_LEAST = ROW_KEY_BYTES };

/* How long one call has been tried. */
struct patience { int64_t until_ms, wait_ms; };

static bool again(enum status status, struct patience *p)
{
    if (status != E_RETRY)
        return false;
    int64_t now_ms = clock_monotonic_ms();
    if (p->until_ms == 0)
        *p = (struct patience){.until_ms = now_ms + RETRY_FOR_MS, .wait_ms = 1};
    if (now_ms >= p->until_ms)
        return false;
    clock_sleep_ms(p->wait_ms);
    p->wait_ms = p->wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : p->wait_ms * 2;
    return true;
}

static enum status unknown_scheme(struct str scheme, struct err *err)
{
    struct buf known;
    buf_init(&known, 256);
    for (size_t i = 0; backend_drivers[i] != NULL; i++)
        buf_fmt(&known, "%s%s", i > 0 ? ", " : "", backend_drivers[i]->scheme);
    (void)err_set(err, E_UNSUPPORTED, WHERE, "no registry backend \"%.*s\"; there are: %.*s", STR_ARG(scheme),
                  STR_ARG(buf_view(&known)));
    buf_release(&known);
    return E_UNSUPPORTED;
}

enum status backend_open(struct str url, bool create, struct backend *out, struct err *err)
{
    struct str scheme, rest;
    if (!str_split(url, ':', &scheme, &rest)) /* the text itself is not shown: it may hold a password */
        return FAIL(err, E_INVALID, "a registry is named SCHEME:PLACE, for example sqlite:expunge.db");
    for (size_t i = 0; backend_drivers[i] != NULL; i++) {
        if (!str_is(scheme, backend_drivers[i]->scheme))
            continue;
        struct backend b = {.driver = backend_drivers[i]};
        struct patience p = {0};
        enum status status;
        do
            status = b.driver->open(rest, create, &b, err);
        while (again(status, &p));
        TRY(status);
        *out = b;
        return OK;
    }
    return unknown_scheme(scheme, err);
}

bool backend_scheme_known(struct str url)
{
    struct str scheme, rest;
    bool known = false;
    for (size_t i = 0; backend_drivers[i] != NULL && str_split(url, ':', &scheme, &rest); i++)
        known |= str_is(scheme, backend_drivers[i]->scheme);
    return known;
}

bool backend_url_has_password(struct str url)
{
    const char *slashes = memmem(url.p, url.n, "://", 3);
    if (slashes == NULL)
        return false;
    struct str rest = {slashes + 3, url.n - (size_t)(slashes + 3 - url.p)}, user, behind, query, parameters;
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    struct str authority = {rest.p, end};
    if (str_split(authority, '@', &user, &behind) && str_find(user, ':', &end))
        return true;
    return str_split(rest, '?', &query, &parameters) && memmem(parameters.p, parameters.n, "password=", 9) != NULL;
}

void backend_close(struct backend *b)
{
    if (b == NULL || b->driver == NULL)
        return;
    b->driver->close(b);
    *b = (struct backend){0};
}

enum status backend_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    struct patience p = {0};
    enum status status;
    do
        status = b->driver->check(b, a, out, err);
    while (again(status, &p));
    return status;
}

static void check_key(struct str key)
{
    ASSERT(key.p != NULL && key.n >= 1 && key.n <= ROW_KEY_MAX);
}

enum status backend_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                        struct row *out, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT((unsigned)t < TABLE_COUNT);
    for (size_t i = 0; i < n; i++)
        check_key(keys[i]);
    if (n == 0)
        return OK;
    do
        status = b->driver->get(b, t, keys, n, a, out, err);
    while (again(status, &p));
    return status;
}

bool table_is_small(enum table t)
{
    static const bool small[TABLE_COUNT] = {
        [TABLE_META] = true,   [TABLE_SOURCE] = true, [TABLE_HOLD] = true, [TABLE_REQUEST] = true,
        [TABLE_WORKER] = true, [TABLE_POLICY] = true, [TABLE_RUN] = true,  [TABLE_TASK] = true,
        [TABLE_QUARANTINE] = true, [TABLE_ACCOUNT] = true, [TABLE_STORE] = true,
    };
    return small[t];
}

bool table_has_places(enum table t)
{
    return t == TABLE_CHAIN || t == TABLE_LEDGER;
}

const char *table_name(enum table t)
{
    static const char *const names[TABLE_COUNT] = {
        [TABLE_META] = "meta",       [TABLE_SOURCE] = "source",         [TABLE_CHAIN] = "chain",
        [TABLE_LEG] = "leg",         [TABLE_SUBJECT] = "subject",       [TABLE_WORK] = "work",
        [TABLE_LEDGER] = "ledger",   [TABLE_OPENING] = "opening",       [TABLE_HOLD] = "hold",
        [TABLE_MEMBER] = "member",   [TABLE_REQUEST] = "request",       [TABLE_WORKER] = "worker",
        [TABLE_POLICY] = "policy",   [TABLE_PLAN] = "plan",             [TABLE_RUN] = "run",
        [TABLE_APPROVAL] = "approval", [TABLE_TASK] = "task",           [TABLE_QUARANTINE] = "quarantine",
        [TABLE_ACCOUNT] = "account", [TABLE_STORE] = "store",           [TABLE_COUNTER] = "counter",
        [TABLE_INTENT] = "intent",
    };
    ASSERT((unsigned)t < TABLE_COUNT);
    return names[t];
}

enum status backend_walk(struct backend *b, enum table t, struct walk *w, size_t max, struct arena *a,
                         struct row **out, size_t *n, struct err *err)
{
    struct patience p = {0};
    struct walk next;
    enum status status;
    ASSERT((unsigned)t < TABLE_COUNT && w->n <= WALK_BYTES_MAX && !w->done && max > 0);
    do {
        next = *w;
        status = b->driver->walk(b, t, &next, max, a, out, n, err);
    } while (again(status, &p));
    if (status == OK)
        *w = next;
    return status;
}

enum status backend_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max,
                         struct arena *a, struct row **out, size_t *n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT((unsigned)t < TABLE_COUNT && prefix.n <= ROW_KEY_MAX && after.n <= ROW_KEY_MAX && max > 0);
    ASSERT(table_is_small(t) || prefix.n >= PREFIX_BYTES_LEAST);
    do
        status = b->driver->page(b, t, prefix, after, max, a, out, n, err);
    while (again(status, &p));
    return status;
}

enum status backend_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a,
                          struct row **out, size_t *n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT(q->queue > QUEUE_NONE && q->queue < QUEUE_COUNT && max > 0);
    ASSERT(q->category >= -1 && q->category <= UINT16_MAX);
    do
        status = b->driver->queue(b, q, max, a, out, n, err);
    while (again(status, &p));
    return status;
}

static void check_row(const struct row *row)
{
    bool placed = table_has_places(row->table);
    ASSERT((unsigned)row->table < TABLE_COUNT);
    check_key(row->key);
    ASSERT(row->version <= INT64_MAX || row->version == VERSION_ANY);
    ASSERT(placed ? row->op != ROW_ADD : row->queue == QUEUE_NONE);
    ASSERT(row->op != ROW_ADD || row->body.n == 0);
}

/* Which group names a key: a hash table of as many slots as a power of two gives, at least half of them empty. */
struct naming { const struct row *row; size_t group; };
struct names { struct naming *slots; size_t mask; };

static size_t row_hash(const struct row *row)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)row->table; /* FNV-1a */
    for (size_t i = 0; i < row->key.n; i++)
        h = (h ^ (unsigned char)row->key.p[i]) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32);
}

static void name_once(struct names *names, const struct row *row, size_t group)
{
    size_t at = row_hash(row) & names->mask;
    struct naming *found = &names->slots[at];
    for (; found->row != NULL; found = &names->slots[at = (at + 1) & names->mask]) {
        if (found->row->table != row->table || !str_eq(found->row->key, row->key))
            continue;
        ASSERT(found->row->op == ROW_ADD && row->op == ROW_ADD && found->group != group); /* else: named twice */
        break;
    }
    *found = (struct naming){row, group};
}

static enum status check_names(const struct group *groups, size_t n, struct err *err)
{
    size_t rows = 0, slots = 1;
    for (size_t i = 0; i < n; i++)
        rows += groups[i].rows_n;
    if (rows < 2)
        return OK;
    while (slots < 2 * rows)
        slots *= 2;
    struct names names = {.slots = calloc(slots, sizeof(*names.slots)), .mask = slots - 1};
    if (names.slots == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < groups[i].rows_n; j++)
            name_once(&names, &groups[i].rows[j], i);
    free(names.slots);
    return OK;
}

size_t group_bytes(const struct group *g)
{
    size_t bytes = 0;
    for (size_t i = 0; i < g->rows_n; i++)
        bytes += g->rows[i].key.n + g->rows[i].body.n;
    for (size_t i = 0; i < g->entries_n; i++)
        bytes += g->entries[i].body.n + g->entries[i].type.n + g->entries[i].actor.n;
    return bytes;
}

static bool fits(const struct group *g)
{
    if (g->rows_n > GROUP_ROWS_MAX || g->rows_n + g->entries_n > GROUP_ITEMS_MAX || group_bytes(g) > GROUP_BYTES_MAX)
        return false;
    for (size_t i = 0; i < g->rows_n; i++)
        if (g->rows[i].body.n > BODY_BYTES_MAX)
            return false;
    for (size_t i = 0; i < g->entries_n; i++)
        if (g->entries[i].body.n > BODY_BYTES_MAX)
            return false;
    return true;
}

/* Sets E_LIMIT where a group is too large. *fitting: how many are not. */
static enum status check_groups(struct group *groups, size_t n, size_t *fitting, struct err *err)
{
    *fitting = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < groups[i].rows_n; j++)
            check_row(&groups[i].rows[j]);
        for (size_t j = 0; j < groups[i].entries_n; j++)
            ASSERT(groups[i].entries[j].body.n > 0);
        groups[i].result = fits(&groups[i]) ? E_RETRY : E_LIMIT;
        *fitting += groups[i].result != E_LIMIT;
    }
    return check_names(groups, n, err);
}

/* `commit` or `load` of a driver. */
struct writer { enum status (*write)(struct backend *b, struct group *groups, size_t n, struct err *err); };

static enum status write_all(struct writer w, struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    do
        status = w.write(b, groups, n, err);
    while (again(status, &p));
    return status;
}

/* Only those that fit are handed over, side by side in a list of their own. */
static enum status write_fitting(struct writer w, struct backend *b, struct group *groups, size_t n, size_t fitting,
                                 struct err *err)
{
    struct group *some = calloc(fitting, sizeof(*some));
    size_t k = 0;
    if (some == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (groups[i].result != E_LIMIT)
            some[k++] = groups[i];
    enum status status = write_all(w, b, some, fitting, err);
    k = 0;
    for (size_t i = 0; i < n; i++)
        if (groups[i].result != E_LIMIT)
            groups[i].result = some[k++].result;
    free(some);
    return status;
}

static enum status write_groups(struct writer w, struct backend *b, struct group *groups, size_t n, struct err *err)
{
    size_t fitting;
    TRY(check_groups(groups, n, &fitting, err));
    if (fitting == 0)
        return OK;
    return fitting == n ? write_all(w, b, groups, n, err) : write_fitting(w, b, groups, n, fitting, err);
}

enum status backend_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return write_groups((struct writer){b->driver->commit}, b, groups, n, err);
}

enum status backend_load(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return write_groups((struct writer){b->driver->load}, b, groups, n, err);
}

enum status backend_number(struct backend *b, uint64_t *size, struct err *err)
{
    struct patience p = {0};
    enum status status;
    do
        status = b->driver->number(b, size, err);
    while (again(status, &p));
    return status;
}

static enum status entries_once(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                                struct entry **out, size_t *n, uint64_t *looked_to, struct err *err)
{
    struct patience p = {0};
    enum status status;
    do
        status = b->driver->entries(b, q, max, a, out, n, looked_to, err);
    while (again(status, &p));
    return status;
}

enum status backend_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                            struct entry **out, size_t *n, struct err *err)
{
    struct entry_query rest = *q;
    struct entry *all = NULL;
    size_t all_n = 0, cap = 0;
    ASSERT(max > 0);
    do {
        struct entry *some;
        size_t some_n;
        uint64_t looked_to;
        TRY(entries_once(b, &rest, max - all_n, a, &some, &some_n, &looked_to, err));
        if (!arena_grow(a, (void **)&all, &cap, all_n + some_n, sizeof(*all)))
            return ARENA_FULL(err, a);
        if (some_n > 0)
            memcpy(all + all_n, some, some_n * sizeof(*all));
        all_n += some_n;
        ASSERT(q->newest_first ? looked_to <= rest.to : looked_to >= rest.from);
        *(q->newest_first ? &rest.to : &rest.from) = looked_to;
    } while (all_n < max && rest.from < rest.to && q->id == NULL);
    *out = all;
    *n = all_n;
    return OK;
}

enum status backend_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    uint64_t blanked = 0;
    ASSERT(!row_key_is_none(subject));
    do
        status = b->driver->forget(b, subject, &blanked, err);
    while (again(status, &p));
    if (status == OK && n != NULL)
        *n = blanked;
    return status;
}

enum status backend_backup(struct backend *b, struct str path, struct err *err)
{
    return b->driver->backup(b, path, err);
}
