/* test_folder_change.c - one file at a time; what the whole driver does is in test_store_folder.c. */
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
    struct artefact artefact;
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
    assert_int_equal(key_pattern_parse(STR("t/{contact_id}*"), &w->a, &w->entry.key, NULL), OK);
    w->f = (struct folder){.restricted = STR("away"), .entries = &w->entry, .entries_n = 1};
    w->gate = (struct gate){.epoch = 1, .until_ms = 2000, .watch = &w->watch};
    w->call = (struct store_call){.a = &w->a, .gate = &w->gate, .deadline_ms = INT64_MAX};
    w->root = open(w->folder.dir, O_RDONLY | O_DIRECTORY);
    w->artefact = (struct artefact){.kind = KIND_TRANSCRIPT};
}

static void world_remove(struct world *w)
{
    fd_close(&w->root);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static enum outcome change(struct world *w, enum effect effect, const char *path)
{
    struct err err;
    store_answer(&w->artefact, OUT_UNKNOWN, NULL);
    w->artefact.effect = effect;
    assert_int_equal(folder_file_change(&w->f, w->root, &w->call, effect, str_of(path), &w->artefact, &err), OK);
    return w->artefact.outcome;
}

static enum outcome verify(struct world *w, const char *path)
{
    struct folder_files x;
    store_answer(&w->artefact, OUT_UNKNOWN, NULL);
    folder_files_begin(&x, &w->f, w->root, &w->call);
    assert_int_equal(folder_files_add(&x, str_of(path), &w->artefact, NULL), OK);
    assert_int_equal(folder_files_each(&x, folder_file_verify, NULL), OK);
    return w->artefact.outcome;
}

static void the_gate_is_asked_for_each_file(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "t/a.txt", "hello");
    w.watch.epoch = 2;
    assert_int_equal(change(&w, EFFECT_ERASE, "t/a.txt"), OUT_HELD);
    assert_int_equal(change(&w, EFFECT_RESTRICT, "t/a.txt"), OUT_HELD);
    assert_true(folder_has(&w.folder, "t/a.txt"));
    assert_false(folder_has(&w.folder, "away"));
    w.watch.epoch = 1;
    assert_int_equal(change(&w, EFFECT_RESTRICT, "t/a.txt"), OUT_RESTRICTED);
    w.watch.epoch = 2;
    assert_int_equal(change(&w, EFFECT_ERASE, "t/a.txt"), OUT_HELD);
    assert_true(folder_has(&w.folder, "away/t/a.txt"));
    world_remove(&w);
}

static void links_are_left_to_a_person(void **state)
{
    (void)state;
    struct world w;
    char path[512];
    world_make(&w);
    folder_put(&w.folder, "t/real.txt", "hello");
    folder_path(&w.folder, "t/a.txt", path);
    assert_int_equal(symlink("real.txt", path), 0);
    assert_int_equal(change(&w, EFFECT_ERASE, "t/a.txt"), OUT_UNKNOWN);
    assert_int_equal(verify(&w, "t/a.txt"), OUT_UNKNOWN);
    assert_true(folder_has(&w.folder, "t/a.txt") && folder_has(&w.folder, "t/real.txt"));
    folder_path(&w.folder, "away", path); /* nor is anything put away through one */
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(change(&w, EFFECT_RESTRICT, "t/real.txt"), OUT_UNKNOWN);
    assert_true(folder_has(&w.folder, "t/real.txt"));
    world_remove(&w);
}

static void plain_text_is_not_pseudonymised(void **state)
{
    (void)state;
    struct world w;
    struct str fields[] = {STR("phone")};
    char content[65536];
    world_make(&w);
    folder_put(&w.folder, "t/a.txt", "my phone is +44");
    assert_int_equal(change(&w, EFFECT_PSEUDONYMISE, "t/a.txt"), OUT_REFUSED);
    w.entry.format = FOLDER_JSON;
    w.entry.fields = fields;
    w.entry.fields_n = 1;
    assert_int_equal(change(&w, EFFECT_PSEUDONYMISE, "t/a.txt"), OUT_REFUSED);
    assert_string_equal(folder_read(&w.folder, "t/a.txt", content), "my phone is +44");
    assert_int_equal(verify(&w, "t/a.txt"), OUT_PRESENT);
    world_remove(&w);
}

static void verify_knows_restricted_from_readable(void **state)
{
    (void)state;
    struct world w;
    char path[512];
    world_make(&w);
    folder_put(&w.folder, "t/a.txt", "x");
    assert_int_equal(change(&w, EFFECT_RESTRICT, "t/a.txt"), OUT_RESTRICTED);
    assert_int_equal(verify(&w, "t/a.txt"), OUT_RESTRICTED);
    folder_path(&w.folder, "away/t/a.txt", path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(verify(&w, "t/a.txt"), OUT_PRESENT); /* somebody opened it again */
    w.artefact.effect = EFFECT_ERASE;
    assert_int_equal(verify(&w, "t/a.txt"), OUT_PRESENT);
    assert_int_equal(verify(&w, "t/none.txt"), OUT_ABSENT);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gate_is_asked_for_each_file),
        cmocka_unit_test(links_are_left_to_a_person),
        cmocka_unit_test(plain_text_is_not_pseudonymised),
        cmocka_unit_test(verify_knows_restricted_from_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
