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
    uint64_t version = 1;
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
    assert_int_equal(registry_ledger_get(f->r, &owner, &f->a, &plain, &version, NULL), E_DENIED);
}

static void test_ledger(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key chain = {{4}};
    struct queue_query q = {.queue = QUEUE_LEDGER, .category = 0, .until_ms = 77};
    struct queue_line *lines;
    struct str plain;
    uint64_t version;
    size_t n;
    struct row row;
    assert_int_equal(registry_ledger_row(f->r, &chain, STR("s3://bucket/key"), 0, 77, 80, &f->a, &row, NULL), OK);
    assert_null(memmem(row.body.p, row.body.n, "bucket", 6));
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_ledger_get(f->r, &chain, &f->a, &plain, &version, NULL), OK);
    assert_true(str_is(plain, "s3://bucket/key") && version == 1);
    assert_int_equal(registry_queue(f->r, &q, 5, &f->a, &lines, &n, NULL), OK);
    assert_int_equal(n, 1);
    q.until_ms = 76;
    assert_int_equal(registry_queue(f->r, &q, 5, &f->a, &lines, &n, NULL), OK);
    assert_int_equal(n, 0);
    char *large = arena_alloc(&f->a, BODY_BYTES_MAX);
    plain = (struct str){large, BODY_BYTES_MAX};
    assert_int_equal(registry_ledger_row(f->r, &chain, plain, 1, 77, 80, &f->a, &row, NULL), E_LIMIT);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_opening),
        ON_MEMORY(test_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
