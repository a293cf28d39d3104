#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_lease(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key worker, unknown = {{1}};
    struct registry_worker *workers;
    size_t n;
    assert_int_equal(registry_worker_start(f->r, &worker, 1000, 5000, STR("pid 7"), NULL), OK);
    assert_false(row_key_is_none(&worker));
    assert_int_equal(registry_worker_renew(f->r, &worker, 4000, 5000, NULL), OK);
    assert_int_equal(registry_workers(f->r, &f->a, &workers, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_int_equal(workers[0].lease_until_ms, 9000);
    const struct row_key both[] = {unknown, worker};
    bool alive[2];
    assert_int_equal(registry_workers_alive(f->r, both, 2, 9000 + WORKER_DEAD_AFTER_MS, &f->a, alive, NULL), OK);
    assert_true(!alive[0] && alive[1]);
    assert_int_equal(registry_workers_alive(f->r, both, 2, 9001 + WORKER_DEAD_AFTER_MS, &f->a, alive, NULL), OK);
    assert_false(alive[0] || alive[1]);
    assert_true(str_is(workers[0].what, "pid 7") && row_key_eq(&workers[0].key, &worker));
    /* Late, but within the minute. */
    assert_int_equal(registry_worker_renew(f->r, &worker, 9000 + WORKER_DEAD_AFTER_MS, 5000, NULL), OK);
    struct err err = {0};
    int64_t over = 9000 + WORKER_DEAD_AFTER_MS + 5000 + WORKER_DEAD_AFTER_MS + 1;
    assert_int_equal(registry_worker_renew(f->r, &worker, over, 5000, &err), E_CONFLICT);
    assert_non_null(strstr(err.text, "taken for dead"));
    assert_int_equal(registry_worker_renew(f->r, &unknown, 0, 5000, NULL), E_CONFLICT);
    assert_int_equal(registry_worker_stop(f->r, &worker, NULL), OK);
    assert_int_equal(registry_worker_stop(f->r, &worker, NULL), OK);
    assert_int_equal(registry_worker_renew(f->r, &worker, 9000, 5000, NULL), E_CONFLICT);
}

static void test_bury(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key worker;
    struct worker_state s, late;
    assert_int_equal(registry_worker_start(f->r, &worker, 0, 1000, STR("w"), NULL), OK);
    assert_int_equal(worker_states(f->r, &worker, 1, 1000 + WORKER_DEAD_AFTER_MS, &f->a, &s, NULL), OK);
    assert_true(s.alive);
    assert_int_equal(worker_states(f->r, &worker, 1, 1001 + WORKER_DEAD_AFTER_MS, &f->a, &s, NULL), OK);
    assert_false(s.alive);
    late = s;
    assert_int_equal(registry_worker_renew(f->r, &worker, 500, 1000, NULL), OK); /* by a clock that runs behind */
    assert_int_equal(worker_bury(f->r, &late, NULL), OK);
    assert_true(late.alive);
    assert_int_equal(worker_states(f->r, &worker, 1, 1 << 20, &f->a, &s, NULL), OK);
    assert_int_equal(worker_bury(f->r, &s, NULL), OK);
    assert_false(s.alive);
    assert_int_equal(registry_worker_renew(f->r, &worker, 600, 1000, NULL), E_CONFLICT);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_lease),
        ON_MEMORY(test_bury),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
