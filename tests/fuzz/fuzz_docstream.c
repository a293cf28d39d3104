/*
 * fuzz_docstream.c - a stream cut into documents: places are true, nothing is invented, packing and pipes change nothing.
 * The first byte says: 1: CSV; 2: the bytes are what a file holds (perhaps gzip), else they are packed here too.
 */
#include "base/docstream.h"
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <unistd.h>

#include <zlib.h>

enum { CSV = 1, AS_IT_IS = 2, OUT_MAX = 8 << 20 };

static const char *const wrappers[] = {"conversations", "Records", NULL};

/* Line, column and offset are those of the bytes in the unpacked stream. */
static void place_is_true(struct str plain, const struct doc *d)
{
    uint64_t line = 1, column = 1;
    HOLDS(d->offset + d->bytes.n <= plain.n);
    HOLDS(d->bytes.n == 0 || memcmp(plain.p + d->offset, d->bytes.p, d->bytes.n) == 0);
    for (uint64_t i = 0; i < d->offset; i++) {
        column++;
        if (plain.p[i] == '\n') {
            line++;
            column = 1;
        }
    }
    HOLDS(d->line == line && d->column == column);
}

/* Every document in `out`, one behind another, with its kind. Documents do not overlap. */
static void read_all(int fd, enum stream_shape shape, const struct str *plain, struct buf *out)
{
    struct docstream *s = NULL;
    struct doc d = {.kind = DOC_OK};
    struct err err;
    uint64_t behind = 0;
    HOLDS_OK(docstream_open(fd, shape, wrappers, &s, &err), &err);
    for (;;) {
        HOLDS_OK(docstream_next(s, &d, &err), &err);
        if (d.kind == DOC_END)
            break;
        if (plain)
            place_is_true(*plain, &d);
        HOLDS(d.kind != DOC_BAD || d.reason[0] != '\0');
        HOLDS(d.kind != DOC_OK || d.offset >= behind);
        if (d.kind == DOC_OK)
            behind = d.offset + d.bytes.n;
        buf_fmt(out, "%d %llu %s ", (int)d.kind, (unsigned long long)d.offset, d.kind == DOC_BAD ? d.reason : "");
        buf_str(out, d.bytes);
        buf_char(out, '\n');
    }
    docstream_close(&s);
    close(fd);
    HOLDS(!out->failed);
}

static void pack(struct str plain, struct buf *out)
{
    unsigned char part[4096];
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)plain.p, .avail_in = (unsigned)plain.n};
    int rc = Z_OK;
    HOLDS(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    while (rc == Z_OK) {
        z.next_out = part;
        z.avail_out = sizeof part;
        rc = deflate(&z, Z_FINISH);
        buf_add(out, part, sizeof part - z.avail_out);
    }
    HOLDS(rc == Z_STREAM_END);
    (void)deflateEnd(&z);
}

static int pipe_of(struct str bytes)
{
    int ends[2];
    HOLDS(bytes.n < 60000 && pipe(ends) == 0);
    HOLDS(bytes.n == 0 || write(ends[1], bytes.p, bytes.n) == (ssize_t)bytes.n);
    close(ends[1]);
    return ends[0];
}

static void same_from_a_pipe(struct str bytes, enum stream_shape shape, const struct buf *expected)
{
    struct buf got;
    if (bytes.n >= 60000)
        return;
    buf_init(&got, OUT_MAX);
    read_all(pipe_of(bytes), shape, NULL, &got);
    HOLDS(str_eq(buf_view(&got), buf_view(expected)));
    buf_release(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct buf first, packed, second;
    unsigned how = fuzz_byte(&input);
    enum stream_shape shape = how & CSV ? STREAM_CSV : STREAM_JSON;
    bool gzip = input.n >= 2 && memcmp(input.p, "\x1f\x8b", 2) == 0;
    buf_init(&first, OUT_MAX);
    buf_init(&packed, OUT_MAX);
    buf_init(&second, OUT_MAX);
    read_all(fuzz_fd(input), shape, gzip ? NULL : &input, &first);
    same_from_a_pipe(input, shape, &first);
    if (!(how & AS_IT_IS) && !gzip) {
        pack(input, &packed);
        read_all(fuzz_fd(buf_view(&packed)), shape, &input, &second);
        HOLDS(str_eq(buf_view(&first), buf_view(&second)));
    }
    buf_release(&first);
    buf_release(&packed);
    buf_release(&second);
    return 0;
}
