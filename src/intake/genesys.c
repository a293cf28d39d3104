/* genesys.c - the parts that Genesys Cloud's documents share. */
#include "intake/genesys.h"

#include "intake/subjects.h"

const struct option genesys_options[] = {
    SUBJECTS_OPTION,
    {.name = NULL},
};

void genesys_options_check(const struct options *options, struct problems *p)
{
    subjects_check(options, p);
}

enum status genesys_channel(struct draft *d, struct str media, struct str message_type, struct str *out,
                            struct err *err)
{
    static const struct {
        const char *type, *channel;
    } messages[] = {{"sms", "sms"},         {"whatsapp", "whatsapp"}, {"facebook", "social"},
                    {"twitter", "social"}, {"instagram", "social"}};
    if (str_eq_nocase(media, STR("message")))
        for (size_t i = 0; i < ARRAY_LEN(messages); i++)
            if (str_eq_nocase(message_type, str_of(messages[i].type))) {
                *out = str_of(messages[i].channel);
                return OK;
            }
    return draft_lower(d, media, out, err);
}

/* Addresses of messages other than SMS and WhatsApp are the platform's ids of people. */
static bool is_social(struct str message_type)
{
    return message_type.n > 0 && !str_eq_nocase(message_type, STR("sms")) &&
           !str_eq_nocase(message_type, STR("whatsapp")) && !str_eq_nocase(message_type, STR("unknown"));
}

static enum status take_address(struct draft *d, const struct json *session, const char *name, bool social,
                                struct err *err)
{
    struct str raw;
    TRY(draft_text(d, json_get(session, name), &raw, err));
    return social ? draft_identifier(d, SUBJECT_SOCIAL_ID, raw, NULL, err) : draft_address(d, raw, err);
}

/* `remote` is the other side's name or address as this side saw it: sometimes our own number, which is nobody's. */
static enum status take_remote(struct draft *d, const struct json *session, bool outbound, struct err *err)
{
    static const char *const ours_inbound[] = {"dnis", "sessionDnis", "addressTo", "addressSelf"};
    static const char *const ours_outbound[] = {"ani", "addressFrom", "addressSelf", "addressSelf"};
    _Static_assert(ARRAY_LEN(ours_inbound) == ARRAY_LEN(ours_outbound), "one loop serves both");
    struct str remote, ours;
    TRY(draft_text(d, json_get(session, "remote"), &remote, err));
    for (size_t i = 0; i < ARRAY_LEN(ours_inbound); i++) {
        TRY(draft_text(d, json_get(session, outbound ? ours_outbound[i] : ours_inbound[i]), &ours, err));
        if (str_eq(remote, ours))
            return OK;
    }
    return draft_address(d, remote, err);
}

enum status genesys_customer(struct draft *d, const struct json *session, struct str direction, struct err *err)
{
    struct str message_type, number;
    const struct json *numbers;
    TRY(draft_text(d, json_get(session, "messageType"), &message_type, err));
    bool social = is_social(message_type), outbound = str_eq_nocase(direction, STR("outbound"));
    TRY(take_address(d, session, outbound ? "dnis" : "ani", social, err));
    TRY(take_address(d, session, outbound ? "addressTo" : "addressFrom", social, err));
    TRY(take_address(d, session, "addressOther", social, err));
    TRY(take_remote(d, session, outbound, err));
    TRY(draft_array(d, json_get(session, "callbackNumbers"), &numbers, err));
    for (const struct json *one = numbers != NULL ? numbers->first : NULL; one != NULL; one = one->next) {
        TRY(draft_text(d, one, &number, err));
        TRY(draft_identifier(d, SUBJECT_PHONE, number, NULL, err));
    }
    return OK;
}

enum status genesys_external(struct draft *d, const struct json *object, struct err *err)
{
    struct str id;
    const struct json *list;
    TRY(draft_text(d, json_get(object, "externalContactId"), &id, err));
    TRY(draft_identifier(d, SUBJECT_EXTERNAL_ID, id, NULL, err));
    TRY(draft_array(d, json_get(object, "conversationExternalContactIds"), &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        TRY(draft_text(d, one, &id, err));
        TRY(draft_identifier(d, SUBJECT_EXTERNAL_ID, id, NULL, err));
    }
    return OK;
}

enum status genesys_related(struct draft *d, const struct json *node, struct err *err)
{
    const struct json *list;
    struct str id;
    TRY(draft_array(d, node, &list, err));
    for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        TRY(draft_text(d, one, &id, err));
        TRY(draft_related(d, id, err));
    }
    return OK;
}

bool genesys_is_customer(const struct json *participant)
{
    struct str purpose = json_string(json_get(participant, "purpose"));
    return str_eq_nocase(purpose, STR("customer")) || str_eq_nocase(purpose, STR("external"));
}

static enum status attributes_of(struct draft *d, const struct json *participants, bool customers, struct err *err)
{
    for (const struct json *p = participants->first; p != NULL; p = p->next) {
        const struct json *attributes;
        if (genesys_is_customer(p) != customers)
            continue;
        TRY(draft_object(d, json_get(p, "attributes"), &attributes, err));
        if (attributes != NULL)
            TRY(draft_attributes(d, attributes, err));
    }
    return OK;
}

enum status genesys_attributes(struct draft *d, const struct json *participants, struct err *err)
{
    if (participants == NULL)
        return OK;
    TRY(attributes_of(d, participants, false, err));
    return attributes_of(d, participants, true, err);
}

enum status genesys_join(struct draft *d, struct str one, struct str *first, struct str *all, struct err *err)
{
    struct str word, rest = *all;
    if (one.n == 0)
        return OK;
    if (first->n == 0)
        *first = one;
    while (str_split(rest, ',', &word, &rest))
        if (str_eq(word, one))
            return OK;
    if (str_eq(rest, one))
        return OK;
    *all = all->n == 0 ? one : arena_fmt(d->a, "%.*s,%.*s", STR_ARG(*all), STR_ARG(one));
    return all->p == NULL ? ARENA_FULL(err, d->a) : OK;
}

enum status genesys_moment(struct draft *d, struct genesys_tally *t, const struct json *node, bool ends,
                           struct err *err)
{
    int64_t ms;
    bool doubt = false;
    TRY(draft_time(d, node, &ms, &doubt, err));
    t->latest_ms = ms > t->latest_ms ? ms : t->latest_ms;
    if (!ends)
        return OK;
    t->ended_ms = ms > t->ended_ms ? ms : t->ended_ms;
    t->doubt = t->doubt || doubt;
    t->open = t->open || (ms == TIME_NONE && !doubt);
    return OK;
}

/*
 * conversationEnd is not the end of the talk: in production data it lies months behind it. So the last end of a segment
 * counts. Where a segment has no believable end, only the conversation's own says when everything was over; where
 * neither does, the conversation goes on.
 */
static enum status set_end(struct draft *d, const struct genesys_tally *t, const struct json *stated_end,
                           struct err *err)
{
    int64_t end;
    bool doubt = t->doubt;
    TRY(draft_time(d, stated_end, &end, &doubt, err));
    if (end == TIME_NONE && !doubt && t->open) {
        d->contact.live = d->contact.facts.started_ms != TIME_NONE; /* without a start it is only a part of a record */
        return OK;
    }
    if (end == TIME_NONE && (t->doubt || t->open))
        draft_set_end(d, TIME_NONE, true);
    else if (t->ended_ms == TIME_NONE || t->open || t->doubt)
        draft_set_end(d, end > t->ended_ms ? end : t->ended_ms, doubt);
    else
        draft_set_end(d, t->ended_ms, false);
    return OK;
}

/* Classification by what several sessions say must see all of it: a filter can match one of the joined words. */
static enum status set_joined(struct draft *d, const struct genesys_tally *t, struct err *err)
{
    TRY(draft_attribute(d, STR("mediaTypes"), t->media, err));
    TRY(draft_attribute(d, STR("queues"), t->queues, err));
    TRY(draft_attribute(d, STR("agentIds"), t->agents, err));
    TRY(draft_attribute(d, STR("divisionIds"), t->divisions, err));
    if (d->contact.facts.attributes_n > 0)
        draft_carried(d, FACT_ATTRIBUTES);
    return OK;
}

enum status genesys_finish(struct draft *d, struct genesys_tally *t, const struct json *stated_start,
                           const struct json *stated_end, struct err *err)
{
    int64_t end;
    TRY(genesys_moment(d, t, stated_start, false, err));
    TRY(draft_time(d, stated_end, &end, NULL, err));
    draft_end_given(d, stated_end);
    t->latest_ms = end > t->latest_ms ? end : t->latest_ms;
    d->version_ms = t->latest_ms != TIME_NONE ? t->latest_ms : 0;
    TRY(draft_take_time(d, FACT_STARTED, stated_start, err));
    TRY(draft_take_time(d, FACT_CREATED, stated_start, err));
    TRY(set_end(d, t, stated_end, err));
    draft_set(d, FACT_CHANNEL, t->channel);
    draft_set(d, FACT_QUEUE, t->queue);
    draft_set(d, FACT_AGENT, t->agent);
    draft_set(d, FACT_DIVISION, t->division);
    if (t->customers > 0) {
        d->contact.facts.customers = t->customers;
        draft_carried(d, FACT_CUSTOMERS);
    }
    TRY(set_joined(d, t, err));
    return subjects_from_attributes(d, err);
}
