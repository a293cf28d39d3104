/* test_audit_keys.c - signing keys in files: read as a set, exchanged without a gap, destroyed. */
#include "engine/audit_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/world.h"

#define NAME STR("a.example/log/2026")

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    *state = w;
    arena_init(&w->a, 16 << 20);
    memcpy(w->dir, "/tmp/expunge-akeys.XXXXXX", sizeof "/tmp/expunge-akeys.XXXXXX");
    if (!mkdtemp(w->dir) || crypto_init(&w->err) != OK)
        return -1;
    WORLD_OK(w, audit_key_make(world_path(w, "audit.key"), NAME, &w->err));
    return 0;
}

static struct str where(struct world *w)
{
    return arena_fmt(&w->a, "file:%s/audit.key", w->dir);
}

static struct audit_keys keys_of(struct world *w)
{
    struct audit_keys k;
    WORLD_OK(w, audit_keys_read(where(w), NAME, &k, &w->err));
    return k;
}

/* One rotation of the files; the label of the key replaced. */
static const char *replace(struct world *w)
{
    const char *label = arena_fmt(&w->a, "%08x", keys_of(w).current.id).p;
    WORLD_OK(w, audit_keys_prepare(where(w), NAME, &w->err));
    WORLD_OK(w, audit_keys_switch(where(w), label, &w->err));
    return label;
}

static void one_key_alone(void **state)
{
    struct audit_keys k = keys_of(*state);
    assert_int_equal(k.old_n, 0);
    assert_false(k.has_prepared);
    assert_true(str_eq(k.current.name, NAME));
    assert_int_equal(k.current.id, note_key_id(NAME, NOTE_ED25519, k.current.pub));
}

static void a_key_is_never_overwritten(void **state)
{
    struct world *w = *state;
    uint32_t id = keys_of(w).current.id;
    assert_int_equal(audit_key_make(world_path(w, "audit.key"), NAME, &w->err), E_CONFLICT);
    assert_int_equal(keys_of(w).current.id, id);
    assert_int_equal(audit_key_make(world_path(w, "other.key"), STR("not a name"), &w->err), E_INVALID);
    assert_false(world_has(w, "other.key"));
}

static void a_prepared_key_is_made_once(void **state)
{
    struct world *w = *state;
    WORLD_OK(w, audit_keys_prepare(where(w), NAME, &w->err));
    struct audit_keys first = keys_of(w);
    assert_true(first.has_prepared);
    assert_int_not_equal(first.prepared.id, first.current.id);
    WORLD_OK(w, audit_keys_prepare(where(w), NAME, &w->err));
    assert_int_equal(keys_of(w).prepared.id, first.prepared.id);
}

static void the_prepared_one_takes_its_place(void **state)
{
    struct world *w = *state;
    struct stat st;
    struct audit_keys before = keys_of(w);
    const char *label = replace(w);
    struct audit_keys after = keys_of(w);
    assert_int_equal(after.old_n, 1);
    assert_string_equal(after.label[0], label);
    assert_memory_equal(after.old[0].seed, before.current.seed, KEY_BYTES);
    assert_memory_not_equal(after.current.seed, before.current.seed, KEY_BYTES);
    assert_false(after.has_prepared);
    assert_int_equal(stat(world_path(w, "audit.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_crash_between_link_and_rename_is_made_good(void **state)
{
    struct world *w = *state;
    struct audit_keys before = keys_of(w);
    const char *label = arena_fmt(&w->a, "%08x", before.current.id).p;
    const char *old = arena_fmt(&w->a, "audit-%s.key", label).p;
    WORLD_OK(w, audit_keys_prepare(where(w), NAME, &w->err));
    assert_int_equal(link(world_path(w, "audit.key"), world_path(w, old)), 0);
    struct audit_keys between = keys_of(w);
    assert_int_equal(between.old_n, 0); /* the same key under two names is one key */
    assert_int_equal(between.current.id, before.current.id);
    assert_true(between.has_prepared);
    WORLD_OK(w, audit_keys_switch(where(w), label, &w->err));
    assert_int_equal(keys_of(w).current.id, between.prepared.id);
    assert_int_equal(keys_of(w).old[0].id, before.current.id);
}

static void old_keys_come_in_one_order(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < AUDIT_KEYS_OLD_MAX; i++)
        (void)replace(w);
    struct audit_keys k = keys_of(w);
    assert_int_equal(k.old_n, AUDIT_KEYS_OLD_MAX);
    for (size_t i = 1; i < k.old_n; i++)
        assert_true(strcmp(k.label[i - 1], k.label[i]) < 0);
    for (size_t i = 0; i < k.old_n; i++)
        assert_string_equal(k.label[i], arena_fmt(&w->a, "%08x", k.old[i].id).p);
    (void)replace(w);
    assert_int_equal(audit_keys_read(where(w), NAME, &k, &w->err), E_LIMIT);
}

static void destroyed_is_overwritten_and_gone(void **state)
{
    struct world *w = *state;
    const char *label = replace(w), *path = world_path(w, arena_fmt(&w->a, "audit-%s.key", label).p);
    char bytes[64];
    int fd = open(path, O_RDONLY); /* the same bytes on the disk, seen after the name is gone */
    assert_true(fd >= 0);
    WORLD_OK(w, audit_keys_destroy(where(w), label, &w->err));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(read(fd, bytes, sizeof bytes), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0);
    close(fd);
    assert_int_equal(keys_of(w).old_n, 0);
    WORLD_OK(w, audit_keys_destroy(where(w), label, &w->err)); /* again */
}

static void what_a_crash_left_half_destroyed_goes_too(void **state)
{
    struct world *w = *state;
    const char *one = replace(w), *two = replace(w);
    const char *half = arena_fmt(&w->a, "audit-%s.key.gone", one).p;
    assert_int_equal(rename(world_path(w, arena_fmt(&w->a, "audit-%s.key", one).p), world_path(w, half)), 0);
    assert_int_equal(keys_of(w).old_n, 1);
    WORLD_OK(w, audit_keys_destroy(where(w), two, &w->err));
    assert_false(world_has(w, half));
    assert_int_equal(keys_of(w).old_n, 0);
}

static void bad_files_are_named(void **state)
{
    struct world *w = *state;
    struct audit_keys k;
    world_write(w, "audit-0123abcd.key", "nonsense\n");
    assert_int_equal(audit_keys_read(where(w), NAME, &k, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "audit-0123abcd.key"));
    assert_int_equal(chmod(world_path(w, "audit-0123abcd.key"), 0640), 0);
    assert_int_equal(audit_keys_read(where(w), NAME, &k, &w->err), E_DENIED);
    assert_int_equal(unlink(world_path(w, "audit-0123abcd.key")), 0);
    world_write(w, "audit-0123ABCD.key", "not one of ours\n");
    world_write(w, "audit-0123.key", "not one of ours\n");
    assert_int_equal(keys_of(w).old_n, 0);
    assert_int_equal(audit_keys_read(where(w), STR("a b"), &k, &w->err), E_INVALID);
    assert_int_equal(unlink(world_path(w, "audit.key")), 0);
    assert_int_equal(audit_keys_read(where(w), NAME, &k, &w->err), E_ABSENT);
}

static void a_file_of_another_name_has_its_own_beside_it(void **state)
{
    struct world *w = *state;
    struct audit_keys k;
    struct str other = arena_fmt(&w->a, "file:%s/signing", w->dir);
    (void)replace(w); /* those of audit.key are not ours */
    WORLD_OK(w, audit_key_make(world_path(w, "signing"), NAME, &w->err));
    WORLD_OK(w, audit_keys_prepare(other, NAME, &w->err));
    assert_true(world_has(w, "signing-new.key"));
    WORLD_OK(w, audit_keys_read(other, NAME, &k, &w->err));
    assert_true(k.old_n == 0 && k.has_prepared);
    uint32_t next = k.prepared.id;
    const char *label = arena_fmt(&w->a, "%08x", k.current.id).p;
    WORLD_OK(w, audit_keys_switch(other, label, &w->err));
    assert_true(world_has(w, arena_fmt(&w->a, "signing-%s.key", label).p));
    WORLD_OK(w, audit_keys_read(other, NAME, &k, &w->err));
    assert_true(k.old_n == 1 && k.current.id == next);
    WORLD_OK(w, audit_keys_destroy(other, label, &w->err));
    assert_int_equal(keys_of(w).old_n, 1);
}

static void elsewhere_than_in_a_file_it_is_one_alone(void **state)
{
    struct world *w = *state;
    struct audit_keys k;
    uint32_t id = keys_of(w).current.id;
    struct str env = STR("env:EXPUNGE_TEST_AUDIT_KEY");
    assert_int_equal(setenv("EXPUNGE_TEST_AUDIT_KEY", arena_cstr(&w->a, world_read(w, "audit.key")), 1), 0);
    assert_false(audit_keys_are_files(env));
    assert_null(audit_keys_dir(env).p);
    WORLD_OK(w, audit_keys_read(env, NAME, &k, &w->err));
    assert_true(k.current.id == id && k.old_n == 0 && !k.has_prepared);
    assert_int_equal(setenv("EXPUNGE_TEST_AUDIT_KEY", "PRIVATE+KEY+nonsense", 1), 0);
    assert_int_equal(audit_keys_read(env, NAME, &k, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "EXPUNGE_TEST_AUDIT_KEY"));
    assert_false(str_contains(str_of(w->err.text), "nonsense"));
    assert_int_equal(unsetenv("EXPUNGE_TEST_AUDIT_KEY"), 0);
    assert_int_equal(audit_keys_read(env, NAME, &k, &w->err), E_ABSENT);
}

#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {KEYS_TEST(one_key_alone),
                                       KEYS_TEST(a_key_is_never_overwritten),
                                       KEYS_TEST(a_prepared_key_is_made_once),
                                       KEYS_TEST(the_prepared_one_takes_its_place),
                                       KEYS_TEST(a_crash_between_link_and_rename_is_made_good),
                                       KEYS_TEST(old_keys_come_in_one_order),
                                       KEYS_TEST(destroyed_is_overwritten_and_gone),
                                       KEYS_TEST(what_a_crash_left_half_destroyed_goes_too),
                                       KEYS_TEST(bad_files_are_named),
                                       KEYS_TEST(a_file_of_another_name_has_its_own_beside_it),
                                       KEYS_TEST(elsewhere_than_in_a_file_it_is_one_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
