/* test_key_pattern.c */
#include "tests/lib/folder_world.h"

#include "store/key_pattern.h"

#include <stdio.h>

static struct arena a;

static int setup(void **state)
{
    (void)state;
    arena_init(&a, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

static struct key_pattern parse(const char *text)
{
    struct key_pattern p;
    struct err err;
    if (key_pattern_parse(str_of(text), &a, &p, &err) != OK)
        fail_msg("%s: %s", text, err.text);
    return p;
}

static bool matches(const char *pattern, const char *id, const char *key)
{
    struct key_pattern p = parse(pattern);
    struct key_values v = {str_of(id), STR("branch"), KEY_ANY_DAY};
    return key_pattern_match(&p, &v, str_of(key));
}

static void bad_patterns_are_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"", "/rec/{contact_id}", "rec/", "a//b", "../{contact_id}", "a/../{contact_id}", "./x",
                               "{contactid}", "{yyyy", "x}", "a**b", "a/***", "**/a/**"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct key_pattern p;
        struct err err = {.code = OK};
        if (key_pattern_parse(str_of(bad[i]), &a, &p, &err) != E_INVALID)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(err.text) > 0);
    }
    struct key_pattern p;
    assert_int_equal(key_pattern_parse((struct str){"a\0b", 3}, &a, &p, NULL), E_INVALID);
    char many[2 * KEY_PARTS_MAX + 2] = "a";
    for (size_t i = 0; i < KEY_PARTS_MAX; i++)
        memcpy(many + 1 + 2 * i, "/a", 3);
    assert_int_equal(key_pattern_parse(str_of(many), &a, &p, NULL), E_INVALID);
}

static void an_id_is_a_whole_token(void **state)
{
    (void)state;
    assert_true(matches("{contact_id}*", "abc", "abc.wav"));
    assert_true(matches("{contact_id}*", "abc", "abc"));
    assert_true(matches("{contact_id}*", "abc", "abc_20260731T10:00_UTC.wav"));
    assert_false(matches("{contact_id}*", "abc", "abcdef.wav"));
    assert_false(matches("{contact_id}*", "abc", "abc1.wav"));
    assert_false(matches("{contact_id}*", "abc", "abc-2.wav"));
    assert_false(matches("{contact_id}*", "m", "m\xc3\xbcller.wav"));
    assert_false(matches("*{contact_id}*", "abc", "xabc.wav"));
    assert_false(matches("*{contact_id}.wav", "abc", "1-abc.wav"));
    assert_true(matches("*{contact_id}*", "abc", "call_abc.wav"));
    assert_true(matches("*{contact_id}*", "abc", "xabc_abc.wav")); /* the second one is whole */
    assert_true(matches("rec-{contact_id}.wav", "abc", "rec-abc.wav"));
    assert_false(matches("{contact_id}.wav", "abc", "ABC.wav"));
}

static void an_id_is_never_a_pattern(void **state)
{
    (void)state;
    assert_false(matches("{contact_id}*", "*", "abc.wav"));
    assert_true(matches("{contact_id}*", "*", "*.wav"));
    assert_false(matches("{contact_id}", "{yyyy}", "2026"));
    assert_false(matches("rec/{contact_id}/a", "x/y", "rec/x/y/a"));
    assert_false(matches("rec/{contact_id}", "..", "rec/a"));
    assert_false(matches("{contact_id}*", "", "abc.wav"));
    struct key_pattern p = parse("{contact_id}*");
    struct key_values v = {{"a\0b", 3}, STR_NONE, KEY_ANY_DAY};
    assert_false(key_pattern_match(&p, &v, (struct str){"a\0b", 3}));
    assert_false(key_value_usable(v.id));
    assert_false(key_value_usable(STR("a/b")));
    assert_false(key_value_usable(STR("")));
    assert_true(key_value_usable(STR("..")));
}

static void stars_stay_in_their_part_or_cross(void **state)
{
    (void)state;
    assert_false(matches("rec/*{contact_id}.wav", "abc", "rec/x/abc.wav"));
    assert_true(matches("rec/*/{contact_id}.wav", "abc", "rec/x/abc.wav"));
    assert_true(matches("rec/**/{contact_id}.wav", "abc", "rec/abc.wav"));
    assert_true(matches("rec/**/{contact_id}.wav", "abc", "rec/x/y/z/abc.wav"));
    assert_false(matches("rec/**/{contact_id}.wav", "abc", "rec/x/abc.wav/y"));
    assert_true(matches("{contact_id}/**", "abc", "abc/x/y.json"));
    assert_false(matches("{contact_id}/**", "abc", "abc"));
    assert_true(matches("**/{contact_id}/a/*", "abc", "abc/a/abc/a/z"));
    assert_true(matches("a*b*c{contact_id}", "1", "aXbXbXcXc1"));
    assert_false(matches("a*b*c{contact_id}", "1", "aXbXbXcXd1"));
    assert_false(matches("{contact_id}", "abc", ""));
}

static void dates_are_those_of_the_day(void **state)
{
    (void)state;
    struct key_pattern p = parse("{yyyy}/{mm}/{dd}/{hh}/{contact_id}*");
    int64_t day = 20665; /* 2026-07-31 */
    struct key_values v = {STR("abc"), STR_NONE, day};
    assert_true(key_pattern_match(&p, &v, STR("2026/07/31/23/abc.wav")));
    assert_false(key_pattern_match(&p, &v, STR("2026/08/01/00/abc.wav")));
    assert_false(key_pattern_match(&p, &v, STR("2026/7/31/23/abc.wav")));
    assert_false(key_pattern_match(&p, &v, STR("2026/07/31/2x/abc.wav")));
    v.day = KEY_ANY_DAY;
    assert_true(key_pattern_match(&p, &v, STR("1999/12/01/23/abc.wav")));
    assert_false(key_pattern_match(&p, &v, STR("logs/12/01/23/abc.wav")));
    v.id = STR_NONE; /* anybody's */
    assert_true(key_pattern_match(&p, &v, STR("1999/12/01/23/whoever.wav")));
}

static void days_around_a_contact(void **state)
{
    (void)state;
    int64_t days[KEY_DAYS_MAX], day = 20665, noon = day * DAY_MS + DAY_MS / 2;
    assert_int_equal(key_days(noon, noon + HOUR_MS, TIME_NONE, days), 3);
    assert_int_equal(days[0], day - 1);
    assert_int_equal(days[2], day + 1);
    assert_int_equal(key_days(noon, noon + DAY_MS, 0, days), 4);
    assert_int_equal(key_days(noon, noon - DAY_MS, 0, days), 3); /* an end before its start */
    assert_int_equal(key_days(noon, TIME_NONE, noon + 5 * DAY_MS, days), 8); /* still open: until now */
    assert_int_equal(key_days(TIME_NONE, noon, noon, days), 1);
    assert_int_equal(days[0], KEY_ANY_DAY);
    assert_int_equal(key_days(noon, noon + 98 * DAY_MS, noon, days), 1);
    assert_int_equal(days[0], KEY_ANY_DAY);
    assert_int_equal(key_days(noon, noon + 97 * DAY_MS, noon, days), KEY_DAYS_MAX);
    struct key_pattern months = parse("{yyyy}/{mm}/{contact_id}"), none = parse("{hh}/{contact_id}");
    assert_true(key_days_differ(&months, 20665, 20666)); /* July, August */
    assert_false(key_days_differ(&months, 20664, 20665));
    assert_false(key_days_differ(&none, 20664, 20695));
}

static void fixed_parts_and_prefixes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct key_pattern p = parse("rec/{yyyy}-{mm}/{source}/{contact_id}*");
    struct key_values v = {STR("abc"), STR("branch"), 20665};
    assert_true(key_part_fixed(&p.parts[1], &v, &b));
    assert_true(str_is(buf_view(&b), "2026-07"));
    buf_clear(&b);
    assert_false(key_part_fixed(&p.parts[3], &v, &b));
    buf_clear(&b);
    key_pattern_prefix(&p, &v, &b);
    assert_true(str_is(buf_view(&b), "rec/2026-07/branch/abc"));
    v.day = KEY_ANY_DAY;
    buf_clear(&b);
    key_pattern_prefix(&p, &v, &b);
    assert_true(str_is(buf_view(&b), "rec/"));
    buf_clear(&b);
    struct key_pattern id = parse("{contact_id}");
    const char *const unsafe[] = {"..", ".", "a/b"};
    for (size_t i = 0; i < ARRAY_LEN(unsafe); i++) {
        v.id = str_of(unsafe[i]);
        buf_clear(&b);
        assert_false(key_part_fixed(&id.parts[0], &v, &b));
    }
    assert_true(p.has_id && p.has_date && id.has_id && !id.has_date);
    buf_release(&b);
}

/* The runs that may be the id, as "a|b|c|". */
static const char *places(const char *pattern, const char *name, char out[512])
{
    struct key_pattern p = parse(pattern);
    struct key_id_places it;
    struct str id;
    size_t n = 0;
    out[0] = '\0';
    if (!key_id_places_begin(&it, &p.parts[0], str_of(name)))
        return "no id";
    while (key_id_places_next(&it, &id))
        n += (size_t)snprintf(out + n, 512 - n, "%.*s|", STR_ARG(id));
    return out;
}

static void places_where_an_id_may_stand(void **state)
{
    (void)state;
    char out[512];
    assert_string_equal(places("{contact_id}", "a_b.c", out), "a_b.c|");
    assert_string_equal(places("{contact_id}*", "ab_1.wav", out), "ab|ab_1|ab_1.wav|");
    assert_string_equal(places("{contact_id}*", "a-1\xc3\xbc.b", out), "a-1\xc3\xbc|a-1\xc3\xbc.b|");
    assert_string_equal(places("{contact_id}*", "_a", out), "_a|"); /* behind '_' stands what may go on */
    assert_string_equal(places("{contact_id}.wav", "a.wav.wav", out), "a|a.wav|");
    assert_string_equal(places("r-{contact_id}.*", "r-a.b.c", out), "a|a.b|");
    assert_string_equal(places("r-{contact_id}.*", "x-a.b", out), "");
    assert_string_equal(places("*{contact_id}", "x_ab", out), "x_ab|ab|");
    assert_string_equal(places("{yyyy}{contact_id}", "2026a", out), "026a|26a|6a|a|");
    assert_string_equal(places("{contact_id}", "", out), "");
    assert_string_equal(places("{yyyy}*", "2026", out), "no id");
}

/* Every id that a name matches is among its places. */
static void no_match_is_outside_the_places(void **state)
{
    (void)state;
    static const char *const patterns[] = {"{contact_id}*",   "*{contact_id}*",      "*{contact_id}", "{contact_id}",
                                           "a{contact_id}*",  "*_{contact_id}.*",    "{source}{contact_id}*",
                                           "{dd}{contact_id}*", "{contact_id}{source}", "*-{contact_id}{dd}*"};
    static const char *const names[] = {"a",     "a_b.wav", "aa_a.a", "a-a_01.b", "01a_b", "a\xc3\xbc_a.b",
                                        "_a_.a", "..a",     "a_a_a",  "b-a_a01x"};
    size_t matched = 0;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct key_pattern p = parse(patterns[i]);
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            struct str name = str_of(names[k]);
            for (size_t from = 0; from < name.n; from++) {
                for (size_t to = from + 1; to <= name.n; to++) {
                    struct key_values v = {{name.p + from, to - from}, STR_NONE, KEY_ANY_DAY};
                    if (!key_part_match(&p.parts[0], &v, name))
                        continue;
                    struct key_id_places it;
                    struct str id;
                    bool met = false;
                    assert_true(key_id_places_begin(&it, &p.parts[0], name));
                    while (!met && key_id_places_next(&it, &id))
                        met = str_eq(id, v.id);
                    assert_true(met);
                    matched++;
                }
            }
        }
    }
    assert_true(matched > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_patterns_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(an_id_is_a_whole_token, setup, teardown),
        cmocka_unit_test_setup_teardown(an_id_is_never_a_pattern, setup, teardown),
        cmocka_unit_test_setup_teardown(stars_stay_in_their_part_or_cross, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_are_those_of_the_day, setup, teardown),
        cmocka_unit_test_setup_teardown(days_around_a_contact, setup, teardown),
        cmocka_unit_test_setup_teardown(fixed_parts_and_prefixes, setup, teardown),
        cmocka_unit_test_setup_teardown(places_where_an_id_may_stand, setup, teardown),
        cmocka_unit_test_setup_teardown(no_match_is_outside_the_places, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
