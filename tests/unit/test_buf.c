/* test_buf.c - maxima, growth, encodings. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>


static void text_is_appended_and_terminated(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_true(str_is(buf_view(&b), ""));
    assert_non_null(buf_view(&b).p);
    buf_cstr(&b, "a");
    buf_char(&b, 'b');
    buf_str(&b, STR("cd"));
    buf_str(&b, STR_NONE);
    buf_cstr(&b, NULL);
    buf_add(&b, "e\0f", 3);
    buf_fmt(&b, "%d%s", 7, "g");
    assert_true(str_eq(buf_view(&b), STR("abcde\0f7g")));
    assert_int_equal(b.p[b.n], '\0');
    assert_int_equal(buf_check(&b, NULL), OK);
    buf_release(&b);
    assert_null(b.p);
    buf_release(&b);
    buf_release(NULL);
}

static void growth_keeps_the_content(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 10000; i++)
        buf_fmt(&b, "%05d", i);
    assert_int_equal(buf_check(&b, NULL), OK);
    assert_int_equal(b.n, 50000);
    assert_memory_equal(b.p + 5 * 9876, "09876", 5);
    buf_clear(&b);
    assert_int_equal(buf_view(&b).n, 0);
    buf_cstr(&b, "again");
    assert_string_equal(b.p, "again");
    buf_release(&b);
}

static void the_maximum_is_exact_and_sticks(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_cstr(&b, "12345");
    assert_int_equal(buf_check(&b, NULL), OK);
    buf_char(&b, '6');
    struct err err = {.code = OK};
    assert_int_equal(buf_check(&b, &err), E_LIMIT);
    assert_int_equal(err.code, E_LIMIT);
    assert_non_null(strstr(err.text, "5 bytes"));
    assert_true(str_is(buf_view(&b), "12345"));
    buf_clear(&b);
    buf_cstr(&b, "123456"); /* too long as a whole: nothing of it, and nothing after it */
    buf_cstr(&b, "1");
    assert_int_equal(b.n, 0);
    assert_true(b.failed);
    buf_clear(&b);
    buf_fmt(&b, "%06d", 1);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_clear(&b);
    buf_hex(&b, "abc", 3);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_clear(&b);
    buf_base64(&b, "abcd", 4);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_release(&b);
    buf_init(&b, SIZE_MAX);
    buf_cstr(&b, "x");
    buf_add(&b, "x", SIZE_MAX - 1);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_release(&b);
}

static void hex_both_ways(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_hex(&b, "\x00\x7f\xff\xa5", 4);
    assert_string_equal(b.p, "007fffa5");
    buf_release(&b);
    unsigned char out[4];
    size_t n = sizeof(out);
    assert_true(hex_decode(STR("007FffA5"), out, &n));
    assert_int_equal(n, 4);
    assert_memory_equal(out, "\x00\x7f\xff\xa5", 4);
    n = sizeof(out);
    assert_true(hex_decode(STR(""), out, &n));
    assert_int_equal(n, 0);
    n = sizeof(out);
    assert_false(hex_decode(STR("abc"), out, &n));
    assert_false(hex_decode(STR("0g"), out, &n));
    assert_false(hex_decode(STR("0011223344"), out, &n)); /* five bytes do not fit four */
    assert_int_equal(n, 4);
}

/* RFC 4648 section 10. */
static void base64_vectors_both_ways(void **state)
{
    (void)state;
    static const struct { const char *plain, *text; } rows[] = {
        {"", ""},         {"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b;
        buf_init(&b, 100);
        buf_base64(&b, rows[i].plain, strlen(rows[i].plain));
        assert_true(str_is(buf_view(&b), rows[i].text));
        buf_release(&b);
        char out[6];
        size_t n = sizeof(out);
        assert_true(base64_decode(str_of(rows[i].text), out, &n));
        assert_int_equal(n, strlen(rows[i].plain));
        assert_memory_equal(out, rows[i].plain, n);
    }
}

static void base64_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"Zg",   "Zg=",  "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n",
                                      "=Zm9", "Zm-_", "Z=g=", "Zm9vZ", "A",   "=",    "=="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char out[16];
        size_t n = sizeof(out);
        assert_false(base64_decode(str_of(bad[i]), out, &n));
        assert_int_equal(n, sizeof(out));
    }
    char small[2];
    size_t n = sizeof(small);
    assert_false(base64_decode(STR("Zm9v"), small, &n));
    n = sizeof(small);
    assert_true(base64_decode(STR("Zm8="), small, &n));
}

static void html_is_safe_in_text_and_attributes(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    buf_html(&b, STR("<a href=\"x\" title='y'>R&D</a>"));
    assert_string_equal(b.p, "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;R&amp;D&lt;/a&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_appended_and_terminated),
        cmocka_unit_test(growth_keeps_the_content),
        cmocka_unit_test(the_maximum_is_exact_and_sticks),
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(base64_vectors_both_ways),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(html_is_safe_in_text_and_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
