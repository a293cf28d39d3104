#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/policies.h"
#include "tests/lib/centre.h"

static struct policy_impact impact(struct world *w, const char *from, const char *to)
{
    struct policy_difference d;
    struct policy_impact m;
    world_edit(w, "expunge.yaml", from, to);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    WORLD_OK(w, policy_difference(w->e, &w->a, &d, &w->err));
    WORLD_OK(w, policy_impact(w->e, &d, &w->a, &m, &w->err));
    world_edit(w, "expunge.yaml", to, from);
    return m;
}

static void register_some(struct world *w)
{
    centre_ingest(w, centre_record(w, "new", NULL, 10, "chat_transient", NULL));
    centre_ingest(w, centre_record(w, "edge", NULL, 80, "chat_transient", NULL));
    centre_ingest(w, centre_record(w, "past", NULL, 100, "chat_transient", NULL));
    centre_ingest(w, centre_record(w, "other", NULL, 80, NULL, NULL));
}

static void test_shorter(void **state)
{
    struct world *w = *state;
    register_some(w);
    struct policy_impact m = impact(w, "erase_after: P90D", "erase_after: P60D");
    assert_true(m.earlier == 2 && m.due_now == 1 && m.later == 0 && m.no_longer_due == 0); /* `past` is due anyhow */
}

static void test_longer(void **state)
{
    struct world *w = *state;
    register_some(w);
    struct policy_impact m = impact(w, "erase_after: P90D", "erase_after: P120D");
    assert_true(m.earlier == 0 && m.due_now == 0 && m.later == 3 && m.no_longer_due == 1);
}

static void test_classification(void **state)
{
    struct world *w = *state;
    register_some(w);
    struct policy_impact m = impact(w, "#  - {when: \"channel:chat\", category: chat_transient}", "  - {when: \"channel:voice\", category: chat_transient}");
    assert_true(m.reclassified == 1); /* `other`: the rest is classified so already */
    assert_true(m.earlier == 1 && m.later == 0 && m.due_now == 0);
}

static void test_nothing(void **state)
{
    struct world *w = *state;
    register_some(w);
    struct policy_impact m = impact(w, "erase_after: P90D", "erase_after:  P90D");
    assert_true(m.earlier == 0 && m.later == 0 && m.categories_n == 6);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_shorter), IN_WORLD(test_longer), IN_WORLD(test_classification), IN_WORLD(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
