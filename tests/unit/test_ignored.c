/* test_ignored.c - known documents that are no contacts. */
#include "intake/ignored.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void test_documents(void **state UNUSED)
{
    static const struct {
        const char *json, *what;
    } rows[] = {
        {"{'eventVersion':'1','eventSource':'aws:s3','s3':{'bucket':{'name':'b'}}}", "an S3 event notification"},
        {"{'eventVersion':'1','eventSource':'x','eventName':'GetContactAttributes','userIdentity':{},'eventID':'1'}",
         "an AWS CloudTrail entry"},
        {"{'Type':'SubscriptionConfirmation','TopicArn':'t','Token':'x','SubscribeURL':'u','Message':'m'}",
         "an SNS subscription message"},
        {"{'detail-type':'Object Created','detail':{'bucket':{},'object':{}}}", "an S3 event notification"},
        {"{'Channel':'CHAT','InstanceId':'i','ContactId':'c','EventType':'STARTED','LanguageCode':'en-US'}",
         "a Contact Lens real-time segment"},
        {"{'schemaVersion':'3.1','evaluationId':'e','metadata':{'contactId':'c'}}", "an Amazon Connect evaluation"},
        {"{'conversationId':'c','communicationId':'m','transcripts':[]}", "a Genesys speech transcript"},
        {"{'object':'whatsapp_business_account','entry':[]}", "a Meta webhook (WhatsApp, Messenger, Instagram)"},
        {"{'object':'page'}", NULL},
        {"{'sender':{'id':'1'},'recipient':{'id':'2'},'timestamp':1}", "a Messenger message"},
        {"{'sender':null,'recipient':{'id':'2'},'timestamp':1}", NULL},
        {"{'ContactId':'c','InstanceARN':'i'}", NULL},
        {"{'conversationId':'c'}", NULL},
        {"{}", NULL},
        {"[{'object':'page','entry':[]}]", NULL},
        {"3", NULL},
    };
    struct reading r;
    reading_init(&r, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *what = ignored_kind(reading_json(&r, rows[i].json));
        assert_str(str_of(what), rows[i].what);
    }
    reading_release(&r);
}

static void test_texts(void **state UNUSED)
{
    static const char *const mails[] = {
        "From: a@example.com\nDate: Mon, 2 Apr 2012 20:21:52 +0400\n\nHi\n",
        "Received: from x by y;\n\tMon, 2 Apr 2012\nSubject: x\n\n",
        "\xef\xbb\xbfMIME-Version: 1.0\r\nSubject: x\r\n\r\n",
        "From ann@example.com  Fri Feb 22 17:06:23 2008\nmessage-id: <1@example.com>\n\n",
    };
    static const char *const others[] = {
        "", "id,started\n1,2\n", "dataset:\n  - name: x\n", "Hello Ann,\nFrom: me\nDate: now\n",
        "Subject: only this\n\nMIME-Version: 1.0\n", "From: a column,Date: another\n", "\n\nReceived: late\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(mails); i++)
        assert_str(str_of(intake_ignored_text(str_of(mails[i]))), "an e-mail message");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_null(intake_ignored_text(str_of(others[i])));
    assert_null(intake_ignored_text(STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents), cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
