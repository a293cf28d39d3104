#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static void test_chains(void **state)
{
    struct registry_fixture *f = *state;
    struct chain a = fixture_chain(f, "a"), b = fixture_chain(f, "b"), out[3];
    fixture_store(f->r, &a);
    fixture_store(f->r, &b);
    const struct row_key keys[] = {b.key, {{99}}, a.key};
    assert_int_equal(registry_chains(f->r, keys, 3, &f->a, out, NULL), OK);
    assert_int_equal(out[0].version, 1);
    assert_true(row_key_eq(&out[0].key, &b.key) && row_key_eq(&out[2].key, &a.key));
    assert_int_equal(out[1].version, 0);
    assert_true(row_key_eq(&out[1].key, &keys[1]));
    assert_int_equal(registry_chains(f->r, NULL, 0, &f->a, out, NULL), OK);
    struct row broken = {.table = TABLE_CHAIN, .op = ROW_PUT, .key = key_str(&a.key), .version = 1,
                         .body = STR("\x03")};
    assert_int_equal(registry_commit_one(f->r, &broken, 1, NULL, NULL), OK);
    assert_int_equal(registry_chains(f->r, keys, 3, &f->a, out, NULL), E_INVALID);
}

static void test_chain_of(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key leg = fixture_key(f, "leg"), chain = fixture_key(f, "chain"), out[2];
    const struct row_key asked[] = {leg, chain};
    struct row rows[2], row;
    size_t n;
    assert_int_equal(registry_leg_rows(&leg, &chain, &f->a, rows, &n, NULL), OK);
    assert_int_equal(n, 2);
    assert_int_equal(registry_commit_one(f->r, rows, n, NULL, NULL), OK);
    row = rows[0];
    assert_int_equal(registry_chain_of(f->r, asked, 2, &f->a, out, NULL), OK);
    assert_true(row_key_eq(&out[0], &chain));
    assert_true(row_key_eq(&out[1], &chain)); /* no leg row: itself */
    struct chain announced = fixture_chain(f, "leg");
    fixture_store(f->r, &announced);
    assert_int_equal(registry_commit_one(f->r, rows, n, NULL, NULL), E_CONFLICT); /* a row stands at its own key */
    assert_int_equal(registry_leg_rows(&leg, &leg, &f->a, rows, &n, NULL), OK);
    assert_int_equal(n, 1);
    assert_int_equal(registry_commit_one(f->r, rows, n, NULL, NULL), OK);
    assert_int_equal(registry_chain_of(f->r, asked, 2, &f->a, out, NULL), OK);
    assert_true(row_key_eq(&out[0], &leg));
    row.body = STR("short");
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_chain_of(f->r, asked, 2, &f->a, out, NULL), E_INVALID);
}

static void test_by_subject(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key subject = {{1}}, next = {{1, 1}}, *chains;
    size_t n;
    bool more;
    for (unsigned char i = 1; i <= 3; i++) {
        struct row row, other;
        struct row_key chain = {{i, 7}};
        assert_int_equal(registry_subject_row(&subject, &chain, &f->a, &row, NULL), OK);
        assert_int_equal(registry_subject_row(&next, &chain, &f->a, &other, NULL), OK);
        assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
        assert_int_equal(registry_commit_one(f->r, &other, 1, NULL, NULL), OK);
    }
    assert_int_equal(registry_by_subject(f->r, &subject, 3, &f->a, &chains, &n, &more, NULL), OK);
    assert_int_equal(n, 3);
    assert_false(more);
    assert_true(chains[2].b[0] == 3 && chains[2].b[1] == 7);
    assert_int_equal(registry_by_subject(f->r, &subject, 2, &f->a, &chains, &n, &more, NULL), OK);
    assert_int_equal(n, 2);
    assert_true(more);
}

static void test_queue_and_walk(void **state)
{
    struct registry_fixture *f = *state;
    static const char *const ids[] = {"a", "b", "c", "d"};
    struct queue_line *lines;
    struct chain *chains;
    size_t n, seen = 0;
    for (size_t i = 0; i < 4; i++) {
        struct chain c = fixture_chain(f, ids[i]);
        c.queue_time_ms = 100 - (int64_t)i;
        c.queue = i == 3 ? QUEUE_GONE : QUEUE_DUE;
        fixture_store(f->r, &c);
    }
    const struct queue_query q = {.queue = QUEUE_DUE, .category = 1, .until_ms = 99, .bodies = true};
    assert_int_equal(registry_queue(f->r, &q, 10, &f->a, &lines, &n, NULL), OK);
    assert_int_equal(n, 2);
    struct row_key c = fixture_key(f, "c");
    assert_true(row_key_eq(&lines[0].chain, &c));
    assert_true(lines[0].time_ms == 98 && lines[0].category == 1 && lines[0].version == 1);
    for (struct walk walk = {.n = 0}; !walk.done;) {
        assert_int_equal(registry_walk_chains(f->r, &walk, 3, &f->a, &chains, &n, NULL), OK);
        for (size_t i = 0; i < n; i++)
            assert_true(chains[i].version == 1 && str_is(chains[i].source, "connect-eu"));
        seen += n;
    }
    assert_int_equal(seen, 4);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_chains),
        ON_MEMORY(test_chain_of),
        ON_MEMORY(test_by_subject),
        ON_MEMORY(test_queue_and_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
