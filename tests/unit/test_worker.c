/* Leases, and who has died. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "base/file.h"

enum { YOUNG = 30 };

static void claim_of_a_dead_process_is_free_at_once(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key dead, alive;
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    struct chain c = centre_chain(w, "c-1");
    struct claim claim;
    enum status result;
    struct str boot;
    WORLD_OK(w, file_read("/proc/sys/kernel/random/boot_id", 256, &w->a, &boot, &w->err));
    struct str id = str_trim(boot);
    WORLD_OK(w, registry_worker_start(w->e->registry, &dead, WORLD_NOW_MS, 180000, arena_fmt(&w->a, "%.*s/1/1", STR_ARG(id)), &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &dead, &c, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    assert_int_equal(result, OK);
    WORLD_OK(w, worker_begin(w->e, &alive, &w->err)); /* buries process 1 with a start time it does not have */
    WORLD_OK(w, registry_claim(w->e->registry, &alive, &c, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    assert_int_equal(result, OK);
    WORLD_OK(w, worker_keep(w->e, &alive, &w->err));
    assert_int_equal(worker_keep(w->e, &dead, &w->err), E_CONFLICT);
    worker_end(w->e, &alive);
}

static void live_process_keeps_its_claim(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key first, second;
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    struct chain c = centre_chain(w, "c-1"), other = c;
    struct claim claim;
    enum status result;
    WORLD_OK(w, worker_begin(w->e, &first, &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &first, &c, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    WORLD_OK(w, worker_begin(w->e, &second, &w->err));
    other = centre_chain(w, "c-1");
    WORLD_OK(w, registry_claim(w->e->registry, &second, &other, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    assert_int_equal(result, E_CONFLICT);
    struct tally t = {.dry_run = false};
    struct order_options o = {.note = STR("x")};
    t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.busy, 1);
    assert_int_equal(tally_exit(&t, true), 1);
    worker_end(w->e, &first);
    worker_end(w->e, &second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claim_of_a_dead_process_is_free_at_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(live_process_keeps_its_claim, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
