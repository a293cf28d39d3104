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
    size_t n, more;
    assert_int_equal(registry_record_page(f->r, TABLE_MEMBER, key_str(&matter_a), STR_NONE, 99, &f->a, &rows, &n, NULL), OK);
    assert_int_equal(registry_record_page(f->r, TABLE_MEMBER, key_str(&matter_b), STR_NONE, 99, &f->a, &rows, &more, NULL), OK);
    return n + more;
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
    uint64_t held = epoch(f);
    assert_true(held > before);
    now = fixture_read(f->r, &c.key, &f->a);
    assert_int_equal(now.queue, QUEUE_PARKED);
    assert_int_equal(now.version, 2);
    assert_true(now.holds_n == 1 && now.holds[0].since_ms == 100 && row_key_eq(&now.holds[0].leg, &c.key));
    assert_int_equal(put(f, &matter_a, true, c.key).result, OK); /* again: nothing to write */
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).version, 2);
    assert_int_equal(epoch(f), held);
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

static void add_leg(struct registry_fixture *f, struct chain *c, struct row_key leg)
{
    struct leg *legs = ARENA_ARRAY(&f->a, struct leg, c->legs_n + 1);
    assert_non_null(legs);
    if (c->legs_n > 0)
        memcpy(legs, c->legs, c->legs_n * sizeof(*legs));
    legs[c->legs_n++] = (struct leg){.key = leg};
    c->legs = legs;
}

/* Two legs of one chain, one of them held twice: each leg's hold is released by itself. */
static void test_legs(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "a");
    struct row_key leg = fixture_key(f, "leg");
    struct row rows[2];
    size_t n;
    add_leg(f, &c, leg);
    fixture_store(f->r, &c);
    assert_int_equal(registry_leg_rows(&leg, &c.key, &f->a, rows, &n, NULL), OK);
    assert_int_equal(registry_commit_one(f->r, rows, n, NULL, NULL), OK);
    struct hold_member both[] = {{.contact = leg, .source = c.source}, {.contact = c.key, .source = c.source}};
    assert_int_equal(registry_hold_members(f->r, &matter_a, true, 1, 2, both, 2, &f->a, NULL), OK);
    assert_true(both[0].result == OK && both[1].result == OK && row_key_eq(&both[0].chain, &c.key));
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).holds_n, 2);
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).version, 2); /* both in one group */
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
struct meddling { struct backend inner; struct row rows[2]; size_t rows_n; bool done, at_read; };

static enum status meddle(struct meddling *m, bool at_read, struct err *err)
{
    struct group ingest = {.rows = m->rows, .rows_n = m->rows_n};
    if (m->done || m->at_read != at_read)
        return OK;
    m->done = true;
    return m->inner.driver->commit(&m->inner, &ingest, 1, err);
}

static enum status meddling_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct meddling *m = b->own;
    TRY(meddle(m, false, err));
    return m->inner.driver->commit(&m->inner, groups, n, err);
}

static enum status meddling_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a,
                                struct row *out, struct err *err)
{
    struct meddling *m = b->own;
    if (t == TABLE_CHAIN) /* the leg rows have been read, the chains not yet */
        TRY(meddle(m, true, err));
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
    add_leg(f, &c, leg);
    fixture_store(f->r, &c);
    assert_int_equal(registry_leg_rows(&leg, &c.key, &f->a, own.rows, &own.rows_n, NULL), OK);
    assert_int_equal(registry_hold_members(&r, &matter_a, true, 1, 2, &m, 1, &f->a, NULL), OK);
    assert_int_equal(m.result, OK);
    assert_true(m.existed && row_key_eq(&m.chain, &c.key)); /* the hold is where the contact is */
    assert_int_equal(fixture_read(f->r, &leg, &f->a).version, 0);
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).holds_n, 1);
}

/* Between our reading where the contact is and our reading that chain, a document moves it to another chain. */
static void test_moved_meanwhile(void **state)
{
    struct registry_fixture *f = *state;
    const struct backend_driver driver = {.scheme = "meddling", .get = meddling_get, .commit = meddling_commit};
    struct meddling own = {.inner = f->r->backend, .rows_n = 2, .at_read = true};
    struct registry r = {.backend = {.driver = &driver, .own = &own}};
    struct chain from = fixture_chain(f, "a"), to = fixture_chain(f, "b"), without = from;
    struct row_key leg = fixture_key(f, "leg");
    struct hold_member m = {.contact = leg, .source = from.source};
    struct row rows[2];
    size_t n;
    add_leg(f, &from, leg);
    add_leg(f, &to, leg);
    fixture_store(f->r, &from);
    fixture_store(f->r, &to);
    assert_int_equal(registry_leg_rows(&leg, &from.key, &f->a, rows, &n, NULL), OK);
    assert_int_equal(registry_commit_one(f->r, rows, n, NULL, NULL), OK);
    without.version = from.version;
    assert_int_equal(registry_leg_rows(&leg, &to.key, &f->a, own.rows, &n, NULL), OK);
    assert_int_equal(registry_chain_row(&without, &f->a, &own.rows[1], NULL), OK);
    assert_int_equal(registry_hold_members(&r, &matter_a, true, 1, 2, &m, 1, &f->a, NULL), OK);
    assert_int_equal(m.result, OK);
    assert_true(row_key_eq(&m.chain, &to.key));
    assert_int_equal(fixture_read(f->r, &from.key, &f->a).holds_n, 0);
    assert_int_equal(fixture_read(f->r, &to.key, &f->a).holds_n, 1);
}

/* Not registered, but named by others as their first contact: the hold waits under its key, on their chain. */
static void test_first_contact_unknown(void **state)
{
    struct registry_fixture *f = *state;
    struct chain c = fixture_chain(f, "first");
    add_leg(f, &c, fixture_key(f, "second"));
    fixture_store(f->r, &c);
    struct hold_member m = put(f, &matter_a, true, c.key);
    assert_true(m.result == OK && m.existed && row_key_eq(&m.chain, &c.key));
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).state, CHAIN_ACTIVE);
    assert_int_equal(put(f, &matter_a, false, c.key).result, OK);
    assert_int_equal(fixture_read(f->r, &c.key, &f->a).holds_n, 0);
}

/* A row with no room left refuses for itself. */
static void test_no_room(void **state)
{
    struct registry_fixture *f = *state;
    struct chain full = fixture_chain(f, "full"), other = fixture_chain(f, "other");
    struct row row;
    assert_int_equal(registry_chain_row(&full, &f->a, &row, NULL), OK);
    full.decision_why = (struct str){arena_alloc(&f->a, BODY_BYTES_MAX), BODY_BYTES_MAX - row.body.n - 8};
    fixture_store(f->r, &full);
    fixture_store(f->r, &other);
    struct hold_member m[] = {{.contact = full.key, .source = full.source}, {.contact = other.key, .source = full.source}};
    assert_int_equal(registry_hold_members(f->r, &matter_a, true, 1, 2, m, 2, &f->a, NULL), OK);
    assert_true(m[0].result == E_LIMIT && m[1].result == OK);
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
    assert_true(epoch(f) >= before + N);
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
        ON_MEMORY(test_moved_meanwhile),
        ON_MEMORY(test_first_contact_unknown),
        ON_MEMORY(test_no_room),
        ON_MEMORY(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
