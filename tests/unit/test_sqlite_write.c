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


static struct row put(const char *key, uint64_t version)
{
    return (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = str_of(key), .version = version, .body = STR("x")};
}

static uint64_t version_of(struct backend *b, const char *name)
{
    struct arena a;
    struct str key = str_of(name);
    struct row row;
    arena_init(&a, 1 << 16);
    assert_int_equal(sqlite_get(b, TABLE_RUN, &key, 1, &a, &row, NULL), OK);
    arena_release(&a);
    return row.version;
}

/* The group that conflicts in its last row leaves nothing; those before and behind it stand. */
static void test_groups(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct row first = put("a", 0), broken[] = {put("b", 0), put("a", 9)}, last[] = {put("c", 0), put("d", 0)};
    struct group groups[] = {{.rows = &first, .rows_n = 1}, {.rows = broken, .rows_n = 2}, {.rows = last, .rows_n = 2}};
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(sqlite_commit(&b, groups, 3, NULL), OK);
    assert_int_equal(groups[0].result, OK);
    assert_int_equal(groups[1].result, E_CONFLICT);
    assert_int_equal(groups[2].result, OK);
    assert_true(version_of(&b, "a") == 1 && version_of(&b, "b") == 0 && version_of(&b, "d") == 1);
    backend_close(&b);
}

/* Another connection holds the write lock: nothing is done, and it can be done later. */
static void test_busy(void **state)
{
    struct place *p = *state;
    struct backend b, other;
    struct row row = put("a", 0);
    struct group g = {.rows = &row, .rows_n = 1};
    struct err err = {0};
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(backend_open(str_of(p->url), false, &other, NULL), OK);
    sqlite3_busy_timeout(((struct sqlite *)b.own)->db, 10);
    assert_int_equal(sqlite_run(other.own, SQL_BEGIN_WRITE, NULL), OK);
    assert_int_equal(sqlite_commit(&b, &g, 1, &err), E_RETRY);
    assert_int_equal(g.result, E_RETRY);
    assert_int_equal(version_of(&b, "a"), 0);
    sqlite_rollback(other.own);
    assert_int_equal(sqlite_commit(&b, &g, 1, &err), OK);
    assert_int_equal(version_of(&b, "a"), 1);
    backend_close(&other);
    backend_close(&b);
}

/* No room for the second half: the whole commit is undone, and says so. */
static void test_full(void **state)
{
    struct place *p = *state;
    struct backend b;
    static char body[300000];
    struct row small = put("a", 0), large = put("b", 0);
    struct group groups[] = {{.rows = &small, .rows_n = 1}, {.rows = &large, .rows_n = 1}};
    struct err err = {0};
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    assert_int_equal(sqlite_exec(b.own, "PRAGMA max_page_count=80", NULL), OK);
    large.body = (struct str){body, sizeof(body)};
    assert_int_equal(sqlite_commit(&b, groups, 2, &err), E_LIMIT);
    assert_non_null(strstr(err.text, "disk full"));
    assert_int_equal(version_of(&b, "a"), 0);
    assert_int_equal(sqlite_commit(&b, groups, 1, &err), OK);
    assert_int_equal(version_of(&b, "a"), 1);
    backend_close(&b);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_groups), TEST(test_busy), TEST(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
