/* test_init.c - a new installation: complete, private, armed against nothing, and never over an old one. */
#include "engine/init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/logbook.h"
#include "tests/lib/world.h"

static void everything_is_there_and_opens(void **state)
{
    struct world *w = *state;
    assert_true(world_has(w, "artefacts/.expunge-control"));
    assert_true(world_has(w, "keys/identifier.key"));
    assert_true(world_has(w, "keys/audit.key"));
    assert_true(world_has(w, "expunge.db"));
    assert_true(w->e->disarmed);
    assert_true(w->e->test_clock);
    assert_false(w->e->config_differs);
    assert_int_equal(w->e->policy.categories_n, 6);
    assert_true(str_is(w->e->policy.default_category, "standard_support"));
}

static void keys_are_private(void **state)
{
    static const char *const names[] = {"keys/identifier.key", "keys/pseudonym.key", "keys/audit.key"};
    struct world *w = *state;
    struct stat st;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(stat(world_path(w, names[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_int_equal(stat(world_path(w, "keys"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void the_log_begins_with_the_policy(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_int_equal(n, 1);
    assert_true(str_is(entries[0].type, "POLICY_CHANGED"));
    assert_true(str_contains(entries[0].body, "\"previous\":null"));
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    assert_int_equal(head.size, 1);
    assert_true(str_is(head.origin, "expunge.local/main/test-clock/2026"));
    assert_true(str_starts(head.vkey, STR("expunge.local/main/test-clock/2026+")));
}

static void refused(struct world *w, const char *left)
{
    assert_int_equal(init_registry(w->dir, false, WORLD_NOW_MS, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), left));
}

static void nothing_is_overwritten(void **state)
{
    struct world *w = *state;
    struct str key = world_read(w, "keys/identifier.key");
    world_close(w);
    refused(w, "expunge.yaml");
    assert_int_equal(unlink(world_path(w, "expunge.yaml")), 0);
    refused(w, "expunge.db");
    assert_int_equal(unlink(world_path(w, "expunge.db")), 0);
    refused(w, "keys");
    assert_true(str_eq(key, world_read(w, "keys/identifier.key")));
    assert_false(world_has(w, "expunge.yaml"));
    assert_false(world_has(w, "expunge.db"));
}

static void a_real_clock_is_not_told_the_time(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    world_close(w);
    world_remove_tree(w->dir);
    WORLD_OK(w, init_registry(w->dir, false, WORLD_NOW_MS, &w->err));
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_INVALID);
    WORLD_OK(w, world_open(w, TIME_NONE, 0));
    assert_false(w->e->test_clock);
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    assert_true(str_is(head.origin, "expunge.local/main/2026"));
}

static void the_log_has_the_name_it_is_given(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    world_close(w);
    world_remove_tree(w->dir);
    assert_int_equal(init_named(w->dir, STR("two words"), STR_NONE, true, WORLD_NOW_MS, &w->err), E_INVALID);
    assert_int_equal(init_named(w->dir, STR(""), STR_NONE, true, WORLD_NOW_MS, &w->err), E_INVALID);
    assert_false(dir_exists(w->dir));
    WORLD_OK(w, init_named(w->dir, STR("log.example/a"), STR_NONE, true, WORLD_NOW_MS, &w->err));
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0));
    assert_true(str_is(w->e->config.audit_origin, "log.example/a"));
    assert_null(w->e->config.audit_publish.p);
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    assert_true(str_is(head.origin, "log.example/a/test-clock/2026"));
}

static void the_registry_is_where_it_is_told(void **state)
{
    static const char *const bad[] = {"postgresql://me:secret@db/x", "postgresql://db/x?password=secret", "oracle://db/x", "sqlite:a\"b", ""};
    struct world *w = *state;
    world_close(w);
    world_remove_tree(w->dir);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(init_named(w->dir, STR_NONE, str_of(bad[i]), true, WORLD_NOW_MS, &w->err), E_INVALID);
        assert_false(str_contains(str_of(w->err.text), "secret"));
    }
    assert_false(dir_exists(w->dir));
    WORLD_OK(w, init_named(w->dir, STR("log.example/a"), STR("sqlite:other.db"), true, WORLD_NOW_MS, &w->err));
    assert_true(world_has(w, "other.db"));
    assert_false(world_has(w, "expunge.db"));
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0));
    assert_true(str_is(w->e->config.audit_origin, "log.example/a"));
}

static void a_failure_leaves_nothing_behind(void **state)
{
    struct world *w = *state;
    world_close(w);
    world_remove_tree(w->dir);
    WORLD_OK(w, dir_make(w->dir, 0700, &w->err));
    world_write(w, "artefacts", "a file where the folder should be\n");
    assert_int_not_equal(init_registry(w->dir, true, WORLD_NOW_MS, &w->err), OK);
    assert_false(world_has(w, "expunge.yaml"));
    assert_false(world_has(w, "keys"));
    assert_int_equal(unlink(world_path(w, "artefacts")), 0);
    WORLD_OK(w, init_registry(w->dir, true, WORLD_NOW_MS, &w->err));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(everything_is_there_and_opens),     WORLD_TEST(keys_are_private),
        WORLD_TEST(the_log_begins_with_the_policy),    WORLD_TEST(nothing_is_overwritten),
        WORLD_TEST(the_log_has_the_name_it_is_given), WORLD_TEST(a_real_clock_is_not_told_the_time), WORLD_TEST(a_failure_leaves_nothing_behind),
        WORLD_TEST(the_registry_is_where_it_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
