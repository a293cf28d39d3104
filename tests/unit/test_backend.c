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
    struct group g = {.rows = rows, .rows_n = GROUP_ROWS_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = {body, sizeof(body)}};
    assert_int_equal(backend_commit(&b, &g, 1, NULL), OK);
    g.rows_n++;
    assert_int_equal(backend_commit(&b, &g, 1, NULL), E_LIMIT);
    assert_int_equal(backend_load(&b, &g, 1, NULL), E_LIMIT);
    g.rows_n = 1;
    rows[0].body.n = BODY_BYTES_MAX + 1; /* never looked into */
    assert_int_equal(backend_commit(&b, &g, 1, NULL), E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls), cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_busy_is_tried_again), cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
