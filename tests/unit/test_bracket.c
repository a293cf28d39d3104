/* Where documents end, whole and in pieces. */
#include "base/bracket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum scan_end end;
    size_t at;
} rows[] = {
    {"{}", SCAN_DONE, 2},
    {"{} {}", SCAN_DONE, 2},
    {"{\"a\":[1,{\"b\":\"}]\"}]}x", SCAN_DONE, 20},
    {"[[],[[]]]", SCAN_DONE, 9},
    {"{\"\\\"}\":1}", SCAN_DONE, 9},
    {"{\"a string longer than eight bytes with \\\\ and \\\" in it\":0}]", SCAN_DONE, 59},
    {"{\"a\":", SCAN_MORE, 5},
    {"{\"abc", SCAN_MORE, 5},
    {"{\"a\\", SCAN_MORE, 3},
    {"{]", SCAN_BAD, 1},
    {"[}", SCAN_BAD, 1},
    {"[1}", SCAN_BAD, 2},
    {"{\"a\n\":1}", SCAN_BAD, 3},
    {"{\"a\\\n\":1}", SCAN_BAD, 4},
    {"{{", SCAN_BAD, 1},
    {"{\"a\":1{", SCAN_BAD, 6},
    {"{\"a\":1,{", SCAN_BAD, 7},
    {"{\"a\":{} {", SCAN_BAD, 8},
    {"[[] [", SCAN_BAD, 4},
    {"[\"a\"[", SCAN_BAD, 4},
};

static void ends_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bracket_scan b = {0};
        size_t at = 0;
        assert_int_equal(bracket_scan(&b, rows[i].text, &at, strlen(rows[i].text)), rows[i].end);
        assert_int_equal(at, rows[i].at);
        assert_int_equal(b.reason != NULL, rows[i].end == SCAN_BAD);
    }
}

static void pieces_read_as_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bracket_scan b = {0};
        enum scan_end end = SCAN_MORE;
        size_t at = 0;
        for (size_t n = 1; n <= strlen(rows[i].text) && end == SCAN_MORE; n++)
            end = bracket_scan(&b, rows[i].text, &at, n);
        assert_int_equal(end, rows[i].end);
        assert_int_equal(at, rows[i].at);
    }
}

static void beyond_the_tracked_depth_brackets_are_counted(void **state)
{
    (void)state;
    enum { DEPTH = BRACKETS_TRACKED + 10 };
    char text[2 * DEPTH];
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[DEPTH] = '}'; /* of the wrong kind, where kinds are no longer told apart */
    struct bracket_scan b = {0};
    size_t at = 0;
    assert_int_equal(bracket_scan(&b, text, &at, sizeof(text)), SCAN_DONE);
    assert_int_equal(at, sizeof(text));
    text[DEPTH] = ']';
    text[DEPTH + 10] = '}';
    b = (struct bracket_scan){0};
    at = 0;
    assert_int_equal(bracket_scan(&b, text, &at, sizeof(text)), SCAN_BAD);
    assert_int_equal(at, DEPTH + 10);
}

static void the_rest_of_an_object_is_followed(void **state)
{
    (void)state;
    static const char rest[] = ",\"n\":[{}]}{";
    struct bracket_scan b;
    size_t at = 0;
    bracket_inside_object(&b);
    assert_int_equal(bracket_scan(&b, rest, &at, sizeof(rest) - 1), SCAN_DONE);
    assert_int_equal(at, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_found),
        cmocka_unit_test(pieces_read_as_the_whole),
        cmocka_unit_test(beyond_the_tracked_depth_brackets_are_counted),
        cmocka_unit_test(the_rest_of_an_object_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
