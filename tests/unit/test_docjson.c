/* JSON documents cut from streams of every shape, and what happens around bad ones. */
#include "base/docstream.h"

#include "base/buf.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define OPENS "brackets do not balance: a bracket opens where no value may begin"
#define BEGINS_NONE "this begins no JSON object or array"
#define CUT_OFF "the document is cut off by the end of the file"
#define OPEN_STRING "a string is not closed on its line"
#define IN_ARRAY ", in the array that begins at line 1"

static const char *const wrappers[] = {"conversations", "Records", NULL};

static struct docstream *open_bytes(struct str bytes, int *fd)
{
    struct docstream *s = NULL;
    *fd = memfd_create("stream", MFD_CLOEXEC);
    assert_true(*fd >= 0);
    assert_int_equal(write(*fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
    assert_int_equal(docstream_open(*fd, STREAM_JSON, wrappers, &s, NULL), OK);
    return s;
}

/* "line:column bytes|", bad ones "line:column !reason|". Offsets must name the bytes in the input. */
static void read_all(struct str input, struct buf *out)
{
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(input, &fd);
    struct doc d = {.kind = DOC_OK};
    buf_clear(out);
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_true(d.offset + d.bytes.n <= input.n);
        assert_memory_equal(input.p + d.offset, d.bytes.p, d.bytes.n);
        if (d.kind == DOC_BAD)
            buf_fmt(out, "%d:%d !%s|", (int)d.line, (int)d.column, d.reason);
        else if (d.kind == DOC_OK)
            buf_fmt(out, "%d:%d %.*s|", (int)d.line, (int)d.column, STR_ARG(d.bytes));
    }
    docstream_close(&s);
}

struct row {
    const char *input, *documents;
};

static void assert_rows(const struct row *rows, size_t n)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        read_all(str_of(rows[i].input), &out);
        assert_string_equal(out.n > 0 ? out.p : "", rows[i].documents);
    }
    buf_release(&out);
}

static void good_streams_of_every_shape(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {" \r\n\t\n", ""},
        {"\xef\xbb\xbf", ""},
        {"{}", "1:1 {}|"},
        {"{\"a\":1}\n{\"a\":2}\n", "1:1 {\"a\":1}|2:1 {\"a\":2}|"},
        {"{\"a\":1}\r\n\r\n {\"a\":2}\r\n", "1:1 {\"a\":1}|3:2 {\"a\":2}|"},
        {"{\"a\":1}{\"a\":2} {\"a\":3}", "1:1 {\"a\":1}|1:8 {\"a\":2}|1:16 {\"a\":3}|"},
        {"\xef\xbb\xbf{\"a\":1}\n\xef\xbb\xbf{\"a\":2}", "1:4 {\"a\":1}|2:4 {\"a\":2}|"},
        {"{\n  \"l\": [\n    {\n      \"x\": 1\n    },\n    {\"y\": 2}\n  ]\n}\n{\n}\n",
         "1:1 {\n  \"l\": [\n    {\n      \"x\": 1\n    },\n    {\"y\": 2}\n  ]\n}|9:1 {\n}|"},
        {"[]", ""},
        {"[{\"a\":1},{\"a\":2}]", "1:2 {\"a\":1}|1:10 {\"a\":2}|"},
        {"[\n  {\"a\":1},\n  {\"a\":2}\n]\n{\"a\":3}[{\"a\":4}]",
         "2:3 {\"a\":1}|3:3 {\"a\":2}|5:1 {\"a\":3}|5:9 {\"a\":4}|"},
        {"[1, \"x,]}\\\"\", [2,[3]], null]", "1:2 1|1:5 \"x,]}\\\"\"|1:15 [2,[3]]|1:24 null|"},
        {"[\"a\\\\\",{\"b\":1}]", "1:2 \"a\\\\\"|1:8 {\"b\":1}|"},
        {"{\"conversations\":[{\"a\":1},{\"a\":2}],\"totalHits\":2}{\"a\":3}",
         "1:19 {\"a\":1}|1:27 {\"a\":2}|1:50 {\"a\":3}|"},
        {" { \"Records\" : [ ] } {\"Records\":[{\"a\":1}]}", "1:34 {\"a\":1}|"},
        {"{\"Records\":{\"a\":1}}", "1:1 {\"Records\":{\"a\":1}}|"}, /* no array: a document */
        {"{\"x\":1,\"Records\":[{\"a\":1}]}", "1:1 {\"x\":1,\"Records\":[{\"a\":1}]}|"}, /* not the first key */
        {"{\"s\":\"}{][ \\\" \\\\\"}{\"t\":\"\\\\\\\"}\"}",
         "1:1 {\"s\":\"}{][ \\\" \\\\\"}|1:19 {\"t\":\"\\\\\\\"}\"}|"},
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void bad_documents_cost_no_other(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* cut off at a line's end: in a string, behind a value, behind a colon, in an array, behind a comma */
        {"{\"a\":\"x\n{\"b\":1}\n", "1:1 !" OPEN_STRING "|2:1 {\"b\":1}|"},
        {"{\"a\":\"x\\\n{\"b\":1}\n", "1:1 !" OPEN_STRING "|2:1 {\"b\":1}|"},
        {"{\"a\":1\n{\"b\":1}\n{\"c\":1}", "1:1 !" OPENS "|2:1 {\"b\":1}|3:1 {\"c\":1}|"},
        {"{\"a\":\n{\"b\":1}\n{\"c\":1}", "1:1 !" OPENS "|2:1 {\"b\":1}|3:1 {\"c\":1}|"},
        {"{\"a\":[1,\n{\"b\":1}\n{\"c\":1}", "1:1 !" OPENS "|2:1 {\"b\":1}|3:1 {\"c\":1}|"},
        {"{\"a\":1,\n{\"b\":1}", "1:1 !" OPENS "|2:1 {\"b\":1}|"},
        /* wrong and spare brackets */
        {"{\"a\":[1}\n{\"b\":1}", "1:1 !brackets do not balance: '}' closes '['|2:1 {\"b\":1}|"},
        {"{\"a\":1]}{\"b\":1}", "1:1 !brackets do not balance: ']' closes '{'|1:9 {\"b\":1}|"},
        {"{\"a\":1}}\n{\"b\":1}", "1:1 {\"a\":1}|1:8 !" BEGINS_NONE "|2:1 {\"b\":1}|"},
        {"{\"a\":1}}{\"b\":1}", "1:1 {\"a\":1}|1:8 !" BEGINS_NONE "|1:9 {\"b\":1}|"},
        {"{\"a\":1{\"b\":2}{\"c\":3}", "1:1 !" OPENS "|1:7 {\"b\":2}|1:14 {\"c\":3}|"},
        /* cut off at the end of the file */
        {"{\"a\":1}\n{\"b\":", "1:1 {\"a\":1}|2:1 !" CUT_OFF "|"},
        {"{\"a\":1}\n{\"b\":\"x", "1:1 {\"a\":1}|2:1 !" CUT_OFF "|"},
        {"{\"a\":1}\n{\"b\":\"x\\", "1:1 {\"a\":1}|2:1 !" CUT_OFF "|"},
        {"{\"a\":[\n{\"b\":1},\n{\"c\":1},\n", "1:1 !" CUT_OFF "|2:1 {\"b\":1}|3:1 {\"c\":1}|"},
        /* text that is no document: one record for a run of it */
        {"hello\nworld\n{\"a\":1}\n", "1:1 !" BEGINS_NONE "|3:1 {\"a\":1}|"},
        {"{\"a\":1} // [why]\n{\"a\":2}", "1:1 {\"a\":1}|1:9 !" BEGINS_NONE "|2:1 {\"a\":2}|"},
        {"{\"a\":1},\n{\"a\":2}", "1:1 {\"a\":1}|1:8 !" BEGINS_NONE "|2:1 {\"a\":2}|"},
        {"\"text\" 12 null", "1:1 !" BEGINS_NONE "|"},
        {"\xff\xfe{\n{}", "1:1 !the text is UTF-16, which is not read: convert it to UTF-8|2:1 {}|"},
        /* pretty-printed lines inside a bad document are not taken for documents before the place where it is bad */
        {"{\n  \"l\": [\n    {\"x\": 1},\n    {\"y\": 2}\n  ],\n  \"s\": \"open\n}\n{\"b\":1}\n",
         "1:1 !" OPEN_STRING "|8:1 {\"b\":1}|"},
        /* in arrays */
        {"[{\"a\":1},{\"b\":]},{\"c\":3}]",
         "1:2 {\"a\":1}|1:10 !brackets do not balance: ']' closes '{'|1:18 {\"c\":3}|"},
        {"[{\"a\":1},]", "1:2 {\"a\":1}|1:10 !no value follows the last comma" IN_ARRAY "|"},
        {"[{\"a\":1},,{\"b\":2}]", "1:2 {\"a\":1}|1:10 !no value stands before a comma" IN_ARRAY "|1:11 {\"b\":2}|"},
        {"[{\"a\":1} {\"b\":2} {\"c\":3}]",
         "1:2 {\"a\":1}|1:10 !a comma is missing" IN_ARRAY "|1:10 {\"b\":2}|1:18 {\"c\":3}|"},
        {"[{\"a\":1}\n", "1:2 {\"a\":1}|2:1 !the array that begins at line 1 is not closed|"},
        {"[{\"a\":1}}]", "1:2 {\"a\":1}|1:9 !a bracket or colon belongs to nothing" IN_ARRAY "|"},
        {"{\"Records\":[{\"a\":1}],\"n\":\n", "1:13 {\"a\":1}|2:1 !the object that begins at line 1 is not closed|"},
        {"{\"Records\":[{\"a\":1}],\"n\":]}\n{\"b\":1}",
         "1:13 {\"a\":1}|1:21 !brackets do not balance: ']' closes '{'|2:1 {\"b\":1}|"},
        {"[\n{\"a\":1},\n{\"b\":\"x\n]\n{\"c\":1}\n{\"d\":1}\n",
         "2:1 {\"a\":1}|3:1 !" OPEN_STRING "|5:1 {\"c\":1}|6:1 {\"d\":1}|"
         "7:1 !the array that begins at line 1 is not closed|"},
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void zero_bytes_are_garbage(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 20);
    read_all(STR("{\"a\":1}\n\0\0\0\0\n{\"b\":1}\n[\0]\n"), &out);
    struct str got = buf_view(&out);
    assert_true(str_starts(got, STR("1:1 {\"a\":1}|2:1 !" BEGINS_NONE "|3:1 {\"b\":1}|4:2 ")));
    buf_release(&out);
}

static struct str repeat(const char *unit, size_t times, size_t extra)
{
    size_t n = strlen(unit);
    char *p = malloc(n * times + extra);
    assert_non_null(p);
    for (size_t i = 0; i < times; i++)
        memcpy(p + i * n, unit, n);
    return (struct str){p, n * times};
}

static void a_million_levels_are_one_document(void **state)
{
    (void)state;
    enum { LEVELS = 1000000 };
    struct str deep = repeat("{\"a\":", LEVELS, 0);
    struct buf b;
    buf_init(&b, 16 << 20);
    buf_cstr(&b, "{\"x\":1}\n");
    buf_str(&b, (struct str){deep.p, 5 * (LEVELS / 2)});
    buf_char(&b, '1');
    for (int i = 0; i < LEVELS / 2; i++)
        buf_char(&b, '}');
    buf_cstr(&b, "\n{\"y\":1}\n");
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(buf_view(&b), &fd);
    struct doc d;
    static const size_t sizes[] = {7, 3 * LEVELS + 1, 7};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, DOC_OK);
        assert_int_equal(d.bytes.n, sizes[i]);
    }
    docstream_close(&s);
    buf_release(&b);
    free((void *)(uintptr_t)deep.p);
}

/* Lines of opening brackets only: each might begin a document. The work must stay linear. */
static void hostile_brackets_end_in_time(void **state)
{
    (void)state;
    static const char *const units[] = {"[\n", "{\"a\":[\n", "{\"a\":\n"};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct str hostile = repeat(units[i], (12 << 20) / strlen(units[i]), 0);
        int fd CLEANUP(fd_close) = -1;
        struct docstream *s = open_bytes(hostile, &fd);
        struct doc d = {.kind = DOC_OK};
        int documents = 0;
        while (d.kind != DOC_END) {
            assert_int_equal(docstream_next(s, &d, NULL), OK);
            assert_int_not_equal(d.kind, DOC_OK);
            documents++;
        }
        assert_in_range(documents, 2, 1000);
        docstream_close(&s);
        free((void *)(uintptr_t)hostile.p);
    }
}

static void overlong_documents_are_skipped_to_their_end(void **state)
{
    (void)state;
    static const size_t sizes[] = {DOC_BYTES_MAX, DOC_BYTES_MAX + 1, DOC_BYTES_MAX + 65535, DOC_BYTES_MAX + 65537,
                                   3 * (size_t)DOC_BYTES_MAX};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct buf b;
        buf_init(&b, 16 << 20);
        buf_cstr(&b, "{\"x\":1}\n{\"s\":\"");
        struct str fill = repeat("y", sizes[i] - 8, 0);
        buf_str(&b, fill);
        buf_cstr(&b, "\"}{\"z\":2}");
        int fd CLEANUP(fd_close) = -1;
        struct docstream *s = open_bytes(buf_view(&b), &fd);
        struct doc d;
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, sizes[i] <= DOC_BYTES_MAX ? DOC_OK : DOC_BAD);
        assert_int_equal(d.line, 2);
        assert_int_equal(d.offset, 8);
        assert_true(str_starts(d.bytes, STR("{\"s\":\"yyy")));
        if (d.kind == DOC_BAD) {
            char why[160];
            snprintf(why, sizeof(why), "the document has %zu bytes; at most 4194304 are read", sizes[i]);
            assert_string_equal(d.reason, why);
            assert_int_equal(d.bytes.n, 65536);
        } else {
            assert_int_equal(d.bytes.n, sizes[i]);
        }
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, DOC_OK);
        assert_true(str_is(d.bytes, "{\"z\":2}"));
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, DOC_END);
        docstream_close(&s);
        free((void *)(uintptr_t)fill.p);
        buf_release(&b);
    }
}

static void a_document_without_end_hides_few_others(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 16 << 20);
    buf_cstr(&b, "[{\"open\":[1,\n");
    enum { OTHERS = 400000 };
    for (int i = 0; i < OTHERS; i++)
        buf_fmt(&b, "{\"i\":%d,\"pad\":\"0\"},\n", i);
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(buf_view(&b), &fd);
    struct doc d = {.kind = DOC_OK};
    int good = 0;
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        good += d.kind == DOC_OK;
    }
    assert_int_equal(good, OTHERS);
    docstream_close(&s);
    buf_release(&b);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Lines of which every third is cut somewhere: all whole ones come through. */
static void whole_lines_survive_cut_ones(void **state)
{
    (void)state;
    enum { LINES = 3000 };
    uint64_t seed = 7;
    struct buf b;
    buf_init(&b, 4 << 20);
    bool *whole = calloc(LINES, sizeof(*whole));
    assert_non_null(whole);
    for (int i = 0; i < LINES; i++) {
        char line[200];
        int n = snprintf(line, sizeof(line),
                         "{\"i\":%d,\"q\":{\"n\":\"a\\\"b\"},\"l\":[1,{\"k\":null},[]],\"t\":\"x\"}", i);
        whole[i] = i % 3 != 1;
        size_t keep = whole[i] ? (size_t)n : 1 + (size_t)(next_random(&seed) % (uint64_t)(n - 1));
        buf_add(&b, line, keep);
        buf_char(&b, '\n');
    }
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(buf_view(&b), &fd);
    struct doc d = {.kind = DOC_OK};
    int found = 0;
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        if (d.kind == DOC_OK && str_starts(d.bytes, STR("{\"i\":")) && str_ends(d.bytes, STR("\"t\":\"x\"}"))) {
            assert_true(whole[d.line - 1]);
            assert_int_equal(d.column, 1);
            found++;
        }
    }
    assert_int_equal(found, LINES - LINES / 3);
    docstream_close(&s);
    buf_release(&b);
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_streams_of_every_shape),
        cmocka_unit_test(bad_documents_cost_no_other),
        cmocka_unit_test(zero_bytes_are_garbage),
        cmocka_unit_test(a_million_levels_are_one_document),
        cmocka_unit_test(hostile_brackets_end_in_time),
        cmocka_unit_test(overlong_documents_are_skipped_to_their_end),
        cmocka_unit_test(a_document_without_end_hides_few_others),
        cmocka_unit_test(whole_lines_survive_cut_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
