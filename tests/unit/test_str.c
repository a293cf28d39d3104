/* test_str.c - text views. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

static void equality(void **state)
{
    (void)state;
    assert_true(str_eq(STR("abc"), STR("abc")));
    assert_false(str_eq(STR("abc"), STR("abd")));
    assert_false(str_eq(STR("abc"), STR("ab")));
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_is(STR("abc"), "abc"));
    assert_false(str_is(STR("abc"), "abcd"));
    assert_true(str_is(STR_NONE, NULL));
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a["), STR("a{"))); /* differ by the same bit as letters do */
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4"))); /* ASCII only */
    assert_null(str_of(NULL).p);
    assert_int_equal(str_of("four").n, 4);
}

static void order(void **state)
{
    (void)state;
    assert_int_equal(str_cmp(STR("a"), STR("b")), -1);
    assert_int_equal(str_cmp(STR("b"), STR("a")), 1);
    assert_int_equal(str_cmp(STR("a"), STR("aa")), -1);
    assert_int_equal(str_cmp(STR("aa"), STR("a")), 1);
    assert_int_equal(str_cmp(STR("b"), STR("aa")), 1);
    assert_int_equal(str_cmp(STR("\xff"), STR("a")), 1); /* bytes are unsigned */
    assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
    assert_int_equal(str_cmp(STR_NONE, STR("a")), -1);
}

static void ends(void **state)
{
    (void)state;
    assert_true(str_starts(STR("env:NAME"), STR("env:")));
    assert_false(str_starts(STR("en"), STR("env:")));
    assert_true(str_starts(STR_NONE, STR("")));
    assert_true(str_starts(STR("x"), STR_NONE));
    assert_true(str_ends(STR("a.json"), STR(".json")));
    assert_false(str_ends(STR("json"), STR(".json")));
    assert_true(str_ends(STR_NONE, STR_NONE));
    assert_true(str_is(str_trim(STR(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(str_trim(STR(" \n ")).n, 0);
    assert_int_equal(str_trim(STR_NONE).n, 0);
}

static void finding_and_splitting(void **state)
{
    (void)state;
    size_t at = 77;
    assert_true(str_find(STR("a/b/c"), '/', &at));
    assert_int_equal(at, 1);
    at = 77;
    assert_false(str_find(STR("abc"), '/', &at));
    assert_false(str_find(STR_NONE, '/', &at));
    assert_int_equal(at, 77);
    struct str head = STR("kept"), tail = STR("kept");
    assert_false(str_split(STR("abc"), '=', &head, &tail));
    assert_true(str_is(head, "kept") && str_is(tail, "kept"));
    assert_true(str_split(STR("k=v=w"), '=', &head, &tail));
    assert_true(str_is(head, "k"));
    assert_true(str_is(tail, "v=w"));
    assert_true(str_split(STR("="), '=', &head, &tail));
    assert_true(head.n == 0 && tail.n == 0);
    struct str rest = STR("a,b"); /* the input may be the output */
    assert_true(str_split(rest, ',', &head, &rest));
    assert_true(str_is(head, "a") && str_is(rest, "b"));
}

static void numbers_have_one_spelling(void **state)
{
    (void)state;
    static const struct { const char *text; bool good; int64_t v; } rows[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"-12", true, -12},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"-0", false, 0},
        {"00", false, 0},
        {"010", false, 0},
        {"-01", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t v = 4711;
        assert_int_equal(str_to_i64(str_of(rows[i].text), &v), rows[i].good);
        assert_int_equal(v, rows[i].good ? rows[i].v : 4711);
    }
    int64_t v = 4711;
    assert_false(str_to_i64(STR_NONE, &v));
}

static void utf8_is_strict(void **state)
{
    (void)state;
    const struct str good[] = {
        STR(""), STR("plain ASCII, more than eight bytes of it"), STR("\0"), STR("\xc2\x80"), STR("\xdf\xbf"),
        STR("\xe0\xa0\x80"), STR("\xed\x9f\xbf"), STR("\xee\x80\x80"), STR("\xef\xbf\xbf"), STR("\xf0\x90\x80\x80"),
        STR("\xf4\x8f\xbf\xbf"), STR("12345678\xe2\x82\xac" "12345678")};
    const struct str bad[] = {
        STR("\x80"), STR("\xbf"), STR("\xc0\x80"), STR("\xc1\xbf"), STR("\xc2"), STR("\xc2\x41"), STR("\xe0\x9f\xbf"),
        STR("\xed\xa0\x80"), STR("\xed\xbf\xbf"), STR("\xe2\x82"), STR("\xf0\x8f\xbf\xbf"), STR("\xf4\x90\x80\x80"),
        STR("\xf5\x80\x80\x80"), STR("\xff"), STR("\xfe"), STR("12345678\xf0\x90\x80"), STR("1234567\x80"),
        STR("\xf0\x90\x80\xc0")};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(str_is_utf8(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_is_utf8(bad[i]));
    assert_true(str_is_utf8(STR_NONE));
}

static void patterns(void **state)
{
    (void)state;
    static const struct { const char *pattern, *text; bool nocase, matches; } rows[] = {
        {"", "", false, true},
        {"", "a", false, false},
        {"*", "", false, true},
        {"*", "anything", false, true},
        {"abc", "abc", false, true},
        {"abc", "abcd", false, false},
        {"abcd", "abc", false, false},
        {"a*c", "abbbc", false, true},
        {"a*c", "ac", false, true},
        {"a*c", "acb", false, false},
        {"*.wav", "x.wav.wav", false, true},
        {"*.wav", "x.wav.mp3", false, false},
        {"*a*b*", "xxaxxbxx", false, true},
        {"*a*b*", "xxbxxaxx", false, false},
        {"**a**", "a", false, true},
        {"a?c", "abc", false, false}, /* only the star is special */
        {"a.c", "abc", false, false},
        {"[a]", "a", false, false},
        {"Billing*", "BILLING-DE", true, true},
        {"Billing*", "BILLING-DE", false, false},
        {"mississ*ppi", "mississippi", false, true},
        {"*issip*", "mississippi", false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(str_match(str_of(rows[i].pattern), str_of(rows[i].text), rows[i].nocase), rows[i].matches);
    assert_true(str_match(STR("*"), STR_NONE, false));
}

/* A backtracking matcher would need about 2000^10 steps here. */
static void patterns_do_not_explode(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'a', sizeof(text));
    assert_false(str_match(STR("*a*a*a*a*a*a*a*a*a*a*b"), (struct str){text, sizeof(text)}, false));
    text[sizeof(text) - 1] = 'b';
    assert_true(str_match(STR("*a*a*a*a*a*a*a*a*a*a*b"), (struct str){text, sizeof(text)}, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality),
        cmocka_unit_test(order),
        cmocka_unit_test(ends),
        cmocka_unit_test(finding_and_splitting),
        cmocka_unit_test(numbers_have_one_spelling),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(patterns),
        cmocka_unit_test(patterns_do_not_explode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
