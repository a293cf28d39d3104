/* When something is shown, and what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "cli/progress.h"

static void test_quiet_at_first_then_often_on_a_terminal(void **state UNUSED)
{
    struct progress_bar p = {.terminal = true, .began_ms = 1000, .shown_ms = 1000};
    assert_false(progress_due(&p, 1000));
    assert_false(progress_due(&p, 2999));
    assert_true(progress_due(&p, 3000));
    p.drawn = true;
    p.shown_ms = 3000;
    assert_false(progress_due(&p, 3499));
    assert_true(progress_due(&p, 3500));
}

static void test_a_line_every_ten_seconds_elsewhere(void **state UNUSED)
{
    struct progress_bar p = {.terminal = false, .began_ms = 0, .shown_ms = 0};
    assert_false(progress_due(&p, 9999));
    assert_true(progress_due(&p, 10000));
    p.shown_ms = 10000;
    assert_false(progress_due(&p, 19999));
    assert_true(progress_due(&p, 20000));
}

static void text_is(uint64_t done, uint64_t total, int64_t elapsed_ms, bool terminal, size_t width,
                    const char *expected)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    progress_text(&b, "contacts", done, total, elapsed_ms, terminal, width);
    assert_string_equal(b.p, expected);
}

static void test_text(void **state UNUSED)
{
    text_is(0, 0, 0, false, 80, "contacts: 0");
    text_is(500, 0, 5000, false, 80, "contacts: 500, 100/s");
    text_is(500, 1000, 5000, false, 80, "contacts: 500 of 1000, 100/s, 5 s left");
    text_is(1, 100, 60000, false, 80, "contacts: 1 of 100, 0/s, 1.6 h left");
    text_is(10, 100, 60000, false, 80, "contacts: 10 of 100, 0/s, 9 min left");
    text_is(100, 100, 5000, false, 80, "contacts: 100 of 100, 20/s");
    text_is(101, 100, 5000, false, 80, "contacts: 101, 20/s"); /* the total was wrong: say nothing of it */
    text_is(4, 8, 4000, true, 72, "[====>   ] contacts: 4 of 8, 1/s, 4 s left");
    text_is(8, 8, 4000, true, 72, "[========] contacts: 8 of 8, 2/s");
    text_is(4, 8, 4000, true, 40, "contacts: 4 of 8, 1/s, 4 s left"); /* too narrow for a bar */
}

static void test_clear_writes_only_when_drawn(void **state UNUSED)
{
    int fds[2];
    char text[16];
    assert_int_equal(pipe(fds), 0);
    struct progress_bar p;
    progress_init(&p, fds[1], 5);
    assert_false(p.terminal);
    progress_clear(&p);
    p.drawn = true;
    progress_clear(&p);
    assert_false(p.drawn);
    assert_int_equal(read(fds[0], text, sizeof text), 4);
    assert_memory_equal(text, "\r\033[K", 4);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quiet_at_first_then_often_on_a_terminal),
                                       cmocka_unit_test(test_a_line_every_ten_seconds_elsewhere),
                                       cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_clear_writes_only_when_drawn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
