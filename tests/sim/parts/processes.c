/* processes.c - several workers in one process: threads of which one runs at a time, each with an engine of its own. */
#include "tests/sim/parts/sim.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

enum { ARENA_MAX = 256 << 20 };

struct baton {
    pthread_t thread;
    sem_t go, back;
    unsigned slice; /* calls it may make before others go on */
    unsigned calls, dies_at;
};
static _Thread_local struct process *here;

struct process *process_here(void)
{
    return here;
}

/* A slice is mostly one call, so that everything may come between; sometimes many, so that much happens. */
static unsigned slice_of(struct sim *s)
{
    static const unsigned slices[] = {1, 1, 3, 10, 60};
    return s->quiet_stores ? 1000000 : slices[dice(s, ARRAY_LEN(slices))];
}

bool process_pause(const char *what)
{
    struct process *x = here;
    if (!x || x->sim->looking)
        return true;
    struct sim *s = x->sim;
    if (x->dead)
        return false;
    bool slow = !s->quiet_stores && chance(s, 30);
    int64_t took = (int64_t)dice(s, s->quiet_stores ? 3 : slow ? 3000 : 40);
    s->now_ms += took;
    s->monotonic_ms += took;
    if (--x->baton->slice == 0) {
        sem_post(&x->baton->back);
        while (sem_wait(&x->baton->go) != 0)
            continue;
        x->baton->slice = slice_of(s);
    }
    if (++x->baton->calls == x->baton->dies_at) {
        s->deaths++;
        x->dies_after = chance(s, 500);
        x->dead = !x->dies_after;
        trace(s, "%d %s dies %s %s", x->number, x->deed.name, x->dead ? "before" : "after", what);
    }
    return !x->dead;
}

bool process_alive(void)
{
    struct process *x = here;
    if (!x || x->sim->looking)
        return true;
    x->dead |= x->dies_after;
    return !x->dead;
}

static void *run(void *arg)
{
    struct process *x = arg;
    while (sem_wait(&x->baton->go) != 0)
        continue;
    here = x;
    x->deed.run(x->sim, x);
    engine_close(x->engine);
    x->engine = NULL;
    x->done = true;
    sem_post(&x->baton->back);
    return NULL;
}

struct process *process_start(struct sim *s, const struct deed *d)
{
    struct process *x = calloc(1, sizeof *x);
    struct baton *b = calloc(1, sizeof *b);
    ASSERT(x != NULL && b != NULL);
    *x = (struct process){.sim = s, .deed = *d, .number = (int)s->deeds++, .baton = b};
    arena_init(&x->a, ARENA_MAX);
    sem_init(&b->go, 0, 0);
    sem_init(&b->back, 0, 0);
    b->slice = slice_of(s);
    b->dies_at = !s->quiet_stores && chance(s, 150) ? 1 + (unsigned)dice(s, 200) : 0;
    int failed = pthread_create(&b->thread, NULL, run, x);
    ASSERT(failed == 0);
    return x;
}

void process_go(struct process *x)
{
    sem_post(&x->baton->go);
    while (sem_wait(&x->baton->back) != 0)
        continue;
}

void process_end(struct process *x)
{
    pthread_join(x->baton->thread, NULL);
    trace(x->sim, "%d %s ended%s: %s %s", x->number, x->deed.name, x->dead ? " (dead)" : "", status_name(x->result),
          x->result == OK ? "" : x->err.text);
    sem_destroy(&x->baton->go);
    sem_destroy(&x->baton->back);
    arena_release(&x->a);
    free(x->baton);
    free(x);
}

enum status process_open(struct process *x, unsigned flags)
{
    struct engine_options o = {.config_path = x->sim->config, .now_ms = TIME_NONE, .flags = flags};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    x->opened_ms = x->sim->monotonic_ms;
    for (int c = 0; c < 3; c++)
        x->days_least[c] = x->sim->policy.days[c];
    x->result = engine_open(&o, &x->engine, &report, &x->err);
    if (x->result != OK)
        x->engine = NULL;
    else
        x->engine->stores_in_turn = true; /* one thread at a time, in an order the seed gives */
    if (report.n)
        broken(x->sim, "the configuration: %s", report.p);
    return x->result;
}
