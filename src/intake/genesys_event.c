/*
 * genesys_event.c - conversation detail events of Genesys Cloud, in their EventBridge envelope or bare. Each is about
 * one session of one participant; they come repeatedly and in any order. None says that a conversation has ended:
 * `customer.end` is the end of one customer's session, of perhaps several.
 */
#include "intake/genesys.h"

#include "intake/subjects.h"

static const struct json *detail_of(const struct json *j)
{
    const struct json *detail = json_get(j, "detail");
    return json_get(j, "detail-type") != NULL && detail != NULL ? detail : j;
}

static bool event_recognise(const struct json *j)
{
    const struct json *detail = detail_of(j);
    return json_get(detail, "topicName") != NULL && json_get(detail, "eventBody") != NULL;
}

/* "v2.detail.events.conversation.ID.customer.end" -> "customer.end"; absent for other topics. */
static struct str topic_kind(struct str topic)
{
    struct str head = STR("v2.detail.events.conversation."), id, kind;
    if (!str_starts(topic, head))
        return STR_NONE;
    struct str rest = {topic.p + head.n, topic.n - head.n};
    return str_split(rest, '.', &id, &kind) && kind.n > 0 ? kind : STR_NONE;
}

/* "aws.partner/genesys.com/cloud/ORGANISATION/suffix" names the organisation; a bare event does not. */
static enum status take_source(struct draft *d, const struct json *document, struct err *err)
{
    struct str bus, head = STR("/cloud/"), id, rest;
    TRY(draft_text(d, json_get(document, "source"), &bus, err));
    const char *at = bus.n > 0 ? memmem(bus.p, bus.n, head.p, head.n) : NULL;
    if (at == NULL || !str_starts(bus, STR("aws.partner/")))
        return OK;
    id = (struct str){at + head.n, bus.n - (size_t)(at - bus.p) - head.n};
    if (str_split(id, '/', &id, &rest))
        d->contact.source = id.n > 0 ? id : STR_NONE;
    return OK;
}

static enum status take_version(struct draft *d, const struct json *document, const struct json *detail,
                                int64_t *event_ms, struct err *err)
{
    int64_t ms;
    TRY(draft_time(d, json_path(detail, "eventBody.eventTime"), event_ms, NULL, err));
    ms = *event_ms;
    if (ms == TIME_NONE)
        TRY(draft_time(d, json_get(detail, "timestamp"), &ms, NULL, err));
    if (ms == TIME_NONE)
        TRY(draft_time(d, json_get(document, "time"), &ms, NULL, err));
    d->version_ms = ms != TIME_NONE ? ms : 0;
    return OK;
}

static enum status take_plain(struct draft *d, const struct json *body, struct err *err)
{
    static const struct {
        const char *name;
        enum fact fact;
    } plain[] = {{"queueId", FACT_QUEUE}, {"userId", FACT_AGENT}, {"divisionId", FACT_DIVISION}};
    struct str value, media, type;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        TRY(draft_text(d, json_get(body, plain[i].name), &value, err));
        draft_set_at(d, plain[i].fact, value, 0); /* of this session; the conversation's record stands over it */
    }
    TRY(draft_text(d, json_get(body, "mediaType"), &media, err));
    TRY(draft_text(d, json_get(body, "messageType"), &type, err));
    TRY(genesys_channel(d, media, type, &value, err));
    draft_set_at(d, FACT_CHANNEL, value, 0);
    TRY(draft_text(d, json_get(body, "direction"), &value, err));
    TRY(draft_lower(d, value, &value, err));
    draft_set_at(d, FACT_DIRECTION, value, 0);
    return OK;
}

/* A customer's start is the conversation's when there is one customer; with several its record says which was first. */
static void take_times(struct draft *d, struct str kind, int64_t event_ms)
{
    if (str_is(kind, "customer.start") && event_ms != TIME_NONE) {
        d->contact.facts.started_ms = event_ms;
        d->contact.facts.fact_version_ms[FACT_STARTED] = 0;
    }
    if (str_is(kind, "end"))
        draft_set_end(d, event_ms, false);
    d->contact.live = str_ends(kind, STR(".start"));
}

static enum status take_people(struct draft *d, const struct json *body, struct str kind, struct err *err)
{
    const struct json *attributes;
    struct str direction;
    TRY(genesys_external(d, body, err));
    TRY(draft_text(d, json_get(body, "direction"), &direction, err));
    if (str_starts(kind, STR("customer.")))
        TRY(genesys_customer(d, body, direction, err));
    TRY(draft_object(d, json_get(body, "attributes"), &attributes, err));
    if (attributes == NULL)
        return OK;
    TRY(draft_attributes(d, attributes, err));
    draft_carried(d, FACT_ATTRIBUTES);
    return subjects_from_attributes(d, err);
}

static enum status event_read(const struct json *document, const struct intake_context *context, struct arena *a,
                              struct intake_result *out, struct err *err)
{
    struct draft d;
    struct str topic;
    int64_t event_ms;
    const struct json *detail, *body;
    draft_init(&d, document, context, a);
    TRY(draft_object(&d, detail_of(document), &detail, err));
    TRY(draft_text(&d, json_get(detail, "topicName"), &topic, err));
    if (topic.n == 0)
        return FAIL(err, E_INVALID, "topicName is empty");
    struct str kind = topic_kind(topic);
    if (kind.n == 0)
        return draft_ignored(out, "a Genesys event that is about no conversation");
    TRY(draft_object(&d, json_get(detail, "eventBody"), &body, err));
    if (body == NULL)
        return FAIL(err, E_INVALID, "eventBody is missing");
    TRY(draft_id(&d, body, "conversationId", err));
    TRY(take_source(&d, document, err));
    TRY(take_version(&d, document, detail, &event_ms, err));
    TRY(take_plain(&d, body, err));
    take_times(&d, kind, event_ms);
    TRY(take_people(&d, body, kind, err));
    return draft_finish(&d, out, err);
}

const struct intake_format intake_genesys_event = {
    .name = "genesys-event",
    .help = "conversation detail events of Genesys Cloud, from EventBridge or bare",
    .shape = STREAM_JSON,
    .options = genesys_options,
    .source_type = "genesys",
    .recognise = event_recognise,
    .read = event_read,
    .check = genesys_options_check,
};
