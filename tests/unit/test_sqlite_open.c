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


static void write_file(const char *path, const char *content, size_t n)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(content, 1, n, out), n);
    fclose(out);
}

static int64_t pragma(struct backend *b, const char *text)
{
    struct sqlite *s = b->own;
    sqlite3_stmt *st;
    assert_int_equal(sqlite_prepare(s, text, &st, NULL), OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return value;
}

static void test_create(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct stat st;
    struct err err = {0};
    assert_int_equal(backend_open(str_of(p->url), false, &b, &err), E_ABSENT);
    assert_non_null(strstr(err.text, p->path));
    assert_non_null(strstr(err.text, "run `expunge init`"));
    assert_int_equal(backend_open(str_of(p->url), true, &b, &err), OK);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(pragma(&b, "PRAGMA application_id"), SQLITE_APPLICATION_ID);
    assert_int_equal(pragma(&b, "PRAGMA user_version"), SQLITE_SCHEMA_VERSION);
    assert_int_equal(pragma(&b, "PRAGMA page_size"), 4096);
    assert_int_equal(pragma(&b, "PRAGMA synchronous"), 2);
    assert_int_equal(pragma(&b, "PRAGMA secure_delete"), 1);
    assert_int_equal(pragma(&b, "PRAGMA cache_size"), -24576);
    assert_int_equal(pragma(&b, "PRAGMA temp_store"), 1);
    struct backend second;
    assert_int_equal(backend_open(str_of(p->url), true, &second, &err), E_CONFLICT);
    assert_int_equal(backend_open(str_of(p->url), false, &second, &err), OK);
    assert_int_equal(pragma(&second, "PRAGMA secure_delete"), 1); /* a setting of each connection */
    backend_close(&second);
    backend_close(&b);
}

static void refuse(struct place *p, enum status expected, const char *text)
{
    struct backend b;
    struct err err = {0};
    assert_int_equal(backend_open(str_of(p->url), false, &b, &err), expected);
    assert_non_null(strstr(err.text, p->path));
    assert_non_null(strstr(err.text, text));
}

static void test_not_a_registry(void **state)
{
    struct place *p = *state;
    char noise[8192];
    memset(noise, 'x', sizeof(noise));
    write_file(p->path, noise, sizeof(noise));
    refuse(p, E_INVALID, "not an SQLite database");
    write_file(p->path, "", 0);
    refuse(p, E_INVALID, "is empty");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs(x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse(p, E_INVALID, "not an Expunge registry");
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    static const char newer[] = "PRAGMA application_id=1163415623;PRAGMA user_version=99";
    assert_int_equal(sqlite3_exec(db, newer, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse(p, E_UNSUPPORTED, "newer");
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=1", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse(p, E_UNSUPPORTED, "earlier");
}

static void test_places(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct err err = {0};
    snprintf(p->url, sizeof(p->url), "sqlite:%s", p->dir);
    assert_int_equal(backend_open(str_of(p->url), false, &b, &err), E_INVALID); /* a folder */
    snprintf(p->url, sizeof(p->url), "sqlite:%s/none/r.db", p->dir);
    assert_int_equal(backend_open(str_of(p->url), true, &b, &err), E_IO);
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(backend_open(STR("sqlite:"), true, &b, &err), E_INVALID);
    assert_int_equal(backend_open(STR("sqlite:a\0b"), true, &b, &err), E_INVALID);
    assert_int_equal(backend_open(STR("sqlite:memory:a?b"), true, &b, &err), E_INVALID);
}

static void test_memory(void **state)
{
    (void)state;
    struct backend first, second;
    struct err err = {0};
    assert_int_equal(backend_open(STR("sqlite:memory:here"), false, &first, &err), E_ABSENT);
    assert_int_equal(backend_open(STR("sqlite:memory:here"), true, &first, &err), OK);
    assert_int_equal(backend_open(STR("sqlite:memory:here"), true, &second, &err), E_CONFLICT);
    assert_int_equal(backend_open(STR("sqlite:memory:here"), false, &second, &err), OK);
    backend_close(&second);
    backend_close(&first);
    assert_int_equal(backend_open(STR("sqlite:memory:here"), false, &first, &err), E_ABSENT);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_create), TEST(test_not_a_registry), TEST(test_places),
                                       TEST(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
