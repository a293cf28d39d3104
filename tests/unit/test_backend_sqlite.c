#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    static const char *const ends[] = {"",       "-wal",   "-shm",   ".copy",  ".copy0",
                                      ".copy1", ".copy2", ".copy3", ".copy4", ".copy.part"};
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

/* ---- a backup while somebody writes ---- */

struct writer { const char *url; _Atomic bool stop; uint64_t rounds; };

/* Two rows that always have one content: each round puts both in one group. */
static void *write_pairs(void *ctx)
{
    struct writer *w = ctx;
    struct backend b;
    char text[32];
    assert_int_equal(backend_open(str_of(w->url), false, &b, NULL), OK);
    for (; !w->stop; w->rounds++) {
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)w->rounds);
        struct row rows[2] = {{.table = TABLE_RUN, .op = ROW_PUT, .key = STR("one"), .version = VERSION_ANY, .body = str_of(text)},
                              {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("two"), .version = VERSION_ANY, .body = str_of(text)}};
        struct group g = {.rows = rows, .rows_n = 2};
        assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
        assert_int_equal(g.result, OK);
    }
    backend_close(&b);
    return NULL;
}

static void is_whole(const char *path, struct arena *a)
{
    struct backend copy;
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
    assert_int_equal(backend_open(arena_fmt(a, "sqlite:%s", path), false, &copy, NULL), OK);
    struct row one = get(&copy, "one", a), two = get(&copy, "two", a);
    assert_true(one.version > 0 && str_eq(one.body, two.body));
    backend_close(&copy);
}

static void test_backup_beside_a_writer(void **state)
{
    enum { COPIES = 5 };
    struct place *p = *state;
    struct backend b;
    struct arena a;
    struct err err = {0};
    pthread_t thread;
    arena_init(&a, 1 << 20);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, "one", "x");
    put(&b, "two", "x");
    struct writer w = {.url = p->url};
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &w), 0);
    for (int i = 0; i < COPIES; i++) {
        struct str path = arena_fmt(&a, "%s.copy%d", p->path, i);
        assert_int_equal(backend_backup(&b, path, &err), OK);
        is_whole(path.p, &a);
    }
    w.stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(w.rounds > 0);
    backend_close(&b);
    arena_release(&a);
}

/* A disk that is full after 16 KB leaves neither a copy nor a part of one. */
static void test_backup_without_room(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    int how;
    arena_init(&a, 1 << 20);
    struct str path = arena_fmt(&a, "%s.copy", p->path), part = arena_fmt(&a, "%s.copy.part", p->path);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    put(&b, "k", "kept");
    backend_close(&b);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {16 << 10, 16 << 10};
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        struct err err = {0};
        bool good = backend_open(str_of(p->url), false, &b, NULL) == OK && sigaction(SIGXFSZ, &ignore, NULL) == 0 &&
                    setrlimit(RLIMIT_FSIZE, &limit) == 0;
        enum status s = good ? backend_backup(&b, path, &err) : OK;
        _exit((s == E_LIMIT || s == E_IO) && strstr(err.text, ".copy") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    assert_int_equal(access(path.p, F_OK), -1);
    assert_int_equal(access(part.p, F_OK), -1);
    arena_release(&a);
}

/* What a backup that was cut off has left is said, and never taken for a copy. */
static void test_backup_that_was_cut_off(void **state)
{
    struct place *p = *state;
    struct backend b;
    struct arena a;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    struct str path = arena_fmt(&a, "%s.copy", p->path), part = arena_fmt(&a, "%s.copy.part", p->path);
    assert_int_equal(backend_open(str_of(p->url), true, &b, NULL), OK);
    FILE *left = fopen(part.p, "w");
    assert_non_null(left);
    assert_int_equal(fclose(left), 0);
    assert_int_equal(backend_backup(&b, path, &err), E_CONFLICT);
    assert_non_null(strstr(err.text, "cut off"));
    assert_int_equal(access(path.p, F_OK), -1);
    assert_int_equal(unlink(part.p), 0);
    assert_int_equal(backend_backup(&b, path, &err), OK);
    assert_int_equal(access(part.p, F_OK), -1);
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
    const struct CMUnitTest tests[] = {TEST(test_backup), TEST(test_backup_beside_a_writer), TEST(test_backup_without_room),
                                       TEST(test_backup_that_was_cut_off), TEST(test_nothing_lingers), TEST(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
