/*
 * genesys_api.c - a conversation as GET /api/v2/conversations/{id} gives it: participants hold lists of communications
 * by medium instead of sessions.
 */
#include "intake/genesys.h"

static const struct {
    const char *list, *channel;
} media[] = {
    {"calls", "voice"},         {"callbacks", "callback"},         {"chats", "chat"},
    {"emails", "email"},        {"messages", "message"},           {"internalMessages", "message"},
    {"videos", "video"},        {"cobrowsesessions", "cobrowse"},  {"screenshares", "screenshare"},
    {"socialExpressions", "social"},
};

bool genesys_api_recognise(const struct json *j)
{
    return json_get(j, "id") != NULL && json_get(j, "startTime") != NULL && json_get(j, "participants") != NULL &&
           json_get(j, "conversationId") == NULL;
}

static enum status take_text_address(struct draft *d, const struct json *node, struct err *err)
{
    struct str raw;
    TRY(draft_text(d, node, &raw, err));
    return draft_address(d, raw, err);
}

/* `self` of a customer's communication is the customer's own end of the line. */
static enum status take_customer(struct draft *d, const struct json *talk, struct err *err)
{
    struct str direction;
    TRY(draft_text(d, json_get(talk, "direction"), &direction, err));
    TRY(take_text_address(d, json_path(talk, "self.addressNormalized"), err));
    if (!str_eq_nocase(direction, STR("outbound")))
        return take_text_address(d, json_path(talk, "fromAddress.addressNormalized"), err);
    return take_text_address(d, json_path(talk, "toAddress.addressNormalized"), err);
}

static enum status take_talk(struct draft *d, struct genesys_tally *t, const struct json *talk, const char *channel,
                             bool customer, struct err *err)
{
    struct str type, name, recorded;
    if (talk->type != JSON_OBJECT)
        return draft_wrong(d, talk, "expected an object", err);
    TRY(draft_text(d, json_get(talk, "type"), &type, err)); /* of messages: sms, whatsapp, ... */
    TRY(genesys_channel(d, str_of(channel), type, &name, err));
    TRY(genesys_join(d, name, &t->channel, &t->media, err));
    TRY(genesys_moment(d, t, json_get(talk, "startTime"), false, err));
    TRY(genesys_moment(d, t, json_get(talk, "connectedTime"), false, err));
    TRY(genesys_moment(d, t, json_get(talk, "disconnectedTime"), true, err));
    TRY(draft_text(d, json_get(talk, "recordingState"), &recorded, err));
    if (json_true(json_get(talk, "recording")) || (recorded.n > 0 && !str_eq_nocase(recorded, STR("none"))))
        TRY(draft_locator(d, KIND_RECORDING, STR("genesys"), d->contact.facts.id, err));
    return customer ? take_customer(d, talk, err) : OK;
}

static enum status take_talks(struct draft *d, struct genesys_tally *t, const struct json *participant, bool customer,
                              struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(media); i++) {
        const struct json *list;
        TRY(draft_array(d, json_get(participant, media[i].list), &list, err));
        for (const struct json *talk = list != NULL ? list->first : NULL; talk != NULL; talk = talk->next)
            TRY(take_talk(d, t, talk, media[i].channel, customer, err));
    }
    return OK;
}

/* A participant's direction is that of its first communication that states one. */
static enum status take_direction(struct draft *d, const struct json *participant, struct str *out, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(media) && out->n == 0; i++) {
        const struct json *list = json_get(participant, media[i].list);
        for (const struct json *talk = list != NULL ? list->first : NULL; talk != NULL && out->n == 0;
             talk = talk->next)
            TRY(draft_text(d, json_get(talk, "direction"), out, err));
    }
    return OK;
}

static enum status take_participant(struct draft *d, struct genesys_tally *t, const struct json *p,
                                    struct str *direction, struct err *err)
{
    struct str user, name, queue;
    if (p->type != JSON_OBJECT)
        return draft_wrong(d, p, "expected an object", err);
    bool customer = genesys_is_customer(p);
    t->customers += customer;
    TRY(take_direction(d, p, direction, err));
    TRY(genesys_moment(d, t, json_get(p, "startTime"), false, err));
    TRY(genesys_moment(d, t, json_get(p, "endTime"), true, err));
    TRY(draft_text(d, json_get(p, "userId"), &user, err));
    TRY(genesys_join(d, user, &t->agent, &t->agents, err));
    TRY(draft_text(d, json_get(p, "queueName"), &name, err));
    TRY(genesys_join(d, name, &t->queue, &t->queues, err));
    TRY(draft_text(d, json_get(p, "queueId"), &queue, err));
    TRY(genesys_join(d, queue, &t->queue, &t->queues, err));
    if (customer) {
        bool outbound = str_eq_nocase(*direction, STR("outbound"));
        TRY(genesys_external(d, p, err));
        TRY(take_text_address(d, json_get(p, "address"), err));
        TRY(take_text_address(d, json_get(p, outbound ? "dnis" : "ani"), err));
    }
    return take_talks(d, t, p, customer, err);
}

enum status genesys_api_read(struct draft *d, const struct json *j, struct err *err)
{
    struct genesys_tally t = {.ended_ms = TIME_NONE, .latest_ms = TIME_NONE};
    const struct json *participants, *divisions;
    struct str direction = STR_NONE;
    TRY(draft_id(d, j, "id", err));
    TRY(draft_array(d, json_get(j, "divisions"), &divisions, err));
    for (const struct json *one = divisions != NULL ? divisions->first : NULL; one != NULL; one = one->next) {
        struct str id;
        TRY(draft_text(d, json_path(one, "division.id"), &id, err));
        TRY(genesys_join(d, id, &t.division, &t.divisions, err));
    }
    TRY(draft_array(d, json_get(j, "participants"), &participants, err));
    for (const struct json *p = participants != NULL ? participants->first : NULL; p != NULL; p = p->next)
        TRY(take_participant(d, &t, p, &direction, err));
    TRY(genesys_attributes(d, participants, err));
    TRY(genesys_finish(d, &t, json_get(j, "startTime"), json_get(j, "endTime"), err));
    TRY(draft_lower(d, direction, &direction, err));
    draft_set(d, FACT_DIRECTION, direction);
    return OK;
}
