#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_intend(void **state)
{
    struct registry_fixture *f = *state;
    enum { N = 10000 };
    struct row_key *chains = ARENA_ARRAY(&f->a, struct row_key, N), *out, id;
    struct entry e = fixture_entry("INTENT");
    struct receipt receipt;
    size_t n;
    uint64_t size;
    for (size_t i = 0; i < N; i++)
        memcpy(chains[i].b, &i, sizeof(i));
    assert_int_equal(registry_intend(f->r, chains, N, EFFECT_ERASE | EFFECT_BLANK, &e, &f->a, &receipt, NULL), OK);
    memcpy(id.b, e.id, sizeof(id.b));
    assert_true(row_key_eq(&receipt.intent, &id));
    assert_int_equal(receipt.chains_n, N);
    assert_memory_equal(receipt.chains, chains, N * sizeof(*chains));
    assert_int_equal(receipt.effects, EFFECT_ERASE | EFFECT_BLANK);
    assert_int_equal(receipt.at_ms, e.at_ms);
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 1);
    assert_int_equal(registry_intent_chains(f->r, &id, &f->a, &out, &n, NULL), OK);
    assert_int_equal(n, N);
    assert_memory_equal(out, chains, N * sizeof(*chains));
    assert_int_equal(registry_intend(f->r, chains, 1, EFFECT_ERASE, &e, &f->a, &receipt, NULL), E_CONFLICT);
    struct row_key unknown = {{1}};
    assert_int_equal(registry_intent_chains(f->r, &unknown, &f->a, &out, &n, NULL), E_ABSENT);
}

static void test_too_many(void **state)
{
    struct registry_fixture *f = *state;
    enum { N = BODY_BYTES_MAX / ROW_KEY_BYTES };
    struct row_key *chains = ARENA_ARRAY(&f->a, struct row_key, N);
    struct entry e = fixture_entry("INTENT");
    struct receipt receipt;
    uint64_t size;
    memset(chains, 1, N * sizeof(*chains));
    assert_int_equal(registry_intend(f->r, chains, N, EFFECT_ERASE, &e, &f->a, &receipt, NULL), E_LIMIT);
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 0);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_intend),
        ON_MEMORY(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
