/*
 * row_fields.h - what a struct keeps of itself in a row's body, as a table: a field's place in the table is its stored
 * number (first: 1), so a table is only ever appended to. Lists follow under numbers from FIELD_LISTS on.
 */
#ifndef EXPUNGE_ROW_FIELDS_H
#define EXPUNGE_ROW_FIELDS_H

#include "base/pack.h"
#include "model/contact.h"

enum { FIELD_LISTS = 64 };
/* How a member is stored; in brackets what absent reads as. */
enum field_type {
    FIELD_TEXT, /* struct str (absent); read as a view into the body */
    FIELD_TIME, /* int64_t (TIME_NONE) */
    FIELD_INT,  /* int64_t (0) */
    FIELD_BOOL, /* bool (false) */
    FIELD_KEY,  /* struct row_key (zero) */
    FIELD_HASH, /* struct hash (zero) */
    FIELD_ENUM  /* an enum (0); numbers from `limit` on make the row damaged */
};
struct field { enum field_type type; size_t offset; int limit; };

void fields_pack(struct buf *b, const struct field *fields, size_t n, const void *record);
void fields_clear(const struct field *fields, size_t n, void *record); /* every member to what absent reads as */
/* The current field of `u` into its member; false: its number is not in the table. Sets u->bad when damaged. */
bool field_read(struct unpack *u, const struct field *fields, size_t n, void *record);

void pack_time(struct buf *b, unsigned number, int64_t ms); /* TIME_NONE writes nothing */
int64_t unpack_time(int64_t stored);                        /* 0 reads TIME_NONE */
void pack_key(struct buf *b, unsigned number, const struct row_key *k);
void unpack_key(struct unpack *u, struct row_key *out); /* of the current field; sets u->bad */
/* Many keys in one field. */
void pack_keys(struct buf *b, unsigned number, const struct row_key *keys, size_t n);
enum status unpack_keys(struct unpack *u, struct arena *a, struct row_key **out, size_t *n, struct err *err) MUST_USE;

struct str key_str(const struct row_key *k); /* a view */
/* The body copied into the arena, the buffer released. E_LIMIT: larger than a row may be; `what` is named then. */
enum status body_take(struct buf *b, const char *what, struct arena *a, struct str *out, struct err *err) MUST_USE;
/* E_INVALID naming the row. */
enum status fail_damaged(const char *what, struct str key, struct err *err);

#endif
