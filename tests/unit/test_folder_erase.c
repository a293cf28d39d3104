/* test_folder_erase.c - many files at a time; what the whole driver does is in test_store_folder.c. */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

struct world {
    struct folder_world folder;
    struct arena a;
    struct folder f;
    struct folder_entry entry;
    struct epoch_watch watch;
    struct gate gate;
    struct store_call call;
    struct artefact artefacts[3];
    struct folder_files x;
    int root;
};

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1000;
}

static void world_make(struct world *w)
{
    *w = (struct world){.watch = {.epoch = 1, .read_ms = 1000, .clock = now, .stale_after_ms = 1000}};
    folder_world_make(&w->folder);
    arena_init(&w->a, 4 << 20);
    w->entry = (struct folder_entry){.kind = KIND_TRANSCRIPT, .format = FOLDER_FILE};
    assert_int_equal(key_pattern_parse(STR("t/{contact_id}/*"), &w->a, &w->entry.key, NULL), OK);
    w->f = (struct folder){.restricted = STR("away"), .entries = &w->entry, .entries_n = 1};
    w->gate = (struct gate){.epoch = 1, .until_ms = 2000, .watch = &w->watch};
    w->call = (struct store_call){.a = &w->a, .gate = &w->gate, .deadline_ms = INT64_MAX};
    w->root = open(w->folder.dir, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < ARRAY_LEN(w->artefacts); i++)
        w->artefacts[i] = (struct artefact){.kind = KIND_TRANSCRIPT};
    folder_files_begin(&w->x, &w->f, w->root, &w->call);
}

static void world_remove(struct world *w)
{
    fd_close(&w->root);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static void add(struct world *w, size_t i, const char *path)
{
    assert_int_equal(folder_files_add(&w->x, str_of(path), &w->artefacts[i], NULL), OK);
}

static void remove_all(struct world *w)
{
    assert_int_equal(folder_erase_remove(&w->x, NULL), OK);
}

static void gone_is_answered_at_the_end(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a/1.txt", "x");
    folder_put(&w.folder, "t/a/2.txt", "x");
    folder_put(&w.folder, "away/t/a/2.txt", "x"); /* restricted, and delivered again */
    add(&w, 0, "t/a/1.txt");
    add(&w, 1, "t/a/2.txt");
    add(&w, 2, "t/a/3.txt");
    assert_int_equal(folder_files(&w.folder), 3); /* nothing yet */
    remove_all(&w);
    assert_int_equal(folder_files(&w.folder), 0);
    assert_int_equal(w.artefacts[0].outcome, OUT_UNKNOWN);
    assert_int_equal(w.artefacts[1].outcome, OUT_UNKNOWN);
    assert_int_equal(w.artefacts[2].outcome, OUT_ABSENT);
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    assert_int_equal(w.artefacts[0].outcome, OUT_GONE);
    assert_int_equal(w.artefacts[1].outcome, OUT_GONE);
    assert_int_equal(w.artefacts[2].outcome, OUT_ABSENT);
    assert_false(folder_has(&w.folder, "t/a") || folder_has(&w.folder, "away/t/a")); /* they named the contact */
    assert_true(folder_has(&w.folder, "t"));
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    world_remove(&w);
}

static void what_is_there_again_is_not_gone(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a/1.txt", "x");
    folder_put(&w.folder, "t/b/1.txt", "x");
    add(&w, 0, "t/a/1.txt");
    add(&w, 1, "t/b/1.txt");
    remove_all(&w);
    folder_put(&w.folder, "t/a/1.txt", "y");
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    assert_int_equal(w.artefacts[0].outcome, OUT_UNKNOWN);
    assert_int_equal(w.artefacts[1].outcome, OUT_GONE);
    world_remove(&w);
}

static void nothing_is_gone_that_was_not_synced(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a/1.txt", "x");
    add(&w, 0, "t/a/1.txt");
    remove_all(&w);
    w.x.sync.failed = true;
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    assert_int_equal(w.artefacts[0].outcome, OUT_UNKNOWN);
    world_remove(&w);
}

/* A hold arrives when the gate has let one through. */
static int64_t hold_behind_first(void *ctx)
{
    struct world *w = ctx;
    w->watch.epoch = 2; /* the gate has read the epoch before it asks the time */
    return 1000;
}

static void a_hold_stops_the_rest(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a/1.txt", "x");
    folder_put(&w.folder, "t/b/1.txt", "x");
    w.watch.clock = hold_behind_first;
    w.watch.clock_ctx = &w;
    add(&w, 0, "t/a/1.txt");
    add(&w, 1, "t/b/1.txt");
    remove_all(&w);
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    assert_int_equal(w.artefacts[0].outcome, OUT_GONE);
    assert_int_equal(w.artefacts[1].outcome, OUT_HELD);
    assert_true(folder_has(&w.folder, "t/b/1.txt"));
    world_remove(&w);
}

static void what_is_out_of_time_is_tried_again(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a/1.txt", "x");
    w.call.deadline_ms = w.call.now_ms = 1000; /* over already */
    add(&w, 0, "t/a/1.txt");
    remove_all(&w);
    assert_int_equal(folder_erase_end(&w.x, NULL), OK);
    assert_int_equal(w.artefacts[0].outcome, OUT_RETRY);
    assert_true(folder_has(&w.folder, "t/a/1.txt"));
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_out_of_time_is_tried_again),
        cmocka_unit_test(gone_is_answered_at_the_end),
        cmocka_unit_test(what_is_there_again_is_not_gone),
        cmocka_unit_test(nothing_is_gone_that_was_not_synced),
        cmocka_unit_test(a_hold_stops_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
