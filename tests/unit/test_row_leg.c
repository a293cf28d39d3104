#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/backend.h"
#include "registry/row_leg.h"

static const struct row_key chain = {{5}};

static struct leg trip(const struct leg *in, struct arena *a, bool *bad)
{
    struct buf b;
    struct leg out;
    struct str body;
    buf_init(&b, BODY_BYTES_MAX);
    leg_pack(&b, in, &chain);
    assert_int_equal(body_take(&b, "leg", a, &body, NULL), OK);
    assert_int_equal(leg_unpack(body, &chain, a, &out, bad, NULL), OK);
    return out;
}

static void test_versions_of_facts(void **state)
{
    (void)state;
    struct leg in = {.key = chain, .newest_ms = 1000};
    struct arena a;
    bool bad;
    arena_init(&a, 1 << 20);
    for (size_t f = 0; f < FACT_COUNT; f++)
        in.fact_version_ms[f] = -1;
    in.fact_version_ms[FACT_QUEUE] = 1000;
    in.fact_version_ms[FACT_AGENT] = 0; /* unversioned */
    in.fact_version_ms[FACT_DIVISION] = 999;
    in.fact_version_ms[FACT_ENDED] = TIME_NONE;
    struct leg out = trip(&in, &a, &bad);
    assert_false(bad);
    assert_memory_equal(out.fact_version_ms, in.fact_version_ms, sizeof(in.fact_version_ms));
    for (size_t f = 0; f < FACT_COUNT; f++)
        in.fact_version_ms[f] = in.newest_ms = -1;
    out = trip(&in, &a, &bad);
    assert_memory_equal(out.fact_version_ms, in.fact_version_ms, sizeof(in.fact_version_ms));
    assert_true(row_key_eq(&out.key, &chain));
    arena_release(&a);
}

static void test_lists(void **state)
{
    (void)state;
    struct attribute attributes[] = {{STR("name"), STR("value")}, {STR("empty"), STR("")}, {STR("none"), STR_NONE}};
    struct locator locators[] = {{KIND_RECORDING, STR("bucket"), STR("a/b.wav")}, {KIND_NONE, STR("x"), STR_NONE}};
    struct str related[] = {STR("r1"), STR("r2")};
    struct row_key subjects[] = {{{1}}, {{2}}};
    struct leg in = {.key = {{6}}, .attributes = attributes, .attributes_n = 3, .locators = locators,
                     .locators_n = 2, .related = related, .related_n = 2, .subjects = subjects, .subjects_n = 2};
    struct arena a;
    bool bad;
    arena_init(&a, 1 << 20);
    struct leg out = trip(&in, &a, &bad);
    assert_false(bad);
    assert_true(row_key_eq(&out.key, &in.key));
    assert_int_equal(out.attributes_n, 3);
    assert_true(str_is(out.attributes[0].value, "value"));
    assert_non_null(out.attributes[1].value.p);
    assert_null(out.attributes[2].value.p);
    assert_int_equal(out.locators_n, 2);
    assert_int_equal(out.locators[0].kind, KIND_RECORDING);
    assert_true(str_is(out.locators[0].path, "a/b.wav"));
    assert_null(out.locators[1].path.p);
    assert_int_equal(out.related_n, 2);
    assert_true(str_is(out.related[1], "r2"));
    assert_int_equal(out.subjects_n, 2);
    assert_memory_equal(out.subjects, subjects, sizeof(subjects));
    arena_release(&a);
}

static void test_damage(void **state)
{
    (void)state;
    struct arena a;
    struct leg out;
    struct buf b, item;
    bool bad;
    arena_init(&a, 1 << 20);
    assert_int_equal(leg_unpack(STR("\x03\x7f"), &chain, &a, &out, &bad, NULL), OK);
    assert_true(bad);
    buf_init(&b, 4096);
    buf_init(&item, 4096);
    pack_int(&item, 1, KIND_COUNT); /* a locator of no kind */
    pack_buf(&b, 67, &item);
    assert_int_equal(leg_unpack(buf_view(&b), &chain, &a, &out, &bad, NULL), OK);
    assert_true(bad);
    buf_release(&item);
    buf_release(&b);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_of_facts), cmocka_unit_test(test_lists), cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
