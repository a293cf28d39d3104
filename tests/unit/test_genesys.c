/* test_genesys.c - the parts that Genesys Cloud's documents share. */
#include "intake/genesys.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct json *begin(struct reading *r, struct draft *d, const char *text)
{
    const struct json *j = reading_json(r, text);
    draft_init(d, j, &r->context, &r->arena);
    return j;
}

static void test_channel(void **state UNUSED)
{
    static const struct {
        const char *media, *type, *expected;
    } rows[] = {
        {"VOICE", NULL, "voice"},           {"chat", NULL, "chat"},
        {"MESSAGE", "SMS", "sms"},          {"message", "whatsapp", "whatsapp"},
        {"message", "facebook", "social"},  {"message", "webmessaging", "message"},
        {"email", "sms", "email"},          {NULL, NULL, NULL},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    begin(&r, &d, "{}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str channel;
        assert_int_equal(genesys_channel(&d, str_of(rows[i].media), str_of(rows[i].type), &channel, &r.err),
                         OK);
        assert_str(channel, rows[i].expected);
    }
    reading_release(&r);
}

static void test_customer_is_the_far_side(void **state UNUSED)
{
    static const struct {
        const char *json, *direction, *expected;
    } rows[] = {
        {"{'ani':'tel:+442079460001','dnis':'+442079460900','remote':'+442079460900'}", "inbound",
         "phone:+442079460001"},
        {"{'ani':'+442079460900','dnis':'+442079460001','remote':'+442079460900'}", "OUTBOUND",
         "phone:+442079460001"},
        {"{'ani':'anonymous','remote':'Jane Doe'}", "inbound", ""},
        {"{'addressFrom':'jane@example.com','addressTo':'desk@example.org'}", "inbound", "email:jane@example.com"},
        {"{'addressFrom':'desk@example.org','addressTo':'jane@example.com'}", "outbound", "email:jane@example.com"},
        {"{'messageType':'facebook','addressFrom':'2345678901'}", "inbound", "social_id:2345678901"},
        {"{'messageType':'SMS','addressFrom':'+442079460001'}", "inbound", "phone:+442079460001"},
        {"{'callbackNumbers':['+442079460002','+442079460003'],'remote':'+442079460002'}", "",
         "phone:+442079460002, phone:+442079460003"},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *j = begin(&r, &d, rows[i].json);
        assert_int_equal(genesys_customer(&d, j, str_of(rows[i].direction), &r.err), OK);
        assert_identifiers(&d.contact, rows[i].expected);
    }
    const struct json *j = begin(&r, &d, "{'callbackNumbers':[{'n':1}]}");
    assert_int_equal(genesys_customer(&d, j, STR_NONE, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "callbackNumbers[0]: expected text, found an object");
    reading_release(&r);
}

static void test_external_and_related(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = begin(&r, &d, "{'externalContactId':'e-1','conversationExternalContactIds':['e-1','e-2'],"
                                         "'others':['c-8','c-9','c-8']}");
    assert_int_equal(genesys_external(&d, j, &r.err), OK);
    assert_identifiers(&d.contact, "external_id:e-1, external_id:e-2");
    assert_int_equal(genesys_related(&d, json_get(j, "others"), &r.err), OK);
    assert_int_equal(genesys_related(&d, NULL, &r.err), OK);
    assert_related(&d.contact, "c-8,c-9");
    reading_release(&r);
}

static void test_join(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    struct str first = STR_NONE, all = STR_NONE;
    static const char *const words[] = {"voice", "callback", "voice", "", "call", "callback"};
    reading_init(&r, NULL, NULL);
    begin(&r, &d, "{}");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_int_equal(genesys_join(&d, str_of(words[i]), &first, &all, &r.err), OK);
    assert_str(first, "voice");
    assert_str(all, "voice,callback,call");
    reading_release(&r);
}

static void test_attributes_of_the_customer_come_last(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = begin(&r, &d, "[{'purpose':'customer','attributes':{'k':'customer','a':'1'}},"
                                         "{'purpose':'agent','attributes':{'k':'agent','b':'2'}},{'attributes':null}]");
    assert_int_equal(genesys_attributes(&d, j, &r.err), OK);
    assert_int_equal(genesys_attributes(&d, NULL, &r.err), OK);
    assert_int_equal(d.contact.facts.attributes_n, 4);
    assert_attribute(&d.contact, "k", "customer"); /* the last of a name is what a merge keeps */
    assert_attribute(&d.contact, "b", "2");
    reading_release(&r);
}

/* The end of a conversation from its parts' ends and its own. */
static void test_end(void **state UNUSED)
{
    static const struct {
        const char *json, *ended;
        bool live, suspect;
    } rows[] = {
        /* conversationEnd lies months behind the talk */
        {"{'parts':['2025-01-01T10:01:00Z','2025-01-01T10:02:00Z'],'end':'2025-03-01T00:00:00Z'}",
         "2025-01-01T10:02:00.000Z", false, false},
        {"{'parts':[],'end':'2025-03-01T00:00:00Z'}", "2025-03-01T00:00:00.000Z", false, false},
        {"{'parts':['2025-01-01T10:01:00Z',null],'end':'2025-03-01T00:00:00Z'}", "2025-03-01T00:00:00.000Z", false,
         false},
        {"{'parts':['2025-01-01T10:01:00Z'],'end':null}", "2025-01-01T10:01:00.000Z", false, false},
        {"{'parts':['2025-01-01T10:01:00Z',null],'end':null}", NULL, true, false},
        {"{'parts':[],'end':null}", NULL, false, false},
        {"{'parts':['2099-01-01T00:00:00Z'],'end':'2025-03-01T00:00:00Z'}", "2025-03-01T00:00:00.000Z", false, false},
        {"{'parts':['2099-01-01T00:00:00Z'],'end':null}", NULL, false, true},
        {"{'parts':[null],'end':'2099-01-01T00:00:00Z'}", NULL, false, true},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *start = reading_json(&r, "'2025-01-01T10:00:00Z'");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct genesys_tally t = {.ended_ms = TIME_NONE, .latest_ms = TIME_NONE};
        const struct json *j = begin(&r, &d, rows[i].json);
        for (const struct json *p = json_get(j, "parts")->first; p != NULL; p = p->next)
            assert_int_equal(genesys_moment(&d, &t, p, true, &r.err), OK);
        assert_int_equal(genesys_finish(&d, &t, start, json_get(j, "end"), &r.err), OK);
        assert_time(d.contact.facts.ended_ms, rows[i].ended);
        assert_int_equal(d.contact.live, rows[i].live);
        assert_int_equal(d.contact.facts.time_suspect, rows[i].suspect);
        assert_int_equal(d.contact.facts.end_stated, rows[i].ended != NULL || rows[i].suspect);
    }
    reading_release(&r);
}

static void test_finish_sets_facts_with_the_latest_time(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    begin(&r, &d, "{}");
    struct genesys_tally t = {.ended_ms = TIME_NONE, .latest_ms = TIME_NONE, .channel = STR("voice"),
                              .media = STR("voice,callback"), .queue = STR("q"), .agent = STR("u"),
                              .division = STR("d"), .customers = 2};
    const struct json *start = reading_json(&r, "'2025-01-01T10:00:00Z'");
    const struct json *later = reading_json(&r, "'2025-01-01T11:00:00Z'");
    assert_int_equal(genesys_moment(&d, &t, later, false, &r.err), OK);
    assert_int_equal(genesys_finish(&d, &t, start, NULL, &r.err), OK);
    assert_time(d.version_ms, "2025-01-01T11:00:00.000Z");
    assert_time(d.contact.facts.fact_version_ms[FACT_CUSTOMERS], "2025-01-01T11:00:00.000Z");
    assert_int_equal(d.contact.facts.customers, 2);
    assert_attribute(&d.contact, "mediaTypes", "voice,callback");
    assert_str(d.contact.facts.queue, "q");
    assert_str(d.contact.facts.agent, "u");
    assert_str(d.contact.facts.division, "d");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel),
        cmocka_unit_test(test_customer_is_the_far_side),
        cmocka_unit_test(test_external_and_related),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_attributes_of_the_customer_come_last),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_finish_sets_facts_with_the_latest_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
