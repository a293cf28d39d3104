/* test_key_rotate.c - another key signs the log; either verifies it for a while; a crash at any step leaves it whole. */
#include "engine/key_rotate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/verify.h"
#include "base/file.h"
#include "engine/audit_keys.h"
#include "engine/audit_view.h"
#include "engine/housekeeping.h"
#include "engine/logbook_state.h"
#include "engine/reopen.h"
#include "tests/lib/story.h"

static const struct period P30D = {.days = 30, .set = true};

static struct key_rotation rotate(struct world *w)
{
    struct key_rotation k;
    WORLD_OK(w, key_rotate(w->e, &P30D, &w->a, &k, &w->err));
    return k;
}

static struct str vkey_now(struct world *w)
{
    struct logbook_head head;
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    return head.vkey;
}

static struct str publish(struct world *w)
{
    struct logbook_head head;
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    return head.checkpoint;
}

/* Whether the published folder verifies with this one key. */
static bool verifies(struct world *w, struct str vkey)
{
    struct audit_check check;
    WORLD_OK(w, audit_check_folder(w->publish, &vkey, 1, NULL, &w->a, &check, &w->err));
    return check.ok;
}

static bool registry_verifies(struct world *w)
{
    struct audit_check check;
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    return check.ok && check.report.checkpoint_verified;
}

static size_t signatures(struct world *w)
{
    struct logbook_head head;
    struct note note;
    size_t n = 0;
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    WORLD_OK(w, note_split(head.checkpoint, &note, &w->err));
    for (size_t i = 0; i < note.signatures.n; i++)
        n += note.signatures.p[i] == '\n';
    return n;
}

static uint64_t keep_house(struct world *w)
{
    uint64_t n;
    WORLD_OK(w, key_rotate_follow_up(w->e, &w->a, &n, &w->err));
    return n;
}

static const char *old_file(struct world *w, struct str vkey)
{
    struct note_vkey key;
    WORLD_OK(w, note_vkey_parse(vkey, &key, &w->err));
    return arena_fmt(&w->a, "keys/audit-%08x.key", key.id).p;
}

static void either_key_verifies_while_both_sign(void **state)
{
    struct world *w = *state;
    (void)publish(w);
    struct str before = vkey_now(w);
    struct key_rotation k = rotate(w);
    assert_true(str_eq(k.previous, before));
    assert_false(str_eq(k.vkey, before));
    assert_true(str_eq(vkey_now(w), k.vkey));
    assert_int_equal(k.until_ms, WORLD_NOW_MS + 30 * DAY_MS);
    assert_int_equal(signatures(w), 2);
    assert_true(k.published && verifies(w, before) && verifies(w, k.vkey) && registry_verifies(w));
    assert_true(world_has(w, old_file(w, before)));
    assert_false(world_has(w, "keys/audit-new.key"));
    story_fill(w, 3);
    (void)publish(w);
    assert_int_equal(signatures(w), 2);
    assert_true(verifies(w, before) && verifies(w, k.vkey));
}

static void the_name_stays_and_the_entry_carries_both(void **state)
{
    struct world *w = *state;
    size_t n;
    struct key_rotation k = rotate(w);
    struct entry *entries = world_entries(w, &n);
    assert_int_equal(k.size, n);
    assert_true(str_is(entries[n - 1].type, "KEY_ROTATED"));
    assert_true(str_contains(entries[n - 1].body, arena_fmt(&w->a, "\"previous\":\"%.*s\"", STR_ARG(k.previous)).p));
    assert_true(str_contains(entries[n - 1].body, arena_fmt(&w->a, "\"vkey\":\"%.*s\"", STR_ARG(k.vkey)).p));
    assert_true(str_contains(entries[n - 1].body, "\"key\":\"audit\""));
    assert_true(str_starts(k.vkey, arena_fmt(&w->a, "%.*s+", STR_ARG(k.origin))));
    assert_true(str_starts(k.previous, arena_fmt(&w->a, "%.*s+", STR_ARG(k.origin))));
}

/* VERIFY.txt checks the last line by hand, with the key it names. */
static void the_newest_signs_last(void **state)
{
    struct world *w = *state;
    struct key_rotation k = rotate(w);
    struct str text = world_read(w, "audit/checkpoint");
    struct note_vkey key;
    struct note_verified v;
    WORLD_OK(w, note_vkey_parse(k.vkey, &key, &w->err));
    WORLD_OK(w, note_verify(text, &key, 1, &v, &w->err));
    size_t at = text.n - 1;
    while (text.p[at - 1] != '\n')
        at--;
    struct str alone = arena_fmt(&w->a, "%.*s\n%.*s", STR_ARG(v.note.text), (int)(text.n - at), text.p + at);
    WORLD_OK(w, note_verify(alone, &key, 1, &v, &w->err));
    assert_true(str_contains(world_read(w, "audit/VERIFY.txt"), k.vkey.p));
}

static void after_the_overlap_only_the_new_one_signs(void **state)
{
    struct world *w = *state;
    struct key_rotation k = rotate(w);
    const char *old = old_file(w, k.previous);
    world_reopen(w, WORLD_NOW_MS + 30 * DAY_MS - 1, OPEN_WRITE);
    assert_int_equal(keep_house(w), 0);
    assert_true(world_has(w, old));
    world_reopen(w, WORLD_NOW_MS + 30 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1);
    assert_false(world_has(w, old));
    assert_int_equal(keep_house(w), 0);
    story_fill(w, 1);
    (void)publish(w);
    assert_int_equal(signatures(w), 1);
    assert_false(verifies(w, k.previous));
    assert_true(verifies(w, k.vkey) && registry_verifies(w));
}

static void the_purge_does_it_by_housekeeping(void **state)
{
    struct world *w = *state;
    struct housekeeping h;
    (void)rotate(w);
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    WORLD_OK(w, housekeeping_run(w->e, &w->a, &h, &w->err));
    assert_int_equal(h.audit_keys, 1);
}

static void the_old_key_stays_until_what_is_published_is_signed_by_the_new(void **state)
{
    struct world *w = *state;
    (void)publish(w);
    struct str before = world_read(w, "audit/checkpoint");
    struct key_rotation k = rotate(w);
    WORLD_OK(w, file_write(world_path(w, "audit/checkpoint"), before, 0644, &w->err)); /* the folder put back */
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 0);
    (void)publish(w);
    assert_true(verifies(w, k.previous));
    assert_int_equal(keep_house(w), 1);
}

static void twice_within_the_overlap_three_sign(void **state)
{
    struct world *w = *state;
    struct key_rotation one = rotate(w);
    world_reopen(w, WORLD_NOW_MS + 10 * DAY_MS, OPEN_WRITE);
    struct key_rotation two = rotate(w);
    assert_true(str_eq(two.previous, one.vkey));
    assert_int_equal(signatures(w), 3);
    assert_true(verifies(w, one.previous) && verifies(w, one.vkey) && verifies(w, two.vkey));
    world_reopen(w, WORLD_NOW_MS + 30 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1); /* the first alone */
    assert_true(world_has(w, old_file(w, one.vkey)));
    world_reopen(w, WORLD_NOW_MS + 40 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1);
}

static void too_many_at_once_are_refused(void **state)
{
    struct world *w = *state;
    struct key_rotation k;
    for (int i = 0; i < AUDIT_KEYS_OLD_MAX; i++)
        (void)rotate(w);
    assert_int_equal(key_rotate(w->e, &P30D, &w->a, &k, &w->err), E_LIMIT);
    assert_false(world_has(w, "keys/audit-new.key"));
    assert_true(verifies(w, vkey_now(w)));
}

/* ---- crashes ---- */

static void a_crash_before_the_entry_announces_nothing(void **state)
{
    struct world *w = *state;
    struct str before = vkey_now(w);
    WORLD_OK(w, audit_keys_prepare(w->e->config.key_places.audit, STR("x"), &w->err)); /* ... and here the process dies */
    story_fill(w, 1);
    (void)publish(w);
    assert_int_equal(signatures(w), 1);
    assert_true(str_eq(vkey_now(w), before) && verifies(w, before));
    assert_int_equal(keep_house(w), 0);
    struct key_rotation k = rotate(w);
    assert_true(str_eq(k.previous, before) && verifies(w, before) && verifies(w, k.vkey));
}

/* Entry committed, files not exchanged: as after a rotation whose renames are undone. */
static struct key_rotation crash_after_the_entry(struct world *w)
{
    struct key_rotation k = rotate(w);
    const char *old = world_path(w, old_file(w, k.previous)), *current = world_path(w, "keys/audit.key");
    assert_int_equal(rename(current, world_path(w, "keys/audit-new.key")), 0);
    assert_int_equal(rename(old, current), 0);
    return k;
}

static void a_crash_after_the_entry_signs_with_both(void **state)
{
    struct world *w = *state;
    struct key_rotation k = crash_after_the_entry(w);
    story_fill(w, 1);
    (void)publish(w);
    assert_int_equal(signatures(w), 2);
    assert_true(str_eq(vkey_now(w), k.vkey));
    assert_true(verifies(w, k.previous) && verifies(w, k.vkey) && registry_verifies(w));
}

static void housekeeping_finishes_it(void **state)
{
    struct world *w = *state;
    struct key_rotation k = crash_after_the_entry(w);
    assert_int_equal(keep_house(w), 0);
    assert_true(world_has(w, old_file(w, k.previous)));
    assert_false(world_has(w, "keys/audit-new.key"));
    assert_true(str_eq(vkey_now(w), k.vkey));
}

static void the_same_command_finishes_it_without_a_second_entry(void **state)
{
    struct world *w = *state;
    size_t before, after;
    struct key_rotation one = crash_after_the_entry(w);
    (void)world_entries(w, &before);
    struct key_rotation two = rotate(w);
    (void)world_entries(w, &after);
    assert_int_equal(before, after);
    assert_true(str_eq(one.vkey, two.vkey) && str_eq(one.previous, two.previous));
    assert_int_equal(two.until_ms, one.until_ms);
    assert_false(world_has(w, "keys/audit-new.key"));
}

static void two_at_once_are_one_too_many(void **state)
{
    struct world *w = *state;
    struct key_rotation k;
    int fd = -1;
    WORLD_OK(w, file_lock(world_path(w, "keys/audit.lock"), &fd, &w->err));
    assert_int_equal(key_rotate(w->e, &P30D, &w->a, &k, &w->err), E_CONFLICT);
    assert_int_equal(keep_house(w), 0);
    fd_close(&fd);
    (void)rotate(w);
}

/* ---- keys and registry of different ages ---- */

static void a_replaced_key_that_comes_back_signs_nothing(void **state)
{
    struct world *w = *state;
    world_copy_file(w, "keys/audit.key", "copy.key");
    struct key_rotation k = rotate(w);
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1);
    w->e->config.audit_publish = STR_NONE;
    world_copy_file(w, "keys/audit.key", "new.key");
    WORLD_OK(w, file_write(world_path(w, "keys/audit.key"), world_read(w, "copy.key"), 0600, &w->err));
    story_fill(w, 1);
    assert_int_equal(logbook_integrate(w->e, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "was replaced"));
    WORLD_OK(w, file_write(world_path(w, "keys/audit.key"), world_read(w, "new.key"), 0600, &w->err));
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    assert_true(str_eq(vkey_now(w), k.vkey));
}

static void an_old_key_unknown_here_begins_its_overlap(void **state)
{
    struct world *w = *state;
    struct str body;
    struct key_replaced known;
    uint64_t version;
    struct key_rotation k = rotate(w);
    const char *label = arena_cstr(&w->a, (struct str){old_file(w, k.previous) + strlen("keys/audit-"), AUDIT_KEY_LABEL});
    const char *name = arena_fmt(&w->a, "audit-key-%s", label).p;
    WORLD_OK(w, registry_meta_get(w->e->registry, name, &w->a, &body, &version, &w->err));
    WORLD_OK(w, registry_record_remove(w->e->registry, TABLE_META, str_of(name), version, &w->err));
    world_reopen(w, WORLD_NOW_MS + 60 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 0);
    WORLD_OK(w, key_replaced_get(w->e, label, &w->a, &known, &w->err));
    assert_int_equal(known.until_ms, WORLD_NOW_MS + 90 * DAY_MS);
    world_reopen(w, WORLD_NOW_MS + 90 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1);
}

static void a_registry_behind_is_refused(void **state)
{
    struct world *w = *state;
    struct key_rotation k;
    struct reopen_report r;
    world_close(w);
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    (void)rotate(w);
    world_close(w);
    world_copy_file(w, "copy.db", "expunge.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0));
    assert_int_equal(key_rotate(w->e, &P30D, &w->a, &k, &w->err), E_DENIED);
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err)); /* the published log, signed by both, is still ours */
    assert_int_equal(r.missing.others, 1);
}

static void a_registry_from_before_the_rotation_goes_on_with_the_new_key(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    world_close(w);
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    struct key_rotation k = rotate(w);
    world_reopen(w, WORLD_NOW_MS + 31 * DAY_MS, OPEN_WRITE);
    assert_int_equal(keep_house(w), 1); /* the old key, the only one the copy knows, is gone */
    world_close(w);
    world_copy_file(w, "copy.db", "expunge.db");
    assert_int_equal(world_open(w, WORLD_NOW_MS + 32 * DAY_MS, OPEN_WRITE), E_DENIED);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + 32 * DAY_MS, 0));
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    assert_false(str_eq(r.vkey, k.vkey)); /* the log has another name, and with it the key */
    world_reopen(w, WORLD_NOW_MS + 32 * DAY_MS, OPEN_WRITE);
    story_fill(w, 1);
    (void)publish(w);
    assert_true(str_eq(vkey_now(w), r.vkey) && registry_verifies(w));
}

static void a_key_that_is_no_file_is_rotated_where_it_is_kept(void **state)
{
    struct world *w = *state;
    struct key_rotation k;
    size_t before, after;
    assert_int_equal(setenv("EXPUNGE_TEST_AUDIT_KEY", arena_cstr(&w->a, world_read(w, "keys/audit.key")), 1), 0);
    world_edit(w, "expunge.yaml", "keys: keys/",
               "keys: {identifier: file:keys/identifier.key, pseudonym: file:keys/pseudonym.key, "
               "audit: env:EXPUNGE_TEST_AUDIT_KEY, seal: keys/seal}");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    story_fill(w, 1);
    (void)publish(w);
    assert_true(verifies(w, vkey_now(w)) && registry_verifies(w));
    (void)world_entries(w, &before);
    assert_int_equal(key_rotate(w->e, &P30D, &w->a, &k, &w->err), E_UNSUPPORTED);
    assert_true(str_contains(str_of(w->err.text), "env:EXPUNGE_TEST_AUDIT_KEY: rotate it where it is kept"));
    (void)world_entries(w, &after);
    assert_int_equal(before, after);
    assert_int_equal(keep_house(w), 0);
    assert_int_equal(unsetenv("EXPUNGE_TEST_AUDIT_KEY"), 0);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(either_key_verifies_while_both_sign),
        WORLD_TEST(the_name_stays_and_the_entry_carries_both),
        WORLD_TEST(the_newest_signs_last),
        WORLD_TEST(after_the_overlap_only_the_new_one_signs),
        WORLD_TEST(the_purge_does_it_by_housekeeping),
        WORLD_TEST(the_old_key_stays_until_what_is_published_is_signed_by_the_new),
        WORLD_TEST(twice_within_the_overlap_three_sign),
        WORLD_TEST(too_many_at_once_are_refused),
        WORLD_TEST(a_crash_before_the_entry_announces_nothing),
        WORLD_TEST(a_crash_after_the_entry_signs_with_both),
        WORLD_TEST(housekeeping_finishes_it),
        WORLD_TEST(the_same_command_finishes_it_without_a_second_entry),
        WORLD_TEST(two_at_once_are_one_too_many),
        WORLD_TEST(a_replaced_key_that_comes_back_signs_nothing),
        WORLD_TEST(an_old_key_unknown_here_begins_its_overlap),
        WORLD_TEST(a_registry_behind_is_refused),
        WORLD_TEST(a_key_that_is_no_file_is_rotated_where_it_is_kept),
        WORLD_TEST(a_registry_from_before_the_rotation_goes_on_with_the_new_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
