/* test_connect.c - the parts that Amazon Connect's documents share. */
#include "intake/connect.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct json *begin(struct reading *r, struct draft *d, const char *text)
{
    const struct json *j = reading_json(r, text);
    draft_init(d, j, &r->context, &r->arena);
    d->version_ms = 9;
    return j;
}

static void test_arn_part(void **state UNUSED)
{
    struct str arn = STR("arn:aws::connect:us-west-2:1:instance/i-1/queue/q-2");
    assert_str(arn_part(arn, ":instance/"), "i-1");
    assert_str(arn_part(arn, "/queue/"), "q-2");
    assert_str(arn_part(arn, "/agent/"), NULL);
    assert_str(arn_part(STR("arn:aws:connect:x:1:instance/"), ":instance/"), NULL);
    assert_str(arn_part(STR_NONE, "/queue/"), NULL);
}

static void test_source(void **state UNUSED)
{
    static const struct {
        const char *json, *expected;
    } rows[] = {
        {"{'InstanceARN':'arn:aws:connect:eu-west-2:1:instance/i-9'}", "i-9"},
        {"{'instanceArn':'i-9'}", "i-9"},
        {"{'InstanceARN':'arn:aws:s3:::bucket'}", NULL},
        {"{'InstanceARN':null}", NULL},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *j = begin(&r, &d, rows[i].json);
        assert_int_equal(connect_source(&d, j, "InstanceARN", &r.err), OK);
        assert_str(d.contact.source, rows[i].expected);
    }
    reading_release(&r);
}

static void test_channel(void **state UNUSED)
{
    static const struct {
        const char *json, *channel, *direction;
    } rows[] = {
        {"{'Channel':'VOICE','InitiationMethod':'INBOUND'}", "voice", "inbound"},
        {"{'channel':'Chat','SegmentAttributes':{'connect:Subtype':{'ValueString':'connect:WhatsApp'}}}", "whatsapp",
         NULL},
        {"{'Channel':'CHAT','segmentAttributes':{'connect:Subtype':{'valueString':'connect:SMS'}}}", "sms", NULL},
        {"{'Channel':'CHAT','SegmentAttributes':{'connect:Subtype':{'ValueString':'connect:Guide'}}}", "chat", NULL},
        {"{'Channel':'EMAIL','SegmentAttributes':null,'InitiationMethod':'QUEUE_TRANSFER'}", "email",
         "queue_transfer"},
        {"{}", NULL, NULL},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *j = begin(&r, &d, rows[i].json);
        assert_int_equal(connect_channel(&d, j, &r.err), OK);
        assert_str(d.contact.facts.channel, rows[i].channel);
        assert_str(d.contact.facts.direction, rows[i].direction);
        assert_int_equal(d.contact.facts.fact_version_ms[FACT_CHANNEL], rows[i].channel != NULL ? 9 : -1);
    }
    const struct json *j = begin(&r, &d, "{'SegmentAttributes':{'connect:Subtype':{'ValueString':{}}}}");
    assert_int_equal(connect_channel(&d, j, &r.err), E_INVALID);
    assert_string_equal(r.err.text,
                        "SegmentAttributes.connect:Subtype.ValueString: expected text, found an object");
    reading_release(&r);
}

static void test_links(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j =
        begin(&r, &d, "{'InitialContactId':'c-1','PreviousContactId':'c-1','NextContactId':'c-3',"
                      "'RelatedContactId':'c-9','NextContacts':[{'ContactId':'c-3'},{'ContactId':'c-4'}]}");
    d.contact.facts.id = STR("c-2");
    assert_int_equal(connect_links(&d, j, &r.err), OK);
    assert_str(d.contact.facts.initial, "c-1");
    assert_related(&d.contact, "c-3,c-9,c-4");
    j = begin(&r, &d, "{'InitialContactId':null}");
    assert_int_equal(connect_links(&d, j, &r.err), OK);
    assert_str(d.contact.facts.initial, NULL);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_INITIAL], -1);
    reading_release(&r);
}

static void test_end(void **state UNUSED)
{
    static const struct {
        const char *json, *ended;
        bool stated, suspect;
    } rows[] = {
        {"{'d':'2025-01-01T10:00:00Z','a':{'AfterContactWorkEndTimestamp':'2025-01-01T10:02:00Z'}}",
         "2025-01-01T10:02:00.000Z", true, false},
        {"{'d':'2025-01-01T10:00:00Z','a':{'AfterContactWorkEndTimestamp':'2025-01-01T09:00:00Z'}}",
         "2025-01-01T10:00:00.000Z", true, false},
        {"{'d':'2025-01-01T10:00:00Z','a':{'AfterContactWorkEndTimestamp':'2099-01-01T09:00:00Z'}}",
         "2025-01-01T10:00:00.000Z", true, false},
        {"{'d':null,'a':{'AfterContactWorkEndTimestamp':'2025-01-01T09:00:00Z'}}", NULL, false, false},
        {"{'d':'1970-01-01T00:00:00.001Z','a':null}", NULL, false, false},
        {"{'d':'1999-01-01T00:00:00Z','a':null}", NULL, true, true},
    };
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *j = begin(&r, &d, rows[i].json);
        assert_int_equal(connect_end(&d, json_get(j, "d"), json_get(j, "a"), &r.err), OK);
        assert_time(d.contact.facts.ended_ms, rows[i].ended);
        assert_int_equal(d.contact.facts.end_stated, rows[i].stated);
        assert_int_equal(d.contact.facts.time_suspect, rows[i].suspect);
    }
    reading_release(&r);
}

static void test_people(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = begin(
        &r, &d,
        "{'Attributes':{'retention Category ':'fin','n':null,'e':'','y':true},'CustomerId':'C-1',"
        "'ContactDetails':{'Name':'Callback','Reference':{'x':1}},"
        "'CustomerEndpoint':{'Type':'TELEPHONE_NUMBER','Address':'+442079460001'},"
        "'AdditionalEmailRecipients':{'ToList':[{'Address':'B@example.com'}],'CcList':[{'Address':'c@example.com'}]}}");
    assert_int_equal(connect_people(&d, j, &r.err), OK);
    assert_identifiers(&d.contact, "customer_id:C-1, phone:+442079460001, email:b@example.com, email:c@example.com");
    assert_attribute(&d.contact, "retention Category ", "fin");
    assert_attribute(&d.contact, "e", "");
    assert_attribute(&d.contact, "y", "true");
    assert_attribute(&d.contact, "n", NULL);
    assert_attribute(&d.contact, "ContactDetails.Name", "Callback");
    assert_int_equal(d.contact.facts.attributes_n, 4);
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_ATTRIBUTES], 9);
    j = begin(&r, &d, "{'Attributes':null,'CustomerEndpoint':{'Type':'VOIP','Address':'x@y.example'}}");
    assert_int_equal(connect_people(&d, j, &r.err), OK);
    assert_identifiers(&d.contact, "");
    assert_int_equal(d.contact.facts.fact_version_ms[FACT_ATTRIBUTES], -1);
    j = begin(&r, &d, "{'Attributes':{'a':{'b':1}}}");
    assert_int_equal(connect_people(&d, j, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "Attributes.a: expected text, found an object");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arn_part), cmocka_unit_test(test_source), cmocka_unit_test(test_channel),
        cmocka_unit_test(test_links),    cmocka_unit_test(test_end),    cmocka_unit_test(test_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
