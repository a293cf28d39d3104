/* test_hold.c - what standing holds cover, and when they count. */
#include "model/hold.h"

#include <setjmp.h>
#include <cmocka.h>

static struct hold filter_hold(const char *text, struct arena *a)
{
    struct hold h = {.scope = HOLD_FILTER, .released_ms = TIME_NONE, .grace_until_ms = TIME_NONE};
    struct err err;
    assert_int_equal(filter_parse(str_of(text), zone_utc(), a, &h.filter, &err), OK);
    return h;
}

static void one_leg_is_enough(void **state UNUSED)
{
    struct row_key ann = {{1}}, bob = {{2}}, eve = {{3}};
    struct leg legs[2];
    leg_init(&legs[0]);
    leg_init(&legs[1]);
    legs[1].subjects = &bob;
    legs[1].subjects_n = 1;
    struct chain c = {.legs = legs, .legs_n = 2};
    struct row_key named[] = {ann, bob};
    struct hold h = {.scope = HOLD_SUBJECT, .subjects = named, .subjects_n = 2, .released_ms = TIME_NONE};
    assert_true(hold_covers(&h, &c));
    h.subjects_n = 1;
    assert_false(hold_covers(&h, &c));
    h.subjects = &eve;
    assert_false(hold_covers(&h, &c));
    h.subjects_n = 0;
    assert_false(hold_covers(&h, &c));
}

static void a_filter_hold_looks_at_every_leg(void **state UNUSED)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    struct leg legs[2];
    leg_init(&legs[0]);
    leg_init(&legs[1]);
    legs[0].queue = STR("Sales");
    legs[1].queue = STR("Claims");
    legs[1].agent = STR("ann");
    struct chain c = {.source = STR("connect-eu"), .legs = legs, .legs_n = 2};
    struct hold claims = filter_hold("queue:claims", &a);
    struct hold mixed = filter_hold("queue:sales agent:ann", &a); /* no one leg is both */
    struct hold source = filter_hold("source:connect-*", &a);
    struct hold elsewhere = filter_hold("source:genesys", &a);
    struct hold status = filter_hold("status:*", &a); /* none is known while holds are tested */
    assert_true(hold_covers(&claims, &c));
    assert_false(hold_covers(&mixed, &c));
    assert_true(hold_covers(&source, &c));
    assert_false(hold_covers(&elsewhere, &c));
    assert_false(hold_covers(&status, &c));
    c.legs_n = 0;
    assert_false(hold_covers(&source, &c));
    arena_release(&a);
}

static void a_hold_by_ids_stands_elsewhere(void **state UNUSED)
{
    struct leg leg;
    leg_init(&leg);
    struct chain c = {.legs = &leg, .legs_n = 1};
    struct hold h = {.scope = HOLD_IDS, .released_ms = TIME_NONE};
    assert_false(hold_covers(&h, &c));
}

static void a_hold_is_in_force_until_released(void **state UNUSED)
{
    struct hold h = {.applied_ms = 1000, .released_ms = TIME_NONE, .grace_until_ms = TIME_NONE, .review_ms = 2000};
    assert_true(hold_in_force(&h)); /* also past its review: a hold never expires */
    assert_false(hold_in_grace(&h, 5000));
    h.released_ms = 3000;
    assert_false(hold_in_force(&h));
    assert_false(hold_in_grace(&h, 3000)); /* no grace */
    h.grace_until_ms = 4000;
    assert_true(hold_in_grace(&h, 3000));
    assert_true(hold_in_grace(&h, 3999));
    assert_false(hold_in_grace(&h, 4000));
    assert_false(hold_waived(&h));
    h.waived_by = STR("bob");
    assert_true(hold_waived(&h));
    assert_true(hold_in_grace(&h, 3999)); /* for expiry it still runs */
    h.released_ms = TIME_NONE;
    assert_false(hold_waived(&h));
}

static void a_grace_does_not_run_while_in_force(void **state UNUSED)
{
    struct hold h = {.released_ms = TIME_NONE, .grace_until_ms = 4000};
    assert_false(hold_in_grace(&h, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_leg_is_enough),
        cmocka_unit_test(a_filter_hold_looks_at_every_leg),
        cmocka_unit_test(a_hold_by_ids_stands_elsewhere),
        cmocka_unit_test(a_hold_is_in_force_until_released),
        cmocka_unit_test(a_grace_does_not_run_while_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
