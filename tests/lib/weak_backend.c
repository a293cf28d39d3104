#include "tests/lib/weak_backend.h"

#include <sched.h>
#include <stdlib.h>

#include "registry/sqlite.h"

enum { LAG_PAGES = 3, LOOK_AT_ONCE = 4 };

struct weak {
    struct backend inner, lagging;
    uint64_t seed, faults, pages;
};

/* Of a hundred. */
static bool happens(struct weak *w, unsigned percent)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bool yes = (w->seed >> 33) % 100 < percent;
    w->faults += yes;
    return yes;
}

static void weak_close(struct backend *b)
{
    struct weak *w = b->own;
    backend_close(&w->inner);
    backend_close(&w->lagging);
    free(w);
}

static enum status weak_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    struct weak *w = b->own;
    return w->inner.driver->check(&w->inner, a, out, err);
}

static enum status weak_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                            struct row *out, struct err *err)
{
    struct weak *w = b->own;
    if (happens(w, 3))
        return FAIL(err, E_RETRY, "busy");
    for (size_t i = 0; i < n; i++) { /* one after the other: others commit between them */
        TRY(w->inner.driver->get(&w->inner, t, &keys[i], 1, a, &out[i], err));
        if (n > 1 && happens(w, 20))
            sched_yield();
    }
    return OK;
}

/* A snapshot is kept for a few pages, then a newer one is taken. */
static struct backend *lagging(struct weak *w)
{
    struct sqlite *s = w->lagging.own;
    if (w->pages++ % LAG_PAGES == 0) {
        sqlite_rollback(s);
        ASSERT(sqlite_exec(s, "BEGIN; SELECT count(*) FROM meta;", NULL) == OK);
    }
    return &w->lagging;
}

static enum status weak_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max,
                             struct arena *a, struct row **out, size_t *n, struct err *err)
{
    struct weak *w = b->own;
    return w->inner.driver->page(&w->inner, t, prefix, after, max, a, out, n, err);
}

/* Stale, at times empty before the end, at times the same again; where it has come is for nobody to understand. */
static enum status weak_walk(struct backend *b, enum table t, struct walk *walk, size_t max, struct arena *a,
                             struct row **out, size_t *n, struct err *err)
{
    struct weak *w = b->own;
    struct walk inner = {.n = walk->n > 0 ? walk->n - 1 : 0};
    *n = 0;
    for (size_t i = 0; i < inner.n; i++)
        inner.at[i] = (unsigned char)~walk->at[i];
    if (happens(w, 20))
        return OK;
    TRY(w->inner.driver->walk(lagging(w), t, &inner, max, a, out, n, err));
    if (happens(w, 10))
        return OK;
    walk->done = inner.done;
    walk->n = inner.n + 1;
    for (size_t i = 0; i < inner.n; i++)
        walk->at[i] = (unsigned char)~inner.at[i];
    walk->at[inner.n] = '!';
    return OK;
}

static enum status weak_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a,
                              struct row **out, size_t *n, struct err *err)
{
    struct weak *w = b->own;
    return w->inner.driver->queue(lagging(w), q, max, a, out, n, err);
}

static enum status weak_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct weak *w = b->own;
    if (happens(w, 5))
        return FAIL(err, E_RETRY, "busy");
    for (size_t i = 0; i < n; i++) {
        groups[i].result = E_CONFLICT;
        if (happens(w, 10))
            continue;
        groups[i].result = E_RETRY;
        if (happens(w, 8))
            continue; /* lost on the way there */
        enum status status = w->inner.driver->commit(&w->inner, &groups[i], 1, err);
        if (status != OK) {
            groups[i].result = E_RETRY;
            if (i == 0)
                return status;
        } else if (happens(w, 8)) {
            groups[i].result = E_RETRY; /* the answer was lost */
        }
    }
    return OK;
}

static enum status weak_number(struct backend *b, uint64_t *size, struct err *err)
{
    struct weak *w = b->own;
    return w->inner.driver->number(&w->inner, size, err);
}

static enum status weak_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                                struct entry **out, size_t *n, uint64_t *looked_to, struct err *err)
{
    struct weak *w = b->own;
    struct entry_query some = *q;
    uint64_t size;
    TRY(w->inner.driver->number(&w->inner, &size, err));
    if (some.to > size)
        some.to = size > some.from ? size : some.from;
    bool part = q->id == NULL && some.from + LOOK_AT_ONCE < some.to; /* looks at so many in one call */
    if (part && q->newest_first)
        some.from = some.to - LOOK_AT_ONCE;
    else if (part)
        some.to = some.from + LOOK_AT_ONCE;
    TRY(w->inner.driver->entries(&w->inner, &some, max, a, out, n, looked_to, err));
    if (!part && !q->newest_first && *looked_to == some.to)
        *looked_to = q->to;
    return OK;
}

static enum status weak_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    struct weak *w = b->own;
    return w->inner.driver->forget(&w->inner, subject, n, err);
}

static enum status weak_backup(struct backend *b, struct str path, struct err *err)
{
    (void)b;
    (void)path;
    return FAIL(err, E_UNSUPPORTED, "use the database's own tool");
}

static const struct backend_driver backend_weak = {
    .scheme = "weak", .help = "", .close = weak_close, .check = weak_check, .get = weak_get, .page = weak_page,
    .walk = weak_walk, .queue = weak_queue, .commit = weak_commit, .load = weak_commit, .number = weak_number, .entries = weak_entries,
    .forget = weak_forget, .backup = weak_backup,
};

void weak_wrap(struct backend *b, struct str url, uint64_t seed)
{
    struct weak *w = calloc(1, sizeof(*w));
    ASSERT(w != NULL);
    w->seed = seed;
    w->inner = *b;
    ASSERT(backend_open(url, false, &w->lagging, NULL) == OK);
    *b = (struct backend){.driver = &backend_weak, .own = w};
}

uint64_t weak_faults(const struct backend *b)
{
    const struct weak *w = b->own;
    return w->faults;
}
