/*
 * entry_writer.h - one record of the log, written.
 *
 *     ew_begin(&w, &buf);
 *     ew_text(&w, "actor", actor);          fields in bytewise order of name: a wrong order is a programming error
 *     ...
 *     TRY(ew_finish(&w, &entry, err));      what would not verify is never handed out
 */
#ifndef EXPUNGE_AUDIT_ENTRY_WRITER_H
#define EXPUNGE_AUDIT_ENTRY_WRITER_H

#include "audit/entry.h"
#include "base/crypto.h"
#include "base/json.h"

enum { ENTRY_ID_BYTES = 16, ENTRY_ID_DIGITS = 2 * ENTRY_ID_BYTES, EW_DEPTH_MAX = 4 };

struct entry_writer {
    struct json_writer json;
    struct buf *b;
    unsigned depth;
    const char *last[EW_DEPTH_MAX]; /* the key written last in each open object; NULL: none, or a list */
};

/* A new random entry id as hex, NUL-terminated. */
void entry_id_new(char out[ENTRY_ID_DIGITS + 1]);

/* The buffer is cleared; its maximum should be at least ENTRY_BYTES_MAX. Keys stay valid until ew_finish. */
void ew_begin(struct entry_writer *w, struct buf *b);
void ew_text(struct entry_writer *w, const char *key, struct str s); /* absent writes null */
void ew_int(struct entry_writer *w, const char *key, int64_t v);
void ew_bool(struct entry_writer *w, const char *key, bool v);
void ew_null(struct entry_writer *w, const char *key);
void ew_hex(struct entry_writer *w, const char *key, const void *p, size_t n);
void ew_hash(struct entry_writer *w, const char *key, const struct hash *h);
void ew_object(struct entry_writer *w, const char *key);
void ew_list(struct entry_writer *w, const char *key);
void ew_item_text(struct entry_writer *w, struct str s);
void ew_item_hash(struct entry_writer *w, const struct hash *h);
void ew_item_object(struct entry_writer *w);
void ew_end(struct entry_writer *w); /* closes the innermost list or object */
/* Closes the entry, checks it (entry_check) and gives its bytes, a view of the buffer. E_INVALID, E_LIMIT. */
enum status ew_finish(struct entry_writer *w, struct str *out, struct err *err) MUST_USE;

#endif
