#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/report.h"
#include "tests/lib/centre.h"

static struct report make(struct world *w, enum report_kind kind)
{
    struct report r;
    WORLD_OK(w, report_make(w->e, kind, true, &w->a, &r, &w->err));
    return r;
}

static void test_overdue(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "late", NULL, 2 * 366 + 40, NULL, NULL));
    centre_ingest(w, centre_record(w, "due", NULL, 2 * 366 + 10, NULL, NULL)); /* still within P30D */
    centre_ingest(w, centre_record(w, "held", NULL, 2 * 366 + 40, NULL, NULL));
    centre_hold(w, "CASE-7", "held");
    struct report r = make(w, REPORT_OVERDUE);
    assert_int_equal(r.rows_n, 1);
    assert_true(str_is(r.cells[1].text, "late") && r.cells[4].number < WORLD_NOW_MS && str_is(r.cells[5].text, "EXPIRY_DUE"));
}

static void test_overdue_of_several_categories(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, "chat_transient", NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 899, NULL, NULL));
    struct report r = make(w, REPORT_OVERDUE);
    assert_int_equal(r.rows_n, 1);
    assert_true(str_is(r.cells[2].text, "several"));
}

static void test_targets(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    assert_int_equal(make(w, REPORT_TARGETS).rows_n, 0);
    struct chain c = centre_chain(w, "c-1");
    c.mandate = (struct mandate){.reason = REASON_OPERATOR, .actor = STR("a"), .accepted_ms = WORLD_NOW_MS, .deadline_ms = TIME_NONE};
    chain_place(&c, NULL, 0, &w->e->policy, WORLD_NOW_MS);
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_chain_row(&c, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    struct report r = make(w, REPORT_TARGETS);
    assert_int_equal(r.rows_n, 1);
    assert_true(str_is(r.cells[1].text, "c-1") && str_is(r.cells[2].text, "OPERATOR"));
    assert_true(r.cells[5].number == WORLD_NOW_MS + DAY_MS && r.cells[6].number == 0);
    world_reopen(w, WORLD_NOW_MS + DAY_MS + 1, 0);
    assert_int_equal(make(w, REPORT_TARGETS).cells[6].number, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_overdue), IN_WORLD(test_overdue_of_several_categories), IN_WORLD(test_targets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
