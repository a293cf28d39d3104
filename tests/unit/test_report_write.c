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

static void test_json(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b;
    struct json_writer w;
    buf_init(&b, 1 << 16);
    jw_init(&w, &b, 0);
    report_json(&REPORT, &w);
    assert_string_equal(b.p, "{\"report\":\"sample\",\"at\":\"1970-01-01T00:00:00.000Z\",\"policy_version\":\"abc\",\"rows\":["
                             "{\"name\":null,\"n\":-5,\"at\":null,\"late\":false},"
                             "{\"name\":\"=1+1,\\\"<b>\\\"\",\"n\":7,\"at\":\"1970-01-01T00:00:00.000Z\",\"late\":true}],\"more\":false}");
}

static void test_csv(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    report_csv(&REPORT, &b);
    assert_string_equal(b.p, "name,n,at,late\r\n,-5,,\r\n\"'=1+1,\"\"<b>\"\"\",7,1970-01-01T00:00:00.000Z,yes\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_csv)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
