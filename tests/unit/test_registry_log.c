#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_log(void **state)
{
    struct registry_fixture *f = *state;
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE}, *all = &q;
    struct entry *out;
    uint64_t size = 1;
    size_t n;
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 0);
    assert_int_equal(registry_log_entries(f->r, all, 10, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 0);
    struct entry e = fixture_entry("RUN");
    assert_int_equal(registry_commit_one(f->r, NULL, 0, &e, NULL), OK);
    assert_int_equal(registry_commit_one(f->r, NULL, 0, &e, NULL), E_CONFLICT);
    assert_int_equal(registry_log_entries(f->r, all, 10, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_memory_equal(out[0].id, e.id, sizeof(e.id));
    assert_true(str_is(out[0].type, "RUN") && str_is(out[0].body, "{}"));
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
