#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static struct hold sample(unsigned char id, enum hold_scope scope)
{
    static struct row_key subjects[2] = {{{1}}, {{2}}};
    return (struct hold){.key = {{id}}, .matter = {{9}}, .matter_text = STR("Smith v Acme"),
        .reason = STR("litigation"),
        .by = STR("os:ann@host"), .by_claim = STR("Ann"), .scope = scope, .subjects = subjects, .subjects_n = 2,
        .filter_text = STR("queue:Billing"), .applied_ms = 1, .review_ms = 2, .released_ms = TIME_NONE,
        .grace_until_ms = 4, .released_by = STR("bob"), .covered = 12, .system = true,
        .waived_ms = 5, .waived_by = STR("eve")};
}

static void test_round_trip(void **state)
{
    struct registry_fixture *f = *state;
    struct hold h = sample(1, HOLD_FILTER), *out;
    struct entry e = fixture_entry("HOLD_APPLIED");
    uint64_t first, epoch, size;
    size_t n;
    assert_int_equal(registry_epoch(f->r, &first, NULL), OK);
    assert_int_equal(registry_hold_put(f->r, &h, &e, &f->a, NULL), OK);
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), OK);
    assert_true(epoch > first);
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 1);
    assert_int_equal(registry_holds(f->r, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_true(row_key_eq(&out->key, &h.key) && row_key_eq(&out->matter, &h.matter) && out->version == 1);
    assert_true(str_eq(out->matter_text, h.matter_text) && str_eq(out->reason, h.reason) && str_eq(out->by, h.by));
    assert_true(str_eq(out->by_claim, h.by_claim) && str_eq(out->filter_text, h.filter_text));
    assert_true(str_eq(out->released_by, h.released_by) && out->scope == HOLD_FILTER && out->subjects_n == 2);
    assert_memory_equal(out->subjects, h.subjects, 2 * sizeof(*h.subjects));
    assert_true(out->applied_ms == 1 && out->review_ms == 2 && out->released_ms == TIME_NONE);
    assert_true(out->grace_until_ms == 4 && out->covered == 12 && out->system);
    assert_true(out->waived_ms == 5 && str_is(out->waived_by, "eve"));
}

static void test_update(void **state)
{
    struct registry_fixture *f = *state;
    struct hold h = sample(1, HOLD_SUBJECT), *out;
    size_t n;
    uint64_t first, epoch;
    assert_int_equal(registry_hold_put(f->r, &h, NULL, &f->a, NULL), OK);
    assert_int_equal(registry_epoch(f->r, &first, NULL), OK);
    assert_int_equal(registry_hold_put(f->r, &h, NULL, &f->a, NULL), E_CONFLICT);
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), OK);
    assert_int_equal(epoch, first); /* the refused one moved nothing */
    h.version = 1;
    h.released_ms = 50;
    assert_int_equal(registry_hold_put(f->r, &h, NULL, &f->a, NULL), OK);
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), OK);
    assert_true(epoch > first);
    assert_int_equal(registry_holds(f->r, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_int_equal(out[0].released_ms, 50);
}

static void test_all_scopes(void **state)
{
    struct registry_fixture *f = *state;
    struct hold *out;
    size_t n, standing = 0;
    for (unsigned char i = 1; i <= 9; i++) {
        struct hold h = sample(i, (enum hold_scope)(i % 3));
        assert_int_equal(registry_hold_put(f->r, &h, NULL, &f->a, NULL), OK);
    }
    assert_int_equal(registry_holds(f->r, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 9);
    for (size_t i = 0; i < n; i++)
        standing += out[i].scope != HOLD_IDS;
    assert_int_equal(standing, 6);
    struct row_key third = {{1}};
    assert_int_equal(registry_record_remove(f->r, TABLE_HOLD, key_str(&third), VERSION_ANY, NULL), OK);
    /* A standing hold was lost: no list at all. */
    assert_int_equal(registry_holds(f->r, &f->a, &out, &n, NULL), E_INVALID);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_round_trip),
        ON_MEMORY(test_update),
        ON_MEMORY(test_all_scopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
