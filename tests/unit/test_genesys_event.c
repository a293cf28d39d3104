/* test_genesys_event.c - conversation detail events of Genesys Cloud. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

#define EVENT(kind, body)                                                                                              \
    "{'detail-type':'v2.detail.events.conversation.{id}." kind "','source':'aws.partner/genesys.com/cloud/org-1/bus'," \
    "'time':'2025-01-02T10:10:00Z','detail':{'topicName':'v2.detail.events.conversation.c-1." kind "',"                \
    "'eventBody':{'conversationId':'c-1'," body "},'timestamp':'2025-01-02T10:05:00Z'}}"

static void test_start(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_event,
        EVENT("customer.start", "'eventTime':1735812000000,'mediaType':'MESSAGE','messageType':'WHATSAPP','direction':"
                                "'INBOUND','addressFrom':'+442079460001','addressTo':'+442079460900',"
                                "'divisionId':'d-1',"
                                "'externalContactId':'x-1','conversationExternalContactIds':['x-1','x-2']"));
    assert_str(c->source, "org-1");
    assert_str(c->facts.id, "c-1");
    assert_time(c->facts.started_ms, "2025-01-02T10:00:00.000Z");
    assert_time(c->facts.newest_ms, "2025-01-02T10:00:00.000Z");
    assert_true(c->live);
    assert_str(c->facts.channel, "whatsapp");
    assert_str(c->facts.direction, "inbound");
    assert_str(c->facts.division, "d-1");
    assert_identifiers(c, "external_id:x-1, external_id:x-2, phone:+442079460001");
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_STARTED], 0);
    reading_release(&r);
}

static void test_end_of_one_customer_is_no_end(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_event, EVENT("customer.end", "'eventTime':1735812300000,'mediaType':'VOICE'"));
    assert_false(c->facts.end_stated);
    assert_false(c->live);
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_STARTED], -1);
    assert_str(c->facts.channel, "voice");
    c = reading_contact(&r, &intake_genesys_event, EVENT("end", "'eventTime':1735812300000"));
    assert_true(c->facts.end_stated);
    assert_time(c->facts.ended_ms, "2025-01-02T10:05:00.000Z");
    reading_release(&r);
}

static void test_attributes_and_users(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, &intake_genesys_event, "subjects: {mail: email}");
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_event, EVENT("attributes", "'attributes':{'lob ':'cards','mail':'A@example.com'}"));
    assert_attribute(c, "lob ", "cards");
    assert_attribute(c, "mail", NULL);
    assert_identifiers(c, "email:a@example.com");
    assert_time(c->facts.newest_ms, "2025-01-02T10:05:00.000Z"); /* no eventTime: the event's own timestamp */
    c = reading_contact(&r, &intake_genesys_event,
                        EVENT("user.start", "'eventTime':1735812000000,'userId':'u-1','ani':'+442079460001'"));
    assert_str(c->facts.agent, "u-1");
    assert_identifiers(c, "");
    reading_release(&r);
}

static void test_bare_event(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c =
        reading_contact(&r, &intake_genesys_event, "{'topicName':'v2.detail.events.conversation.c-2.acw','eventBody':"
                                                   "{'conversationId':'c-2','eventTime':1735812000000}}");
    assert_str(c->source, NULL);
    assert_str(c->facts.id, "c-2");
    reading_release(&r);
}

static void test_other_topics_are_ignored(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'topicName':'v2.quality.evaluations','eventBody':{'id':'e'}}");
    assert_true(intake_genesys_event.recognise(j));
    assert_int_equal(intake_genesys_event.read(j, &r.context, &r.arena, &r.result, &r.err), OK);
    assert_int_equal(r.result.verdict, INTAKE_IGNORED);
    assert_string_equal(r.result.why, "a Genesys event that is about no conversation");
    reading_release(&r);
}

static void test_bad_events(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_genesys_event;
    reading_wrong(&r, f, "{'topicName':'v2.detail.events.conversation.c.acw','eventBody':{}}",
                  "eventBody: conversationId is missing");
    reading_wrong(&r, f, "{'topicName':'v2.detail.events.conversation.c.acw','eventBody':null}",
                  "eventBody is missing");
    reading_wrong(&r, f, "{'topicName':null,'eventBody':{'conversationId':'c'}}", "topicName is empty");
    reading_wrong(&r, f, "{'topicName':['x'],'eventBody':{}}", "topicName: expected text, found a list");
    reading_wrong(&r, f, EVENT("acw", "'eventTime':{}"), "detail.eventBody.eventTime: expected text, found an object");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_end_of_one_customer_is_no_end),
        cmocka_unit_test(test_attributes_and_users),
        cmocka_unit_test(test_bare_event),
        cmocka_unit_test(test_other_topics_are_ignored),
        cmocka_unit_test(test_bad_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
