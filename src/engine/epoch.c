#include "engine/epoch.h"
#include "base/clock.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { EVERY_MS = 200 };

struct epoch_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    struct registry *registry; /* its own: a registry belongs to one thread */
    struct epoch_watch *watch;
};

static void read_once(struct epoch_thread *t)
{
    uint64_t epoch;
    int64_t asked_ms = t->watch->clock(t->watch->clock_ctx); /* before the read: a slow answer is an old one */
    if (registry_epoch(t->registry, &epoch, NULL) != OK)
        return; /* read_ms grows old, and the gates close by themselves */
    atomic_store(&t->watch->epoch, epoch);
    atomic_store(&t->watch->read_ms, asked_ms);
}

static void *loop(void *arg)
{
    struct epoch_thread *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        pthread_mutex_unlock(&t->lock);
        read_once(t);
        pthread_mutex_lock(&t->lock);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += EVERY_MS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        if (!t->stop)
            pthread_cond_timedwait(&t->wake, &t->lock, &until);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum status epoch_start(struct engine *e, struct epoch_thread **out, struct err *err)
{
    struct epoch_thread *t = calloc(1, sizeof *t);
    if (!t)
        return FAIL(err, E_LIMIT, "out of memory");
    t->watch = &e->watch;
    enum status s = registry_open(e->config.registry, false, e->keys.identifier, &e->keys.sealer, &t->registry, err);
    if (s != OK) {
        free(t);
        return s;
    }
    read_once(t); /* so that the first gate need not wait */
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    if (pthread_create(&t->thread, NULL, loop, t) != 0) {
        registry_close(t->registry);
        free(t);
        return FAIL(err, E_LIMIT, "no thread could be started");
    }
    *out = t;
    return OK;
}

void epoch_stop(struct epoch_thread **at)
{
    struct epoch_thread *t = *at;
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->wake);
    registry_close(t->registry);
    free(t);
    *at = NULL;
}
