#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "registry/backends.h"

static void test_urls(void **state)
{
    (void)state;
    struct backend b = {0};
    struct err err = {0};
    assert_int_equal(backend_open(STR("expunge.db"), false, &b, &err), E_INVALID);
    assert_int_equal(backend_open(STR("oracle://user:secret@host"), false, &b, &err), E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "oracle"));
    assert_non_null(strstr(err.text, "sqlite"));
    assert_null(strstr(err.text, "secret"));
    assert_null(b.driver);
    assert_int_equal(backend_open(STR("sqlite::memory:"), true, &b, &err), OK);
    assert_ptr_equal(b.driver, &backend_sqlite);
    backend_close(&b);
    assert_null(b.driver);
    backend_close(&b);
    backend_close(NULL);
}

static void test_schemes_and_passwords(void **state)
{
    (void)state;
    assert_true(backend_scheme_known(STR("sqlite:x.db")) && backend_scheme_known(STR("postgresql:///x")));
    assert_false(backend_scheme_known(STR("oracle:x")) || backend_scheme_known(STR("sqlite")) || backend_scheme_known(STR("")));
    static const char *const with[] = {"postgresql://me:secret@host/db", "postgresql://me:@host", "postgresql://a:b@[::1]:5432/db",
                                       "postgresql:///db?host=/run&password=secret", "postgresql://h?sslpassword=x"};
    static const char *const without[] = {"postgresql://me@host:5432/db", "postgresql:///db?host=/run&user=me", "postgresql://host:5432",
                                          "sqlite:a:b@c", "postgresql://[::1]:5432/db", "postgresql://me@host/db?passfile=/etc/pass"};
    for (size_t i = 0; i < ARRAY_LEN(with); i++)
        assert_true(backend_url_has_password(str_of(with[i])));
    for (size_t i = 0; i < ARRAY_LEN(without); i++)
        assert_false(backend_url_has_password(str_of(without[i])));
}

static void test_list(void **state)
{
    (void)state;
    size_t n = 0;
    for (; backend_drivers[n] != NULL; n++) {
        assert_non_null(backend_drivers[n]->scheme);
        assert_non_null(backend_drivers[n]->help);
    }
    assert_true(n >= 1);
}

/* Busy for so many calls. */
static enum status busy_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    int *left = b->own;
    if (*left == -1)
        return FAIL(err, E_IO, "broken");
    if (*left > 0) {
        --*left;
        return FAIL(err, E_RETRY, "busy");
    }
    for (size_t i = 0; i < n; i++)
        groups[i].result = OK;
    return OK;
}

static void test_busy_is_tried_again(void **state)
{
    (void)state;
    int left = 4;
    const struct backend_driver busy = {.scheme = "busy", .commit = busy_commit};
    struct backend b = {.driver = &busy, .own = &left};
    struct row row = {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = STR("")};
    struct group g = {.rows = &row, .rows_n = 1};
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(left, 0);
    assert_true(clock_monotonic_ms() - start_ms >= 1 + 2 + 4 + 8);
    left = -1;
    assert_int_equal(backend_commit(&b, &g, 1, NULL), E_IO); /* at once */
    assert_int_equal(backend_commit(&b, NULL, 0, NULL), OK); /* nothing to do: not even asked */
}

static void test_limits(void **state)
{
    (void)state;
    int left = 0;
    const struct backend_driver busy = {.scheme = "busy", .commit = busy_commit, .load = busy_commit};
    struct backend b = {.driver = &busy, .own = &left};
    char body[8] = {0};
    struct row rows[GROUP_ROWS_MAX + 1];
    char keys[ARRAY_LEN(rows)];
    struct group g = {.rows = rows, .rows_n = GROUP_ROWS_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        keys[i] = (char)i;
        rows[i] = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = {&keys[i], 1}, .body = {body, sizeof(body)}};
    }
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
    g.rows_n++;
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(g.result, E_LIMIT);
    assert_int_equal(backend_load(&b, &g, 1, NULL), OK);
    assert_int_equal(g.result, E_LIMIT);
    g.rows_n = 1;
    rows[0].body.n = BODY_BYTES_MAX; /* never looked into */
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
    assert_int_equal(group_bytes(&g), BODY_BYTES_MAX + 1);
    rows[0].body.n++;
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    assert_int_equal(g.result, E_LIMIT);
}

/* Takes note of what reaches the driver, and gives each group a result of its own. */
static enum status noting_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    size_t *handed_over = b->own;
    (void)err;
    *handed_over += n;
    for (size_t i = 0; i < n; i++)
        groups[i].result = groups[i].rows[0].key.p[0] == 'c' ? E_CONFLICT : OK;
    return OK;
}

static void test_one_too_large_among_others(void **state)
{
    (void)state;
    size_t handed_over = 0;
    const struct backend_driver noting = {.scheme = "noting", .commit = noting_commit, .load = noting_commit};
    struct backend b = {.driver = &noting, .own = &handed_over};
    struct row rows[4];
    struct group groups[4];
    for (size_t i = 0; i < 4; i++) {
        rows[i] = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = {&"abcd"[i], 1}, .body = STR("")};
        groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
    }
    rows[1].body = (struct str){"", BODY_BYTES_MAX + 1}; /* never looked into */
    assert_int_equal(backend_load(&b, groups, 4, NULL), OK);
    assert_int_equal(handed_over, 3);
    assert_true(groups[0].result == OK && groups[1].result == E_LIMIT);
    assert_true(groups[2].result == E_CONFLICT && groups[3].result == OK);
}

/* Two groups may add to one row, and hash slots may be shared. */
static void test_keys_named(void **state)
{
    (void)state;
    enum { N = 500 };
    size_t handed_over = 0;
    const struct backend_driver noting = {.scheme = "noting", .commit = noting_commit};
    struct backend b = {.driver = &noting, .own = &handed_over};
    struct row rows[N][2];
    struct group groups[N];
    for (size_t i = 0; i < N; i++) {
        rows[i][0] = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .version = i, .body = STR("")};
        rows[i][0].key = (struct str){(const char *)&rows[i][0].version, sizeof(rows[i][0].version)};
        rows[i][1] = (struct row){.table = TABLE_META, .op = ROW_ADD, .key = STR("epoch"), .add = 1};
        groups[i] = (struct group){.rows = rows[i], .rows_n = 2};
    }
    assert_int_equal(backend_commit(&b, groups, N, NULL), OK);
    assert_int_equal(handed_over, N);
}

static void test_small_tables(void **state)
{
    (void)state;
    assert_true(table_is_small(TABLE_HOLD) && table_is_small(TABLE_WORKER) && table_is_small(TABLE_META));
    assert_false(table_is_small(TABLE_CHAIN) || table_is_small(TABLE_SUBJECT) || table_is_small(TABLE_MEMBER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls), cmocka_unit_test(test_schemes_and_passwords), cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_busy_is_tried_again), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_one_too_large_among_others), cmocka_unit_test(test_keys_named),
                                       cmocka_unit_test(test_small_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
