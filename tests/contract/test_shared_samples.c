/*
 * test_shared_samples.c - real documents of vendors, read where they lie: $EXPUNGE_SHARED/samples, by default
 * ../shared/samples. For every file it is stated what becomes of every document in it: registered, ignored as what, or
 * quarantined at which line for which reason. A file that is not stated fails; none is passed over.
 */
#include "intake/formats.h"
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <fts.h>
#include <unistd.h>

#include "base/file.h"

#define UNKNOWN "quarantine: not a format this program knows"
#define NO_COLUMNS                                                                                                     \
    "1 quarantine: not a format this program knows: it is no JSON, and no source of type csv with 'columns' is "       \
    "configured for it (columns: {id: HEADER, started: HEADER, ...})\n"
#define META "ignored: a Meta webhook (WhatsApp, Messenger, Instagram)"

/* What is said of a document: its line, "contact SOURCE/ID START..END" (seconds; open: live), "ignored: what" or
 * "quarantine: why". Patterns are tried in order. */
static const struct {
    const char *pattern;
    size_t files;
    const char *expected;
} stated[] = {
    {"amazon-connect/ctr.voice.inbound.answered.json", 1,
     "1 contact 1d908e11-3d5f-4cfb-b34d-1e7e0f216898/15a5cf14-3212-45a1-9f86-a8e97db8afaf "
     "2022-04-08T14:59:38.000Z..2022-04-08T15:01:54.000Z\n"},
    {"amazon-connect/contact-event.connected_to_agent.detail-only.json", 1,
     "1 contact 12345678-1234-1234-1234-123456789012/11111111-1111-1111-1111-111111111111 "
     "2021-08-04T17:17:53.000Z..open\n"},
    {"amazon-connect/contact-event.disconnected.eventbridge.json", 1,
     "1 contact 12345678-1234-1234-1234-123456789012/11111111-1111-1111-1111-111111111111 "
     "2021-08-04T17:17:53.000Z..2021-08-04T17:18:37.000Z\n"},
    {"amazon-connect/chat-streaming.sns.json", 1, "1[Message] ignored: an Amazon Connect chat message\n"},
    {"amazon-connect/cloudtrail.*", 1, "1 ignored: an AWS CloudTrail entry\n"},
    {"amazon-connect/contact-lens.realtime-*", 2, "1 ignored: a Contact Lens real-time segment\n"},
    {"amazon-connect/contact-lens.*.raw.json", 2, "1 ignored: a Contact Lens analysis\n"},
    {"amazon-connect/contactflow-event.*", 2, "1 ignored: a contact flow's call of a function\n"},
    {"amazon-connect/evaluation.*", 1, "1 ignored: an Amazon Connect evaluation\n"},

    {"aws-s3/inventory-manifest.csv.json", 1, "1 ignored: an S3 inventory manifest\n"},
    {"aws-s3/s3-batch-job-event-request-*", 1, "1 ignored: an S3 batch operation request\n"},
    {"aws-s3/s3-batch-job-event-response.json", 1, "1 ignored: an S3 batch operation response\n"},
    {"aws-s3/s3-*", 7, "3 ignored: an S3 event notification\n"},
    {"aws-s3/ses-*", 2, "3 ignored: an e-mail receipt notification (SES)\n"},

    {"chat-transcripts/abcd_sample.json", 1, "1 " UNKNOWN "\n1 " UNKNOWN "\n1 " UNKNOWN "\n"},
    {"email/*", 33, "ignored: an e-mail message\n"},
    {"facebook/messenger.FacebookMessages.json", 1,
     "2 ignored: a Messenger message\n20 " UNKNOWN "\n38 ignored: a Messenger message\n"
     "62 ignored: a Messenger message\n114 ignored: a Messenger message\n127 ignored: a Messenger message\n"},
    {"facebook/*", 6, "1 " META "\n"},
    {"fides/*", 5, NO_COLUMNS},

    {"genesys/conversation-detail.2.json", 1,
     "1 contact /6acbee65-80be-4777-be03-8dacd07ee3f9 2021-04-02T15:30:51.418Z..2021-04-02T15:46:21.293Z\n"},
    {"genesys/conversation-detail.chat.transfer.json", 1,
     "1 contact /1bc96a39-6725-40c4-9345-db72aa67b8c6 2021-04-01T12:27:53.386Z..2021-04-01T12:43:23.306Z\n"},
    {"genesys/conversation-details.short-voice.jsonl", 1,
     "1 contact /conv-inbound-3s 2026-05-10T10:00:00.000Z..2026-05-10T10:00:03.000Z\n"
     "2 contact /conv-outbound-4p8s 2026-05-10T10:01:00.000Z..2026-05-10T10:01:04.800Z\n"
     "3 contact /conv-inbound-5s 2026-05-10T10:02:00.000Z..2026-05-10T10:02:05.000Z\n"
     "4 contact /conv-outbound-7s 2026-05-10T10:03:00.000Z..2026-05-10T10:03:07.000Z\n"
     "5 contact /conv-chat-ignore 2026-05-10T10:04:00.000Z..2026-05-10T10:04:02.000Z\n"
     "6 contact /conv-missing-end 2026-05-10T10:05:00.000Z..open\n"
     "7 contact /conv-multi-segment 2026-05-10T10:06:00.000Z..2026-05-10T10:06:04.200Z\n"},
    {"genesys/eventbridge.detail.customer.start.json", 1,
     "1 contact 32aa07aa-db1b-4987-abd0-9483601ec29d/2f7bf00a-0fc2-4d6a-9b56-92238191433e "
     "2022-04-06T09:30:44.949Z..open\n"},
    {"genesys/eventbridge.detail.customer.end.json", 1,
     "1 contact 32aa07aa-db1b-4987-abd0-9483601ec29d/2f7bf00a-0fc2-4d6a-9b56-92238191433e none..none\n"},
    {"genesys/speech-transcript.json", 1, "1 ignored: a Genesys speech transcript\n"},
    {"genesys/external-contacts.csv", 1, NO_COLUMNS},
    {"genesys/core-demo/*.auditChanges.jsonl", 1, "1 ignored: a Genesys audit entry\n"},
    {"genesys/core-demo/*.campaign.jsonl", 1, "1 ignored: a Genesys campaign\n"},
    {"genesys/core-demo/*.contactList.jsonl", 1, "1 ignored: a Genesys contact list\n"},
    {"genesys/core-demo/*.conversationAnalytics.jsonl", 1, "1 contact /conv-campaign-1 none..none\n"},
    {"genesys/core-demo/*.diagnostics.jsonl", 1, "1 ignored: a Genesys campaign diagnosis\n"},
    {"genesys/core-demo/*.outboundAbandons.jsonl", 1, "1 ignored: a Genesys campaign event\n"},
    {"genesys/core-demo/*.outboundEvents.jsonl", 1,
     "1 ignored: a Genesys campaign event\n2 ignored: a Genesys campaign event\n"
     "3 ignored: a Genesys campaign event\n4 ignored: a Genesys campaign event\n"},
    {"genesys/core-demo/*.queue.jsonl", 1, "1 ignored: a Genesys queue\n"},
    {"genesys/core-demo/*.agents.jsonl", 1, "1 " UNKNOWN "\n"},
    {"genesys/core-demo/*.conversation.jsonl", 1, "1 contact /conv-demo-001 none..none\n"},
    {"genesys/core-demo/*.conversationLookup.jsonl", 1,
     "1 contact /conv-demo-001 2026-04-05T13:10:00.000Z..2026-04-05T13:27:00.000Z\n"},
    {"genesys/core-demo/*.evaluations.jsonl", 1, "1 ignored: a Genesys evaluation\n"},
    {"genesys/core-demo/*.participants.jsonl", 1, "1 " UNKNOWN "\n"},
    {"genesys/core-demo/*.recordings.jsonl", 1, "1 ignored: a Genesys recording's description\n"},
    {"genesys/core-demo/*.skills.jsonl", 1, "1 " UNKNOWN "\n2 " UNKNOWN "\n"},
    {"genesys/core-demo/*.surveys.jsonl", 1, "1 ignored: a Genesys survey\n"},

    {"opensearch-cfpb/ccdb_mapping.json", 1, "1 ignored: an index mapping\n"},
    {"opensearch-cfpb/settings.json", 1, "1 ignored: index settings\n"},
    {"opensearch-cfpb/from_s3.json", 1,
     "2 " UNKNOWN "\n3 " UNKNOWN "\n4 " UNKNOWN "\n5 " UNKNOWN "\n6 " UNKNOWN "\n7 " UNKNOWN "\n8 " UNKNOWN
     "\n9 " UNKNOWN "\n10 " UNKNOWN "\n11 " UNKNOWN "\n"},
    {"opensearch-cfpb/*.csv", 3, NO_COLUMNS},
    {"pii-text/*", 2, NO_COLUMNS},
    {"registry-csv/*", 3, NO_COLUMNS}, /* with columns: test_csv_* below */
    {"twilio-sms/*", 2, "1 ignored: a Twilio message\n"},
    {"whatsapp/*", 19, "1 " UNKNOWN "\n"}, /* maps of webhooks by name: test_whatsapp below */
    {"SOURCES.md", 1, NO_COLUMNS},
};

static char *samples; /* the folder; NULL: not there */

static int find_samples(void **state UNUSED)
{
    static char path[4096];
    const char *shared = getenv("EXPUNGE_SHARED");
    snprintf(path, sizeof path, "%s/samples", shared != NULL && shared[0] != '\0' ? shared : "../shared");
    samples = dir_exists(path) ? path : NULL;
    if (samples == NULL)
        print_message("SKIPPED: there is no folder %s, so no real document is read; set EXPUNGE_SHARED\n", path);
    return 0;
}

#define NEED_SAMPLES()                                                                                                 \
    do {                                                                                                               \
        if (samples == NULL)                                                                                           \
            skip();                                                                                                    \
    } while (0)

/* ---- One file ---- */

static void tell_contact(struct buf *b, const struct intake_contact *c)
{
    char started[32] = "none", ended[32] = "none";
    if (c->facts.started_ms != TIME_NONE)
        time_text(c->facts.started_ms, started);
    if (c->facts.ended_ms != TIME_NONE)
        time_text(c->facts.ended_ms, ended);
    buf_fmt(b, " contact %.*s/%.*s %s..%s\n", STR_ARG(c->source), STR_ARG(c->facts.id), started,
            c->live ? "open" : ended);
}

static void tell_result(struct buf *b, enum status status, const struct intake_result *result, const struct err *err)
{
    if (status != OK)
        buf_fmt(b, " quarantine: %s\n", err->text);
    else if (result->verdict == INTAKE_IGNORED)
        buf_fmt(b, " ignored: %s\n", result->why);
    else
        for (size_t i = 0; i < result->contacts_n; i++)
            tell_contact(b, &result->contacts[i]);
}

static void tell_part(struct buf *b, uint64_t line, const struct intake_part *part, struct reading *r)
{
    buf_fmt(b, "%llu", (unsigned long long)line);
    if (part->place.n > 0)
        buf_fmt(b, "[%.*s]", STR_ARG(part->place));
    if (part->format == NULL && part->ignored_why != NULL) {
        buf_fmt(b, " ignored: %s\n", part->ignored_why);
    } else if (part->format == NULL) {
        buf_fmt(b, " quarantine: %.*s\n", STR_ARG(part->trouble));
    } else {
        enum status status = part->format->read(part->document, &r->context, &r->arena, &r->result, &r->err);
        tell_result(b, status, &r->result, &r->err);
    }
}

static void tell_document(struct buf *b, const struct doc *doc, struct reading *r)
{
    const struct json *document;
    struct intake_part *parts;
    size_t n;
    if (doc->kind == DOC_BAD || json_parse(doc->bytes, &r->arena, &document, &r->err) != OK) {
        buf_fmt(b, "%llu quarantine: %s\n", (unsigned long long)doc->line,
                doc->kind == DOC_BAD ? doc->reason : r->err.text);
        return;
    }
    assert_int_equal(intake_open(document, &r->arena, &parts, &n, &r->err), OK);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++)
        tell_part(b, doc->line, &parts[i], r);
}

/* The way of `ingest` with format auto: JSON by its first byte; else mail by its head; else CSV by configuration. */
static void tell_file(struct buf *b, const char *path, struct reading *r)
{
    struct docstream *stream;
    enum stream_shape shape;
    struct str head;
    struct doc doc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(docstream_guess(fd, &shape, &head, &r->arena, &r->err), OK);
    if (shape == STREAM_CSV && intake_ignored_text(head) != NULL) {
        buf_fmt(b, "ignored: %s\n", intake_ignored_text(head));
        close(fd);
        return;
    }
    assert_int_equal(docstream_open(fd, shape, intake_wrapper_keys, &stream, &r->err), OK);
    for (;;) {
        assert_int_equal(docstream_next(stream, &doc, &r->err), OK);
        if (doc.kind == DOC_END)
            break;
        if (shape == STREAM_JSON) {
            tell_document(b, &doc, r);
            continue;
        }
        void *state;
        enum status status = intake_csv_contacts.read_header(doc.bytes, &r->context, &r->arena, &state, &r->err);
        assert_int_equal(status, E_INVALID);
        buf_fmt(b, "%llu quarantine: %s\n", (unsigned long long)doc.line, r->err.text);
        break; /* without a header nothing after it can be read */
    }
    docstream_close(&stream);
    close(fd);
}

static size_t row_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(stated); i++)
        if (str_match(str_of(stated[i].pattern), str_of(name), false))
            return i;
    fail_msg("nothing is stated about %s: say what becomes of it", name);
    return 0;
}

static void check_file(const char *path, const char *name, size_t *seen)
{
    struct reading r;
    struct buf told;
    size_t row = row_of(name);
    reading_init(&r, NULL, NULL);
    buf_init(&told, 1 << 20);
    tell_file(&told, path, &r);
    assert_int_equal(buf_check(&told, &r.err), OK);
    if (!str_is(buf_view(&told), stated[row].expected))
        fail_msg("%s\nexpected:\n%sbut:\n%.*s", name, stated[row].expected, STR_ARG(buf_view(&told)));
    seen[row]++;
    buf_release(&told);
    reading_release(&r);
}

static void test_every_file(void **state UNUSED)
{
    NEED_SAMPLES();
    size_t seen[ARRAY_LEN(stated)] = {0};
    char *roots[] = {samples, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(tree);
    for (FTSENT *e = fts_read(tree); e != NULL; e = fts_read(tree)) {
        assert_true(e->fts_info != FTS_ERR && e->fts_info != FTS_DNR && e->fts_info != FTS_NS);
        if (e->fts_info == FTS_F)
            check_file(e->fts_path, e->fts_path + strlen(samples) + 1, seen);
    }
    fts_close(tree);
    for (size_t i = 0; i < ARRAY_LEN(stated); i++)
        if (seen[i] != stated[i].files)
            fail_msg("%s: %zu files, %zu stated", stated[i].pattern, seen[i], stated[i].files);
}

/* ---- What the summary above does not say ---- */

static const struct json *sample_json(struct reading *r, const char *name)
{
    struct str text;
    const struct json *document;
    reading_init(r, NULL, NULL);
    struct str path = path_join(&r->arena, str_of(samples), str_of(name));
    assert_int_equal(file_read(path.p, 1 << 20, &r->arena, &text, &r->err), OK);
    assert_int_equal(json_parse(text, &r->arena, &document, &r->err), OK);
    return document;
}

static const struct intake_contact *sample_contact(struct reading *r, const char *name)
{
    const struct json *document = sample_json(r, name);
    struct intake_part *parts;
    size_t n;
    assert_int_equal(intake_open(document, &r->arena, &parts, &n, &r->err), OK);
    assert_int_equal(n, 1);
    assert_non_null(parts[0].format);
    assert_int_equal(parts[0].format->read(parts[0].document, &r->context, &r->arena, &r->result, &r->err), OK);
    return &r->result.contacts[0];
}

static void test_contact_record(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    const struct intake_contact *c = sample_contact(&r, "amazon-connect/ctr.voice.inbound.answered.json");
    assert_time(c->facts.newest_ms, "2022-04-08T15:03:02.000Z");
    assert_time(c->facts.created_ms, "2022-04-08T14:59:38.000Z");
    assert_str(c->facts.initial, NULL);
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.queue, "BasicQueue");
    assert_str(c->facts.agent, "admin1");
    assert_str(c->facts.direction, "inbound");
    assert_attribute(c, "greetingPlayed", "true");
    assert_identifiers(c, "phone:+17205550103");
    assert_locators(c, "recording amazon-connect-fcc603e85e16 connect/kightsCC/CallRecordings/2022/04/08/"
                       "15a5cf14-3212-45a1-9f86-a8e97db8afaf_20220408T15:00_UTC.wav");
    assert_true(c->facts.end_stated);
    assert_false(c->facts.time_suspect);
    reading_release(&r);
}

static void test_contact_events(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    const struct intake_contact *c =
        sample_contact(&r, "amazon-connect/contact-event.connected_to_agent.detail-only.json");
    assert_time(c->facts.newest_ms, "2021-08-04T17:29:09.000Z"); /* bare: the latest time in it */
    assert_false(c->facts.end_stated);
    reading_release(&r);
    c = sample_contact(&r, "amazon-connect/contact-event.disconnected.eventbridge.json");
    assert_time(c->facts.newest_ms, "2021-08-04T17:43:48.000Z");
    assert_str(c->facts.initial, "11111111-2222-3333-4444-555555555555");
    assert_related(c, ""); /* its previous contact is its initial one */
    assert_str(c->facts.channel, "voice");
    assert_str(c->facts.queue, NULL); /* "arn" is no ARN */
    reading_release(&r);
}

static void test_genesys_conversations(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    const struct intake_contact *c = sample_contact(&r, "genesys/conversation-detail.chat.transfer.json");
    assert_int_equal(c->facts.customers, 1);
    assert_str(c->facts.channel, "chat");
    assert_str(c->facts.queue, "a623d83c-96d7-4baa-af1f-d46ad6700d8b");
    assert_str(c->facts.agent, "50fcd33c-f432-4726-abc9-979f3ca01555");
    assert_str(c->facts.division, "1b6b98a6-3d70-47be-9406-61a5aa8cc570");
    assert_identifiers(c, ""); /* "John Doe" is no identifier */
    reading_release(&r);
    c = sample_contact(&r, "genesys/eventbridge.detail.customer.end.json");
    assert_time(c->facts.newest_ms, "2022-04-06T09:31:44.949Z");
    assert_false(c->facts.end_stated);
    assert_identifiers(c, "external_id:12456349-b5c7-4d8f-9eb4-f4df18bce9a9");
    reading_release(&r);
}

/* The sample files are maps {name: webhook}: each webhook as a vendor would send it. */
static void test_whatsapp_webhooks(void **state UNUSED)
{
    NEED_SAMPLES();
    static const struct {
        const char *name;
        size_t webhooks;
    } files[] = {
        {"whatsapp/account_update.json", 17},
        {"whatsapp/call_connect.json", 2},
        {"whatsapp/call_permission_update.json", 2},
        {"whatsapp/call_status.json", 1},
        {"whatsapp/call_terminate.json", 1},
        {"whatsapp/callback_button.json", 3},
        {"whatsapp/callback_selection.json", 2},
        {"whatsapp/deleted_message.json", 1},
        {"whatsapp/edited_message.json", 1},
        {"whatsapp/flow_completion.json", 2},
        {"whatsapp/message.json", 23},
        {"whatsapp/message_status.json", 7},
        {"whatsapp/outgoing_message.json", 3},
        {"whatsapp/system.json", 2},
        {"whatsapp/template_category_update.json", 1},
        {"whatsapp/template_components_update.json", 1},
        {"whatsapp/template_quality_update.json", 1},
        {"whatsapp/template_status_update.json", 2},
        {"whatsapp/user_marketing_preferences.json", 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct reading r;
        struct intake_part *parts;
        size_t n;
        const struct json *map = sample_json(&r, files[i].name);
        assert_int_equal(map->count, files[i].webhooks);
        for (const struct json *one = map->first; one != NULL; one = one->next) {
            assert_int_equal(intake_open(one, &r.arena, &parts, &n, &r.err), OK);
            assert_int_equal(n, 1);
            assert_string_equal(parts[0].ignored_why, META + strlen("ignored: "));
        }
        reading_release(&r);
    }
}

/* ---- CSV files with their columns configured ---- */

struct tally {
    size_t contacts, ignored, bad;
    int64_t first_ms, last_ms; /* of all starts */
    char first_id[64], last_id[64];
};

static void note_contact(struct tally *t, const struct intake_contact *c)
{
    char *id = t->contacts == 0 ? t->first_id : t->last_id;
    snprintf(id, sizeof t->last_id, "%.*s", STR_ARG(c->facts.id));
    t->first_ms = t->contacts == 0 || c->facts.started_ms < t->first_ms ? c->facts.started_ms : t->first_ms;
    t->last_ms = t->contacts == 0 || c->facts.started_ms > t->last_ms ? c->facts.started_ms : t->last_ms;
    t->contacts++;
}

static void note_record(struct tally *t, void *columns, struct str record, struct reading *r)
{
    struct arena one;
    arena_init(&one, 1 << 20);
    if (intake_csv_contacts.read_record(columns, record, &r->context, &one, &r->result, &r->err) != OK)
        t->bad++;
    else if (r->result.verdict == INTAKE_IGNORED)
        t->ignored++;
    else
        note_contact(t, &r->result.contacts[0]);
    arena_release(&one);
}

static struct tally read_csv(const char *name, const char *yaml, struct reading *r)
{
    struct tally t = {0};
    struct docstream *stream;
    struct doc doc;
    void *columns = NULL;
    reading_init(r, &intake_csv_contacts, yaml);
    struct str path = path_join(&r->arena, str_of(samples), str_of(name));
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(docstream_open(fd, STREAM_CSV, NULL, &stream, &r->err), OK);
    for (;;) {
        assert_int_equal(docstream_next(stream, &doc, &r->err), OK);
        if (doc.kind == DOC_END)
            break;
        assert_int_equal(doc.kind, DOC_OK);
        if (columns != NULL)
            note_record(&t, columns, doc.bytes, r);
        else if (intake_csv_contacts.read_header(doc.bytes, &r->context, &r->arena, &columns, &r->err) != OK)
            break;
    }
    docstream_close(&stream);
    close(fd);
    return t;
}

static void test_csv_of_four_channels(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    struct tally t = read_csv("registry-csv/call-center-rwfd-10k.csv",
                              "columns: {id: id, started: call_timestamp, ended: call_timestamp, channel: channel}\n"
                              "dates: '%m/%d/%Y'\nzone: America/Chicago", &r);
    assert_int_equal(t.contacts, 10747);
    assert_int_equal(t.ignored + t.bad, 0);
    assert_string_equal(t.first_id, "DKK-57076809-w-055481-fU");
    assert_time(t.first_ms, "2020-10-01T05:00:00.000Z");
    assert_time(t.last_ms, "2020-10-31T05:00:00.000Z");
    reading_release(&r);
}

static void test_csv_of_members(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    struct tally t = read_csv("registry-csv/member-calls.synthetic.csv",
                              "columns: {id: call_id, started: contact_dt, customer_id: member_ref}\nzone: UTC", &r);
    assert_int_equal(t.contacts, 96);
    assert_int_equal(t.ignored + t.bad, 0);
    assert_string_equal(t.first_id, "CALL-M1000-01");
    reading_release(&r);
}

static void test_csv_that_holds_no_contacts(void **state UNUSED)
{
    NEED_SAMPLES();
    struct reading r;
    struct tally t = read_csv("registry-csv/bank-call-arrivals-5min.csv", "columns: {id: call_id}", &r);
    assert_int_equal(t.contacts, 0);
    assert_string_equal(r.err.text, "not a format this program knows: the header lacks the configured columns "
                                    "'call_id' (id)");
    reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_file),
        cmocka_unit_test(test_contact_record),
        cmocka_unit_test(test_contact_events),
        cmocka_unit_test(test_genesys_conversations),
        cmocka_unit_test(test_whatsapp_webhooks),
        cmocka_unit_test(test_csv_of_four_channels),
        cmocka_unit_test(test_csv_of_members),
        cmocka_unit_test(test_csv_that_holds_no_contacts),
    };
    return cmocka_run_group_tests(tests, find_samples, NULL);
}
