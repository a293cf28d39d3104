/* A changed guard, delay or store is in the log once, and names itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/config_seen.h"
#include "tests/lib/centre.h"

static struct str last_body(struct world *w)
{
    size_t n;
    struct entry *entries = world_entries(w, &n);
    return entries[n - 1].body;
}

static void each_change_is_told_once(void **state)
{
    struct world *w = *state;
    WORLD_OK(w, config_seen(w->e, &w->err));
    assert_int_equal(centre_count(w, "CONFIG_CHANGED"), 1);
    assert_true(str_contains(last_body(w), "\"previous\":null"));
    WORLD_OK(w, config_seen(w->e, &w->err));
    assert_int_equal(centre_count(w, "CONFIG_CHANGED"), 1);
    w->e->config.guard_floor++;
    w->e->config.approval_delay = (struct period){.days = 3, .set = true};
    WORLD_OK(w, config_seen(w->e, &w->err));
    WORLD_OK(w, config_seen(w->e, &w->err));
    assert_int_equal(centre_count(w, "CONFIG_CHANGED"), 2);
    assert_true(str_contains(last_body(w), "\"approval.delay\",\"guard.floor\""));
    assert_false(str_contains(last_body(w), "guard.times"));
    w->e->config.stores_n = 0;
    WORLD_OK(w, config_seen(w->e, &w->err));
    assert_true(str_contains(last_body(w), "[\"stores\"]"));
    assert_int_equal(centre_count(w, "CONFIG_CHANGED"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_change_is_told_once, world_begin, world_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
