/* A test that passes and overflows an int: the undefined-behaviour sanitizer must fail it (tests/planted_test.sh). */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void overflows(void **state)
{
    volatile int most = INT_MAX, sum;
    (void)state;
    sum = most + 1;
    assert_true(sum == sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overflows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
