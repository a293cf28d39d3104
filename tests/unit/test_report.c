#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/report.h"
#include "tests/lib/centre.h"

static struct report make(struct world *w, enum report_kind kind, bool see)
{
    struct report r;
    WORLD_OK(w, report_make(w->e, kind, see, &w->a, &r, &w->err));
    return r;
}

static const struct cell *cell_of(const struct report *r, size_t row, const char *key)
{
    for (size_t i = 0; i < r->columns_n; i++)
        if (strcmp(r->columns[i].key, key) == 0)
            return &r->cells[row * r->columns_n + i];
    fail_msg("no column %s", key);
    return NULL;
}

static void test_names(void **state)
{
    (void)state;
    enum report_kind kind;
    assert_true(report_kind_parse(STR("residuals"), &kind) && kind == REPORT_RESIDUALS);
    assert_false(report_kind_parse(STR("everything"), &kind));
}

static void test_holds(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct report r = make(w, REPORT_HOLDS, true);
    assert_int_equal(r.rows_n, 1);
    assert_true(str_is(cell_of(&r, 0, "matter")->text, "CASE-7") && cell_of(&r, 0, "contacts")->number == 1);
    assert_int_equal(cell_of(&r, 0, "review_overdue")->number, 0);
    r = make(w, REPORT_HOLDS, false);
    assert_true(str_is(cell_of(&r, 0, "matter")->text, "legal hold"));
    assert_null(cell_of(&r, 0, "reason")->text.p);
    world_reopen(w, WORLD_NOW_MS + 400 * DAY_MS, 0);
    r = make(w, REPORT_HOLDS, true);
    assert_true(cell_of(&r, 0, "over_a_year")->number && cell_of(&r, 0, "review_overdue")->number);
}

static void test_retention(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    struct report r = make(w, REPORT_RETENTION, true);
    assert_int_equal(r.rows_n, 6);
    size_t bank = 0, support = 0;
    for (size_t i = 0; i < r.rows_n; i++) {
        bank = str_is(cell_of(&r, i, "category")->text, "financial_services") ? i : bank;
        support = str_is(cell_of(&r, i, "category")->text, "standard_support") ? i : support;
    }
    assert_true(str_is(cell_of(&r, bank, "keep")->text, "P5Y") && str_is(cell_of(&r, bank, "resists")->text, "gdpr, uk-gdpr"));
    assert_true(str_is(cell_of(&r, bank, "confirmed")->text, "no") && str_contains(cell_of(&r, bank, "caution")->text, "nobody has confirmed"));
    assert_int_equal(cell_of(&r, support, "contacts")->number, 1);
    assert_int_equal(cell_of(&r, bank, "contacts")->number, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), IN_WORLD(test_holds), IN_WORLD(test_retention)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
