/* Standard output: flushed whole, failures told once; exit statuses of failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/output.h"

/* The program's two streams, in pipes or wherever a test wants them. */
struct streams {
    struct cli c;
    int saved[2];
    int read_end[2];
};

static void begin(struct streams *s, int out_fd)
{
    int out[2], errors[2];
    *s = (struct streams){.c = {.err = {.code = OK}}};
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(errors), 0);
    s->saved[0] = dup(STDOUT_FILENO);
    s->saved[1] = dup(STDERR_FILENO);
    assert_true(dup2(out_fd >= 0 ? out_fd : out[1], STDOUT_FILENO) >= 0);
    assert_true(dup2(errors[1], STDERR_FILENO) >= 0);
    close(out[1]);
    close(errors[1]);
    s->read_end[0] = out[0];
    s->read_end[1] = errors[0];
    arena_init(&s->c.arena, 1 << 20);
    buf_init(&s->c.out, 1 << 20);
}

static void end(struct streams *s, struct buf *out, struct buf *errors)
{
    struct buf *to[2] = {out, errors};
    dup2(s->saved[0], STDOUT_FILENO);
    dup2(s->saved[1], STDERR_FILENO);
    for (int i = 0; i < 2; i++) {
        char text[4096];
        ssize_t n = read(s->read_end[i], text, sizeof text);
        buf_init(to[i], 1 << 16);
        buf_add(to[i], text, n > 0 ? (size_t)n : 0);
        buf_char(to[i], '\0');
        close(s->read_end[i]);
        close(s->saved[i]);
    }
    buf_release(&s->c.out);
    arena_release(&s->c.arena);
}

/* What does not fit is cut, and said to be; nothing is lost of what does. */
static void test_a_note_too_long(void **state UNUSED)
{
    struct streams s;
    struct buf out, errors;
    static char text[9000];
    memset(text, 'x', sizeof text - 1);
    begin(&s, -1);
    cli_note(&s.c, "%s", text);
    end(&s, &out, &errors);
    size_t n = strlen(errors.p);
    assert_in_range(n, 4000, 4096);
    assert_string_equal(errors.p + n - 5, "x...\n");
    buf_release(&out);
    buf_release(&errors);
}

static void test_order_of_streams(void **state UNUSED)
{
    struct streams s;
    struct buf out, errors;
    begin(&s, -1);
    cli_print(&s.c, "one %d\n", 1);
    assert_int_equal(s.c.out.n, 6); /* not yet written */
    cli_note(&s.c, "careful");
    assert_int_equal(s.c.out.n, 0); /* before the note */
    struct json_writer *w = cli_json(&s.c);
    jw_object(w);
    jw_strings(w, "list", (struct str[]){STR("a"), STR("b")}, 2);
    jw_end(w);
    cli_json_end(&s.c);
    int status = cli_finish(&s.c, 0);
    end(&s, &out, &errors);
    assert_int_equal(status, 0);
    assert_string_equal(out.p, "one 1\n{\"list\":[\"a\",\"b\"]}\n");
    assert_string_equal(errors.p, "expunge: careful\n");
    buf_release(&out);
    buf_release(&errors);
}

static void test_failed_writes_make_success_a_failure(void **state UNUSED)
{
    struct streams s;
    struct buf out, errors;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    begin(&s, full);
    cli_print(&s.c, "text\n");
    int status = cli_finish(&s.c, 0);
    bool broken = cli_out_broken(&s.c);
    int kept = cli_finish(&s.c, 3);
    end(&s, &out, &errors);
    close(full);
    assert_int_equal(status, 1);
    assert_int_equal(kept, 3);
    assert_true(broken);
    assert_non_null(strstr(errors.p, "standard output could not be written whole: disk full"));
    buf_release(&out);
    buf_release(&errors);
}

static void test_closed_pipe_is_no_news(void **state UNUSED)
{
    struct streams s;
    struct buf out, errors;
    int fds[2];
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    begin(&s, fds[1]);
    cli_print(&s.c, "text\n");
    int status = cli_finish(&s.c, 0);
    end(&s, &out, &errors);
    close(fds[1]);
    assert_int_equal(status, 1);
    assert_int_equal(errors.n, 1); /* nothing but the NUL put behind it */
    buf_release(&out);
    buf_release(&errors);
}

static void test_exit_statuses(void **state UNUSED)
{
    static const struct {
        enum status code;
        int exit;
    } expected[] = {{E_INVALID, 2},  {E_DENIED, 3},      {E_RETRY, 1}, {E_ABSENT, 1},
                    {E_CONFLICT, 1}, {E_UNSUPPORTED, 1}, {E_IO, 1},    {E_LIMIT, 1}};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        struct streams s;
        struct buf out, errors;
        begin(&s, -1);
        IGNORE(FAIL(&s.c.err, expected[i].code, "no"));
        int status = cli_fail(&s.c);
        end(&s, &out, &errors);
        assert_int_equal(status, expected[i].exit);
        assert_string_equal(errors.p, "expunge: no\n");
        buf_release(&out);
        buf_release(&errors);
    }
}

static void test_a_failure_never_steers_the_terminal(void **state UNUSED)
{
    struct streams s;
    struct buf out, errors;
    begin(&s, -1);
    IGNORE(FAIL(&s.c.err, E_ABSENT, "no contact a\033[2J\xe2\x80\xae" "b"));
    int status = cli_fail(&s.c);
    end(&s, &out, &errors);
    assert_int_equal(status, 1);
    assert_string_equal(errors.p, "expunge: no contact a\\u001b[2J\\u202eb\n");
    buf_release(&out);
    buf_release(&errors);
}

static void test_times_for_people(void **state UNUSED)
{
    struct cli c = {.err = {.code = OK}};
    arena_init(&c.arena, 1 << 16);
    assert_true(str_is(cli_time(&c, TIME_NONE), "-"));
    assert_true(str_is(cli_time(&c, INT64_C(1769864700000)), "2026-01-31 13:05 UTC"));
    assert_true(str_is(cli_shown(&c, STR_NONE), "-"));
    assert_true(str_is(cli_shown(&c, STR("a\nb")), "a\\nb"));
    arena_release(&c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order_of_streams), cmocka_unit_test(test_a_note_too_long),
                                       cmocka_unit_test(test_failed_writes_make_success_a_failure),
                                       cmocka_unit_test(test_closed_pipe_is_no_news),
                                       cmocka_unit_test(test_exit_statuses), cmocka_unit_test(test_a_failure_never_steers_the_terminal),
                                       cmocka_unit_test(test_times_for_people)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
