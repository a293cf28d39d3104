#include "base/ordered.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { RESULTS_A_THREAD = 4 };

/* Where the result of piece i lies: slot i modulo their number. A piece is begun only when its slot was taken from. */
struct slot {
    bool done;
    enum status status;
    struct err err;
    void *result;
};
struct run {
    const struct ordered *o;
    pthread_mutex_t lock;
    pthread_cond_t room, done;
    uint64_t next, taken;
    bool stop;
    struct slot *slots;
    size_t slots_n;
};
struct worker {
    pthread_t thread;
    struct run *run;
    unsigned number;
};

unsigned ordered_threads(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n > ORDERED_THREADS_MAX ? ORDERED_THREADS_MAX : (unsigned)n;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct run *r = w->run;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (!r->stop && r->next < r->o->pieces && r->next >= r->taken + r->slots_n)
            pthread_cond_wait(&r->room, &r->lock);
        if (r->stop || r->next >= r->o->pieces)
            break;
        uint64_t piece = r->next++;
        struct slot *slot = &r->slots[piece % r->slots_n];
        pthread_mutex_unlock(&r->lock);
        slot->status = r->o->work(r->o->ctx, w->number, piece, slot->result, &slot->err);
        pthread_mutex_lock(&r->lock);
        slot->done = true;
        if (piece == r->taken)
            pthread_cond_signal(&r->done);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* The pieces as they come in order; with the lock, which it gives back while it takes one. */
static enum status take_all(struct run *r, struct err *err)
{
    bool enough = false;
    enum status status = OK;
    while (status == OK && !enough && r->taken < r->o->pieces) {
        struct slot *slot = &r->slots[r->taken % r->slots_n];
        while (!slot->done)
            pthread_cond_wait(&r->done, &r->lock);
        pthread_mutex_unlock(&r->lock);
        status = slot->status;
        if (status != OK && err != NULL)
            *err = slot->err;
        if (status == OK)
            status = r->o->take(r->o->ctx, r->taken, slot->result, &enough, err);
        pthread_mutex_lock(&r->lock);
        slot->done = false;
        r->taken++;
        pthread_cond_signal(&r->room);
    }
    return status;
}

static enum status with_threads(struct run *r, struct worker *workers, struct err *err)
{
    unsigned started = 0;
    enum status status = OK;
    for (; started < r->o->threads; started++) {
        workers[started] = (struct worker){.run = r, .number = started};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    if (started == 0)
        status = FAIL(err, E_LIMIT, "no thread can be started");
    pthread_mutex_lock(&r->lock);
    if (status == OK)
        status = take_all(r, err);
    r->stop = true;
    pthread_cond_broadcast(&r->room);
    pthread_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    return status;
}

static enum status alone(const struct ordered *o, struct err *err)
{
    bool enough = false;
    enum status status = OK;
    void *result = calloc(1, o->result_bytes);
    if (result == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    for (uint64_t i = 0; i < o->pieces && status == OK && !enough; i++) {
        status = o->work(o->ctx, 0, i, result, err);
        if (status == OK)
            status = o->take(o->ctx, i, result, &enough, err);
    }
    free(result);
    return status;
}

enum status ordered_run(const struct ordered *o, struct err *err)
{
    ASSERT(o->threads >= 1 && o->threads <= ORDERED_THREADS_MAX && o->result_bytes > 0);
    if (o->threads == 1 || o->pieces <= 1)
        return alone(o, err);
    struct run r = {.o = o, .slots_n = (size_t)o->threads * RESULTS_A_THREAD};
    struct worker *workers = calloc(o->threads, sizeof(*workers));
    size_t stride = (o->result_bytes + 63) / 64 * 64;
    char *results = calloc(r.slots_n, stride);
    r.slots = calloc(r.slots_n, sizeof(*r.slots));
    enum status status = OK;
    if (workers == NULL || results == NULL || r.slots == NULL) {
        status = FAIL(err, E_LIMIT, "out of memory");
    } else {
        for (size_t i = 0; i < r.slots_n; i++)
            r.slots[i].result = results + i * stride;
        ASSERT(pthread_mutex_init(&r.lock, NULL) == 0 && pthread_cond_init(&r.room, NULL) == 0 &&
               pthread_cond_init(&r.done, NULL) == 0);
        status = with_threads(&r, workers, err);
        pthread_cond_destroy(&r.done);
        pthread_cond_destroy(&r.room);
        pthread_mutex_destroy(&r.lock);
    }
    free(r.slots);
    free(results);
    free(workers);
    return status;
}
