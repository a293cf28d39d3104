/* CSV records cut from streams, and fields from records. */
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

static struct docstream *open_bytes(struct str bytes, int *fd)
{
    struct docstream *s = NULL;
    *fd = memfd_create("stream", MFD_CLOEXEC);
    assert_true(*fd >= 0);
    assert_int_equal(write(*fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
    assert_int_equal(docstream_open(*fd, STREAM_CSV, NULL, &s, NULL), OK);
    return s;
}

static void read_all(struct str input, struct buf *out)
{
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(input, &fd);
    struct doc d = {.kind = DOC_OK};
    buf_clear(out);
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        bool behind_mark = d.line == 1 && str_starts(input, STR("\xef\xbb\xbf"));
        assert_true(d.kind == DOC_END || d.column == (behind_mark ? 4 : 1));
        assert_memory_equal(input.p + d.offset, d.bytes.p, d.bytes.n);
        if (d.kind != DOC_END)
            buf_fmt(out, "%d<%.*s>%s", (int)d.line, STR_ARG(d.bytes), d.reason);
    }
    docstream_close(&s);
}

static void records_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *input, *records;
    } rows[] = {
        {"", ""},
        {"id,name\n1,x\n", "1<id,name>2<1,x>"},
        {"id,name\r\n1,x", "1<id,name>2<1,x>"},
        {"\xef\xbb\xbfid\n1\n", "1<id>2<1>"},
        {"a\n\n,,\n\r\nb\n", "1<a>2<>3<,,>4<>5<b>"},
        {"\"a\nb\",c\nd\n", "1<\"a\nb\",c>3<d>"},
        {"\"a\"\"\r\n\"\"b\";c\r\nd", "1<\"a\"\"\r\n\"\"b\";c>3<d>"},
        {"a,\"\"\nb,\"x\"", "1<a,\"\">2<b,\"x\">"},
        {"5\" pipe,x\nnext\n", "1<5\" pipe,x>2<next>"}, /* csv_split will refuse the field */
        {"a\tb\t\"c\nd\"\n", "1<a\tb\t\"c\nd\">"},
        /* a stray quote costs its own line */
        {"a,\"b\nc,d\ne,\"f\",g\nh\n", "1<a,\"b>text follows a closing quote2<c,d>3<e,\"f\",g>4<h>"},
        {"a,\"b\nc,d\ne\n", "1<a,\"b>a quote is not closed2<c,d>3<e>"},
        {"\"a\"b,c\nd\n", "1<\"a\"b,c>text follows a closing quote2<d>"},
        {"\"", "1<\">a quote is not closed"},
    };
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        read_all(str_of(rows[i].input), &out);
        assert_string_equal(out.n > 0 ? out.p : "", rows[i].records);
    }
    buf_release(&out);
}

static void a_zero_byte_stays_in_its_record(void **state)
{
    (void)state;
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(STR("a\0b\n\0\n"), &fd);
    struct doc d;
    assert_int_equal(docstream_next(s, &d, NULL), OK);
    assert_true(str_eq(d.bytes, STR("a\0b")));
    assert_int_equal(docstream_next(s, &d, NULL), OK);
    assert_true(str_eq(d.bytes, STR("\0")));
    docstream_close(&s);
}

static char *filled(size_t n, const char *start)
{
    char *p = malloc(n);
    assert_non_null(p);
    memset(p, 'y', n);
    memcpy(p, start, strlen(start));
    return p;
}

static void overlong_lines_are_skipped(void **state)
{
    (void)state;
    static const size_t sizes[] = {DOC_BYTES_MAX, DOC_BYTES_MAX + 1, DOC_BYTES_MAX + 70000,
                                   2 * (size_t)DOC_BYTES_MAX + 5};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *p = filled(sizes[i] + 5, "line,");
        memcpy(p + sizes[i], "\nnext", 5);
        int fd CLEANUP(fd_close) = -1;
        struct docstream *s = open_bytes((struct str){p, sizes[i] + 5}, &fd);
        struct doc d;
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, sizes[i] <= DOC_BYTES_MAX ? DOC_OK : DOC_BAD);
        assert_true(str_starts(d.bytes, STR("line,yyy")));
        if (d.kind == DOC_BAD) {
            char why[160];
            snprintf(why, sizeof(why), "the line has %zu bytes; at most 4194304 are read", sizes[i]);
            assert_string_equal(d.reason, why);
            assert_int_equal(d.bytes.n, 65536);
            assert_int_equal(d.line, 1);
        }
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_true(str_is(d.bytes, "next"));
        assert_int_equal(d.line, 2);
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        assert_int_equal(d.kind, DOC_END);
        docstream_close(&s);
        free(p);
    }
}

/* A quote opened and never closed, over more than the longest record. */
static void an_open_quote_costs_one_line_of_a_large_file(void **state)
{
    (void)state;
    enum { LINES = 700000 };
    struct buf b;
    buf_init(&b, 16 << 20);
    buf_cstr(&b, "a,\"open\n");
    for (int i = 0; i < LINES; i++)
        buf_fmt(&b, "%08d\n", i);
    int fd CLEANUP(fd_close) = -1;
    struct docstream *s = open_bytes(buf_view(&b), &fd);
    struct doc d = {.kind = DOC_OK};
    int good = 0, bad = 0;
    while (d.kind != DOC_END) {
        assert_int_equal(docstream_next(s, &d, NULL), OK);
        good += d.kind == DOC_OK;
        bad += d.kind == DOC_BAD;
    }
    assert_int_equal(good, LINES);
    assert_int_equal(bad, 1);
    docstream_close(&s);
    buf_release(&b);
}

/* Fields as "<a><b>", or the error's text. */
static const char *split(struct str record, char separator, struct arena *a)
{
    struct str *fields = NULL;
    size_t n = 0;
    struct err err = {0};
    if (csv_split(record, separator, a, &fields, &n, &err) != OK) {
        assert_int_equal(err.code, E_INVALID);
        return arena_cstr(a, str_of(err.text));
    }
    struct buf b CLEANUP(buf_release);
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < n; i++) {
        buf_fmt(&b, "<%.*s>", STR_ARG(fields[i]));
        assert_non_null(fields[i].p);
    }
    return arena_cstr(a, buf_view(&b));
}

static void fields_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        char separator;
        const char *fields;
    } rows[] = {
        {"", ',', "<>"},
        {"a", ',', "<a>"},
        {"a,b", ',', "<a><b>"},
        {"a,b,", ',', "<a><b><>"},
        {",,", ',', "<><><>"},
        {"a;b,c", ';', "<a><b,c>"},
        {"a\tb", '\t', "<a><b>"},
        {"\"a\",\"\",\"b,c\"", ',', "<a><><b,c>"},
        {"\"a\"\"b\",\"\"\"\"", ',', "<a\"b><\">"},
        {"\"two\r\nlines\",x", ',', "<two\r\nlines><x>"},
        {" a , b ", ',', "< a >< b >"},
        {"5\" pipe,x", ',', "field 1 has a quote where none may stand"},
        {"x,\"a\"b", ',', "field 2 has a quote where none may stand"},
        {"x, \"a\"", ',', "field 2 has a quote where none may stand"},
        {"x,\"a", ',', "field 2 has a quote that is not closed"},
        {"\"a\";\"b\"", ',', "field 1 has a quote where none may stand"},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(split(str_of(rows[i].record), rows[i].separator, &a), rows[i].fields);
    assert_string_equal(split(STR_NONE, ',', &a), "<>");
    arena_release(&a);
}

static void fields_are_bounded_by_the_arena(void **state)
{
    (void)state;
    char commas[4096];
    memset(commas, ',', sizeof(commas));
    struct arena a;
    arena_init(&a, 16384);
    struct str *fields = NULL;
    size_t n = 0;
    assert_int_equal(csv_split((struct str){commas, sizeof(commas)}, ',', &a, &fields, &n, NULL), E_LIMIT);
    assert_null(fields);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_cut),
        cmocka_unit_test(a_zero_byte_stays_in_its_record),
        cmocka_unit_test(overlong_lines_are_skipped),
        cmocka_unit_test(an_open_quote_costs_one_line_of_a_large_file),
        cmocka_unit_test(fields_are_split),
        cmocka_unit_test(fields_are_bounded_by_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
