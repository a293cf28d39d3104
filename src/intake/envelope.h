/*
 * envelope.h - documents that carry other documents: lists, JSON in strings, base64.
 */
#ifndef EXPUNGE_INTAKE_ENVELOPE_H
#define EXPUNGE_INTAKE_ENVELOPE_H

#include "base/json.h"

/* One layer of wrapping, as a value to look at and how to unwrap it. */
enum envelope_kind {
    ENVELOPE_NONE,   /* not an envelope */
    ENVELOPE_LIST,   /* `content` is an array of documents */
    ENVELOPE_OBJECT, /* `content` is the document */
    ENVELOPE_TEXT,   /* `content` is a string that holds JSON */
    ENVELOPE_BASE64  /* `content` is a string that holds JSON in base64 */
};
struct envelope {
    enum envelope_kind kind;
    const struct json *content;
    const char *name; /* of the member, dotted: "kinesis.data" */
};

/* EventBridge, SNS, SQS, Kinesis, Firehose, DescribeContact, and lists under a wrapper key. */
struct envelope envelope_of(const struct json *document);
/* The document in `content` of a TEXT or BASE64 envelope, in the arena. E_INVALID: it holds no JSON. */
enum status envelope_open(const struct envelope *e, struct arena *a, const struct json **out, struct err *err) MUST_USE;

#endif
