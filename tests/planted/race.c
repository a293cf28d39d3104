/* A test that passes and writes from two threads without a lock: the thread sanitizer must fail it (tests/planted_test.sh). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int64_t counted;

static void *count(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < 1000; i++)
        counted++;
    return NULL;
}

static void two_threads_count(void **state)
{
    pthread_t other;
    (void)state;
    assert_int_equal(pthread_create(&other, NULL, count, NULL), 0);
    (void)count(NULL);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_true(counted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_threads_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
