/*
 * entry_types.h - the table of entry types: which fields an entry may and must have, in which form.
 *
 * docs/audit-format.md repeats this table; its unit test fails when the two differ. To add a field or a type, add a
 * line here (fields in bytewise order of name) and the text entry_types_describe prints to the document.
 */
#ifndef EXPUNGE_AUDIT_ENTRY_TYPES_H
#define EXPUNGE_AUDIT_ENTRY_TYPES_H

#include "base/buf.h"

enum entry_type {
    ENTRY_NONE,
    ENTRY_REGISTERED,
    ENTRY_REQUESTED,
    ENTRY_PLANNED,
    ENTRY_APPROVED,
    ENTRY_REFUSED,
    ENTRY_INTENT,
    ENTRY_OUTCOME,
    ENTRY_VERIFIED,
    ENTRY_RISEN,
    ENTRY_HOLD_APPLIED,
    ENTRY_HOLD_RELEASED,
    ENTRY_LOST_IN_FLIGHT,
    ENTRY_OVERRIDE,
    ENTRY_DECIDED,
    ENTRY_POLICY_CHANGED,
    ENTRY_RECLASSIFIED,
    ENTRY_RUN,
    ENTRY_STOPPED,
    ENTRY_RESUMED,
    ENTRY_STORE_CHANGED,
    ENTRY_OPENING_DESTROYED,
    ENTRY_DISCLOSED,
    ENTRY_CONFIG_CHANGED,
    ENTRY_CLOCK_CONFIRMED,
    ENTRY_USER_CHANGED,
    ENTRY_KEY_ROTATED,
    ENTRY_RESTORE_DECLARED,
    ENTRY_REOPENED,
    ENTRY_TYPE_COUNT
};

enum entry_form {
    FORM_INT,       /* integer */
    FORM_COUNT,     /* integer, 0 or more */
    FORM_TIME,      /* milliseconds since 1970-01-01T00:00:00Z */
    FORM_BOOL,      /* true or false */
    FORM_ID,        /* 32 lower-case hex digits: 16 random bytes */
    FORM_HASH,      /* 64 lower-case hex digits: a commitment, root or digest */
    FORM_CODE,      /* 1 to 128 of A-Z a-z 0-9 . _ : / @ + - ( ) and space, never personal */
    FORM_TEXT,      /* string of 1 to 1024 bytes */
    FORM_ENUM,      /* one of the values listed */
    FORM_ENUMS,     /* list of them, sorted, without repetition */
    FORM_NAMES,     /* list of names, sorted bytewise, without repetition */
    FORM_IDS,       /* list of FORM_ID, sorted, without repetition */
    FORM_HASHES,    /* list of FORM_HASH, sorted, without repetition */
    FORM_COUNTS,    /* object: name to count */
    FORM_TIMES,     /* object: store name to time */
    FORM_OUTCOMES,  /* object: store name to an object: outcome to count */
    FORM_RESIDUALS, /* list of objects {"kind": code, "store": name (may be missing), "until": time or null} */
    FORM_COUNT_OF
};

enum { FIELD_OPTIONAL = 0, FIELD_REQUIRED = 1, FIELD_NULLABLE = 2 };

struct entry_field {
    const char *name;
    size_t name_n;
    enum entry_form form;
    unsigned flags;
    const char *values; /* of FORM_ENUM, FORM_ENUMS and the outcomes of FORM_OUTCOMES: "a|b|c"; else NULL */
    const char *meaning;
};
struct entry_spec {
    const char *name;
    size_t name_n;
    const char *meaning;
    const struct entry_field *fields; /* its own, sorted; the common ones come besides */
    size_t n;
};

const struct entry_spec *entry_spec_of(enum entry_type t); /* ENTRY_NONE: the fields common to all types */
const char *entry_type_name(enum entry_type t);
bool entry_type_parse(struct str name, enum entry_type *out);
const char *entry_form_text(enum entry_form f);
/* Whether `s` is one of "a|b|c". */
bool entry_value_listed(const char *values, struct str s);
/* The Markdown of docs/audit-format.md between its "fields" marks. */
void entry_types_describe(struct buf *out);

#endif
