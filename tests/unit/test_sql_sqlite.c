/* test_sql_sqlite.c */
#include "tests/lib/folder_world.h"

#include "base/clock.h"
#include "store/sql_connection.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>

struct world { struct folder_world folder; struct arena a; sqlite3 *db; struct sql_connection *c; char path[512]; };

static void world_make(struct world *w)
{
    struct err err;
    *w = (struct world){.c = NULL};
    folder_world_make(&w->folder);
    arena_init(&w->a, 1 << 20);
    folder_path(&w->folder, "w.db", w->path);
    assert_int_equal(sqlite3_open(w->path, &w->db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(w->db, "CREATE TABLE t (n INTEGER UNIQUE)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sql_sqlite.open(str_of(w->path), STR("/elsewhere"), &w->c, &err), OK);
}

static void world_remove(struct world *w)
{
    sql_close(w->c);
    (void)sqlite3_close(w->db);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static enum status run(struct world *w, const char *sql, int64_t *count, int64_t *affected, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    sql_query_init(&q, w->c, &w->a);
    sql_add(&q, sql);
    return sql_query_run(&q, count, affected, err);
}

static void a_missing_database_is_away_and_never_made(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    struct sql_connection *c = NULL;
    world_make(&w);
    assert_int_equal(sql_sqlite.open(STR("none.db"), str_of(w.folder.dir), &c, &err), E_RETRY);
    assert_null(c);
    assert_false(folder_has(&w.folder, "none.db"));
    folder_put(&w.folder, "text.db", "this is not a database, but long enough to be looked at as if it were one: "
                                     "SQLite reads the first hundred bytes as its header");
    assert_int_equal(sql_sqlite.open(STR("text.db"), str_of(w.folder.dir), &c, &err), E_IO);
    world_remove(&w);
}

static void errors_say_what_to_do(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    int64_t affected = 0;
    world_make(&w);
    assert_int_equal(run(&w, "SELECT count(*) FROM nosuch", NULL, NULL, &err), E_INVALID);
    assert_int_equal(run(&w, "SELECT \"n2\" FROM t", NULL, NULL, &err), E_INVALID); /* no string */
    assert_int_equal(run(&w, "INSERT INTO t VALUES (1), (2)", NULL, &affected, &err), OK);
    assert_int_equal(affected, 2);
    assert_int_equal(run(&w, "INSERT INTO t VALUES (1)", NULL, NULL, &err), E_CONFLICT);
    assert_int_equal(sqlite3_exec(w.db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(run(&w, "INSERT INTO t VALUES (3)", NULL, NULL, &err), E_RETRY);
    assert_int_equal(w.c->engine->begin(w.c, &err), E_RETRY);
    assert_int_equal(sqlite3_exec(w.db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    w.c->until_ms = clock_monotonic_ms();
    assert_int_equal(run(&w, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
                         NULL, NULL, &err),
                     E_RETRY);
    world_remove(&w);
}

struct other { sqlite3 *db; pthread_barrier_t begun; };

static void *write_for_a_moment(void *arg)
{
    struct other *o = arg;
    assert_int_equal(sqlite3_exec(o->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    pthread_barrier_wait(&o->begun);
    clock_sleep_ms(100);
    assert_int_equal(sqlite3_exec(o->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void another_writer_is_waited_for(void **state)
{
    (void)state;
    struct world w;
    struct other o;
    struct err err;
    pthread_t thread;
    world_make(&w);
    o.db = w.db;
    assert_int_equal(pthread_barrier_init(&o.begun, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_for_a_moment, &o), 0);
    pthread_barrier_wait(&o.begun);
    assert_int_equal(w.c->engine->begin(w.c, &err), OK);
    w.c->engine->rollback(w.c);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&o.begun);
    world_remove(&w);
}

static void a_rollback_undoes(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    int64_t n = -1;
    world_make(&w);
    w.c->engine->rollback(w.c); /* nothing to undo: harmless */
    assert_int_equal(w.c->engine->begin(w.c, &err), OK);
    assert_int_equal(run(&w, "INSERT INTO t VALUES (1)", NULL, NULL, &err), OK);
    w.c->engine->rollback(w.c);
    assert_int_equal(run(&w, "SELECT count(*) FROM t", &n, NULL, &err), OK);
    assert_int_equal(n, 0);
    assert_int_equal(w.c->engine->begin(w.c, &err), OK);
    assert_int_equal(run(&w, "INSERT INTO t VALUES (1)", NULL, NULL, &err), OK);
    assert_int_equal(w.c->engine->commit(w.c, &err), OK);
    assert_int_equal(run(&w, "SELECT count(*) FROM t", &n, NULL, &err), OK);
    assert_int_equal(n, 1);
    world_remove(&w);
}

static void a_replaced_file_is_noticed(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    world_make(&w);
    assert_int_equal(w.c->engine->alive(w.c, &err), OK);
    assert_int_equal(remove(w.path), 0);
    assert_int_equal(w.c->engine->alive(w.c, &err), E_RETRY);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_database_is_away_and_never_made),
        cmocka_unit_test(errors_say_what_to_do),
        cmocka_unit_test(another_writer_is_waited_for),
        cmocka_unit_test(a_rollback_undoes),
        cmocka_unit_test(a_replaced_file_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
