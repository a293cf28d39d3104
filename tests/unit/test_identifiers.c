/* test_identifiers.c - what a person is known by, from lines and from JSON. */
#include "engine/requests.h"

#include <setjmp.h>
#include <cmocka.h>

static struct arena a;
static struct identifier *items;
static size_t n;
static struct err err;

static enum status read_in(const char *content, const char *country)
{
    return request_read_identifiers(str_of(content), str_of(country), zone_utc(), &a, &items, &n, &err);
}

static int begin(void **state UNUSED)
{
    arena_init(&a, 4 << 20);
    return 0;
}

static int end(void **state UNUSED)
{
    arena_release(&a);
    return 0;
}

static void lines_are_read(void **state UNUSED)
{
    assert_int_equal(read_in("# of the letter\n\nphone +44 20 7946 0123 from 2024-01-01 to 2025-01-01\r\n"
                             "email: Ann@Example.com\ncustomer_id to be 7\nphone +442079460123 to 2025-01-01 from 2024-01-01\n", NULL), OK);
    assert_int_equal(n, 3); /* the last is the first again */
    assert_int_equal(items[0].type, SUBJECT_PHONE);
    assert_true(str_is(items[0].value, "+442079460123"));
    assert_int_equal(items[0].from_ms, INT64_C(1704067200000));
    assert_int_equal(items[0].to_ms, INT64_C(1735689600000));
    assert_true(str_is(items[1].value, "ann@example.com"));
    assert_int_equal(items[1].from_ms, TIME_NONE);
    assert_true(str_is(items[2].value, "to be 7"));
}

static void a_country_makes_national_numbers_whole(void **state UNUSED)
{
    assert_int_equal(read_in("phone 020 7946 0123", "GB"), OK);
    assert_true(str_is(items[0].value, "+442079460123"));
    assert_int_equal(read_in("phone 020 7946 0123", NULL), E_INVALID);
}

static void json_is_read(void **state UNUSED)
{
    assert_int_equal(read_in("[{\"type\":\"email\",\"value\":\"a@b.example\",\"from\":\"2024-01-01\"},{\"type\":\"customer_id\",\"value\":17}]", NULL), OK);
    assert_int_equal(n, 2);
    assert_int_equal(items[0].from_ms, INT64_C(1704067200000));
    assert_true(str_is(items[1].value, "17"));
    assert_int_equal(read_in("\xEF\xBB\xBF{\"identifiers\":[{\"type\":\"email\",\"value\":\"a@b.example\"}]}", NULL), OK);
    assert_int_equal(n, 1);
}

static void an_error_names_the_place_and_not_the_value(void **state UNUSED)
{
    static const struct { const char *content, *place; } bad[] = {
        {"email ann@b.example\nphone 0777secret\n", "line 2:"},
        {"email secret\n", "line 1:"},
        {"#\n\nfax +442079460124\n", "line 3:"},
        {"email secret@b.example from 2025-01-01 to 2024-01-01", "line 1:"},
        {"phone secret anonymous", "line 1:"},
        {"[{\"type\":\"email\",\"value\":\"a@b.example\"},{\"type\":\"email\",\"value\":\"secret\"}]", "identifier 2:"},
        {"[{\"type\":\"email\",\"value\":\"secret@b.example\",\"form\":\"2024-01-01\"}]", "identifier 1:"},
        {"[{\"type\":\"email\",\"value\":\"secret@b.example\",\"from\":\"secret\"}]", "identifier 1:"},
        {"[\"secret\"]", "identifier 1:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(read_in(bad[i].content, NULL), E_INVALID);
        assert_true(str_starts(str_of(err.text), str_of(bad[i].place)));
        assert_null(strstr(err.text, "secret"));
    }
    assert_int_equal(read_in("# nothing\n", NULL), E_INVALID);
    assert_int_equal(read_in("", NULL), E_INVALID);
    assert_int_equal(read_in("[{\"type\":", NULL), E_INVALID);
}

static void withheld_numbers_match_nobody(void **state UNUSED)
{
    assert_int_equal(read_in("phone anonymous", NULL), E_INVALID);
    assert_int_equal(read_in("customer_id unknown", NULL), E_INVALID);
}

static void too_many_are_refused(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i <= 1000; i++)
        buf_fmt(&b, "customer_id c%d\n", i);
    assert_int_equal(read_in(b.p, NULL), E_LIMIT);
    assert_non_null(strstr(err.text, "line 1001"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_read), TEST(a_country_makes_national_numbers_whole), TEST(json_is_read), TEST(an_error_names_the_place_and_not_the_value),
        TEST(withheld_numbers_match_nobody), TEST(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
