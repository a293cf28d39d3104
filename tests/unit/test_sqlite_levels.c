/* Keys that sink: what a load writes is found at once, whatever level it stands in, and nothing is lost on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "registry/sqlite.h"

enum { KEYS = 400, SMALL_0 = 20, SMALL_1 = 90 };

struct expected { uint64_t version; int64_t body; };
struct place {
    char dir[64], path[128], url[160];
    struct backend b[2]; /* two processes would be no different */
    struct expected chains[KEYS], subjects[KEYS];
    struct arena a;
};

static struct sqlite *open_one(struct place *p, int i, bool create)
{
    struct err err = {0};
    if (backend_open(str_of(p->url), create, &p->b[i], &err) != OK)
        fail_msg("%s", err.text);
    struct sqlite *s = p->b[i].own;
    s->level_max[0] = SMALL_0;
    s->level_max[1] = SMALL_1;
    return s;
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/expunge-levels-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof(p->path), "%s/r.db", p->dir);
    snprintf(p->url, sizeof(p->url), "sqlite:%s", p->path);
    arena_init(&p->a, 64 << 20);
    open_one(p, 0, true);
    open_one(p, 1, false);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    backend_close(&p->b[0]);
    backend_close(&p->b[1]);
    unlink(p->path);
    rmdir(p->dir);
    arena_release(&p->a);
    free(p);
    return 0;
}

/* The i-th key: neighbours share 16 bytes, so that pages of a prefix have several; its first bytes are all over the place. */
static struct str key_of(struct place *p, enum table t, size_t i)
{
    unsigned char b[32] = {(unsigned char)((i / 4) * 151), (unsigned char)(i / 4)};
    b[31] = (unsigned char)i;
    if (t == TABLE_CHAIN)
        b[15] = (unsigned char)(i % 4);
    return arena_str(&p->a, (struct str){(const char *)b, t == TABLE_CHAIN ? 16 : 32});
}

static struct str body_of(struct place *p, int64_t n)
{
    return arena_fmt(&p->a, "%lld", (long long)n);
}

static int64_t count(struct place *p, const char *tree)
{
    sqlite3_stmt *st;
    bool found;
    assert_int_equal(sqlite_prepare(p->b[0].own, arena_fmt(&p->a, "SELECT count(*) FROM %s", tree).p, &st, NULL), OK);
    assert_int_equal(sqlite_step(p->b[0].own, st, "read", &found, NULL), OK);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static struct row get(struct place *p, int which, enum table t, struct str key)
{
    struct row row;
    assert_int_equal(backend_get(&p->b[which], t, &key, 1, &p->a, &row, NULL), OK);
    return row;
}

static void expect_row(struct place *p, const struct row *row, const struct expected *e)
{
    assert_int_equal(row->version, e->version);
    if (e->version)
        assert_true(str_eq(row->body, body_of(p, e->body)));
    else
        assert_null(row->body.p);
}

static void expect_pages(struct place *p)
{
    for (size_t i = 0; i < KEYS; i += 4) {
        struct row *rows;
        size_t n, at = 0;
        struct str prefix = {key_of(p, TABLE_SUBJECT, i).p, 16};
        assert_int_equal(backend_page(&p->b[1], TABLE_SUBJECT, prefix, STR_NONE, 3, &p->a, &rows, &n, NULL), OK);
        for (size_t k = i; k < i + 4 && at < 3; k++)
            if (p->subjects[k].version) {
                assert_true(at < n && str_eq(rows[at].key, key_of(p, TABLE_SUBJECT, k)));
                expect_row(p, &rows[at++], &p->subjects[k]);
            }
        assert_int_equal(n, at);
    }
}

static void expect_walk(struct place *p, enum table t, const struct expected *all)
{
    struct walk w = {.n = 0};
    size_t seen = 0, there = 0;
    while (!w.done) {
        struct row *rows;
        size_t n;
        assert_int_equal(backend_walk(&p->b[1], t, &w, 7, &p->a, &rows, &n, NULL), OK);
        for (size_t i = 0; i < n; i++, seen++) {
            size_t k = 0;
            while (k < KEYS && !str_eq(rows[i].key, key_of(p, t, k)))
                k++;
            assert_true(k < KEYS);
            expect_row(p, &rows[i], &all[k]);
            assert_int_equal(rows[i].add, 0);
        }
    }
    for (size_t k = 0; k < KEYS; k++)
        there += all[k].version != 0;
    assert_int_equal(seen, there);
}

static void expect_all(struct place *p)
{
    for (size_t i = 0; i < KEYS; i++) {
        struct row row = get(p, i % 2, TABLE_CHAIN, key_of(p, TABLE_CHAIN, i));
        expect_row(p, &row, &p->chains[i]);
        row = get(p, i % 2, TABLE_SUBJECT, key_of(p, TABLE_SUBJECT, i));
        expect_row(p, &row, &p->subjects[i]);
        arena_reset(&p->a);
    }
    expect_pages(p);
    expect_walk(p, TABLE_CHAIN, p->chains);
    expect_walk(p, TABLE_SUBJECT, p->subjects);
    arena_reset(&p->a);
}

static enum status write_one(struct place *p, int which, bool load, struct row row)
{
    struct group g = {.rows = &row, .rows_n = 1};
    struct err err = {0};
    enum status s = (load ? backend_load : backend_commit)(&p->b[which], &g, 1, &err);
    if (s != OK)
        fail_msg("%s", err.text);
    return g.result;
}

/* One write of any kind, and what must come of it. */
static void write_any(struct place *p, unsigned r, int64_t n)
{
    enum table t = r & 1 ? TABLE_CHAIN : TABLE_SUBJECT;
    size_t i = (r >> 8) % KEYS;
    struct expected *e = t == TABLE_CHAIN ? &p->chains[i] : &p->subjects[i];
    static const uint64_t versions[] = {VERSION_ANY, VERSION_ANY, 0, 1};
    uint64_t version = versions[r >> 1 & 3];
    if (version == 1)
        version = e->version;
    struct row row = {.table = t, .op = (r >> 3 & 3) == 0 ? ROW_REMOVE : ROW_PUT, .key = key_of(p, t, i), .version = version,
                      .body = body_of(p, n)};
    bool fits = version == VERSION_ANY || version == e->version;
    assert_int_equal(write_one(p, r >> 5 & 1, (r >> 6 & 3) != 0, row), fits ? OK : E_CONFLICT);
    if (!fits)
        return;
    if (row.op == ROW_REMOVE)
        *e = (struct expected){0, 0};
    else
        *e = (struct expected){e->version + 1, n};
}

static void test_nothing_is_lost(void **state)
{
    struct place *p = *state;
    unsigned r = 12345;
    for (int64_t n = 0; n < 6000; n++) {
        r = r * 1664525u + 1013904223u;
        write_any(p, r >> 8, n);
        if (n % 600 == 599)
            expect_all(p);
    }
    assert_true(count(p, "chain_key") > 0 && count(p, "subject") > 0);
    assert_int_equal(count(p, "chain_key_0") + count(p, "chain_key_1") + count(p, "chain_key"), count(p, "chain"));
    backend_close(&p->b[0]);
    open_one(p, 0, false); /* nothing was kept in memory */
    expect_all(p);
}

/* Levels hold what they may and little more; the rest sinks all the way. */
static void test_levels_stay_small(void **state)
{
    struct place *p = *state;
    for (size_t from = 0; from < KEYS; from += 10) {
        struct row rows[20];
        struct group g = {.rows = rows, .rows_n = 20};
        for (size_t i = 0; i < 10; i++) {
            rows[2 * i] = (struct row){.table = TABLE_CHAIN, .key = key_of(p, TABLE_CHAIN, from + i), .body = STR("x")};
            rows[2 * i + 1] = (struct row){.table = TABLE_SUBJECT, .key = key_of(p, TABLE_SUBJECT, from + i), .version = VERSION_ANY, .body = STR("")};
        }
        assert_int_equal(backend_load(&p->b[0], &g, 1, NULL), OK);
        assert_int_equal(g.result, OK);
        assert_true(count(p, "chain_key_0") <= 2 * SMALL_0 && count(p, "subject_0") <= 2 * SMALL_0);
        assert_true(count(p, "chain_key_1") <= 2 * SMALL_1 && count(p, "subject_1") <= 2 * SMALL_1);
        assert_int_equal(count(p, "subject_0") + count(p, "subject_1") + count(p, "subject"), from + 10);
    }
    assert_true(count(p, "chain_key") >= KEYS - 2 * (SMALL_0 + SMALL_1));
}

/* A group that conflicts takes back what it put into a level, and what sank for its sake stays readable. */
static void test_undone(void **state)
{
    struct place *p = *state;
    struct row rows[] = {
        {.table = TABLE_CHAIN, .key = key_of(p, TABLE_CHAIN, 1), .body = STR("x")},
        {.table = TABLE_SUBJECT, .key = key_of(p, TABLE_SUBJECT, 1), .version = VERSION_ANY, .body = STR("")},
        {.table = TABLE_CHAIN, .key = key_of(p, TABLE_CHAIN, 2), .version = 7, .body = STR("x")},
    };
    struct group g = {.rows = rows, .rows_n = 3};
    assert_int_equal(backend_load(&p->b[0], &g, 1, NULL), OK);
    assert_int_equal(g.result, E_CONFLICT);
    assert_int_equal(get(p, 1, TABLE_CHAIN, rows[0].key).version, 0);
    assert_int_equal(get(p, 1, TABLE_SUBJECT, rows[1].key).version, 0);
    assert_int_equal(count(p, "chain_key_0"), 0);
}

/* One that must not be there is refused, in whichever level the other stands. */
static void test_absent_in_every_level(void **state)
{
    struct place *p = *state;
    static const char *const trees[] = {"chain_key_0", "chain_key_1", "chain_key"};
    struct row row = {.table = TABLE_CHAIN, .key = key_of(p, TABLE_CHAIN, 3), .body = STR("x")};
    assert_int_equal(write_one(p, 0, true, row), OK);
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        assert_int_equal(count(p, trees[i]), 1);
        assert_int_equal(write_one(p, 0, true, row), E_CONFLICT);
        assert_int_equal(write_one(p, 1, false, row), E_CONFLICT);
        assert_int_equal(get(p, 1, TABLE_CHAIN, row.key).version, 1);
        if (i < 2) /* by hand, as a full level would */
            assert_int_equal(sqlite_exec(p->b[0].own, i == 0 ? "INSERT INTO chain_key_1 SELECT * FROM chain_key_0;DELETE FROM chain_key_0"
                                                             : "INSERT INTO chain_key SELECT * FROM chain_key_1;DELETE FROM chain_key_1", NULL), OK);
    }
}

/* The bytes of a blanked row are nowhere in the file: only keys are kept twice, bodies never. */
static void test_no_body_lives_on(void **state)
{
    struct place *p = *state;
    struct str key = key_of(p, TABLE_CHAIN, 5);
    struct row row = {.table = TABLE_CHAIN, .key = key, .body = STR("a name that must go")};
    assert_int_equal(write_one(p, 0, true, row), OK);
    row.version = 1;
    row.body = STR("-");
    assert_int_equal(write_one(p, 0, false, row), OK);
    backend_close(&p->b[1]);
    assert_int_equal(sqlite_exec(p->b[0].own, "PRAGMA wal_checkpoint(TRUNCATE)", NULL), OK);
    FILE *f = fopen(p->path, "r");
    static char bytes[4 << 20];
    size_t n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    assert_true(n > 0 && n < sizeof(bytes));
    assert_null(memmem(bytes, n, "must go", 7));
    open_one(p, 1, false);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_nothing_is_lost), TEST(test_levels_stay_small), TEST(test_undone),
                                       TEST(test_absent_in_every_level), TEST(test_no_body_lives_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
