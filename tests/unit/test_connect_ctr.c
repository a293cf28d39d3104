/* test_connect_ctr.c - contact records of Amazon Connect. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

#define ARN "arn:aws:connect:eu-west-2:111122223333:instance/inst-1"

static void test_record(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, &intake_connect_ctr, "subjects: {acct: customer_id}");
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_ctr,
        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-2','InitialContactId':'c-1',"
        "'PreviousContactId':'c-1','NextContactId':'c-3','InstanceARN':'" ARN "','Channel':'VOICE',"
        "'InitiationMethod':'TRANSFER','InitiationTimestamp':'2025-03-01T10:00:00Z',"
        "'DisconnectTimestamp':'2025-03-01T10:05:00Z','LastUpdateTimestamp':'2025-03-01T10:09:00Z',"
        "'Agent':{'Username':'ann','ARN':'" ARN "/agent/a-1','HierarchyGroups':null,"
        "'AfterContactWorkEndTimestamp':'2025-03-01T10:06:30Z'},'Queue':{'Name':'Payments UK'},"
        "'Attributes':{'acct':'A-7','lang':'en'},'FutureField':{'x':[1]},"
        "'CustomerEndpoint':{'Type':'TELEPHONE_NUMBER','Address':'+442079460001'},"
        "'Recordings':[{'Location':'rec/2025/c-2.wav','StorageType':'S3'}]}");
    assert_str(c->source, "inst-1");
    assert_str(c->facts.id, "c-2");
    assert_str(c->facts.initial, "c-1");
    assert_related(c, "c-3");
    assert_time(c->facts.started_ms, "2025-03-01T10:00:00.000Z");
    assert_time(c->facts.created_ms, "2025-03-01T10:00:00.000Z");
    assert_time(c->facts.ended_ms, "2025-03-01T10:06:30.000Z");
    assert_time(c->facts.newest_ms, "2025-03-01T10:09:00.000Z");
    assert_time(c->facts.fact_version_ms[FACT_QUEUE], "2025-03-01T10:09:00.000Z");
    assert_int_equal(c->facts.fact_version_ms[FACT_DIVISION], -1);
    assert_true(c->facts.end_stated);
    assert_false(c->live);
    assert_false(c->facts.time_suspect);
    assert_str(c->facts.queue, "Payments UK");
    assert_str(c->facts.agent, "ann");
    assert_str(c->facts.channel, "voice");
    assert_attribute(c, "lang", "en");
    assert_identifiers(c, "phone:+442079460001, customer_id:A-7");
    assert_locators(c, "recording rec 2025/c-2.wav");
    reading_release(&r);
}

static void test_live_contact(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_ctr,
        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-1','InstanceARN':'inst-1','Queue':null,"
        "'Agent':{'Username':null,'ARN':'" ARN "/agent/a-1'},'DisconnectTimestamp':null}");
    assert_true(c->live);
    assert_false(c->facts.end_stated);
    assert_str(c->source, "inst-1");
    assert_str(c->facts.initial, NULL);
    assert_str(c->facts.queue, NULL);
    assert_str(c->facts.agent, "a-1");
    assert_int_equal(c->facts.newest_ms, 0);
    assert_int_equal(c->facts.fact_version_ms[FACT_AGENT], 0);
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], -1);
    reading_release(&r);
}

static void test_times_that_cannot_be(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_ctr,
        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-1','LastUpdateTimestamp':"
        "'2030-01-01T00:00:00Z','InitiationTimestamp':'1970-01-01T00:00:00Z',"
        "'DisconnectTimestamp':'2031-01-01T00:00:00Z'}");
    assert_int_equal(c->facts.newest_ms, 0); /* a version in the future would win for ever */
    assert_int_equal(c->facts.fact_version_ms[FACT_STARTED], -1);
    assert_int_equal(c->facts.fact_version_ms[FACT_ENDED], 0);
    assert_time(c->facts.ended_ms, NULL);
    assert_true(c->facts.time_suspect);
    assert_true(c->facts.end_stated);
    assert_false(c->live);
    reading_release(&r);
}

/* Both "not set": it is over, and nobody knows when; one of them alone is only not carried. */
static void test_no_time_is_set(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_ctr,
        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-1','LastUpdateTimestamp':"
        "'2025-03-01T10:00:00Z','InitiationTimestamp':'1970-01-01T00:00:00Z',"
        "'DisconnectTimestamp':'1970-01-01T00:00:00.001Z'}");
    assert_time(c->facts.ended_ms, NULL);
    assert_true(c->facts.time_suspect);
    assert_true(c->facts.end_stated);
    assert_false(c->live);
    c = reading_contact(&r, &intake_connect_ctr,
                        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-2','LastUpdateTimestamp':"
                        "'2025-03-01T10:00:00Z','InitiationTimestamp':'2025-03-01T09:00:00Z',"
                        "'DisconnectTimestamp':'1970-01-01T00:00:00Z'}");
    assert_false(c->facts.time_suspect);
    assert_false(c->facts.end_stated);
    assert_true(c->live);
    c = reading_contact(&r, &intake_connect_ctr,
                        "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-3','LastUpdateTimestamp':"
                        "'2025-03-01T10:00:00Z','InitiationTimestamp':'1970-01-01T00:00:00Z','DisconnectTimestamp':''}");
    assert_false(c->facts.end_stated);
    reading_release(&r);
}

static void test_described_contact(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_contact *c = reading_contact(
        &r, &intake_connect_ctr,
        "{'Arn':'" ARN "/contact/c-5','Id':'c-5','InitialContactId':'c-4','InitiationMethod':'INBOUND',"
        "'Channel':'CHAT','InitiationTimestamp':1740823200.5,'DisconnectTimestamp':1740823260,"
        "'LastUpdateTimestamp':1740823300,'QueueInfo':{'Id':'q-1'},'AgentInfo':{'Id':'a-1',"
        "'AfterContactWorkEndTimestamp':1740823290},'NextContacts':[{'ContactId':'c-6'}],"
        "'SegmentAttributes':{'connect:Subtype':{'ValueString':'connect:SMS'}}}");
    assert_str(c->facts.id, "c-5");
    assert_str(c->source, "inst-1");
    assert_str(c->facts.initial, "c-4");
    assert_related(c, "c-6");
    assert_time(c->facts.started_ms, "2025-03-01T10:00:00.500Z");
    assert_time(c->facts.ended_ms, "2025-03-01T10:01:30.000Z");
    assert_str(c->facts.channel, "sms");
    assert_str(c->facts.queue, "q-1");
    assert_int_equal(c->facts.fact_version_ms[FACT_QUEUE], 0); /* gives way to a name */
    reading_release(&r);
}

static void test_bad_records(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_format *f = &intake_connect_ctr;
    reading_wrong(&r, f, "{'AWSContactTraceRecordFormatVersion':'x'}", "ContactId is missing");
    reading_wrong(&r, f, "{'ContactId':{'v':1}}", "ContactId: expected text, found an object");
    reading_wrong(&r, f, "{'ContactId':true}", "ContactId: expected text, found true or false");
    reading_wrong(&r, f, "{'ContactId':'c','Queue':'q'}", "Queue: expected an object");
    reading_wrong(&r, f, "{'ContactId':'c','Agent':{'Username':[]}}", "Agent.Username: expected text, found a list");
    reading_wrong(&r, f, "['ContactId']", "expected an object");
    const struct json *j = reading_json(&r, "{'ContactId':'c','InitiationTimestamp':'yesterday'}");
    assert_int_equal(f->read(j, &r.context, &r.arena, &r.result, &r.err), E_INVALID);
    assert_memory_equal(r.err.text, "InitiationTimestamp: ", 21);
    reading_release(&r);
}

static void test_recognises_its_own_only(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    bool (*ours)(const struct json *) = intake_connect_ctr.recognise;
    assert_true(ours(reading_json(&r, "{'AWSContactTraceRecordFormatVersion':'2017-03-10'}")));
    assert_true(ours(reading_json(&r, "{'InstanceARN':'x','InitiationTimestamp':'','LastUpdateTimestamp':''}")));
    assert_false(ours(reading_json(&r, "{'ContactId':'c','InstanceId':'i','EventType':'SEGMENTS'}")));
    assert_false(ours(reading_json(&r, "{'Id':'x','Arn':'y'}")));
    assert_false(ours(reading_json(&r, "['AWSContactTraceRecordFormatVersion']")));
    assert_false(ours(reading_json(&r, "7")));
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_live_contact),
        cmocka_unit_test(test_times_that_cannot_be), cmocka_unit_test(test_no_time_is_set),
        cmocka_unit_test(test_described_contact),
        cmocka_unit_test(test_bad_records),
        cmocka_unit_test(test_recognises_its_own_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
