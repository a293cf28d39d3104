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


static void put(struct backend *b, enum table t, struct str key, enum chain_queue queue, int64_t time_ms)
{
    struct row row = {.table = t, .op = ROW_PUT, .key = key, .version = VERSION_ANY, .body = key, .queue = queue,
                      .queue_category = 3, .queue_time_ms = time_ms};
    struct group g = {.rows = &row, .rows_n = 1};
    assert_int_equal(backend_commit(b, &g, 1, NULL), OK);
}

static void test_get(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a, small;
    struct row rows[2];
    const struct str keys[] = {STR("b"), STR("a")};
    arena_init(&a, 1 << 20);
    arena_init(&small, 64);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, TABLE_CHAIN, STR("a"), QUEUE_DUE, -5);
    assert_int_equal(sqlite_get(&b, TABLE_CHAIN, keys, 2, &a, rows, NULL), OK);
    assert_int_equal(rows[0].version, 0);
    assert_true(rows[1].version == 1 && rows[1].queue == QUEUE_DUE && rows[1].queue_category == 3);
    assert_int_equal(rows[1].queue_time_ms, -5);
    struct str long_key = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 64};
    put(&b, TABLE_RUN, long_key, QUEUE_NONE, 0);
    const struct str two[] = {long_key, long_key};
    assert_int_equal(sqlite_get(&b, TABLE_RUN, two, 2, &small, rows, NULL), E_LIMIT);
    put(&b, TABLE_RUN, STR("still"), QUEUE_NONE, 0); /* the transaction was ended */
    backend_close(&b);
    arena_release(&small);
    arena_release(&a);
}

static void test_page_prefixes(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    struct row *rows;
    size_t n;
    unsigned char full[ROW_KEY_MAX];
    struct str key = {(const char *)full, sizeof(full)};
    memset(full, 0xff, sizeof(full));
    arena_init(&a, 1 << 20);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, TABLE_RUN, key, QUEUE_NONE, 0);
    assert_int_equal(sqlite_page(&b, TABLE_RUN, key, STR_NONE, 5, &a, &rows, &n, NULL), OK);
    assert_int_equal(n, 1); /* the last key there can be */
    assert_int_equal(sqlite_page(&b, TABLE_RUN, STR_NONE, key, 5, &a, &rows, &n, NULL), OK);
    assert_int_equal(n, 0);
    backend_close(&b);
    arena_release(&a);
}

static void test_queue_goes_on(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    struct row *rows;
    size_t n, seen = 0;
    struct queue_query q = {.queue = QUEUE_DUE, .category = -1, .until_ms = INT64_MAX};
    arena_init(&a, 1 << 20);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    for (int i = 0; i < 25; i++)
        put(&b, TABLE_CHAIN, arena_fmt(&a, "key %012d", i), QUEUE_DUE, i / 10); /* many at one time */
    do {
        assert_int_equal(sqlite_queue(&b, &q, 4, &a, &rows, &n, NULL), OK);
        for (size_t i = 0; i < n; i++)
            assert_true(str_eq(rows[i].key, arena_fmt(&a, "key %012d", (int)(seen + i))));
        seen += n;
        if (n > 0) {
            q.after = true;
            q.after_category = rows[n - 1].queue_category;
            q.after_time_ms = rows[n - 1].queue_time_ms;
            memcpy(q.after_key.b, rows[n - 1].key.p, ROW_KEY_BYTES);
        }
    } while (n > 0);
    assert_int_equal(seen, 25);
    backend_close(&b);
    arena_release(&a);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_get), TEST(test_page_prefixes), TEST(test_queue_goes_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
