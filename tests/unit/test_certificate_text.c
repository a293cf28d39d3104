/* test_certificate_text.c - the certificate for machines has its dates; nothing proven is nothing to verify. */
#include "engine/certificate_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "tests/lib/story.h"

static struct certificate erased(void)
{
    return (struct certificate){
        .reference = STR("00ff"),
        .source = STR("connect-eu"),
        .id = STR("c-1"),
        .status = STATUS_PURGED,
        .erased = true,
        .proven = true,
        .headline = STR("Erased"),
        .why = STR("because"),
        .statement = STR("{\"v\":1}"),
        .proof = STR("c2sp.org/tlog-proof@v1\n"),
        .index = 7,
        .verdict = STR("PURGED"),
        .law = STR("Art. 5 \\\"x\\\""),
        .at_ms = WORLD_NOW_MS,
        .until_ms = TIME_NONE,
        .registered_ms = TIME_NONE,
        .purged_ms = WORLD_NOW_MS,
        .verified_again_ms = TIME_NONE,
        .stores = STR("{\"index\":{\"gone\":2}}"),
        .times = STR("{\"index\":1795226400000}"),
        .residuals = STR("[{\"kind\":\"backup\",\"until\":1795312800000},{\"kind\":\"version\",\"until\":null}]"),
        .origin = STR("a.example/log/2026"),
        .vkey = STR("a.example/log/2026+00000000+AAAA"),
        .issued_ms = WORLD_NOW_MS};
}

static const struct json *json_of(struct world *w, const struct certificate *c)
{
    CLEANUP(buf_release) struct buf b;
    const struct json *j;
    buf_init(&b, 1 << 20);
    WORLD_OK(w, certificate_json(c, &b, &w->err));
    WORLD_OK(w, json_parse(arena_str(&w->a, buf_view(&b)), &w->a, &j, &w->err));
    return j;
}

static void dates_are_dates(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    const struct json *j = json_of(w, &c);
    assert_true(str_is(json_string(json_get(j, "format")), "expunge-certificate/v1"));
    assert_true(json_true(json_get(j, "erased")));
    assert_true(str_is(json_string(json_get(j, "verified_at")), "2026-11-21T02:00:00.000Z"));
    assert_true(str_is(json_string(json_path(j, "times.index")), "2026-11-21T02:00:00.000Z"));
    const struct json *first = json_get(j, "residuals")->first;
    assert_true(str_is(json_string(json_get(first, "kind")), "backup"));
    assert_true(str_is(json_string(json_get(first, "until")), "2026-11-22T02:00:00.000Z"));
    assert_int_equal(json_get(first->next, "until")->type, JSON_NULL);
    assert_true(str_is(json_text(json_path(j, "stores.index.gone")), "2"));
    assert_true(str_is(json_string(json_get(j, "law")), "Art. 5 \"x\""));
    assert_int_equal(json_get(j, "retained_until")->type, JSON_NULL);
    assert_true(str_eq(json_string(json_get(j, "statement")), c.statement));
    assert_true(str_eq(json_string(json_get(j, "proof")), c.proof));
}

static void the_id_is_there_only_when_disclosed(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    assert_int_equal(json_get(json_of(w, &c), "id")->type, JSON_NULL);
    assert_int_equal(json_get(json_of(w, &c), "source")->type, JSON_NULL);
    c.openings = STR("[{\"field\":\"chain\",\"key\":\"00\",\"value\":\"connect-eu/c-1\"}]");
    assert_true(str_is(json_string(json_get(json_of(w, &c), "id")), "c-1"));
    assert_int_equal(json_get(json_of(w, &c), "openings")->count, 1);
}

static void nothing_proven_is_nothing_to_verify(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    struct certificate c = {.status = STATUS_ACTIVE,
                            .headline = STR("Not erased: kept"),
                            .why = STR("nothing"),
                            .at_ms = TIME_NONE,
                            .until_ms = TIME_NONE,
                            .registered_ms = TIME_NONE,
                            .purged_ms = TIME_NONE,
                            .verified_again_ms = TIME_NONE};
    const struct json *j = json_of(w, &c);
    assert_int_equal(json_get(j, "erased")->type, JSON_FALSE);
    assert_int_equal(json_get(j, "statement")->type, JSON_NULL);
    assert_int_equal(json_get(j, "index")->type, JSON_NULL);
    buf_init(&b, 1 << 16);
    WORLD_OK(w, certificate_verify_text(&c, &b, &w->err));
    assert_true(str_contains(buf_view(&b), "nothing to verify"));
    assert_false(str_contains(buf_view(&b), "openssl"));
}

static void the_commands_name_the_key(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    struct certificate c = erased();
    buf_init(&b, 1 << 16);
    WORLD_OK(w, certificate_verify_text(&c, &b, &w->err));
    assert_true(str_contains(buf_view(&b), "VKEY='a.example/log/2026+00000000+AAAA'"));
    assert_true(str_contains(buf_view(&b), "openssl pkeyutl -verify"));
    assert_true(str_contains(buf_view(&b), "printf '\\000'; cat statement.json"));
}

static void a_buffer_too_small_is_said(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    struct certificate c = erased();
    buf_init(&b, 100);
    assert_int_equal(certificate_json(&c, &b, &w->err), E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_dates), cmocka_unit_test(the_id_is_there_only_when_disclosed),
        cmocka_unit_test(nothing_proven_is_nothing_to_verify), cmocka_unit_test(the_commands_name_the_key),
        cmocka_unit_test(a_buffer_too_small_is_said)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
