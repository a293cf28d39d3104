/* test_subject.c - normal forms of identifiers. */
#include "model/contact.h"

#include <setjmp.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state UNUSED)
{
    arena_init(&arena, 1 << 16);
    return 0;
}

static int teardown(void **state UNUSED)
{
    arena_release(&arena);
    return 0;
}

static void takes(enum subject_type type, const char *raw, const char *expected)
{
    struct str out = STR("untouched");
    struct err err = {.code = OK};
    enum status s = subject_normalise(type, str_of(raw), STR("GB"), &arena, &out, &err);
    if (s != OK || !str_is(out, expected))
        fail_msg("\"%s\": %.*s %s, expected %s", raw, STR_ARG(out), err.text, expected);
}

static void refuses(enum subject_type type, const char *raw)
{
    struct str out = STR("untouched");
    struct err err = {.code = OK};
    enum status s = subject_normalise(type, str_of(raw), STR("GB"), &arena, &out, &err);
    if (s != E_INVALID || !str_is(out, "untouched") || err.text[0] == '\0')
        fail_msg("\"%s\": status %d, \"%.*s\"", raw, (int)s, STR_ARG(out));
}

static void types_have_names(void **state UNUSED)
{
    for (int t = 0; t < SUBJECT_TYPE_COUNT; t++) {
        enum subject_type back = SUBJECT_TYPE_COUNT;
        assert_true(subject_type_parse(str_of(subject_type_name((enum subject_type)t)), &back));
        assert_int_equal(back, t);
    }
    enum subject_type t = SUBJECT_PHONE;
    assert_string_equal(subject_type_name(SUBJECT_CUSTOMER_ID), "customer_id");
    assert_string_equal(subject_type_name(SUBJECT_TYPE_COUNT), "invalid");
    assert_false(subject_type_parse(STR("fax"), &t));
    assert_false(subject_type_parse(STR_NONE, &t));
}

static void an_address_in_all_its_spellings(void **state UNUSED)
{
    static const char *const spellings[] = {
        "ann.lee@example.com",
        "Ann.Lee@Example.COM",
        "  ann.lee@example.com\r\n",
        "mailto:ann.lee@example.com",
        "MAILTO:ann.lee@example.com?subject=Hi",
        "Ann Lee <Ann.Lee@example.com>",
        "\"Lee <3, Ann\" <ann.lee@example.com>",
        "<mailto:ann.lee@example.com>",
    };
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        takes(SUBJECT_EMAIL, spellings[i], "ann.lee@example.com");
    takes(SUBJECT_EMAIL, "ann+tag@example.com", "ann+tag@example.com");
    takes(SUBJECT_EMAIL, "\xc3\xa4nn@b\xc3\xbc" "cher.example", "\xc3\xa4nn@b\xc3\xbc" "cher.example");
}

static void what_is_no_address_is_refused(void **state UNUSED)
{
    static const char *const wrong[] = {
        "",           "ann",          "@example.com", "ann@",         "ann@@example.com", "ann@b@example.com",
        "ann lee@example.com", "ann@exa mple.com", "ann@.example.com", "ann@example.com.", "ann@ex\tample.com",
        "<>",         "Ann <>",       "unknown",      "Anonymous",    "ann@ex\xff.com",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuses(SUBJECT_EMAIL, wrong[i]);
    char longest[400];
    memset(longest, 'a', sizeof(longest));
    memcpy(longest + 64, "@", 1);
    longest[320] = '\0';
    takes(SUBJECT_EMAIL, longest, longest);
    longest[320] = 'a';
    longest[321] = '\0';
    refuses(SUBJECT_EMAIL, longest);
}

static void phones_take_the_country(void **state UNUSED)
{
    takes(SUBJECT_PHONE, "020 7946 0958", "+442079460958");
    refuses(SUBJECT_PHONE, "anonymous");
    refuses(SUBJECT_PHONE, "999");
    refuses(SUBJECT_PHONE, "   ");
}

static void other_ids_are_opaque(void **state UNUSED)
{
    takes(SUBJECT_CUSTOMER_ID, "  C-00123 ", "C-00123");
    takes(SUBJECT_SOCIAL_ID, "502116146500594", "502116146500594");
    takes(SUBJECT_EXTERNAL_ID, "AbC", "AbC"); /* case is kept */
    refuses(SUBJECT_CUSTOMER_ID, "");
    refuses(SUBJECT_CUSTOMER_ID, "Unknown"); /* would make one person of everyone without an id */
    refuses(SUBJECT_CUSTOMER_ID, "null");
    refuses(SUBJECT_EXTERNAL_ID, "N/A");
    refuses(SUBJECT_SOCIAL_ID, "\xc3");
    char longest[ID_BYTES_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    longest[ID_BYTES_MAX + 1] = '\0';
    refuses(SUBJECT_CUSTOMER_ID, longest);
    longest[ID_BYTES_MAX] = '\0';
    takes(SUBJECT_CUSTOMER_ID, longest, longest);
}

static void the_result_is_a_copy(void **state UNUSED)
{
    char raw[] = "c-1";
    struct str out;
    struct err err;
    assert_int_equal(subject_normalise(SUBJECT_CUSTOMER_ID, str_of(raw), STR_NONE, &arena, &out, &err), OK);
    raw[0] = 'X';
    assert_true(str_is(out, "c-1"));
}

static void a_full_arena_is_a_limit(void **state UNUSED)
{
    struct arena tiny;
    struct str out = STR_NONE;
    struct err err;
    arena_init(&tiny, 2);
    assert_int_equal(subject_normalise(SUBJECT_EMAIL, STR("a@b.example"), STR_NONE, &tiny, &out, &err), E_LIMIT);
    assert_int_equal(subject_normalise(SUBJECT_CUSTOMER_ID, STR("c-123"), STR_NONE, &tiny, &out, &err), E_LIMIT);
    arena_release(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(an_address_in_all_its_spellings),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(phones_take_the_country),
        cmocka_unit_test(other_ids_are_opaque),
        cmocka_unit_test(the_result_is_a_copy),
        cmocka_unit_test(a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
