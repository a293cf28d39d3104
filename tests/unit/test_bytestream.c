/* The window on a file: growth, its limit, places. Gzip is tested with docstream. */
#include "base/bytestream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 1 << 20, WINDOW = 300 << 10 };

/* A line break at every hundredth byte; otherwise the place modulo 26 as a letter. */
static char byte_at(size_t i)
{
    return i % 100 == 99 ? '\n' : (char)('a' + i % 26);
}

static int sample_file(void)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    char *p = malloc(FILE_BYTES);
    assert_non_null(p);
    for (size_t i = 0; i < FILE_BYTES; i++)
        p[i] = byte_at(i);
    assert_int_equal(write(fd, p, FILE_BYTES), FILE_BYTES);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    free(p);
    return fd;
}

static void every_byte_passes_through_the_window_once(void **state)
{
    (void)state;
    int fd = sample_file();
    struct bytestream s;
    assert_int_equal(bytestream_open(&s, fd, WINDOW, NULL), OK);
    size_t seen = 0, step = 1;
    while (!(s.at_end && bytestream_view(&s).n == 0)) {
        struct str window = bytestream_view(&s);
        assert_true(window.n <= WINDOW);
        assert_int_equal(s.offset, seen);
        assert_int_equal(s.line, seen / 100 + 1);
        assert_int_equal(s.column, seen % 100 + 1);
        size_t n = window.n < step ? window.n : step;
        for (size_t i = 0; i < n; i++)
            if (window.p[i] != byte_at(seen + i))
                fail_msg("byte %zu", seen + i);
        bytestream_skip(&s, n);
        seen += n;
        step = step * 7 % 100003;
        if (n == window.n || step % 3 == 0)
            assert_int_equal(bytestream_more(&s, NULL), bytestream_view(&s).n == WINDOW ? E_LIMIT : OK);
    }
    assert_int_equal(seen, FILE_BYTES);
    bytestream_close(&s);
    close(fd);
}

static void the_window_has_a_limit(void **state)
{
    (void)state;
    int fd = sample_file();
    struct bytestream s;
    assert_int_equal(bytestream_open(&s, fd, WINDOW, NULL), OK);
    enum status st = OK;
    while (st == OK)
        st = bytestream_more(&s, NULL);
    assert_int_equal(st, E_LIMIT);
    assert_int_equal(bytestream_view(&s).n, WINDOW);
    struct byte_place place = bytestream_place(&s, 250);
    assert_int_equal(place.offset, 250);
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 51);
    bytestream_skip(&s, 250);
    assert_int_equal(bytestream_more(&s, NULL), OK);
    assert_int_equal(bytestream_view(&s).n, WINDOW);
    bytestream_close(&s);
    close(fd);
}

static void reading_errors_are_told(void **state)
{
    (void)state;
    struct bytestream s;
    struct err err = {0};
    assert_int_equal(bytestream_open(&s, -1, WINDOW, &err), E_IO);
    assert_true(str_starts(str_of(err.text), STR("reading failed: ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_passes_through_the_window_once),
        cmocka_unit_test(the_window_has_a_limit),
        cmocka_unit_test(reading_errors_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
