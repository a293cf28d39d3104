/* ignored.c - known documents that are no contacts. */
#include "intake/ignored.h"

#include "intake/intake.h"

enum { NAMES_MAX = 5 };

/* Known by fields that stand together in no other document. Dotted names go down. */
static const struct {
    const char *what;
    const char *names[NAMES_MAX];
} known[] = {
    {"an AWS CloudTrail entry", {"eventVersion", "eventSource", "eventName", "userIdentity", "eventID"}},
    {"an S3 event notification", {"eventVersion", "eventSource", "s3.bucket"}},
    {"an S3 test notification", {"Service", "Event", "Bucket", "HostId"}},
    {"an S3 event notification", {"detail-type", "detail.bucket", "detail.object"}},
    {"an e-mail receipt notification (SES)", {"eventVersion", "eventSource", "ses.mail"}},
    {"an S3 batch operation request", {"invocationSchemaVersion", "invocationId", "tasks"}},
    {"an S3 batch operation response", {"invocationSchemaVersion", "invocationId", "results"}},
    {"an S3 inventory manifest", {"sourceBucket", "fileFormat", "fileSchema", "files"}},
    {"an SNS subscription message", {"Type", "TopicArn", "Token", "SubscribeURL"}},

    {"a Contact Lens analysis", {"Channel", "ContentMetadata", "Transcript", "ConversationCharacteristics"}},
    {"a Contact Lens real-time segment", {"Channel", "InstanceId", "ContactId", "EventType", "LanguageCode"}},
    {"a Contact Lens rule event", {"detail-type", "detail.ruleName", "detail.contactArn"}},
    {"an Amazon Connect evaluation", {"schemaVersion", "evaluationId", "metadata.contactId"}},
    {"an Amazon Connect chat message", {"AbsoluteTime", "ContentType", "ContactId", "ParticipantId"}},
    {"an Amazon Connect agent event", {"AgentARN", "EventId", "EventType", "InstanceARN"}},
    {"a contact flow's call of a function", {"Name", "Details.ContactData.ContactId"}},

    {"a Genesys speech transcript", {"conversationId", "communicationId", "transcripts"}},
    {"a Genesys audit entry", {"entityId", "entityType", "action", "serviceName"}},
    {"a Genesys campaign", {"id", "name", "dialingMode", "contactListId"}},
    {"a Genesys contact list", {"id", "name", "columnNames"}},
    {"a Genesys campaign event", {"id", "campaignId", "timestamp", "type"}},
    {"a Genesys campaign diagnosis", {"campaignId", "pacingMode", "contactableRate"}},
    {"a Genesys queue", {"id", "name", "mediaSettings"}},
    {"a Genesys evaluation", {"id", "conversation.id", "totalScore"}},
    {"a Genesys survey", {"id", "conversationId", "npsScore"}},
    {"a Genesys survey", {"id", "conversationId", "surveyForm"}},
    {"a Genesys recording's description", {"id", "conversationId", "mediaType", "status"}},
    {"a Genesys recording's description", {"id", "conversationId", "media", "fileState"}},

    {"a Meta webhook (WhatsApp, Messenger, Instagram)", {"object", "entry"}},
    {"a Messenger message", {"sender.id", "recipient.id", "timestamp"}},
    {"a Twilio message", {"MessageSid", "AccountSid", "From", "To"}},

    {"an index mapping", {"_source", "properties"}},
    {"index settings", {"refresh_interval", "analysis"}},
};

const char *ignored_kind(const struct json *document)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        size_t n = 0;
        while (n < NAMES_MAX && known[i].names[n] != NULL && json_path(document, known[i].names[n]) != NULL)
            n++;
        if (n == NAMES_MAX || known[i].names[n] == NULL)
            return known[i].what;
    }
    return NULL;
}

/* The field names that e-mail alone has (RFC 5322, RFC 2045, mbox). */
static bool is_mail_field(struct str name)
{
    static const char *const names[] = {"Received", "Return-Path", "Message-ID", "MIME-Version", "Delivered-To",
                                        "DKIM-Signature", "Newsgroups"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, str_of(names[i])))
            return true;
    return false;
}

static bool is_field_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 127)
            return false;
    return name.n > 0;
}

/* A mail begins with header fields: "Name: value" lines and continuations, among them one that only mail has, or both
 * From and Date. */
const char *intake_ignored_text(struct str head)
{
    struct str line, rest = head, name, value;
    bool from = false, date = false;
    if (str_starts(rest, STR("\xef\xbb\xbf")))
        rest = (struct str){rest.p + 3, rest.n - 3};
    if (str_starts(rest, STR("From "))) /* mbox separator */
        str_split(rest, '\n', &line, &rest);
    while (str_split(rest, '\n', &line, &rest) && str_trim(line).n > 0) {
        if (line.p[0] == ' ' || line.p[0] == '\t')
            continue;
        if (!str_split(line, ':', &name, &value) || !is_field_name(name))
            return NULL;
        from = from || str_eq_nocase(name, STR("From"));
        date = date || str_eq_nocase(name, STR("Date"));
        if (is_mail_field(name) || (from && date))
            return "an e-mail message";
    }
    return NULL;
}
