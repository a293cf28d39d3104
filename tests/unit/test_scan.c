/* What a scan takes from the front of a text, and that it leaves alone what does not match. */
#include "base/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void digits_are_taken_up_to_the_most(void **state)
{
    (void)state;
    struct str s = STR("20260131x");
    int v = -1;
    assert_true(scan_digits(&s, 4, 4, &v));
    assert_int_equal(v, 2026);
    assert_true(scan_digits(&s, 1, 2, &v));
    assert_int_equal(v, 1);
    assert_false(scan_digits(&s, 3, 3, &v));
    assert_true(str_is(s, "31x"));
    assert_false(scan_char(&s, 'x'));
    assert_true(scan_digits(&s, 1, 9, &v));
    assert_true(scan_char(&s, 'x'));
    assert_false(scan_char(&s, 'x'));
    assert_false(scan_digits(&s, 1, 1, &v));
}

static void fractions_become_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int ms;
    } rows[] = {{"5", 500}, {"05", 50}, {"123", 123}, {"1239999999999999", 123}, {"0009", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str s = str_of(rows[i].text);
        int ms = -1;
        assert_true(scan_fraction_ms(&s, &ms));
        assert_int_equal(ms, rows[i].ms);
        assert_int_equal(s.n, 0);
    }
    struct str none = STR("Z");
    int ms;
    assert_false(scan_fraction_ms(&none, &ms));
}

static void offsets_have_two_strengths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool strict, loose;
        int minutes;
    } rows[] = {{"Z", true, true, 0},           {"z", true, true, 0},         {"+01:00", true, true, 60},
                {"-05:30", true, true, -330},   {"+0100", false, true, 60},   {"+01", false, true, 60},
                {"+1", false, false, 0},        {"+24:00", false, false, 0},  {"+01:60", false, false, 0},
                {"+01:0", false, false, 0},     {"+010", false, false, 0},    {"+01:000", false, false, 0},
                {"", false, false, 0},          {"01:00", false, false, 0},   {"+01:", false, false, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int minutes = 0;
        struct str s = str_of(rows[i].text);
        assert_int_equal(scan_offset(&s, false, &minutes), rows[i].strict);
        s = str_of(rows[i].text);
        assert_int_equal(scan_offset(&s, true, &minutes), rows[i].loose);
        assert_int_equal(s.n, rows[i].loose ? 0 : strlen(rows[i].text));
        if (rows[i].loose)
            assert_int_equal(minutes, rows[i].minutes);
    }
}

static void names_are_whole_or_three_letters(void **state)
{
    (void)state;
    struct str s = STR("September,sepMAYx");
    int month = 0;
    assert_true(scan_month(&s, &month));
    assert_int_equal(month, 9);
    assert_true(scan_char(&s, ','));
    assert_true(scan_month(&s, &month));
    assert_int_equal(month, 9);
    assert_true(scan_month(&s, &month));
    assert_int_equal(month, 5);
    assert_false(scan_month(&s, &month));
    assert_true(str_is(s, "x"));
    s = STR("Wednesday Thu");
    assert_true(scan_weekday(&s) && scan_char(&s, ' ') && scan_weekday(&s) && s.n == 0);
    assert_false(scan_weekday(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_taken_up_to_the_most),
        cmocka_unit_test(fractions_become_milliseconds),
        cmocka_unit_test(offsets_have_two_strengths),
        cmocka_unit_test(names_are_whole_or_three_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
