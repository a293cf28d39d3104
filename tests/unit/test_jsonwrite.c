/* The JSON writer: exact bytes, and that the reader takes them back. */
#include "base/calendar.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void write_sample(struct json_writer *w)
{
    jw_object(w);
    jw_key_string(w, "s", STR("x"));
    jw_key_string(w, "absent", STR_NONE);
    jw_key_string(w, "empty", STR(""));
    jw_key_int(w, "n", INT64_MIN);
    jw_key_bool(w, "b", true);
    jw_key_time(w, "t", 0);
    jw_key_time(w, "unknown", TIME_NONE);
    jw_key(w, "l");
    jw_array(w);
    jw_int(w, 1);
    jw_null(w);
    jw_bool(w, false);
    jw_cstr(w, "c");
    jw_array(w);
    jw_end(w);
    jw_end(w);
    jw_key(w, "o");
    jw_object(w);
    jw_end(w);
    jw_key(w, "r");
    jw_raw(w, STR("{\"raw\":1}"));
    jw_end(w);
}

static void one_line(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct json_writer w;
    jw_init(&w, &b, 0);
    write_sample(&w);
    assert_string_equal(b.p, "{\"s\":\"x\",\"absent\":null,\"empty\":\"\",\"n\":-9223372036854775808,\"b\":true,"
                             "\"t\":\"1970-01-01T00:00:00.000Z\",\"unknown\":null,\"l\":[1,null,false,\"c\",[]],"
                             "\"o\":{},\"r\":{\"raw\":1}}");
    buf_release(&b);
}

static void indented(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct json_writer w;
    jw_init(&w, &b, 2);
    jw_object(&w);
    jw_key_int(&w, "a", 1);
    jw_key(&w, "l");
    jw_array(&w);
    jw_int(&w, 1);
    jw_int(&w, 2);
    jw_end(&w);
    jw_key(&w, "e");
    jw_array(&w);
    jw_end(&w);
    jw_end(&w);
    assert_string_equal(b.p, "{\n  \"a\": 1,\n  \"l\": [\n    1,\n    2\n  ],\n  \"e\": []\n}");
    buf_release(&b);
}

static void strings_are_escaped_and_repaired(void **state)
{
    (void)state;
    static const struct {
        struct str in;
        const char *out;
    } rows[] = {
        {{"a\"b\\c/d", 7}, "\"a\\\"b\\\\c/d\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"\x01\x0b\x1f\x7f", 4}, "\"\\u0001\\u000b\\u001f\x7f\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"\xc3\xa9\xf0\x9f\x98\x80", 6}, "\"\xc3\xa9\xf0\x9f\x98\x80\""},
        {{"a\xff\xc3\xa9\xc3", 5}, "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\""},
        {{"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b;
        buf_init(&b, 4096);
        struct json_writer w;
        jw_init(&w, &b, 0);
        jw_string(&w, rows[i].in);
        assert_string_equal(b.p, rows[i].out);
        const struct json *back = NULL;
        assert_int_equal(json_parse(buf_view(&b), &a, &back, NULL), OK);
        if (str_is_utf8(rows[i].in))
            assert_true(str_eq(back->text, rows[i].in));
        buf_release(&b);
    }
    arena_release(&a);
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    struct json_writer w;
    jw_init(&w, &b, 0);
    write_sample(&w);
    assert_int_equal(buf_check(&b, NULL), E_LIMIT);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(indented),
        cmocka_unit_test(strings_are_escaped_and_repaired),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
