/*
 * connect.h - what contact records and contact events of Amazon Connect have in common.
 */
#ifndef EXPUNGE_INTAKE_CONNECT_H
#define EXPUNGE_INTAKE_CONNECT_H

#include "intake/draft.h"

/* Options of a source of type amazon-connect, for every format of it. */
extern const struct option connect_options[];
void connect_options_check(const struct options *options, struct problems *p);

/* What follows `marker` in an ARN up to the next '/': arn_part(arn, "/queue/"). Also of `arn:aws::connect:...`. Absent
 * when the marker is not there. */
struct str arn_part(struct str arn, const char *marker);

/* From the member `name` of `object`: the instance as the source, from an ARN or a bare id. */
enum status connect_source(struct draft *d, const struct json *object, const char *name, struct err *err) MUST_USE;
/* Channel, refined by segment attribute connect:Subtype; direction from the initiation method. */
enum status connect_channel(struct draft *d, const struct json *contact, struct err *err) MUST_USE;
/* The end: disconnection, or the end of the agent's after-contact work when that is later. */
enum status connect_end(struct draft *d, const struct json *disconnected, const struct json *agent,
                        struct err *err) MUST_USE;
/* initialContactId; previous, next and related contacts. */
enum status connect_links(struct draft *d, const struct json *contact, struct err *err) MUST_USE;
/* Attributes, contact details, customer id, endpoints, additional recipients, and `subjects` from attributes. */
enum status connect_people(struct draft *d, const struct json *contact, struct err *err) MUST_USE;
/* Recordings, evaluations, references and attachments. */
enum status connect_artefacts(struct draft *d, const struct json *contact, struct err *err) MUST_USE;

#endif
