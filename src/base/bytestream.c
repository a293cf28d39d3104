/* bytestream.c - see bytestream.h. */
#include "base/bytestream.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_BYTES = 64 << 10, WINDOW_FIRST = 256 << 10, GZIP_WINDOW_BITS = 15 + 16 };

static enum status read_some(int fd, void *into, size_t room, size_t *n, struct err *err)
{
    ssize_t got;
    do
        got = read(fd, into, room);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        char text[128];
        return FAIL(err, E_IO, "reading failed: %s", errno_text(errno, text, sizeof(text)));
    }
    *n = (size_t)got;
    return OK;
}

/* Room behind the window: by moving it to the front, else by doubling the buffer. */
static enum status make_room(struct bytestream *s, struct err *err)
{
    if (s->from > 0 && (s->from == s->to || s->from >= s->cap / 2)) {
        memmove(s->buffer, s->buffer + s->from, s->to - s->from);
        s->to -= s->from;
        s->from = 0;
    }
    if (s->to < s->cap)
        return OK;
    if (s->from > 0) {
        memmove(s->buffer, s->buffer + s->from, s->to - s->from);
        s->to -= s->from;
        s->from = 0;
        return OK;
    }
    if (s->cap >= s->max)
        return FAIL(err, E_LIMIT, "the reading window of %zu bytes is full", s->max);
    size_t cap = s->cap * 2 < s->max ? s->cap * 2 : s->max;
    char *bigger = malloc(cap);
    if (bigger == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    memcpy(bigger, s->buffer, s->to);
    explicit_bzero(s->buffer, s->cap);
    free(s->buffer);
    s->buffer = bigger;
    s->cap = cap;
    return OK;
}

static void end_with_fault(struct bytestream *s, const char *what)
{
    snprintf(s->fault, sizeof(s->fault), "%s", what);
    s->at_end = true;
}

/* Behind a member: another one, zeros that tape and block tools add, or nothing. */
static void next_member(struct bytestream *s)
{
    while (s->z.avail_in > 0 && *s->z.next_in == 0) {
        s->z.next_in++;
        s->z.avail_in--;
    }
    if (s->z.avail_in == 0)
        return;
    ASSERT(inflateReset(&s->z) == Z_OK);
    s->member_open = true;
}

static enum status refill_input(struct bytestream *s, struct err *err)
{
    size_t n;
    TRY(read_some(s->fd, s->input, INPUT_BYTES, &n, err));
    s->z.next_in = s->input;
    s->z.avail_in = (unsigned)n;
    if (n > 0)
        return OK;
    if (s->member_open)
        end_with_fault(s, "the gzip stream ends early");
    s->at_end = true;
    return OK;
}

static void inflate_some(struct bytestream *s)
{
    s->z.next_out = (unsigned char *)s->buffer + s->to;
    s->z.avail_out = (unsigned)(s->cap - s->to);
    int rc = inflate(&s->z, Z_NO_FLUSH);
    s->to = s->cap - s->z.avail_out;
    if (rc == Z_STREAM_END) {
        s->member_open = false;
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
        char what[120];
        snprintf(what, sizeof(what), "the gzip stream is damaged: %s", s->z.msg ? s->z.msg : "unknown reason");
        end_with_fault(s, what);
    }
}

static enum status more_unpacked(struct bytestream *s, struct err *err)
{
    size_t before = s->to;
    while (s->to == before && !s->at_end) {
        if (!s->member_open)
            next_member(s);
        if (s->z.avail_in == 0)
            TRY(refill_input(s, err));
        else
            inflate_some(s);
    }
    return OK;
}

enum status bytestream_more(struct bytestream *s, struct err *err)
{
    if (s->at_end)
        return OK;
    TRY(make_room(s, err));
    if (s->packed)
        return more_unpacked(s, err);
    size_t n;
    TRY(read_some(s->fd, s->buffer + s->to, s->cap - s->to, &n, err));
    s->to += n;
    s->at_end = n == 0;
    return OK;
}

/* What was read already, to be recognised, becomes the unpacker's first input. */
static enum status start_unpacking(struct bytestream *s, struct err *err)
{
    s->input = malloc(INPUT_BYTES);
    if (s->input == NULL || inflateInit2(&s->z, GZIP_WINDOW_BITS) != Z_OK)
        return FAIL(err, E_LIMIT, "out of memory");
    s->packed = true;
    s->member_open = true;
    memcpy(s->input, s->buffer, s->to);
    s->z.next_in = s->input;
    s->z.avail_in = (unsigned)s->to;
    s->to = 0;
    return bytestream_more(s, err);
}

static enum status read_first(struct bytestream *s, struct err *err)
{
    size_t n = 1;
    while (n > 0 && s->to < 2) { /* a pipe may give one byte at a time */
        TRY(read_some(s->fd, s->buffer + s->to, INPUT_BYTES - s->to, &n, err));
        s->to += n;
    }
    s->at_end = n == 0;
    if (s->to >= 2 && memcmp(s->buffer, "\x1f\x8b", 2) == 0)
        return start_unpacking(s, err);
    return OK;
}

enum status bytestream_open(struct bytestream *s, int fd, size_t window_max, struct err *err)
{
    ASSERT(window_max >= INPUT_BYTES);
    *s = (struct bytestream){.fd = fd, .max = window_max, .line = 1, .column = 1};
    s->cap = WINDOW_FIRST < window_max ? WINDOW_FIRST : window_max;
    s->buffer = malloc(s->cap);
    enum status st = s->buffer != NULL ? read_first(s, err) : FAIL(err, E_LIMIT, "out of memory");
    if (st != OK)
        bytestream_close(s);
    return st;
}

void bytestream_close(struct bytestream *s)
{
    if (s->packed)
        inflateEnd(&s->z);
    if (s->buffer != NULL)
        explicit_bzero(s->buffer, s->cap);
    if (s->input != NULL)
        explicit_bzero(s->input, INPUT_BYTES);
    free(s->buffer);
    free(s->input);
    *s = (struct bytestream){.fd = -1, .at_end = true};
}

struct str bytestream_view(const struct bytestream *s)
{
    return (struct str){s->buffer + s->from, s->to - s->from};
}

struct byte_place bytestream_place(const struct bytestream *s, size_t at)
{
    ASSERT(at <= s->to - s->from);
    struct byte_place place = {s->offset + at, s->line, s->column};
    const char *p = s->buffer + s->from, *end = p + at, *hit;
    while ((hit = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        place.line++;
        place.column = 1;
        p = hit + 1;
    }
    place.column += (uint64_t)(end - p);
    return place;
}

void bytestream_skip(struct bytestream *s, size_t n)
{
    struct byte_place place = bytestream_place(s, n);
    s->offset = place.offset;
    s->line = place.line;
    s->column = place.column;
    s->from += n;
}
