/*
 * genesys_conversation.c - conversations of Genesys Cloud as analytics gives them (details query and jobs), and the
 * format's entry, which hands the conversations API's model on to genesys_api.c.
 */
#include "intake/genesys.h"

static bool analytics_recognise(const struct json *j)
{
    if (json_get(j, "conversationId") == NULL || json_get(j, "communicationId") != NULL ||
        json_get(j, "transcripts") != NULL)
        return false;
    return json_get(j, "conversationStart") != NULL || json_get(j, "participants") != NULL;
}

static bool conversation_recognise(const struct json *j)
{
    return analytics_recognise(j) || genesys_api_recognise(j);
}

/* Name before id, as queues are configured by name. */
static enum status take_queue(struct draft *d, struct genesys_tally *t, const struct json *object, struct err *err)
{
    struct str name, id;
    TRY(draft_text(d, json_get(object, "queueName"), &name, err));
    TRY(draft_text(d, json_get(object, "queueId"), &id, err));
    TRY(genesys_join(d, name.n > 0 ? name : id, &t->queue, &t->queues, err));
    if (name.n > 0)
        TRY(genesys_join(d, id, &t->queue, &t->queues, err));
    return OK;
}

static enum status take_division(struct draft *d, struct genesys_tally *t, const struct json *node, struct err *err)
{
    struct str id;
    TRY(draft_text(d, node, &id, err));
    return genesys_join(d, id, &t->division, &t->divisions, err);
}

/* A conference or consultation: part of the interaction lies in another conversation. */
static enum status take_other(struct draft *d, const struct json *segment, const char *name, struct err *err)
{
    struct str id;
    TRY(draft_text(d, json_get(segment, name), &id, err));
    return draft_related(d, id, err);
}

static enum status take_segment(struct draft *d, struct genesys_tally *t, const struct json *segment, struct err *err)
{
    if (segment->type != JSON_OBJECT)
        return draft_wrong(d, segment, "expected an object", err);
    TRY(genesys_moment(d, t, json_get(segment, "segmentStart"), false, err));
    TRY(genesys_moment(d, t, json_get(segment, "segmentEnd"), true, err));
    TRY(take_queue(d, t, segment, err));
    TRY(take_division(d, t, json_get(segment, "divisionId"), err));
    TRY(take_other(d, segment, "sourceConversationId", err));
    return take_other(d, segment, "destinationConversationId", err);
}

static enum status take_media(struct draft *d, struct genesys_tally *t, const struct json *session, struct err *err)
{
    struct str media, type, channel;
    TRY(draft_text(d, json_get(session, "mediaType"), &media, err));
    TRY(draft_text(d, json_get(session, "messageType"), &type, err));
    TRY(genesys_channel(d, media, type, &channel, err));
    return genesys_join(d, channel, &t->channel, &t->media, err);
}

static enum status take_session(struct draft *d, struct genesys_tally *t, const struct json *session, bool customer,
                                struct str direction, struct err *err)
{
    const struct json *segments, *metrics;
    struct str own;
    if (session->type != JSON_OBJECT)
        return draft_wrong(d, session, "expected an object", err);
    TRY(take_media(d, t, session, err));
    if (json_true(json_get(session, "recording")) || json_true(json_get(session, "snippetRecording")))
        TRY(draft_locator(d, KIND_RECORDING, STR("genesys"), d->contact.facts.id, err));
    TRY(draft_array(d, json_get(session, "segments"), &segments, err));
    for (const struct json *s = segments != NULL ? segments->first : NULL; s != NULL; s = s->next)
        TRY(take_segment(d, t, s, err));
    TRY(draft_array(d, json_get(session, "metrics"), &metrics, err));
    for (const struct json *m = metrics != NULL ? metrics->first : NULL; m != NULL; m = m->next)
        TRY(genesys_moment(d, t, json_get(m, "emitDate"), false, err));
    if (!customer)
        return OK;
    TRY(draft_text(d, json_get(session, "direction"), &own, err));
    TRY(genesys_external(d, session, err));
    return genesys_customer(d, session, own.n > 0 ? own : direction, err);
}

static enum status take_participant(struct draft *d, struct genesys_tally *t, const struct json *participant,
                                    struct str direction, struct err *err)
{
    const struct json *sessions;
    struct str user;
    if (participant->type != JSON_OBJECT)
        return draft_wrong(d, participant, "expected an object", err);
    bool customer = genesys_is_customer(participant);
    t->customers += customer;
    TRY(draft_text(d, json_get(participant, "userId"), &user, err));
    TRY(genesys_join(d, user, &t->agent, &t->agents, err));
    TRY(take_queue(d, t, participant, err));
    TRY(take_division(d, t, json_get(participant, "divisionId"), err));
    if (json_true(json_get(participant, "screenRecording")))
        TRY(draft_locator(d, KIND_SCREEN_RECORDING, STR("genesys"), d->contact.facts.id, err));
    if (customer)
        TRY(genesys_external(d, participant, err));
    TRY(draft_array(d, json_get(participant, "sessions"), &sessions, err));
    for (const struct json *s = sessions != NULL ? sessions->first : NULL; s != NULL; s = s->next)
        TRY(take_session(d, t, s, customer, direction, err));
    return OK;
}

/* Evaluations and surveys are objects of their own at Genesys: CONVERSATION/ID. Those marked deleted are gone. */
static enum status take_assessments(struct draft *d, const struct json *list, enum artefact_kind kind, const char *name,
                                    struct err *err)
{
    TRY(draft_array(d, list, &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        struct str id;
        TRY(draft_text(d, json_get(one, name), &id, err));
        if (id.n == 0 || json_true(json_get(one, "deleted")))
            continue;
        struct str path = arena_fmt(d->a, "%.*s/%.*s", STR_ARG(d->contact.facts.id), STR_ARG(id));
        if (path.p == NULL)
            return ARENA_FULL(err, d->a);
        TRY(draft_locator(d, kind, STR("genesys"), path, err));
    }
    return OK;
}

static enum status take_rest(struct draft *d, struct genesys_tally *t, const struct json *j, struct err *err)
{
    const struct json *divisions;
    TRY(draft_array(d, json_get(j, "divisionIds"), &divisions, err));
    for (const struct json *one = divisions != NULL ? divisions->first : NULL; one != NULL; one = one->next)
        TRY(take_division(d, t, one, err));
    TRY(take_other(d, j, "associatedConversationId", err));
    TRY(genesys_related(d, json_get(j, "consultationConversationIds"), err));
    TRY(genesys_external(d, j, err));
    TRY(take_assessments(d, json_get(j, "evaluations"), KIND_EVALUATION, "evaluationId", err));
    return take_assessments(d, json_get(j, "surveys"), KIND_SURVEY, "surveyId", err);
}

static enum status analytics_read(struct draft *d, const struct json *j, struct err *err)
{
    struct genesys_tally t = {.ended_ms = TIME_NONE, .latest_ms = TIME_NONE};
    const struct json *participants;
    struct str direction;
    TRY(draft_id(d, j, "conversationId", err));
    TRY(draft_text(d, json_get(j, "originatingDirection"), &direction, err));
    TRY(draft_lower(d, direction, &direction, err));
    TRY(take_rest(d, &t, j, err)); /* the conversation's divisions come before those of segments */
    TRY(draft_array(d, json_get(j, "participants"), &participants, err));
    for (const struct json *p = participants != NULL ? participants->first : NULL; p != NULL; p = p->next)
        TRY(take_participant(d, &t, p, direction, err));
    TRY(genesys_attributes(d, participants, err));
    TRY(genesys_finish(d, &t, json_get(j, "conversationStart"), json_get(j, "conversationEnd"), err));
    draft_set(d, FACT_DIRECTION, direction);
    return OK;
}

static enum status conversation_read(const struct json *document, const struct intake_context *context,
                                     struct arena *a, struct intake_result *out, struct err *err)
{
    struct draft d;
    draft_init(&d, document, context, a);
    if (document->type != JSON_OBJECT)
        return FAIL(err, E_INVALID, "expected an object");
    TRY(draft_text(&d, json_get(document, "organizationId"), &d.contact.source, err));
    if (genesys_api_recognise(document))
        TRY(genesys_api_read(&d, document, err));
    else
        TRY(analytics_read(&d, document, err));
    return draft_finish(&d, out, err);
}

const struct intake_format intake_genesys_conversation = {
    .name = "genesys-conversation",
    .help = "conversations of Genesys Cloud, from analytics or the conversations API",
    .shape = STREAM_JSON,
    .options = genesys_options,
    .source_type = "genesys",
    .recognise = conversation_recognise,
    .read = conversation_read,
    .check = genesys_options_check,
};
