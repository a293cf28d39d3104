#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/policies.h"
#include "tests/lib/centre.h"

static struct policy_difference difference(struct world *w, const char *from, const char *to)
{
    struct policy_difference d;
    world_edit(w, "expunge.yaml", from, to);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    WORLD_OK(w, policy_difference(w->e, &w->a, &d, &w->err));
    world_edit(w, "expunge.yaml", to, from);
    return d;
}

static void test_none(void **state)
{
    struct world *w = *state;
    struct policy_difference d;
    WORLD_OK(w, policy_difference(w->e, &w->a, &d, &w->err));
    assert_true(d.changes_n == 0 && !d.second_person && !d.rewrites && !d.classification_changed);
}

static void test_longer_and_shorter(void **state)
{
    struct world *w = *state;
    struct policy_difference d = difference(w, "erase_after: P90D", "erase_after: P91D");
    assert_true(d.changes_n == 1 && d.changes[0].longer && !d.second_person && !d.rewrites);
    d = difference(w, "erase_after: P90D", "erase_after: P89D");
    assert_true(d.changes_n == 1 && d.changes[0].shorter && d.second_person);
    d = difference(w, "keep: P5Y", "keep: P4Y");
    assert_true(d.second_person && d.changes[0].keep_shorter);
}

static void test_law(void **state)
{
    struct world *w = *state;
    struct policy_difference d = difference(w, "resists: [gdpr, uk-gdpr]\n      confirmed: null", "resists: [gdpr, uk-gdpr]\n      confirmed: {by: Ann, on: 2026-01-31}");
    assert_true(d.changes_n == 1 && d.changes[0].law_changed && !d.second_person); /* a confirmation only protects */
    d = difference(w, "resists: [gdpr, uk-gdpr]", "resists: [gdpr]");
    assert_true(d.second_person);
}

static void test_rewrites(void **state)
{
    struct world *w = *state;
    struct policy_difference d = difference(w, "#  - {when: \"queue:'Payments *'\"", "  - {when: \"queue:'Payments *'\"");
    assert_true(d.classification_changed && d.rewrites && !d.second_person);
    d = difference(w, "    from: case_closed\n", "    from: contract_end\n");
    assert_true(d.rewrites && d.second_person && d.changes[0].start_changed);
}

static void test_stored(void **state)
{
    struct world *w = *state;
    struct policy p;
    struct policy_version *list;
    size_t n;
    WORLD_OK(w, policy_stored(w->e, STR_NONE, &w->a, &p, &w->err));
    assert_true(str_eq(p.version, w->e->policy.version) && p.categories_n == 6);
    assert_int_equal(policy_stored(w->e, STR("0000000000000000"), &w->a, &p, &w->err), E_ABSENT);
    WORLD_OK(w, policy_versions(w->e, &w->a, &list, &n, &w->err));
    assert_true(n == 1 && list[0].in_force && list[0].in_file && !list[0].pending);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_none), IN_WORLD(test_longer_and_shorter), IN_WORLD(test_law), IN_WORLD(test_rewrites),
                                       IN_WORLD(test_stored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
