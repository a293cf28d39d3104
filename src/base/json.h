/*
 * json.h - JSON read into an immutable tree in an arena, and JSON written.
 *
 * Reading is strict (RFC 8259): UTF-8 checked, duplicate keys rejected, numbers kept as their text so that ids above
 * 2^53 survive, depth and size bounded. Errors carry line and column (1-based, columns in bytes). Strings and numbers
 * of the tree may point into the text that was read, so the text must outlive the tree; they are not NUL-terminated.
 */
#ifndef EXPUNGE_JSON_H
#define EXPUNGE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum json_type { JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    struct str text; /* STRING: decoded; NUMBER: as written */
    struct str key;  /* inside an object */
    struct json *first, *next; /* children in document order */
    size_t count;
};

enum { JSON_DEPTH_MAX = 64 };

/* One document; anything but white space behind it is an error. A UTF-8 byte order mark in front is skipped.
 * E_INVALID with "line:column: reason"; E_LIMIT for depth or memory. */
enum status json_parse(struct str text, struct arena *a, const struct json **out, struct err *err) MUST_USE;
/* The same with the tree in `nodes`, and in `a` only strings that had to be decoded: what was taken out of the tree as text
 * may outlive it. */
enum status json_parse_apart(struct str text, struct arena *nodes, struct arena *a, const struct json **out, struct err *err) MUST_USE;

/* All accept NULL and wrong types: they then answer NULL / absent / false. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_path(const struct json *j, const char *dotted); /* "detail.eventBody" */
struct str json_string(const struct json *j);                           /* absent unless STRING */
struct str json_text(const struct json *j); /* STRING or NUMBER as text; else absent */
bool json_int(const struct json *j, int64_t *out); /* NUMBER that is an integer in range */
bool json_true(const struct json *j);

/* Writer: commas and quoting are its business. Keys must come in the order wanted. Invalid UTF-8 is replaced. */
struct json_writer {
    struct buf *b;
    unsigned depth;
    bool comma[72]; /* something stands before, at this depth */
    char close[72]; /* the bracket that closes this depth */
    int indent;
    bool after_key;
};
void jw_init(struct json_writer *w, struct buf *b, int indent); /* indent 0: one line */
void jw_object(struct json_writer *w);
void jw_array(struct json_writer *w);
void jw_end(struct json_writer *w); /* closes the innermost */
void jw_key(struct json_writer *w, const char *key);
void jw_key_str(struct json_writer *w, struct str key); /* as it was read: it may hold a NUL */
void jw_string(struct json_writer *w, struct str s); /* absent writes null */
void jw_cstr(struct json_writer *w, const char *s);
void jw_int(struct json_writer *w, int64_t v);
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_time(struct json_writer *w, int64_t ms); /* RFC 3339, null for TIME_NONE */
void jw_key_string(struct json_writer *w, const char *key, struct str s);
void jw_key_int(struct json_writer *w, const char *key, int64_t v);
void jw_key_bool(struct json_writer *w, const char *key, bool v);
void jw_key_time(struct json_writer *w, const char *key, int64_t ms);
void jw_raw(struct json_writer *w, struct str json); /* one complete value */

#endif
