/*
 * draft.h - one contact while it is read from one document.
 *
 * Getters read a JSON value strictly and name its path when it is wrong ("Recordings[1].Location: expected text, found
 * an object"). Setters mark a fact as carried by the document. What is absent, null, empty or a vendor's "not set" is
 * not carried. Everything lies in the arena or points into the document.
 */
#ifndef EXPUNGE_INTAKE_DRAFT_H
#define EXPUNGE_INTAKE_DRAFT_H

#include "intake/intake.h"

struct draft {
    struct intake_contact contact;
    const struct intake_context *context;
    const struct json *root; /* paths in messages start here; NULL: not JSON */
    struct arena *a;
    bool start_given, end_given; /* something stood there, were it the vendor's "not set" */
    int64_t version_ms; /* of the document: every fact set is marked with it */
    size_t identifiers_cap, attributes_cap, locators_cap, related_cap;
};
void draft_init(struct draft *d, const struct json *root, const struct intake_context *context, struct arena *a);

/* The member of an object without ASCII case: vendors mix contactId and ContactId. NULL when there is none. */
const struct json *member(const struct json *object, const char *name);
/* E_INVALID with the path of `node` in front of the reason. */
enum status draft_wrong(const struct draft *d, const struct json *node, const char *reason, struct err *err);
/* Text, or a number as it is written. NULL, null and "" give absent. */
enum status draft_text(const struct draft *d, const struct json *node, struct str *out, struct err *err) MUST_USE;
/* As draft_text, booleans too: values of attributes. */
enum status draft_scalar(const struct draft *d, const struct json *node, struct str *out, struct err *err) MUST_USE;
/* TIME_NONE for NULL, null, "" and the vendors' 1970 "not set"; for an implausible time (rule 2.2) too, and then *doubt
 * (may be NULL) becomes true. */
enum status draft_time(const struct draft *d, const struct json *node, int64_t *out, bool *doubt,
                       struct err *err) MUST_USE;
/* NULL for NULL and null; any other type is E_INVALID. */
enum status draft_object(const struct draft *d, const struct json *node, const struct json **out,
                         struct err *err) MUST_USE;
enum status draft_array(const struct draft *d, const struct json *node, const struct json **out,
                        struct err *err) MUST_USE;
/* The contact's id from `object`: E_INVALID when absent, empty or longer than ID_BYTES_MAX. */
enum status draft_id(struct draft *d, const struct json *object, const char *name, struct err *err) MUST_USE;

/* A plain fact; absent text and TIME_NONE change nothing. `at` variants state a version other than the document's. */
void draft_set(struct draft *d, enum fact f, struct str value);
void draft_set_at(struct draft *d, enum fact f, struct str value, int64_t version_ms);
void draft_set_time(struct draft *d, enum fact f, int64_t ms);
void draft_set_doubtful(struct draft *d, enum fact f); /* a time was stated that cannot be: unknown, and reported */
void draft_carried(struct draft *d, enum fact f); /* of facts set directly: attributes, customers */
/* ASCII lower case, in the arena. */
enum status draft_lower(const struct draft *d, struct str s, struct str *out, struct err *err) MUST_USE;
/* The end of the interaction, or, when `doubt`, that it was stated but cannot be; TIME_NONE without doubt: not carried.
 * Otherwise end_stated is set. */
void draft_set_end(struct draft *d, int64_t ms, bool doubt);
/* The document has something in the place of the end. Where neither start nor end can be believed, draft_finish takes the
 * contact as ended at a time nobody knows (rule 2.2), not as going on. */
void draft_end_given(struct draft *d, const struct json *node);
/* A time that is a fact by itself. */
enum status draft_take_time(struct draft *d, enum fact f, const struct json *node, struct err *err) MUST_USE;

/* Lists without duplicates. Absent or empty text adds nothing. */
enum status draft_attribute(struct draft *d, struct str name, struct str value, struct err *err) MUST_USE;
/* All members of a JSON object of plain values; nulls are skipped. */
enum status draft_attributes(struct draft *d, const struct json *object, struct err *err) MUST_USE;
enum status draft_related(struct draft *d, struct str id, struct err *err) MUST_USE; /* not itself, not its initial */
enum status draft_locator(struct draft *d, enum artefact_kind kind, struct str place, struct str path,
                          struct err *err) MUST_USE;
/* "s3://bucket/key" and "bucket/key": place is the bucket. Anything else: place absent, path the whole. */
enum status draft_s3_locator(struct draft *d, enum artefact_kind kind, struct str location, struct err *err) MUST_USE;
/* A text that is no such identifier (withheld, a name) adds nothing; *taken (may be NULL) says whether it was one. */
enum status draft_identifier(struct draft *d, enum subject_type type, struct str raw, bool *taken,
                             struct err *err) MUST_USE;
/* A telephone number, else an e-mail address, else nothing. */
enum status draft_address(struct draft *d, struct str raw, struct err *err) MUST_USE;

/* The result of a document about this one contact. */
enum status draft_finish(struct draft *d, struct intake_result *out, struct err *err) MUST_USE;
enum status draft_ignored(struct intake_result *out, const char *why);

#endif
