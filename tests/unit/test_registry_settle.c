#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


struct settling { struct registry_fixture *f; int runs; bool disturb; const struct row_key *matter; };

/* Once, a hold arrives between our reading and our writing. */
static void change(void *ctx, struct chain *fresh, struct arena *a)
{
    struct settling *s = ctx;
    (void)a;
    s->runs++;
    if (s->disturb) {
        struct hold_member m = {.contact = fresh->key, .source = fresh->source};
        s->disturb = false;
        ASSERT(registry_hold_members(s->f->r, s->matter, true, 77, TIME_NONE, &m, 1, &s->f->a, NULL) == OK);
        ASSERT(m.result == OK && m.claimed);
    }
    fresh->state = CHAIN_ERASED;
    fresh->queue = QUEUE_VERIFY;
    fresh->queue_time_ms = 4242;
}

static struct claim claimed(struct registry_fixture *f, struct chain *c)
{
    struct row_key worker;
    struct claim claim;
    enum status result;
    fixture_store(f->r, c);
    assert_int_equal(registry_worker_start(f->r, &worker, 0, 60000, STR("w"), NULL), OK);
    assert_int_equal(registry_claim(f->r, &worker, c, 1, 0, &f->a, &claim, &result, NULL), OK);
    assert_int_equal(result, OK);
    return claim;
}

static void test_settle(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    struct settling ctx = {.f = f};
    struct entry e = fixture_entry("OUTCOME");
    struct row with = {.table = TABLE_WORK, .op = ROW_PUT, .key = STR("w"), .version = VERSION_ANY, .body = STR("x")};
    struct settlement s = {.claim = claimed(f, &c), .change = change, .ctx = &ctx, .rows = &with, .rows_n = 1,
                           .entries = &e, .entries_n = 1};
    assert_int_equal(registry_settle(f->r, &s, 1, 10, &f->a, NULL), OK);
    assert_int_equal(s.result, OK);
    assert_int_equal(s.claim.chain_version, 3);
    struct chain now = fixture_read(f->r, &c.key, &f->a);
    assert_int_equal(now.state, CHAIN_ERASED);
    assert_int_equal(now.queue_time_ms, 4242);
    assert_true(row_key_eq(&now.worker, &s.claim.worker)); /* kept */
    uint64_t size;
    assert_int_equal(registry_log_size(f->r, &size, NULL), OK);
    assert_int_equal(size, 1);
    struct settlement end = {.claim = s.claim, .free_claim = true};
    assert_int_equal(registry_settle(f->r, &end, 1, 10, &f->a, NULL), OK);
    assert_int_equal(end.result, OK);
    now = fixture_read(f->r, &c.key, &f->a);
    assert_true(row_key_is_none(&now.worker) && now.claimed_ms == TIME_NONE);
    assert_int_equal(registry_settle(f->r, &end, 1, 10, &f->a, NULL), OK);
    assert_int_equal(end.result, E_CONFLICT); /* no longer ours */
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).version, now.version);
}

static void test_hold_survives(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    struct row_key matter = {{3}};
    struct settling ctx = {.f = f, .disturb = true, .matter = &matter};
    struct settlement s = {.claim = claimed(f, &c), .change = change, .ctx = &ctx, .free_claim = true};
    assert_int_equal(registry_settle(f->r, &s, 1, 10, &f->a, NULL), OK);
    assert_int_equal(s.result, OK);
    assert_int_equal(ctx.runs, 2);
    struct chain now = fixture_read(f->r, &c.key, &f->a);
    assert_int_equal(now.state, CHAIN_ERASED);
    assert_int_equal(now.holds_n, 1);
    assert_true(row_key_eq(&now.holds[0].matter, &matter));
}

static void test_refused(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a"), other = fixture_chain(f, "b");
    struct settling ctx = {.f = f};
    struct row many[GROUP_ROWS_MAX + 1], stale = {.table = TABLE_WORK, .op = ROW_PUT, .key = STR("w"), .version = 4};
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (struct row){.table = TABLE_WORK, .op = ROW_PUT, .key = arena_fmt(&f->a, "%zu", i), .version = VERSION_ANY};
    struct claim claim = claimed(f, &c);
    struct settlement s[] = {
        {.claim = claim, .change = change, .ctx = &ctx, .rows = many, .rows_n = ARRAY_LEN(many)},
        {.claim = claimed(f, &other), .change = change, .ctx = &ctx, .rows = &stale, .rows_n = 1},
        {.claim = {.chain = {{1}}, .worker = claim.worker}, .change = change, .ctx = &ctx},
        {.claim = {.chain = c.key}, .change = change, .ctx = &ctx}, /* a claim of nobody */
    };
    assert_int_equal(registry_settle(f->r, s, ARRAY_LEN(s), 10, &f->a, NULL), OK);
    assert_int_equal(s[0].result, E_LIMIT);
    assert_int_equal(s[1].result, E_RETRY); /* its own row is stale for ever */
    assert_int_equal(ctx.runs, 1 + CONFLICT_ROUNDS);
    assert_int_equal(s[2].result, E_CONFLICT);
    assert_int_equal(s[3].result, E_CONFLICT);
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).state, CHAIN_ACTIVE);
    assert_int_equal(fixture_read(f->r, &other.key, &f->a).version, 2);
}

/* Decided on what was claimed: whatever has come to the row since is decided on first. */
static void test_as_claimed(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    struct row_key matter = {{3}};
    struct settling ctx = {.f = f, .disturb = true, .matter = &matter};
    struct claim claim = claimed(f, &c);
    struct settlement s = {.claim = claim, .change = change, .ctx = &ctx, .as_claimed = true};
    assert_int_equal(registry_settle(f->r, &s, 1, 10, &f->a, NULL), OK);
    assert_int_equal(s.result, E_CONFLICT); /* a hold came between reading and writing */
    assert_int_equal(ctx.runs, 1);
    struct chain now = fixture_read(f->r, &c.key, &f->a);
    assert_true(now.state == CHAIN_ACTIVE && now.holds_n == 1 && row_key_eq(&now.worker, &claim.worker));
    assert_int_equal(registry_settle(f->r, &s, 1, 10, &f->a, NULL), OK);
    assert_int_equal(s.result, E_CONFLICT); /* and was there before */
    assert_int_equal(ctx.runs, 1);
    struct settlement end = {.claim = claim, .free_claim = true};
    assert_int_equal(registry_settle(f->r, &end, 1, 10, &f->a, NULL), OK);
    assert_int_equal(end.result, OK); /* the claim was ours all the time */
    struct chain other = fixture_chain(f, "b");
    struct settling quiet = {.f = f};
    struct settlement good = {.claim = claimed(f, &other), .change = change, .ctx = &quiet, .as_claimed = true};
    assert_int_equal(registry_settle(f->r, &good, 1, 10, &f->a, NULL), OK);
    assert_int_equal(good.result, OK);
}

static struct row heavy(struct registry_fixture *f, size_t i, struct str body)
{
    return (struct row){.table = TABLE_WORK, .op = ROW_PUT, .key = arena_fmt(&f->a, "heavy %zu", i), .version = VERSION_ANY,
                        .body = body};
}

static void grow(void *ctx, struct chain *fresh, struct arena *a)
{
    (void)a;
    fresh->decision_why = *(const struct str *)ctx;
}

/* What is too large is its own contact's trouble; before anything is sent, half of the room is kept. */
static void test_too_large(void **state)
{
    enum { FILLING = GROUP_BYTES_MAX / BODY_BYTES_MAX - 1 };
    struct registry_fixture *f = *state;
    struct chain a = fixture_chain(f, "a"), b = fixture_chain(f, "b"), c = fixture_chain(f, "c"), d = fixture_chain(f, "d");
    struct str body = {arena_alloc(&f->a, BODY_BYTES_MAX), BODY_BYTES_MAX};
    struct row rows[2 * FILLING];
    struct settling ctx = {.f = f};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = heavy(f, i, body);
    struct settlement s[] = {
        {.claim = claimed(f, &a), .change = change, .ctx = &ctx, .as_claimed = true, .rows = rows, .rows_n = FILLING},
        {.claim = claimed(f, &b), .change = grow, .ctx = &body},
        {.claim = claimed(f, &c), .change = change, .ctx = &ctx, .rows = rows, .rows_n = FILLING},
    };
    assert_int_equal(registry_settle(f->r, s, 3, 10, &f->a, NULL), OK);
    assert_int_equal(s[0].result, E_LIMIT);
    assert_int_equal(s[1].result, E_LIMIT);
    assert_int_equal(s[2].result, OK);
    assert_int_equal(fixture_read(f->r, &a.key, &f->a).version, 2);
    assert_int_equal(fixture_read(f->r, &b.key, &f->a).version, 2);
    struct settlement whole = {.claim = claimed(f, &d), .change = change, .ctx = &ctx, .rows = rows, .rows_n = ARRAY_LEN(rows)};
    assert_int_equal(registry_settle(f->r, &whole, 1, 10, &f->a, NULL), OK);
    assert_int_equal(whole.result, E_LIMIT);
    assert_int_equal(fixture_read(f->r, &d.key, &f->a).state, CHAIN_ACTIVE);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_settle),
        ON_MEMORY(test_hold_survives),
        ON_MEMORY(test_refused),
        ON_MEMORY(test_as_claimed),
        ON_MEMORY(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
