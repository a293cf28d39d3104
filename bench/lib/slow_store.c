/* slow_store.c - see slow_store.h. */
#include "bench/lib/slow_store.h"

#include <sys/mman.h>

#include "base/clock.h"
#include "bench/lib/bench.h"

enum { FIND_BATCH = 250, CHANGE_BATCH = 46, VERIFY_BATCH = 100 }; /* of 500: 2 + 11 + 5 + 2 (the fresh look) calls */

static struct store_driver driver;
static struct slow_world *there;

struct slow_world *slow_world(size_t n)
{
    struct slow_world *w = mmap(NULL, sizeof *w + n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w == MAP_FAILED)
        bench_fail("no shared memory");
    w->n = n;
    memset(w->there, 1, n);
    return w;
}

static unsigned char *at(struct str id)
{
    struct str head = STR_NONE, number = id;
    int64_t i;
    while (str_split(number, '-', &head, &number))
        ;
    if (!str_to_i64(number, &i) || i < 0 || (size_t)i >= there->n)
        bench_fail("a contact of no number");
    return &there->there[i];
}

static void call(struct store_call *c)
{
    clock_sleep_ms(SLOW_CALL_MS);
    c->calls++;
    c->control_seen = true;
    __atomic_fetch_add(&there->calls, 1, __ATOMIC_RELAXED);
}

static enum status slow_find(struct store *store, struct store_call *c, const struct store_target *targets, size_t n,
                             const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    (void)store;
    call(c);
    for (size_t i = 0; i < n; i++) {
        struct artefact found = {.kind = KIND_RECORDING, .count = 1, .locator = targets[i].id};
        if (*at(targets[i].id))
            TRY(sink->add(sink->ctx, i, &found, err));
        seen[i].sight = SIGHT_WHOLE;
    }
    return OK;
}

static enum status slow_change(struct store *store, struct store_call *c, enum effect effect, struct artefact **artefacts, size_t n,
                               struct err *err)
{
    (void)store, (void)effect, (void)err;
    call(c);
    for (size_t i = 0; i < n; i++) {
        if (!gate_open(c->gate)) {
            store_answer(artefacts[i], OUT_HELD, NULL);
            continue;
        }
        if (__atomic_exchange_n(at(artefacts[i]->locator), 0, __ATOMIC_RELAXED))
            __atomic_fetch_add(&there->changes, 1, __ATOMIC_RELAXED);
        store_answer(artefacts[i], OUT_GONE, NULL);
    }
    return OK;
}

static enum status slow_verify(struct store *store, struct store_call *c, struct artefact **artefacts, size_t n, struct err *err)
{
    (void)store, (void)err;
    call(c);
    for (size_t i = 0; i < n; i++)
        store_answer(artefacts[i], *at(artefacts[i]->locator) ? OUT_PRESENT : OUT_ABSENT, NULL);
    return OK;
}

void slow_store(struct engine *e, struct slow_world *w)
{
    struct store *store = e->stores[0];
    there = w;
    driver = *store->driver;
    driver.find = slow_find;
    driver.change = slow_change;
    driver.verify = slow_verify;
    driver.find_batch_max = FIND_BATCH;
    driver.change_batch_max = CHANGE_BATCH;
    driver.verify_batch_max = VERIFY_BATCH;
    store->driver = &driver;
}
