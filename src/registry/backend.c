/* backend.c - the only caller of the drivers' functions: arguments checked, what is busy tried again. */
#include "registry/backend.h"

#include "base/buf.h"
#include "base/clock.h"
#include "registry/backends.h"

const struct backend_driver *const backend_drivers[] = {BACKEND_LIST NULL};

enum { RETRY_FOR_MS = 10000, WAIT_MOST_MS = 200 };

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

enum status backend_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max,
                         struct arena *a, struct row **out, size_t *n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT((unsigned)t < TABLE_COUNT && prefix.n <= ROW_KEY_MAX && after.n <= ROW_KEY_MAX && max > 0);
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

static enum status check_row(const struct row *row, struct err *err)
{
    bool placed = row->table == TABLE_CHAIN || row->table == TABLE_LEDGER;
    ASSERT((unsigned)row->table < TABLE_COUNT);
    check_key(row->key);
    ASSERT(row->version <= INT64_MAX || row->version == VERSION_ANY);
    ASSERT(placed ? row->op != ROW_ADD : row->queue == QUEUE_NONE);
    ASSERT(row->op != ROW_ADD || row->body.n == 0);
    if (row->body.n > BODY_BYTES_MAX)
        return FAIL(err, E_LIMIT, "a registry row of %zu bytes: at most %d", row->body.n, BODY_BYTES_MAX);
    return OK;
}

static enum status check_groups(const struct group *groups, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (groups[i].rows_n > GROUP_ROWS_MAX)
            return FAIL(err, E_LIMIT, "%zu rows are to be written together: at most %d", groups[i].rows_n,
                        GROUP_ROWS_MAX);
        for (size_t j = 0; j < groups[i].rows_n; j++)
            TRY(check_row(&groups[i].rows[j], err));
        for (size_t j = 0; j < groups[i].entries_n; j++)
            ASSERT(groups[i].entries[j].body.n > 0);
    }
    return OK;
}

enum status backend_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    TRY(check_groups(groups, n, err));
    if (n == 0)
        return OK;
    do
        status = b->driver->commit(b, groups, n, err);
    while (again(status, &p));
    return status;
}

enum status backend_load(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    TRY(check_groups(groups, n, err));
    if (n == 0)
        return OK;
    do
        status = b->driver->load(b, groups, n, err);
    while (again(status, &p));
    return status;
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

enum status backend_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                            struct entry **out, size_t *n, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT(max > 0);
    do
        status = b->driver->entries(b, q, max, a, out, n, err);
    while (again(status, &p));
    return status;
}

enum status backend_forget(struct backend *b, const struct row_key *subject, struct err *err)
{
    struct patience p = {0};
    enum status status;
    ASSERT(!row_key_is_none(subject));
    do
        status = b->driver->forget(b, subject, err);
    while (again(status, &p));
    return status;
}

enum status backend_backup(struct backend *b, struct str path, struct err *err)
{
    return b->driver->backup(b, path, err);
}
