/* test_envelope.c - documents that carry other documents. */
#include "intake/envelope.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_kinds(void **state UNUSED)
{
    static const struct {
        const char *json;
        enum envelope_kind kind;
        const char *name;
    } rows[] = {
        {"{'eventSource':'aws:kinesis','kinesis':{'data':'e30='}}", ENVELOPE_BASE64, "kinesis.data"},
        {"{'SequenceNumber':'1','Data':'e30='}", ENVELOPE_BASE64, "Data"},
        {"{'recordId':'1','data':'e30='}", ENVELOPE_BASE64, "data"},
        {"{'data':'e30='}", ENVELOPE_BASE64, "data"},
        {"{'EventSource':'aws:sns','Sns':{'Message':'{}'}}", ENVELOPE_TEXT, "Sns.Message"},
        {"{'TopicArn':'t','Message':'{}'}", ENVELOPE_TEXT, "Message"},
        {"{'messageId':'m','body':'{}'}", ENVELOPE_TEXT, "body"},
        {"{'MessageId':'m','ReceiptHandle':'r','Body':'{}'}", ENVELOPE_TEXT, "Body"},
        {"{'detail-type':'x','detail':{}}", ENVELOPE_OBJECT, "detail"},
        {"{'Contact':{'InitiationMethod':'INBOUND'}}", ENVELOPE_OBJECT, "Contact"},
        {"{'requestId':'r','records':[]}", ENVELOPE_LIST, "records"},
        {"{'totalHits':1,'conversations':[]}", ENVELOPE_LIST, "conversations"},
        {"{'Messages':[]}", ENVELOPE_LIST, "Messages"},
        {"[]", ENVELOPE_LIST, ""},
        {"{'data':'e30=','other':1}", ENVELOPE_NONE, ""},
        {"{'data':{},'recordId':'1'}", ENVELOPE_NONE, ""},
        {"{'body':'{}'}", ENVELOPE_NONE, ""},
        {"{'Contact':'Jane'}", ENVELOPE_NONE, ""},
        {"{'records':{}}", ENVELOPE_NONE, ""},
        {"{}", ENVELOPE_NONE, ""},
        {"'text'", ENVELOPE_NONE, ""},
    };
    struct reading r;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct envelope e = envelope_of(reading_json(&r, rows[i].json));
        assert_int_equal(e.kind, rows[i].kind);
        assert_string_equal(e.name, rows[i].name);
    }
    reading_release(&r);
}

static enum status open_text(struct reading *r, enum envelope_kind kind, const char *text, const struct json **out)
{
    struct json *content = ARENA_NEW(&r->arena, struct json);
    assert_non_null(content);
    *content = (struct json){.type = JSON_STRING, .text = str_of(text)};
    struct envelope e = {kind, content, "x"};
    return envelope_open(&e, &r->arena, out, &r->err);
}

static void test_open(void **state UNUSED)
{
    struct reading r;
    const struct json *j;
    reading_init(&r, NULL, NULL);
    assert_int_equal(open_text(&r, ENVELOPE_TEXT, "{\"a\":\"b\"}\n", &j), OK);
    assert_str(json_string(json_get(j, "a")), "b");
    assert_int_equal(open_text(&r, ENVELOPE_BASE64, "eyJhIjoiYiJ9Cg==", &j), OK);
    assert_str(json_string(json_get(j, "a")), "b");
    assert_int_equal(open_text(&r, ENVELOPE_TEXT, "hello", &j), E_INVALID);
    assert_int_equal(open_text(&r, ENVELOPE_TEXT, "", &j), E_INVALID);
    assert_int_equal(open_text(&r, ENVELOPE_BASE64, "eyJhIjoi!", &j), E_INVALID);
    assert_string_equal(r.err.text, "expected base64");
    assert_int_equal(open_text(&r, ENVELOPE_BASE64, "", &j), E_INVALID);
    assert_int_equal(open_text(&r, ENVELOPE_BASE64, "H4sIAAAA", &j), E_INVALID);
    assert_string_equal(r.err.text, "compressed data inside an envelope is not read");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
