#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/report.h"

static const struct column COLUMNS[] = {
    {"name", "Name", CELL_TEXT}, {"n", "N", CELL_NUMBER}, {"at", "At", CELL_TIME}, {"late", "Late", CELL_YES}};
static struct cell cells[] = {
    {{NULL, 0}, 0}, {{NULL, 0}, -5}, {{NULL, 0}, TIME_NONE}, {{NULL, 0}, 0},
    {{"=1+1,\"<b>\"", 10}, 0}, {{NULL, 0}, 7}, {{NULL, 0}, 0}, {{NULL, 0}, 1}};
static const struct report REPORT = {.name = "sample", .title = "Sample", .explains = "For a test.", .columns = COLUMNS, .columns_n = 4,
                                     .cells = cells, .rows_n = 2, .at_ms = 0, .policy_version = {"abc", 3}};

static void test_escaped_and_whole(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    report_html(&REPORT, &b);
    assert_false(b.failed);
    assert_non_null(strstr(b.p, "<h1>Sample</h1>"));
    assert_non_null(strstr(b.p, "=1+1,&quot;&lt;b&gt;&quot;"));
    assert_null(strstr(b.p, "<b>"));
    assert_null(strstr(b.p, "<script"));
    assert_null(strstr(b.p, "http"));
    assert_non_null(strstr(b.p, "<td class=t>1970-01-01 00:00 UTC</td>"));
    assert_non_null(strstr(b.p, "</html>"));
}

static void test_empty(void **state)
{
    (void)state;
    struct report none = REPORT;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    none.rows_n = 0;
    report_html(&none, &b);
    assert_non_null(strstr(b.p, "Nothing."));
    assert_null(strstr(b.p, "<table>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_escaped_and_whole), cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
