#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/contact_view.h"
#include "tests/lib/centre.h"

static struct decision explain(struct world *w, const char *id, const char *as)
{
    struct decision d;
    struct chain c = centre_chain(w, id);
    WORLD_OK(w, contact_explain(w->e, &c.key, str_of(as), &w->a, &d, &w->err));
    return d;
}

static void test_schedule_and_requests(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "young", NULL, 10, NULL, NULL));
    centre_ingest(w, centre_record(w, "old", NULL, 900, NULL, NULL));
    centre_ingest(w, centre_record(w, "bank", NULL, 10, "financial_services", NULL));
    assert_int_equal(explain(w, "young", NULL).verdict, VERDICT_KEEP);
    assert_int_equal(explain(w, "old", NULL).verdict, VERDICT_ERASE);
    assert_int_equal(explain(w, "young", "order").verdict, VERDICT_ERASE);
    assert_int_equal(explain(w, "young", "ccpa").verdict, VERDICT_ERASE);
    assert_int_equal(explain(w, "bank", "gdpr").verdict, VERDICT_NEEDS_DECISION); /* nobody confirmed the minimum */
    assert_int_equal(explain(w, "bank", "ccpa").verdict, VERDICT_ERASE);          /* it does not resist that regime */
    assert_int_equal(explain(w, "bank", "schedule").verdict, VERDICT_KEEP);
    struct decision d = explain(w, "old", "schedule");
    assert_true(d.because_n >= 4);
    assert_true(str_is(d.because[d.because_n - 1].value, "erase"));
}

static void test_held_and_bad_words(void **state)
{
    struct world *w = *state;
    struct decision d;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    assert_int_equal(explain(w, "c-1", "order").verdict, VERDICT_HELD);
    struct chain c = centre_chain(w, "c-1");
    assert_int_equal(contact_explain(w->e, &c.key, STR("hipaa"), &w->a, &d, &w->err), E_INVALID);
    assert_non_null(strstr(w->err.text, "gdpr"));
    c.key.b[0] ^= 1;
    assert_int_equal(contact_explain(w->e, &c.key, STR_NONE, &w->a, &d, &w->err), E_ABSENT);
}

static void test_now(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "young", NULL, 10, NULL, NULL));
    world_reopen(w, WORLD_NOW_MS + 3 * 366 * DAY_MS, 0);
    assert_int_equal(explain(w, "young", NULL).verdict, VERDICT_ERASE);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_schedule_and_requests), IN_WORLD(test_held_and_bad_words), IN_WORLD(test_now)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
