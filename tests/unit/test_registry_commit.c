#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


/* Answers E_RETRY for the first `lost` groups: done (after) or not. */
struct losing { struct backend inner; int lost; bool after; int commits; };

static enum status losing_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct losing *l = b->own;
    l->commits++;
    for (size_t i = 0; i < n; i++) {
        bool lose = l->lost > 0;
        l->lost -= lose;
        if (!lose || l->after)
            TRY(l->inner.driver->commit(&l->inner, &groups[i], 1, err));
        if (lose)
            groups[i].result = E_RETRY;
    }
    return OK;
}

static enum status losing_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                              struct row *out, struct err *err)
{
    struct losing *l = b->own;
    return l->inner.driver->get(&l->inner, t, keys, n, a, out, err);
}

static enum status losing_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                                  struct entry **out, size_t *n, uint64_t *looked_to, struct err *err)
{
    struct losing *l = b->own;
    return l->inner.driver->entries(&l->inner, q, max, a, out, n, looked_to, err);
}

static const struct backend_driver losing_driver = {.scheme = "losing", .get = losing_get, .commit = losing_commit,
                                                    .load = losing_commit, .entries = losing_entries};

static void try_fate(struct registry_fixture *f, bool after, bool with_entry, int lost)
{
    struct losing l = {.inner = f->r->backend, .lost = lost, .after = after};
    struct registry r = {.backend = {.driver = &losing_driver, .own = &l}};
    struct entry e = fixture_entry("RUN");
    struct row add = {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .version = VERSION_ANY, .add = 1};
    struct row put = {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = STR("mine")};
    struct row rows[] = {put, add};
    struct group g = {.rows = rows, .rows_n = 2, .entries = &e, .entries_n = with_entry};
    assert_int_equal(registry_commit(&r, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
    struct row now;
    assert_int_equal(registry_get_one(f->r, TABLE_COUNTER, STR("n"), &f->a, &now, NULL), OK);
    assert_int_equal(now.add, 1); /* once, whatever was lost */
    assert_int_equal(registry_record_remove(f->r, TABLE_COUNTER, STR("n"), VERSION_ANY, NULL), OK);
    assert_int_equal(registry_record_remove(f->r, TABLE_RUN, STR("k"), 1, NULL), OK);
}

static void test_unknown_fate(void **state)
{
    for (int lost = 1; lost < 5; lost++) {
        try_fate(*state, true, true, lost);
        try_fate(*state, true, false, lost);
        try_fate(*state, false, true, lost);
        try_fate(*state, false, false, lost);
    }
}

static void test_fate_never_told(void **state)
{
    struct registry_fixture *f = *state;
    struct losing l = {.inner = f->r->backend, .lost = 1000};
    struct registry r = {.backend = {.driver = &losing_driver, .own = &l}};
    struct row put = {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = STR("mine")};
    struct err err = {0};
    assert_int_equal(registry_commit_one(&r, &put, 1, NULL, &err), E_RETRY);
    assert_int_equal(l.commits, 21);
}

/* Somebody else's row where ours was to be: a conflict, not ours. */
static void test_fate_of_another(void **state)
{
    struct registry_fixture *f = *state;
    struct losing l = {.inner = f->r->backend, .lost = 1};
    struct registry r = {.backend = {.driver = &losing_driver, .own = &l}};
    assert_int_equal(registry_record_put(f->r, TABLE_RUN, STR("k"), STR("theirs"), 0, NULL, NULL), OK);
    struct row put = {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = STR("mine")};
    struct group g = {.rows = &put, .rows_n = 1};
    assert_int_equal(registry_load(&r, &g, 1, NULL), OK);
    assert_int_equal(g.result, E_CONFLICT);
}

/* Many of unknown fate: looked up, and what is not there is done again together. */
static void test_many_fates(void **state)
{
    enum { N = 40 };
    struct registry_fixture *f = *state;
    struct losing l = {.inner = f->r->backend, .lost = N - 1, .after = false};
    struct registry r = {.backend = {.driver = &losing_driver, .own = &l}};
    struct row rows[N];
    struct group groups[N];
    for (size_t i = 0; i < N; i++) {
        rows[i] = (struct row){.table = TABLE_RUN, .op = ROW_PUT, .key = arena_fmt(&f->a, "run %zu", i), .body = STR("x")};
        groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
    }
    assert_int_equal(registry_commit_one(f->r, &rows[7], 1, NULL, NULL), OK); /* this one had landed */
    rows[8].body = (struct str){"x", BODY_BYTES_MAX + 1};                     /* and this one never can; never looked into */
    assert_int_equal(registry_load(&r, groups, N, NULL), OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(groups[i].result, i == 8 ? E_LIMIT : OK);
    assert_int_equal(l.commits, 2);
}

static void test_too_large(void **state)
{
    struct registry_fixture *f = *state;
    struct row put = {.table = TABLE_RUN, .op = ROW_PUT, .key = STR("k"), .body = {"x", BODY_BYTES_MAX + 1}};
    struct err err = {0};
    assert_int_equal(registry_commit_one(f->r, &put, 1, NULL, &err), E_LIMIT);
    assert_non_null(strstr(err.text, "too large"));
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_unknown_fate),
        ON_MEMORY(test_fate_never_told),
        ON_MEMORY(test_fate_of_another),
        ON_MEMORY(test_many_fates),
        ON_MEMORY(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
