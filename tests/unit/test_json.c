/* The JSON reader, held to jansson over good, bad and damaged documents. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Where both have a name, jansson's is put aside. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#define json_string jansson_string
#define json_true jansson_true
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_string
#undef json_true

#include <cmocka.h>

enum { ARENA_MAX = 64 << 20 };

static void assert_same_tree(const struct json *ours, json_t *theirs);

static void assert_same_object(const struct json *ours, json_t *theirs)
{
    assert_int_equal(ours->type, JSON_OBJECT);
    assert_int_equal(ours->count, json_object_size(theirs));
    for (const struct json *j = ours->first; j != NULL; j = j->next)
        assert_same_tree(j, json_object_getn(theirs, j->key.p, j->key.n));
}

static void assert_same_array(const struct json *ours, json_t *theirs)
{
    assert_int_equal(ours->type, JSON_ARRAY);
    assert_int_equal(ours->count, json_array_size(theirs));
    size_t i = 0;
    for (const struct json *j = ours->first; j != NULL; j = j->next)
        assert_same_tree(j, json_array_get(theirs, i++));
}

static void assert_same_number(const struct json *ours, json_t *theirs)
{
    char text[64];
    assert_int_equal(ours->type, JSON_NUMBER);
    snprintf(text, sizeof(text), "%.*s", STR_ARG(ours->text));
    if (json_typeof(theirs) == JSON_INTEGER)
        assert_int_equal(strtoll(text, NULL, 10), json_integer_value(theirs));
    else
        assert_true(strtod(text, NULL) <= json_real_value(theirs) && strtod(text, NULL) >= json_real_value(theirs));
}

static void assert_same_tree(const struct json *ours, json_t *theirs)
{
    assert_non_null(ours);
    assert_non_null(theirs);
    switch (json_typeof(theirs)) {
    case JANSSON_OBJECT:
        assert_same_object(ours, theirs);
        return;
    case JANSSON_ARRAY:
        assert_same_array(ours, theirs);
        return;
    case JANSSON_STRING:
        assert_int_equal(ours->type, JSON_STRING);
        assert_int_equal(ours->text.n, json_string_length(theirs));
        assert_memory_equal(ours->text.p, json_string_value(theirs), ours->text.n);
        return;
    case JANSSON_TRUE:
        assert_int_equal(ours->type, JSON_TRUE);
        return;
    case JANSSON_FALSE:
        assert_int_equal(ours->type, JSON_FALSE);
        return;
    case JANSSON_NULL:
        assert_int_equal(ours->type, JSON_NULL);
        return;
    case JSON_INTEGER:
    case JSON_REAL:
    default:
        assert_same_number(ours, theirs);
        return;
    }
}

static json_t *jansson_parse(struct str text, json_error_t *why)
{
    return json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, why);
}

/* Both parse; same verdict, same tree. True when it was good. */
static bool assert_same_verdict(struct str text)
{
    struct arena a;
    arena_init(&a, ARENA_MAX);
    json_error_t why;
    json_t *theirs = jansson_parse(text, &why);
    const struct json *ours = NULL;
    struct err err = {0};
    enum status st = json_parse(text, &a, &ours, &err);
    if ((st == OK) != (theirs != NULL))
        print_error("on: %.*s\nours: %s\njansson: %s\n", STR_ARG(text), err.text, why.text);
    assert_int_equal(st == OK, theirs != NULL);
    if (st == OK)
        assert_same_tree(ours, theirs);
    else
        assert_null(ours);
    json_decref(theirs);
    arena_release(&a);
    return st == OK;
}

static const char *const good[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "12",
    "-12.5e+3",
    "1E5",
    "1e-5",
    "0.0",
    "9223372036854775807",
    "-9223372036854775808",
    "\"\"",
    "\"a\"",
    " \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
    "{\"a\":{\"b\":{\"c\":[[],[{}],null,true,false,\"x\",-1.5]}}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\\\\"",
    "\"\\\\\\\\u\"",
    "\"\x7f\"",
    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"",
    "{\"\":1,\" \":2}",
    "{\"a\":1,\"A\":2,\"\xc3\xa9\":3}",
    "[\"a string of more than eight bytes, so that it is read eight at a time\", \"1234567\", \"12345678\"]",
    "{\"ContactId\":\"00000000-1111\",\"Queue\":null,\"Recordings\":[{\"Status\":\"AVAILABLE\"}]}",
};

static const char *const bad[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\" 1}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1}}",
    "{\"a\":1]",
    "[1}",
    "{} {}",
    "{}x",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1.e5",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\u-123\"",
    "\"\\ud800\"",
    "\"\\ud800x\"",
    "\"\\ud800\\n\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\udc00\"",
    "\"\\udc00\\ud800\"",
    "\"line\nbreak\"",
    "\"tab\there\"",
    "\"in the middle of a longer text \x01 here\"",
    "\"\x80\"",
    "\"\xc3\"",
    "\"\xc0\xaf\"",
    "\"\xe0\x80\xaf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf5\x80\x80\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xff\"",
    "\"\\\xc3\xa9\"",
    "\xc3\xa9",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]",
    "// comment\n{}",
    "{/* comment */}",
    "{\"a\":1} // comment",
    "\xfe\xff{}",
    "[1\f]",
    "[\xc2\xa0]",
};

static void good_documents_agree_with_jansson(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(assert_same_verdict(str_of(good[i])));
}

static void bad_documents_agree_with_jansson(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(assert_same_verdict(str_of(bad[i])));
    assert_false(assert_same_verdict((struct str){"[1]\0", 4}));
    assert_false(assert_same_verdict((struct str){"\"a\0b\"", 5}));
    assert_false(assert_same_verdict((struct str){"{\"a\"\0:1}", 8}));
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void damage(char *text, size_t *n, uint64_t *seed)
{
    static const char bytes[] = "{}[]\",:\\/ \n\t0159eE.+-tfnulab\x80\xc3\xa9\xff\x01";
    size_t at = (size_t)(next_random(seed) % *n);
    char c = bytes[next_random(seed) % (sizeof(bytes) - 1)];
    switch (next_random(seed) % 3) {
    case 0:
        text[at] = c;
        break;
    case 1:
        memmove(text + at, text + at + 1, *n - at - 1);
        --*n;
        break;
    default:
        memmove(text + at + 1, text + at, *n - at);
        text[at] = c;
        ++*n;
    }
}

static void damaged_documents_agree_with_jansson(void **state)
{
    (void)state;
    static const char whole[] = "{\"id\":\"c-\\u00e91\",\"n\":[1,-2.5,3e2,true,null],\"o\":{\"k\":\"v\\n\",\"l\":[{}]},"
                                "\"t\":\"\xc3\xa9t\xc3\xa9\",\"s\":\"\\ud83d\\ude00 a longer plain text\"}";
    uint64_t seed = 42;
    int stayed_good = 0;
    for (int i = 0; i < 20000; i++) {
        char text[sizeof(whole) + 8];
        size_t n = sizeof(whole) - 1;
        memcpy(text, whole, sizeof(whole));
        for (uint64_t k = next_random(&seed) % 3 + 1; k > 0; k--)
            damage(text, &n, &seed);
        stayed_good += assert_same_verdict((struct str){text, n});
    }
    assert_in_range(stayed_good, 500, 19500); /* the test sees both kinds */
}

static const struct json *parse(const char *text, struct arena *a)
{
    const struct json *j = NULL;
    struct err err = {0};
    if (json_parse(str_of(text), a, &j, &err) != OK)
        fail_msg("%s", err.text);
    return j;
}

/* Where we and jansson differ on purpose. */
static void large_numbers_keep_their_text(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, ARENA_MAX);
    const struct json *j = parse("[502116146500594, 123456789012345678901234567890, 1e999, 1.0, -0, 1e3]", &a);
    int64_t v = 0;
    const struct json *e = j->first;
    assert_true(json_int(e, &v));
    assert_int_equal(v, INT64_C(502116146500594));
    e = e->next;
    assert_false(json_int(e, &v));
    assert_true(str_is(json_text(e), "123456789012345678901234567890"));
    e = e->next;
    assert_true(str_is(json_text(e), "1e999"));
    e = e->next;
    assert_false(json_int(e, &v));
    e = e->next;
    assert_true(json_int(e, &v));
    assert_int_equal(v, 0);
    e = e->next;
    assert_false(json_int(e, &v));
    arena_release(&a);
}

static void a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, ARENA_MAX);
    assert_int_equal(parse("\xef\xbb\xbf{\"a\":1}", &a)->count, 1);
    arena_release(&a);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, ARENA_MAX);
    char text[2 * JSON_DEPTH_MAX + 3];
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        const struct json *j = NULL;
        struct err err = {0};
        enum status st = json_parse((struct str){text, 2 * depth}, &a, &j, &err);
        assert_int_equal(st, depth <= JSON_DEPTH_MAX ? OK : E_LIMIT);
        if (st != OK)
            assert_string_equal(err.text, "1:65: nested more than 64 levels deep");
    }
    /* Depth is what is open at once, not what was ever opened. */
    struct buf b;
    buf_init(&b, 4096);
    buf_char(&b, '[');
    for (int i = 0; i < 200; i++)
        buf_cstr(&b, i > 0 ? ",[{}]" : "[{}]");
    buf_char(&b, ']');
    const struct json *j = NULL;
    assert_int_equal(json_parse(buf_view(&b), &a, &j, NULL), OK);
    assert_int_equal(j->count, 200);
    buf_release(&b);
    arena_release(&a);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 16384);
    static const char unit[] = "{\"a\":[1,2,3,4,5,6]},";
    char text[sizeof(unit) * 200];
    size_t n = 0;
    text[n++] = '[';
    for (int i = 0; i < 100; i++, n += sizeof(unit) - 1)
        memcpy(text + n, unit, sizeof(unit) - 1);
    text[n - 1] = ']';
    const struct json *j = NULL;
    assert_int_equal(json_parse((struct str){text, n}, &a, &j, NULL), E_LIMIT);
    assert_null(j);
    arena_release(&a);
}

/* An object of n keys; the last is repeated when asked. */
static void write_object(struct buf *b, int n, bool repeat)
{
    buf_clear(b);
    buf_char(b, '{');
    for (int i = 0; i < n; i++)
        buf_fmt(b, "%s\"key%d\":%d", i > 0 ? "," : "", (i * 7919) % n, i);
    if (repeat)
        buf_fmt(b, ",\n\"key%d\":0", n / 2);
    buf_char(b, '}');
}

static void repeated_keys_are_found_in_small_and_large_objects(void **state)
{
    (void)state;
    static const int sizes[] = {2, 15, 16, 17, 126, 127, 128, 129, 150, 20000};
    struct arena a;
    struct buf b;
    arena_init(&a, ARENA_MAX);
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        const struct json *j = NULL;
        struct err err = {0};
        write_object(&b, sizes[i], false);
        assert_int_equal(json_parse(buf_view(&b), &a, &j, &err), OK);
        assert_int_equal(j->count, sizes[i]);
        write_object(&b, sizes[i], true);
        assert_int_equal(json_parse(buf_view(&b), &a, &j, &err), E_INVALID);
        assert_string_equal(err.text, "2:1: a key stands twice in one object");
    }
    buf_release(&b);
    arena_release(&a);
}

static void errors_name_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "1:1: the document ends too early"},
        {"{\"a\":1,\n \"b\":x}", "2:6: not a JSON value"},
        {"{\"a\":1,\n\n}", "3:1: a key in double quotes is expected"},
        {"[1 2]", "1:4: ',' or ']' is expected"},
        {"{} {}", "1:4: something follows the document"},
        {"[\"a\nb\"]", "1:4: a control character stands in a string"},
        {"[\"ok\",\n\"\xff\"]", "2:2: the string is not UTF-8"},
    };
    struct arena a;
    arena_init(&a, ARENA_MAX);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *j = NULL;
        struct err err = {0};
        assert_int_equal(json_parse(str_of(rows[i].text), &a, &j, &err), E_INVALID);
        assert_string_equal(err.text, rows[i].why);
    }
    arena_release(&a);
}

static void accessors_take_anything(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, ARENA_MAX);
    const struct json *j = parse("{\"s\":\"x\",\"n\":7,\"t\":true,\"d\":{\"e\":{\"f\":\"deep\"}},"
                                 "\"z\":null,\"l\":[1]}",
                                 &a);
    int64_t v = 0;
    assert_true(str_is(json_string(json_get(j, "s")), "x"));
    assert_true(str_is(json_text(json_get(j, "n")), "7"));
    assert_null(json_string(json_get(j, "n")).p);
    assert_true(json_int(json_get(j, "n"), &v) && v == 7);
    assert_true(json_true(json_get(j, "t")));
    assert_false(json_true(json_get(j, "s")));
    assert_true(str_is(json_string(json_path(j, "d.e.f")), "deep"));
    assert_ptr_equal(json_path(j, "s"), json_get(j, "s"));
    assert_null(json_path(j, "d.x.f"));
    assert_null(json_path(j, "s.x"));
    assert_null(json_path(NULL, "a.b"));
    assert_null(json_get(json_get(j, "l"), "0"));
    assert_null(json_get(NULL, "s"));
    assert_null(json_string(NULL).p);
    assert_null(json_text(json_get(j, "z")).p);
    assert_null(json_text(NULL).p);
    assert_false(json_int(json_get(j, "s"), &v));
    assert_false(json_int(NULL, &v));
    assert_false(json_true(NULL));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_documents_agree_with_jansson),
        cmocka_unit_test(bad_documents_agree_with_jansson),
        cmocka_unit_test(damaged_documents_agree_with_jansson),
        cmocka_unit_test(large_numbers_keep_their_text),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(repeated_keys_are_found_in_small_and_large_objects),
        cmocka_unit_test(errors_name_their_place),
        cmocka_unit_test(accessors_take_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
