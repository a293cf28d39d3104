/* test_sql_rows.c - which rows are a contact's, whatever type the column has; the transaction around a change. */
#include "tests/lib/folder_world.h"
#include "tests/lib/store_trial.h"

#include "store/sql.h"

#include <sqlite3.h>
#include <stdio.h>

struct world {
    struct folder_world folder;
    struct arena a;
    sqlite3 *db;
    struct sql_connection *c;
    struct epoch_watch watch;
    struct gate gate;
    struct store_call call;
};

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1000;
}

static void world_make(struct world *w, const char *sql)
{
    char path[512];
    struct err err;
    *w = (struct world){.watch = {.epoch = 1, .read_ms = 1000, .clock = now, .stale_after_ms = 1000}};
    folder_world_make(&w->folder);
    arena_init(&w->a, 16 << 20);
    folder_path(&w->folder, "w.db", path);
    assert_int_equal(sqlite3_open(path, &w->db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(w->db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sql_open(STR("sqlite:w.db"), str_of(w->folder.dir), &w->c, &err), OK);
    w->gate = (struct gate){.epoch = 1, .until_ms = 2000, .watch = &w->watch};
    w->call = (struct store_call){.a = &w->a, .gate = &w->gate, .deadline_ms = 1000};
}

static void world_remove(struct world *w)
{
    sql_close(w->c);
    (void)sqlite3_close(w->db);
    arena_release(&w->a);
    folder_world_remove(&w->folder);
}

static int64_t count(struct world *w, enum sql_key_type type, const char *id)
{
    struct sql_table t = {.name = STR("t"), .key = STR("k"), .key_type = type, .max_rows = 10};
    struct sql_rows row = {.id = str_of(id)};
    struct err err;
    assert_int_equal(sql_rows_count(w->c, &t, &row, 1, &w->a, &err), OK);
    return row.count;
}

/* The values 1000, 2^32 + 1 and 2^63 - 1 and the texts '0123' and 'Abc', in a column declared so. */
static void numbers_match_exactly_in_every_type_of_column(void **state)
{
    (void)state;
    const char *const types[] = {"INTEGER", "TEXT", "", "NUMERIC", "VARCHAR(50) COLLATE NOCASE"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        char sql[512];
        struct world w;
        bool integer = i == 0 || i == 3;
        (void)snprintf(sql, sizeof(sql), "CREATE TABLE t (k %s); CREATE INDEX i ON t (k); INSERT INTO t VALUES "
                                         "(1000), (4294967297), (9223372036854775807), (123), ('Abc')", types[i]);
        world_make(&w, sql);
        for (enum sql_key_type type = SQL_KEY_ANY; type <= SQL_KEY_INTEGER; type++) {
            bool can = type == SQL_KEY_ANY || i != 2 || type == SQL_KEY_INTEGER; /* no affinity: as it was stored */
            assert_int_equal(count(&w, type, "1000"), can);
            assert_int_equal(count(&w, type, "4294967297"), can);
            assert_int_equal(count(&w, type, "9223372036854775807"), can);
            assert_int_equal(count(&w, type, "4294967296"), 0);
            assert_int_equal(count(&w, type, "9223372036854775808"), 0); /* rounds to the same double */
            assert_int_equal(count(&w, type, "9223372036854775806"), 0);
            assert_int_equal(count(&w, type, "0123"), 0);
            assert_int_equal(count(&w, type, "1e3"), 0);
            assert_int_equal(count(&w, type, "1000.0"), 0);
            assert_int_equal(count(&w, type, " 1000"), 0);
            assert_int_equal(count(&w, type, "abc"), 0);
        }
        assert_int_equal(count(&w, SQL_KEY_TEXT, "Abc"), 1);
        assert_int_equal(count(&w, SQL_KEY_ANY, "Abc"), 1);
        assert_true(integer || count(&w, SQL_KEY_ANY, "ABC") == 0);
        world_remove(&w);
    }
}

static void an_id_is_never_a_statement(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, "CREATE TABLE t (k TEXT, \"a\"\"b\" TEXT); INSERT INTO t VALUES ('x', 'y')");
    assert_int_equal(count(&w, SQL_KEY_ANY, "' OR 1=1 --"), 0);
    assert_int_equal(count(&w, SQL_KEY_ANY, "%"), 0);
    struct sql_table quoted = {.name = STR("t"), .key = STR("a\"b"), .max_rows = 10};
    struct sql_rows row = {.id = STR("y")};
    struct err err;
    assert_int_equal(sql_rows_count(w.c, &quoted, &row, 1, &w.a, &err), OK);
    assert_int_equal(row.count, 1);
    struct sql_table missing = {.name = STR("t"), .key = STR("kk"), .max_rows = 10};
    row.id = STR("kk"); /* a column that is not there must not become the string 'kk' */
    assert_int_equal(sql_rows_count(w.c, &missing, &row, 1, &w.a, &err), E_INVALID);
    world_remove(&w);
}

static void a_change_asks_the_gate(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    world_make(&w, "CREATE TABLE t (k TEXT); INSERT INTO t VALUES ('x'), ('x'), ('y')");
    struct sql_table t = {.name = STR("t"), .key = STR("k"), .max_rows = 10};
    struct sql_profile profile = {&t, 1};
    struct artefact artefacts[3] = {{.outcome = OUT_UNKNOWN}};
    struct sql_rows rows[3] = {
        {STR("x"), 0, &artefacts[0]}, {STR("y"), 0, &artefacts[1]}, {STR("z"), 0, &artefacts[2]}};
    w.watch.epoch = 2;
    assert_int_equal(sql_rows_change(w.c, &profile, &t, &w.call, EFFECT_ERASE, rows, 3, &err), OK);
    assert_int_equal(artefacts[0].outcome, OUT_HELD);
    assert_int_equal(artefacts[2].outcome, OUT_ABSENT);
    assert_int_equal(count(&w, SQL_KEY_ANY, "x"), 2);
    w.watch.epoch = 1;
    assert_int_equal(sql_rows_change(w.c, &profile, &t, &w.call, EFFECT_ERASE, rows, 3, &err), OK);
    assert_int_equal(artefacts[0].outcome, OUT_GONE);
    assert_int_equal(artefacts[1].outcome, OUT_GONE);
    assert_int_equal(artefacts[2].outcome, OUT_ABSENT);
    assert_int_equal(count(&w, SQL_KEY_ANY, "x"), 0);
    world_remove(&w);
}

static void rows_that_silently_stay_are_refused(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    world_make(&w, "CREATE TABLE t (k TEXT); INSERT INTO t VALUES ('x'), ('y');"
                   "CREATE TRIGGER keep BEFORE DELETE ON t WHEN old.k = 'x' BEGIN SELECT RAISE(IGNORE); END");
    struct sql_table t = {.name = STR("t"), .key = STR("k"), .max_rows = 10};
    struct sql_profile profile = {&t, 1};
    struct artefact artefacts[2] = {{.outcome = OUT_UNKNOWN}};
    struct sql_rows rows[2] = {{STR("x"), 0, &artefacts[0]}, {STR("y"), 0, &artefacts[1]}};
    assert_int_equal(sql_rows_change(w.c, &profile, &t, &w.call, EFFECT_ERASE, rows, 2, &err), OK);
    for (size_t i = 0; i < 2; i++) {
        bool kept = str_is(rows[i].id, "x");
        assert_int_equal(rows[i].artefact->outcome, kept ? OUT_REFUSED : OUT_GONE);
        assert_int_equal(count(&w, SQL_KEY_ANY, rows[i].id.p), kept);
    }
    world_remove(&w);
}

static void verify_reads_each_effect(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    world_make(&w, "CREATE TABLE t (k TEXT, phone TEXT, note TEXT, mark TEXT);"
                   "INSERT INTO t VALUES ('x', 'PSN-ABCDEFGHIJKLMNOPQRST', NULL, 'legal')");
    struct sql_scrub scrubs[] = {{STR("phone"), SQL_SCRUB_PSEUDONYM, STR("")}, {STR("note"), SQL_SCRUB_NULL, STR("")}};
    struct sql_table t = {.name = STR("t"), .key = STR("k"), .max_rows = 10, .scrubs = scrubs, .scrubs_n = 2,
                          .restrict_column = STR("mark"), .restrict_value = STR("legal")};
    const struct { const char *sql; enum effect effect; enum outcome outcome; } cases[] = {
        {"SELECT 1", EFFECT_PSEUDONYMISE, OUT_PSEUDONYMISED},
        {"SELECT 1", EFFECT_RESTRICT, OUT_RESTRICTED},
        {"SELECT 1", EFFECT_BLANK, OUT_PRESENT},
        {"SELECT 1", EFFECT_ERASE, OUT_PRESENT},
        {"UPDATE t SET mark = NULL", EFFECT_RESTRICT, OUT_PRESENT},
        {"UPDATE t SET note = 'n'", EFFECT_PSEUDONYMISE, OUT_PRESENT},
        {"UPDATE t SET phone = '', note = NULL", EFFECT_BLANK, OUT_SCRUBBED},
        {"INSERT INTO t (k, phone) VALUES ('x', '+44')", EFFECT_BLANK, OUT_PRESENT},
        {"DELETE FROM t", EFFECT_RESTRICT, OUT_ABSENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct artefact a = {.effect = cases[i].effect};
        struct sql_rows row = {STR("x"), 0, &a};
        assert_int_equal(sqlite3_exec(w.db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sql_rows_verify(w.c, &t, &w.call, &row, 1, &err), OK);
        if (a.outcome != cases[i].outcome)
            fail_msg("%zu: %s", i, outcome_name(a.outcome));
    }
    world_remove(&w);
}

static void many_are_read_back_in_one_request(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, "CREATE TABLE t (id TEXT); INSERT INTO t VALUES ('there'), ('there'), ('else')");
    struct sql_table t = {.name = STR("t"), .key = STR("id"), .key_type = SQL_KEY_TEXT, .max_rows = 10};
    struct artefact a[3] = {{.effect = EFFECT_ERASE}, {.effect = EFFECT_ERASE}, {.effect = EFFECT_ERASE}};
    struct sql_rows rows[] = {{STR("gone"), 9, &a[0]}, {STR("there"), 0, &a[1]}, {STR("not here either"), 0, &a[2]}};
    struct err err;
    uint64_t calls = w.call.calls;
    assert_int_equal(sql_rows_verify(w.c, &t, &w.call, rows, 3, &err), OK);
    assert_int_equal(w.call.calls, calls + 1);
    assert_int_equal(a[0].outcome, OUT_ABSENT);
    assert_int_equal(a[1].outcome, OUT_PRESENT);
    assert_int_equal(a[2].outcome, OUT_ABSENT);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_read_back_in_one_request),
        cmocka_unit_test(numbers_match_exactly_in_every_type_of_column),
        cmocka_unit_test(an_id_is_never_a_statement),
        cmocka_unit_test(a_change_asks_the_gate),
        cmocka_unit_test(rows_that_silently_stay_are_refused),
        cmocka_unit_test(verify_reads_each_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
