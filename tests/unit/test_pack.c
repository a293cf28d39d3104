/* test_pack.c - rows there and back, and rows that are none. */
#include "base/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>


static void what_is_written_is_read(void **state)
{
    (void)state;
    static const int64_t ints[] = {1, -1, 63, -64, 64, 1764000000000, INT64_MAX, INT64_MIN};
    struct buf b, inner;
    buf_init(&b, 1000);
    buf_init(&inner, 100);
    pack_int(&inner, 1, 5);
    for (size_t i = 0; i < ARRAY_LEN(ints); i++)
        pack_int(&b, 3, ints[i]);
    pack_str(&b, 4, STR("text"));
    pack_str(&b, 5, STR(""));
    pack_bytes(&b, 2000, "\0\xff", 2);
    pack_buf(&b, 2047, &inner);
    assert_int_equal(buf_check(&b, NULL), OK);

    struct unpack u;
    unpack_init(&u, buf_view(&b));
    for (size_t i = 0; i < ARRAY_LEN(ints); i++) {
        assert_true(unpack_next(&u));
        assert_int_equal(u.number, 3);
        assert_false(u.is_bytes);
        assert_true(u.i == ints[i]);
    }
    assert_true(unpack_next(&u));
    assert_int_equal(u.number, 4);
    assert_true(u.is_bytes && str_is(u.s, "text"));
    assert_true(unpack_next(&u));
    assert_int_equal(u.number, 5);
    assert_true(u.is_bytes && u.s.n == 0 && u.s.p != NULL);
    assert_true(unpack_next(&u));
    assert_int_equal(u.number, 2000);
    assert_true(str_eq(u.s, STR("\0\xff")));
    assert_true(unpack_next(&u));
    assert_int_equal(u.number, 2047);
    struct unpack nested;
    unpack_init(&nested, u.s);
    assert_true(unpack_next(&nested));
    assert_int_equal(nested.i, 5);
    assert_false(unpack_next(&nested));
    assert_false(nested.bad);
    assert_false(unpack_next(&u));
    assert_false(u.bad);
    buf_release(&b);
    buf_release(&inner);
}

static void the_bytes_are_stated(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    pack_int(&b, 1, -1);
    pack_int(&b, 2, 300);
    pack_str(&b, 100, STR("ab"));
    assert_true(str_eq(buf_view(&b), STR("\x02\x01\x04\xd8\x04\xc9\x01\x02" "ab")));
    buf_release(&b);
}

static void zero_and_absent_leave_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    pack_int(&b, 1, 0);
    pack_str(&b, 2, STR_NONE);
    pack_bytes(&b, 3, NULL, 0);
    assert_int_equal(b.n, 0);
    struct unpack u;
    unpack_init(&u, buf_view(&b));
    assert_false(unpack_next(&u));
    unpack_init(&u, STR_NONE);
    assert_false(unpack_next(&u));
    assert_false(u.bad);
    buf_release(&b);
}

static void a_cut_nested_record_fails_the_outer(void **state)
{
    (void)state;
    struct buf b, inner;
    buf_init(&b, 100);
    buf_init(&inner, 2);
    pack_str(&inner, 1, STR("too long"));
    pack_buf(&b, 1, &inner);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_release(&b);
    buf_release(&inner);
}

static void malformed_rows_are_bad(void **state)
{
    (void)state;
    const struct str rows[] = {
        STR("\x02"),                                             /* no value */
        STR("\x82"),                                             /* key cut */
        STR("\x02\x80"),                                         /* value cut */
        STR("\x03\x05" "ab"),                                    /* longer than the row */
        STR("\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" "a"), /* longer than memory */
        STR("\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),     /* more than 64 bits */
        STR("\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* eleven bytes */
        STR("\x00\x02"),                                         /* number 0 */
        STR("\x80\x20\x02"),                                     /* number 2048 */
        STR("\x04\x02\x02\x02"),                                 /* 2 before 1 */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unpack u;
        unpack_init(&u, rows[i]);
        while (unpack_next(&u))
            continue;
        assert_true(u.bad);
        assert_false(unpack_next(&u)); /* and stays so */
    }
}

/* Every cut of a good row is either bad or ends exactly between two fields. */
static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    size_t boundary[4] = {0};
    pack_int(&b, 1, 123456789);
    boundary[1] = b.n;
    pack_str(&b, 200, STR("some text"));
    boundary[2] = b.n;
    pack_int(&b, 300, -5);
    boundary[3] = b.n;
    for (size_t n = 0; n <= b.n; n++) {
        struct unpack u;
        unpack_init(&u, (struct str){b.p, n});
        while (unpack_next(&u))
            continue;
        bool whole = n == boundary[0] || n == boundary[1] || n == boundary[2] || n == boundary[3];
        assert_int_equal(u.bad, !whole);
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_bytes_are_stated),
        cmocka_unit_test(zero_and_absent_leave_nothing),
        cmocka_unit_test(a_cut_nested_record_fails_the_outer),
        cmocka_unit_test(malformed_rows_are_bad),
        cmocka_unit_test(every_cut_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
