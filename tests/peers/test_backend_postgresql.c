#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/lib/postgresql_case.h"

/* Its clock, and what an administrator should know. */
static void test_check(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct backend_state s;
    assert_int_equal(backend_check(&c->b, &c->a, &s, NULL), OK);
    assert_in_range(s.server_ms, clock_now_ms() - 60000, clock_now_ms() + 60000);
    assert_non_null(strstr(s.what.p, "PostgreSQL 1"));
    assert_non_null(strstr(s.what.p, c->s->place));
    assert_non_null(strstr(s.what.p, "synchronous_commit on"));
    assert_non_null(strstr(s.what.p, "no synchronous standby"));
    assert_non_null(strstr(s.what.p, "fsync is OFF")); /* as the server for tests is run */
    assert_null(strstr(s.what.p, "NOT encrypted"));    /* a socket of this machine */
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.task"), 0);
}

/* A right that was taken away is found before it is needed. */
static void test_no_right(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct backend_state s;
    struct err err = {0};
    (void)postgresql_run(c->url, "REVOKE INSERT ON expunge.task FROM expunge");
    assert_int_equal(backend_check(&c->b, &c->a, &s, &err), E_DENIED);
    assert_non_null(strstr(err.text, "permission denied"));
}

static void test_backup(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct err err = {0};
    assert_int_equal(backend_backup(&c->b, STR("/tmp/never-written"), &err), E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "pg_dump"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {POSTGRESQL_TEST(test_check), POSTGRESQL_TEST(test_no_right), POSTGRESQL_TEST(test_backup)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
