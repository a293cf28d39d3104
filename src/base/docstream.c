/* docstream.c - opening, closing, and what JSON and CSV streams have in common. */
#include "base/docstate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW_MAX = DOC_BYTES_MAX + DOC_SHOWN_MAX };

enum status docstream_open(int fd, enum stream_shape shape, const char *const *wrapper_keys, struct docstream **out,
                           struct err *err)
{
    struct docstream *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    s->shape = shape;
    s->wrapper_keys = wrapper_keys;
    enum status st = bytestream_open(&s->in, fd, WINDOW_MAX, err);
    if (st != OK) {
        free(s);
        return st;
    }
    *out = s;
    return OK;
}

static bool is_mark_or_space(struct str head, size_t *n)
{
    if (str_starts(head, STR("\xef\xbb\xbf"))) {
        *n = 3;
        return true;
    }
    *n = 1;
    return head.n > 0 && (head.p[0] == ' ' || head.p[0] == '\t' || head.p[0] == '\r' || head.p[0] == '\n');
}

static enum stream_shape shape_of(struct str head)
{
    size_t n;
    while (is_mark_or_space(head, &n))
        head = (struct str){head.p + n, head.n - n};
    return head.n > 0 && (head.p[0] == '{' || head.p[0] == '[') ? STREAM_JSON : STREAM_CSV;
}

enum status docstream_open_any(int fd, const char *const *wrapper_keys, struct docstream **out, struct str *head,
                               struct err *err)
{
    struct docstream *s;
    TRY(docstream_open(fd, STREAM_CSV, wrapper_keys, &s, err));
    enum status st = OK;
    while (st == OK && !s->in.at_end && bytestream_view(&s->in).n < DOC_SHOWN_MAX)
        st = bytestream_more(&s->in, err);
    if (st != OK) {
        docstream_close(&s);
        return st;
    }
    *head = bytestream_view(&s->in);
    s->shape = shape_of(*head);
    *out = s;
    return OK;
}

enum stream_shape docstream_shape(const struct docstream *s)
{
    return s->shape;
}

void docstream_close(struct docstream **s)
{
    if (s == NULL || *s == NULL)
        return;
    bytestream_close(&(*s)->in);
    if ((*s)->shown != NULL)
        explicit_bzero((*s)->shown, DOC_SHOWN_MAX);
    free((*s)->shown);
    free(*s);
    *s = NULL;
}

enum status docstream_next(struct docstream *s, struct doc *out, struct err *err)
{
    bytestream_skip(&s->in, s->taken);
    s->taken = 0;
    return s->shape == STREAM_JSON ? docjson_next(s, out, err) : doccsv_next(s, out, err);
}

enum status docstream_guess(int fd, enum stream_shape *out, struct str *head, struct arena *a, struct err *err)
{
    off_t start = lseek(fd, 0, SEEK_CUR);
    if (start < 0)
        return FAIL(err, E_UNSUPPORTED, "cannot look ahead in what is not a file");
    struct docstream *s;
    struct str seen;
    TRY(docstream_open_any(fd, NULL, &s, &seen, err));
    if (seen.n > DOC_SHOWN_MAX)
        seen.n = DOC_SHOWN_MAX;
    struct str copy = arena_str(a, seen);
    enum stream_shape shape = s->shape;
    docstream_close(&s);
    if (lseek(fd, start, SEEK_SET) != start)
        return FAIL(err, E_IO, "cannot go back to the start of the file");
    if (copy.p == NULL)
        return ARENA_FULL(err, a);
    *head = copy;
    *out = shape;
    return OK;
}

void doc_yield(struct docstream *s, struct doc *out, enum doc_kind kind, size_t n)
{
    struct str window = bytestream_view(&s->in);
    *out = (struct doc){.kind = kind, .bytes = {window.p, n}};
    out->line = s->in.line;
    out->column = s->in.column;
    out->offset = s->in.offset;
    s->taken = n;
}

void doc_yield_bad(struct docstream *s, struct doc *out, size_t n, const char *fmt, ...)
{
    doc_yield(s, out, DOC_BAD, n);
    if (out->bytes.n > DOC_SHOWN_MAX)
        out->bytes.n = DOC_SHOWN_MAX;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->reason, sizeof(out->reason), fmt, ap);
    va_end(ap);
}

void doc_yield_end(struct docstream *s, struct doc *out)
{
    if (s->in.fault[0] != '\0' && !s->fault_told) {
        s->fault_told = true;
        doc_yield_bad(s, out, 0, "%s", s->in.fault);
        return;
    }
    doc_yield(s, out, DOC_END, 0);
}

bool doc_may_rewind(struct docstream *s, size_t n)
{
    if (s->rewound + n > 8 * s->in.offset + UINT64_C(16) * DOC_BYTES_MAX)
        return false;
    s->rewound += n;
    return true;
}

enum status doc_keep_shown(struct docstream *s, struct str *kept, struct err *err)
{
    if (s->shown == NULL)
        s->shown = malloc(DOC_SHOWN_MAX);
    if (s->shown == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    struct str window = bytestream_view(&s->in);
    size_t n = window.n < DOC_SHOWN_MAX ? window.n : DOC_SHOWN_MAX;
    memcpy(s->shown, window.p, n);
    *kept = (struct str){s->shown, n};
    return OK;
}
