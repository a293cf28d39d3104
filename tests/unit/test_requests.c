/* test_requests.c - a request received, verified, extended, refused, withdrawn. */
#include "engine/request_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static void it_gets_a_reference_and_its_dates(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true), second = asking_open(w, REGIME_CCPA, false);
    assert_true(str_is(q.id, "R-2026-000001"));
    assert_true(str_is(second.id, "R-2026-000002"));
    assert_int_equal(q.state, REQUEST_ASSESSING);
    assert_int_equal(second.state, REQUEST_VERIFYING);
    struct request_clock clock = request_clock_of(REGIME_GDPR, q.received_ms, w->e->config.zone);
    q = asking_read(w, q.id);
    assert_int_equal(q.due_ms, clock.due_ms);
    assert_true(str_is(q.identifiers[0].value, ASKING_PHONE));
    assert_int_equal(q.subjects_n, 1);
    assert_int_not_equal(asking_read(w, second.id).acknowledge_ms, TIME_NONE);
    assert_int_equal(centre_count(w, "REQUESTED"), 4); /* received, and the state it went to */
}

static void no_identifier_is_readable_at_rest(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    struct str body;
    uint64_t version;
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_REQUEST, (struct str){(const char *)q.key.b, ROW_KEY_BYTES}, &w->a, &body, &version, &w->err));
    assert_int_equal(version, 1);
    assert_false(str_contains(body, "2079460123"));
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        assert_false(str_contains(entries[i].body, "2079460123"));
}

static enum status open_with(struct world *w, struct request_order o)
{
    struct request q;
    return request_open(w->e, &o, &w->a, &q, &w->err);
}

static void it_states_what_it_must(void **state)
{
    struct world *w = *state;
    struct identifier x = {.type = SUBJECT_EMAIL, .value = STR("a@b.example"), .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct request_order good = {.regime = REGIME_GDPR, .received_ms = WORLD_NOW_MS, .identifiers = &x, .identifiers_n = 1}, o = good;
    o.regime = REGIME_NONE;
    assert_int_equal(open_with(w, o), E_INVALID);
    o = good;
    o.identifiers_n = 0;
    assert_int_equal(open_with(w, o), E_INVALID);
    o = good;
    o.received_ms = WORLD_NOW_MS + DAY_MS;
    assert_int_equal(open_with(w, o), E_INVALID);
    o.received_ms = TIME_NONE;
    assert_int_equal(open_with(w, o), E_INVALID);
    WORLD_OK(w, open_with(w, good));
}

static void identity_comes_before_everything(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, false);
    assert_int_equal(asking_try(w, q.id, &q), E_DENIED);
    q = asking_read(w, STR("R-2026-000001"));
    assert_int_equal(request_decide_candidates(w->e, q.id, NULL, 0, true, &w->a, &q, &w->err), E_DENIED);
    assert_int_equal(request_verify(w->e, STR("R-2026-000001"), STR(" "), &w->a, &q, &w->err), E_INVALID);
    WORLD_OK(w, request_verify(w->e, STR("R-2026-000001"), STR("callback"), &w->a, &q, &w->err));
    assert_int_equal(q.state, REQUEST_ASSESSING);
    assert_true(str_is(asking_read(w, q.id).identity_checked, "callback"));
}

static void it_is_extended_once_and_in_time(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    int64_t due = q.due_ms;
    assert_int_equal(request_extend(w->e, q.id, STR(""), &w->a, &w->err), E_INVALID);
    WORLD_OK(w, request_extend(w->e, q.id, STR("many contacts"), &w->a, &w->err));
    q = asking_read(w, q.id);
    assert_int_equal(q.due_ms, request_clock_of(REGIME_GDPR, q.received_ms, w->e->config.zone).extended_due_ms);
    assert_true(q.due_ms > due);
    assert_int_equal(request_extend(w->e, q.id, STR("more"), &w->a, &w->err), E_DENIED);
    struct request late = asking_open(w, REGIME_GDPR, true);
    world_reopen(w, WORLD_NOW_MS + 40 * DAY_MS, OPEN_WRITE);
    assert_int_equal(request_extend(w->e, late.id, STR("many contacts"), &w->a, &w->err), E_DENIED);
}

static void refused_it_forgets_the_person(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    WORLD_OK(w, request_refuse(w->e, q.id, STR("manifestly excessive"), &w->a, &w->err));
    q = asking_read(w, q.id);
    assert_int_equal(q.state, REQUEST_REFUSED);
    assert_true(str_is(q.refused_why, "manifestly excessive"));
    assert_false(q.identifiers[0].value.n);
    assert_int_equal(q.identifiers[0].type, SUBJECT_PHONE);
    assert_int_equal(request_refuse(w->e, q.id, STR("again"), &w->a, &w->err), E_INVALID);
    assert_int_equal(request_extend(w->e, q.id, STR("again"), &w->a, &w->err), E_INVALID);
    assert_int_equal(request_refuse(w->e, STR("R-2026-999999"), STR("x"), &w->a, &w->err), E_ABSENT);
}

/* Claimed by nobody, nothing sent: what a request began is taken back from its contacts. */
static void withdrawn_it_lets_go_of_its_contacts(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    asking_confirm(w, q.id);
    q = asking_read(w, q.id);
    struct row_key key = centre_chain(w, "c-1").key;
    WORLD_OK(w, request_accept(w->e, &q, &key, 1, STR("run"), &w->err));
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_REQUEST);
    WORLD_OK(w, request_withdraw(w->e, q.id, &w->a, &w->err));
    assert_int_equal(asking_read(w, q.id).state, REQUEST_WITHDRAWN);
    assert_int_equal(centre_chain(w, "c-1").mandate.reason, REASON_NONE);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_DUE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_gets_a_reference_and_its_dates), TEST(no_identifier_is_readable_at_rest), TEST(it_states_what_it_must),
        TEST(identity_comes_before_everything), TEST(it_is_extended_once_and_in_time), TEST(refused_it_forgets_the_person),
        TEST(withdrawn_it_lets_go_of_its_contacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
