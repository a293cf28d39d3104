/* test_draft.c - one contact while it is read. */
#include "intake/draft.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void start(struct reading *r, struct draft *d, const struct json *root)
{
    draft_init(d, root, &r->context, &r->arena);
}

static void test_wrong_types_name_their_path(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    struct str text;
    const struct json *part;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'a':[{'b':1},{'b':{'c':[]}}],'t':true}");
    start(&r, &d, j);
    const struct json *b = json_get(json_get(j, "a")->first->next, "b");
    assert_int_equal(draft_text(&d, b, &text, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "a[1].b: expected text, found an object");
    assert_int_equal(draft_text(&d, json_get(b, "c"), &text, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "a[1].b.c: expected text, found a list");
    assert_int_equal(draft_text(&d, json_get(j, "t"), &text, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "t: expected text, found true or false");
    assert_int_equal(draft_scalar(&d, json_get(j, "t"), &text, &r.err), OK);
    assert_str(text, "true");
    assert_int_equal(draft_object(&d, json_get(j, "a"), &part, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "a: expected an object");
    assert_int_equal(draft_array(&d, b, &part, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "a[1].b: expected a list");
    reading_release(&r);
}

static void test_long_path_is_cut(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    struct str text;
    char document[900] = "{'", key[400];
    reading_init(&r, NULL, NULL);
    memset(key, 'k', sizeof key);
    memcpy(document + 2, key, sizeof key);
    memcpy(document + 2 + sizeof key, "':{'b':{}}}", sizeof "':{'b':{}}}");
    const struct json *j = reading_json(&r, document);
    start(&r, &d, j);
    assert_int_equal(draft_text(&d, json_get(j->first, "b"), &text, &r.err), E_INVALID);
    assert_non_null(strstr(r.err.text, "kkk"));
    assert_non_null(strstr(r.err.text, ": expected text"));
    reading_release(&r);
}

static void test_absent_null_and_empty_are_not_carried(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    struct str text = STR("x");
    int64_t ms = 5;
    const struct json *part;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'n':null,'e':'','i':12345678901234567890123}");
    start(&r, &d, j);
    assert_int_equal(draft_text(&d, NULL, &text, &r.err), OK);
    assert_str(text, NULL);
    assert_int_equal(draft_text(&d, json_get(j, "n"), &text, &r.err), OK);
    assert_str(text, NULL);
    assert_int_equal(draft_text(&d, json_get(j, "e"), &text, &r.err), OK);
    assert_str(text, NULL);
    assert_int_equal(draft_text(&d, json_get(j, "i"), &text, &r.err), OK);
    assert_str(text, "12345678901234567890123");
    assert_int_equal(draft_time(&d, json_get(j, "n"), &ms, NULL, &r.err), OK);
    assert_time(ms, NULL);
    assert_int_equal(draft_object(&d, json_get(j, "n"), &part, &r.err), OK);
    assert_null(part);
    reading_release(&r);
}

static void test_times(void **state UNUSED)
{
    static const struct {
        const char *json, *expected;
        bool doubt;
    } rows[] = {
        {"{'t':'2024-02-29T10:00:00Z'}", "2024-02-29T10:00:00.000Z", false},
        {"{'t':1649237504949}", "2022-04-06T09:31:44.949Z", false},
        {"{'t':'1970-01-01T00:00:00.001Z'}", NULL, false}, /* not set */
        {"{'t':0}", NULL, false},
        {"{'t':'1999-12-31T23:59:59Z'}", NULL, true},
        {"{'t':'2026-11-21T12:05:00Z'}", "2026-11-21T12:05:00.000Z", false},
        {"{'t':'2026-11-21T12:05:00.001Z'}", NULL, true},
        {"{'t':'1970-01-02T00:00:00Z'}", NULL, true},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms;
        bool doubt = false;
        const struct json *j = reading_json(&r, rows[i].json);
        start(&r, &d, j);
        assert_int_equal(draft_time(&d, j->first, &ms, &doubt, &r.err), OK);
        assert_time(ms, rows[i].expected);
        assert_int_equal(doubt, rows[i].doubt);
    }
    int64_t ms;
    const struct json *j = reading_json(&r, "{'t':'asdf'}");
    start(&r, &d, j);
    assert_int_equal(draft_time(&d, j->first, &ms, NULL, &r.err), E_INVALID);
    assert_memory_equal(r.err.text, "t: ", 3);
    reading_release(&r);
}

static void test_doubtful_time_is_carried_as_unknown(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'t':'2099-01-01T00:00:00Z'}");
    start(&r, &d, j);
    d.version_ms = 77;
    assert_int_equal(draft_take_time(&d, FACT_STARTED, j->first, &r.err), OK);
    assert_time(d.contact.facts.started_ms, NULL);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_STARTED], 77);
    assert_true(d.contact.facts.time_suspect);
    draft_set_end(&d, TIME_NONE, true);
    assert_true(d.contact.facts.end_stated);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_ENDED], 77);
    reading_release(&r);
}

static void test_nothing_is_carried_at_first(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    start(&r, &d, NULL);
    for (size_t f = 0; f < FACT_COUNT; f++)
        assert_int_equal(d.contact.facts.fact_version_ms[f], -1);
    draft_set(&d, FACT_QUEUE, STR(""));
    draft_set_time(&d, FACT_CREATED, TIME_NONE);
    draft_set_end(&d, TIME_NONE, false);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_QUEUE], -1);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_CREATED], -1);
    assert_false(d.contact.facts.end_stated);
    draft_set_at(&d, FACT_AGENT, STR("ann"), 3);
    assert_str(d.contact.facts.agent, "ann");
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_AGENT], 3);
    reading_release(&r);
}

static void test_ids(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    char big[300] = "{'id':'";
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'ID':502116146500594}");
    start(&r, &d, j);
    assert_int_equal(draft_id(&d, j, "id", &r.err), OK);
    assert_str(d.contact.facts.id, "502116146500594");
    j = reading_json(&r, "{'id':''}");
    start(&r, &d, j);
    assert_int_equal(draft_id(&d, j, "id", &r.err), E_INVALID);
    assert_string_equal(r.err.text, "id: the id is empty");
    assert_int_equal(draft_id(&d, j, "other", &r.err), E_INVALID);
    assert_string_equal(r.err.text, "other is missing");
    memset(big + 7, 'x', 257);
    memcpy(big + 7 + 257, "'}", 3);
    j = reading_json(&r, big);
    start(&r, &d, j);
    assert_int_equal(draft_id(&d, j, "id", &r.err), E_INVALID);
    assert_string_equal(r.err.text, "id: the id is longer than 256 bytes");
    reading_release(&r);
}

static void test_an_id_with_nul_is_refused(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'id':'a\\u0000b'}");
    start(&r, &d, j);
    assert_int_equal(draft_id(&d, j, "id", &r.err), OK);
    assert_int_equal(d.contact.facts.id.n, 3);
    assert_int_equal(draft_finish(&d, &r.result, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "the id has a NUL character");
    d.contact.facts.id = STR("ab");
    assert_int_equal(draft_finish(&d, &r.result, &r.err), OK);
    reading_release(&r);
}

static void test_lists_have_no_duplicates(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    start(&r, &d, NULL);
    d.contact.facts.id = STR("me");
    d.contact.facts.initial = STR("first");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(draft_related(&d, STR("me"), &r.err), OK);
        assert_int_equal(draft_related(&d, STR("first"), &r.err), OK);
        assert_int_equal(draft_related(&d, STR("other"), &r.err), OK);
        assert_int_equal(draft_attribute(&d, STR("a b "), STR("1"), &r.err), OK);
        assert_int_equal(draft_s3_locator(&d, KIND_RECORDING, STR("bucket/a/b c.wav"), &r.err), OK);
        assert_int_equal(draft_s3_locator(&d, KIND_RECORDING, STR("s3://bucket/a/b c.wav"), &r.err), OK);
        assert_int_equal(draft_s3_locator(&d, KIND_RECORDING, STR("https://x/y"), &r.err), OK);
        assert_int_equal(draft_s3_locator(&d, KIND_RECORDING, STR_NONE, &r.err), OK);
        assert_int_equal(draft_identifier(&d, SUBJECT_EMAIL, STR(" Ann@Example.COM "), NULL, &r.err), OK);
    }
    assert_related(&d.contact, "other");
    assert_int_equal(d.contact.facts.attributes_n, 1);
    assert_attribute(&d.contact, "a b ", "1");
    assert_locators(&d.contact, "recording bucket a/b c.wav\nrecording  https://x/y");
    assert_identifiers(&d.contact, "email:ann@example.com");
    reading_release(&r);
}

static void test_addresses(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    start(&r, &d, NULL);
    assert_int_equal(draft_address(&d, STR("tel:+442079460001"), &r.err), OK);
    assert_int_equal(draft_address(&d, STR("ann@example.com"), &r.err), OK);
    assert_int_equal(draft_address(&d, STR("anonymous"), &r.err), OK);
    assert_int_equal(draft_address(&d, STR("sip:ann@pbx.example.com"), &r.err), OK);
    assert_int_equal(draft_address(&d, STR("Jane Doe"), &r.err), OK);
    assert_identifiers(&d.contact, "phone:+442079460001, email:ann@example.com");
    reading_release(&r);
}

static void test_out_of_memory(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    struct arena small;
    arena_init(&small, 16);
    draft_init(&d, NULL, &r.context, &small);
    struct str lower;
    struct str text = STR("A text that is longer than what is left of the arena");
    assert_int_equal(draft_lower(&d, text, &lower, &r.err), E_LIMIT);
    assert_int_equal(draft_identifier(&d, SUBJECT_EMAIL, STR("ann.with.a.long.name@example.com"), NULL, &r.err),
                     E_LIMIT);
    assert_int_equal(draft_finish(&d, &r.result, &r.err), E_LIMIT);
    arena_release(&small);
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_types_name_their_path),
        cmocka_unit_test(test_long_path_is_cut),
        cmocka_unit_test(test_absent_null_and_empty_are_not_carried),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_doubtful_time_is_carried_as_unknown),
        cmocka_unit_test(test_nothing_is_carried_at_first),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_an_id_with_nul_is_refused),
        cmocka_unit_test(test_lists_have_no_duplicates),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
