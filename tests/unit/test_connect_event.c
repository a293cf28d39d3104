/* test_connect_event.c - contact events of Amazon Connect. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

#define ARN "arn:aws::connect:eu-west-2:1:instance/inst-1"

static void test_envelope_and_mixed_case(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_event,
        "{'source':'aws.connect','detail-type':'Amazon Connect Contact Event','time':'2025-03-01T10:06:00Z','detail':{"
        "'EventType':'DISCONNECTED','ContactId':'c-2','InitialContactId':'c-1','PreviousContactId':'c-0',"
        "'Channel':'Voice','InstanceArn':'" ARN "','InitiationMethod':'OUTBOUND','InitiationTimestamp':"
        "'2025-03-01T10:00:00.000Z','DisconnectTimestamp':'2025-03-01T10:05:00.000Z',"
        "'AgentInfo':{'AgentArn':'" ARN "/agent/a-1','connectedToAgentTimestamp':'2025-03-01T10:01:00Z'},"
        "'queueInfo':{'queueArn':'" ARN "/queue/q-1'}}}");
    assert_str(c->source, "inst-1");
    assert_str(c->facts.id, "c-2");
    assert_str(c->facts.initial, "c-1");
    assert_related(c, "c-0");
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.direction, "outbound");
    assert_time(c->facts.started_ms, "2025-03-01T10:00:00.000Z");
    assert_time(c->facts.ended_ms, "2025-03-01T10:05:00.000Z");
    assert_time(c->facts.newest_ms, "2025-03-01T10:06:00.000Z");
    assert_time(c->facts.fact_version_ms[FACT_ENDED], "2025-03-01T10:06:00.000Z");
    assert_str(c->facts.queue, "q-1");
    assert_int_equal(c->facts.fact_version_ms[FACT_QUEUE], 0); /* a contact record knows the name */
    assert_str(c->facts.agent, "a-1");
    assert_false(c->live);
    reading_release(&r);
}

static void test_bare_event_takes_its_latest_time(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_event,
        "{'eventType':'CONNECTED_TO_AGENT','contactId':'c-1','instanceArn':'" ARN "','initiationTimestamp':"
        "'2025-03-01T10:00:00Z','connectedToSystemTimestamp':'1970-01-01T00:00:00.001Z','agentInfo':"
        "{'connectedToAgentTimestamp':'2025-03-01T10:01:00Z'},'scheduledTimestamp':'2099-01-01T00:00:00Z'}");
    assert_true(c->live);
    assert_false(c->facts.time_suspect);
    assert_time(c->facts.newest_ms, "2025-03-01T10:01:00.000Z");
    c = reading_contact(&r, &intake_connect_event,
                        "{'eventType':'INITIATED','contactId':'c-1','instanceArn':'" ARN "',"
                        "'eventTimestamp':'2025-03-01T10:00:30Z','queueInfo':{'queueArn':'arn'}}");
    assert_time(c->facts.newest_ms, "2025-03-01T10:00:30.000Z");
    assert_str(c->facts.queue, NULL);
    reading_release(&r);
}

static void test_end_without_a_time(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_event, "{'eventType':'COMPLETED','contactId':'c-1','instanceArn':'" ARN "'}");
    assert_true(c->facts.end_stated);
    assert_false(c->live);
    assert_time(c->facts.ended_ms, NULL);
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    assert_int_equal(c->facts.newest_ms, 0);
    reading_release(&r);
}

#define NAMED(type) "{'detail-type':'" type "','time':'2025-03-01T10:06:00Z','detail':{'eventType':'QUEUED'," \
                    "'contactId':'c-1','instanceArn':'" ARN "'}}"

static void test_detail_type_is_a_setting(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_connect_event;
    assert_str(reading_contact(&r, f, NAMED("Amazon Connect Contact Event v2"))->facts.id, "c-1");
    reading_wrong(&r, f, NAMED("Acme Contact Event"),
                  "detail-type: not a detail-type of contact events; name it in the source's detail_types");
    reading_release(&r);
    reading_init(&r, f, "detail_types: [Acme Contact Event]");
    assert_str(reading_contact(&r, f, NAMED("Acme Contact Event"))->facts.id, "c-1");
    reading_wrong(&r, f, NAMED("Amazon Connect Contact Event"),
                  "detail-type: not a detail-type of contact events; name it in the source's detail_types");
    reading_release(&r);
}

static void test_bad_events(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_connect_event;
    reading_wrong(&r, f, "{'detail-type':'Amazon Connect Contact Event','detail':{'eventType':'QUEUED'}}",
                  "detail: contactId is missing");
    reading_wrong(&r, f, "{'detail-type':'Amazon Connect Contact Event','detail':7}", "detail: expected an object");
    reading_wrong(&r, f, "{'contactId':[]}", "contactId: expected text, found a list");
    reading_wrong(&r, f, "{'contactId':'c','agentInfo':{'agentArn':{}}}",
                  "agentInfo.agentArn: expected text, found an object");
    reading_release(&r);
}

static void test_recognises_its_own_only(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    bool (*ours)(const struct json *) = intake_connect_event.recognise;
    assert_true(ours(reading_json(&r, NAMED("anything"))));
    assert_false(ours(reading_json(&r, "{'EventType':'LOGIN','AgentARN':'a','InstanceARN':'i','EventId':'e'}")));
    assert_false(ours(reading_json(&r, "{'EventType':'SEGMENTS','ContactId':'c','InstanceId':'i'}")));
    assert_false(ours(reading_json(&r, "{'ContactId':'c','InstanceARN':'i','InitiationTimestamp':'t'}")));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope_and_mixed_case),
        cmocka_unit_test(test_bare_event_takes_its_latest_time),
        cmocka_unit_test(test_end_without_a_time),
        cmocka_unit_test(test_detail_type_is_a_setting),
        cmocka_unit_test(test_bad_events),
        cmocka_unit_test(test_recognises_its_own_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
