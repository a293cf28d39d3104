/* Each test has a database of its own, empty, and it is gone afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/postgresql_database.h"

static void test_databases_are_apart(void **state)
{
    char first[POSTGRESQL_URL_MAX], second[POSTGRESQL_URL_MAX];
    (void)state;
    if (!postgresql_here())
        skip();
    postgresql_make(first);
    postgresql_make(second);
    assert_string_not_equal(first, second);
    assert_int_equal(postgresql_run(first, "CREATE TABLE t(n bigint); INSERT INTO t VALUES(7); SELECT n FROM t"), 7);
    assert_int_equal(postgresql_run(second, "SELECT count(*) FROM pg_class WHERE relname = 't'"), 0);
    assert_int_equal(postgresql_run(second, "SELECT current_setting('is_superuser')::bool::int"), 0);
    postgresql_remove(first);
    assert_int_equal(postgresql_run(second, "SELECT count(*) FROM pg_database WHERE datname LIKE 'expunge_test_%'"), 1);
    postgresql_remove(second);
    postgresql_remove(second); /* once more is no error */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_databases_are_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
