/* test_file.c - files in a folder of its own, full and read-only disks in a mount namespace of its own. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    struct arena a;
    char dir[64];
    struct err err;
};

static const char *at(struct world *w, const char *name)
{
    struct str path = path_join(&w->a, str_of(w->dir), str_of(name));
    assert_non_null(path.p);
    return path.p;
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return -1;
    arena_init(&w->a, 4 << 20);
    memcpy(w->dir, "/tmp/test_file.XXXXXX", 22);
    *state = w;
    return mkdtemp(w->dir) != NULL ? 0 : -1;
}

/* Files first, then the folder: two levels are all that the tests make. */
static void empty_dir(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlink(path) != 0) {
            empty_dir(path);
            (void)rmdir(path);
        }
    }
    (void)closedir(d);
}

static int end(void **state)
{
    struct world *w = *state;
    empty_dir(w->dir);
    int failed = rmdir(w->dir);
    arena_release(&w->a);
    free(w);
    return failed;
}

static size_t names_in(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    (void)closedir(d);
    return n - 2;
}

static void written_content_is_read_back(void **state)
{
    struct world *w = *state;
    const char *path = at(w, "a");
    struct str got;
    assert_int_equal(file_write(path, STR("one\0two"), 0600, &w->err), OK);
    assert_int_equal(file_read(path, 100, &w->a, &got, &w->err), OK);
    assert_true(str_eq(got, STR("one\0two")));
    assert_int_equal(got.p[got.n], '\0');
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(file_write(path, STR(""), 0644, &w->err), OK); /* replaced, mode too */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(file_read(path, 0, &w->a, &got, &w->err), OK);
    assert_true(got.p != NULL && got.n == 0);
    assert_int_equal(names_in(w->dir), 1); /* no temporary file left */
}

static void reading_is_bounded(void **state)
{
    struct world *w = *state;
    const char *path = at(w, "a");
    struct str got = STR("kept");
    assert_int_equal(file_write(path, STR("12345"), 0600, &w->err), OK);
    assert_int_equal(file_read(path, 5, &w->a, &got, &w->err), OK);
    assert_int_equal(file_read(path, 4, &w->a, &got, &w->err), E_LIMIT);
    assert_non_null(strstr(w->err.text, path));
    assert_true(str_is(got, "12345"));
    int zero = open("/dev/zero", O_RDONLY);
    assert_true(zero >= 0);
    struct str endless = arena_fmt(&w->a, "/dev/fd/%d", zero); /* no size of its own */
    assert_int_equal(file_read(endless.p, 10000, &w->a, &got, &w->err), E_LIMIT);
    close(zero);
    assert_int_equal(file_read("/proc/self/status", 100000, &w->a, &got, &w->err), OK);
    assert_true(str_starts(got, STR("Name:")));
    struct arena small;
    arena_init(&small, 4);
    assert_int_equal(file_read(path, 100, &small, &got, &w->err), E_LIMIT);
    arena_release(&small);
}

static void what_cannot_be_read_says_why(void **state)
{
    struct world *w = *state;
    struct str got;
    assert_int_equal(file_read(at(w, "none"), 10, &w->a, &got, &w->err), E_ABSENT);
    assert_non_null(strstr(w->err.text, "/none: No such file"));
    assert_int_equal(file_read(w->dir, 10, &w->a, &got, &w->err), E_INVALID);
    assert_non_null(strstr(w->err.text, "folder"));
    assert_int_equal(file_write(at(w, "no/such"), STR("x"), 0600, &w->err), E_ABSENT);
    assert_int_equal(file_write(w->dir, STR("x"), 0600, &w->err), E_INVALID); /* a folder is in the way */
    assert_int_equal(names_in(w->dir), 0);
}

static void written_once_is_never_replaced(void **state)
{
    struct world *w = *state;
    const char *path = at(w, "tile");
    struct str got;
    assert_int_equal(file_write_once(path, STR("first"), 0644, &w->err), OK);
    assert_int_equal(file_write_once(path, STR("first"), 0644, &w->err), OK);
    assert_int_equal(w->err.code, OK); /* success leaves err alone */
    assert_int_equal(file_write_once(path, STR("other"), 0644, &w->err), E_CONFLICT);
    assert_int_equal(file_write_once(path, STR("firs"), 0644, &w->err), E_CONFLICT);
    assert_int_equal(file_write_once(path, STR("first!"), 0644, &w->err), E_CONFLICT);
    assert_int_equal(file_write_once(path, STR(""), 0644, &w->err), E_CONFLICT);
    assert_int_equal(file_read(path, 100, &w->a, &got, &w->err), OK);
    assert_true(str_is(got, "first"));
    assert_int_equal(names_in(w->dir), 1);
    assert_int_equal(file_write_once(at(w, "no/such"), STR("x"), 0600, &w->err), E_ABSENT);
}

static void folders_are_made_with_parents(void **state)
{
    struct world *w = *state;
    assert_int_equal(dir_make(at(w, "x/y"), 0700, &w->err), OK);
    assert_true(dir_exists(at(w, "x/y")));
    assert_false(file_exists(at(w, "x/y")));
    assert_int_equal(dir_make(at(w, "x/y"), 0700, &w->err), OK);
    assert_int_equal(dir_make(at(w, "x//z/"), 0700, &w->err), OK);
    assert_true(dir_exists(at(w, "x/z")));
    assert_int_equal(file_write(at(w, "f"), STR(""), 0600, &w->err), OK);
    assert_true(file_exists(at(w, "f")));
    assert_false(dir_exists(at(w, "f")));
    assert_int_equal(dir_make(at(w, "f"), 0700, &w->err), E_INVALID);
    assert_int_equal(dir_make(at(w, "f/g"), 0700, &w->err), E_INVALID);
    assert_int_equal(dir_make("", 0700, &w->err), E_INVALID);
    assert_int_equal(dir_make("/", 0700, &w->err), OK);
    assert_false(file_exists(at(w, "none")) || dir_exists(at(w, "none")));
}

static void paths(void **state)
{
    struct world *w = *state;
    static const struct { const char *path, *dir, *base; } rows[] = {
        {"a/b", "a", "b"},   {"b", ".", "b"},     {"/b", "/", "b"},     {"/a/b/c", "/a/b", "c"},
        {"a/b/", "a", "b"},  {"a//b", "a", "b"},  {"/", "/", "/"},      {"//", "/", "/"},
        {"", ".", ""},       {"../x", "..", "x"}, {"//b", "/", "b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(str_is(path_dir(str_of(rows[i].path)), rows[i].dir));
        assert_true(str_is(path_base(str_of(rows[i].path)), rows[i].base));
    }
    assert_string_equal(path_join(&w->a, STR("/etc"), STR("x")).p, "/etc/x");
    assert_string_equal(path_join(&w->a, STR("/etc/"), STR("x/y")).p, "/etc/x/y");
    assert_string_equal(path_join(&w->a, STR("/etc"), STR("/x")).p, "/x");
    assert_string_equal(path_join(&w->a, STR_NONE, STR("x")).p, "x");
    assert_string_equal(path_join(&w->a, STR("/"), STR("x")).p, "/x");
}

static void one_process_holds_the_lock(void **state)
{
    struct world *w = *state;
    int first = -1, second = -1;
    assert_int_equal(file_lock(at(w, "lock"), &first, &w->err), OK);
    assert_true(first >= 0);
    assert_true((fcntl(first, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(file_lock(at(w, "lock"), &second, &w->err), E_CONFLICT);
    assert_int_equal(second, -1);
    fd_close(&first);
    assert_int_equal(first, -1);
    fd_close(&first);
    fd_close(NULL);
    assert_int_equal(file_lock(at(w, "lock"), &second, &w->err), OK);
    fd_close(&second);
    assert_int_equal(file_lock(at(w, "no/lock"), &second, &w->err), E_ABSENT);
}

static void full_and_read_only_disks_have_plain_names(void **state)
{
    (void)state;
    char out[64], tiny[5];
    assert_string_equal(errno_text(ENOSPC, out, sizeof(out)), "disk full");
    assert_string_equal(errno_text(EDQUOT, out, sizeof(out)), "disk full (quota exceeded)");
    assert_string_equal(errno_text(EROFS, out, sizeof(out)), "read-only file system");
    assert_string_equal(errno_text(ENOENT, out, sizeof(out)), "No such file or directory");
    assert_string_equal(errno_text(ENOSPC, tiny, sizeof(tiny)), "disk");
}

enum { CHILD_OK = 0, CHILD_NO_MOUNT = 100 };

static bool says(struct world *w, enum status got, const char *text)
{
    return got == E_IO && strstr(w->err.text, text) != NULL;
}

/* In a child process, which the asserts of cmocka do not reach: the number of the step that went wrong. */
static int on_a_small_disk(struct world *w)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return CHILD_NO_MOUNT;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", w->dir, "tmpfs", 0, "size=64k") != 0)
        return CHILD_NO_MOUNT;
    static const char big[256 << 10];
    struct str got, big_content = {big, sizeof(big)};
    if (file_write(at(w, "a"), STR("old"), 0600, &w->err) != OK)
        return 1;
    if (!says(w, file_write(at(w, "a"), big_content, 0600, &w->err), "disk full"))
        return 2;
    if (!says(w, file_write_once(at(w, "b"), big_content, 0600, &w->err), "disk full") || names_in(w->dir) != 1)
        return 3;
    if (file_read(at(w, "a"), 10, &w->a, &got, &w->err) != OK || !str_is(got, "old"))
        return 4;
    if (mount("tmpfs", w->dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return CHILD_NO_MOUNT;
    if (!says(w, file_write(at(w, "a"), STR("new"), 0600, &w->err), "read-only file system"))
        return 5;
    if (!says(w, dir_make(at(w, "d"), 0700, &w->err), "read-only file system"))
        return 6;
    return dir_make(w->dir, 0700, &w->err) == OK ? CHILD_OK : 7;
}

static void a_full_or_read_only_disk_keeps_the_old_content(void **state)
{
    struct world *w = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(on_a_small_disk(w));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_NO_MOUNT)
        skip(); /* mounting needs root or user namespaces */
    assert_int_equal(WEXITSTATUS(status), CHILD_OK);
}

static void what_is_no_file_is_not_waited_for(void **state)
{
    struct world *w = *state;
    struct str got;
    int fd = -1;
    const char *fifo = at(w, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(file_read(fifo, 100, &w->a, &got, &w->err), E_INVALID);
    assert_non_null(strstr(w->err.text, "not a regular file"));
    assert_int_equal(file_open(fifo, &fd, &w->err), E_INVALID);
    assert_int_equal(file_open("/dev/zero", &fd, &w->err), E_INVALID);
    assert_int_equal(file_write_once(fifo, STR("x"), 0600, &w->err), E_CONFLICT);
    assert_int_equal(fd, -1);
    assert_int_equal(file_write(at(w, "f"), STR("x"), 0600, &w->err), OK);
    assert_int_equal(file_open(at(w, "f"), &fd, &w->err), OK);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    fd_close(&fd);
}

static void a_stream_already_open_is_read_and_written(void **state)
{
    struct world *w = *state;
    struct str got;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct str in = arena_fmt(&w->a, "/dev/fd/%d", ends[0]), out = arena_fmt(&w->a, "/dev/fd/%d", ends[1]);
    assert_int_equal(file_write(out.p, STR("through"), 0600, &w->err), OK);
    close(ends[1]);
    assert_int_equal(file_read(in.p, 100, &w->a, &got, &w->err), OK);
    assert_true(str_is(got, "through"));
    close(ends[0]);
    int fd = open(at(w, "log"), O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a", 1), 1);
    assert_int_equal(file_write(arena_fmt(&w->a, "/dev/fd/%d", fd).p, STR("b"), 0600, &w->err), OK);
    close(fd);
    assert_int_equal(file_read(at(w, "log"), 100, &w->a, &got, &w->err), OK);
    assert_true(str_is(got, "ab"));
}

static void a_device_is_written_into_never_replaced(void **state)
{
    struct world *w = *state;
    struct stat st;
    char text[8] = "";
    const char *fifo = at(w, "fifo"), *null = at(w, "null");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int created = -1;
    assert_int_equal(file_write(fifo, STR("x"), 0600, &w->err), E_INVALID); /* nobody reads */
    assert_int_equal(file_create(fifo, 0600, &created, &w->err), E_INVALID);
    assert_int_equal(file_write(at(w, "f"), STR("old"), 0600, &w->err), OK);
    assert_int_equal(file_create(at(w, "f"), 0600, &created, &w->err), OK);
    assert_int_equal(lseek(created, 0, SEEK_END), 0);
    fd_close(&created);
    int fd = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fifo, STR("x"), 0600, &w->err), OK);
    assert_int_equal(read(fd, text, sizeof(text)), 1);
    close(fd);
    assert_int_equal(lstat(fifo, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(symlink("/dev/null", null), 0);
    assert_int_equal(file_write(null, STR("x"), 0600, &w->err), OK);
    assert_int_equal(lstat(null, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void a_link_stays_and_its_target_is_replaced(void **state)
{
    struct world *w = *state;
    struct str got;
    struct stat st;
    assert_int_equal(file_write(at(w, "target"), STR("old"), 0600, &w->err), OK);
    assert_int_equal(symlink("target", at(w, "link")), 0);
    assert_int_equal(file_write(at(w, "link"), STR("new"), 0600, &w->err), OK);
    assert_int_equal(lstat(at(w, "link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(file_read(at(w, "target"), 100, &w->a, &got, &w->err), OK);
    assert_true(str_is(got, "new"));
    assert_int_equal(symlink("nothing", at(w, "dangling")), 0);
    assert_int_equal(file_write(at(w, "dangling"), STR("x"), 0600, &w->err), E_ABSENT);
    assert_false(file_exists(at(w, "nothing")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(written_content_is_read_back, begin, end),
        cmocka_unit_test_setup_teardown(reading_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_says_why, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(a_stream_already_open_is_read_and_written, begin, end),
        cmocka_unit_test_setup_teardown(a_device_is_written_into_never_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_link_stays_and_its_target_is_replaced, begin, end),
        cmocka_unit_test_setup_teardown(written_once_is_never_replaced, begin, end),
        cmocka_unit_test_setup_teardown(folders_are_made_with_parents, begin, end),
        cmocka_unit_test_setup_teardown(paths, begin, end),
        cmocka_unit_test_setup_teardown(one_process_holds_the_lock, begin, end),
        cmocka_unit_test(full_and_read_only_disks_have_plain_names),
        cmocka_unit_test_setup_teardown(a_full_or_read_only_disk_keeps_the_old_content, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
