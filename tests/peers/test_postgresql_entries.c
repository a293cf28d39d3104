#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "tests/lib/postgresql_case.h"

static const struct entry_query all = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};

static void add(struct backend *b, unsigned char id, unsigned char writer)
{
    struct entry e = {.id = {id, writer}, .body = STR("body"), .type = STR("RUN"), .at_ms = id, .actor = STR("a")};
    struct group g = {.entries = &e, .entries_n = 1};
    ASSERT(backend_commit(b, &g, 1, NULL) == OK && g.result == OK);
}

static size_t entries(struct postgresql_case *c, const struct entry_query *q, struct entry **out)
{
    size_t n;
    assert_int_equal(backend_entries(&c->b, q, 10000, &c->a, out, &n, NULL), OK);
    return n;
}

/* Pending, an entry is found by its id alone; numbered, it has its place. */
static void test_pending(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct entry *out;
    uint64_t size;
    struct entry_query q = all;
    static const unsigned char second[16] = {2};
    add(&c->b, 1, 0);
    add(&c->b, 2, 0);
    q.id = second;
    assert_int_equal(entries(c, &all, &out), 0);
    assert_int_equal(entries(c, &q, &out), 1);
    assert_true(out[0].index == INDEX_PENDING);
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(size, 2);
    assert_int_equal(entries(c, &q, &out), 1);
    assert_int_equal(out[0].index, 1);
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(size, 2);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.pending"), 0);
}

enum { WRITERS = 4, EACH = 60 };
struct writer { const struct postgresql_case *c; unsigned char number; };

/* Commits and numbers, as every process does; each entry that is OK has its place when `number` comes back. */
static void *write_and_number(void *arg)
{
    struct writer *w = arg;
    struct backend b;
    struct arena a;
    arena_init(&a, 16 << 20);
    ASSERT(backend_open(str_of(w->c->url), false, &b, NULL) == OK);
    for (unsigned char i = 0; i < EACH; i++) {
        uint64_t size;
        unsigned char id[16] = {i, w->number};
        struct entry_query q = all;
        struct entry *found;
        size_t n;
        add(&b, i, w->number);
        ASSERT(backend_number(&b, &size, NULL) == OK);
        q.id = id;
        ASSERT(backend_entries(&b, &q, 1, &a, &found, &n, NULL) == OK && n == 1 && found[0].index < size);
    }
    backend_close(&b);
    arena_release(&a);
    return NULL;
}

/* Several integrators at once: no gap, nothing twice, and what one writer wrote later stands later. */
static void test_integrators(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct entry *out;
    unsigned char next[WRITERS] = {0};
    uint64_t size;
    for (unsigned char i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.c = c, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_number, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(size, WRITERS * EACH);
    assert_int_equal(entries(c, &all, &out), WRITERS * EACH);
    for (size_t i = 0; i < WRITERS * EACH; i++) {
        assert_int_equal(out[i].index, i);
        assert_int_equal(out[i].id[0], next[out[i].id[1]]++);
    }
}

/* An integrator that is cut off has numbered nothing; the next one does. */
static void test_a_dead_integrator(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    PGconn *dead = PQconnectdb(c->url);
    uint64_t size;
    add(&c->b, 1, 0);
    PQclear(PQexec(dead, "SET search_path=expunge; BEGIN; SELECT pg_advisory_xact_lock(hashtext('expunge.log'));"
                         "DELETE FROM pending; INSERT INTO log(position,seq) SELECT 0,seq FROM entry"));
    assert_int_equal(PQtransactionStatus(dead), PQTRANS_INTRANS);
    assert_int_equal(postgresql_exec(c->s, "SET lock_timeout='20ms'", NULL, NULL), OK);
    assert_int_equal(postgresql_number(&c->b, &size, NULL), E_RETRY); /* one at a time */
    PQfinish(dead);
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(size, 1);
    /* And one that has lost the lock without knowing it runs into the key. */
    add(&c->b, 2, 0);
    (void)postgresql_run(c->url, "INSERT INTO expunge.log(position,seq) VALUES(1,1000)");
    (void)postgresql_run(c->url, "DELETE FROM expunge.log WHERE seq=1000");
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(size, 2);
}

static void test_forget(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row_key owner = {{7}};
    struct entry e = {.id = {1}, .body = STR("body"), .type = STR("RUN"), .at_ms = 1, .actor = STR("a"), .subject = owner}, *out;
    struct group g = {.entries = &e, .entries_n = 1};
    uint64_t n = 0, size;
    assert_int_equal(backend_commit(&c->b, &g, 1, NULL), OK);
    assert_int_equal(backend_forget(&c->b, &owner, &n, NULL), OK); /* a pending one too */
    assert_int_equal(n, 1);
    assert_int_equal(backend_number(&c->b, &size, NULL), OK);
    assert_int_equal(entries(c, &all, &out), 1);
    assert_true(row_key_is_none(&out[0].subject));
    assert_true(str_is(out[0].body, "body"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_pending), POSTGRESQL_TEST(test_integrators),
                                       POSTGRESQL_TEST(test_a_dead_integrator), POSTGRESQL_TEST(test_forget)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
