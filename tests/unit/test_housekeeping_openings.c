/* test_housekeeping_openings.c - openings of matters and requests reach their end, with their own entry, and no sooner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/audit_view.h"
#include "engine/holds.h"
#include "engine/housekeeping.h"
#include "engine/journal.h"
#include "engine/logbook.h"
#include "tests/lib/asking.h"

static uint64_t at(struct world *w, int days, enum status (*part)(struct engine *e, uint64_t *n, struct err *err))
{
    uint64_t n = 0;
    world_reopen(w, WORLD_NOW_MS + days * DAY_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, part(w->e, &n, &w->err));
    return n;
}

static bool has_opening(struct world *w, const struct row_key *owner)
{
    struct opening o;
    enum status s = opening_get(w->e, owner, &w->a, &o, &w->err);
    assert_true(s == OK || s == E_ABSENT);
    return s == OK;
}

/* Entries that still name this owner. */
static size_t entries_of(struct world *w, const struct row_key *owner)
{
    size_t n, found = 0;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        found += row_key_eq(&entries[i].subject, owner);
    return found;
}

static void verifies(struct world *w, uint64_t destroyed)
{
    struct audit_check check;
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    if (!check.ok)
        fail_msg("%.*s", STR_ARG(check.why));
    assert_int_equal(check.openings.destroyed, destroyed);
    assert_int_equal(check.openings.missing, 0);
}

static struct row_key matter_key(struct world *w)
{
    WORLD_OK(w, engine_holds(w->e, NULL, &w->err));
    assert_true(w->e->holds_n > 0);
    return w->e->holds[0].matter;
}

static void release(struct world *w, int days)
{
    uint64_t freed, still;
    world_reopen(w, WORLD_NOW_MS + days * DAY_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, hold_release(w->e, STR("CASE-7"), STR("closed"), &w->a, &freed, &still, &w->err));
}

static void test_a_matter_in_force_is_kept(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct row_key matter = matter_key(w);
    assert_int_equal(at(w, 20 * 366, housekeeping_matters), 0);
    assert_true(has_opening(w, &matter) && entries_of(w, &matter) > 0);
}

static void test_a_matter_ends_three_years_after_its_last_release(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 10, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct row_key matter = matter_key(w);
    release(w, 100);
    centre_hold(w, "CASE-7", "c-2"); /* once more: the first release is not its last */
    assert_int_equal(at(w, 100 + 4 * 366, housekeeping_matters), 0);
    release(w, 100 + 4 * 366);
    size_t named = entries_of(w, &matter);
    assert_int_equal(at(w, 100 + 4 * 366 + 3 * 365, housekeeping_matters), 0);
    assert_true(has_opening(w, &matter));
    assert_int_equal(at(w, 100 + 4 * 366 + 3 * 366, housekeeping_matters), 1);
    assert_false(has_opening(w, &matter));
    assert_true(named >= 4);
    assert_int_equal(entries_of(w, &matter), 0);
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 1);
    verifies(w, named);
    assert_int_equal(at(w, 100 + 4 * 366 + 3 * 366 + 1, housekeeping_matters), 0);
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 1);
}

/* The same case, years later: new secrets, nothing of the old. */
static void test_a_matter_may_come_again(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct row_key matter = matter_key(w);
    release(w, 1);
    assert_int_equal(at(w, 4 * 366, housekeeping_matters), 1);
    centre_hold(w, "CASE-7", "c-1");
    assert_true(has_opening(w, &matter));
    assert_int_equal(at(w, 8 * 366, housekeeping_matters), 0);
}

static void test_requests(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    struct request open = asking_open(w, REGIME_GDPR, true), refused = asking_open(w, REGIME_GDPR, true);
    struct request withdrawn = asking_open(w, REGIME_GDPR, true);
    WORLD_OK(w, request_refuse(w->e, refused.id, STR("identity not shown"), &w->a, &w->err));
    WORLD_OK(w, request_withdraw(w->e, withdrawn.id, &w->a, &w->err));
    size_t named = entries_of(w, &refused.key) + entries_of(w, &withdrawn.key);
    assert_true(named > 2);
    assert_int_equal(at(w, 3 * 365, housekeeping_requests), 0);
    assert_int_equal(at(w, 3 * 366, housekeeping_requests), 2);
    assert_true(has_opening(w, &open.key)); /* still waits for its answer */
    assert_false(has_opening(w, &refused.key) || has_opening(w, &withdrawn.key));
    assert_int_equal(entries_of(w, &refused.key) + entries_of(w, &withdrawn.key), 0);
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 1);
    assert_int_equal(at(w, 3 * 366 + 1, housekeeping_requests), 0);
    verifies(w, 0); /* entries of requests commit to no chain and no matter */
}

/* Somebody writes one of them meanwhile: nothing of the group is done, and nothing is said to be. */
static void test_what_is_being_written_is_left_alone(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_hold(w, "CASE-7", "c-1");
    struct row_key matter = matter_key(w);
    struct row rows[2];
    struct row_key owners[2];
    struct openings_due due = {.rows = rows, .owners = owners, .until_ms = WORLD_NOW_MS};
    WORLD_OK(w, opening_due(w->e, &matter, &w->a, &due, &w->err));
    assert_true(due.n == 1 && due.rows_n == 1);
    struct row_key nobody = {{9}};
    WORLD_OK(w, opening_due(w->e, &nobody, &w->a, &due, &w->err));
    assert_true(due.n == 1 && due.rows_n == 1);
    rows[0].version++;
    WORLD_OK(w, openings_destroy(w->e, &due, &w->a, &w->err));
    assert_int_equal(due.destroyed, 0);
    assert_true(has_opening(w, &matter));
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_matter_in_force_is_kept),
        IN_WORLD(test_a_matter_ends_three_years_after_its_last_release),
        IN_WORLD(test_a_matter_may_come_again),
        IN_WORLD(test_requests),
        IN_WORLD(test_what_is_being_written_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
