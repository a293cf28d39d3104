/* connect_artefacts.c - where a contact record says that its artefacts lie. Connect forgets them after 24 months. */
#include "intake/connect.h"

static const struct {
    const char *name;
    enum artefact_kind kind;
} media[] = {
    {"AUDIO", KIND_RECORDING},           {"VIDEO", KIND_VIDEO},
    {"CHAT", KIND_TRANSCRIPT},           {"SCREEN", KIND_SCREEN_RECORDING},
    {"SCREEN_RECORDING", KIND_SCREEN_RECORDING}, {"AUTOMATED_INTERACTION", KIND_RECORDING},
};

static enum artefact_kind kind_of_media(struct str type)
{
    for (size_t i = 0; i < ARRAY_LEN(media); i++)
        if (str_eq_nocase(type, str_of(media[i].name)))
            return media[i].kind;
    return KIND_RECORDING;
}

/* A recording on a media stream is no object; its location is the stream. */
static bool is_stream(struct str storage)
{
    return str_eq_nocase(storage, STR("KVS")) || str_eq_nocase(storage, STR("KINESIS_VIDEO_STREAM"));
}

/* One whose status is DELETED is taken too: older versions of the object may remain. */
static enum status take_recording(struct draft *d, const struct json *recording, struct err *err)
{
    struct str type, location, storage, unprocessed;
    TRY(draft_object(d, recording, &recording, err));
    TRY(draft_text(d, member(recording, "MediaStreamType"), &type, err));
    if (type.n == 0)
        TRY(draft_text(d, member(recording, "Type"), &type, err)); /* of `Recording` */
    TRY(draft_text(d, member(recording, "Location"), &location, err));
    TRY(draft_text(d, member(recording, "StorageType"), &storage, err));
    TRY(draft_text(d, member(recording, "UnprocessedTranscriptLocation"), &unprocessed, err));
    if (is_stream(storage))
        TRY(draft_locator(d, kind_of_media(type), STR("kinesis-video"), location, err));
    else
        TRY(draft_s3_locator(d, kind_of_media(type), location, err));
    return draft_s3_locator(d, KIND_TRANSCRIPT, unprocessed, err);
}

/* `Recording` repeats the first of `Recordings`. */
static enum status take_recordings(struct draft *d, const struct json *contact, struct err *err)
{
    const struct json *list;
    TRY(draft_array(d, member(contact, "Recordings"), &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        TRY(take_recording(d, one, err));
    return take_recording(d, member(contact, "Recording"), err);
}

/* Connect's own copy by its ARN, and the export in S3, which is a file of its own. */
static enum status take_evaluations(struct draft *d, const struct json *contact, struct err *err)
{
    const struct json *all = member(contact, "ContactEvaluations");
    if (all == NULL)
        all = member(contact, "Evaluations");
    if (all != NULL && all->type != JSON_ARRAY)
        TRY(draft_object(d, all, &all, err));
    for (const struct json *one = all != NULL ? all->first : NULL; one != NULL; one = one->next) {
        struct str arn, export;
        TRY(draft_text(d, member(one, "EvaluationArn"), &arn, err));
        TRY(draft_text(d, member(one, "ExportLocation"), &export, err));
        TRY(draft_locator(d, KIND_EVALUATION, STR("amazon-connect"), arn, err));
        TRY(draft_s3_locator(d, KIND_EVALUATION, export, err));
    }
    return OK;
}

static enum status first_text(struct draft *d, const struct json *object, const char *const *names, size_t n,
                              struct str *out, struct err *err)
{
    *out = STR_NONE;
    for (size_t i = 0; i < n && out->n == 0; i++)
        TRY(draft_text(d, member(object, names[i]), out, err));
    return OK;
}

/* References of other types (URL, STRING, NUMBER, ...) point to nothing that is Connect's. */
static enum status take_references(struct draft *d, const struct json *contact, struct err *err)
{
    static const char *const names[] = {"ReferenceArn", "Arn", "Value"};
    const struct json *list;
    TRY(draft_array(d, member(contact, "References"), &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        struct str type, path;
        TRY(draft_text(d, member(one, "Type"), &type, err));
        TRY(first_text(d, one, names, ARRAY_LEN(names), &path, err));
        if (str_eq_nocase(type, STR("ATTACHMENT")))
            TRY(draft_locator(d, KIND_ATTACHMENT, STR("amazon-connect"), path, err));
        else if (str_eq_nocase(type, STR("EMAIL_MESSAGE")))
            TRY(draft_locator(d, KIND_EMAIL, STR("amazon-connect"), path, err));
    }
    return OK;
}

/* Attachments are stored under their file id, not the contact's. */
static enum status take_attachments(struct draft *d, const struct json *contact, struct err *err)
{
    static const char *const names[] = {"FileArn", "FileId", "AttachmentId"};
    const struct json *list;
    TRY(draft_array(d, member(contact, "Attachments"), &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        struct str path;
        TRY(first_text(d, one, names, ARRAY_LEN(names), &path, err));
        TRY(draft_locator(d, KIND_ATTACHMENT, STR("amazon-connect"), path, err));
    }
    return OK;
}

enum status connect_artefacts(struct draft *d, const struct json *contact, struct err *err)
{
    TRY(take_recordings(d, contact, err));
    TRY(take_evaluations(d, contact, err));
    TRY(take_references(d, contact, err));
    return take_attachments(d, contact, err);
}
