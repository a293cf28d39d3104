#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "registry/key_range.h"

static void test_ranges(void **state)
{
    (void)state;
    const struct { struct str prefix, after, from, end; } cases[] = {
        {STR("ab"), {NULL, 0}, STR("ab"), STR("ac")},
        {STR("ab"), STR("aa"), STR("ab"), STR("ac")},        /* before the prefix: as if absent */
        {STR("ab"), STR("ab"), STR("ab\0"), STR("ac")},      /* the prefix itself is a key */
        {STR("ab"), STR("abz"), STR("abz\0"), STR("ac")},
        {STR("ab"), STR("b"), STR("b\0"), STR("ac")},        /* behind it: empty */
        {STR("a\xff"), {NULL, 0}, STR("a\xff"), STR("b")},
        {STR("a\xff\xff"), {NULL, 0}, STR("a\xff\xff"), STR("b")},
        {STR(""), STR("k"), STR("k\0"), {NULL, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct key_range r;
        key_range_of(cases[i].prefix, cases[i].after, &r);
        assert_true(str_eq(key_range_from(&r), cases[i].from));
        if (cases[i].end.p != NULL)
            assert_true(str_eq(key_range_end(&r), cases[i].end));
    }
}

/* Above every key there may be. */
static void test_no_end(void **state)
{
    (void)state;
    const struct str prefixes[] = {STR(""), STR("\xff"), STR("\xff\xff")};
    unsigned char greatest[ROW_KEY_MAX];
    memset(greatest, 0xff, sizeof(greatest));
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        struct key_range r;
        key_range_of(prefixes[i], STR_NONE, &r);
        assert_true(str_cmp(key_range_end(&r), (struct str){(const char *)greatest, sizeof(greatest)}) > 0);
        key_range_of(prefixes[i], (struct str){(const char *)greatest, sizeof(greatest)}, &r);
        assert_int_equal(key_range_from(&r).n, ROW_KEY_MAX + 1); /* the longest key has one behind it */
        assert_true(str_cmp(key_range_from(&r), key_range_end(&r)) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges), cmocka_unit_test(test_no_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
