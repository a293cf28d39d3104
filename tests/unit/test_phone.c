/* test_phone.c - spellings of numbers, and numbers that are nobody's. */
#include "model/phone.h"

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

static void takes(const char *raw, const char *country, const char *expected)
{
    struct str out = STR("untouched");
    struct err err = {.code = OK};
    enum status s = phone_normalise(str_of(raw), str_of(country), &arena, &out, &err);
    if (s != OK || !str_is(out, expected))
        fail_msg("\"%s\" in %s: %.*s %s, expected %s", raw, country ? country : "(none)", STR_ARG(out), err.text,
                 expected);
}

static void refuses(const char *raw, const char *country, const char *because)
{
    struct str out = STR("untouched");
    struct err err = {.code = OK};
    enum status s = phone_normalise(str_of(raw), str_of(country), &arena, &out, &err);
    if (s != E_INVALID || !str_is(out, "untouched") || strstr(err.text, because) == NULL)
        fail_msg("\"%s\": status %d, \"%.*s\", %s", raw, (int)s, STR_ARG(out), err.text);
}

static void one_number_in_all_its_spellings(void **state UNUSED)
{
    static const char *const spellings[] = {
        "+442079460958", "+44 20 7946 0958", "+44 (0)20 7946 0958", "+44(0) 20-7946-0958", "+44 (0) 020 7946 0958", "+44.20.7946.0958",
        "00442079460958", "0044 (0)20 7946 0958", "020 7946 0958", "(020) 7946/0958", "2079460958", "442079460958",
        "tel:+44-20-7946-0958", "TEL:+44-20-7946-0958;ext=12", "tel:020-7946-0958;phone-context=+44",
        "sip:+442079460958@gateway.example.com;user=phone", "\"A. Caller\" <sip:+442079460958@10.0.0.1>",
        "%2B442079460958", "%2b44%2020%207946%200958", "whatsapp:+442079460958", "  +442079460958\t",
        "+44 20 7946 0958 x123", "+44 20 7946 0958 ext. 123", "020 7946 0958 #4", "020 7946 0958,,99",
        "+44\xc2\xa0" "20 7946\xe2\x80\x91" "0958", "\xe2\x80\xad+44 20 7946 0958\xe2\x80\xac",
    };
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        takes(spellings[i], "GB", "+442079460958");
}

static void national_numbers_follow_their_country(void **state UNUSED)
{
    takes("(202) 555-0123", "US", "+12025550123");
    takes("1-202-555-0123", "US", "+12025550123");
    takes("12025550123", "CA", "+12025550123");
    takes("011 44 20 7946 0958", "US", "+442079460958");
    takes("0044 20 7946 0958", "US", "+442079460958");
    takes("030 123456", "DE", "+4930123456");
    takes("06 12 34 56 78", "FR", "+33612345678");
    takes("06 1234 5678", "IT", "+390612345678"); /* Italy keeps its zero */
    takes("+39 06 1234 5678", "DE", "+390612345678");
    takes("347 123 4567", "IT", "+393471234567");
    takes("06 30 123 4567", "HU", "+36301234567");
    takes("8 (495) 123-45-67", "RU", "+74951234567");
    takes("812 123 45 67", "RU", "+78121234567"); /* begins with an 8 that is no prefix */
    takes("+7 812 123 45 67", "RU", "+78121234567");
    takes("8 10 44 20 7946 0958", "RU", "+442079460958");
    takes("8 029 123 45 67", "BY", "+375291234567");
    takes("02 9123 4567", "AU", "+61291234567");
    takes("0011 44 20 7946 0958", "AU", "+442079460958");
    takes("090-1234-5678", "JP", "+819012345678");
    takes("010 1 202 555 0123", "JP", "+12025550123");
    takes("22 123 45 67", "PL", "+48221234567");
    takes("612 34 56 78", "ES", "+34612345678");
    takes("6123 4567", "SG", "+6561234567");
    takes("+52 1 55 1234 5678", NULL, "+525512345678"); /* the old mobile prefix of Mexico */
    takes("0171 1234567", "de", "+491711234567");
    takes("020 7946 0958", "UK", "+442079460958");
}

static void a_calling_code_without_plus_is_seen_by_length(void **state UNUSED)
{
    takes("33612345678", "FR", "+33612345678");
    takes("919876543210", "IN", "+919876543210");
    takes("9198765432", "IN", "+919198765432"); /* ten digits are a number of India's own */
    takes("4915112345678", "DE", "+4915112345678");
}

static void international_numbers_need_no_country(void **state UNUSED)
{
    takes("+1 202 555 0123", NULL, "+12025550123");
    takes("001 202 555 0123", NULL, "+12025550123");
    takes("+44 20 7946 0958", "US", "+442079460958");
    takes("+4477009001", "ZZ", "+4477009001");
    takes("+298123456", NULL, "+298123456");
    refuses("020 7946 0958", NULL, "country");
    refuses("020 7946 0958", "ZZ", "country");
    refuses("2025550123", "", "country");
}

static void withheld_numbers_match_nobody(void **state UNUSED)
{
    static const char *const withheld[] = {
        "anonymous", "Anonymous", " UNAVAILABLE ", "private", "Restricted", "unknown", "withheld", "number withheld",
        "sip:anonymous@anonymous.invalid", "\"Anonymous\" <sip:anonymous@anonymous.invalid>", "tel:anonymous",
        "+266696687", "+7378742833", "+86282452253", "+8656696",
    };
    for (size_t i = 0; i < ARRAY_LEN(withheld); i++)
        refuses(withheld[i], "GB", "withheld");
    takes("737 874 2833", "US", "+17378742833"); /* "restricted" on the keypad, and a number of Texas */
}

static void service_numbers_match_nobody(void **state UNUSED)
{
    refuses("999", "GB", "service");
    refuses("+112", NULL, "service");
    refuses("60300", "GB", "service");
    refuses("116 123", "DE", "service");
    refuses("911", "US", "service");
    refuses("+800 1234 5678", NULL, "service");
    refuses("00979 123456789", "GB", "service");
    takes("123456", "FO", "+298123456"); /* whole numbers there have six digits */
}

static void repeated_digits_are_nobodys(void **state UNUSED)
{
    refuses("0000000000", "GB", "");
    refuses("1111111111", "US", "same");
    refuses("9999999999", "IN", "same");
    refuses("+44 0000000000", NULL, "too short");
    refuses("+1 555 5555555", NULL, "same");
    takes("+1 555 5555556", NULL, "+15555555556");
}

static void what_is_no_number_is_refused(void **state UNUSED)
{
    refuses("", "GB", "empty");
    refuses("+", "GB", "empty");
    refuses("()", "GB", "empty");
    refuses("call me", "GB", "other characters");
    refuses("1-800-FLOWERS", "US", "other characters");
    refuses("client:alice", "GB", "other characters");
    refuses("sip:alice@example.com", "GB", "other characters");
    refuses("+44+2079460958", "GB", "other characters");
    refuses("44+2079460958", "GB", "other characters");
    refuses("+44207946XXXX", "GB", "other characters"); /* masked: its head is nobody's number */
    refuses("+44207946****", "GB", "other characters");
    refuses("020 7946 0958 %41", "GB", "other characters");
    refuses("+0044 20 7946 0958", "GB", "begins with 0");
    refuses("+1234567890123456", NULL, "more than 15");
    takes("+883123456789012", NULL, "+883123456789012"); /* fifteen digits are allowed */
    refuses("12345678901234567890123456789012345678901", "GB", "too long");
}

static void bytes_of_any_sort_are_read_safely(void **state UNUSED)
{
    struct str out = STR_NONE;
    struct err err;
    const struct str zero = {"\0+44", 4};
    assert_int_equal(phone_normalise(zero, STR("GB"), &arena, &out, &err), E_INVALID);
    for (int c = 0; c < 256; c++) {
        char raw[4] = {(char)c, (char)c, (char)(255 - c), (char)c};
        for (size_t n = 1; n <= sizeof(raw); n++)
            assert_int_equal(phone_normalise((struct str){raw, n}, STR("GB"), &arena, &out, &err), E_INVALID);
    }
}

static void the_number_is_not_in_the_error(void **state UNUSED)
{
    struct str out;
    struct err err;
    assert_int_equal(phone_normalise(STR("2079460958"), STR_NONE, &arena, &out, &err), E_INVALID);
    assert_null(strstr(err.text, "2079460958"));
    assert_int_equal(phone_normalise(STR("+44 20 7946 0958 abc"), STR_NONE, &arena, &out, &err), E_INVALID);
    assert_null(strstr(err.text, "7946"));
}

static void a_full_arena_is_a_limit(void **state UNUSED)
{
    struct arena tiny;
    struct str out = STR_NONE;
    struct err err;
    arena_init(&tiny, 4);
    assert_int_equal(phone_normalise(STR("+442079460958"), STR_NONE, &tiny, &out, &err), E_LIMIT);
    assert_int_equal(phone_normalise(STR("02079460958"), STR("GB"), &tiny, &out, &err), E_LIMIT);
    arena_release(&tiny);
}

static void angles_hold_the_address(void **state UNUSED)
{
    assert_true(str_is(inside_angles(STR("Ann < x@y >")), "x@y"));
    assert_true(str_is(inside_angles(STR("\"a<b\" <x>")), "x"));
    assert_true(str_is(inside_angles(STR(" no angles ")), "no angles"));
    assert_true(str_is(inside_angles(STR("a<b")), "a<b"));
    assert_true(str_is(inside_angles(STR("<>")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_in_all_its_spellings),
        cmocka_unit_test(national_numbers_follow_their_country),
        cmocka_unit_test(a_calling_code_without_plus_is_seen_by_length),
        cmocka_unit_test(international_numbers_need_no_country),
        cmocka_unit_test(withheld_numbers_match_nobody),
        cmocka_unit_test(service_numbers_match_nobody),
        cmocka_unit_test(repeated_digits_are_nobodys),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(bytes_of_any_sort_are_read_safely),
        cmocka_unit_test(the_number_is_not_in_the_error),
        cmocka_unit_test(a_full_arena_is_a_limit),
        cmocka_unit_test(angles_hold_the_address),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
