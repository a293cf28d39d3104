/* test_committer.c - callers of one commit: each its own answer, none before it is durable, nobody's row named twice. */
#include "registry/committer.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"
#include "tests/lib/weak_backend.h"

enum { CALLERS = 8, ROUNDS = 40 };

/* A backend whose commits wait until the test lets them go, so that who is written together is known. */
struct turnstile {
    struct backend inner;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool shut;
    int waiting;             /* commits at the gate */
    enum status fail;        /* answered instead of committing */
    size_t commits, largest; /* calls, and groups in the largest */
};

static enum status gate_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct turnstile *g = b->own;
    pthread_mutex_lock(&g->lock);
    g->commits++;
    g->largest = n > g->largest ? n : g->largest;
    g->waiting++;
    pthread_cond_broadcast(&g->changed);
    while (g->shut)
        pthread_cond_wait(&g->changed, &g->lock);
    g->waiting--;
    enum status fail = g->fail;
    pthread_mutex_unlock(&g->lock);
    if (fail != OK)
        return FAIL(err, fail, "disk full; nothing was changed");
    return g->inner.driver->commit(&g->inner, groups, n, err);
}

static enum status gate_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                            struct row *out, struct err *err)
{
    struct turnstile *g = b->own;
    return g->inner.driver->get(&g->inner, t, keys, n, a, out, err);
}

static void gate_close(struct backend *b)
{
    struct turnstile *g = b->own;
    g->inner.driver->close(&g->inner);
}

static const struct backend_driver gate_driver = {.scheme = "gate", .commit = gate_commit, .get = gate_get,
                                                  .close = gate_close};

static void gate_set(struct turnstile *g, bool shut, enum status fail)
{
    pthread_mutex_lock(&g->lock);
    g->shut = shut;
    g->fail = fail;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

static void gate_await(struct turnstile *g)
{
    pthread_mutex_lock(&g->lock);
    while (g->waiting == 0)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static struct committer *committer_at(struct registry_fixture *f, struct turnstile *g)
{
    struct registry *r = registry_fixture_again(f);
    struct committer *c;
    *g = (struct turnstile){.inner = r->backend, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    r->backend = (struct backend){.driver = &gate_driver, .own = g};
    assert_int_equal(committer_new(r, &c, NULL), OK);
    return c;
}

/* One caller with one group: a row put where nothing may be yet, and an entry. */
struct caller {
    pthread_t thread;
    struct committer *c;
    char key[32];
    struct row row;
    struct entry entry;
    struct group group;
    enum status status;
    struct err err;
};

static void *call(void *arg)
{
    struct caller *k = arg;
    k->status = committer_commit(k->c, &k->group, 1, &k->err);
    return NULL;
}

static void caller_start(struct caller *k, struct committer *c, const char *key)
{
    *k = (struct caller){.c = c, .entry = fixture_entry("RUN")};
    (void)snprintf(k->key, sizeof(k->key), "%s", key);
    k->row = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = str_of(k->key), .body = STR("mine")};
    k->group = (struct group){.rows = &k->row, .rows_n = 1, .entries = &k->entry, .entries_n = 1};
    assert_int_equal(pthread_create(&k->thread, NULL, call, k), 0);
}

/* How many entries the log has, by a registry of its own. */
static uint64_t log_size(struct registry_fixture *f)
{
    uint64_t size;
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    return size;
}

static void await_waiting(struct committer *c, size_t n)
{
    while (committer_waiting(c) < n)
        (void)sched_yield();
}

/* One caller holds the gate; the others are started and wait behind it. */
static void start_behind(struct caller *k, size_t n, struct committer *c, struct turnstile *g, const char *const *keys)
{
    gate_set(g, true, OK);
    caller_start(&k[0], c, keys[0]);
    gate_await(g);
    for (size_t i = 1; i < n; i++)
        caller_start(&k[i], c, keys[i]);
    await_waiting(c, n);
}

static void join(struct caller *k, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(k[i].thread, NULL), 0);
}

static void test_together(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[4];
    const char *const keys[] = {"a", "b", "c", "d"};
    uint64_t before = log_size(f);
    start_behind(k, 4, c, &g, keys);
    gate_set(&g, false, OK);
    join(k, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(k[i].status == OK && k[i].group.result == OK);
    assert_int_equal(g.commits, 2); /* the first, and all who came while it was being written */
    assert_int_equal(g.largest, 3);
    assert_int_equal(log_size(f), before + 4);
    committer_close(c);
}

static void test_a_conflict_is_its_own(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[3];
    const char *const keys[] = {"a", "b", "c"};
    assert_int_equal(registry_record_put(f->r, TABLE_RUN, STR("b"), STR("another's"), 0, NULL, NULL), OK);
    uint64_t before = log_size(f);
    start_behind(k, 3, c, &g, keys);
    gate_set(&g, false, OK);
    join(k, 3);
    assert_true(k[0].status == OK && k[1].status == OK && k[2].status == OK);
    assert_true(k[0].group.result == OK && k[1].group.result == E_CONFLICT && k[2].group.result == OK);
    assert_int_equal(log_size(f), before + 2);
    committer_close(c);
}

/* Both would be OK in a transaction of their own, one after the other: the second meets what the first has made. */
static void test_one_row_named_by_two(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[4];
    const char *const keys[] = {"first", "same", "same", "other"};
    start_behind(k, 4, c, &g, keys);
    gate_set(&g, false, OK);
    join(k, 4);
    assert_true(k[0].group.result == OK && k[3].group.result == OK);
    assert_int_equal((k[1].group.result == OK) + (k[2].group.result == OK), 1);
    assert_int_equal((k[1].group.result == E_CONFLICT) + (k[2].group.result == E_CONFLICT), 1);
    assert_int_equal(g.commits, 3);
    committer_close(c);
}

/* What is only added to may be named by all of them, and counts them all. */
static void test_added_by_all(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[5];
    gate_set(&g, true, OK);
    for (size_t i = 0; i < 5; i++) {
        k[i] = (struct caller){.c = c};
        k[i].row = (struct row){.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .version = VERSION_ANY, .add = 1};
        k[i].group = (struct group){.rows = &k[i].row, .rows_n = 1};
        assert_int_equal(pthread_create(&k[i].thread, NULL, call, &k[i]), 0);
    }
    await_waiting(c, 5);
    gate_set(&g, false, OK);
    join(k, 5);
    assert_int_equal(g.commits, 2);
    struct row now;
    assert_int_equal(registry_get_one(f->r, TABLE_COUNTER, STR("n"), &f->a, &now, NULL), OK);
    assert_int_equal(now.add, 5);
    committer_close(c);
}

static void test_a_full_disk_is_told_to_each(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[4];
    const char *const keys[] = {"a", "b", "c", "d"};
    uint64_t before = log_size(f);
    start_behind(k, 4, c, &g, keys);
    gate_set(&g, false, E_LIMIT);
    join(k, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(k[i].status, E_LIMIT);
        assert_string_equal(k[i].err.text, "disk full; nothing was changed");
    }
    assert_int_equal(log_size(f), before);
    gate_set(&g, false, OK); /* and once there is room again, it goes on */
    caller_start(&k[0], c, "a");
    join(k, 1);
    assert_true(k[0].status == OK && k[0].group.result == OK);
    committer_close(c);
}

static void *stop(void *c)
{
    committer_stop(c);
    return NULL;
}

static void test_what_was_handed_over_is_answered_before_the_end(void **state)
{
    struct registry_fixture *f = *state;
    struct turnstile g;
    struct committer *c = committer_at(f, &g);
    struct caller k[2], late;
    const char *const keys[] = {"a", "b"};
    pthread_t stopping;
    uint64_t before = log_size(f);
    start_behind(k, 2, c, &g, keys);
    assert_int_equal(pthread_create(&stopping, NULL, stop, c), 0);
    gate_set(&g, false, OK);
    assert_int_equal(pthread_join(stopping, NULL), 0);
    join(k, 2);
    assert_true(k[0].status == OK && k[0].group.result == OK && k[1].status == OK && k[1].group.result == OK);
    caller_start(&late, c, "late");
    join(&late, 1);
    assert_int_equal(late.status, E_DENIED);
    assert_int_equal(log_size(f), before + 2);
    committer_close(c);
}

/* ---- many threads, each with a registry of its own that shares the committer ---- */

struct worker { pthread_t thread; struct registry *r; unsigned number; unsigned done; };

static void *work(void *arg)
{
    struct worker *w = arg;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char key[32];
        struct str body;
        uint64_t version;
        struct entry entry = fixture_entry("RUN");
        (void)snprintf(key, sizeof(key), "w%u/%u", w->number, i);
        struct row rows[] = {
            {.table = TABLE_RUN, .op = ROW_PUT, .key = str_of(key), .body = STR("mine")},
            {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .version = VERSION_ANY, .add = 1}};
        struct group g = {.rows = rows, .rows_n = 2, .entries = &entry, .entries_n = 1};
        enum status status;
        do /* a weak database makes conflicts up */
            status = registry_commit(w->r, &g, 1, NULL);
        while (status == OK && g.result == E_CONFLICT);
        if (status != OK || g.result != OK)
            break;
        /* Answered is durable: another connection sees it at once. */
        if (registry_record_get(w->r, TABLE_RUN, str_of(key), &a, &body, &version, NULL) != OK || version != 1)
            break;
        arena_reset(&a);
        w->done++;
    }
    arena_release(&a);
    return NULL;
}

static void run_workers(struct registry_fixture *f, uint64_t weak_seed)
{
    struct registry *r = registry_fixture_again(f);
    struct committer *c;
    struct worker w[CALLERS] = {{.number = 0}};
    struct row now;
    if (weak_seed)
        weak_wrap(&r->backend, str_of(f->url), weak_seed);
    assert_int_equal(committer_new(r, &c, NULL), OK);
    uint64_t before = log_size(f);
    for (unsigned i = 0; i < CALLERS; i++) {
        w[i].number = i;
        w[i].r = registry_fixture_again(f);
        registry_share(w[i].r, c);
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(w[i].thread, NULL), 0);
        assert_int_equal(w[i].done, ROUNDS);
        registry_close(w[i].r);
    }
    committer_close(c);
    assert_int_equal(log_size(f), before + CALLERS * ROUNDS);
    assert_int_equal(registry_get_one(f->r, TABLE_COUNTER, STR("n"), &f->a, &now, NULL), OK);
    assert_int_equal(now.add, CALLERS * ROUNDS);
}

static void test_many_threads(void **state)
{
    run_workers(*state, 0);
}

/* Fates that are not told and conflicts out of nothing are the front's to settle, for every caller. */
static void test_many_threads_on_a_weak_database(void **state)
{
    run_workers(*state, 7);
}

int main(void)
{
#define ON_A_FILE(t) cmocka_unit_test_setup_teardown(t, registry_fixture_file, registry_fixture_end)
    const struct CMUnitTest tests[] = {
        ON_A_FILE(test_together),
        ON_A_FILE(test_a_conflict_is_its_own),
        ON_A_FILE(test_one_row_named_by_two),
        ON_A_FILE(test_added_by_all),
        ON_A_FILE(test_a_full_disk_is_told_to_each),
        ON_A_FILE(test_what_was_handed_over_is_answered_before_the_end),
        ON_A_FILE(test_many_threads),
        ON_A_FILE(test_many_threads_on_a_weak_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
