/* test_genesys_api.c - conversations of Genesys Cloud as the conversations API gives them. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_call(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_conversation,
        "{'id':'c-1','startTime':'2025-01-02T10:00:00Z','endTime':'2025-01-02T12:00:00Z','divisions':"
        "[{'division':{'id':'d-1'}}],'participants':["
        "{'purpose':'customer','startTime':'2025-01-02T10:00:00Z','endTime':'2025-01-02T10:05:00Z',"
        " 'externalContactId':'x-1','address':'tel:+442079460001','ani':'tel:+442079460001',"
        " 'attributes':{'k':'v'},'calls':[{'direction':'inbound','connectedTime':'2025-01-02T10:00:01Z',"
        "  'disconnectedTime':'2025-01-02T10:05:00Z','recording':true,'recordingState':'none'}]},"
        "{'purpose':'agent','userId':'u-1','queueId':'q-1','startTime':'2025-01-02T10:01:00Z',"
        " 'endTime':'2025-01-02T10:06:00Z'}]}");
    assert_str(c->facts.id, "c-1");
    assert_time(c->facts.started_ms, "2025-01-02T10:00:00.000Z");
    assert_time(c->facts.ended_ms, "2025-01-02T10:06:00.000Z");
    assert_time(c->facts.newest_ms, "2025-01-02T12:00:00.000Z");
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.direction, "inbound");
    assert_str(c->facts.queue, "q-1");
    assert_str(c->facts.agent, "u-1");
    assert_str(c->facts.division, "d-1");
    assert_int_equal(c->facts.customers, 1);
    assert_attribute(c, "k", "v");
    assert_identifiers(c, "external_id:x-1, phone:+442079460001");
    assert_locators(c, "recording genesys c-1");
    reading_release(&r);
}

static void test_outbound_message_that_goes_on(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_genesys_conversation,
        "{'id':'c-1','startTime':'2025-01-02T10:00:00Z','participants':[{'purpose':'customer','dnis':'+442079460001',"
        "'ani':'+442079460900','messages':[{'type':'sms','direction':'outbound','toAddress':"
        "{'addressNormalized':'+442079460001'},'recordingState':'active'}]}]}");
    assert_true(c->live);
    assert_str(c->facts.channel, "sms");
    assert_str(c->facts.direction, "outbound");
    assert_identifiers(c, "phone:+442079460001");
    assert_locators(c, "recording genesys c-1");
    reading_release(&r);
}

static void test_bad(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_genesys_conversation;
    reading_wrong(&r, f, "{'id':[],'startTime':'x','participants':[]}", "id: expected text, found a list");
    reading_wrong(&r, f, "{'id':'c','startTime':'2025-01-02T10:00:00Z','participants':[{'calls':{}}]}",
                  "participants[0].calls: expected a list");
    reading_wrong(&r, f, "{'id':'c','startTime':'2025-01-02T10:00:00Z','participants':[{'emails':[true]}]}",
                  "participants[0].emails[0]: expected an object");
    assert_false(f->recognise(reading_json(&r, "{'id':'a','name':'n','division':{}}")));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_outbound_message_that_goes_on),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
