/* test_folder_rewrite.c */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

struct world { struct folder_world folder; struct folder_spot spot; int root, source; char content[65536]; };

static void open_spot(struct world *w)
{
    char path[512];
    folder_path(&w->folder, "a.json", path);
    folder_spot_open(w->root, STR_NONE, STR("a.json"), &w->spot);
    assert_int_equal(w->spot.reach, REACH_FOUND);
    w->source = open(path, O_RDONLY);
}

static void world_make(struct world *w)
{
    char path[512];
    folder_world_make(&w->folder);
    folder_put(&w->folder, "a.json", "old");
    folder_path(&w->folder, "a.json", path);
    assert_int_equal(chmod(path, 0640), 0);
    w->root = open(w->folder.dir, O_RDONLY | O_DIRECTORY);
    open_spot(w);
}

static void world_remove(struct world *w)
{
    fd_close(&w->source);
    fd_close(&w->root);
    folder_spot_close(&w->spot);
    folder_world_remove(&w->folder);
}

static void replaces_whole_and_keeps_the_mode(void **state)
{
    (void)state;
    struct world w;
    struct folder_rewrite r;
    struct stat st;
    char path[512];
    world_make(&w);
    assert_true(folder_rewrite_begin(&r, &w.spot, w.source));
    assert_true(folder_rewrite_add(&r, STR("new ")) && folder_rewrite_add(&r, STR("content")));
    assert_string_equal(folder_read(&w.folder, "a.json", w.content), "old");
    assert_true(folder_rewrite_commit(&r));
    folder_rewrite_release(&r);
    assert_string_equal(folder_read(&w.folder, "a.json", w.content), "new content");
    folder_path(&w.folder, "a.json", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(folder_files(&w.folder), 1);
    world_remove(&w);
}

static void leaves_nothing_when_given_up(void **state)
{
    (void)state;
    struct world w;
    struct folder_rewrite r;
    world_make(&w);
    assert_true(folder_rewrite_begin(&r, &w.spot, w.source));
    assert_true(folder_rewrite_add(&r, STR("half")));
    assert_int_equal(folder_files(&w.folder), 2);
    folder_rewrite_release(&r);
    assert_int_equal(folder_files(&w.folder), 1);
    assert_string_equal(folder_read(&w.folder, "a.json", w.content), "old");
    world_remove(&w);
}

static void a_writer_in_between_is_not_overwritten(void **state)
{
    (void)state;
    struct world w;
    struct folder_rewrite r;
    world_make(&w);
    assert_true(folder_rewrite_begin(&r, &w.spot, w.source));
    folder_put(&w.folder, "a.json", "old and more");
    assert_true(folder_rewrite_add(&r, STR("new")));
    assert_false(folder_rewrite_commit(&r));
    assert_int_equal(r.error, EAGAIN);
    folder_rewrite_release(&r);
    assert_string_equal(folder_read(&w.folder, "a.json", w.content), "old and more");
    assert_false(folder_rewrite_begin(&r, &w.spot, w.source)); /* no longer the file we looked at */
    folder_rewrite_release(&r);
    world_remove(&w);
}

static void another_worker_is_waited_for(void **state)
{
    (void)state;
    struct world w;
    struct folder_rewrite r;
    char path[512];
    world_make(&w);
    folder_path(&w.folder, "a.json", path);
    int other = open(path, O_RDONLY);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(folder_rewrite_begin(&r, &w.spot, w.source));
    assert_int_equal(r.error, EAGAIN);
    folder_rewrite_release(&r);
    fd_close(&other);
    assert_true(folder_rewrite_begin(&r, &w.spot, w.source));
    folder_rewrite_release(&r);
    world_remove(&w);
}

static struct str pseudonym_of(void *ctx, struct str value, struct arena *a)
{
    (void)ctx;
    return arena_fmt(a, "PSN-%020zu", value.n);
}

static void fields_are_replaced_wherever_they_stand(void **state)
{
    (void)state;
    struct arena a;
    struct buf out;
    size_t left = 0;
    struct err err;
    struct str names[] = {STR("phone"), STR("who")};
    struct folder_entry entry = {.fields = names, .fields_n = 2};
    struct pseudonymiser p = {NULL, pseudonym_of};
    arena_init(&a, 1 << 20);
    struct store_call call = {.a = &a, .pseudonymiser = &p};
    buf_init(&out, 1 << 16);
    struct str text = STR("{\"phone\":\"+44\",\"n\":12345678901234567890,\"x\":[{\"phone\":4477}],"
                          "\"who\":{\"name\":\"Ann\",\"vip\":true,\"none\":null},\"phones\":\"+45\",\"e\":\"\"}");
    assert_int_equal(folder_json_fields(text, &entry, NULL, &a, &out, &left, &err), OK);
    assert_int_equal(left, 3);
    buf_clear(&out);
    assert_int_equal(folder_json_fields(text, &entry, &call, &a, &out, &left, &err), OK);
    assert_true(str_is(buf_view(&out),
                       "{\"phone\":\"PSN-00000000000000000003\",\"n\":12345678901234567890,\"x\":[{\"phone\":"
                       "\"PSN-00000000000000000004\"}],\"who\":{\"name\":\"PSN-00000000000000000003\",\"vip\":true,"
                       "\"none\":null},\"phones\":\"+45\",\"e\":\"\"}"));
    struct str once = arena_str(&a, buf_view(&out));
    buf_clear(&out);
    assert_int_equal(folder_json_fields(once, &entry, &call, &a, &out, &left, &err), OK);
    assert_int_equal(left, 0);
    assert_true(str_eq(buf_view(&out), once));
    buf_clear(&out);
    text = STR("{\"a\\u0000b\":1,\"a\\u0000c\":2,\"phone\":\"PSN-00000000000000000003\"}"); /* names hold anything */
    assert_int_equal(folder_json_fields(text, &entry, &call, &a, &out, &left, &err), OK);
    assert_true(str_eq(buf_view(&out), text));
    buf_clear(&out);
    assert_int_equal(folder_json_fields(STR("Agent: hello"), &entry, &call, &a, &out, &left, &err), E_INVALID);
    buf_release(&out);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_whole_and_keeps_the_mode),
        cmocka_unit_test(leaves_nothing_when_given_up),
        cmocka_unit_test(a_writer_in_between_is_not_overwritten),
        cmocka_unit_test(another_worker_is_waited_for),
        cmocka_unit_test(fields_are_replaced_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
