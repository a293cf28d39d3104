/* test_logbook.c - the head follows the entries, whoever writes; an old copy of a registry is recognised. */
#include "engine/logbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include <pthread.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "engine/actor.h"
#include "engine/logbook_state.h"
#include "tests/lib/story.h"

static void add_entry(struct world *w)
{
    struct hash digest = {{1}};
    struct entry e;
    WORLD_OK(w, journal_registered(w->e, 1, &digest, engine_now(w->e), &w->a, &e, &w->err));
    world_commit(w, &e);
}

static struct logbook_head head_of(struct world *w)
{
    struct logbook_head head;
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    return head;
}

static void the_head_covers_what_was_committed(void **state)
{
    struct world *w = *state;
    struct note_vkey vkey;
    struct checkpoint_opened opened;
    struct hash root;
    uint64_t before = head_of(w).size;
    story_fill(w, 700);
    assert_int_equal(head_of(w).size, before);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct logbook_head head = head_of(w);
    assert_int_equal(head.size, before + 700);
    WORLD_OK(w, log_root_at(w->e, head.size, &root, &w->err));
    assert_true(hash_eq(&root, &head.root));
    WORLD_OK(w, note_vkey_parse(head.vkey, &vkey, &w->err));
    WORLD_OK(w, checkpoint_open(head.checkpoint, head.origin, &vkey, 1, &opened, &w->err));
    assert_int_equal(opened.checkpoint.size, head.size);
    assert_true(hash_eq(&opened.checkpoint.root, &head.root));
}

static void nothing_new_changes_nothing(void **state)
{
    struct world *w = *state;
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct logbook_head before = head_of(w);
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_WRITE);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct logbook_head after = head_of(w);
    assert_true(str_eq(before.checkpoint, after.checkpoint));
    assert_int_equal(after.signed_ms, WORLD_NOW_MS);
}

static void a_second_log_is_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(logbook_create(w->e, STR("other.example/log/2026"), &w->err), E_CONFLICT);
    assert_int_equal(logbook_create(w->e, STR("not a name"), &w->err), E_INVALID);
}

struct writer {
    const char *config;
    int status;
};

static void *write_entries(void *ctx)
{
    struct writer *t = ctx;
    struct engine_options o = {.config_path = t->config, .now_ms = WORLD_NOW_MS, .flags = OPEN_WRITE};
    struct buf report;
    struct engine *e = NULL;
    struct arena a;
    arena_init(&a, 8 << 20);
    buf_init(&report, 1 << 16);
    t->status = engine_open(&o, &e, &report, NULL);
    for (int i = 0; i < 8 && t->status == OK; i++) {
        struct hash digest = {{2}};
        struct entry entry;
        t->status = journal_registered(e, 1, &digest, WORLD_NOW_MS, &a, &entry, NULL);
        struct group g = {.entries = &entry, .entries_n = 1};
        if (t->status == OK)
            t->status = registry_commit(e->registry, &g, 1, NULL);
        if (t->status == OK)
            t->status = logbook_integrate(e, NULL);
    }
    engine_close(e);
    buf_release(&report);
    arena_release(&a);
    return NULL;
}

static void two_writers_make_one_log(void **state)
{
    struct world *w = *state;
    struct writer one = {.config = w->config}, two = one;
    pthread_t other;
    struct hash root;
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    uint64_t before = head_of(w).size;
    assert_int_equal(pthread_create(&other, NULL, write_entries, &two), 0);
    write_entries(&one);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(one.status, OK);
    assert_int_equal(two.status, OK);
    struct logbook_head head = head_of(w);
    assert_int_equal(head.size, before + 16);
    WORLD_OK(w, log_root_at(w->e, head.size, &root, &w->err));
    assert_true(hash_eq(&root, &head.root));
}

/* The database as it was, put back in place of what it became. */
static void restore_copy(struct world *w)
{
    world_close(w);
    (void)unlink(world_path(w, "expunge.db-wal"));
    (void)unlink(world_path(w, "expunge.db-shm"));
    world_copy_file(w, "copy.db", "expunge.db");
}

static void take_copy(struct world *w)
{
    world_close(w); /* leaves no write-ahead log behind */
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
}

static void an_old_copy_neither_opens_for_writing_nor_signs(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    add_entry(w);
    take_copy(w);
    add_entry(w);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    restore_copy(w);
    assert_int_equal(world_open(w, WORLD_NOW_MS, OPEN_WRITE), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "audit reopen"));
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0)); /* reading is allowed */
    add_entry(w);
    add_entry(w); /* as many as are published, but others */
    assert_int_equal(logbook_integrate(w->e, &w->err), E_DENIED);
    add_entry(w);
    assert_int_equal(logbook_check_behind(w->e, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "an old copy that went on"));
}

static void a_log_of_another_key_is_not_ours(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    WORLD_OK(w, logbook_check_behind(w->e, &w->err));
    world_edit(w, "audit/checkpoint", "expunge.local", "expunge.other");
    assert_int_equal(logbook_check_behind(w->e, &w->err), E_DENIED);
}

static void publishing_then_losing_the_note_of_it_is_no_old_copy(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    struct str body;
    uint64_t version;
    add_entry(w);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    WORLD_OK(w, registry_meta_get(w->e->registry, "published", &w->a, &body, &version, &w->err));
    WORLD_OK(w, registry_record_remove(w->e->registry, TABLE_META, STR("published"), version, &w->err));
    add_entry(w);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    WORLD_OK(w, logbook_check_behind(w->e, &w->err));
}

/* A disk that is not mounted: whether this is an old copy cannot be said. */
static void what_was_published_and_is_not_there_is_not_believed(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    WORLD_OK(w, logbook_check_behind(w->e, &w->err)); /* nothing was published yet */
    add_entry(w);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    add_entry(w);
    assert_int_equal(rename(w->publish, world_path(w, "away")), 0);
    assert_int_equal(logbook_check_behind(w->e, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "mount or restore"));
    assert_int_equal(logbook_integrate(w->e, &w->err), E_DENIED);
    assert_int_equal(logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err), E_DENIED);
    world_close(w);
    assert_int_equal(world_open(w, WORLD_NOW_MS, OPEN_WRITE), E_DENIED);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0)); /* reading is allowed */
    assert_int_equal(rename(world_path(w, "away"), w->publish), 0);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    world_remove_tree(w->publish); /* lost for good */
    assert_int_equal(logbook_check_behind(w->e, &w->err), E_DENIED);
    world_close(w);
    world_edit(w, "expunge.yaml", "publish: audit/", "publish: elsewhere/");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    assert_true(world_has(w, "elsewhere/checkpoint"));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(the_head_covers_what_was_committed),
                                       WORLD_TEST(nothing_new_changes_nothing),
                                       WORLD_TEST(a_second_log_is_refused),
                                       WORLD_TEST(two_writers_make_one_log),
                                       WORLD_TEST(an_old_copy_neither_opens_for_writing_nor_signs),
                                       WORLD_TEST(a_log_of_another_key_is_not_ours),
                                       WORLD_TEST(publishing_then_losing_the_note_of_it_is_no_old_copy),
                                       WORLD_TEST(what_was_published_and_is_not_there_is_not_believed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
