/* test_folder_sync.c - that a disk keeps what is synced cannot be seen here; which folders are remembered can. */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>

static int dir_open(const struct folder_world *f, const char *name)
{
    char path[512], file[64];
    (void)snprintf(file, sizeof(file), "%s/x", name);
    folder_put(f, file, "x");
    folder_path(f, name, path);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    return fd;
}

static void each_folder_is_kept_once(void **state)
{
    (void)state;
    struct folder_world f;
    folder_world_make(&f);
    int root = open(f.dir, O_RDONLY | O_DIRECTORY), a = dir_open(&f, "a"), again = dir_open(&f, "a");
    struct folder_sync s = {.root = root};
    assert_true(folder_sync_end(&s)); /* nothing changed */
    assert_true(folder_sync_add(&s, a));
    assert_true(folder_sync_add(&s, again));
    assert_true(folder_sync_add(&s, root));
    assert_int_equal(s.n, 2);
    assert_false(s.whole);
    fd_close(&a);
    fd_close(&again);
    assert_true(folder_sync_end(&s)); /* it has descriptors of its own */
    assert_int_equal(s.n, 0);
    fd_close(&root);
    folder_world_remove(&f);
}

static void many_are_synced_together(void **state)
{
    (void)state;
    struct folder_world f;
    char name[16];
    folder_world_make(&f);
    int root = open(f.dir, O_RDONLY | O_DIRECTORY);
    struct folder_sync s = {.root = root};
    for (int i = 0; i <= FOLDER_SYNC_MAX; i++) {
        assert_false(s.whole);
        (void)snprintf(name, sizeof(name), "d%d", i);
        int fd = dir_open(&f, name);
        folder_sync_add(&s, fd);
        fd_close(&fd);
    }
    assert_true(s.whole);
    assert_int_equal(s.n, FOLDER_SYNC_MAX);
    assert_true(folder_sync_end(&s));
    assert_false(s.whole);
    fd_close(&root);
    folder_world_remove(&f);
}

static void what_several_have_changed_is_synced_once(void **state)
{
    (void)state;
    struct folder_world f;
    folder_world_make(&f);
    int root = open(f.dir, O_RDONLY | O_DIRECTORY), a = dir_open(&f, "a"), b = dir_open(&f, "b");
    struct folder_sync all = {.root = root}, x = {.root = root}, y = {.root = root};
    assert_true(folder_sync_add(&x, a) && folder_sync_add(&y, a) && folder_sync_add(&y, b));
    folder_sync_join(&all, &x);
    folder_sync_join(&all, &y);
    assert_int_equal(all.n, 2);
    assert_int_equal(x.n + y.n, 0);
    y.failed = true;
    folder_sync_join(&all, &y);
    assert_false(folder_sync_end(&all)); /* what one could not do is not done */
    y.whole = true;
    folder_sync_join(&all, &y);
    assert_true(all.whole);
    assert_false(y.whole);
    assert_true(folder_sync_end(&all));
    fd_close(&a);
    fd_close(&b);
    fd_close(&root);
    folder_world_remove(&f);
}

static void what_cannot_be_synced_fails(void **state)
{
    (void)state;
    struct folder_world f;
    folder_world_make(&f);
    int root = open(f.dir, O_RDONLY | O_DIRECTORY);
    struct folder_sync s = {.root = root};
    assert_false(folder_sync_add(&s, -1));
    assert_false(folder_sync_end(&s));
    assert_true(folder_sync_end(&s)); /* the next call starts anew */
    s.whole = true;
    s.root = -1;
    assert_false(folder_sync_end(&s));
    fd_close(&root);
    folder_world_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_folder_is_kept_once),
        cmocka_unit_test(many_are_synced_together),
        cmocka_unit_test(what_several_have_changed_is_synced_once),
        cmocka_unit_test(what_cannot_be_synced_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
