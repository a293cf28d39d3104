#include "audit/entry.h"
#include "audit/tile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ID "00112233445566778899aabbccddeeff"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH2 "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "{\"actor\":\"a\",\"at\":1764000000000,"
#define TAIL ",\"v\":1}"
#define OUTCOME(stores, ids)                                                                                           \
    HEAD "\"chain\":\"" HASH "\",\"id\":\"" ID "\",\"ids\":" ids ",\"intent\":\"" ID "\",\"stores\":" stores         \
         ",\"type\":\"OUTCOME\",\"v\":1,\"verdict\":\"VERIFYING\"}"

static enum status check(const char *text)
{
    struct entry_view view;
    struct err err;

    return entry_check(str_of(text), &view, &err);
}

static void an_entry_gives_its_fields(void **state)
{
    (void)state;
    const char *text = HEAD "\"id\":\"" ID "\",\"n\":12,\"request\":null,\"run\":\"R 1\",\"type\":\"RESUMED\"" TAIL;
    struct entry_view view;
    struct err err;
    int64_t n;

    assert_int_equal(entry_check(str_of(text), &view, &err), OK);
    assert_int_equal(view.type, ENTRY_RESUMED);
    assert_int_equal(view.n, 8);
    assert_true(str_is(entry_string(&view, "id"), ID));
    assert_true(entry_integer(&view, "at", &n) && n == 1764000000000);
    assert_true(entry_integer(&view, "n", &n) && n == 12);
    assert_true(str_is(entry_raw(&view, "request"), "null"));
    assert_null(entry_string(&view, "request").p);
    assert_null(entry_raw(&view, "stores").p);
    assert_false(entry_integer(&view, "run", &n) || entry_integer(&view, "none", &n));
}

#define RESUMED(n) HEAD "\"id\":\"" ID "\",\"n\":" n ",\"type\":\"RESUMED\"" TAIL

static void one_spelling_only(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "{}", "[]", "null", "{\"v\":1}", RESUMED("1") " ", " " RESUMED("1"), RESUMED("1") "{}", RESUMED(" 1"),
        RESUMED("1.0"), RESUMED("1e3"), RESUMED("01"), RESUMED("-0"), RESUMED("-1"), RESUMED("+1"), RESUMED("\"1\""),
        RESUMED("null"), RESUMED("true"), RESUMED("[1]"), RESUMED("{}"), RESUMED(""), RESUMED("1,"), RESUMED("1}"),
        RESUMED("9223372036854775808"), RESUMED("1,\"n\":1"),
        /* order, repetition, unknown, missing */
        "{\"at\":1,\"actor\":\"a\",\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\",\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\",\"v\":1,\"zzz\":1}",
        "{\"actor\":\"a\",\"at\":1,\"type\":\"RESUMED\"" TAIL, "{\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"X\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\",\"v\":2}",
        "{\"actor\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"}",
        /* strings */
        "{\"actor\":\"\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"\xFF\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\nb\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"\\/\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"\\u0041\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"\\u000a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"\\u001F\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\\", "{\"actor\":\"a", "{\"actor\"", "{\"actor\":", "{\"actor\":[", "{\"actor\":\"a\"",
        "{\"act\\u000br\":\"a\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"00112233445566778899AABBCCDDEEFF\",\"type\":\"RESUMED\"" TAIL,
        "{\"actor\":\"a\",\"at\":1,\"id\":\"0011\",\"type\":\"RESUMED\"" TAIL,
    };

    assert_int_equal(check(RESUMED("1")), OK);
    assert_int_equal(check(RESUMED("0")), OK);
    assert_int_equal(check("{\"actor\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\xC3\xBC\",\"at\":1,\"id\":\"" ID
                           "\",\"type\":\"RESUMED\"" TAIL),
                     OK);
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        if (check(BAD[i]) != E_INVALID)
            fail_msg("accepted: %s", BAD[i]);
    }
}

static void lists_and_objects_have_their_forms(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        OUTCOME("{}", "[]"),
        OUTCOME("{\"a\":{\"absent\":1,\"gone\":2},\"b\":{}}", "[\"" HASH "\",\"" HASH2 "\"]"),
    };
    static const char *const BAD[] = {
        OUTCOME("{}", "[\"" HASH2 "\",\"" HASH "\"]"), OUTCOME("{}", "[\"" HASH "\",\"" HASH "\"]"),
        OUTCOME("{}", "[\"" ID "\"]"), OUTCOME("{}", "[1]"), OUTCOME("{}", "[\"" HASH "\",]"), OUTCOME("{}", "{}"),
        OUTCOME("[]", "[]"), OUTCOME("{\"a\":1}", "[]"), OUTCOME("{\"a\":{\"erased\":1}}", "[]"),
        OUTCOME("{\"a\":{\"gone\":-1}}", "[]"), OUTCOME("{\"a\":{\"gone\":1,\"absent\":1}}", "[]"),
        OUTCOME("{\"b\":{},\"a\":{}}", "[]"), OUTCOME("{\"\":{}}", "[]"), OUTCOME("{\"a\":{\"gone\":1}", "[]"),
        OUTCOME("{\"a\" :{}}", "[]"), OUTCOME("{\"a\":{},}", "[]"),
    };

    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
        if (check(GOOD[i]) != OK)
            fail_msg("refused: %s", GOOD[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        if (check(BAD[i]) != E_INVALID)
            fail_msg("accepted: %s", BAD[i]);
    }
}

static enum status verified(const char *residuals, const char *times)
{
    char text[2048];

    (void)snprintf(text, sizeof(text),
                   HEAD "\"chain\":\"" HASH "\",\"id\":\"" ID "\",\"ids\":[],\"intent\":\"" ID
                        "\",\"residuals\":%s,\"stores\":{},\"times\":%s,\"type\":\"VERIFIED\",\"v\":1,"
                        "\"verdict\":\"PURGED\"}",
                   residuals, times);
    return check(text);
}

static void residuals_and_times(void **state)
{
    (void)state;
    assert_int_equal(verified("[]", "{}"), OK);
    assert_int_equal(verified("[{\"kind\":\"backup\",\"until\":5},"
                              "{\"kind\":\"vendor\",\"store\":\"s\",\"until\":null}]",
                              "{\"a\":1,\"b\":2}"),
                     OK);
    assert_int_equal(verified("[{\"kind\":\"backup\"}]", "{}"), E_INVALID);
    assert_int_equal(verified("[{\"until\":5}]", "{}"), E_INVALID);
    assert_int_equal(verified("[{\"kind\":\"\",\"until\":5}]", "{}"), E_INVALID);
    assert_int_equal(verified("[{\"kind\":\"b\",\"store\":\"\",\"until\":5}]", "{}"), E_INVALID);
    assert_int_equal(verified("[{\"kind\":\"b\",\"until\":\"5\"}]", "{}"), E_INVALID);
    assert_int_equal(verified("[", "{}"), E_INVALID);
    assert_int_equal(verified("[]", "{\"a\":null}"), E_INVALID);
}

static void limits(void **state)
{
    (void)state;
    static char text[ENTRY_BYTES_MAX + 2];
    struct entry_view view;
    struct err err;
    static const char LONG_ACTOR[] = "{\"actor\":\"%0*d\",\"at\":1,\"id\":\"" ID "\",\"type\":\"RESUMED\"" TAIL;
    int n = snprintf(text, sizeof(text), LONG_ACTOR, 1024, 0);

    assert_int_equal(entry_check((struct str){text, (size_t)n}, &view, &err), OK);
    n = snprintf(text, sizeof(text), LONG_ACTOR, 1025, 0);
    assert_int_equal(entry_check((struct str){text, (size_t)n}, &view, &err), E_INVALID);
    memset(text, ' ', sizeof(text));
    assert_int_equal(entry_check((struct str){text, ENTRY_BYTES_MAX + 1}, &view, &err), E_INVALID);
    n = 0;
    for (int i = 0; i < ENTRY_FIELDS_MAX + 1; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%c\"f%02d\":1", i ? ',' : '{', i);
    text[n++] = '}';
    assert_int_equal(entry_check((struct str){text, (size_t)n}, &view, &err), E_INVALID);
    memset(text, '[', 60000);
    memcpy(text, "{\"a\":", 5);
    assert_int_equal(entry_check((struct str){text, 60000}, &view, &err), E_INVALID);
}

static void members_are_walked(void **state)
{
    (void)state;
    struct str rest = STR("{\"a\":{\"x\":1},\"b\":[\"}\"],\"c\":2}"), name, value;

    assert_true(entry_member(&rest, &name, &value) && str_is(name, "a") && str_is(value, "{\"x\":1}"));
    assert_true(entry_member(&rest, &name, &value) && str_is(name, "b") && str_is(value, "[\"}\"]"));
    assert_true(entry_member(&rest, &name, &value) && str_is(name, "c") && str_is(value, "2"));
    assert_false(entry_member(&rest, &name, &value));
    rest = STR("{}");
    assert_false(entry_member(&rest, &name, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_gives_its_fields), cmocka_unit_test(one_spelling_only),
        cmocka_unit_test(lists_and_objects_have_their_forms), cmocka_unit_test(residuals_and_times),
        cmocka_unit_test(limits), cmocka_unit_test(members_are_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
