/* test_base.c - status names, the error object, the assertion. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void status_names_are_distinct_and_never_null(void **state)
{
    (void)state;
    static const char *const names[] = {"OK",       "E_RETRY",       "E_ABSENT", "E_CONFLICT", "E_DENIED",
                                        "E_INVALID", "E_UNSUPPORTED", "E_IO",     "E_LIMIT"};
    for (int code = OK; code <= E_LIMIT; code++)
        assert_string_equal(status_name((enum status)code), names[code]);
    assert_non_null(status_name((enum status)99));
}

static void fail_fills_code_place_and_text(void **state)
{
    (void)state;
    struct err err = {.code = OK};
    assert_int_equal(FAIL(&err, E_ABSENT, "no %s called %d", "store", 7), E_ABSENT);
    assert_int_equal(err.code, E_ABSENT);
    assert_string_equal(err.text, "no store called 7");
    assert_non_null(strstr(err.where, "test_base.c:"));
    assert_int_equal(FAIL(NULL, E_IO, "nobody listens"), E_IO);
}

static void fail_may_quote_the_text_it_replaces(void **state)
{
    (void)state;
    struct err err = {.code = OK};
    (void)FAIL(&err, E_IO, "inner");
    assert_int_equal(FAIL(&err, E_RETRY, "outer (%s)", err.text), E_RETRY);
    assert_string_equal(err.text, "outer (inner)");
}

static void prefix_keeps_code_and_reason(void **state)
{
    (void)state;
    struct err err = {.code = OK};
    (void)FAIL(&err, E_DENIED, "access refused");
    assert_int_equal(err_prefix(&err, "store %s", "calls"), E_DENIED);
    assert_string_equal(err.text, "store calls: access refused");
}

static void long_texts_are_cut_not_overrun(void **state)
{
    (void)state;
    char big[2000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    struct err err = {.code = OK};
    (void)FAIL(&err, E_LIMIT, "%s", big);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    (void)FAIL(&err, E_LIMIT, "the reason");
    (void)err_prefix(&err, "%s", big);
    assert_true(strlen(err.text) < sizeof(err.text));
    assert_non_null(strstr(err.text, "x: the reason")); /* a long context does not hide the reason */
}

static enum status try_it(enum status inner, int *reached)
{
    TRY(inner);
    (*reached)++;
    return OK;
}

static void try_returns_early_on_failure_only(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(try_it(E_CONFLICT, &reached), E_CONFLICT);
    assert_int_equal(reached, 0);
    assert_int_equal(try_it(OK, &reached), OK);
    assert_int_equal(reached, 1);
}

/* The signal that ended a child which checks `truth`, and what it wrote. */
static int assert_in_child(bool truth, char said[512])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        ASSERT(truth);
        _exit(0);
    }
    (void)close(ends[1]);
    ssize_t n = read(ends[0], said, 511);
    said[n > 0 ? n : 0] = '\0';
    (void)close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void assert_stops_the_process_and_says_where(void **state)
{
    (void)state;
    char said[512];
    assert_int_equal(assert_in_child(false, said), SIGABRT);
    assert_non_null(strstr(said, "truth"));
    assert_non_null(strstr(said, "test_base.c:"));
    assert_int_equal(assert_in_child(true, said), 0);
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_names_are_distinct_and_never_null),
        cmocka_unit_test(fail_fills_code_place_and_text),
        cmocka_unit_test(fail_may_quote_the_text_it_replaces),
        cmocka_unit_test(prefix_keeps_code_and_reason),
        cmocka_unit_test(long_texts_are_cut_not_overrun),
        cmocka_unit_test(try_returns_early_on_failure_only),
        cmocka_unit_test(assert_stops_the_process_and_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
