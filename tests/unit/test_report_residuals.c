#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/report.h"
#include "tests/lib/centre.h"

static struct report make(struct world *w)
{
    struct report r;
    WORLD_OK(w, report_make(w->e, REPORT_RESIDUALS, true, &w->a, &r, &w->err));
    return r;
}

static void test_backups(void **state)
{
    struct world *w = *state;
    world_edit(w, "expunge.yaml", "# backup_age: P35D", "backup_age: P35D");
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "c-2" : "c-1";
        centre_ingest(w, centre_record(w, id, NULL, 900 + i, NULL, NULL));
        centre_files(w, id, 900 + i);
    }
    assert_int_equal(make(w).rows_n, 0);
    centre_purge(w, false);
    struct report r = make(w);
    assert_int_equal(r.rows_n, 2); /* recordings and transcripts, added up over the contacts */
    for (size_t i = 0; i < r.rows_n; i++) {
        const struct cell *row = &r.cells[i * r.columns_n];
        assert_true(str_is(row[0].text, "artefacts") && str_is(row[2].text, "backup") && row[3].number == 2);
        assert_true(row[4].number == WORLD_NOW_MS + 35 * DAY_MS && row[5].number == row[4].number && row[6].number == 0);
    }
    world_reopen(w, WORLD_NOW_MS + 36 * DAY_MS, 0);
    assert_int_equal(make(w).rows_n, 0); /* aged out */
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_backups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
