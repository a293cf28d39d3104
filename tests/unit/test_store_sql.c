/* test_store_sql.c - the driver through the front: the contract, and what only databases do. */
#include "tests/lib/contract_store.h"
#include "tests/lib/folder_world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const ids[] = {"c-1", "c-2", "4294967296001", "c'; DROP TABLE ctr; --"};
enum { N = ARRAY_LEN(ids) };

struct world { struct folder_world folder; struct store_target targets[N]; sqlite3 *db; };

static const char yaml[] =
    "type: sql\n"
    "url: \"sqlite:w.db\"\n"
    "tables:\n"
    "  - {name: message, kind: chat_message, key: ctr_no, via: {table: ctr, key: contact_id, parent: no},\n"
    "     scrub: {body: empty}, restrict: {column: access, value: legal}}\n"
    "  - {name: ctr, kind: warehouse_row, key: contact_id, restrict: {column: access, value: legal},\n"
    "     scrub: {phone: pseudonym, name: null, note: removed}, max_rows: 5}\n";

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

static int64_t number(sqlite3 *db, const char *sql, const char *id)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    if (id != NULL)
        (void)sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return n;
}

static void world_make(struct world *w)
{
    char path[512];
    folder_world_make(&w->folder);
    folder_path(&w->folder, "w.db", path);
    assert_int_equal(sqlite3_open(path, &w->db), SQLITE_OK);
    run(w->db, "PRAGMA synchronous = OFF");
    for (size_t i = 0; i < N; i++)
        w->targets[i] = trial_target(ids[i]);
}

static void world_remove(struct world *w)
{
    (void)sqlite3_close(w->db);
    folder_world_remove(&w->folder);
}

static void fill(void *ctx)
{
    struct world *w = ctx;
    run(w->db,
        "DROP TRIGGER IF EXISTS lie; DROP TRIGGER IF EXISTS lie2; DROP TABLE IF EXISTS message; DROP TABLE IF EXISTS "
        "ctr;"
        "CREATE TABLE ctr (no INTEGER PRIMARY KEY, contact_id TEXT, phone TEXT, name TEXT, note TEXT, access TEXT);"
        "CREATE TABLE message (ctr_no INTEGER, body TEXT, access TEXT)");
    for (size_t i = 0; i < N; i++) {
        sqlite3_stmt *s;
        assert_int_equal(sqlite3_prepare_v2(w->db,
                                            "INSERT INTO ctr VALUES (?1, ?2, '+44' || ?1, 'Ann', 'n', NULL),"
                                            " (?1 + 100, ?2, '+45', 'Ann', 'n', NULL)",
                                            -1, &s, NULL),
                         SQLITE_OK);
        (void)sqlite3_bind_int64(s, 1, (int64_t)i + 1);
        (void)sqlite3_bind_text(s, 2, ids[i], -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(s), SQLITE_DONE);
        (void)sqlite3_finalize(s);
    }
    run(w->db, "INSERT INTO message SELECT no, 'hello', NULL FROM ctr");
}

static int64_t left(void *ctx, size_t target)
{
    const struct world *w = ctx;
    char nos[64];
    (void)snprintf(nos, sizeof(nos), "%zu", target + 1);
    return number(w->db, "SELECT count(*) FROM ctr WHERE contact_id = ?1", ids[target]) +
           number(w->db, "SELECT count(*) FROM message WHERE ctr_no % 100 = CAST(?1 AS INTEGER)", nos);
}

static bool in_clear(void *ctx, size_t target)
{
    const struct world *w = ctx;
    return number(w->db,
                  "SELECT count(*) FROM ctr WHERE contact_id = ?1 AND (phone LIKE '+4%' OR name = 'Ann' OR note = 'n')",
                  ids[target]) > 0;
}

static void away(void *ctx) /* another process has it locked */
{
    struct world *w = ctx;
    run(w->db, "BEGIN EXCLUSIVE");
}

static void back(void *ctx)
{
    struct world *w = ctx;
    run(w->db, "ROLLBACK");
}

static void lie(void *ctx) /* what is deleted comes back */
{
    struct world *w = ctx;
    run(w->db, "CREATE TRIGGER lie AFTER DELETE ON ctr BEGIN INSERT INTO ctr SELECT old.no, old.contact_id, old.phone, "
               "old.name,"
               " old.note, old.access; END;"
               "CREATE TRIGGER lie2 AFTER DELETE ON message BEGIN INSERT INTO message VALUES (old.ctr_no, old.body, "
               "NULL); END");
}

static void honest(void *ctx)
{
    struct world *w = ctx;
    run(w->db, "DROP TRIGGER lie; DROP TRIGGER lie2");
}

static void fulfils_the_contract(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    struct contract_store c = {.yaml = yaml,
                               .base_dir = w.folder.dir,
                               .targets = w.targets,
                               .n = N,
                               .artefacts = 2 * N,
                               .ctx = &w,
                               .fill = fill,
                               .left = left,
                               .in_clear = in_clear,
                               .away = away,
                               .back = back,
                               .lie = lie,
                               .honest = honest,
                               .effects = EFFECT_BLANK | EFFECT_RESTRICT};
    contract_store(&c);
    world_remove(&w);
}

/* One table alone: everything of the store can be pseudonymised. */
static void pseudonyms_are_equal_where_values_were(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    char *one = strdup(yaml), *ctr = strstr(one, "  - {name: ctr"), *message = strstr(one, "  - {name: message");
    memmove(message, ctr, strlen(ctr) + 1);
    struct trial t;
    fill(&w);
    trial_open(&t, one, w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.found_n, N);
    assert_int_equal(t.found[0]->count, 2);
    assert_true(str_is(t.found[0]->locator, "ctr.contact_id#c-1"));
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_PSEUDONYMISE);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(trial_change(&t, p, EFFECT_PSEUDONYMISE, t.found, N), OK);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(t.found[i]->outcome, OUT_PSEUDONYMISED);
            assert_false(in_clear(&w, i));
        }
        assert_int_equal(trial_verify(&t, t.found, N), OK);
        assert_int_equal(t.found[N - 1]->outcome, OUT_PSEUDONYMISED);
        assert_int_equal(number(w.db, "SELECT count(DISTINCT phone) FROM ctr", NULL), N + 1); /* +45 is one person's */
        assert_int_equal(number(w.db, "SELECT count(*) FROM ctr WHERE name IS NULL AND note = 'removed'", NULL), 2 * N);
    }
    run(w.db, "UPDATE ctr SET phone = '+46' WHERE no = 1");
    assert_int_equal(trial_verify(&t, t.found, N), OK);
    assert_int_equal(t.found[0]->outcome, OUT_PRESENT);
    assert_int_equal(t.found[1]->outcome, OUT_PSEUDONYMISED);
    trial_close(&t);
    free(one);
    world_remove(&w);
}

static void the_fuse_rolls_back(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    run(w.db, "DELETE FROM message; INSERT INTO ctr (contact_id) VALUES ('c-1'), ('c-1'), ('c-1'), ('c-1')");
    trial_open(&t, yaml, w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, 2), OK);
    const struct permit *p = trial_permit(&t, w.targets, 2, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 2), OK);
    assert_int_equal(trial_found(&t, 0, 0)->outcome, OUT_REFUSED); /* six rows, five allowed */
    assert_int_equal(trial_found(&t, 1, 0)->outcome, OUT_GONE);
    assert_int_equal(number(w.db, "SELECT count(*) FROM ctr WHERE contact_id = 'c-1'", NULL), 6);
    trial_close(&t);
    world_remove(&w);
}

static void parents_wait_for_their_children(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    trial_open(&t, yaml, w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    struct artefact *parent = t.found[0]->kind == KIND_WAREHOUSE_ROW ? t.found[0] : t.found[1];
    const struct permit *p = trial_permit(&t, w.targets, 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, &parent, 1), OK);
    assert_int_equal(parent->outcome, OUT_RETRY);
    assert_int_equal(left(&w, 0), 4);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 2), OK); /* whichever order they come in */
    assert_int_equal(left(&w, 0), 0);
    trial_close(&t);
    world_remove(&w);
}

static void one_refusal_costs_no_other(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    fill(&w);
    run(w.db,
        "DELETE FROM message; CREATE TABLE evidence (no INTEGER REFERENCES ctr (no)); INSERT INTO evidence VALUES (2)");
    trial_open(&t, yaml, w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, t.found_n), OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(trial_found(&t, i, 0)->outcome, i == 1 ? OUT_REFUSED : OUT_GONE);
    assert_int_equal(number(w.db, "SELECT count(*) FROM ctr", NULL), 2);
    trial_close(&t);
    world_remove(&w);
}

static void check_names_missing_tables_and_columns(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    struct store_check check;
    world_make(&w);
    fill(&w);
    run(w.db, "ALTER TABLE ctr DROP COLUMN phone; DROP TABLE message");
    trial_open(&t, yaml, w.folder.dir);
    struct store_call call = {.now_ms = t.now_ms, .deadline_ms = t.now_ms + 1000, .a = &t.a};
    assert_int_equal(store_check(t.store, &call, &check, &t.err), OK);
    assert_int_equal(check.n, 4);
    assert_true(check.findings[0].good && check.findings[3].good);
    assert_false(check.findings[1].good || check.findings[2].good);
    assert_true(str_starts(check.findings[1].what, STR("table message: SQLite: no such table")));
    assert_true(str_starts(check.findings[2].what, STR("table ctr: SQLite: no such column")));
    assert_int_equal(trial_find(&t, w.targets, 1), E_INVALID);
    assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
    trial_close(&t);
    world_remove(&w);
}

static void a_key_of_real_numbers_or_bytes_is_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"REAL", "double precision", "BLOB"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct world w;
        struct trial t;
        char sql[256];
        world_make(&w);
        fill(&w);
        (void)snprintf(sql, sizeof(sql), "CREATE TABLE odd (cid %s, phone TEXT); INSERT INTO odd VALUES (42, '+44')", types[i]);
        run(w.db, sql);
        trial_open(&t, "type: sql\nurl: \"sqlite:w.db\"\ntables:\n  - {name: odd, kind: warehouse_row, key: cid}\n", w.folder.dir);
        assert_int_equal(trial_find(&t, w.targets, 1), E_INVALID);
        assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
        trial_close(&t);
        world_remove(&w);
    }
}

static void a_replaced_file_is_opened_anew(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char path[512];
    world_make(&w);
    fill(&w);
    trial_open(&t, yaml, w.folder.dir);
    folder_path(&w.folder, "w.db", path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(trial_find(&t, w.targets, 1), E_RETRY); /* not: nothing there */
    assert_int_equal(t.seen[0].sight, SIGHT_UNKNOWN);
    (void)sqlite3_close(w.db);
    assert_int_equal(sqlite3_open(path, &w.db), SQLITE_OK);
    fill(&w);
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    assert_int_equal(t.found_n, 2);
    trial_close(&t);
    world_remove(&w);
}

static void nothing_stays_in_the_files(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char content[65536] = {0};
    world_make(&w);
    run(w.db, "PRAGMA journal_mode = WAL");
    fill(&w);
    run(w.db, "UPDATE message SET body = 'a secret told in confidence'");
    trial_open(&t, yaml, w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    const struct permit *p = trial_permit(&t, w.targets, N, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, t.found_n), OK);
    trial_close(&t);
    const char *const files[] = {"w.db", "w.db-wal"};
    for (size_t i = 0; i < 2; i++) {
        (void)folder_read(&w.folder, files[i], content);
        assert_null(memmem(content, sizeof(content), "told in confidence", 18));
    }
    world_remove(&w);
}

static void a_persons_rows_are_found_by_identifier(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    static const char person_yaml[] =
        "type: sql\nurl: \"sqlite:w.db\"\ntables:\n"
        "  - {name: person, kind: profile, key: id, subject: {column: phone, type: phone}}\n"
        "  - {name: account, kind: survey, key: id, subject: {column: mail, type: email}}\n";
    world_make(&w);
    run(w.db, "CREATE TABLE person (id INTEGER PRIMARY KEY, phone TEXT); CREATE TABLE account (id TEXT, mail TEXT);"
              "INSERT INTO person VALUES (7, '+447700900123'), (8, '00447700900123'), (9, '+447700900124');"
              "INSERT INTO account VALUES ('a', 'Ann@Example.com'), ('b', 'bob@example.com')");
    trial_open(&t, person_yaml, w.folder.dir);
    struct identifier of[] = {{SUBJECT_PHONE, STR("+447700900123"), TIME_NONE, TIME_NONE},
                              {SUBJECT_EMAIL, STR("ann@example.com"), TIME_NONE, TIME_NONE}};
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    assert_int_equal(t.found_n, 0); /* no person is named */
    w.targets[0].identifiers = of;
    w.targets[0].identifiers_n = 2;
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    assert_int_equal(t.found_n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(t.found[i]->scope, SCOPE_SUBJECT);
    assert_true(str_is(t.found[0]->locator, "person.id#7"));
    assert_true(str_is(t.found[2]->locator, "account.id#a"));
    const struct permit *p = trial_permit(&t, w.targets, 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 3), OK);
    assert_int_equal(t.found[0]->outcome, OUT_RETAINED); /* whose contacts the person has is not known */
    for (size_t i = 0; i < 3; i++) {
        t.found[i]->owners = &w.targets[0].contact;
        t.found[i]->owners_n = 1;
    }
    assert_int_equal(trial_change(&t, p, EFFECT_ERASE, t.found, 3), OK);
    assert_int_equal(number(w.db, "SELECT sum(id) FROM person", NULL), 9);
    assert_int_equal(number(w.db, "SELECT count(*) FROM account WHERE id = 'b'", NULL), 1);
    trial_close(&t);
    world_remove(&w);
}

static void the_url_may_be_kept_elsewhere(void **state)
{
    (void)state;
    struct world w;
    struct arena a;
    arena_init(&a, 1 << 20);
    world_make(&w);
    fill(&w);
    folder_put(&w.folder, "url", "sqlite:w.db\n");
    struct trial t;
    trial_open(&t, "type: sql\nurl: \"file:url\"\ntables: [{name: ctr, kind: warehouse_row, key: contact_id}]\n",
               w.folder.dir);
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.found_n, N);
    trial_close(&t);
    struct str problems =
        trial_problems(&a, "type: sql\nurl: \"mysql:x\"\ntables: [{name: t, kind: sms, key: k}]\n", "/");
    assert_true(str_starts(problems, STR("'url' must be")));
    arena_release(&a);
    world_remove(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fulfils_the_contract),
        cmocka_unit_test(pseudonyms_are_equal_where_values_were),
        cmocka_unit_test(the_fuse_rolls_back),
        cmocka_unit_test(parents_wait_for_their_children),
        cmocka_unit_test(one_refusal_costs_no_other),
        cmocka_unit_test(check_names_missing_tables_and_columns),
        cmocka_unit_test(a_key_of_real_numbers_or_bytes_is_refused),
        cmocka_unit_test(a_replaced_file_is_opened_anew),
        cmocka_unit_test(nothing_stays_in_the_files),
        cmocka_unit_test(a_persons_rows_are_found_by_identifier),
        cmocka_unit_test(the_url_may_be_kept_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
