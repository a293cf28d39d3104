/* A test that passes and loses memory: the leak check must fail it (tests/planted_test.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void loses_memory(void **state)
{
    void *volatile lost = malloc(100);
    (void)state;
    assert_non_null(lost);
    lost = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loses_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
