/* committer.c - one of the waiting callers writes for all of them. */
#include "registry/committer.h"

#include <pthread.h>
#include <stdlib.h>

enum { GROUPS_AT_ONCE = 8192, MARKS = 1 << 15 };

/* One caller, waiting on its own stack. */
struct waiter {
    struct group *groups;
    size_t n;
    enum status status;
    struct err err;
    bool done;
    struct waiter *next;
};

/* Rows named in one transaction, as bits by hash: two keys that share a bit only put a caller off to the next one. */
struct marks { uint64_t written[MARKS / 64], added[MARKS / 64]; };

struct committer {
    struct registry *registry; /* the leader's, while there is one */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool leading, stopped;
    size_t inside; /* callers that have no answer yet */
    struct waiter *first, **last;
    struct group *together; /* the leader's */
    size_t together_cap;
    struct marks marks;
};

enum status committer_new(struct registry *r, struct committer **out, struct err *err)
{
    struct committer *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    ASSERT(pthread_mutex_init(&c->lock, NULL) == 0 && pthread_cond_init(&c->changed, NULL) == 0);
    c->registry = r;
    c->last = &c->first;
    *out = c;
    return OK;
}

/* ---- who is written together ---- */

static size_t mark_of(const struct row *row)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)row->table; /* FNV-1a */
    for (size_t i = 0; i < row->key.n; i++)
        h = (h ^ (unsigned char)row->key.p[i]) * UINT64_C(1099511628211);
    return (size_t)((h ^ h >> 32) % MARKS);
}

static bool marked(const uint64_t *bits, size_t at)
{
    return bits[at / 64] >> at % 64 & 1;
}

/* Rows that are only added to may be named by several groups of one commit (backend.h), others by one. */
static bool clashes(const struct marks *m, const struct waiter *q)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t j = 0; j < q->groups[i].rows_n; j++) {
            size_t at = mark_of(&q->groups[i].rows[j]);
            if (marked(m->written, at) || (q->groups[i].rows[j].op != ROW_ADD && marked(m->added, at)))
                return true;
        }
    return false;
}

static void mark(struct marks *m, const struct waiter *q)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t j = 0; j < q->groups[i].rows_n; j++) {
            size_t at = mark_of(&q->groups[i].rows[j]);
            uint64_t *bits = q->groups[i].rows[j].op == ROW_ADD ? m->added : m->written;
            bits[at / 64] |= UINT64_C(1) << at % 64;
        }
}

/* Takes off the queue what goes together, in order of arrival; the first always goes. *groups: how many they have. */
static struct waiter *take_batch(struct committer *c, size_t *groups)
{
    struct waiter *batch = NULL, **end = &batch;
    *groups = 0;
    memset(&c->marks, 0, sizeof(c->marks));
    for (struct waiter **at = &c->first; *at != NULL;) {
        struct waiter *q = *at;
        if (batch != NULL && (*groups + q->n > GROUPS_AT_ONCE || clashes(&c->marks, q))) {
            mark(&c->marks, q); /* whoever comes behind it and names the same rows stays behind it */
            at = &q->next;
            continue;
        }
        mark(&c->marks, q);
        *groups += q->n;
        *at = q->next;
        q->next = NULL;
        *end = q;
        end = &q->next;
    }
    c->last = &c->first;
    while (*c->last != NULL)
        c->last = &(*c->last)->next;
    return batch;
}

/* ---- writing for all ---- */

static enum status make_room(struct committer *c, size_t n, struct err *err)
{
    if (n <= c->together_cap)
        return OK;
    struct group *room = reallocarray(c->together, n, sizeof(*room));
    if (room == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    c->together = room;
    c->together_cap = n;
    return OK;
}

static enum status write_batch(struct committer *c, struct waiter *batch, size_t n, struct err *err)
{
    size_t at = 0;
    TRY(make_room(c, n, err));
    for (const struct waiter *q = batch; q != NULL; q = q->next)
        for (size_t i = 0; i < q->n; i++)
            c->together[at++] = q->groups[i];
    TRY(registry_commit(c->registry, c->together, n, err));
    at = 0;
    for (struct waiter *q = batch; q != NULL; q = q->next)
        for (size_t i = 0; i < q->n; i++)
            q->groups[i].result = c->together[at++].result;
    return OK;
}

/* With the lock, which it gives back while it writes. */
static void lead(struct committer *c)
{
    struct err err = {.code = OK};
    size_t n;
    struct waiter *batch = take_batch(c, &n);
    c->leading = true;
    pthread_mutex_unlock(&c->lock);
    enum status status = write_batch(c, batch, n, &err);
    pthread_mutex_lock(&c->lock);
    c->leading = false;
    for (struct waiter *q = batch, *next; q != NULL; q = next) {
        next = q->next; /* the request is its caller's stack: not touched once it is done */
        q->status = status;
        q->err = err;
        q->done = true;
    }
    pthread_cond_broadcast(&c->changed);
}

enum status committer_commit(struct committer *c, struct group *groups, size_t n, struct err *err)
{
    struct waiter me = {.groups = groups, .n = n};
    if (n == 0)
        return OK;
    pthread_mutex_lock(&c->lock);
    if (c->stopped) {
        pthread_mutex_unlock(&c->lock);
        return FAIL(err, E_DENIED, "the program is ending: nothing is written to the registry any more");
    }
    c->inside++;
    *c->last = &me;
    c->last = &me.next;
    while (!me.done) {
        if (c->leading)
            pthread_cond_wait(&c->changed, &c->lock);
        else
            lead(c);
    }
    c->inside--;
    if (c->stopped)
        pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    if (me.status != OK && err != NULL)
        *err = me.err;
    return me.status;
}

size_t committer_waiting(struct committer *c)
{
    pthread_mutex_lock(&c->lock);
    size_t n = c->inside;
    pthread_mutex_unlock(&c->lock);
    return n;
}

void committer_stop(struct committer *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopped = true;
    while (c->inside > 0)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

void committer_close(struct committer *c)
{
    if (c == NULL)
        return;
    committer_stop(c);
    registry_close(c->registry);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c->together);
    free(c);
}
