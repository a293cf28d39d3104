/* test_request_accept.c - the duty written into chains, and taken back. */
#include "engine/request_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static void the_duty_is_written_down(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_CCPA, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    struct row_key keys[] = {centre_chain(w, "c-1").key, {{9}}}; /* the second is no chain */
    WORLD_OK(w, request_accept(w->e, &q, keys, 2, STR("run-1"), &w->err));
    struct chain c = centre_chain(w, "c-1");
    assert_int_equal(c.mandate.reason, REASON_CCPA_ERASURE);
    assert_true(str_eq(c.mandate.request_id, q.id));
    assert_true(str_is(c.mandate.regime, "ccpa"));
    assert_true(str_is(c.mandate.run_id, "run-1"));
    assert_int_equal(c.mandate.deadline_ms, q.due_ms);
    assert_int_equal(c.queue, QUEUE_REQUEST);
    assert_int_equal(c.queue_time_ms, q.due_ms);
}

static void the_first_request_keeps_its_contact(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true), second = asking_open(w, REGIME_GDPR, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    struct row_key key = centre_chain(w, "c-1").key;
    WORLD_OK(w, request_accept(w->e, &q, &key, 1, STR("run-1"), &w->err));
    uint64_t version = centre_chain(w, "c-1").version;
    WORLD_OK(w, request_accept(w->e, &second, &key, 1, STR("run-2"), &w->err));
    WORLD_OK(w, request_revoke(w->e, &second, &key, 1, &w->err)); /* not its own */
    assert_int_equal(centre_chain(w, "c-1").version, version);
    assert_true(str_eq(centre_chain(w, "c-1").mandate.request_id, q.id));
    WORLD_OK(w, request_revoke(w->e, &q, &key, 1, &w->err));
    assert_int_equal(centre_chain(w, "c-1").mandate.reason, REASON_NONE);
}

static void a_held_contact_waits_with_its_duty(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    centre_hold(w, "M-1", "c-1");
    struct row_key key = centre_chain(w, "c-1").key;
    WORLD_OK(w, request_accept(w->e, &q, &key, 1, STR("run-1"), &w->err));
    assert_int_equal(centre_chain(w, "c-1").mandate.reason, REASON_GDPR_ERASURE);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_PARKED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(the_duty_is_written_down), TEST(the_first_request_keeps_its_contact), TEST(a_held_contact_waits_with_its_duty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
