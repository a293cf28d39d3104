#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/housekeeping.h"
#include "engine/runs.h"
#include "tests/lib/centre.h"

static struct housekeeping keep_house(struct world *w)
{
    struct housekeeping h;
    WORLD_OK(w, housekeeping_run(w->e, &w->a, &h, &w->err));
    return h;
}

static void test_old_runs_go_with_their_plans(void **state)
{
    struct world *w = *state;
    struct run_record r;
    struct str body;
    uint64_t version;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    struct str chunk = arena_fmt(&w->a, "%.*s/00000000", STR_ARG(r.id));
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_PLAN, chunk, STR("lines"), 0, NULL, &w->err));
    assert_int_equal(keep_house(w).runs, 0);
    world_reopen(w, WORLD_NOW_MS + 366 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w).runs, 1);
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_PLAN, chunk, &w->a, &body, &version, &w->err));
    assert_int_equal(version, 0);
    assert_int_equal(run_get(w->e, r.id, &w->a, &r, &w->err), E_ABSENT);
    assert_int_equal(keep_house(w).runs, 0);
}

static void test_quarantine(void **state)
{
    struct world *w = *state;
    centre_ingest(w, "{\"x\":1}\n");
    assert_int_equal(keep_house(w).quarantined, 0);
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w).quarantined, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_old_runs_go_with_their_plans), IN_WORLD(test_quarantine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
