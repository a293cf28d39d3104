/* From the command line to a command and back: engine, permission, files, exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "engine/actor.h"
#include "tests/lib/centre.h"

/* Both streams away while the program's own code runs: they belong to the test's report. */
static int quietly(int argc, char *const *argv)
{
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    int status = cli_main(argc, argv);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    close(nowhere);
    return status;
}

/* expunge WORDS --config of the world. */
static int expunge(struct world *w, const char *first, const char *second, const char *third)
{
    char *argv[8] = {arena_cstr(&w->a, STR("expunge"))};
    int argc = 1;
    const char *const words[] = {first, second, third};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i])
            argv[argc++] = arena_cstr(&w->a, str_of(words[i]));
    argv[argc++] = arena_cstr(&w->a, STR("--config"));
    argv[argc++] = arena_cstr(&w->a, str_of(w->config));
    return quietly(argc, argv);
}

static void test_statuses(void **state)
{
    struct world *w = *state;
    char *none[] = {arena_cstr(&w->a, STR("expunge"))};
    world_close(w);
    assert_int_equal(quietly(1, none), 2);
    assert_int_equal(expunge(w, "version", NULL, NULL), 0);
    assert_int_equal(expunge(w, "nonsense", NULL, NULL), 2);
    assert_int_equal(expunge(w, "audit", "verify", NULL), 0);
    assert_int_equal(expunge(w, "run", "show", "none"), 1);
    assert_int_equal(expunge(w, "approve", "aa", NULL), 2);
    world_remove_tree(world_path(w, "keys"));
    assert_int_not_equal(expunge(w, "audit", "verify", NULL), 0);
}

static void test_permissions(void **state)
{
    struct world *w = *state;
    struct str token;
    WORLD_OK(w, account_add(w->e, STR("vic"), STR("viewer"), &w->a, &token, &w->err));
    world_close(w);
    assert_int_equal(setenv("EXPUNGE_TOKEN", arena_cstr(&w->a, token), 1), 0);
    assert_int_equal(expunge(w, "run", "list", NULL), 0);
    assert_int_equal(expunge(w, "user", "list", NULL), 3);
    assert_int_equal(expunge(w, "erase", "x", NULL), 3);
    assert_int_equal(expunge(w, "audit", "list", NULL), 3);
    assert_int_equal(setenv("EXPUNGE_TOKEN", "exp_nobody", 1), 0);
    assert_int_equal(expunge(w, "run", "list", NULL), 3);
    unsetenv("EXPUNGE_TOKEN");
    assert_int_equal(expunge(w, "user", "list", NULL), 0);
}

static void test_contact_by_id(void **state)
{
    struct world *w = *state;
    struct cli c = {.engine = w->e, .err = {.code = OK}};
    struct found_contact found;
    arena_init(&c.arena, 16 << 20);
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    assert_int_equal(cli_contact(&c, "c-1", &found, &c.err), OK);
    assert_true(str_is(found.id, "c-1"));
    assert_int_equal(cli_contact(&c, CENTRE_SOURCE "/c-1", &found, &c.err), OK);
    assert_int_equal(cli_contact(&c, "c-2", &found, &c.err), E_ABSENT);
    assert_non_null(strstr(c.err.text, "c-2"));
    assert_int_equal(cli_contact(&c, "", &found, &c.err), E_INVALID);
    arena_release(&c.arena);
}

static void test_standard_input_is_bounded(void **state)
{
    struct world *w = *state;
    struct cli c = {.err = {.code = OK}};
    struct str text;
    int fds[2], saved = dup(STDIN_FILENO);
    arena_init(&c.arena, 1 << 20);
    for (size_t max = 5; max <= 6; max++) {
        assert_int_equal(pipe(fds), 0);
        assert_int_equal(write(fds[1], "abcdef", 6), 6);
        close(fds[1]);
        assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
        close(fds[0]);
        assert_int_equal(cli_read(&c, "-", max, &text, &c.err), max == 6 ? OK : E_LIMIT);
    }
    assert_true(str_is(text, "abcdef"));
    dup2(saved, STDIN_FILENO);
    close(saved);
    world_write(w, "file", "content");
    assert_int_equal(cli_read(&c, world_path(w, "file"), 100, &text, &c.err), OK);
    assert_true(str_is(text, "content"));
    assert_int_equal(cli_read(&c, world_path(w, "none"), 100, &text, &c.err), E_ABSENT);
    arena_release(&c.arena);
}

int main(void)
{
    unsetenv("EXPUNGE_TOKEN");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_statuses, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_permissions, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_contact_by_id, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_standard_input_is_bounded, world_begin, world_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
