/* What every stream has: gzip, byte order marks, pipes, guessing, memory, failures of reading. */
#include "base/docstream.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include <cmocka.h>

static int file_of(struct str bytes)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* One gzip member behind what is in b. */
static void add_gzip(struct buf *b, struct str bytes)
{
    unsigned char packed[4096];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)bytes.p;
    z.avail_in = (unsigned)bytes.n;
    int rc = Z_OK;
    while (rc == Z_OK) {
        z.next_out = packed;
        z.avail_out = sizeof(packed);
        rc = deflate(&z, Z_FINISH);
        buf_add(b, packed, sizeof(packed) - z.avail_out);
    }
    assert_int_equal(rc, Z_STREAM_END);
    deflateEnd(&z);
}

/* Documents as "bytes|", bad ones as "!reason|". */
static void read_all(int fd, enum stream_shape shape, struct buf *out)
{
    struct docstream *s = NULL;
    struct doc d = {.kind = DOC_OK};
    buf_clear(out);
    assert_int_equal(docstream_open(fd, shape, NULL, &s, NULL), OK);
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        if (d.kind == DOC_BAD)
            buf_fmt(out, "!%s|", d.reason);
        else if (d.kind == DOC_OK)
            buf_fmt(out, "%.*s|", STR_ARG(d.bytes));
    }
    assert_int_equal(docstream_next(s, &d, NULL), OK); /* the end stays the end */
    assert_int_equal(d.kind, DOC_END);
    docstream_close(&s);
    assert_null(s);
    close(fd);
}

static void assert_reads(struct str bytes, enum stream_shape shape, const char *documents)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    read_all(file_of(bytes), shape, &out);
    buf_char(&out, '$');
    out.p[out.n - 1] = '\0';
    assert_string_equal(out.p, documents);
    buf_release(&out);
}

static void gzip_is_recognised(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    add_gzip(&b, STR("{\"a\":1}\n{\"a\":"));
    assert_reads(buf_view(&b), STREAM_JSON, "{\"a\":1}|!the document is cut off by the end of the file|");
    add_gzip(&b, STR("2}\n{\"a\":3}\n")); /* a document across two members */
    assert_reads(buf_view(&b), STREAM_JSON, "{\"a\":1}|{\"a\":2}|{\"a\":3}|");
    buf_add(&b, "\0\0\0\0", 4); /* padding */
    assert_reads(buf_view(&b), STREAM_JSON, "{\"a\":1}|{\"a\":2}|{\"a\":3}|");
    buf_clear(&b);
    add_gzip(&b, STR("\xef\xbb\xbfid,name\r\n1,x\r\n"));
    assert_reads(buf_view(&b), STREAM_CSV, "id,name|1,x|");
    buf_clear(&b);
    add_gzip(&b, STR(""));
    assert_reads(buf_view(&b), STREAM_JSON, "");
    buf_release(&b);
}

static void damaged_gzip_gives_what_is_before(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    add_gzip(&b, STR("{\"a\":1}\n{\"a\":2}\n"));
    struct str whole = buf_view(&b);
    /* The checksum and length behind the data are missing: everything is delivered, and the end is told. */
    assert_reads((struct str){whole.p, whole.n - 8}, STREAM_JSON, "{\"a\":1}|{\"a\":2}|!the gzip stream ends early|");
    assert_reads((struct str){whole.p, whole.n - 8}, STREAM_CSV, "{\"a\":1}|{\"a\":2}|!the gzip stream ends early|");
    b.p[b.n - 6] ^= 1;
    assert_reads(whole, STREAM_JSON, "{\"a\":1}|{\"a\":2}|!the gzip stream is damaged: incorrect data check|");
    assert_reads((struct str){whole.p, 10}, STREAM_JSON, "!the gzip stream ends early|");
    buf_clear(&b);
    add_gzip(&b, STR("{\"a\":1}\n"));
    buf_cstr(&b, "garbage behind");
    assert_reads(buf_view(&b), STREAM_JSON, "{\"a\":1}|!the gzip stream is damaged: incorrect header check|");
    buf_release(&b);
}

/* Incompressible contents, cut in the middle: the first documents, then one that is cut off. */
static void truncated_gzip_cuts_one_document(void **state)
{
    (void)state;
    struct buf plain, packed, out;
    buf_init(&plain, 1 << 20);
    buf_init(&packed, 1 << 20);
    buf_init(&out, 1 << 20);
    uint64_t x = 88172645463325252;
    for (int i = 0; i < 200; i++) {
        buf_fmt(&plain, "{\"i\":%d,\"r\":\"", i);
        for (int k = 0; k < 10; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            buf_hex(&plain, &x, sizeof(x));
        }
        buf_cstr(&plain, "\"}\n");
    }
    add_gzip(&packed, buf_view(&plain));
    read_all(file_of((struct str){packed.p, packed.n / 2}), STREAM_JSON, &out);
    size_t good = 0, bad = 0;
    for (size_t i = 0; i < out.n; i++) {
        good += out.p[i] == '}' && out.p[i + 1] == '|';
        bad += out.p[i] == '!';
    }
    assert_in_range(good, 50, 150);
    assert_int_equal(bad, 1);
    assert_non_null(strstr(out.p, "!the document is cut off: the gzip stream ends early|"));
    buf_release(&plain);
    buf_release(&packed);
    buf_release(&out);
}

static void a_pipe_of_single_bytes_reads_the_same(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf{\"a\":\"x\\\"y\\\\\"}{\"b\":[{\"c\":1}]}\r\n[1,{\"d\":2}]\n}{\"e\":3}";
    struct buf packed, whole, piecemeal;
    buf_init(&packed, 4096);
    buf_init(&whole, 4096);
    buf_init(&piecemeal, 4096);
    add_gzip(&packed, str_of(text));
    for (int gz = 0; gz <= 1; gz++) {
        struct str bytes = gz ? buf_view(&packed) : str_of(text);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            for (size_t i = 0; i < bytes.n; i++) {
                if (write(ends[1], bytes.p + i, 1) != 1)
                    _exit(1);
                usleep(100);
            }
            _exit(0);
        }
        close(ends[1]);
        read_all(ends[0], STREAM_JSON, &piecemeal);
        read_all(file_of(bytes), STREAM_JSON, &whole);
        assert_string_equal(piecemeal.p, whole.p);
        assert_string_equal(whole.p, "{\"a\":\"x\\\"y\\\\\"}|{\"b\":[{\"c\":1}]}|1|{\"d\":2}|"
                                     "!this begins no JSON object or array|{\"e\":3}|");
    }
    buf_release(&packed);
    buf_release(&whole);
    buf_release(&piecemeal);
}

static void shapes_are_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum stream_shape shape;
    } rows[] = {{"{}", STREAM_JSON},
                {" \r\n\t[1]", STREAM_JSON},
                {"\xef\xbb\xbf{}", STREAM_JSON},
                {"\n\xef\xbb\xbf\n[", STREAM_JSON},
                {"id,name", STREAM_CSV},
                {"", STREAM_CSV},
                {"\"a\",b", STREAM_CSV}};
    struct buf packed;
    buf_init(&packed, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&packed);
        add_gzip(&packed, str_of(rows[i].text));
        for (int gz = 0; gz <= 1; gz++) {
            int fd = file_of(gz ? buf_view(&packed) : str_of(rows[i].text));
            struct arena a;
            arena_init(&a, 1 << 20);
            enum stream_shape shape = STREAM_JSON;
            struct str head = STR_NONE;
            assert_int_equal(docstream_guess(fd, &shape, &head, &a, NULL), OK);
            assert_int_equal(shape, rows[i].shape);
            assert_true(str_is(head, rows[i].text));
            assert_int_equal(lseek(fd, 0, SEEK_CUR), 0); /* nothing was consumed */
            struct docstream *s = NULL;
            assert_int_equal(docstream_open_any(fd, NULL, &s, &head, NULL), OK);
            assert_int_equal(docstream_shape(s), rows[i].shape);
            assert_true(str_is(head, rows[i].text));
            docstream_close(&s);
            arena_release(&a);
            close(fd);
        }
    }
    buf_release(&packed);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    enum stream_shape shape;
    struct str head;
    assert_int_equal(docstream_guess(ends[0], &shape, &head, NULL, NULL), E_UNSUPPORTED);
    close(ends[0]);
    close(ends[1]);
}

static void failing_reads_are_told(void **state)
{
    (void)state;
    struct docstream *s = NULL;
    struct err err = {0};
    assert_int_equal(docstream_open(-1, STREAM_JSON, NULL, &s, &err), E_IO);
    int folder = dup(0);
    assert_int_equal(close(folder), 0);
    assert_int_equal(docstream_open(folder, STREAM_CSV, NULL, &s, &err), E_IO);
    assert_null(s);
    docstream_close(&s);
    docstream_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_recognised),
        cmocka_unit_test(damaged_gzip_gives_what_is_before),
        cmocka_unit_test(truncated_gzip_cuts_one_document),
        cmocka_unit_test(a_pipe_of_single_bytes_reads_the_same),
        cmocka_unit_test(shapes_are_guessed),
        cmocka_unit_test(failing_reads_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
