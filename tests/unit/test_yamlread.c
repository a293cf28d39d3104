/* Typed reads and unknown keys: the value, or a problem with its place and reason. */
#include "base/buf.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    struct arena a;
    struct problems p;
    struct yaml *y;
};

static int set_up(void **state)
{
    static struct world w;
    arena_init(&w.a, 1 << 20);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&((struct world *)*state)->a);
    return 0;
}

static const struct yaml *value(struct world *w, const char *text)
{
    problems_init(&w->p, &w->a, STR("f"));
    struct buf b CLEANUP(buf_release);
    buf_init(&b, 4096);
    buf_fmt(&b, "k: %s\n", text);
    yaml_parse(buf_view(&b), &w->a, &w->y, &w->p);
    assert_int_equal(w->p.count, 0);
    return yaml_get(w->y, "k");
}

static const char *first_problem(const struct world *w)
{
    static char text[256];
    const struct problem *x = w->p.first;
    snprintf(text, sizeof(text), "%d:%d %.*s", x ? x->line : 0, x ? x->column : 0, STR_ARG(x ? x->message : STR("")));
    return text;
}

static void numbers(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text;
        int64_t v;
    } good[] = {{"0", 0}, {"7", 7}, {"-20", -20}, {"100", 100}};
    static const struct {
        const char *text, *problem;
    } bad[] = {
        {"010", "1:4 010 begins with 0, which some programs read as octal: write it without"},
        {"-007", "1:4 -007 begins with 0, which some programs read as octal: write it without"},
        {"\"7\"", "1:4 a number is expected: remove the quotes around \"7\""},
        {"'7'", "1:4 a number is expected: remove the quotes around \"7\""},
        {"0x10", "1:4 \"0x10\" is not a whole decimal number (digits only)"},
        {"0o10", "1:4 \"0o10\" is not a whole decimal number (digits only)"},
        {"1_000", "1:4 \"1_000\" is not a whole decimal number (digits only)"},
        {"1.5", "1:4 \"1.5\" is not a whole decimal number (digits only)"},
        {"+1", "1:4 \"+1\" is not a whole decimal number (digits only)"},
        {"ten", "1:4 \"ten\" is not a whole decimal number (digits only)"},
        {"99999999999999999999", "1:4 99999999999999999999 is too large a number"},
        {"101", "1:4 101 is out of range: from -20 to 100"},
        {"-21", "1:4 -21 is out of range: from -20 to 100"},
        {"null", "1:4 a number is missing"},
        {"[1]", "1:4 \"k\" must be a single value, not a list"},
        {"{a: 1}", "1:4 \"k\" must be a single value, not a map (key: value)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t v = 42;
        assert_true(yaml_int(value(w, good[i].text), -20, 100, &w->p, &v));
        assert_int_equal(v, good[i].v);
        assert_int_equal(w->p.count, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t v = 42;
        assert_false(yaml_int(value(w, bad[i].text), -20, 100, &w->p, &v));
        assert_string_equal(first_problem(w), bad[i].problem);
        assert_int_equal(w->p.count, 1);
        assert_int_equal(v, 42);
    }
}

static void texts_and_truth(void **state)
{
    struct world *w = *state;
    struct str s = STR_NONE;
    bool b = true;
    assert_true(yaml_string(value(w, "plain text"), &w->p, &s) && str_is(s, "plain text"));
    assert_true(yaml_string(value(w, "'null'"), &w->p, &s) && str_is(s, "null"));
    assert_true(yaml_string(value(w, "1111"), &w->p, &s) && str_is(s, "1111"));
    assert_true(yaml_string(value(w, "''"), &w->p, &s) && str_is(s, ""));
    assert_false(yaml_string(value(w, ""), &w->p, &s));
    assert_true(str_is(w->p.first->message, "a text is missing"));
    assert_false(yaml_string(value(w, "~"), &w->p, &s));
    assert_false(yaml_string(value(w, "[x]"), &w->p, &s));
    assert_int_equal(w->p.count, 1);
    assert_true(yaml_bool(value(w, "false"), &w->p, &b) && !b);
    assert_true(yaml_bool(value(w, "true"), &w->p, &b) && b);
    static const char *const bad[] = {"yes", "True", "on", "1", "'true'", "\"false\"", "null", "[true]"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(yaml_bool(value(w, bad[i]), &w->p, &b));
        assert_int_equal(w->p.count, 1);
        assert_true(b);
    }
}

static void what_is_absent_is_silent(void **state)
{
    struct world *w = *state;
    int64_t v = 0;
    bool b = false;
    struct str s = STR_NONE;
    problems_init(&w->p, &w->a, STR("f"));
    assert_false(yaml_int(NULL, 0, 1, &w->p, &v));
    assert_false(yaml_bool(NULL, &w->p, &b));
    assert_false(yaml_string(NULL, &w->p, &s));
    assert_false(yaml_expect(NULL, YAML_MAP, &w->p));
    assert_false(yaml_is_null(NULL));
    yaml_unknown(NULL, NULL, &w->p);
    assert_int_equal(w->p.count, 0);
}

static void nulls_are_unquoted(void **state)
{
    struct world *w = *state;
    assert_true(yaml_is_null(value(w, "null")));
    assert_true(yaml_is_null(value(w, "~")));
    assert_true(yaml_is_null(value(w, "")));
    assert_false(yaml_is_null(value(w, "'null'")));
    assert_false(yaml_is_null(value(w, "''")));
    assert_false(yaml_is_null(value(w, "[]")));
    assert_false(yaml_is_null(value(w, "Null of them")));
}

static void types_are_expected(void **state)
{
    struct world *w = *state;
    assert_true(yaml_expect(value(w, "[1]"), YAML_LIST, &w->p));
    assert_false(yaml_expect(value(w, "[1]"), YAML_MAP, &w->p));
    assert_string_equal(first_problem(w), "1:4 \"k\" must be a map (key: value), not a list");
    assert_false(yaml_expect(value(w, "[1]")->first, YAML_MAP, &w->p));
    assert_string_equal(first_problem(w), "1:5 a map (key: value) is expected here, not a single value");
}

static void unknown_keys_name_the_nearest(void **state)
{
    struct world *w = *state;
    static const char *const known[] = {"erase_after", "keep", "law", "to", NULL};
    problems_init(&w->p, &w->a, STR("f"));
    yaml_parse(STR("keep: 1\nerase_afer: 2\nseen: 3\nsen: 4\nelephant: 5\nof: 6\nLaw: 7\nkeeeep: 8\n"), &w->a, &w->y,
               &w->p);
    assert_true(yaml_get(w->y, "seen") != NULL);
    yaml_unknown(w->y, known, &w->p);
    struct buf b CLEANUP(buf_release);
    buf_init(&b, 4096);
    problems_print(&w->p, &b);
    assert_string_equal(b.p, "f:2:1: unknown key \"erase_afer\"; did you mean \"erase_after\"?\n"
                             "f:4:1: unknown key \"sen\"; did you mean \"seen\"?\n"
                             "f:5:1: unknown key \"elephant\"\n"
                             "f:6:1: unknown key \"of\"\n"
                             "f:7:1: unknown key \"Law\"; did you mean \"law\"?\n"
                             "f:8:1: unknown key \"keeeep\"; did you mean \"keep\"?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_and_truth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_absent_is_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nulls_are_unquoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(types_are_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_keys_name_the_nearest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
