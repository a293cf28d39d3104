/* Parameters byte by byte, as PostgreSQL's array_recv and its kin read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "registry/postgresql.h"

static void is(const struct params *p, int i, struct str expected)
{
    assert_true(i < p->n);
    assert_true(str_eq(buf_view(&p->bytes[i]), expected));
}

static void test_numbers_and_bytes(void **state)
{
    (void)state;
    struct params p;
    params_init(&p);
    param_int(&p, -2);
    param_bytes(&p, STR("a\0b"));
    param_bytes(&p, STR_NONE);
    param_bytes(&p, STR(""));
    assert_int_equal(params_check(&p, NULL), OK);
    is(&p, 0, STR("\xff\xff\xff\xff\xff\xff\xff\xfe"));
    is(&p, 1, STR("a\0b"));
    assert_true(p.null[2]);
    assert_false(p.null[3]); /* empty is not absent */
    params_release(&p);
    assert_int_equal(p.n, 0);
}

static void test_arrays(void **state)
{
    (void)state;
    struct params p;
    params_init(&p);
    param_array(&p, true, 3);
    param_item_bytes(&p, STR("xyz"));
    param_item_null(&p);
    param_item_bytes(&p, STR(""));
    param_array(&p, false, 1);
    param_item_int(&p, 258);
    param_array(&p, true, 0);
    assert_int_equal(params_check(&p, NULL), OK);
    is(&p, 0, STR("\0\0\0\1\0\0\0\1\0\0\0\x11\0\0\0\3\0\0\0\1\0\0\0\3xyz\xff\xff\xff\xff\0\0\0\0"));
    is(&p, 1, STR("\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\1\0\0\0\1\0\0\0\x08\0\0\0\0\0\0\1\2"));
    is(&p, 2, STR("\0\0\0\0\0\0\0\1\0\0\0\x11"));
    params_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers_and_bytes), cmocka_unit_test(test_arrays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
