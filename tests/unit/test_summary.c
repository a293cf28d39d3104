/* What a run did, in the contract's fields and in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/summary.h"

static const char *json_of(const struct tally *t, struct buf *b)
{
    struct json_writer w;
    jw_init(&w, b, 0);
    summary_json(t, &w);
    return b->p;
}

static void test_json(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct str unknown[] = {STR("x"), STR("y\"")};
    struct visit_stats stores[] = {{STR("rec"), 3, 2, 1}};
    struct tally t = {.run = STR("r-1"),
                      .dry_run = true,
                      .has_plan = true,
                      .given = 5,
                      .duplicate = 1,
                      .legs_added = 2,
                      .unknown = unknown,
                      .unknown_n = 2,
                      .considered = 3,
                      .purged = 1,
                      .held = 2,
                      .stores = stores,
                      .stores_n = 1};
    memset(t.plan_digest.b, 0xab, HASH_BYTES);
    t.artefacts[OUT_GONE] = 4;
    t.artefacts[OUT_NOT_DELETABLE] = 1;
    buf_init(&b, 1 << 16);
    assert_string_equal(
        json_of(&t, &b),
        "{\"run\":\"r-1\",\"dry_run\":true,\"disarmed\":false,\"needs_approval\":false,\"stopped\":null,\"elsewhere\":false,\"plan_digest\":\""
        "abababababababababababababababababababababababababababababababab\",\"ids\":{\"given\":5,\"duplicate\":1,"
        "\"legs_added\":2,"
        "\"unknown\":[\"x\",\"y\\\"\"],\"ambiguous\":[]},\"contacts\":{\"considered\":3,\"purged\":1,\"verifying\":0,"
        "\"scrubbed\":0,"
        "\"retained\":0,\"partial\":0,\"held\":2,\"needs_decision\":0,\"failed\":0,\"already\":0,\"changed\":0,"
        "\"busy\":0},"
        "\"artefacts\":{\"gone\":4,\"not_deletable\":1},\"stores\":{\"rec\":{\"calls\":3,\"artefacts\":2,\"errors\":1}}"
        "}");
}

static void test_no_plan_is_null(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct tally t = {.run = STR("r"), .guard_stopped = true};
    buf_init(&b, 1 << 16);
    const char *text = json_of(&t, &b);
    assert_non_null(strstr(text, "\"plan_digest\":null"));
    assert_non_null(strstr(text, "\"needs_approval\":true"));
}

static void test_text(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct visit_stats stores[] = {{STR("rec"), 3, 2, 1}, {STR("fine"), 3, 2, 0}};
    struct tally t = {.run = STR("r"), .considered = 3, .purged = 1, .failed = 2, .stores = stores, .stores_n = 2};
    t.artefacts[OUT_GONE] = 1;
    buf_init(&b, 1 << 16);
    summary_text(&t, "erased", &b);
    assert_non_null(strstr(b.p, "3 contacts looked at, 1 artefact\n"));
    assert_non_null(strstr(b.p, "        1  purged"));
    assert_non_null(strstr(b.p, "        2  failed"));
    assert_non_null(strstr(b.p, "1  artefact deleted"));
    assert_non_null(strstr(b.p, "Store rec answered 1 of 3 calls with an error"));
    assert_non_null(strstr(b.p, "erase --retry"));
    assert_null(strstr(b.p, "fine"));
    assert_null(strstr(b.p, "held"));
    assert_null(strstr(b.p, "meanwhile"));
    t.stopped = "paused";
    buf_clear(&b);
    summary_text(&t, "erased", &b);
    assert_non_null(strstr(b.p, "Run r was paused meanwhile"));
    t.stopped = NULL;
    t.dry_run = true;
    t.would = 2;
    buf_clear(&b);
    summary_text(&t, "erased", &b);
    assert_non_null(strstr(b.p, "2 contacts would be erased")); /* of three looked at */
    assert_null(strstr(b.p, "erase --retry"));
    stores[0] = (struct visit_stats){STR("rec"), 0, 0, 1};
    t.held = 1000;
    t.held_at_least = true;
    buf_clear(&b);
    summary_text(&t, "erased", &b);
    assert_non_null(strstr(b.p, "Store rec could not be reached"));
    assert_null(strstr(b.p, "of 0 calls"));
    assert_non_null(strstr(b.p, "1000  at least, under a legal hold"));
}

static void test_contact(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct arena a;
    struct json_writer w;
    struct str ids[] = {STR("a\033"), STR("b")};
    struct visit_result r = {
        .source = STR("s"), .ids = ids, .ids_n = 2, .did = VISIT_HELD, .why = STR("legal hold"), .until_ms = TIME_NONE};
    arena_init(&a, 1 << 16);
    buf_init(&b, 1 << 16);
    jw_init(&w, &b, 0);
    summary_contact_json(&r, false, &w);
    assert_string_equal(b.p, "{\"source\":\"s\",\"id\":\"a\\u001b\",\"ids\":[\"a\\u001b\",\"b\"],\"outcome\":\"held\","
                             "\"reason\":\"legal hold\","
                             "\"until\":null}");
    buf_clear(&b);
    summary_contact_text(&r, false, &a, &b);
    assert_string_equal(b.p, "held              s/a\\u001b and 1 more  (legal hold)\n");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_no_plan_is_null),
                                       cmocka_unit_test(test_text), cmocka_unit_test(test_contact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
