#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "tests/lib/postgresql_case.h"

static enum status open_it(const struct postgresql_case *c, bool create, struct err *err)
{
    struct backend b;
    enum status status = backend_open(str_of(c->url), create, &b, err);
    if (status == OK)
        backend_close(&b);
    return status;
}

static void test_made_once(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct err err = {0};
    assert_int_equal(open_it(c, true, &err), E_CONFLICT);
    assert_non_null(strstr(err.text, "already"));
    assert_int_equal(open_it(c, false, &err), OK);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM pg_tables WHERE schemaname='expunge'"), TABLE_COUNT + 4);
}

static void test_absent(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct err err = {0};
    (void)postgresql_run(c->url, "DROP SCHEMA expunge CASCADE");
    assert_int_equal(open_it(c, false, &err), E_ABSENT);
    assert_non_null(strstr(err.text, "init"));
    (void)postgresql_run(c->url, "CREATE SCHEMA expunge");
    assert_int_equal(open_it(c, false, &err), E_INVALID); /* somebody else's */
    assert_int_equal(open_it(c, true, &err), E_CONFLICT);
}

static void test_versions(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct err err = {0};
    assert_int_equal(postgresql_case_put(&c->b, "kept", 0, "x"), OK);
    (void)postgresql_run(c->url, "DROP TABLE expunge.entry,expunge.pending,expunge.log; DELETE FROM expunge.migration WHERE version>1");
    assert_int_equal(open_it(c, false, &err), OK); /* an earlier one takes the steps it lacks */
    assert_int_equal(postgresql_run(c->url, "SELECT max(version) FROM expunge.migration"), POSTGRESQL_SCHEMA_VERSION);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.entry"), 0);
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "kept"), 1);
    (void)postgresql_run(c->url, "INSERT INTO expunge.migration(version) VALUES(1000)");
    assert_int_equal(open_it(c, false, &err), E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "newer"));
}

static void *make_one(void *arg)
{
    struct postgresql_case *c = arg;
    struct err err;
    return (void *)(uintptr_t)open_it(c, true, &err);
}

/* Two at once: one makes it, the other finds it made; nothing is half there. */
static void test_two_makers(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    for (int round = 0; round < 5; round++) {
        pthread_t threads[2];
        void *results[2];
        (void)postgresql_run(c->url, "DROP SCHEMA expunge CASCADE");
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, make_one, c), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], &results[i]);
        assert_true(results[0] != results[1]);
        for (int i = 0; i < 2; i++)
            assert_true((enum status)(uintptr_t)results[i] == OK || (enum status)(uintptr_t)results[i] == E_CONFLICT);
        assert_int_equal(open_it(c, false, NULL), OK);
    }
}

/* A role that may not make a schema is told what it lacks. */
static void test_no_right(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct err err = {0};
    (void)postgresql_run(c->url, "DROP SCHEMA expunge CASCADE");
    (void)postgresql_run(c->url, "DO $$ BEGIN EXECUTE 'REVOKE CREATE ON DATABASE '||quote_ident(current_database())||' FROM expunge'; END $$");
    assert_int_equal(open_it(c, true, &err), E_DENIED);
    assert_non_null(strstr(err.text, "role"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_made_once), POSTGRESQL_TEST(test_absent), POSTGRESQL_TEST(test_versions),
                                       POSTGRESQL_TEST(test_two_makers), POSTGRESQL_TEST(test_no_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
