/* test_secret.c - references resolved; errors that never repeat a secret. */
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

struct world {
    struct arena a;
    char dir[64];
    struct err err;
    struct str got;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return -1;
    arena_init(&w->a, 1 << 20);
    memcpy(w->dir, "/tmp/test_secret.XXXXXX", 24);
    *state = w;
    if (mkdtemp(w->dir) == NULL || chdir(w->dir) != 0)
        return -1;
    return file_write("key", STR("opensesame\n"), 0600, NULL) == OK ? 0 : -1;
}

static int end(void **state)
{
    struct world *w = *state;
    (void)unlink("key");
    int failed = chdir("/") + rmdir(w->dir);
    arena_release(&w->a);
    free(w);
    return failed;
}

static enum status get(struct world *w, const char *reference)
{
    w->got = STR_NONE;
    w->err = (struct err){.code = OK};
    return secret_read(str_of(reference), str_of(w->dir), &w->a, &w->got, &w->err);
}

static void references_are_known_by_prefix(void **state)
{
    (void)state;
    assert_true(secret_is_reference(STR("env:A")));
    assert_true(secret_is_reference(STR("file:a")));
    assert_true(secret_is_reference(STR("credential:a")));
    assert_false(secret_is_reference(STR("hunter2")));
    assert_false(secret_is_reference(STR("ENV:A")));
    assert_false(secret_is_reference(STR(" env:A")));
    assert_false(secret_is_reference(STR_NONE));
}

static void the_environment(void **state)
{
    struct world *w = *state;
    assert_int_equal(setenv("TEST_SECRET", "abc\n\n", 1), 0);
    assert_int_equal(get(w, "env:TEST_SECRET"), OK);
    assert_true(str_is(w->got, "abc\n")); /* one newline goes, not two */
    assert_int_equal(setenv("TEST_SECRET", "\n", 1), 0);
    assert_int_equal(get(w, "env:TEST_SECRET"), E_INVALID);
    assert_non_null(strstr(w->err.text, "env:TEST_SECRET: it is empty"));
    assert_int_equal(unsetenv("TEST_SECRET"), 0);
    assert_int_equal(get(w, "env:TEST_SECRET"), E_ABSENT);
    assert_non_null(strstr(w->err.text, "env:TEST_SECRET"));
    assert_int_equal(get(w, "env:"), E_INVALID);
}

static void files_relative_and_absolute(void **state)
{
    struct world *w = *state;
    assert_int_equal(chdir("/"), 0); /* base_dir decides, not the working folder */
    assert_int_equal(get(w, "file:key"), OK);
    assert_true(str_is(w->got, "opensesame"));
    struct str full = arena_fmt(&w->a, "file:%s/key", w->dir);
    assert_int_equal(get(w, full.p), OK);
    assert_true(str_is(w->got, "opensesame"));
    assert_int_equal(get(w, "file:none"), E_ABSENT);
    assert_non_null(strstr(w->err.text, "file:none"));
    assert_int_equal(get(w, "file:"), E_INVALID);
    assert_int_equal(get(w, "file:."), E_INVALID);
    assert_int_equal(get(w, "file:/dev/zero"), E_INVALID); /* no regular file */
    assert_int_equal(chdir(w->dir), 0);
}

static void windows_line_ends_go_whole(void **state)
{
    struct world *w = *state;
    assert_int_equal(file_write("key", STR("abc\r\n"), 0600, NULL), OK);
    assert_int_equal(get(w, "file:key"), OK);
    assert_true(str_is(w->got, "abc"));
}

static void credentials_of_systemd(void **state)
{
    struct world *w = *state;
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(get(w, "credential:key"), E_ABSENT);
    assert_non_null(strstr(w->err.text, "CREDENTIALS_DIRECTORY"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", w->dir, 1), 0);
    assert_int_equal(get(w, "credential:key"), OK);
    assert_true(str_is(w->got, "opensesame"));
    assert_int_equal(get(w, "credential:none"), E_ABSENT);
    assert_int_equal(get(w, "credential:../key"), E_INVALID);
    assert_int_equal(get(w, "credential:/etc/passwd"), E_INVALID);
    assert_int_equal(get(w, "credential:.."), E_INVALID);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void a_pasted_secret_is_not_repeated(void **state)
{
    struct world *w = *state;
    assert_int_equal(get(w, "hunter2"), E_INVALID);
    assert_null(strstr(w->err.text, "hunter2"));
    assert_int_equal(secret_read(STR("env:A\0B"), STR("/"), &w->a, &w->got, &w->err), E_INVALID);
    assert_null(w->got.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_known_by_prefix),
        cmocka_unit_test_setup_teardown(the_environment, begin, end),
        cmocka_unit_test_setup_teardown(files_relative_and_absolute, begin, end),
        cmocka_unit_test_setup_teardown(windows_line_ends_go_whole, begin, end),
        cmocka_unit_test_setup_teardown(credentials_of_systemd, begin, end),
        cmocka_unit_test_setup_teardown(a_pasted_secret_is_not_repeated, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
