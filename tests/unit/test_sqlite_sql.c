#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
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


static void test_codes(void **state)
{
    (void)state;
    char path[] = "/var/lib/expunge/r.db";
    const struct sqlite s = {.path = path};
    static const struct { int rc; enum status status; const char *text; } cases[] = {
        {SQLITE_BUSY, E_RETRY, "busy"}, {SQLITE_LOCKED, E_RETRY, "busy"}, {SQLITE_BUSY_SNAPSHOT, E_RETRY, "busy"},
        {SQLITE_FULL, E_LIMIT, "disk full"}, {SQLITE_READONLY, E_DENIED, "read-only"},
        {SQLITE_READONLY_DBMOVED, E_DENIED, "read-only"}, {SQLITE_CORRUPT, E_INVALID, "backup"},
        {SQLITE_NOTADB, E_INVALID, "not an SQLite database"}, {SQLITE_NOMEM, E_LIMIT, "memory"},
        {SQLITE_MISUSE, E_IO, "cannot write"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        assert_int_equal(sqlite_fail(&s, cases[i].rc, "write", &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].text));
        assert_non_null(strstr(err.text, path));
    }
}

static void test_statements(void **state)
{
    struct place *p = *state;
    struct backend b;
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    struct sqlite *s = b.own;
    for (enum table t = 0; t < TABLE_COUNT; t++) {
        assert_non_null(table_name(t));
        for (enum row_sql k = 0; k < ROW_SQL_COUNT; k++) {
            bool queue = k == ROW_SQL_QUEUE || k == ROW_SQL_QUEUE_BODY || k == ROW_SQL_QUEUE_CATEGORY;
            bool chains = k >= ROW_SQL_WALK && k <= ROW_SQL_UNKEY, subjects = k == ROW_SQL_UPSERT_LOAD || k == ROW_SQL_LEVELS;
            sqlite3_stmt *st, *again;
            if (table_has_places(t) ? k == ROW_SQL_ADD : queue)
                continue;
            if (t == TABLE_CHAIN ? k == ROW_SQL_UPSERT || subjects : chains)
                continue;
            if (t != TABLE_CHAIN && t != TABLE_SUBJECT && k > ROW_SQL_UNKEY)
                continue;
            assert_int_equal(sqlite_row_statement(s, t, k, &st, NULL), OK);
            assert_int_equal(sqlite_row_statement(s, t, k, &again, NULL), OK);
            assert_ptr_equal(st, again);
        }
    }
    backend_close(&b);
}

/* A page of a queue without bodies comes from the index alone, also its first category. */
static void test_plans(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    arena_init(&a, 1 << 16);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    struct sqlite *s = b.own;
    static const enum row_sql kinds[] = {ROW_SQL_QUEUE, ROW_SQL_QUEUE_CATEGORY};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        sqlite3_stmt *st, *plan;
        assert_int_equal(sqlite_row_statement(s, TABLE_CHAIN, kinds[i], &st, NULL), OK);
        struct str text = arena_fmt(&a, "EXPLAIN QUERY PLAN %s", sqlite3_sql(st));
        assert_int_equal(sqlite_prepare(s, text.p, &plan, NULL), OK);
        assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        assert_non_null(strstr(detail, "USING COVERING INDEX chain_place"));
        assert_int_equal(sqlite3_step(plan), SQLITE_DONE); /* nothing is sorted */
        sqlite3_finalize(plan);
    }
    backend_close(&b);
    arena_release(&a);
}

/* Every step of a statement's plan; *sorts: it keeps rows aside to sort them. */
static void plan_of(struct sqlite *s, enum table t, enum row_sql which, struct arena *a, struct buf *out)
{
    sqlite3_stmt *st, *plan;
    buf_clear(out);
    assert_int_equal(sqlite_row_statement(s, t, which, &st, NULL), OK);
    assert_int_equal(sqlite_prepare(s, arena_fmt(a, "EXPLAIN QUERY PLAN %s", sqlite3_sql(st)).p, &plan, NULL), OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        buf_fmt(out, "%s\n", (const char *)sqlite3_column_text(plan, 3));
    sqlite3_finalize(plan);
    assert_int_equal(buf_check(out, NULL), OK);
}

/* What is found through levels is found by key in each, merged, never scanned and never sorted. */
static void test_level_plans(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    CLEANUP(buf_release) struct buf plan;
    static const struct { enum table t; enum row_sql which; } kinds[] = {
        {TABLE_CHAIN, ROW_SQL_GET}, {TABLE_CHAIN, ROW_SQL_INSERT}, {TABLE_CHAIN, ROW_SQL_UPDATE}, {TABLE_CHAIN, ROW_SQL_WALK},
        {TABLE_CHAIN, ROW_SQL_DELETE}, {TABLE_SUBJECT, ROW_SQL_GET}, {TABLE_SUBJECT, ROW_SQL_PAGE}, {TABLE_SUBJECT, ROW_SQL_LEVELS},
        {TABLE_SUBJECT, ROW_SQL_SINK_0}, {TABLE_CHAIN, ROW_SQL_SINK_1},
    };
    buf_init(&plan, 1 << 16);
    arena_init(&a, 1 << 16);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        plan_of(b.own, kinds[i].t, kinds[i].which, &a, &plan);
        assert_null(strstr(plan.p, "TEMP B-TREE"));
        for (const char *at = strstr(plan.p, "SCAN "); at; at = strstr(at + 1, "SCAN "))
            assert_int_equal(strncmp(at, "SCAN CONSTANT ROW", 17), 0);
    }
    backend_close(&b);
    arena_release(&a);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_codes), TEST(test_statements), TEST(test_plans), TEST(test_level_plans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
