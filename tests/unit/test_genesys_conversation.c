/* test_genesys_conversation.c - conversations of Genesys Cloud from analytics. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_callback_with_two_customers(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, &intake_genesys_conversation, "subjects: {member: customer_id}");
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_conversation,
        "{'organizationId':'org-1','conversationId':'c-1','conversationStart':'2025-01-2T10:00:00.000Z',"
        "'conversationEnd':'2025-03-02T10:00:00.5Z','originatingDirection':'inbound','divisionIds':['d-1','d-2'],"
        "'associatedConversationId':'c-7','evaluations':[{'evaluationId':'e-1'},{'evaluationId':'e-2','deleted':true}],"
        "'surveys':[{'surveyId':'s-1'}],"
        "'participants':["
        "{'purpose':'customer','externalContactId':'x-1','attributes':{'member':'M-5','lob':'cards '},'sessions':["
        " {'mediaType':'voice','direction':'inbound','ani':'tel:+442079460001','dnis':'tel:+442079460900',"
        "  'recording':true,'segments':[{'segmentStart':'2025-01-02T10:00:00Z','segmentEnd':'2025-01-02T10:01:00Z',"
        "  'destinationConversationId':'c-2'}]},"
        " {'mediaType':'callback','callbackNumbers':['+442079460002'],'segments':[{'segmentStart':"
        "  '2025-01-02T10:01:00Z','segmentEnd':'2025-01-02T10:09:00Z'}]}]},"
        "{'purpose':'external','sessions':[{'mediaType':'voice','direction':'outbound','dnis':'+442079460003'}]},"
        "{'purpose':'agent','userId':'u-1','screenRecording':true,'attributes':{'lob':'loans'},'sessions':["
        " {'mediaType':'voice','ani':'+442079460555','recording':true,'segments':[{'queueId':'q-1','queueName':"
        "  'Cards','segmentStart':'2025-01-02T10:00:10Z','segmentEnd':'2025-01-02T10:01:30Z'}],"
        "  'metrics':[{'name':'tTalk','emitDate':'2025-01-02T10:09:30Z'}]}]}]}");
    assert_str(c->source, "org-1");
    assert_str(c->facts.id, "c-1");
    assert_time(c->facts.started_ms, "2025-01-02T10:00:00.000Z");
    assert_time(c->facts.ended_ms, "2025-01-02T10:09:00.000Z");
    assert_time(c->facts.newest_ms, "2025-03-02T10:00:00.500Z");
    assert_false(c->live);
    assert_int_equal(c->facts.customers, 2);
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.direction, "inbound");
    assert_str(c->facts.queue, "Cards");
    assert_str(c->facts.agent, "u-1");
    assert_str(c->facts.division, "d-1");
    assert_attribute(c, "mediaTypes", "voice,callback");
    assert_attribute(c, "divisionIds", "d-1,d-2");
    assert_attribute(c, "queues", "Cards,q-1");
    assert_attribute(c, "lob", "cards ");
    assert_attribute(c, "member", NULL);
    assert_related(c, "c-7,c-2");
    assert_identifiers(c, "external_id:x-1, phone:+442079460001, phone:+442079460002, phone:+442079460003, "
                          "customer_id:M-5");
    assert_locators(c, "evaluation genesys c-1/e-1\nsurvey genesys c-1/s-1\nrecording genesys c-1\n"
                       "screen_recording genesys c-1");
    reading_release(&r);
}

static void test_open_conversation(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_conversation,
        "{'conversationId':'c-1','conversationStart':'2025-01-02T10:00:00Z','participants':[{'purpose':'customer',"
        "'sessions':[{'mediaType':'message','messageType':'whatsapp','segments':[{'segmentStart':"
        "'2025-01-02T10:00:00Z','segmentEnd':'2025-01-02T10:01:00Z'},{'segmentStart':'2025-01-02T10:01:00Z'}]}]}]}");
    assert_true(c->live);
    assert_false(c->facts.end_stated);
    assert_str(c->source, NULL);
    assert_str(c->facts.channel, "whatsapp");
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    assert_time(c->facts.newest_ms, "2025-01-02T10:01:00.000Z");
    reading_release(&r);
}

static void test_part_of_a_record(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(&r, &intake_genesys_conversation,
                                                     "{'conversationId':'c-1','participants':[{'sessions':["
                                                     "{'segments':[{'segmentType':'interact'}]}]},{'userId':'u'}]}");
    assert_str(c->facts.id, "c-1");
    assert_false(c->live);
    assert_int_equal(c->facts.fact_version_ms[FACT_CUSTOMERS], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_STARTED], -1);
    assert_int_equal(c->facts.newest_ms, 0);
    reading_release(&r);
}

static void test_bad_conversations(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_genesys_conversation;
    reading_wrong(&r, f, "{'conversationId':'','participants':[]}", "conversationId: the id is empty");
    reading_wrong(&r, f, "{'conversationId':'c','participants':{}}", "participants: expected a list");
    reading_wrong(&r, f, "{'conversationId':'c','participants':[7]}", "participants[0]: expected an object");
    reading_wrong(&r, f, "{'conversationId':'c','participants':[{'sessions':[[]]}]}",
                  "participants[0].sessions[0]: expected an object");
    reading_wrong(&r, f, "{'conversationId':'c','participants':[{'sessions':[{'segments':[1]}]}]}",
                  "participants[0].sessions[0].segments[0]: expected an object");
    reading_wrong(&r, f, "{'conversationId':'c','participants':[{'userId':['u']}]}",
                  "participants[0].userId: expected text, found a list");
    const struct json *j = reading_json(&r, "{'conversationId':'c','conversationEnd':'soon'}");
    assert_int_equal(f->read(j, &r.context, &r.arena, &r.result, &r.err), E_INVALID);
    assert_memory_equal(r.err.text, "conversationEnd: ", 17);
    reading_release(&r);
}

static void test_recognises_its_own_only(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    bool (*ours)(const struct json *) = intake_genesys_conversation.recognise;
    assert_true(ours(reading_json(&r, "{'conversationId':'c','conversationStart':'t'}")));
    assert_true(ours(reading_json(&r, "{'conversationId':'c','participants':[]}")));
    assert_false(ours(reading_json(&r, "{'conversationId':'c','communicationId':'m','participants':[]}")));
    assert_false(ours(reading_json(&r, "{'conversationId':'c','transcripts':[],'participants':[]}")));
    assert_false(ours(reading_json(&r, "{'id':'r','conversationId':'c','mediaType':'voice'}")));
    assert_false(ours(reading_json(&r, "[]")));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callback_with_two_customers),
        cmocka_unit_test(test_open_conversation),
        cmocka_unit_test(test_part_of_a_record),
        cmocka_unit_test(test_bad_conversations),
        cmocka_unit_test(test_recognises_its_own_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
