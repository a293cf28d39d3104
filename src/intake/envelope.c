/* envelope.c - documents that carry other documents. */
#include "intake/envelope.h"

#include "intake/intake.h"

/* Known by a member's type and by a second name beside it, because "body" or "data" alone mean nothing. */
static const struct {
    const char *content, *beside;
    enum envelope_kind kind;
} known[] = {
    {"kinesis.data", "eventSource", ENVELOPE_BASE64},      /* Lambda event of a Kinesis stream */
    {"Data", "SequenceNumber", ENVELOPE_BASE64},           /* Kinesis GetRecords */
    {"data", "recordId", ENVELOPE_BASE64},                 /* Firehose transformation */
    {"Sns.Message", "EventSource", ENVELOPE_TEXT},         /* Lambda event of an SNS topic */
    {"Message", "TopicArn", ENVELOPE_TEXT},                /* SNS to SQS or HTTP */
    {"body", "messageId", ENVELOPE_TEXT},                  /* Lambda event of an SQS queue */
    {"Body", "MessageId", ENVELOPE_TEXT},                  /* SQS ReceiveMessage */
    {"Body", "ReceiptHandle", ENVELOPE_TEXT},
    {"detail", "detail-type", ENVELOPE_OBJECT},            /* EventBridge */
    {"Contact", "Contact.InitiationMethod", ENVELOPE_OBJECT}, /* DescribeContact */
};

const char *const intake_wrapper_keys[] = {"Records", "records", "conversations", "entities", "Messages", "Contacts",
                                           NULL};

/* Firehose delivers {"data": "..."} to HTTP endpoints: nothing stands beside it. */
static bool is_bare_data(const struct json *j)
{
    return j->type == JSON_OBJECT && j->count == 1 && json_string(json_get(j, "data")).n > 0;
}

static bool has_type(const struct json *content, enum envelope_kind kind)
{
    return content != NULL && content->type == (kind == ENVELOPE_OBJECT ? JSON_OBJECT : JSON_STRING);
}

struct envelope envelope_of(const struct json *document)
{
    if (document->type == JSON_ARRAY)
        return (struct envelope){ENVELOPE_LIST, document, ""};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        const struct json *content = json_path(document, known[i].content);
        if (has_type(content, known[i].kind) && json_path(document, known[i].beside) != NULL)
            return (struct envelope){known[i].kind, content, known[i].content};
    }
    if (is_bare_data(document))
        return (struct envelope){ENVELOPE_BASE64, json_get(document, "data"), "data"};
    for (size_t i = 0; intake_wrapper_keys[i] != NULL; i++) {
        const struct json *list = json_get(document, intake_wrapper_keys[i]);
        if (list != NULL && list->type == JSON_ARRAY)
            return (struct envelope){ENVELOPE_LIST, list, intake_wrapper_keys[i]};
    }
    return (struct envelope){ENVELOPE_NONE, NULL, ""};
}

static enum status decode(struct str text, struct arena *a, struct str *out, struct err *err)
{
    size_t n = text.n / 4 * 3 + 3;
    char *bytes = arena_alloc(a, n);
    if (bytes == NULL)
        return ARENA_FULL(err, a);
    if (!base64_decode(text, bytes, &n))
        return FAIL(err, E_INVALID, "expected base64");
    if (n >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b)
        return FAIL(err, E_INVALID, "compressed data inside an envelope is not read");
    *out = (struct str){bytes, n};
    return OK;
}

enum status envelope_open(const struct envelope *e, struct arena *a, const struct json **out, struct err *err)
{
    struct str text = e->content->text;
    ASSERT(e->kind == ENVELOPE_TEXT || e->kind == ENVELOPE_BASE64);
    if (e->kind == ENVELOPE_BASE64)
        TRY(decode(text, a, &text, err));
    return json_parse(text, a, out, err);
}
