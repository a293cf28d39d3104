/* random.c - the world's dice and clocks; what is replaced of the product at link time (-Wl,--wrap in the Makefile). */
#include "tests/sim/parts/sim.h"

#include "base/clock.h"
#include "engine/epoch.h"

struct sim *the_sim;

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t dice(struct sim *s, uint64_t below)
{
    return splitmix(&s->random) % below;
}

bool chance(struct sim *s, unsigned of_thousand)
{
    return dice(s, 1000) < of_thousand;
}

const char *when(int64_t ms)
{
    static char text[4][32];
    static unsigned next;
    char *t = text[next++ % 4];
    if (ms == TIME_NONE)
        return "never";
    time_text(ms, t);
    return t;
}

/* ---- in place of the product's ---- */

void __wrap_crypto_random(void *p, size_t n);
int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_monotonic_ms(void);
void __wrap_clock_sleep_ms(int64_t ms);
enum status __wrap_epoch_start(struct engine *e, struct epoch_thread **out, struct err *err);
void __wrap_epoch_stop(struct epoch_thread **t);
bool __wrap_gate_open(const struct gate *g);
bool __real_gate_open(const struct gate *g);
enum status __wrap_registry_worker_start(struct registry *r, struct row_key *worker, int64_t now_ms, int64_t lease_ms, struct str what, struct err *err);
enum status __real_registry_worker_start(struct registry *r, struct row_key *worker, int64_t now_ms, int64_t lease_ms, struct str what, struct err *err);

void __wrap_crypto_random(void *p, size_t n)
{
    for (unsigned char *b = p; n > 0; n--)
        *b++ = (unsigned char)splitmix(&the_sim->secret_random);
}

int64_t __wrap_clock_now_ms(void)
{
    const struct process *x = process_here();
    return the_sim->now_ms + (x ? x->skew_ms : 0);
}

int64_t __wrap_clock_monotonic_ms(void)
{
    return the_sim->monotonic_ms;
}

void __wrap_clock_sleep_ms(int64_t ms)
{
    the_sim->now_ms += ms;
    the_sim->monotonic_ms += ms;
}

/* The thread that reads the epoch is read_epoch, called by the gate: no thread, and no chance beside the seed's. */
static void read_epoch(struct engine *e)
{
    uint64_t epoch;
    if (registry_epoch(the_sim->watcher->registry, &epoch, NULL) != OK)
        return;
    e->watch.epoch = epoch;
    e->watch.read_ms = engine_now(e);
}

enum status __wrap_epoch_start(struct engine *e, struct epoch_thread **out, struct err *err)
{
    (void)err;
    read_epoch(e);
    *out = (struct epoch_thread *)e; /* only its address counts */
    return OK;
}

void __wrap_epoch_stop(struct epoch_thread **t)
{
    *t = NULL;
}

/* The thread reads every 200 ms; now and then the machine is so busy that it comes too late. */
bool __wrap_gate_open(const struct gate *g)
{
    enum { EVERY_MS = 200 };
    struct process *x = process_here();
    if (!x)
        return __real_gate_open(g);
    struct engine *e = x->engine;
    if (x->dead)
        return false;
    int64_t age = engine_now(e) - e->watch.read_ms;
    if ((age >= EVERY_MS || age < 0) && chance(x->sim, 900))
        read_epoch(e);
    bool open = __real_gate_open(g);
    if (open)
        x->gate_ms = x->sim->monotonic_ms;
    return open;
}

/* So that the oracle knows whose worker row is whose. */
enum status __wrap_registry_worker_start(struct registry *r, struct row_key *worker, int64_t now_ms, int64_t lease_ms, struct str what, struct err *err)
{
    struct process *x = process_here();
    enum status s = __real_registry_worker_start(r, worker, now_ms, lease_ms, what, err);
    if (x && s == OK) {
        x->worker = *worker;
        x->has_worker = true;
    }
    return s;
}
