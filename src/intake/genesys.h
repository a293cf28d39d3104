/*
 * genesys.h - what conversations and conversation events of Genesys Cloud have in common.
 */
#ifndef EXPUNGE_INTAKE_GENESYS_H
#define EXPUNGE_INTAKE_GENESYS_H

#include "intake/draft.h"

/* Options of a source of type genesys, for every format of it. */
extern const struct option genesys_options[];
void genesys_options_check(const struct options *options, struct problems *p);

/* Media types are upper case in events, lower case in analytics; messageType tells SMS and WhatsApp from other
 * messages. Absent in, absent out. */
enum status genesys_channel(struct draft *d, struct str media, struct str message_type, struct str *out,
                            struct err *err) MUST_USE;
/* Identifiers of the customer from a customer's session or event: the far side's address, by direction. */
enum status genesys_customer(struct draft *d, const struct json *session, struct str direction,
                             struct err *err) MUST_USE;
/* externalContactId and conversationExternalContactIds of an object. */
enum status genesys_external(struct draft *d, const struct json *object, struct err *err) MUST_USE;
/* Each text of the list `node` as related contacts; NULL and null are an empty list. */
enum status genesys_related(struct draft *d, const struct json *node, struct err *err) MUST_USE;

/* What participants, sessions and segments say together. */
struct genesys_tally {
    struct str channel, queue, agent, division; /* the first stated */
    struct str media, queues, agents, divisions; /* all, joined by commas */
    int64_t customers;
    int64_t ended_ms;  /* latest end stated */
    int64_t latest_ms; /* latest moment stated at all: the version */
    bool open;         /* something has no end */
    bool doubt;        /* some end is implausible */
};
/* Adds `one` to the comma-joined `*all` unless it stands there already, and to `*first` when that is absent. */
enum status genesys_join(struct draft *d, struct str one, struct str *first, struct str *all, struct err *err) MUST_USE;
/* A moment of the conversation; when `ends`, the end of a part of it: absent means that the part is open. */
enum status genesys_moment(struct draft *d, struct genesys_tally *t, const struct json *node, bool ends,
                           struct err *err) MUST_USE;
/* Sets the version and every fact but the direction, which is the caller's to set afterwards; takes subjects from the
 * attributes gathered. `stated_end` is the conversation's own end or NULL. */
enum status genesys_finish(struct draft *d, struct genesys_tally *t, const struct json *stated_start,
                           const struct json *stated_end, struct err *err) MUST_USE;
/* Participants' attributes, the customers' last: of two with one name, the customer's stands. */
enum status genesys_attributes(struct draft *d, const struct json *participants, struct err *err) MUST_USE;
bool genesys_is_customer(const struct json *participant); /* purpose customer or external */

/* The conversations API's model of a conversation (id, startTime, calls, chats, ...); the other one is analytics'. */
bool genesys_api_recognise(const struct json *conversation);
enum status genesys_api_read(struct draft *d, const struct json *conversation, struct err *err) MUST_USE;

#endif
