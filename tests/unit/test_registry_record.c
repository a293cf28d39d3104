#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_records(void **state)
{
    struct registry_fixture *f = *state;
    struct str body;
    uint64_t version;
    struct row *rows;
    size_t n;
    assert_int_equal(registry_record_get(f->r, TABLE_RUN, STR("r1"), &f->a, &body, &version, NULL), OK);
    assert_int_equal(version, 0);
    assert_null(body.p);
    assert_int_equal(registry_record_put(f->r, TABLE_RUN, STR("r1"), STR(""), 0, NULL, NULL), OK);
    assert_int_equal(registry_record_get(f->r, TABLE_RUN, STR("r1"), &f->a, &body, &version, NULL), OK);
    assert_int_equal(version, 1);
    assert_non_null(body.p); /* empty, not absent */
    assert_int_equal(registry_record_put(f->r, TABLE_RUN, STR("r1"), STR("b"), 3, NULL, NULL), E_CONFLICT);
    assert_int_equal(registry_record_put(f->r, TABLE_RUN, STR("r2"), STR("c"), VERSION_ANY, NULL, NULL), OK);
    assert_int_equal(registry_record_page(f->r, TABLE_RUN, STR("r"), STR_NONE, 9, &f->a, &rows, &n, NULL), OK);
    assert_int_equal(n, 2);
    assert_true(str_is(rows[1].body, "c"));
    assert_int_equal(registry_record_remove(f->r, TABLE_RUN, STR("r1"), 2, NULL), E_CONFLICT);
    assert_int_equal(registry_record_remove(f->r, TABLE_RUN, STR("r1"), 1, NULL), OK);
    assert_int_equal(registry_record_page(f->r, TABLE_RUN, STR("r"), STR_NONE, 9, &f->a, &rows, &n, NULL), OK);
    assert_int_equal(n, 1);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
