#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


enum { LEASE_MS = 60000 };

static enum status claim_one(struct registry_fixture *f, const struct row_key *worker, struct chain *c, int64_t now_ms,
                             struct claim *claim)
{
    enum status result;
    assert_int_equal(registry_claim(f->r, worker, c, 1, now_ms, &f->a, claim, &result, NULL), OK);
    return result;
}

static struct row_key worker_at(struct registry_fixture *f, int64_t now_ms)
{
    struct row_key worker;
    assert_int_equal(registry_worker_start(f->r, &worker, now_ms, LEASE_MS, STR("w"), NULL), OK);
    return worker;
}

static void test_claim(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a"), mine, theirs;
    struct row_key w1 = worker_at(f, 0), w2 = worker_at(f, 0);
    struct claim claim;
    fixture_store(f->r, &c);
    mine = theirs = c;
    assert_int_equal(claim_one(f, &w1, &mine, 500, &claim), OK);
    assert_true(row_key_eq(&claim.chain, &c.key) && row_key_eq(&claim.worker, &w1));
    assert_int_equal(claim.chain_version, 2);
    assert_int_equal(claim.lease_until_ms, LEASE_MS);
    assert_int_equal(mine.version, 2);
    assert_int_equal(mine.claimed_ms, 500);
    struct chain stored = fixture_read(f->r, &c.key, &f->a);
    assert_true(row_key_eq(&stored.worker, &w1));
    assert_int_equal(stored.queue, QUEUE_DUE);
    assert_int_equal(claim_one(f, &w2, &theirs, 500, &claim), E_CONFLICT); /* version moved */
    assert_int_equal(claim_one(f, &w2, &stored, 500, &claim), E_CONFLICT); /* held by a live worker */
    assert_int_equal(claim_one(f, &w1, &stored, 600, &claim), OK);         /* ours already */
    assert_int_equal(claim.chain_version, 3);
}

static void test_dead_worker(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    int64_t dead_ms = LEASE_MS + WORKER_DEAD_AFTER_MS + 1;
    struct row_key w1 = worker_at(f, 0), w2 = worker_at(f, dead_ms), w3 = worker_at(f, dead_ms);
    struct claim claim;
    fixture_store(f->r, &c);
    assert_int_equal(claim_one(f, &w1, &c, 0, &claim), OK);
    struct chain seen = c;
    assert_int_equal(claim_one(f, &w2, &seen, dead_ms - 1, &claim), E_CONFLICT);
    assert_int_equal(claim_one(f, &w2, &seen, dead_ms, &claim), OK);
    assert_true(row_key_eq(&claim.worker, &w2));
    assert_int_equal(registry_worker_renew(f->r, &w1, 1, LEASE_MS, NULL), E_CONFLICT); /* buried */
    assert_int_equal(registry_worker_stop(f->r, &w2, NULL), OK);
    assert_int_equal(claim_one(f, &w3, &seen, dead_ms, &claim), OK); /* a stopped worker's claim is free */
    enum status result;
    assert_int_equal(registry_claim(f->r, &w2, &seen, 1, dead_ms, &f->a, &claim, &result, NULL), E_CONFLICT);
}

static void test_several(void **state)
{
    struct registry_fixture *f = *state;
    struct chain chains[4];
    struct claim claims[4];
    enum status results[4];
    struct row_key w = worker_at(f, 0);
    for (size_t i = 0; i < 3; i++) {
        chains[i] = fixture_chain(f, (const char *const[]){"a", "b", "c"}[i]);
        fixture_store(f->r, &chains[i]);
    }
    chains[1].version = 9;
    chains[3] = fixture_chain(f, "none");
    assert_int_equal(registry_claim(f->r, &w, chains, 4, 0, &f->a, claims, results, NULL), OK);
    assert_int_equal(results[0], OK);
    assert_int_equal(results[1], E_CONFLICT);
    assert_int_equal(results[2], OK);
    assert_int_equal(results[3], E_ABSENT);
    assert_true(row_key_eq(&claims[2].chain, &chains[2].key));
    assert_int_equal(chains[1].version, 9);
    assert_int_equal(registry_claim(f->r, &w, NULL, 0, 0, &f->a, NULL, NULL, NULL), OK);
}

/* Once, the answer to a commit is lost although it was done, and a hold changes the row before anybody looks. */
struct losing { struct backend inner; struct registry_fixture *f; struct row_key contact; bool lost; };

static enum status losing_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct losing *l = b->own;
    struct row_key matter = {{3}};
    struct hold_member m = {.contact = l->contact, .source = STR("connect-eu")};
    TRY(l->inner.driver->commit(&l->inner, groups, n, err));
    if (l->lost)
        return OK;
    l->lost = true;
    groups[0].result = E_RETRY;
    return registry_hold_members(l->f->r, &matter, true, 5, TIME_NONE, &m, 1, &l->f->a, err);
}

static enum status losing_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                              struct row *out, struct err *err)
{
    struct losing *l = b->own;
    return l->inner.driver->get(&l->inner, t, keys, n, a, out, err);
}

static void test_unknown_fate(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    const struct backend_driver driver = {.scheme = "losing", .get = losing_get, .commit = losing_commit};
    struct losing own = {.inner = f->r->backend, .f = f, .contact = c.key};
    struct registry r = {.backend = {.driver = &driver, .own = &own}};
    struct row_key w = worker_at(f, 0);
    struct claim claim;
    enum status result;
    fixture_store(f->r, &c);
    assert_int_equal(registry_claim(&r, &w, &c, 1, 7, &f->a, &claim, &result, NULL), OK);
    assert_int_equal(result, OK); /* ours, and told with the hold that is on it */
    assert_true(claim.chain_version == 3 && c.version == 3 && c.holds_n == 1);
    struct settlement end = {.claim = claim, .free_claim = true};
    assert_int_equal(registry_settle(f->r, &end, 1, 10, &f->a, NULL), OK);
    assert_int_equal(end.result, OK);
}

/* Named twice, and too large to be claimed: each its own result. */
static void test_refused_one_by_one(void **state)
{
    struct registry_fixture *f = *state;
    struct chain chains[3] = {fixture_chain(f, "a"), fixture_chain(f, "b")};
    struct claim claims[3];
    enum status results[3];
    struct row_key w = worker_at(f, 0);
    struct row row;
    char *note = arena_alloc(&f->a, BODY_BYTES_MAX);
    fixture_store(f->r, &chains[0]);
    assert_int_equal(registry_chain_row(&chains[1], &f->a, &row, NULL), OK);
    chains[1].decision_why = (struct str){note, BODY_BYTES_MAX - row.body.n - 8}; /* no room for a worker's name */
    fixture_store(f->r, &chains[1]);
    chains[2] = chains[0];
    assert_int_equal(registry_claim(f->r, &w, chains, 3, 0, &f->a, claims, results, NULL), OK);
    assert_int_equal(results[0], OK);
    assert_int_equal(results[1], E_LIMIT);
    assert_int_equal(results[2], E_CONFLICT);
    assert_int_equal(fixture_read(f->r, &chains[1].key, &f->a).version, 1);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_claim),
        ON_MEMORY(test_dead_worker),
        ON_MEMORY(test_several),
        ON_MEMORY(test_unknown_fate),
        ON_MEMORY(test_refused_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
