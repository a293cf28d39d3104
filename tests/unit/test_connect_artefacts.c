/* test_connect_artefacts.c - where a contact record says that its artefacts lie. */
#include "intake/connect.h"

#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <cmocka.h>

static void check(const char *text, const char *expected)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, text);
    draft_init(&d, j, &r.context, &r.arena);
    if (connect_artefacts(&d, j, &r.err) != OK)
        fail_msg("%s", r.err.text);
    assert_locators(&d.contact, expected);
    reading_release(&r);
}

static void test_recordings(void **state UNUSED)
{
    check("{'Recording':{'Location':'b/one.wav','Type':'AUDIO'},'Recordings':["
          "{'Location':'b/one.wav','MediaStreamType':'AUDIO','StorageType':'S3','Status':'DELETED'},"
          "{'Location':'b/two.mp4','MediaStreamType':'VIDEO'},"
          "{'Location':'b/ivr/one.wav','MediaStreamType':'AUTOMATED_INTERACTION'},"
          "{'Location':'b/chat.json','MediaStreamType':'CHAT','UnprocessedTranscriptLocation':'b/raw.json'},"
          "{'Location':'b/screen.mp4','MediaStreamType':'SCREEN'},"
          "{'Location':null,'Status':null,'ParticipantType':null},null]}",
          "recording b one.wav\nvideo b two.mp4\nrecording b ivr/one.wav\ntranscript b chat.json\n"
          "transcript b raw.json\nscreen_recording b screen.mp4");
}

static void test_media_streams_are_no_objects(void **state UNUSED)
{
    check("{'Recordings':[{'StorageType':'KINESIS_VIDEO_STREAM','Location':'arn:aws:kinesisvideo:x:1:stream/s/1'},"
          "{'StorageType':'KVS','Location':'stream-2','MediaStreamType':'AUDIO'}]}",
          "recording kinesis-video arn:aws:kinesisvideo:x:1:stream/s/1\nrecording kinesis-video stream-2");
}

static void test_evaluations(void **state UNUSED)
{
    check("{'ContactEvaluations':{'form-1':{'EvaluationArn':'arn:e/1','ExportLocation':'b/Evaluations/e1.json'},"
          "'form-2':{'EvaluationArn':'arn:e/2','ExportLocation':null}}}",
          "evaluation amazon-connect arn:e/1\nevaluation b Evaluations/e1.json\nevaluation amazon-connect arn:e/2");
    check("{'Evaluations':[{'EvaluationArn':'arn:e/3'}]}", "evaluation amazon-connect arn:e/3");
}

static void test_references_and_attachments(void **state UNUSED)
{
    check("{'References':[{'Type':'ATTACHMENT','Name':'x','Value':'arn:file/1'},{'Type':'URL','Value':'https://a/b'},"
          "{'Type':'EMAIL_MESSAGE','ReferenceArn':'arn:mail/1','Value':'x'}],'Attachments':[{'AttachmentId':'f-2'}]}",
          "attachment amazon-connect arn:file/1\nemail amazon-connect arn:mail/1\nattachment amazon-connect f-2");
}

static void test_nothing(void **state UNUSED)
{
    check("{'Recording':null,'Recordings':null,'References':[],'ContactEvaluations':null}", "");
}

static void test_wrong_types(void **state UNUSED)
{
    struct reading r;
    struct draft d;
    reading_init(&r, NULL, NULL);
    const struct json *j = reading_json(&r, "{'Recordings':[{},{'Location':{'Bucket':'b'}}]}");
    draft_init(&d, j, &r.context, &r.arena);
    assert_int_equal(connect_artefacts(&d, j, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "Recordings[1].Location: expected text, found an object");
    j = reading_json(&r, "{'Recordings':'none'}");
    draft_init(&d, j, &r.context, &r.arena);
    assert_int_equal(connect_artefacts(&d, j, &r.err), E_INVALID);
    assert_string_equal(r.err.text, "Recordings: expected a list");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recordings),
        cmocka_unit_test(test_media_streams_are_no_objects),
        cmocka_unit_test(test_evaluations),
        cmocka_unit_test(test_references_and_attachments),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_wrong_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
