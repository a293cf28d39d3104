/* test_csv_columns.c - which column of a CSV file means what. */
#include "intake/csv_columns.h"

#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static enum status bind(struct reading *r, const char *yaml, struct str *headers, size_t n, struct csv_columns *out)
{
    reading_init(r, &intake_csv_contacts, yaml);
    return csv_columns_bind(option_of(&r->options, "columns")->node, headers, n, &r->arena, out, &r->err);
}

static void test_bind(void **state UNUSED)
{
    struct reading r;
    struct csv_columns c;
    struct str headers[] = {STR("begin"), STR("call id"), STR("reason")};
    assert_int_equal(bind(&r, "columns: {started: begin, ended: begin, id: call id}", headers, 3, &c), OK);
    assert_int_equal(c.bindings_n, 3);
    assert_string_equal(c.bindings[0].role->name, "id"); /* first, whatever the configuration's order */
    assert_int_equal(c.bindings[0].column, 1);
    assert_string_equal(c.bindings[1].role->name, "started");
    assert_int_equal(c.bindings[1].column, 0);
    assert_string_equal(c.bindings[2].role->name, "ended");
    assert_int_equal(c.bindings[2].column, 0);
    assert_true(c.mapped[0]);
    assert_true(c.mapped[1]);
    assert_false(c.mapped[2]);
    reading_release(&r);
}

static void test_missing_columns_come_in_one_error(void **state UNUSED)
{
    struct reading r;
    struct csv_columns c;
    struct str headers[] = {STR("Begin"), STR("x")};
    assert_int_equal(bind(&r, "columns: {id: call_id, started: begin, phone: x}", headers, 2, &c), E_INVALID);
    assert_string_equal(r.err.text, "not a format this program knows: the header lacks the configured columns "
                                    "'call_id' (id), 'begin' (started)");
    reading_release(&r);
}

static void test_ambiguous_column(void **state UNUSED)
{
    struct reading r;
    struct csv_columns c;
    struct str headers[] = {STR("id"), STR("x"), STR("id")};
    assert_int_equal(bind(&r, "columns: {id: id}", headers, 3, &c), E_INVALID);
    assert_string_equal(r.err.text, "the header has the column 'id' 2 times");
    reading_release(&r);
}

static void test_check(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_csv_contacts;
    assert_string_equal(reading_problems(&r, f, "columns: {id: a, customer_id: b, contract_end: c}"), "");
    assert_non_null(strstr(reading_problems(&r, f, "columns: {started: b}"), "'id' is missing"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: a, fax: b}"), "'fax' is nothing that a column"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: {id: ''}"), "name the column"));
    assert_non_null(strstr(reading_problems(&r, f, "columns: [id]"), "source.yaml:1:"));
    assert_non_null(strstr(reading_problems(&r, f, "separator: ;"), "'columns' is missing"));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_missing_columns_come_in_one_error),
        cmocka_unit_test(test_ambiguous_column),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
