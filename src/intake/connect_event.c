/*
 * connect_event.c - contact events of Amazon Connect, in their EventBridge envelope or bare. Best effort and unordered;
 * fields come in camelCase and PascalCase, sometimes in one document (admin guide, contact-events).
 */
#include "intake/connect.h"

/* Three names together that no other document of AWS has: contact records carry no eventType. */
static bool is_detail(const struct json *j)
{
    return member(j, "eventType") != NULL && member(j, "instanceArn") != NULL &&
           (member(j, "contactId") != NULL || member(j, "initiationTimestamp") != NULL);
}

static const struct json *detail_of(const struct json *j)
{
    const struct json *detail = json_get(j, "detail");
    return json_get(j, "detail-type") != NULL && detail != NULL ? detail : j;
}

static bool event_recognise(const struct json *j)
{
    return is_detail(detail_of(j));
}

/* The detail-type that AWS sends is about to change with the product's name, so it is a setting. Another type around
 * what looks like a contact event is not dropped: it asks for the setting. */
static enum status check_detail_type(const struct draft *d, const struct json *document, struct err *err)
{
    const struct json *node = json_get(document, "detail-type");
    const struct options *o = d->context->options;
    const struct option_value *types = o != NULL ? option_of(o, "detail_types") : NULL;
    struct str type;
    TRY(draft_text(d, node, &type, err));
    if (type.n == 0)
        return OK;
    bool configured = types != NULL && types->present;
    for (size_t i = 0; configured && i < types->list_n; i++)
        if (str_match(types->list[i], type, true))
            return OK;
    if (!configured && str_match(STR("Amazon Connect Contact Event*"), type, true))
        return OK;
    return draft_wrong(d, node, "not a detail-type of contact events; name it in the source's detail_types", err);
}

/* Latest time anywhere in a bare event: it was sent no earlier. Unreadable times are reported where they are used. */
static int64_t latest_time(const struct draft *d, const struct json *j)
{
    int64_t latest = TIME_NONE;
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        int64_t ms = TIME_NONE;
        struct err ignored = {.code = OK};
        if (m->type == JSON_OBJECT)
            ms = latest_time(d, m);
        else if (m->type == JSON_STRING && str_match(STR("*timestamp"), m->key, true) &&
                 draft_time(d, m, &ms, NULL, &ignored) != OK)
            ms = TIME_NONE;
        latest = ms > latest ? ms : latest;
    }
    return latest;
}

/* Envelope's time, else the event's own, else the latest in it. A version that is too new would win for ever: a time in
 * the future does not count. */
static enum status take_version(struct draft *d, const struct json *document, const struct json *detail,
                                struct err *err)
{
    int64_t ms = TIME_NONE;
    if (document != detail)
        TRY(draft_time(d, json_get(document, "time"), &ms, NULL, err));
    if (ms == TIME_NONE)
        TRY(draft_time(d, member(detail, "eventTimestamp"), &ms, NULL, err));
    if (ms == TIME_NONE)
        ms = latest_time(d, detail);
    d->version_ms = ms != TIME_NONE ? ms : 0;
    return OK;
}

static enum status take_times(struct draft *d, const struct json *detail, struct err *err)
{
    struct str type;
    TRY(draft_text(d, member(detail, "eventType"), &type, err));
    TRY(draft_take_time(d, FACT_STARTED, member(detail, "initiationTimestamp"), err));
    TRY(draft_take_time(d, FACT_CREATED, member(detail, "initiationTimestamp"), err));
    TRY(connect_end(d, member(detail, "disconnectTimestamp"), member(detail, "agentInfo"), err));
    if (str_eq_nocase(type, STR("DISCONNECTED")) || str_eq_nocase(type, STR("COMPLETED")))
        d->contact.facts.end_stated = true;
    d->contact.live = !d->contact.facts.end_stated;
    return OK;
}

/* An event knows only ids of queue and agent. Version 0 lets the names of a contact record stand, however old. */
static enum status take_queue_and_agent(struct draft *d, const struct json *detail, struct err *err)
{
    struct str arn;
    TRY(draft_text(d, member(member(detail, "queueInfo"), "queueArn"), &arn, err));
    draft_set_at(d, FACT_QUEUE, arn_part(arn, "/queue/"), 0);
    TRY(draft_text(d, member(member(detail, "agentInfo"), "agentArn"), &arn, err));
    draft_set_at(d, FACT_AGENT, arn_part(arn, "/agent/"), 0);
    return OK;
}

static enum status event_read(const struct json *document, const struct intake_context *context, struct arena *a,
                              struct intake_result *out, struct err *err)
{
    struct draft d;
    draft_init(&d, document, context, a);
    const struct json *detail;
    TRY(draft_object(&d, detail_of(document), &detail, err));
    if (detail == NULL)
        return FAIL(err, E_INVALID, "detail is missing");
    TRY(check_detail_type(&d, document, err));
    TRY(draft_id(&d, detail, "contactId", err));
    TRY(connect_source(&d, detail, "instanceArn", err));
    TRY(take_version(&d, document, detail, err));
    TRY(connect_links(&d, detail, err));
    TRY(connect_channel(&d, detail, err));
    TRY(take_times(&d, detail, err));
    TRY(take_queue_and_agent(&d, detail, err));
    TRY(connect_people(&d, detail, err));
    TRY(connect_artefacts(&d, detail, err));
    return draft_finish(&d, out, err);
}

const struct intake_format intake_connect_event = {
    .name = "connect-event",
    .help = "contact events of Amazon Connect, from EventBridge or bare",
    .shape = STREAM_JSON,
    .options = connect_options,
    .source_type = "amazon-connect",
    .recognise = event_recognise,
    .read = event_read,
    .check = connect_options_check,
};
