#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/housekeeping.h"
#include "engine/holds.h"
#include "engine/journal.h"
#include "engine/ledger.h"
#include "tests/lib/centre.h"

/* Erased and read back twice, its store's backups 35 days old at most. */
static void erase_one(struct world *w)
{
    world_edit(w, "expunge.yaml", "# backup_age: P35D", "backup_age: P35D");
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    centre_arm(w);
    centre_purge(w, false);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_GONE);
}

static bool has_ledger(struct world *w)
{
    struct ledger l;
    struct chain c = centre_chain(w, "c-1");
    return ledger_get(w->e, &c.key, &w->a, &l, &w->err) == OK;
}

static uint64_t at(struct world *w, int days, enum status (*part)(struct engine *e, uint64_t *n, struct err *err))
{
    uint64_t n = 0;
    world_reopen(w, WORLD_NOW_MS + days * DAY_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, part(w->e, &n, &w->err));
    return n;
}

static void test_ledger(void **state)
{
    struct world *w = *state;
    erase_one(w);
    assert_int_equal(at(w, 30, housekeeping_ledger), 0);
    assert_true(has_ledger(w));
    centre_hold(w, "CASE-7", "c-1");
    assert_int_equal(at(w, 50, housekeeping_ledger), 0); /* a matter may still ask */
    assert_true(has_ledger(w));
}

static void test_ledger_ends(void **state)
{
    struct world *w = *state;
    erase_one(w);
    assert_int_equal(at(w, 50, housekeeping_ledger), 1);
    assert_false(has_ledger(w));
    assert_int_equal(at(w, 51, housekeeping_ledger), 0);
}

static void test_unknown_backups_keep_the_ledger(void **state)
{
    struct world *w = *state;
    erase_one(w);
    world_edit(w, "expunge.yaml", "backup_age: P35D", "# backup_age: P35D");
    assert_int_equal(at(w, 900, housekeeping_ledger), 0);
}

static void test_openings(void **state)
{
    struct world *w = *state;
    struct opening o;
    erase_one(w);
    struct chain c = centre_chain(w, "c-1");
    WORLD_OK(w, opening_get(w->e, &c.key, &w->a, &o, &w->err));
    assert_int_equal(at(w, 365, housekeeping_openings), 0);
    assert_int_equal(at(w, 3 * 366, housekeeping_openings), 1);
    assert_int_equal(opening_get(w->e, &c.key, &w->a, &o, &w->err), E_ABSENT);
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 1);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        assert_false(row_key_eq(&entries[i].subject, &c.key)); /* nothing says whose they are */
    assert_int_equal(at(w, 3 * 366 + 1, housekeeping_openings), 0);
}

/* What was looked at is behind the others from then on; a chain written anew since stands in front again, to no effect. */
static void test_nothing_is_looked_at_twice(void **state)
{
    struct world *w = *state;
    struct queue_query q = {.queue = QUEUE_GONE, .category = GONE_WITH_OPENING, .until_ms = INT64_MAX};
    struct queue_line *lines;
    size_t n;
    erase_one(w);
    assert_int_equal(at(w, 3 * 366, housekeeping_openings), 1);
    struct chain c = centre_chain(w, "c-1");
    assert_true(c.queue == QUEUE_GONE && c.queue_category == GONE_OPENING_DESTROYED);
    WORLD_OK(w, registry_queue(w->e->registry, &q, 10, &w->a, &lines, &n, &w->err));
    assert_int_equal(n, 0);
    struct row row;
    c.queue_category = GONE_WITH_OPENING;
    WORLD_OK(w, registry_chain_row(&c, &w->a, &row, &w->err));
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    assert_int_equal(at(w, 3 * 366 + 1, housekeeping_openings), 0);
    assert_int_equal(centre_chain(w, "c-1").queue_category, GONE_OPENING_DESTROYED);
    assert_int_equal(centre_count(w, "OPENING_DESTROYED"), 1);
    assert_int_equal(at(w, 8 * 366, housekeeping_tombstones), 1); /* wherever it stands */
}

/* Kept while a matter covers the chain, and destroyed once it was released. */
static void test_a_matter_keeps_the_opening(void **state)
{
    struct world *w = *state;
    struct opening o;
    erase_one(w);
    centre_hold(w, "CASE-7", "c-1");
    struct chain c = centre_chain(w, "c-1");
    assert_int_equal(at(w, 3 * 366, housekeeping_openings), 0);
    assert_int_equal(at(w, 4 * 366, housekeeping_openings), 0);
    WORLD_OK(w, opening_get(w->e, &c.key, &w->a, &o, &w->err));
    uint64_t freed, still;
    WORLD_OK(w, hold_release(w->e, STR("CASE-7"), STR("over"), &w->a, &freed, &still, &w->err));
    assert_int_equal(at(w, 5 * 366, housekeeping_openings), 1);
    assert_int_equal(opening_get(w->e, &c.key, &w->a, &o, &w->err), E_ABSENT);
}

static void test_tombstones(void **state)
{
    struct world *w = *state;
    erase_one(w);
    assert_int_equal(at(w, 3 * 366, housekeeping_tombstones), 0);
    assert_int_equal(at(w, 8 * 366, housekeeping_tombstones), 1);
    assert_int_equal(centre_chain(w, "c-1").version, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_ledger), IN_WORLD(test_ledger_ends), IN_WORLD(test_unknown_backups_keep_the_ledger),
                                       IN_WORLD(test_openings), IN_WORLD(test_nothing_is_looked_at_twice),
                                       IN_WORLD(test_a_matter_keeps_the_opening), IN_WORLD(test_tombstones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
