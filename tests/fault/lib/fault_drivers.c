/* fault_drivers.c - stores and registry whose calls fail; put in when they are opened (--wrap of the linker). */
#include "tests/fault/lib/fault.h"

#include "registry/backend.h"
#include "store/store.h"

enum { DRIVERS_MAX = 4 };
enum status __real_backend_open(struct str url, bool create, struct backend *out, struct err *err);
enum status __wrap_backend_open(struct str url, bool create, struct backend *out, struct err *err);
enum status __real_store_open(struct store *store, struct err *err);
enum status __wrap_store_open(struct store *store, struct err *err);
int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);
void __wrap_clock_sleep_ms(int64_t ms);

/* ---- nobody waits: a pause lets the clock jump ---- */

static _Atomic int64_t slept_ms;

int64_t __wrap_clock_monotonic_ms(void)
{
    return __real_clock_monotonic_ms() + slept_ms;
}

void __wrap_clock_sleep_ms(int64_t ms)
{
    if (ms > 0)
        slept_ms += ms;
}

/* ---- registry ---- */

static const struct backend_driver *real;

static enum status registry_fails(struct err *err)
{
    switch (fault_mode()) {
    case FAULT_REFUSED:
        return FAIL(err, E_IO, "the registry's disk failed");
    case FAULT_FULL:
        return FAIL(err, E_LIMIT, "the registry's disk is full");
    case FAULT_AWAY:
    case FAULT_PLAIN:
    case FAULT_ANSWER_LOST:
    case FAULT_CALL_LOST:
    case FAULT_HALF:
    case FAULT_FORGOTTEN:
        break;
    }
    return FAIL(err, E_RETRY, "the registry is busy");
}

/* What is only read has no unknown fate. */
static bool reading_fails(void)
{
    return fault_mode() != FAULT_ANSWER_LOST && fault_mode() != FAULT_CALL_LOST && fault_now(FAULT_REGISTRY);
}

static enum status writing(enum status (*write)(struct backend *, struct group *, size_t, struct err *), struct backend *b,
                           struct group *groups, size_t n, struct err *err)
{
    if (!fault_now(FAULT_REGISTRY))
        return write(b, groups, n, err);
    if (fault_mode() != FAULT_ANSWER_LOST && fault_mode() != FAULT_CALL_LOST)
        return registry_fails(err);
    for (size_t i = 0; i < n; i++)
        groups[i].result = E_RETRY;
    if (fault_mode() == FAULT_CALL_LOST)
        return OK;
    TRY(write(b, groups, n, err));
    for (size_t i = 0; i < n; i++)
        if (groups[i].result == OK)
            groups[i].result = E_RETRY;
    return OK;
}

static enum status faulty_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return writing(real->commit, b, groups, n, err);
}

static enum status faulty_load(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return writing(real->load, b, groups, n, err);
}

static enum status faulty_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a, struct row *out, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->get(b, t, keys, n, a, out, err);
}

static enum status faulty_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max, struct arena *a,
                               struct row **out, size_t *n, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->page(b, t, prefix, after, max, a, out, n, err);
}

static enum status faulty_walk(struct backend *b, enum table t, struct walk *w, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->walk(b, t, w, max, a, out, n, err);
}

static enum status faulty_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->queue(b, q, max, a, out, n, err);
}

static enum status faulty_number(struct backend *b, uint64_t *size, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->number(b, size, err);
}

static enum status faulty_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out,
                                  size_t *n, uint64_t *looked_to, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->entries(b, q, max, a, out, n, looked_to, err);
}

static enum status faulty_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->forget(b, subject, n, err);
}

static enum status faulty_backup(struct backend *b, struct str path, struct err *err)
{
    return reading_fails() ? registry_fails(err) : real->backup(b, path, err);
}

enum status __wrap_backend_open(struct str url, bool create, struct backend *out, struct err *err)
{
    static struct backend_driver faulty;
    if (reading_fails())
        return registry_fails(err);
    TRY(__real_backend_open(url, create, out, err));
    if (!real) {
        real = out->driver;
        faulty = *real;
        faulty.commit = faulty_commit;
        faulty.load = faulty_load;
        faulty.get = faulty_get;
        faulty.page = faulty_page;
        faulty.walk = faulty_walk;
        faulty.queue = faulty_queue;
        faulty.number = faulty_number;
        faulty.entries = faulty_entries;
        faulty.forget = faulty_forget;
        faulty.backup = faulty_backup;
    }
    out->driver = &faulty;
    return OK;
}

/* ---- stores ---- */

static struct { const struct store_driver *real; struct store_driver faulty; } drivers[DRIVERS_MAX];

static const struct store_driver *real_of(const struct store *store)
{
    for (size_t i = 0; i < DRIVERS_MAX; i++)
        if (store->driver == &drivers[i].faulty)
            return drivers[i].real;
    ASSERT(false);
    return NULL;
}

static enum status store_fails(struct err *err)
{
    return fault_mode() == FAULT_REFUSED ? FAIL(err, E_DENIED, "we are not allowed to") : FAIL(err, E_RETRY, "it does not answer");
}

static enum status faulty_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                               const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    if (!fault_now(FAULT_STORE))
        return real_of(store)->find(store, call, targets, n, sink, seen, err);
    if (fault_mode() == FAULT_AWAY || fault_mode() == FAULT_REFUSED)
        return store_fails(err);
    size_t asked = fault_mode() == FAULT_HALF ? n / 2 : n;
    if (asked)
        TRY(real_of(store)->find(store, call, targets, asked, sink, seen, err));
    if (fault_mode() == FAULT_FORGOTTEN) {
        seen[n - 1].sight = SIGHT_UNKNOWN;
        return OK;
    }
    for (size_t i = 0; i < n; i++)
        seen[i].sight = SIGHT_UNKNOWN;
    return store_fails(err);
}

/* What change and verify have in common: some are done, and what of them is answered. */
static enum status answer_badly(enum status status, struct artefact **artefacts, size_t n, struct err *err)
{
    TRY(status);
    if (fault_mode() == FAULT_FORGOTTEN) {
        store_answer(artefacts[n - 1], OUT_UNKNOWN, NULL);
        return OK;
    }
    for (size_t i = 0; i < n && fault_mode() == FAULT_ANSWER_LOST; i++)
        store_answer(artefacts[i], OUT_UNKNOWN, NULL);
    return store_fails(err);
}

static enum status faulty_change(struct store *store, struct store_call *call, enum effect effect, struct artefact **artefacts,
                                 size_t n, struct err *err)
{
    if (!fault_now(FAULT_STORE))
        return real_of(store)->change(store, call, effect, artefacts, n, err);
    if (fault_mode() == FAULT_AWAY || fault_mode() == FAULT_REFUSED)
        return store_fails(err);
    size_t done = fault_mode() == FAULT_HALF ? n / 2 : n;
    return answer_badly(done ? real_of(store)->change(store, call, effect, artefacts, done, err) : OK, artefacts, n, err);
}

static enum status faulty_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n, struct err *err)
{
    if (!fault_now(FAULT_STORE))
        return real_of(store)->verify(store, call, artefacts, n, err);
    if (fault_mode() == FAULT_AWAY || fault_mode() == FAULT_REFUSED)
        return store_fails(err);
    size_t done = fault_mode() == FAULT_HALF ? n / 2 : n;
    return answer_badly(done ? real_of(store)->verify(store, call, artefacts, done, err) : OK, artefacts, n, err);
}

enum status __wrap_store_open(struct store *store, struct err *err)
{
    if (fault_now(FAULT_STORE))
        return store_fails(err);
    TRY(__real_store_open(store, err));
    size_t i = 0;
    while (i < DRIVERS_MAX && drivers[i].real && drivers[i].real != store->driver)
        i++;
    ASSERT(i < DRIVERS_MAX);
    drivers[i].real = store->driver;
    drivers[i].faulty = *store->driver;
    drivers[i].faulty.find = faulty_find;
    drivers[i].faulty.change = faulty_change;
    drivers[i].faulty.verify = faulty_verify;
    store->driver = &drivers[i].faulty;
    return OK;
}
