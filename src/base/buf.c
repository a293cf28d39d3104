/* buf.c - a growing byte string that refuses to pass its maximum, and the two text encodings of bytes. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 256 };

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes};
}

void buf_release(struct buf *b)
{
    if (b == NULL)
        return;
    if (b->p != NULL)
        explicit_bzero(b->p, b->cap);
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* Room for n more bytes and the NUL. Never realloc: what it leaves behind could not be wiped. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    size_t need = b->n + n + 1;
    if (need <= b->cap && need > 0)
        return true;
    size_t cap = b->cap > SIZE_MAX / 2 ? need : b->cap * 2;
    if (cap < FIRST_BYTES)
        cap = FIRST_BYTES;
    if (cap < need)
        cap = need;
    char *p = need > 0 ? malloc(cap) : NULL;
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    if (b->p != NULL) {
        memcpy(p, b->p, b->n);
        explicit_bzero(b->p, b->cap);
        free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_cstr(struct buf *b, const char *s)
{
    buf_str(b, str_of(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) {
        b->failed = true;
    } else if (reserve(b, (size_t)n)) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(b, fmt, ap);
    va_end(ap);
}

struct str buf_view(const struct buf *b)
{
    return b->n > 0 ? (struct str){b->p, b->n} : STR("");
}

enum status buf_check(const struct buf *b, struct err *err)
{
    return b->failed ? FAIL(err, E_LIMIT, "the text is longer than its limit of %zu bytes, or memory ran out", b->max)
                     : OK;
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    if (n > SIZE_MAX / 2) {
        b->failed = true;
        return;
    }
    if (n == 0 || !reserve(b, n * 2))
        return;
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i++) {
        b->p[b->n++] = digit[in[i] >> 4];
        b->p[b->n++] = digit[in[i] & 15];
    }
    b->p[b->n] = '\0';
}

void buf_base64(struct buf *b, const void *p, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (n > SIZE_MAX / 4) {
        b->failed = true;
        return;
    }
    if (n == 0 || !reserve(b, (n + 2) / 3 * 4))
        return;
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i += 3) {
        size_t have = n - i < 3 ? n - i : 3;
        unsigned v = (unsigned)in[i] << 16 | (have > 1 ? (unsigned)in[i + 1] << 8 : 0) | (have > 2 ? in[i + 2] : 0);
        b->p[b->n++] = digit[v >> 18];
        b->p[b->n++] = digit[v >> 12 & 63];
        b->p[b->n++] = have > 1 ? digit[v >> 6 & 63] : '=';
        b->p[b->n++] = have > 2 ? digit[v & 63] : '=';
    }
    b->p[b->n] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct str s, void *out, size_t *n)
{
    if (s.n % 2 != 0 || s.n / 2 > *n)
        return false;
    unsigned char *to = out;
    for (size_t i = 0; i < s.n; i += 2) {
        int high = hex_value(s.p[i]), low = hex_value(s.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (unsigned char)(high << 4 | low);
    }
    *n = s.n / 2;
    return true;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct str s, void *out, size_t *n)
{
    if (s.n % 4 != 0)
        return false;
    size_t pad = s.n == 0 || s.p[s.n - 1] != '=' ? 0 : s.p[s.n - 2] != '=' ? 1 : 2;
    size_t digits = s.n - pad, bytes = s.n / 4 * 3 - pad;
    if (bytes > *n)
        return false;
    unsigned char *to = out;
    unsigned bits = 0, held = 0;
    size_t at = 0;
    for (size_t i = 0; i < digits; i++) {
        int v = base64_value(s.p[i]);
        if (v < 0)
            return false;
        bits = (bits << 6 | (unsigned)v) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[at++] = (unsigned char)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) /* spare bits set: a second spelling of the same bytes */
        return false;
    *n = bytes;
    return true;
}

void buf_html(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.p[i]) {
        case '&':
            buf_cstr(b, "&amp;");
            break;
        case '<':
            buf_cstr(b, "&lt;");
            break;
        case '>':
            buf_cstr(b, "&gt;");
            break;
        case '"':
            buf_cstr(b, "&quot;");
            break;
        case '\'':
            buf_cstr(b, "&#39;");
            break;
        default:
            buf_char(b, s.p[i]);
        }
}
