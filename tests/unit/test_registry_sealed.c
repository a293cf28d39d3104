#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_opening(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key owner = {{4}};
    struct str plain = STR("x"), stored;
    uint64_t version = 1, parts;
    struct row row;
    assert_int_equal(registry_opening_get(f->r, &owner, &f->a, &plain, &version, NULL), OK);
    assert_int_equal(version, 0);
    assert_null(plain.p);
    assert_int_equal(registry_opening_row(f->r, &owner, STR("id 4711"), 0, 5, &f->a, &row, NULL), OK);
    assert_null(memmem(row.body.p, row.body.n, "4711", 4));
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_opening_get(f->r, &owner, &f->a, &plain, &version, NULL), OK);
    assert_true(str_is(plain, "id 4711"));
    assert_int_equal(version, 1);
    /* What is sealed as an opening is no ledger line. */
    assert_int_equal(registry_record_get(f->r, TABLE_OPENING, key_str(&owner), &f->a, &stored, &version, NULL), OK);
    row = (struct row){.table = TABLE_LEDGER, .op = ROW_PUT, .key = key_str(&owner), .body = stored};
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    pack_int(&b, PART_COUNT, 1);
    pack_str(&b, PART_COUNT + 1, stored);
    row.version = 1;
    row.body = buf_view(&b);
    assert_int_equal(registry_ledger_get(f->r, &owner, &f->a, &plain, &version, &parts, NULL), E_INVALID);
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_ledger_get(f->r, &owner, &f->a, &plain, &version, &parts, NULL), E_DENIED);
    buf_release(&b);
}

static const struct row_key chain = {{4}};

/* The line in place of what is stored; how many rows were written or removed. */
static size_t ledger_put(struct registry_fixture *f, struct str plain, enum status expected)
{
    struct str old;
    uint64_t version, parts;
    struct row *rows = NULL;
    size_t n = 0;
    assert_int_equal(registry_ledger_get(f->r, &chain, &f->a, &old, &version, &parts, NULL), OK);
    assert_int_equal(registry_ledger_rows(f->r, &chain, plain, version, parts, 77, 80, &f->a, &rows, &n, NULL), OK);
    for (size_t i = 0; i < n; i++)
        assert_true(rows[i].body.p == NULL || memmem(rows[i].body.p, rows[i].body.n, "bucket", 6) == NULL);
    struct group g = {.rows = rows, .rows_n = n};
    assert_int_equal(registry_commit(f->r, &g, 1, NULL), OK);
    assert_int_equal(g.result, expected);
    return n;
}

static struct str ledger_read(struct registry_fixture *f, uint64_t expected_version, uint64_t expected_parts)
{
    struct str plain;
    uint64_t version, parts;
    assert_int_equal(registry_ledger_get(f->r, &chain, &f->a, &plain, &version, &parts, NULL), OK);
    assert_int_equal(version, expected_version);
    assert_int_equal(parts, expected_parts);
    return plain;
}

static size_t ledger_queued(struct registry_fixture *f, int64_t until_ms)
{
    struct queue_query q = {.queue = QUEUE_LEDGER, .category = 0, .until_ms = until_ms};
    struct queue_line *lines;
    size_t n;
    assert_int_equal(registry_queue(f->r, &q, 5, &f->a, &lines, &n, NULL), OK);
    return n;
}

static void test_ledger(void **state)
{
    struct registry_fixture *f = *state;
    assert_null(ledger_read(f, 0, 0).p);
    assert_int_equal(ledger_put(f, STR("s3://bucket/key"), OK), 1);
    assert_true(str_is(ledger_read(f, 1, 1), "s3://bucket/key"));
    assert_int_equal(ledger_queued(f, 77), 1);
    assert_int_equal(ledger_queued(f, 76), 0);
}

/* Longer than a row: in parts, one place in the queue, and shorter again. */
static void test_ledger_in_parts(void **state)
{
    struct registry_fixture *f = *state;
    char *bytes = arena_alloc(&f->a, 2 << 20);
    struct str large = {bytes, 2 << 20};
    for (size_t i = 0; i < large.n; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    assert_int_equal(ledger_put(f, large, OK), 11);
    assert_true(str_eq(ledger_read(f, 1, 11), large));
    assert_int_equal(ledger_queued(f, 77), 1);
    assert_int_equal(ledger_put(f, STR("short"), OK), 11);
    assert_true(str_is(ledger_read(f, 2, 1), "short"));
    assert_int_equal(ledger_put(f, large, OK), 11);
    assert_int_equal(ledger_put(f, STR_NONE, OK), 11);
    assert_null(ledger_read(f, 0, 0).p);
    assert_int_equal(ledger_queued(f, 77), 0);
    assert_int_equal(ledger_put(f, STR_NONE, OK), 0);
    struct str beyond = {arena_alloc(&f->a, GROUP_BYTES_MAX), GROUP_BYTES_MAX};
    ledger_put(f, beyond, E_LIMIT); /* its own result, nothing written */
    assert_null(ledger_read(f, 0, 0).p);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_opening),
        ON_MEMORY(test_ledger),
        ON_MEMORY(test_ledger_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
