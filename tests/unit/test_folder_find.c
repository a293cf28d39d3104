/* test_folder_find.c - many contacts, many days, several patterns, and what is restricted. */
#include "tests/lib/folder_world.h"
#include "tests/lib/store_trial.h"

#include <stdio.h>
#include <unistd.h>

enum { MANY = 1200 }; /* more than two batches */

struct world { struct folder_world folder; char yaml[1024]; struct trial t; };

static void world_make(struct world *w, const char *artefacts)
{
    folder_world_make(&w->folder);
    (void)snprintf(w->yaml, sizeof(w->yaml), "type: folder\npath: %s\ncontrol: .mounted\nplace: acme\nartefacts:\n%s",
                   w->folder.dir, artefacts);
    trial_open(&w->t, w->yaml, "/");
}

static void world_remove(struct world *w)
{
    trial_close(&w->t);
    folder_world_remove(&w->folder);
}

static void many_contacts_in_one_folder(void **state)
{
    (void)state;
    static struct store_target targets[MANY];
    static char names[MANY][16];
    struct world w;
    world_make(&w, "  - {kind: recording, key: \"r/{yyyy}/{contact_id}*\"}\n");
    for (size_t i = 0; i < MANY; i++) {
        char path[64];
        (void)snprintf(names[i], sizeof(names[i]), "id%zu", i);
        targets[i] = trial_target(names[i]);
        (void)snprintf(path, sizeof(path), "r/2026/id%zu.wav", i);
        if (i % 10 == 0)
            folder_put(&w.folder, path, "");
    }
    assert_int_equal(trial_find(&w.t, targets, MANY), OK);
    assert_int_equal(w.t.found_n, MANY / 10);
    for (size_t i = 0; i < w.t.found_n; i++)
        assert_int_equal(w.t.found_target[i] % 10, 0);
    assert_int_equal(w.t.seen[MANY - 1].sight, SIGHT_WHOLE);
    assert_true(w.t.call.calls < 30); /* folders are read once a batch, not once a contact */
    world_remove(&w);
}

static void days_around_the_contact_are_searched(void **state)
{
    (void)state;
    struct world w;
    struct store_target target = trial_target("a");
    world_make(&w, "  - {kind: recording, key: \"{yyyy}-{mm}-{dd}/{contact_id}*\"}\n");
    const char *const days[] = {"2026-07-29", "2026-07-30", "2026-07-31", "2026-08-01", "2026-08-02", "2026-08-03"};
    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/a.wav", days[i]);
        folder_put(&w.folder, path, "");
    }
    target.started_ms = INT64_C(1785456000000); /* 31 July, ends on 1 August */
    target.ended_ms = target.started_ms + DAY_MS;
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 4);
    target.started_ms = target.ended_ms = TIME_NONE;
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 6);
    world_remove(&w);
}

static void restricted_files_are_listed_as_such(void **state)
{
    (void)state;
    struct world w;
    struct store_target target = trial_target("a");
    world_make(&w, "  - {kind: recording, key: \"**/{contact_id}*\"}\n");
    folder_put(&w.folder, ".restricted/x/a.wav", "");
    folder_put(&w.folder, "y/a.wav", "");
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 2);
    for (size_t i = 0; i < 2; i++) {
        bool away = str_is(w.t.found[i]->locator, "x/a.wav");
        assert_true(away || str_is(w.t.found[i]->locator, "y/a.wav"));
        assert_int_equal(w.t.found[i]->outcome, away ? OUT_RESTRICTED : OUT_UNKNOWN);
    }
    world_remove(&w);
}

static void links_are_reported_or_leave_it_open(void **state)
{
    (void)state;
    struct world w;
    struct store_target target = trial_target("a");
    char path[512];
    world_make(&w, "  - {kind: recording, key: \"r/{contact_id}*\"}\n"
                   "  - {kind: export, key: \"e/*.jsonl\", format: json_lines, id_field: id}\n");
    folder_put(&w.folder, "r/real", "");
    folder_path(&w.folder, "r/a.wav", path);
    assert_int_equal(symlink("real", path), 0);
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 1);
    assert_true(w.t.found[0]->note.n > 0);
    assert_int_equal(w.t.seen[0].sight, SIGHT_WHOLE);
    folder_put(&w.folder, "e/b.jsonl", "{\"id\":\"a\"}\n");
    folder_path(&w.folder, "e/c.jsonl", path);
    assert_int_equal(symlink("b.jsonl", path), 0);
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 2);
    assert_int_equal(w.t.seen[0].sight, SIGHT_UNKNOWN); /* an archive behind a link was not read */
    world_remove(&w);
}

static void an_archive_is_no_file_of_a_contact(void **state)
{
    (void)state;
    struct world w;
    struct store_target target = trial_target("a");
    struct locator l = {KIND_EXPORT, STR("acme"), STR("e/b.jsonl")};
    world_make(&w, "  - {kind: export, key: \"e/*.jsonl\", format: json_lines, id_field: id}\n");
    folder_put(&w.folder, "e/b.jsonl", "{\"id\":\"b\"}\n");
    target.locators = &l;
    target.locators_n = 1;
    assert_int_equal(trial_find(&w.t, &target, 1), OK);
    assert_int_equal(w.t.found_n, 0);
    const struct folder *f = w.t.store->own;
    assert_true(folder_is_archive(f, STR("e/z.jsonl")));
    assert_false(folder_is_archive(f, STR("e/z.json")));
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_contacts_in_one_folder),
        cmocka_unit_test(days_around_the_contact_are_searched),
        cmocka_unit_test(restricted_files_are_listed_as_such),
        cmocka_unit_test(links_are_reported_or_leave_it_open),
        cmocka_unit_test(an_archive_is_no_file_of_a_contact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
