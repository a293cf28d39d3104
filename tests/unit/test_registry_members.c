#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static const struct row_key matter_a = {{0xa}}, matter_b = {{0xb}};

static struct hold_member put(struct registry_fixture *f, const struct row_key *matter, bool apply,
                              struct row_key contact)
{
    struct hold_member m = {.contact = contact, .source = STR("connect-eu")};
    assert_int_equal(registry_hold_members(f->r, matter, apply, apply ? 100 : 200, 900, &m, 1, &f->a, NULL), OK);
    return m;
}

static uint64_t epoch(struct registry_fixture *f)
{
    uint64_t e;
    assert_int_equal(registry_epoch(f->r, &e, NULL), OK);
    return e;
}

static size_t membership(struct registry_fixture *f)
{
    struct row *rows;
    size_t n;
    assert_int_equal(registry_record_page(f->r, TABLE_MEMBER, STR(""), STR_NONE, 99, &f->a, &rows, &n, NULL), OK);
    return n;
}

static void test_apply_and_release(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a"), now;
    fixture_store(f->r, &c);
    uint64_t before = epoch(f);
    struct hold_member m = put(f, &matter_a, true, c.key);
    assert_int_equal(m.result, OK);
    assert_true(m.existed && !m.claimed && !m.erased && row_key_eq(&m.chain, &c.key));
    assert_int_equal(epoch(f), before + 1);
    now = fixture_read(f->r, &c.key, &f->a);
    assert_int_equal(now.queue, QUEUE_PARKED);
    assert_int_equal(now.version, 2);
    assert_true(now.holds_n == 1 && now.holds[0].since_ms == 100 && row_key_eq(&now.holds[0].leg, &c.key));
    assert_int_equal(put(f, &matter_a, true, c.key).result, OK); /* again: nothing to write */
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).version, 2);
    assert_int_equal(epoch(f), before + 1);
    put(f, &matter_b, true, c.key);
    assert_int_equal(membership(f), 2);
    assert_int_equal(put(f, &matter_a, false, c.key).result, OK);
    now = fixture_read(f->r, &c.key, &f->a); /* the other hold goes on */
    assert_true(now.holds_n == 1 && now.past_holds_n == 1 && now.past_holds[0].since_ms == 200);
    assert_int_equal(now.queue, QUEUE_PARKED);
    assert_int_equal(now.grace_until_ms, TIME_NONE);
    put(f, &matter_b, false, c.key);
    now = fixture_read(f->r, &c.key, &f->a);
    assert_true(now.holds_n == 0 && now.past_holds_n == 2);
    assert_true(now.queue == QUEUE_WAKE && now.queue_time_ms == 900 && now.grace_until_ms == 900);
    assert_int_equal(membership(f), 0);
    assert_int_equal(put(f, &matter_b, false, c.key).result, OK); /* nothing left to release */
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).version, now.version);
}

static void test_unknown_contact(void **state)
{
    struct registry_fixture *f = *state;
    struct row_key key = fixture_key(f, "later");
    assert_int_equal(put(f, &matter_a, false, key).result, E_ABSENT);
    struct hold_member m = put(f, &matter_a, true, key);
    assert_int_equal(m.result, OK);
    assert_false(m.existed);
    struct chain now = fixture_read(f->r, &key, &f->a);
    assert_int_equal(now.version, 1);
    assert_int_equal(now.state, CHAIN_ANNOUNCED);
    assert_true(str_is(now.source, "connect-eu") && now.legs_n == 0 && now.holds_n == 1);
    assert_int_equal(now.queue, QUEUE_PARKED);
    assert_true(put(f, &matter_b, true, key).existed);
}

/* Two legs of one chain, one of them held twice: each leg's hold is released by itself. */
static void test_legs(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    struct row_key leg = fixture_key(f, "leg");
    struct row row;
    fixture_store(f->r, &c);
    assert_int_equal(registry_leg_row(&leg, &c.key, &f->a, &row, NULL), OK);
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    struct hold_member both[] = {{.contact = leg, .source = c.source}, {.contact = c.key, .source = c.source}};
    assert_int_equal(registry_hold_members(f->r, &matter_a, true, 1, 2, both, 2, &f->a, NULL), OK);
    assert_true(both[0].result == OK && both[1].result == OK && row_key_eq(&both[0].chain, &c.key));
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).holds_n, 2);
    assert_int_equal(membership(f), 1);
    put(f, &matter_a, false, leg);
    struct chain now = fixture_read(f->r, &c.key, &f->a);
    assert_true(now.holds_n == 1 && row_key_eq(&now.holds[0].leg, &c.key));
    assert_int_equal(now.queue, QUEUE_PARKED);
    assert_int_equal(membership(f), 1);
}

static void test_claimed_and_erased(void **state)
{
    struct registry_fixture *f = *state;
    struct chain busy = fixture_chain(f, "busy"), gone = fixture_chain(f, "gone");
    busy.worker = (struct row_key){{7}};
    gone.state = CHAIN_ERASED;
    gone.queue = QUEUE_VERIFY;
    fixture_store(f->r, &busy);
    fixture_store(f->r, &gone);
    struct hold_member m = put(f, &matter_a, true, busy.key);
    assert_true(m.claimed);
    struct chain now = fixture_read(f->r, &busy.key, &f->a);
    assert_true(row_key_eq(&now.worker, &busy.worker) && now.queue == QUEUE_PARKED);
    m = put(f, &matter_a, true, gone.key);
    assert_true(m.erased && m.result == OK);
    now = fixture_read(f->r, &gone.key, &f->a);
    assert_true(now.holds_n == 1 && now.queue == QUEUE_VERIFY); /* its verification goes on */
    put(f, &matter_a, false, gone.key);
    assert_int_equal(fixture_read(f->r, &gone.key, &f->a).queue, QUEUE_VERIFY);
}

/* Before the first commit goes through, a document makes the contact a leg of another chain. */
struct meddling { struct backend inner; struct row leg; bool done; };

static enum status meddling_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct meddling *m = b->own;
    struct group ingest = {.rows = &m->leg, .rows_n = 1};
    if (!m->done)
        TRY(m->inner.driver->commit(&m->inner, &ingest, 1, err));
    m->done = true;
    return m->inner.driver->commit(&m->inner, groups, n, err);
}

static enum status meddling_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                                struct row *out, struct err *err)
{
    struct meddling *m = b->own;
    return m->inner.driver->get(&m->inner, t, keys, n, a, out, err);
}

static void test_registered_meanwhile(void **state)
{
    struct registry_fixture *f = *state;
    const struct backend_driver driver = {.scheme = "meddling", .get = meddling_get, .commit = meddling_commit};
    struct meddling own = {.inner = f->r->backend};
    struct registry r = {.backend = {.driver = &driver, .own = &own}};
    struct chain c = fixture_chain(f, "a");
    struct row_key leg = fixture_key(f, "leg");
    struct hold_member m = {.contact = leg, .source = c.source};
    fixture_store(f->r, &c);
    assert_int_equal(registry_leg_row(&leg, &c.key, &f->a, &own.leg, NULL), OK);
    assert_int_equal(registry_hold_members(&r, &matter_a, true, 1, 2, &m, 1, &f->a, NULL), OK);
    assert_int_equal(m.result, OK);
    assert_true(m.existed && row_key_eq(&m.chain, &c.key)); /* the hold is where the contact is */
    assert_int_equal(fixture_read(f->r, &leg, &f->a).version, 0);
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).holds_n, 1);
}

static void test_many(void **state)
{
    struct registry_fixture *f = *state;
    enum { N = 250 };
    struct hold_member *members = ARENA_ARRAY(&f->a, struct hold_member, N);
    uint64_t before = epoch(f);
    for (size_t i = 0; i < N; i++)
        members[i] = (struct hold_member){.contact = {{1, (unsigned char)i, (unsigned char)(i / 256)}},
                                          .source = STR("s")};
    assert_int_equal(registry_hold_members(f->r, &matter_a, true, 1, 2, members, N, &f->a, NULL), OK);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(members[i].result, OK);
        assert_int_equal(fixture_read(f->r, &members[i].contact, &f->a).holds_n, 1);
    }
    assert_int_equal(epoch(f), before + N);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_apply_and_release),
        ON_MEMORY(test_unknown_contact),
        ON_MEMORY(test_legs),
        ON_MEMORY(test_claimed_and_erased),
        ON_MEMORY(test_registered_meanwhile),
        ON_MEMORY(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
