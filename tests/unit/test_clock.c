/* test_clock.c - the clocks run, forward, in milliseconds. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

static void now_is_the_systems_time(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_now_ms();
    int64_t after = ((int64_t)time(NULL) + 1) * 1000;
    assert_true(before <= now && now <= after);
}

static void sleeping_takes_the_stated_time(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    clock_sleep_ms(30);
    int64_t took = clock_monotonic_ms() - before;
    assert_true(took >= 29 && took < 10000);
}

static void no_time_is_no_sleep(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    clock_sleep_ms(0);
    clock_sleep_ms(-5);
    clock_sleep_ms(INT64_MIN);
    assert_true(clock_monotonic_ms() - before < 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_the_systems_time),
        cmocka_unit_test(sleeping_takes_the_stated_time),
        cmocka_unit_test(no_time_is_no_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
