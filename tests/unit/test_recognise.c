/* test_recognise.c - which format a document is of, and what lies inside envelopes. */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

#define RECORD "{'AWSContactTraceRecordFormatVersion':'2017-03-10','ContactId':'c-1'}"
/* RECORD in base64 with double quotes. */
#define RECORD_BASE64 "eyJBV1NDb250YWN0VHJhY2VSZWNvcmRGb3JtYXRWZXJzaW9uIjoiMjAxNy0wMy0xMCIsIkNvbnRhY3RJZCI6ImMtMSJ9"
/* The same as a JSON string. */
#define RECORD_QUOTED "'{\\'AWSContactTraceRecordFormatVersion\\':\\'x\\',\\'ContactId\\':\\'c-1\\'}'"

static void test_names(void **state UNUSED)
{
    static const char *const names[] = {"connect-event", "connect-ctr", "genesys-event", "genesys-conversation", "csv"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_string_equal(intake_formats[i]->name, names[i]);
        assert_ptr_equal(intake_format_named(str_of(names[i])), intake_formats[i]);
    }
    assert_null(intake_formats[ARRAY_LEN(names)]);
    assert_null(intake_format_named(STR("auto")));
    assert_null(intake_format_named(STR_NONE));
}

/* Formats of one source share their options: a source's entry is read once, and every format of it looks things up. */
static void test_formats_of_a_source_share_options(void **state UNUSED)
{
    for (size_t i = 0; intake_formats[i] != NULL; i++)
        for (size_t k = 0; intake_formats[k] != NULL; k++)
            if (strcmp(intake_formats[i]->source_type, intake_formats[k]->source_type) == 0) {
                assert_ptr_equal(intake_formats[i]->options, intake_formats[k]->options);
                assert_ptr_equal(intake_formats[i]->check, intake_formats[k]->check);
            }
}

static void test_one_part(void **state UNUSED)
{
    static const struct {
        const char *json, *format, *place;
    } rows[] = {
        {RECORD, "connect-ctr", NULL},
        {"{'Records':[{'eventSource':'aws:kinesis','kinesis':{'data':'" RECORD_BASE64 "'}}]}", "connect-ctr",
         "Records[0].kinesis.data"},
        {"{'invocationId':'i','records':[{'recordId':'1','data':'" RECORD_BASE64 "'}]}", "connect-ctr",
         "records[0].data"},
        {"{'recordId':'1','data':'" RECORD_BASE64 "'}", "connect-ctr", "data"},
        {"{'Type':'Notification','TopicArn':'t','Message':" RECORD_QUOTED "}", "connect-ctr", "Message"},
        {"{'messageId':'m','body':" RECORD_QUOTED "}", "connect-ctr", "body"},
        {"{'detail-type':'Contact Event','source':'aws.connect','detail':{'eventType':'QUEUED','contactId':'c',"
         "'instanceArn':'i'}}", "connect-event", NULL},
        {"{'detail-type':'my own','detail':" RECORD "}", "connect-ctr", "detail"},
        {"{'Contact':{'Id':'c','Arn':'a','InitiationMethod':'API','InitiationTimestamp':'t'}}", "connect-ctr",
         "Contact"},
        {"{'totalHits':1,'conversations':[{'conversationId':'c','conversationStart':'t'}]}", "genesys-conversation",
         "conversations[0]"},
        {"{'topicName':'t','eventBody':{}}", "genesys-event", NULL},
    };
    struct reading r;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct intake_part *p = reading_part(&r, rows[i].json);
        assert_non_null(p->format);
        assert_string_equal(p->format->name, rows[i].format);
        assert_str(p->place, rows[i].place);
        assert_null(p->ignored_why);
        assert_null(p->trouble.p);
    }
    reading_release(&r);
}

static void test_ignored_and_unknown(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    const struct intake_part *p = reading_part(&r, "{'Records':[{'eventVersion':'1','eventSource':'aws:s3','s3':"
                                                   "{'bucket':{}}}]}");
    assert_string_equal(p->ignored_why, "an S3 event notification");
    p = reading_part(&r, "{'conversations':[]}");
    assert_string_equal(p->ignored_why, "an empty list");
    static const char *const unknown[] = {"{}", "7", "null", "{'id':'a','name':'b'}", "{'ContactId':'c'}"};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        p = reading_part(&r, unknown[i]);
        assert_null(p->format);
        assert_null(p->ignored_why);
        assert_str(p->trouble, "not a format this program knows");
    }
    reading_release(&r);
}

/* One bad record of a batch costs no other. */
static void test_batch(void **state UNUSED)
{
    struct reading r;
    struct intake_part *parts;
    size_t n;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(
        &r, "{'requestId':'r','records':[{'data':'" RECORD_BASE64 "'},{'data':'%%'},{'data':'bm8='},"
            "{'data':'" RECORD_BASE64 "'}]}");
    assert_int_equal(intake_open(j, &r.arena, &parts, &n, &r.err), OK);
    assert_int_equal(n, 4);
    assert_ptr_equal(parts[0].format, &intake_connect_ctr);
    assert_str(parts[1].trouble, "expected base64");
    assert_str(parts[1].place, "records[1].data");
    assert_null(parts[2].format);
    assert_memory_equal(parts[2].trouble.p, "1:", 2);
    assert_ptr_equal(parts[3].format, &intake_connect_ctr);
    assert_str(parts[3].place, "records[3].data");
    assert_int_equal(parts[3].format->read(parts[3].document, &r.context, &r.arena, &r.result, &r.err), OK);
    assert_str(r.result.contacts[0].facts.id, "c-1");
    reading_release(&r);
}

static void test_layers_are_bounded(void **state UNUSED)
{
    struct reading r;
    reading_init(&r, NULL, NULL);
    assert_ptr_equal(reading_part(&r, "[[[[" RECORD "]]]]")->format, &intake_connect_ctr);
    const struct intake_part *p = reading_part(&r, "[[[[[" RECORD "]]]]]");
    assert_null(p->format);
    assert_str(p->trouble, "more than 4 envelopes one inside the other");
    assert_str(p->place, "[0][0][0][0]");
    reading_release(&r);
}

static void test_single_answer(void **state UNUSED)
{
    struct reading r;
    const struct intake_format *format;
    const struct json *inner;
    const char *why;
    reading_init(&r, NULL, NULL);
    assert_int_equal(intake_recognise(reading_json(&r, "[" RECORD "]"), &r.arena, &format, &inner, &why, &r.err), OK);
    assert_ptr_equal(format, &intake_connect_ctr);
    assert_str(json_string(json_get(inner, "ContactId")), "c-1");
    assert_null(why);
    assert_int_equal(intake_recognise(reading_json(&r, "{}"), &r.arena, &format, &inner, &why, &r.err), OK);
    assert_null(format);
    assert_null(why);
    assert_int_equal(intake_recognise(reading_json(&r, "[1,2]"), &r.arena, &format, &inner, &why, &r.err),
                     E_UNSUPPORTED);
    reading_release(&r);
}

static void test_out_of_memory(void **state UNUSED)
{
    struct reading r;
    struct intake_part *parts;
    size_t n;
    reading_init(&r, NULL, NULL);
    struct arena small;
    arena_init(&small, 16);
    const struct json *j = reading_json(&r, "{'records':[{'data':'" RECORD_BASE64 "'}]}");
    assert_int_equal(intake_open(j, &small, &parts, &n, &r.err), E_LIMIT);
    arena_release(&small);
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_formats_of_a_source_share_options),
        cmocka_unit_test(test_one_part),
        cmocka_unit_test(test_ignored_and_unknown),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_layers_are_bounded),
        cmocka_unit_test(test_single_answer),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
