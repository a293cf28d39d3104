#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/contact_text.h"

static void test_outcome_words(void **state)
{
    (void)state;
    assert_true(str_is(outcome_words(OUT_GONE), "deleted"));
    assert_true(str_is(outcome_words(OUT_NOT_DELETABLE), "not deletable"));
    assert_true(str_is(outcome_words(OUT_ABSENT), "absent"));
    for (int i = 0; i < OUT_COUNT; i++)
        assert_true(outcome_words((enum outcome)i).n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcome_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
