/* test_contact.c - row keys and questions asked of a chain. */
#include "model/contact.h"

#include <setjmp.h>
#include <cmocka.h>

static struct hmac_key test_key(unsigned char fill)
{
    unsigned char raw[KEY_BYTES];
    memset(raw, fill, sizeof(raw));
    struct hmac_key k;
    hmac_key_init(&k, raw);
    return k;
}

static void keys_of_different_nouns_differ(void **state UNUSED)
{
    struct hmac_key k = test_key(7);
    const struct row_key keys[] = {
        row_key_of_contact(&k, STR("a"), STR("b")), row_key_of_contact(&k, STR("b"), STR("a")),
        row_key_of_contact(&k, STR("ab"), STR("")), row_key_of_locator(&k, STR("a"), STR("b")),
        row_key_of_request(&k, STR("a")),           row_key_of_matter(&k, STR("a")),
        row_key_of_late_chain(&k, STR("a"), STR("b")),
        row_key_of_subject(&k, SUBJECT_PHONE, STR("a")), row_key_of_subject(&k, SUBJECT_EMAIL, STR("a")),
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_false(row_key_is_none(&keys[i]));
        for (size_t j = 0; j < ARRAY_LEN(keys); j++)
            assert_int_equal(row_key_eq(&keys[i], &keys[j]), i == j);
    }
}

static void a_key_is_the_head_of_the_hmac_over_domain_and_parts(void **state UNUSED)
{
    struct hmac_key k = test_key(1);
    const struct str parts[] = {STR("contact"), STR("connect-eu"), STR("c-1")};
    struct hash h = hmac_parts(&k, parts, 3);
    struct row_key key = row_key_of_contact(&k, STR("connect-eu"), STR("c-1"));
    assert_memory_equal(key.b, h.b, ROW_KEY_BYTES);
}

static void another_identifier_key_gives_other_row_keys(void **state UNUSED)
{
    struct hmac_key k = test_key(1), other = test_key(2);
    struct row_key a = row_key_of_contact(&k, STR("s"), STR("id"));
    struct row_key b = row_key_of_contact(&other, STR("s"), STR("id"));
    struct row_key again = row_key_of_contact(&k, STR("s"), STR("id"));
    assert_false(row_key_eq(&a, &b));
    assert_true(row_key_eq(&a, &again));
}

static void a_key_prints_as_32_hex_digits(void **state UNUSED)
{
    struct arena a;
    arena_init(&a, 1024);
    struct row_key k = {{0x00, 0x0f, 0xf0, 0xab}};
    struct str hex = row_key_hex(&k, &a);
    assert_true(str_is(hex, "000ff0ab000000000000000000000000"));
    arena_release(&a);

    struct arena tiny;
    arena_init(&tiny, 8);
    assert_null(row_key_hex(&k, &tiny).p);
    arena_release(&tiny);
}

static void zero_is_no_key(void **state UNUSED)
{
    struct row_key none = {{0}}, one = {{[ROW_KEY_BYTES - 1] = 1}};
    assert_true(row_key_is_none(&none));
    assert_false(row_key_is_none(&one));
}

static void a_new_leg_knows_nothing(void **state UNUSED)
{
    struct leg leg;
    leg_init(&leg);
    for (size_t f = 0; f < FACT_COUNT; f++)
        assert_int_equal(leg.fact_version_ms[f], -1);
    assert_true(leg.started_ms == TIME_NONE && leg.ended_ms == TIME_NONE && leg.created_ms == TIME_NONE);
    assert_true(leg.case_closed_ms == TIME_NONE && leg.contract_end_ms == TIME_NONE);
    assert_null(leg.queue.p);
    assert_false(leg.end_stated);
}

static void a_chain_lasts_from_its_first_start_to_its_last_end(void **state UNUSED)
{
    struct leg legs[3];
    for (size_t i = 0; i < 3; i++) {
        leg_init(&legs[i]);
        legs[i].key.b[0] = (unsigned char)(i + 1);
    }
    struct chain c = {.legs = legs, .legs_n = 3};
    assert_true(chain_started_ms(&c) == TIME_NONE);
    assert_true(chain_ended_ms(&c) == TIME_NONE);

    legs[0].started_ms = 2000;
    legs[2].started_ms = -1000; /* before 1970 is a time like any other */
    legs[0].ended_ms = 9000;
    legs[1].ended_ms = 5000;
    assert_int_equal(chain_started_ms(&c), -1000);
    assert_true(chain_ended_ms(&c) == TIME_NONE); /* one leg's end is not known */
    legs[2].ended_ms = 7000;
    assert_int_equal(chain_ended_ms(&c), 9000);
}

static void a_chain_is_open_until_every_leg_has_ended(void **state UNUSED)
{
    struct leg legs[2];
    leg_init(&legs[0]);
    leg_init(&legs[1]);
    struct chain c = {.legs = legs, .legs_n = 2};
    legs[0].end_stated = true;
    assert_true(chain_is_open(&c));
    legs[1].end_stated = true;
    assert_false(chain_is_open(&c));
}

static void a_leg_is_found_by_its_key(void **state UNUSED)
{
    struct leg legs[2] = {{.key = {{1}}}, {.key = {{2}}}};
    struct chain c = {.legs = legs, .legs_n = 2};
    struct row_key second = {{2}}, third = {{3}};
    assert_ptr_equal(chain_leg(&c, &second), &legs[1]);
    assert_null(chain_leg(&c, &third));
}

static void a_chain_is_claimed_by_its_worker(void **state UNUSED)
{
    struct chain c = {.version = 1};
    assert_false(chain_claimed(&c));
    c.worker.b[3] = 1;
    assert_true(chain_claimed(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_different_nouns_differ),
        cmocka_unit_test(a_key_is_the_head_of_the_hmac_over_domain_and_parts),
        cmocka_unit_test(another_identifier_key_gives_other_row_keys),
        cmocka_unit_test(a_key_prints_as_32_hex_digits),
        cmocka_unit_test(zero_is_no_key),
        cmocka_unit_test(a_new_leg_knows_nothing),
        cmocka_unit_test(a_chain_lasts_from_its_first_start_to_its_last_end),
        cmocka_unit_test(a_chain_is_open_until_every_leg_has_ended),
        cmocka_unit_test(a_leg_is_found_by_its_key),
        cmocka_unit_test(a_chain_is_claimed_by_its_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
