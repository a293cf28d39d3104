#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/contact_view.h"
#include "tests/lib/asking.h"

static struct found_contact which(struct world *w, const char *id)
{
    struct found_contact *found;
    size_t n;
    WORLD_OK(w, engine_resolve(w->e, str_of(id), STR_NONE, &w->a, &found, &n, &w->err));
    assert_int_equal(n, 1);
    return found[0];
}

static struct contact_view view_of(struct world *w, const char *id, bool see)
{
    struct contact_view v;
    struct found_contact x = which(w, id);
    WORLD_OK(w, contact_view(w->e, &x, see, &w->a, &v, &w->err));
    return v;
}

static void test_active(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 99, NULL, NULL));
    struct contact_view v = view_of(w, "c-2", true);
    assert_true(str_is(v.id, "c-2") && str_is(v.source, CENTRE_SOURCE));
    assert_int_equal(v.ids_n, 2);
    assert_true(str_is(v.category, "standard_support"));
    assert_int_equal(v.status, STATUS_ACTIVE);
    assert_true(v.anchor_ms == WORLD_NOW_MS - 99 * DAY_MS && v.anchor_ms == v.leg.ended_ms);
    assert_true(v.due_ms == period_add_back(v.anchor_ms, &(struct period){.years = 2, .set = true}, zone_utc()));
    assert_int_equal(v.keep_until_ms, TIME_NONE);
    assert_int_equal(v.holds_n + v.past_holds_n + v.requests_n + v.artefacts_n + v.related_n, 0);
}

static void test_held(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct contact_view v = view_of(w, "c-1", true);
    assert_int_equal(v.status, STATUS_LITIGATION_HOLD);
    assert_int_equal(v.holds_n, 1);
    assert_true(str_is(v.holds[0].matter, "CASE-7") && v.holds[0].since_ms == WORLD_NOW_MS);
    v = view_of(w, "c-1", false);
    assert_int_equal(v.holds_n, 1);
    assert_null(v.holds[0].matter.p); /* rule 2.14 */
    assert_int_equal(v.holds[0].released_ms, TIME_NONE);
}

static void test_erased(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
    struct contact_view v = view_of(w, "c-1", true);
    assert_int_equal(v.status, STATUS_PURGED);
    assert_int_equal(v.ids_n, 1);
    assert_true(str_is(v.ids[0], "c-1"));
    assert_int_equal(v.artefacts_n, 2);
    assert_int_equal(v.artefacts[0].outcome, OUT_GONE);
    struct str hash = artefact_locator_hash(w->e, &v.artefacts[0], &w->a);
    assert_int_equal(hash.n, 32);
    assert_false(str_eq(hash, artefact_locator_hash(w->e, &v.artefacts[1], &w->a)));
}

static void test_absent(void **state)
{
    struct world *w = *state;
    struct contact_view v;
    struct found_contact nobody = {.source = STR("x"), .id = STR("y"), .chain = {{1}}};
    assert_int_equal(contact_view(w->e, &nobody, true, &w->a, &v, &w->err), E_ABSENT);
}

static void test_requests_that_stand(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE | OPEN_STORES);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    struct request q = asking_open(w, REGIME_GDPR, true), other;
    WORLD_OK(w, request_propose(w->e, q.id, &w->a, &other, &w->err));
    assert_int_equal(view_of(w, "c-1", true).requests_n, 0); /* only proposed */
    asking_confirm(w, q.id);
    struct contact_view v = view_of(w, "c-1", true);
    assert_int_equal(v.requests_n, 1);
    assert_true(str_eq(v.requests[0], q.id));
    WORLD_OK(w, request_withdraw(w->e, q.id, &w->a, &w->err));
    assert_int_equal(view_of(w, "c-1", true).requests_n, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_active), IN_WORLD(test_held), IN_WORLD(test_erased), IN_WORLD(test_absent), IN_WORLD(test_requests_that_stand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
