/* test_folder_path.c */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void locators_are_read_as_written(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    const struct { const char *path, *id, *locator; } cases[] = {
        {"rec/a.wav", NULL, "rec/a.wav"},
        {"rec/a#1%.wav", NULL, "rec/a%231%25.wav"},
        {"x.jsonl", "id#with%", "x.jsonl#id#with%"},
        {"%23", "1", "%2523#1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str path, id, locator = folder_locator(str_of(cases[i].path), str_of(cases[i].id), &a);
        assert_true(str_is(locator, cases[i].locator));
        assert_true(folder_locator_read(locator, &a, &path, &id));
        assert_true(str_is(path, cases[i].path));
        assert_int_equal(id.p != NULL, cases[i].id != NULL);
        assert_true(str_eq(id, str_of(cases[i].id)));
    }
    const char *const bad[] = {"", "/a", "a/../b", "a//b", "a/", "%", "%2", "%2f", "a#", "#x", "."};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str path, id;
        assert_false(folder_locator_read(str_of(bad[i]), &a, &path, &id));
    }
    arena_release(&a);
}

static void links_are_never_followed(void **state)
{
    (void)state;
    struct folder_world w;
    struct folder_spot s;
    char link[512], dir_link[512];
    folder_world_make(&w);
    folder_put(&w, "real/a.wav", "x");
    folder_path(&w, "link.wav", link);
    folder_path(&w, "linked", dir_link);
    assert_int_equal(symlink("real/a.wav", link), 0);
    assert_int_equal(symlink("real", dir_link), 0);
    int root = open(w.dir, O_RDONLY | O_DIRECTORY);
    const struct { const char *path; enum reach reach; } cases[] = {
        {"real/a.wav", REACH_FOUND}, {"real/b.wav", REACH_ABSENT}, {"none/a.wav", REACH_ABSENT},
        {"link.wav", REACH_LINK},    {"linked/a.wav", REACH_LINK}, {"real/a.wav/x", REACH_ABSENT},
        {"real", REACH_FAILED},      {"../x", REACH_FAILED},       {"", REACH_FAILED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        folder_spot_open(root, STR_NONE, str_of(cases[i].path), &s);
        if (s.reach != cases[i].reach)
            fail_msg("%s: %d", cases[i].path, (int)s.reach);
        folder_spot_close(&s);
        assert_int_equal(s.dir, -1);
    }
    folder_spot_make(root, STR("away"), STR("x/y/a.wav"), &s);
    assert_int_equal(s.reach, REACH_ABSENT);
    assert_string_equal(s.name, "a.wav");
    folder_spot_close(&s);
    assert_true(folder_has(&w, "away/x/y"));
    folder_spot_open(root, STR("real"), STR("a.wav"), &s);
    assert_int_equal(s.reach, REACH_FOUND);
    folder_spot_close(&s);
    fd_close(&root);
    folder_world_remove(&w);
}

static enum reach reach_by(struct folder_way *w, const char *path)
{
    struct folder_spot s;
    folder_way_spot(w, str_of(path), &s);
    folder_spot_close(&s); /* the descriptor is the way's */
    return s.reach;
}

static void a_way_is_gone_once_for_a_folder(void **state)
{
    (void)state;
    struct folder_world w;
    struct folder_ways ways;
    struct folder_places p;
    const struct folder f = {.restricted = STR("away")};
    char from[512], to[512];
    folder_world_make(&w);
    folder_put(&w, "d/1.wav", "x");
    folder_put(&w, "d/2.wav", "x");
    folder_put(&w, "e/3.wav", "x");
    folder_put(&w, "away/e/3.wav", "x");
    folder_put(&w, "4.wav", "x");
    folder_path(&w, "d", from);
    folder_path(&w, "elsewhere", to);
    int root = open(w.dir, O_RDONLY | O_DIRECTORY);
    folder_ways_begin(&ways, &f, root);
    assert_int_equal(reach_by(&ways.open, "d/1.wav"), REACH_FOUND);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(reach_by(&ways.open, "d/2.wav"), REACH_FOUND); /* still the folder it went to */
    assert_int_equal(reach_by(&ways.open, "d/3.wav"), REACH_ABSENT);
    assert_int_equal(reach_by(&ways.open, "4.wav"), REACH_FOUND);
    assert_int_equal(reach_by(&ways.open, "d/2.wav"), REACH_ABSENT); /* gone anew */
    assert_int_equal(reach_by(&ways.open, "d/e/1.wav"), REACH_ABSENT);
    assert_int_equal(reach_by(&ways.open, "../x"), REACH_FAILED);
    assert_int_equal(reach_by(&ways.open, "e"), REACH_FAILED); /* no file */
    folder_ways_places(&ways, STR("e/3.wav"), &p);
    assert_true(p.open.reach == REACH_FOUND && p.away.reach == REACH_FOUND && p.open.dir != p.away.dir);
    folder_ways_places(&ways, STR("elsewhere/1.wav"), &p);
    assert_true(p.open.reach == REACH_FOUND && p.away.reach == REACH_ABSENT);
    assert_int_equal(folder_places_reach(&p), REACH_FOUND);
    folder_ways_end(&ways);
    fd_close(&root);
    folder_world_remove(&w);
}

static void an_unmounted_store_is_away(void **state)
{
    (void)state;
    struct folder_world w;
    struct err err;
    int root = -1;
    folder_world_make(&w);
    struct folder f = {.path = str_of(w.dir), .control = STR(".mounted")};
    assert_int_equal(folder_root_open(&f, &root, &err), OK);
    fd_close(&root);
    f.control = STR("sub/.mounted");
    assert_int_equal(folder_root_open(&f, &root, &err), E_RETRY);
    assert_non_null(strstr(err.text, "store is not mounted"));
    f.path = STR("/nonexistent/expunge");
    assert_int_equal(folder_root_open(&f, &root, &err), E_RETRY);
    assert_int_equal(root, -1);
    folder_world_remove(&w);
}

static void errors_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(folder_reach_of_errno(ENOENT), REACH_ABSENT);
    assert_int_equal(folder_reach_of_errno(EROFS), REACH_DENIED);
    assert_int_equal(folder_reach_of_errno(EACCES), REACH_DENIED);
    assert_int_equal(folder_reach_of_errno(ELOOP), REACH_LINK);
    assert_int_equal(folder_reach_of_errno(EIO), REACH_FAILED);
    const enum outcome outcomes[] = {OUT_ABSENT, OUT_PRESENT, OUT_UNKNOWN, OUT_REFUSED, OUT_RETRY};
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        struct artefact a = {.outcome = OUT_GONE};
        folder_answer_reach(&a, (enum reach)i);
        assert_int_equal(a.outcome, outcomes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locators_are_read_as_written),
        cmocka_unit_test(links_are_never_followed),
        cmocka_unit_test(a_way_is_gone_once_for_a_folder),
        cmocka_unit_test(an_unmounted_store_is_away),
        cmocka_unit_test(errors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
