/* test_folder_walk.c */
#include "tests/lib/folder_world.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { TARGETS = 3 };

struct world {
    struct folder_world folder;
    struct arena a;
    struct store_call call;
    bool blind[TARGETS];
    char seen[4096]; /* "target:path " for each */
    int root;
};

static enum status found(void *ctx, size_t target, struct str path, const struct stat *st, struct err *err)
{
    struct world *w = ctx;
    size_t n = strlen(w->seen);
    (void)err;
    (void)snprintf(w->seen + n, sizeof(w->seen) - n, "%zu:%.*s%s ", target, STR_ARG(path),
                   S_ISLNK(st->st_mode) ? "@" : "");
    return OK;
}

static void world_make(struct world *w)
{
    *w = (struct world){.root = -1};
    folder_world_make(&w->folder);
    arena_init(&w->a, 16 << 20);
    w->root = open(w->folder.dir, O_RDONLY | O_DIRECTORY);
    w->call = (struct store_call){.deadline_ms = 30000, .a = &w->a, .began_ms = clock_monotonic_ms()};
}

static void world_remove(struct world *w)
{
    fd_close(&w->root);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static enum status walk(struct world *w, const char *pattern, const struct folder_seeker *seekers, size_t n)
{
    struct key_pattern p;
    struct err err;
    assert_int_equal(key_pattern_parse(str_of(pattern), &w->a, &p, &err), OK);
    struct folder_walk walk = {.call = &w->call,
                               .pattern = &p,
                               .skip = STR(".restricted"),
                               .control = STR(".mounted"),
                               .blind = w->blind,
                               .ctx = w,
                               .found = found};
    w->seen[0] = '\0';
    memset(w->blind, 0, sizeof(w->blind));
    return folder_walk(&walk, w->root, seekers, n, &err);
}

static const struct folder_seeker three[TARGETS] = {
    {0, {{"a", 1}, {"s", 1}, 20665}}, {1, {{"b", 1}, {"s", 1}, 20665}}, {2, {{"c", 1}, {"s", 1}, KEY_ANY_DAY}}};

static void one_walk_serves_all(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "rec/2026/07/31/a_1.wav", "x");
    folder_put(&w.folder, "rec/2026/07/31/b.wav", "x");
    folder_put(&w.folder, "rec/2026/07/31/ab.wav", "x");
    folder_put(&w.folder, "rec/2026/07/30/a.wav", "x"); /* another day */
    folder_put(&w.folder, "rec/2019/01/02/c.wav", "x");
    folder_put(&w.folder, "rec/extra/01/02/c.wav", "x");
    folder_put(&w.folder, "rec/2026/07/31/a_dir/x", "x"); /* a folder is no file: nobody knows what is in it */
    assert_int_equal(walk(&w, "rec/{yyyy}/{mm}/{dd}/{contact_id}*", three, 3), OK);
    assert_non_null(strstr(w.seen, "0:rec/2026/07/31/a_1.wav "));
    assert_non_null(strstr(w.seen, "1:rec/2026/07/31/b.wav "));
    assert_non_null(strstr(w.seen, "2:rec/2019/01/02/c.wav "));
    assert_int_equal(strlen(w.seen), strlen("0:rec/2026/07/31/a_1.wav 1:rec/2026/07/31/b.wav 2:rec/2019/01/02/c.wav "));
    assert_true(w.blind[0]);
    assert_false(w.blind[1] || w.blind[2]);
    assert_int_equal(walk(&w, "rec/{yyyy}/{mm}/{dd}/{contact_id}.wav", three, 2), OK);
    assert_string_equal(w.seen, "1:rec/2026/07/31/b.wav ");
    assert_int_equal(walk(&w, "none/{contact_id}*", three, 3), OK);
    assert_string_equal(w.seen, "");
    world_remove(&w);
}

static void any_depth_and_what_is_left_out(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "a/x.json", "x");
    folder_put(&w.folder, "deep/er/a/y.json", "x");
    folder_put(&w.folder, ".restricted/a/z.json", "x");
    assert_int_equal(walk(&w, "**/{contact_id}/*", three, 1), OK);
    assert_int_equal(strlen(w.seen), strlen("0:a/x.json 0:deep/er/a/y.json "));
    assert_null(strstr(w.seen, "restricted"));
    assert_int_equal(walk(&w, "**", three, 1), OK);
    assert_null(strstr(w.seen, ".mounted")); /* the control file is nobody's */
    assert_non_null(strstr(w.seen, "0:deep/er/a/y.json "));
    world_remove(&w);
}

static void links_make_blind_or_are_reported(void **state)
{
    (void)state;
    struct world w;
    char path[512];
    world_make(&w);
    folder_put(&w.folder, "real/a.wav", "x");
    folder_put(&w.folder, "real2/b.wav", "x");
    folder_path(&w.folder, "real2/a.wav", path);
    assert_int_equal(symlink("../real/a.wav", path), 0);
    folder_path(&w.folder, "linked", path);
    assert_int_equal(symlink("real", path), 0);
    assert_int_equal(walk(&w, "real2/{contact_id}*", three, 2), OK);
    assert_non_null(strstr(w.seen, "0:real2/a.wav@ "));
    assert_false(w.blind[0]);
    assert_int_equal(walk(&w, "linked/{contact_id}*", three, 2), OK);
    assert_string_equal(w.seen, "");
    assert_true(w.blind[0] && w.blind[1] && !w.blind[2]);
    assert_int_equal(walk(&w, "*/{contact_id}.wav", three, 1), OK);
    assert_true(w.blind[0]);
    assert_int_equal(walk(&w, "**/{contact_id}.wav", three, 1), OK);
    assert_true(w.blind[0]); /* anything may lie in a linked folder */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(walk(&w, "**/{contact_id}.wav", three, 2), OK);
    assert_non_null(strstr(w.seen, "0:real2/a.wav@ "));
    assert_false(w.blind[0] || w.blind[1]); /* a linked file matters to whom its name fits */
    world_remove(&w);
}

static void too_late_is_said(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    folder_put(&w.folder, "a.wav", "x");
    w.call.deadline_ms = 0;
    assert_int_equal(walk(&w, "{contact_id}*", three, 1), E_RETRY);
    assert_int_equal(walk(&w, "{contact_id}*", three, 0), OK);
    world_remove(&w);
}

static void names_longer_than_any_are_not_there(void **state)
{
    (void)state;
    struct world w;
    char id[301];
    world_make(&w);
    memset(id, 'a', 300);
    id[300] = '\0';
    struct folder_seeker s = {0, {str_of(id), STR_NONE, KEY_ANY_DAY}};
    assert_int_equal(walk(&w, "{contact_id}.wav", &s, 1), OK);
    assert_string_equal(w.seen, "");
    assert_false(w.blind[0]);
    world_remove(&w);
}

static struct folder_seeker anyday(size_t target, const char *id)
{
    return (struct folder_seeker){target, {str_of(id), STR("s"), KEY_ANY_DAY}};
}

static void ids_within_ids_are_told_apart(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    const struct folder_seeker all[TARGETS] = {anyday(0, "b_1"), anyday(1, "b"), anyday(2, "b_1.x\xc3\xbc")};
    folder_put(&w.folder, "b_1.x\xc3\xbc_2.wav", "x"); /* may be any of theirs: the boundary decides, as documented */
    folder_put(&w.folder, "b_12.wav", "x");
    folder_put(&w.folder, "b1.wav", "x");
    folder_put(&w.folder, "b_1.x\xc3\xbc\xc3\xa4.wav", "x");
    assert_int_equal(walk(&w, "{contact_id}*", all, 3), OK);
    assert_non_null(strstr(w.seen, "1:b_1.x\xc3\xbc_2.wav 0:b_1.x\xc3\xbc_2.wav 2:b_1.x\xc3\xbc_2.wav "));
    assert_non_null(strstr(w.seen, "1:b_12.wav "));
    assert_non_null(strstr(w.seen, "1:b_1.x\xc3\xbc\xc3\xa4.wav 0:b_1.x\xc3\xbc\xc3\xa4.wav "));
    size_t spaces = 0;
    for (const char *c = w.seen; *c != '\0'; c++)
        spaces += *c == ' ';
    assert_int_equal(spaces, 6);
    world_remove(&w);
}

static void a_name_is_met_once_by_each_seeker(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    const struct folder_seeker all[TARGETS] = {anyday(1, "a"), anyday(2, "b"), anyday(0, "a")}; /* two of one id */
    folder_put(&w.folder, "a_a-x_a/b.wav", "x");
    assert_int_equal(walk(&w, "*{contact_id}*/*", all, 3), OK);
    assert_int_equal(strlen(w.seen), strlen("0:a_a-x_a/b.wav 1:a_a-x_a/b.wav "));
    assert_non_null(strstr(w.seen, "0:a_a-x_a/b.wav "));
    assert_non_null(strstr(w.seen, "1:a_a-x_a/b.wav "));
    world_remove(&w);
}

struct tally { size_t found, wrong; };

/* Target t looks for "k<t>", which is in the file of that number. */
static enum status count_found(void *ctx, size_t target, struct str path, const struct stat *st, struct err *err)
{
    struct tally *t = ctx;
    char want[32];
    (void)st;
    (void)err;
    (void)snprintf(want, sizeof(want), "k%zu_1.wav", target);
    t->found++;
    t->wrong += !str_is(path, want);
    return OK;
}

static void many_seekers_and_many_files(void **state)
{
    (void)state;
    enum { MANY = 600 };
    static struct folder_seeker seekers[MANY];
    static char ids[MANY][16];
    static bool blind[MANY];
    struct world w;
    struct tally tally = {0, 0};
    struct key_pattern p;
    world_make(&w);
    assert_int_equal(key_pattern_parse(STR("{contact_id}*"), &w.a, &p, NULL), OK);
    for (size_t i = 0; i < MANY; i++) {
        char name[32];
        (void)snprintf(ids[i], sizeof(ids[i]), "k%zu", i);
        (void)snprintf(name, sizeof(name), "k%zu_1.wav", i * 2); /* half of the seekers have one */
        seekers[i] = anyday(i, ids[i]);
        folder_put(&w.folder, name, "x");
    }
    struct folder_walk walk = {
        .call = &w.call, .pattern = &p, .control = STR(".mounted"), .blind = blind, .ctx = &tally, .found = count_found};
    assert_int_equal(folder_walk(&walk, w.root, seekers, MANY, NULL), OK);
    assert_int_equal(tally.found, MANY / 2);
    assert_int_equal(tally.wrong, 0);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_walk_serves_all),
        cmocka_unit_test(any_depth_and_what_is_left_out),
        cmocka_unit_test(links_make_blind_or_are_reported),
        cmocka_unit_test(too_late_is_said),
        cmocka_unit_test(names_longer_than_any_are_not_there),
        cmocka_unit_test(ids_within_ids_are_told_apart),
        cmocka_unit_test(a_name_is_met_once_by_each_seeker),
        cmocka_unit_test(many_seekers_and_many_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
