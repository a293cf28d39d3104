#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "tests/lib/postgresql_case.h"

static struct row put(enum table t, const char *key, uint64_t version)
{
    return (struct row){.table = t, .op = ROW_PUT, .key = str_of(key), .version = version, .body = STR("x")};
}

static struct entry entry_of(unsigned char id)
{
    return (struct entry){.id = {id}, .body = STR("body"), .type = STR("RUN"), .at_ms = id, .actor = STR("a")};
}

/* What a group that does not hold had inserted is taken back, placeholders of conditions as well. */
static void test_nothing_is_left(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row there = put(TABLE_RUN, "there", 0);
    struct group g = {.rows = &there, .rows_n = 1};
    struct entry lost = entry_of(1), kept = entry_of(2);
    assert_int_equal(postgresql_commit(&c->b, &g, 1, NULL), OK);
    struct row broken[] = {put(TABLE_CHAIN, "new", 0), put(TABLE_LEG, "any", VERSION_ANY), put(TABLE_RUN, "there", 9),
                           {.table = TABLE_HOLD, .op = ROW_REMOVE, .key = STR("condition")},
                           {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .add = 5}};
    struct row good[] = {put(TABLE_CHAIN, "good", 0), {.table = TABLE_HOLD, .op = ROW_REMOVE, .key = STR("other condition")},
                         {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .add = 2}};
    struct group groups[] = {{.rows = broken, .rows_n = 5, .entries = &lost, .entries_n = 1},
                             {.rows = good, .rows_n = 3, .entries = &kept, .entries_n = 1}};
    assert_int_equal(postgresql_commit(&c->b, groups, 2, NULL), OK);
    assert_int_equal(groups[0].result, E_CONFLICT);
    assert_int_equal(groups[1].result, OK);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.chain"), 1);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.leg"), 0);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.hold"), 0);
    assert_int_equal(postgresql_run(c->url, "SELECT number FROM expunge.counter"), 2);
    assert_int_equal(postgresql_run(c->url, "SELECT version FROM expunge.counter"), 1);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.entry"), 1);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.pending JOIN expunge.entry USING(seq)"), 1);
    struct group again = {.entries = &kept, .entries_n = 1};
    assert_int_equal(postgresql_commit(&c->b, &again, 1, NULL), OK);
    assert_int_equal(again.result, E_CONFLICT);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM pg_stat_activity WHERE datname=current_database() AND state LIKE 'idle in%'"), 0);
}

/* Many transactions' worth of groups in one call: each has its result. */
static void test_many_groups(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    enum { N = 11000 };
    struct row *rows = ARENA_ARRAY(&c->a, struct row, N);
    struct group *groups = ARENA_ARRAY(&c->a, struct group, N);
    for (size_t i = 0; i < N; i++) {
        rows[i] = put(TABLE_SUBJECT, arena_fmt(&c->a, "key %zu", i).p, i % 1000 == 7 ? 4 : 0);
        groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
    }
    assert_int_equal(backend_load(&c->b, groups, N, NULL), OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(groups[i].result, i % 1000 == 7 ? E_CONFLICT : OK);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.subject"), N - 11);
}

/* Another connection of the test that holds a row locked until it is closed. */
static PGconn *hold_row(const struct postgresql_case *c, const char *sql)
{
    PGconn *db = PQconnectdb(c->url);
    assert_int_equal(PQstatus(db), CONNECTION_OK);
    PQclear(PQexec(db, "BEGIN"));
    PGresult *r = PQexec(db, sql);
    assert_true(PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK);
    PQclear(r);
    return db;
}

struct writer { struct backend *b; struct group *g; enum status status; };

static void *write_one(void *arg)
{
    struct writer *w = arg;
    w->status = postgresql_commit(w->b, w->g, 1, NULL);
    return NULL;
}

/* Cut while it locks and looks: nothing was done, and the status says so. */
static void test_cut_before(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row row = put(TABLE_RUN, "a", 1);
    struct group g = {.rows = &row, .rows_n = 1};
    struct writer w = {.b = &c->b, .g = &g};
    pthread_t thread;
    assert_int_equal(postgresql_case_put(&c->b, "a", 0, "x"), OK);
    PGconn *holder = hold_row(c, "SELECT * FROM expunge.run FOR UPDATE");
    assert_int_equal(pthread_create(&thread, NULL, write_one, &w), 0);
    postgresql_case_await_lock(c);
    assert_int_equal(postgresql_case_terminate(c, "wait_event_type='Lock'"), 1);
    pthread_join(thread, NULL);
    PQfinish(holder);
    assert_int_equal(w.status, E_RETRY);
    assert_int_equal(g.result, E_RETRY);
    assert_false(c->s->unsure);
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "a"), 1);
    assert_int_equal(backend_commit(&c->b, &g, 1, NULL), OK); /* and can be done again */
    assert_int_equal(g.result, OK);
}

/* Cut with COMMIT on its way: nobody knows, and that is what is said. */
static void test_cut_behind(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row rows[] = {put(TABLE_RUN, "b", 0), {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .add = 1}};
    struct group g = {.rows = rows, .rows_n = 2};
    struct writer w = {.b = &c->b, .g = &g};
    pthread_t thread;
    (void)postgresql_run(c->url, "INSERT INTO expunge.counter(key,version,number,body) VALUES('n',1,1,'')");
    PGconn *holder = hold_row(c, "UPDATE expunge.counter SET number=5");
    assert_int_equal(pthread_create(&thread, NULL, write_one, &w), 0);
    postgresql_case_await_lock(c);
    assert_int_equal(postgresql_case_terminate(c, "wait_event_type='Lock'"), 1);
    pthread_join(thread, NULL);
    PQfinish(holder);
    assert_int_equal(w.status, OK);
    assert_int_equal(g.result, E_RETRY);
    assert_true(c->s->unsure);
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "b"), 0);
    assert_false(c->s->unsure);
}

/* The server says no while COMMIT is on its way: that is known, nothing was done. */
static void test_refused(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row rows[] = {put(TABLE_RUN, "b", 0), {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .add = 1}};
    struct group g = {.rows = rows, .rows_n = 2};
    struct err err = {0};
    (void)postgresql_run(c->url, "ALTER TABLE expunge.counter ADD CHECK(number<0)");
    assert_int_equal(postgresql_commit(&c->b, &g, 1, &err), E_IO);
    assert_int_equal(g.result, E_RETRY);
    assert_non_null(strstr(err.text, "constraint"));
    assert_false(c->s->unsure);
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "b"), 0);
}

/* A lock that is not given: busy, after the time a lock is waited for. */
static void test_busy(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct row row = put(TABLE_RUN, "a", 1);
    struct group g = {.rows = &row, .rows_n = 1};
    assert_int_equal(postgresql_case_put(&c->b, "a", 0, "x"), OK);
    PGconn *holder = hold_row(c, "SELECT * FROM expunge.run FOR UPDATE");
    assert_int_equal(postgresql_exec(c->s, "SET lock_timeout='20ms'", NULL, NULL), OK);
    assert_int_equal(postgresql_commit(&c->b, &g, 1, NULL), E_RETRY);
    PQfinish(holder);
    assert_int_equal(backend_commit(&c->b, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
}

enum { ROUNDS = 60, WIDTH = 30, WRITERS = 4 };
struct crowd { const struct postgresql_case *c; unsigned seed; size_t done; };

/* Many rows of several tables in each group, named in any order, by several connections: never a deadlock that lasts, and each
 * group whole. */
static void *crowd_writes(void *arg)
{
    struct crowd *x = arg;
    struct backend b;
    ASSERT(backend_open(str_of(x->c->url), false, &b, NULL) == OK);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct row rows[WIDTH];
        char keys[WIDTH][2];
        struct group groups[2] = {{.rows = rows, .rows_n = WIDTH / 2}, {.rows = rows + WIDTH / 2, .rows_n = WIDTH / 2}};
        for (size_t i = 0; i < WIDTH; i++) {
            x->seed = x->seed * 1103515245 + 12345;
            keys[i][0] = (char)('A' + (i * 7 + x->seed) % 3 * 10 + i % 10);
            keys[i][1] = (char)('0' + i / 10);
            rows[i] = (struct row){.table = i % 2 ? TABLE_WORK : TABLE_HOLD, .op = i % 3 ? ROW_PUT : ROW_REMOVE, .version = VERSION_ANY,
                                   .key = {keys[i], 2}, .body = STR("x")};
        }
        ASSERT(backend_commit(&b, groups, 2, NULL) == OK);
        x->done += groups[0].result == OK && groups[1].result == OK;
    }
    backend_close(&b);
    return NULL;
}

static void test_a_crowd(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct crowd crowd[WRITERS];
    pthread_t threads[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++) {
        crowd[i] = (struct crowd){.c = c, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_writes, &crowd[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowd[i].done, ROUNDS);
    }
    assert_int_equal(postgresql_run(c->url, "SELECT deadlocks FROM pg_stat_database WHERE datname=current_database()"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_nothing_is_left), POSTGRESQL_TEST(test_many_groups), POSTGRESQL_TEST(test_cut_before),
                                       POSTGRESQL_TEST(test_cut_behind), POSTGRESQL_TEST(test_refused), POSTGRESQL_TEST(test_busy),
                                       POSTGRESQL_TEST(test_a_crowd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
