#include "audit/entry_writer.h"
#include "audit/tile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "00112233445566778899aabbccddeeff"

static void an_intent_is_written_in_its_one_spelling(void **state)
{
    (void)state;
    struct hash root = {{0xAB}};
    struct entry_writer w;
    struct buf b;
    struct str entry;
    struct err err;

    buf_init(&b, ENTRY_BYTES_MAX);
    ew_begin(&w, &b);
    ew_text(&w, "actor", STR("os:ann \"x\"@host"));
    ew_int(&w, "at", 1764000000000);
    ew_hash(&w, "chains_root", &root);
    ew_list(&w, "effects");
    ew_item_text(&w, STR("erase"));
    ew_item_text(&w, STR("recall"));
    ew_end(&w);
    ew_text(&w, "id", STR(ID));
    ew_int(&w, "n", 2);
    ew_text(&w, "policy", STR("v1"));
    ew_text(&w, "reason", STR("OPERATOR"));
    ew_null(&w, "request");
    ew_text(&w, "run", STR_NONE);
    ew_list(&w, "stores");
    ew_end(&w);
    ew_text(&w, "type", STR("INTENT"));
    ew_int(&w, "v", ENTRY_VERSION);
    assert_int_equal(ew_finish(&w, &entry, &err), OK);
    assert_true(str_is(entry, "{\"actor\":\"os:ann \\\"x\\\"@host\",\"at\":1764000000000,"
                              "\"chains_root\":\"ab000000000000"
                              "00000000000000000000000000000000000000000000000000\",\"effects\":[\"erase\",\"recall\"],"
                              "\"id\":\"" ID "\",\"n\":2,\"policy\":\"v1\",\"reason\":\"OPERATOR\",\"request\":null,"
                              "\"run\":null,\"stores\":[],\"type\":\"INTENT\",\"v\":1}"));
    buf_release(&b);
}

static void verified_with_objects(void **state)
{
    (void)state;
    struct hash h = {{1}};
    struct entry_writer w;
    struct buf b;
    struct str entry;
    struct err err;

    buf_init(&b, ENTRY_BYTES_MAX);
    ew_begin(&w, &b);
    ew_text(&w, "actor", STR("engine"));
    ew_int(&w, "at", 1);
    ew_hash(&w, "chain", &h);
    ew_text(&w, "id", STR(ID));
    ew_list(&w, "ids");
    ew_item_hash(&w, &h);
    ew_end(&w);
    ew_text(&w, "intent", STR(ID));
    ew_list(&w, "residuals");
    ew_item_object(&w);
    ew_text(&w, "kind", STR("backup"));
    ew_int(&w, "until", 5);
    ew_end(&w);
    ew_end(&w);
    ew_object(&w, "stores");
    ew_object(&w, "s");
    ew_int(&w, "absent", 1);
    ew_end(&w);
    ew_end(&w);
    ew_object(&w, "times");
    ew_int(&w, "s", 9);
    ew_end(&w);
    ew_text(&w, "type", STR("VERIFIED"));
    ew_int(&w, "v", ENTRY_VERSION);
    ew_text(&w, "verdict", STR("PURGED"));
    assert_int_equal(ew_finish(&w, &entry, &err), OK);
    assert_true(str_ends(entry, STR("\"residuals\":[{\"kind\":\"backup\",\"until\":5}],"
                                    "\"stores\":{\"s\":{\"absent\":1}},"
                                    "\"times\":{\"s\":9},\"type\":\"VERIFIED\",\"v\":1,\"verdict\":\"PURGED\"}")));
    buf_release(&b);
}

static void begin(struct entry_writer *w, struct buf *b, struct str actor)
{
    ew_begin(w, b);
    ew_text(w, "actor", actor);
    ew_int(w, "at", 1);
}

static void what_would_not_verify_is_not_handed_out(void **state)
{
    (void)state;
    static char big[ENTRY_BYTES_MAX];
    struct entry_writer w;
    struct buf b;
    struct str entry = STR_NONE;
    struct err err;

    memset(big, 'a', sizeof(big));
    buf_init(&b, 1 << 20);
    begin(&w, &b, STR("a")); /* no id, no type */
    assert_int_equal(ew_finish(&w, &entry, &err), E_INVALID);
    begin(&w, &b, STR("a"));
    ew_bool(&w, "id", true);
    ew_text(&w, "type", STR("RESUMED"));
    ew_int(&w, "v", 1);
    assert_int_equal(ew_finish(&w, &entry, &err), E_INVALID);
    begin(&w, &b, (struct str){big, sizeof(big)});
    assert_int_equal(ew_finish(&w, &entry, &err), E_LIMIT);
    buf_release(&b);
    buf_init(&b, 20);
    begin(&w, &b, STR("a rather long name"));
    assert_int_equal(ew_finish(&w, &entry, &err), E_LIMIT);
    assert_null(entry.p);
    buf_release(&b);
}

static void wrong_order_stops_the_program(void **state)
{
    (void)state;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct entry_writer w;
        struct buf b;

        (void)!freopen("/dev/null", "w", stderr);
        buf_init(&b, 1024);
        begin(&w, &b, STR("a"));
        ew_int(&w, "at", 1);
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_false(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void ids_are_random(void **state)
{
    (void)state;
    char a[ENTRY_ID_DIGITS + 1], b[ENTRY_ID_DIGITS + 1];

    entry_id_new(a);
    entry_id_new(b);
    assert_int_equal(strspn(a, "0123456789abcdef"), ENTRY_ID_DIGITS);
    assert_string_not_equal(a, b);
}

static int setup(void **state)
{
    (void)state;
    struct err err;

    return crypto_init(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intent_is_written_in_its_one_spelling),
        cmocka_unit_test(verified_with_objects),
        cmocka_unit_test(what_would_not_verify_is_not_handed_out),
        cmocka_unit_test(wrong_order_stops_the_program),
        cmocka_unit_test(ids_are_random),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
