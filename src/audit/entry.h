/*
 * entry.h - one record of the log, read: what is accepted, and where its fields are.
 *
 * An entry is one JSON object (RFC 8259) in one spelling: UTF-8, no white space between tokens, members in bytewise
 * order of their names and none twice (names hold no escapes), integers only, at most 65,535 bytes. It is hashed as
 * stored; nothing ever writes it anew.
 */
#ifndef EXPUNGE_AUDIT_ENTRY_H
#define EXPUNGE_AUDIT_ENTRY_H

#include "audit/entry_types.h"
#include "base/base.h"

enum { ENTRY_VERSION = 1, ENTRY_FIELDS_MAX = 32 };

/* Fields of a checked entry, in place: names and values are views of its bytes, values as raw JSON. */
struct entry_view {
    enum entry_type type;
    size_t n;
    struct str name[ENTRY_FIELDS_MAX];
    struct str value[ENTRY_FIELDS_MAX];
};

/* E_INVALID with the field and the reason for anything the table of types does not allow. Allocates nothing. */
enum status entry_check(struct str bytes, struct entry_view *out, struct err *err) MUST_USE;

struct str entry_raw(const struct entry_view *e, const char *name);    /* absent: no such field */
struct str entry_string(const struct entry_view *e, const char *name); /* between the quotes; absent also for null */
bool entry_integer(const struct entry_view *e, const char *name, int64_t *out);

/* Walks an object of a checked entry ({"a":1,"b":{}}): takes its next member off *rest, which begins as the raw
 * object. False at its end. */
bool entry_member(struct str *rest, struct str *name, struct str *value);

#endif
