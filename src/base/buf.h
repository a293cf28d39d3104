/*
 * buf.h - bytes being written, with a mandatory maximum.
 *
 * Writes past the maximum (or out of memory) set `failed` and drop everything after; check once at the end with
 * buf_check. p is always NUL-terminated behind n bytes when n > 0.
 */
#ifndef EXPUNGE_BUF_H
#define EXPUNGE_BUF_H

#include "base/base.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b); /* wipes */
void buf_clear(struct buf *b);   /* n = 0, failed = false; memory kept */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_cstr(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vfmt(struct buf *b, const char *fmt, va_list ap);
struct str buf_view(const struct buf *b);
enum status buf_check(const struct buf *b, struct err *err) MUST_USE; /* E_LIMIT when failed */

/* Encodings, appended. */
void buf_hex(struct buf *b, const void *p, size_t n);    /* lower case */
void buf_base64(struct buf *b, const void *p, size_t n); /* RFC 4648 section 4, padded */
void buf_html(struct buf *b, struct str s); /* & < > " ' as references: safe in text and in quoted attributes */
/* Decode into out (capacity *n), set *n. False: not valid, or too long. */
bool hex_decode(struct str s, void *out, size_t *n) MUST_USE;
bool base64_decode(struct str s, void *out, size_t *n) MUST_USE; /* strict: padded, no white space, no spare bits */

#endif
