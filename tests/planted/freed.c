/* A test that passes and reads memory it gave back: the address sanitizer must fail it (tests/planted_test.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void reads_what_was_freed(void **state)
{
    char *volatile p = malloc(16);
    (void)state;
    free(p);
    assert_true(p[3] == p[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_was_freed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
