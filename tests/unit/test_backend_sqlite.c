#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "registry/sqlite.h"

struct place { char dir[64], path[128], url[160]; };

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/expunge-sqlite-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof(p->path), "%s/r.db", p->dir);
    snprintf(p->url, sizeof(p->url), "sqlite:%s", p->path);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char file[160];
    static const char *const ends[] = {"", "-wal", "-shm", ".copy"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(file, sizeof(file), "%s%s", p->path, ends[i]);
        unlink(file);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}


static void put(struct backend *b, const char *key, const char *body)
{
    struct row row = {.table = TABLE_RUN, .op = ROW_PUT, .key = str_of(key), .version = VERSION_ANY,
                      .body = str_of(body)};
    struct group g = {.rows = &row, .rows_n = 1};
    assert_int_equal(backend_commit(b, &g, 1, NULL), OK);
}

static struct row get(struct backend *b, const char *name, struct arena *a)
{
    struct str key = str_of(name);
    struct row row;
    assert_int_equal(backend_get(b, TABLE_RUN, &key, 1, a, &row, NULL), OK);
    return row;
}

static void test_backup(void **state)
{
    struct place *p = *state;
    struct backend b, copy;
    struct arena a;
    struct stat st;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    struct str path = arena_fmt(&a, "%s.copy", p->path);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, "k", "kept");
    assert_int_equal(backend_backup(&b, path, &err), OK);
    put(&b, "k", "later");
    assert_int_equal(stat(path.p, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(backend_backup(&b, path, &err), E_CONFLICT);
    assert_int_equal(backend_open(arena_fmt(&a, "sqlite:%s.copy", p->path), false, &copy, &err), OK);
    assert_true(str_is(get(&copy, "k", &a).body, "kept"));
    backend_close(&copy);
    assert_int_equal(backend_backup(&b, arena_fmt(&a, "%s/none/x", p->dir), &err), E_IO);
    assert_int_equal(backend_backup(&b, STR_NONE, &err), E_INVALID);
    backend_close(&b);
    arena_release(&a);
}

static bool file_holds(const char *path, const char *needle)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    static char content[4 << 20];
    size_t n = fread(content, 1, sizeof(content), in);
    fclose(in);
    return memmem(content, n, needle, strlen(needle)) != NULL;
}

/* What was overwritten or removed is in no free page of the file. */
static void test_nothing_lingers(void **state)
{
    struct place *p = *state;
    struct backend b;
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, "k", "+442071838750 the first body");
    put(&b, "gone", "+442071838750 the second body");
    backend_close(&b);
    assert_true(file_holds(p->path, "+442071838750"));
    assert_int_equal(backend_open(str_of(p->url), false, &b, NULL), OK);
    put(&b, "k", "blank");
    struct row row = {.table = TABLE_RUN, .op = ROW_REMOVE, .key = STR("gone"), .version = 1};
    struct group g = {.rows = &row, .rows_n = 1};
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    backend_close(&b);
    assert_false(file_holds(p->path, "+442071838750"));
}

static void test_check(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct backend_state s;
    struct arena a;
    arena_init(&a, 1 << 16);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(backend_check(&b, &a, &s, NULL), OK);
    assert_int_equal(s.server_ms, TIME_NONE);
    assert_non_null(strstr(s.what.p, p->path));
    put(&b, "k", "after the check the lock is free");
    backend_close(&b);
    arena_release(&a);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_backup), TEST(test_nothing_lingers), TEST(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
