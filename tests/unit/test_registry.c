#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"



static void test_small_values(void **state)
{
    struct registry_fixture *f = *state;
    struct str value;
    uint64_t version = 9;
    assert_int_equal(registry_meta_get(f->r, "policy", &f->a, &value, &version, NULL), OK);
    assert_int_equal(version, 0);
    assert_null(value.p);
    assert_int_equal(registry_meta_put(f->r, "policy", STR("v1"), 0, NULL, NULL), OK);
    assert_int_equal(registry_meta_put(f->r, "policy", STR("v2"), 0, NULL, NULL), E_CONFLICT);
    assert_int_equal(registry_meta_get(f->r, "policy", &f->a, &value, &version, NULL), OK);
    assert_true(str_is(value, "v1"));
    struct entry e = fixture_entry("POLICY_CHANGED");
    uint64_t size;
    assert_int_equal(registry_meta_put(f->r, "policy", STR("v2"), version, &e, NULL), OK);
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 1);
    assert_int_equal(registry_meta_get(f->r, "instance", &f->a, &value, &version, NULL), OK);
    assert_int_equal(value.n, 16);
}

static void test_epoch_starts(void **state)
{
    struct registry_fixture *f = *state;
    uint64_t first, epoch;
    assert_int_equal(registry_epoch(f->r, &first, NULL), OK);
    assert_true(first >= 1 && first <= UINT64_C(1) << 31);
    struct row row = epoch_row(), other = epoch_row();
    assert_int_not_equal(row.add, other.add); /* a step of its own each time (one in 2^31 are alike) */
    assert_true(row.add >= 1 && row.add <= INT64_C(1) << 31);
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), OK);
    assert_int_equal(epoch, first + (uint64_t)row.add);
    assert_int_equal(registry_record_remove(f->r, TABLE_META, row.key, VERSION_ANY, NULL), OK);
    assert_int_equal(registry_epoch(f->r, &epoch, NULL), E_INVALID);
}

static void test_sources(void **state)
{
    struct registry_fixture *f = *state;
    struct str *sources;
    size_t n;
    char name[256];
    memset(name, 'n', sizeof(name));
    assert_int_equal(registry_sources(f->r, &f->a, &sources, &n, NULL), OK);
    assert_int_equal(n, 0);
    assert_int_equal(registry_source_add(f->r, STR("genesys"), NULL), OK);
    assert_int_equal(registry_source_add(f->r, STR("connect"), NULL), OK);
    assert_int_equal(registry_source_add(f->r, STR("genesys"), NULL), OK);
    assert_int_equal(registry_source_add(f->r, (struct str){name, sizeof(name)}, NULL), OK);
    assert_int_equal(registry_source_add(f->r, STR(""), NULL), E_INVALID);
    assert_int_equal(registry_sources(f->r, &f->a, &sources, &n, NULL), OK);
    assert_int_equal(n, 3);
    assert_true(str_is(sources[0], "connect") && str_is(sources[1], "genesys"));
    assert_int_equal(sources[2].n, sizeof(name));
}

static void test_wrong_key(void **state)
{
    struct registry_fixture *f = *state;
    static const unsigned char wrong[KEY_BYTES] = {1, 2, 4};
    struct registry *r = NULL;
    struct err err = {0};
    assert_int_equal(registry_open(str_of(f->url), false, wrong, &f->sealer, &r, &err), E_DENIED);
    assert_non_null(strstr(err.text, "identifier key"));
    assert_null(r);
    r = registry_fixture_again(f);
    registry_close(r);
    registry_close(NULL);
}

static void test_open_errors(void **state)
{
    struct registry_fixture *f = *state;
    struct registry *r;
    struct err err = {0};
    struct str gone = arena_fmt(&f->a, "sqlite:%s/none.db", f->dir);
    assert_int_equal(registry_open(gone, false, fixture_identifier_key, NULL, &r, &err), E_ABSENT);
    assert_non_null(strstr(err.text, "run `expunge init`"));
    assert_int_equal(registry_open(str_of(f->url), true, fixture_identifier_key, NULL, &r, &err), E_CONFLICT);
    assert_int_equal(registry_record_remove(f->r, TABLE_META, STR("identifier_check"), VERSION_ANY, NULL), OK);
    assert_int_equal(registry_open(str_of(f->url), false, fixture_identifier_key, NULL, &r, &err), E_INVALID);
    assert_int_equal(registry_meta_put(f->r, "identifier_check", STR("x"), 0, NULL, NULL), OK);
    assert_int_equal(registry_meta_put(f->r, "schema", STR("2"), 1, NULL, NULL), OK);
    assert_int_equal(registry_open(str_of(f->url), false, fixture_identifier_key, NULL, &r, &err), E_UNSUPPORTED);
}

#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, registry_fixture_file, registry_fixture_end)
#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {ON_MEMORY(test_small_values), ON_MEMORY(test_epoch_starts),
                                       ON_MEMORY(test_sources), ON_FILE(test_wrong_key), ON_FILE(test_open_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
