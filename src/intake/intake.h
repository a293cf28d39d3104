/*
 * intake.h - the format contract: one vendor document in, facts about one or more contacts out.
 *
 * A format RECOGNISES its documents and TURNS one into contacts, links, locators and subjects; each field is present or
 * absent, never guessed. Pure: no clock but the `now` given, no registry. Bounded: the caller has bounded depth and size.
 * A bad document is E_INVALID with the JSON path or column and the reason; it goes to quarantine, never to the floor.
 * What is read points into the document's bytes and the arena: both must outlive it.
 * Adding a format: one source file, one line in formats.h, one test file.
 */
#ifndef EXPUNGE_INTAKE_H
#define EXPUNGE_INTAKE_H

#include "base/docstream.h"
#include "base/json.h"
#include "base/option.h"
#include "model/contact.h"

/* A contact as one document states it. Text in clear; the caller hashes subjects and keys. */
struct intake_contact {
    struct str source;      /* instance or organisation id as the document states it; absent: not stated */
    struct leg facts;       /* key, subjects empty; fact_version_ms[f] set for every field carried, -1 otherwise */
    struct identifier *identifiers;
    size_t identifiers_n;
    bool live;              /* the document says the contact is still going on */
};
enum intake_verdict {
    INTAKE_CONTACTS, /* registered: `contacts` has at least one */
    INTAKE_IGNORED   /* recognised as no contact (a transcript, a webhook, an agent event): counted, `why` says what */
};
struct intake_result {
    enum intake_verdict verdict;
    struct intake_contact *contacts;
    size_t contacts_n;
    const char *why; /* static text, INTAKE_IGNORED */
};
struct intake_context {
    int64_t now_ms;
    struct str country;          /* of the source, ISO 3166 alpha-2; absent: national numbers are not taken */
    struct str source;           /* --source or the configured source's name; absent: take the document's */
    const struct zone *zone;     /* of dates without a zone where the source states one; NULL: such dates are errors */
    const struct options *options; /* of the configured source (columns, dates, separator); NULL: none */
};

struct intake_format {
    const char *name; /* connect-ctr, connect-event, genesys-conversation, genesys-event, csv */
    const char *help;
    enum stream_shape shape;
    const struct option *options; /* keys of a `sources:` entry of this type; may be NULL */
    const char *source_type;      /* amazon-connect, genesys, csv */
    /* JSON: is this document one of ours? Looks at names of fields only; must not answer true for another's. */
    bool (*recognise)(const struct json *document);
    /* JSON document to contacts. */
    enum status (*read)(const struct json *document, const struct intake_context *context, struct arena *a,
                        struct intake_result *out, struct err *err);
    /* CSV: told the header once, then each record (either may be NULL for JSON formats). *state belongs to the arena
     * given to read_header. A record that is empty or only separators: INTAKE_IGNORED. */
    enum status (*read_header)(struct str record, const struct intake_context *context, struct arena *a, void **state,
                               struct err *err);
    enum status (*read_record)(void *state, struct str record, const struct intake_context *context, struct arena *a,
                               struct intake_result *out, struct err *err);
    /* Reports what is wrong with the values of its OPT_YAML options. May be NULL. Formats of one source_type share one
     * table of options and one check. */
    void (*check)(const struct options *options, struct problems *p);
};
extern const struct intake_format *const intake_formats[]; /* ends with NULL; from formats.h */
const struct intake_format *intake_format_named(struct str name);
/* One document: the one that was given, or one of those that an envelope carries. Exactly one of format, ignored_why
 * and trouble is set. */
struct intake_part {
    const struct json *document;        /* what to hand to format->read */
    const struct intake_format *format;
    const char *ignored_why;            /* known, but no contact: static text */
    struct str trouble;                 /* why it goes to quarantine: an unknown format, a layer that does not open */
    struct str place;                   /* "Records[3].kinesis.data"; absent: the document itself */
};
/* Opens envelopes, at most INTAKE_LAYERS_MAX deep, and recognises what is inside; always at least one part. One bad
 * record of a batch is one part in trouble and costs no other. Fails only with E_LIMIT (memory). */
enum { INTAKE_LAYERS_MAX = 4 };
enum status intake_open(const struct json *document, struct arena *a, struct intake_part **parts, size_t *n,
                        struct err *err) MUST_USE;
/* A text that is no JSON: static text when it is known to hold no contacts (an e-mail message), else NULL. */
const char *intake_ignored_text(struct str head);

/* intake_open for callers that know that no envelope with several records can come; with several: E_UNSUPPORTED.
 * The format of a JSON document, or NULL. Envelopes (EventBridge, SNS Message string, SQS body string, Kinesis/Firehose
 * base64 `data`, CloudTrail) are opened first: *inner is what to hand to read. Every opened layer is bounded. A known
 * vendor document that is no contact (WhatsApp, Messenger, S3 event, Contact Lens, evaluation, transcript, ...) gives
 * format NULL and *ignored_why set; an unknown one gives NULL and NULL, and becomes a quarantine line. */
enum status intake_recognise(const struct json *document, struct arena *a, const struct intake_format **format,
                             const struct json **inner, const char **ignored_why, struct err *err) MUST_USE;
/* Keys under which wrapped lists stand as the first key of an object: for docstream_open. Ends with NULL. */
extern const char *const intake_wrapper_keys[];

#endif
