/* test_log.c - what arrives on standard error. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

struct capture {
    int saved, ends[2];
    char text[8192];
};

static void capture_start(struct capture *c)
{
    assert_int_equal(pipe(c->ends), 0);
    c->saved = dup(STDERR_FILENO);
    assert_true(c->saved >= 0);
    assert_true(dup2(c->ends[1], STDERR_FILENO) >= 0);
}

static void capture_end(struct capture *c)
{
    assert_true(dup2(c->saved, STDERR_FILENO) >= 0);
    (void)close(c->saved);
    (void)close(c->ends[1]);
    ssize_t n = read(c->ends[0], c->text, sizeof(c->text) - 1);
    assert_true(n >= 0);
    c->text[n] = '\0';
    (void)close(c->ends[0]);
}

static void a_line_has_level_event_and_pairs(void **state)
{
    (void)state;
    struct capture c;
    capture_start(&c);
    log_line(LOG_WARN, "purge.start", "chains=%d store=%s", 12, "calls");
    log_line(LOG_ERROR, "stop", "%s", "");
    capture_end(&c);
    assert_string_equal(c.text, "level=warn event=purge.start chains=12 store=calls\nlevel=error event=stop\n");
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    struct capture c;
    capture_start(&c);
    log_line(LOG_DEBUG, "a", "x=%d", 1);
    log_line(LOG_INFO, "b", "x=%d", 2);
    log_set_level(LOG_ERROR);
    log_line(LOG_WARN, "c", "x=%d", 3);
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "d", "x=%d", 4);
    log_set_level(LOG_INFO);
    capture_end(&c);
    assert_string_equal(c.text, "level=info event=b x=2\nlevel=debug event=d x=4\n");
}

static void a_value_cannot_forge_a_line(void **state)
{
    (void)state;
    struct capture c;
    capture_start(&c);
    log_line(LOG_WARN, "bad", "name=%s", "x\nlevel=info event=forged\r\x1b[2J\x7f");
    capture_end(&c);
    assert_string_equal(c.text, "level=warn event=bad name=x level=info event=forged  [2J\n");
}

static void a_long_line_is_cut_and_says_so(void **state)
{
    (void)state;
    char big[5000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    struct capture c;
    capture_start(&c);
    log_line(LOG_WARN, "big", "v=%s", big);
    log_line(LOG_WARN, big, "v=%d", 1);
    capture_end(&c);
    char *second = strchr(c.text, '\n');
    assert_non_null(second);
    assert_int_equal(second - c.text, 2047);
    assert_memory_equal(second - 4, "x...", 4);
    assert_int_equal(strlen(second + 1), 2048);
    assert_string_equal(second + 1 + 2043, "x...\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_level_event_and_pairs),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(a_value_cannot_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
