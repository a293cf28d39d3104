/* test_publish.c - the folder verifies, grows, repairs itself, and holds nothing personal. */
#include "engine/logbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "audit/verify.h"
#include "base/file.h"
#include "tests/lib/story.h"

static struct logbook_head publish(struct world *w)
{
    struct logbook_head head;
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    return head;
}

static struct verify_report verified(struct world *w, const struct logbook_head *head, const char *dir)
{
    struct verify_report r;
    struct note_vkey vkey;
    WORLD_OK(w, note_vkey_parse(head->vkey, &vkey, &w->err));
    WORLD_OK(w, verify_directory(dir, head->origin, &vkey, 1, NULL, &w->a, &r, &w->err));
    return r;
}

static void it_verifies_at_every_size(void **state)
{
    struct world *w = *state;
    static const int more[] = {0, 3, 251, 1, 1, 300};
    uint64_t size = 1;
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        story_fill(w, (size_t)more[i]);
        size += (uint64_t)more[i];
        struct logbook_head head = publish(w);
        assert_int_equal(head.size, size);
        struct verify_report r = verified(w, &head, w->publish);
        assert_true(r.ok);
        assert_true(r.checkpoint_verified);
        assert_int_equal(r.entries_verified, size);
        assert_true(hash_eq(&r.root, &head.root));
    }
}

static void whoever_reads_it_is_told_how(void **state)
{
    struct world *w = *state;
    struct logbook_head head = publish(w);
    struct str text = world_read(w, "audit/VERIFY.txt");
    assert_true(str_contains(text, arena_cstr(&w->a, head.vkey)));
    assert_true(str_contains(text, "openssl pkeyutl -verify"));
    assert_true(str_contains(world_read(w, "audit/audit-format.md"), "### VERIFIED"));
}

static void it_holds_nothing_personal(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "contact-pii-77", STATUS_PURGED);
    (void)publish(w);
    static const char *const files[] = {"audit/tile/entries/000.p/5", "audit/checkpoint"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct str bytes = world_read(w, files[i]);
        assert_true(bytes.n > 0);
        assert_false(str_contains(bytes, "contact-pii-77"));
        assert_false(str_contains(bytes, "Miller"));
        assert_false(str_contains(bytes, "connect-eu"));
    }
}

static void removed_files_are_written_again(void **state)
{
    struct world *w = *state;
    story_fill(w, 300);
    struct logbook_head head = publish(w);
    assert_int_equal(unlink(world_path(w, "audit/tile/0/000")), 0);
    assert_int_equal(unlink(world_path(w, "audit/tile/entries/001.p/45")), 0);
    assert_false(verified(w, &head, w->publish).ok);
    WORLD_OK(w, logbook_publish(w->e, str_of(w->publish), &w->a, &head, &w->err));
    assert_true(verified(w, &head, w->publish).ok);
}

static void a_changed_file_is_not_covered_up(void **state)
{
    struct world *w = *state;
    struct logbook_head head = publish(w);
    world_edit(w, "audit/tile/entries/000.p/1", "POLICY_CHANGED", "POLICY_SHARPED");
    assert_int_equal(logbook_publish(w->e, str_of(w->publish), &w->a, &head, &w->err), E_CONFLICT);
    story_fill(w, 1);
    head = publish(w);
    assert_false(verified(w, &head, w->publish).ok); /* the file stays as somebody left it, and says so */
}

static void another_folder_gets_a_copy(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    story_fill(w, 10);
    struct str dir = path_join(&w->a, str_of(w->dir), STR("usb/stick"));
    WORLD_OK(w, logbook_publish(w->e, dir, &w->a, &head, &w->err));
    assert_true(verified(w, &head, dir.p).ok);
    assert_false(world_has(w, "audit/checkpoint"));
    WORLD_OK(w, logbook_publish(w->e, dir, &w->a, &head, &w->err)); /* again: nothing to do */
}

static void without_a_folder_it_says_what_to_do(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    w->e->config.audit_publish = STR_NONE;
    assert_int_equal(logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "audit.publish"));
}

static void a_newer_head_is_never_replaced_by_an_older(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    struct str dir = path_join(&w->a, str_of(w->dir), STR("elsewhere"));
    world_close(w);
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    story_fill(w, 5);
    WORLD_OK(w, logbook_publish(w->e, dir, &w->a, &head, &w->err));
    struct str newest = world_read(w, "elsewhere/checkpoint");
    world_close(w);
    world_copy_file(w, "copy.db", "expunge.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE)); /* the configured folder knows of nothing */
    assert_int_equal(logbook_publish(w->e, dir, &w->a, &head, &w->err), E_DENIED);
    assert_true(str_eq(newest, world_read(w, "elsewhere/checkpoint")));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_verifies_at_every_size),           WORLD_TEST(whoever_reads_it_is_told_how),
        WORLD_TEST(it_holds_nothing_personal),           WORLD_TEST(removed_files_are_written_again),
        WORLD_TEST(a_changed_file_is_not_covered_up),    WORLD_TEST(another_folder_gets_a_copy),
        WORLD_TEST(without_a_folder_it_says_what_to_do), WORLD_TEST(a_newer_head_is_never_replaced_by_an_older)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
