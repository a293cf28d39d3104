/* Claims, settlements and holds against each other: several threads with a registry each on one database, as SQLite is
 * and as the weakest database would be. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/lib/registry_fixture.h"
#include "tests/lib/weak_backend.h"

enum { CHAINS = 12, THREADS = 3, VISITS = 25, LEASE_MS = 60000 };

struct shared {
    struct registry_fixture *f;
    bool weak;
    atomic_uint seed;
    atomic_uint settled;            /* settlements that said OK */
    atomic_int inside[CHAINS];      /* how many hold a claim on it */
    atomic_bool deleted[CHAINS];    /* something was sent for it */
    bool warned[CHAINS];            /* the hold's reply said: in flight, or lost */
};
static const struct row_key matter = {{0x4d}};

static struct registry *registry_of(struct shared *s)
{
    struct registry *r = registry_fixture_again(s->f);
    if (s->weak && str_starts(str_of(s->f->url), STR("sqlite:"))) /* PostgreSQL has its own weaknesses */
        weak_wrap(&r->backend, str_of(s->f->url), atomic_fetch_add(&s->seed, 1) + 1);
    return r;
}

static void ids_fill(struct shared *s, struct row_key keys[CHAINS])
{
    for (size_t i = 0; i < CHAINS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "contact-%zu", i);
        keys[i] = fixture_key(s->f, id);
    }
}

static void chains_store(struct shared *s)
{
    for (size_t i = 0; i < CHAINS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "contact-%zu", i);
        struct chain c = fixture_chain(s->f, id);
        fixture_store(s->f->r, &c);
    }
}

static struct row_key worker_of(struct registry *r)
{
    struct row_key worker;
    enum status status = E_CONFLICT;
    for (int i = 0; i < 50 && status == E_CONFLICT; i++) /* a made-up conflict */
        status = registry_worker_start(r, &worker, 0, LEASE_MS, STR("thread"), NULL);
    ASSERT(status == OK);
    return worker;
}

static void count_visit(void *ctx, struct chain *fresh, struct arena *a)
{
    (void)ctx;
    (void)a;
    fresh->tries++;
}

/* Claims all it can get, counts in each row, frees it. Nobody else may be inside meanwhile. */
static void visit(struct shared *s, struct registry *r, const struct row_key *worker, struct arena *a)
{
    struct row_key keys[CHAINS];
    struct chain chains[CHAINS];
    struct claim claims[CHAINS];
    enum status results[CHAINS];
    struct settlement settlements[CHAINS];
    struct entry entries[CHAINS];
    size_t of[CHAINS], n = 0;
    ids_fill(s, keys);
    ASSERT(registry_chains(r, keys, CHAINS, a, chains, NULL) == OK);
    ASSERT(registry_claim(r, worker, chains, CHAINS, 0, a, claims, results, NULL) == OK);
    for (size_t i = 0; i < CHAINS; i++) {
        if (results[i] != OK)
            continue;
        ASSERT(atomic_fetch_add(&s->inside[i], 1) == 0);
        entries[n] = fixture_entry("OUTCOME");
        settlements[n] = (struct settlement){.claim = claims[i], .change = count_visit, .free_claim = true,
                                             .entries = &entries[n], .entries_n = 1};
        of[n++] = i;
    }
    for (size_t k = 0; k < n; k++)
        atomic_fetch_sub(&s->inside[of[k]], 1); /* before the claim is free: another may be in a moment later */
    ASSERT(registry_settle(r, settlements, n, 0, a, NULL) == OK);
    for (size_t k = 0; k < n; k++) {
        ASSERT(settlements[k].result == OK);
        atomic_fetch_add(&s->settled, 1);
    }
}

static void *visitor(void *arg)
{
    struct shared *s = arg;
    struct registry *r = registry_of(s);
    struct row_key worker = worker_of(r);
    for (int i = 0; i < VISITS; i++) {
        struct arena a;
        arena_init(&a, 16 << 20);
        visit(s, r, &worker, &a);
        arena_release(&a);
    }
    registry_close(r);
    return NULL;
}

static void run_threads(struct shared *s, void *(*const bodies[])(void *), size_t n)
{
    pthread_t threads[8];
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, bodies[i], s), 0);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void claims_race(struct registry_fixture *f, bool weak)
{
    struct shared s = {.f = f, .weak = weak};
    struct row_key keys[CHAINS];
    uint64_t entries, visits = 0;
    chains_store(&s);
    ids_fill(&s, keys);
    run_threads(&s, (void *(*const[])(void *)){visitor, visitor, visitor}, THREADS);
    for (size_t i = 0; i < CHAINS; i++) {
        struct chain c = fixture_read(f->r, &keys[i], &f->a);
        assert_true(row_key_is_none(&c.worker));
        visits += (uint64_t)c.tries;
    }
    assert_true(visits > 0);
    assert_int_equal(visits, s.settled); /* every one counted, none twice */
    assert_int_equal(registry_log_size(f->r, &entries, NULL), OK);
    assert_int_equal(entries, visits);
}

/* As the engine does: a worker decides on the row as claimed, reads the epoch, writes the row at that version, and deletes
 * while the epoch stands still. Not read again: a hold between claim and epoch is met by the write. */
static void delete_one(struct shared *s, struct registry *r, const struct row_key *worker, size_t i,
                       const struct row_key *key, struct arena *a)
{
    struct chain c;
    struct claim claim;
    enum status result = E_CONFLICT;
    uint64_t epoch, now;
    for (int tries = 0; tries < 50 && result == E_CONFLICT; tries++) {
        ASSERT(registry_chains(r, key, 1, a, &c, NULL) == OK);
        if (c.holds_n > 0)
            return;
        ASSERT(registry_claim(r, worker, &c, 1, 0, a, &claim, &result, NULL) == OK);
    }
    ASSERT(result == OK);
    bool held = c.holds_n > 0; /* a claim of unknown fate is found with what came to it since */
    sched_yield();
    ASSERT(registry_epoch(r, &epoch, NULL) == OK);
    struct settlement begin = {.claim = claim, .change = count_visit, .as_claimed = true};
    ASSERT(registry_settle(r, &begin, 1, 0, a, NULL) == OK);
    ASSERT(begin.result == OK || begin.result == E_CONFLICT);
    ASSERT(registry_epoch(r, &now, NULL) == OK);
    if (!held && begin.result == OK && now == epoch)
        atomic_store(&s->deleted[i], true);
    struct settlement end = {.claim = claim};
    ASSERT(registry_settle(r, &end, 1, 0, a, NULL) == OK);
    ASSERT(end.result == OK); /* ours all the time */
}

/* A hold that lands between claim and epoch is under the epoch that is read, and on no row that was decided. */
static void hold_between_claim_and_epoch(struct registry_fixture *f, bool weak)
{
    struct shared s = {.f = f, .weak = weak};
    struct registry *r = registry_of(&s);
    struct row_key worker = worker_of(r), keys[CHAINS];
    chains_store(&s);
    ids_fill(&s, keys);
    for (size_t i = 0; i < CHAINS; i++) {
        struct chain c;
        struct claim claim;
        enum status result = E_CONFLICT;
        uint64_t epoch, now;
        for (int tries = 0; tries < 50 && result == E_CONFLICT; tries++) {
            c = fixture_read(r, &keys[i], &f->a);
            assert_int_equal(registry_claim(r, &worker, &c, 1, 0, &f->a, &claim, &result, NULL), OK);
        }
        assert_true(result == OK && c.holds_n == 0);
        struct hold_member m = {.contact = keys[i], .source = STR("connect-eu")};
        assert_int_equal(registry_hold_members(f->r, &matter, true, 5, TIME_NONE, &m, 1, &f->a, NULL), OK);
        assert_true(m.result == OK && m.claimed);
        assert_int_equal(registry_epoch(r, &epoch, NULL), OK);
        struct settlement begin = {.claim = claim, .change = count_visit, .as_claimed = true};
        assert_int_equal(registry_settle(r, &begin, 1, 0, &f->a, NULL), OK);
        assert_int_equal(begin.result, E_CONFLICT);
        assert_int_equal(registry_epoch(r, &now, NULL), OK);
        assert_int_equal(now, epoch); /* the epoch alone would have let it through */
        assert_int_equal(fixture_read(f->r, &keys[i], &f->a).tries, 0);
        struct settlement end = {.claim = claim, .free_claim = true};
        assert_int_equal(registry_settle(r, &end, 1, 0, &f->a, NULL), OK);
        assert_int_equal(end.result, OK);
    }
    registry_close(r);
}

static void *deleter(void *arg)
{
    struct shared *s = arg;
    struct registry *r = registry_of(s);
    struct row_key worker = worker_of(r), keys[CHAINS];
    struct arena a;
    arena_init(&a, 32 << 20);
    ids_fill(s, keys);
    for (size_t i = 0; i < CHAINS; i++)
        delete_one(s, r, &worker, i, &keys[i], &a);
    arena_release(&a);
    registry_close(r);
    return NULL;
}

static void *holder(void *arg)
{
    struct shared *s = arg;
    struct registry *r = registry_of(s);
    struct row_key keys[CHAINS];
    struct arena a;
    arena_init(&a, 32 << 20);
    ids_fill(s, keys);
    for (size_t i = 0; i < CHAINS; i++) {
        size_t at = CHAINS - 1 - i; /* they meet in the middle */
        struct hold_member m = {.contact = keys[at], .source = STR("connect-eu"), .result = E_RETRY};
        for (int tries = 0; tries < 20 && m.result == E_RETRY; tries++)
            ASSERT(registry_hold_members(r, &matter, true, 5, TIME_NONE, &m, 1, &a, NULL) == OK);
        ASSERT(m.result == OK);
        s->warned[at] = m.claimed || m.erased;
    }
    arena_release(&a);
    registry_close(r);
    return NULL;
}

static void hold_race(struct registry_fixture *f, bool weak)
{
    struct shared s = {.f = f, .weak = weak};
    struct row_key keys[CHAINS];
    uint64_t first, epoch;
    chains_store(&s);
    ids_fill(&s, keys);
    assert_int_equal(registry_epoch(f->r, &first, NULL), OK);
    run_threads(&s, (void *(*const[])(void *)){deleter, holder}, 2);
    for (size_t i = 0; i < CHAINS; i++) {
        struct chain c = fixture_read(f->r, &keys[i], &f->a);
        assert_int_equal(c.holds_n, 1);
        assert_int_equal(c.queue, QUEUE_PARKED);
        if (s.deleted[i])
            assert_true(s.warned[i]); /* never silently accepted over lost data */
    }
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), OK);
    assert_true(epoch >= first + CHAINS);
}

/* A hold that has committed is listed by everybody from then on, however far pages lag. */
static void standing_hold_is_seen(struct registry_fixture *f, bool weak)
{
    struct shared s = {.f = f, .weak = weak};
    struct registry *mine = registry_of(&s), *other = registry_of(&s);
    for (unsigned char i = 1; i <= 10; i++) {
        struct hold h = {.key = {{i}}, .matter = {{7}}, .scope = HOLD_FILTER, .filter_text = STR("queue:x"),
                         .released_ms = TIME_NONE}, *holds;
        enum status status = E_CONFLICT;
        size_t n;
        for (int tries = 0; tries < 50 && status == E_CONFLICT; tries++)
            status = registry_hold_put(mine, &h, NULL, &f->a, NULL);
        assert_int_equal(status, OK);
        assert_int_equal(registry_holds(other, &f->a, &holds, &n, NULL), OK);
        assert_int_equal(n, i);
    }
    registry_close(mine);
    registry_close(other);
}

/* A contact announced by a hold, and registered at the same time as a leg of another chain: one sees the other. */
static void announced_leg(struct registry_fixture *f, bool weak)
{
    struct shared s = {.f = f, .weak = weak};
    struct registry *r = registry_of(&s);
    struct row_key leg = fixture_key(f, "leg"), chain = fixture_key(f, "contact-0");
    struct row rows[3];
    struct group ingest = {.rows = rows, .rows_n = 3};
    size_t n;
    chains_store(&s);
    struct hold_member m = {.contact = leg, .source = STR("connect-eu")};
    assert_int_equal(registry_hold_members(r, &matter, true, 5, TIME_NONE, &m, 1, &f->a, NULL), OK);
    assert_true(m.result == OK && !m.existed);
    struct chain with = fixture_read(f->r, &chain, &f->a);
    struct leg own = {.key = leg};
    with.legs = &own;
    with.legs_n = 1;
    assert_int_equal(registry_leg_rows(&leg, &chain, &f->a, rows, &n, NULL), OK);
    assert_int_equal(n, 2);
    assert_int_equal(registry_chain_row(&with, &f->a, &rows[2], NULL), OK);
    assert_int_equal(registry_commit(f->r, &ingest, 1, NULL), OK);
    assert_int_equal(ingest.result, E_CONFLICT); /* must take the hold over first */
    rows[1].version = 1;
    assert_int_equal(registry_commit(f->r, &ingest, 1, NULL), OK);
    assert_int_equal(ingest.result, OK);
    assert_int_equal(registry_hold_members(r, &matter, true, 5, TIME_NONE, &m, 1, &f->a, NULL), OK);
    assert_true(m.result == OK && m.existed && row_key_eq(&m.chain, &chain));
    registry_close(r);
}

#define BOTH(name) \
    static void test_##name(void **state) { name(*state, false); } \
    static void test_##name##_weak(void **state) { name(*state, true); }
BOTH(claims_race)
BOTH(hold_between_claim_and_epoch)
BOTH(hold_race)
BOTH(standing_hold_is_seen)
BOTH(announced_leg)

#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, registry_fixture_file, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FILE(test_claims_race), ON_FILE(test_claims_race_weak),
        ON_FILE(test_hold_between_claim_and_epoch), ON_FILE(test_hold_between_claim_and_epoch_weak), ON_FILE(test_hold_race),
        ON_FILE(test_hold_race_weak), ON_FILE(test_standing_hold_is_seen), ON_FILE(test_standing_hold_is_seen_weak),
        ON_FILE(test_announced_leg), ON_FILE(test_announced_leg_weak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
