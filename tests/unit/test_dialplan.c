/* test_dialplan.c - the table leads from country to code and back. */
#include "model/dialplan.h"

#include <setjmp.h>
#include <cmocka.h>

static void countries_are_found_in_any_case(void **state UNUSED)
{
    assert_string_equal(dialplan_of_country(STR("GB"))->code, "44");
    assert_string_equal(dialplan_of_country(STR("de"))->code, "49");
    assert_string_equal(dialplan_of_country(STR("UK"))->country, "GB");
    assert_string_equal(dialplan_of_country(STR("JM"))->code, "1");
    assert_string_equal(dialplan_of_country(STR("HU"))->trunk, "06");
    assert_string_equal(dialplan_of_country(STR("AU"))->international, "0011");
}

static void what_is_no_country_has_no_plan(void **state UNUSED)
{
    assert_null(dialplan_of_country(STR_NONE));
    assert_null(dialplan_of_country(STR("")));
    assert_null(dialplan_of_country(STR("ZZ")));
    assert_null(dialplan_of_country(STR("GBR")));
    assert_null(dialplan_of_country(STR("G")));
}

static void the_longest_code_is_taken(void **state UNUSED)
{
    assert_string_equal(dialplan_of_number(STR("35312345678"))->country, "IE"); /* 353, not 3... */
    assert_string_equal(dialplan_of_number(STR("5926001234"))->country, "GY");  /* 592, not 59 */
    assert_string_equal(dialplan_of_number(STR("12025550123"))->code, "1");
    assert_string_equal(dialplan_of_number(STR("79161234567"))->code, "7");
    assert_string_equal(dialplan_of_number(STR("390612345678"))->code, "39");
    assert_null(dialplan_of_number(STR("0441234567")));
    assert_null(dialplan_of_number(STR("8881234567"))); /* 888 is not assigned to a country */
    assert_null(dialplan_of_number(STR("")));
}

/* Every row is reached by both ways in, so a mistyped code or a double row shows. */
static void every_country_has_one_row_and_a_code_that_leads_back(void **state UNUSED)
{
    size_t countries = 0;
    for (char x = 'A'; x <= 'Z'; x++) {
        for (char y = 'A'; y <= 'Z'; y++) {
            const char name[2] = {x, y};
            const struct dialplan *plan = dialplan_of_country((struct str){name, 2});
            if (plan == NULL || strcmp(plan->country, "GB") == 0)
                continue;
            countries++;
            assert_memory_equal(plan->country, name, 2);
            const struct dialplan *by_code = dialplan_of_number(str_of(plan->code));
            assert_non_null(by_code);
            assert_string_equal(by_code->code, plan->code);
            assert_string_equal(by_code->trunk, plan->trunk); /* who shares a code shares the plan */
            assert_true(plan->digits_min <= plan->digits_max);
            assert_true(strlen(plan->code) + plan->digits_max <= 15);
            assert_true(plan->trunk[0] == '\0' || plan->trunk[0] == '0' || plan->digits_max > 0);
        }
    }
    assert_true(countries > 230);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(countries_are_found_in_any_case),
        cmocka_unit_test(what_is_no_country_has_no_plan),
        cmocka_unit_test(the_longest_code_is_taken),
        cmocka_unit_test(every_country_has_one_row_and_a_code_that_leads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
