/* `verify`: what should be gone is read back; nothing is changed, and nothing is claimed to be gone that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "tests/lib/centre.h"

enum { DAYS = 30 };

struct seen {
    size_t n;
    struct visit_result last;
    char why[160];
};

static void on_contact(void *ctx, const struct visit_result *r)
{
    struct seen *s = ctx;
    s->n++;
    s->last = *r;
    size_t n = r->why.n < sizeof s->why - 1 ? r->why.n : sizeof s->why - 1;
    memcpy(s->why, r->why.p ? r->why.p : "", n);
    s->why[n] = '\0';
}

static struct tally verify(struct world *w, struct verify_options o, struct seen *seen)
{
    struct tally t = {.on_contact = on_contact, .ctx = seen};
    *seen = (struct seen){.n = 0};
    WORLD_OK(w, verify_run(w->e, &o, &t, &w->a, &w->err));
    return t;
}

static struct row_key erased(struct world *w, const char *id)
{
    struct order_options o = {.wait_ms = 0};
    centre_ingest(w, centre_record(w, id, NULL, DAYS, NULL, NULL));
    centre_files(w, id, DAYS);
    struct row_key key = centre_chain(w, id).key;
    struct tally t = centre_erase(w, &o, id, NULL);
    assert_int_equal(t.purged, 1);
    return key;
}

static void test_gone_reads_back_as_gone(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key key = erased(w, "c-1");
    size_t before = centre_count(w, "VERIFIED");
    struct tally t = verify(w, (struct verify_options){.chains = &key, .chains_n = 1}, &seen);
    assert_int_equal(t.considered, 1);
    assert_int_equal(t.purged, 1);
    assert_int_equal(centre_count(w, "VERIFIED"), before + 1);
}

static void test_what_came_back_is_risen_not_erased(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key key = erased(w, "c-1");
    size_t intents = centre_count(w, "INTENT");
    centre_files(w, "c-1", DAYS); /* a restore brought it back */
    struct tally t = verify(w, (struct verify_options){.chains = &key, .chains_n = 1}, &seen);
    assert_int_equal(t.purged, 0);
    assert_true(centre_has_files(w, "c-1", DAYS)); /* verify itself changes nothing */
    assert_int_equal(centre_count(w, "INTENT"), intents);
    assert_int_equal(centre_count(w, "RISEN"), 1);
}

static void test_what_is_not_erased_is_not_touched(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-2", NULL, 5000, NULL, NULL)); /* long due */
    centre_files(w, "c-2", 5000);
    struct row_key key = centre_chain(w, "c-2").key;
    uint64_t version = centre_chain(w, "c-2").version;
    struct tally t = verify(w, (struct verify_options){.chains = &key, .chains_n = 1, .due = true}, &seen);
    assert_int_equal(t.considered, 1);
    assert_int_equal(t.purged, 0);
    assert_int_equal(seen.last.did, VISIT_KEPT);
    assert_non_null(strstr(seen.why, "is not erased"));
    assert_true(centre_has_files(w, "c-2", 5000));
    assert_int_equal(centre_chain(w, "c-2").version, version);
}

/* Without the ledger nobody knows what to look for: to find nothing would mean nothing. */
static void test_without_ledger_nothing_is_said(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key key = erased(w, "c-1");
    struct row row = {
        .table = TABLE_LEDGER, .op = ROW_REMOVE, .key = {(const char *)key.b, ROW_KEY_BYTES}, .version = VERSION_ANY};
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    size_t before = centre_count(w, "VERIFIED");
    struct tally t = verify(w, (struct verify_options){.chains = &key, .chains_n = 1}, &seen);
    assert_int_equal(t.purged, 0);
    assert_non_null(strstr(seen.why, "ledger has ended"));
    assert_int_equal(centre_count(w, "VERIFIED"), before);
}

static void test_due(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    erased(w, "c-1");
    struct tally t = verify(w, (struct verify_options){.due = true}, &seen);
    assert_int_equal(t.considered, 0);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    t = verify(w, (struct verify_options){.due = true}, &seen);
    assert_int_equal(t.considered, 1);
    assert_int_equal(t.purged, 1);
    t = verify(w, (struct verify_options){.due = true}, &seen);
    assert_int_equal(t.considered, 0);
}

static void test_sample(void **state)
{
    static const char *const ids[] = {"c-1", "c-2", "c-3"};
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct tally t = verify(w, (struct verify_options){.sample = 2}, &seen);
    assert_int_equal(t.considered, 0);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        erased(w, ids[i]);
    t = verify(w, (struct verify_options){.sample = 2}, &seen);
    assert_int_equal(t.considered, 2);
    assert_int_equal(t.purged, 2);
    t = verify(w, (struct verify_options){.sample = 100}, &seen);
    assert_int_equal(t.considered, 3);
}

/* The probe reads back what was erased before the last day, once a day, and leaves the second look where it is planned. */
static void test_probe(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false); /* now the stores are known: none is later than what is erased */
    erased(w, "c-1");
    size_t before = centre_count(w, "VERIFIED");
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "VERIFIED"), before); /* erased today: nothing to ask yet */
    world_reopen(w, WORLD_NOW_MS + DAY_MS + 1, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "VERIFIED"), before + 2); /* the second look, and the probe */
    assert_true(centre_chain(w, "c-1").verified_again_ms != TIME_NONE);
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "VERIFIED"), before + 2);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    centre_files(w, "c-1", DAYS); /* somebody restored a backup and told nobody */
    world_reopen(w, WORLD_NOW_MS + 62 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "RISEN"), 1);
    world_reopen(w, WORLD_NOW_MS + 63 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_false(centre_has_files(w, "c-1", DAYS));
}

/* A look in between that could not be finished takes nothing back. */
static void test_a_store_away_does_not_unpurge(void **state)
{
    struct world *w = *state;
    struct seen seen;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct row_key key = erased(w, "c-1");
    int64_t next = centre_chain(w, "c-1").next_ms;
    verify(w, (struct verify_options){.chains = &key, .chains_n = 1}, &seen);
    assert_int_equal(centre_chain(w, "c-1").next_ms, next); /* the second look stays where it is planned */
    assert_true(centre_chain(w, "c-1").verified_again_ms == TIME_NONE);
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_STORE, STR("other"), STR("found 2026-11-20T00:00:00Z"), 0, NULL, &w->err));
    world_reopen(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE);
    size_t before = centre_count(w, "VERIFIED");
    verify(w, (struct verify_options){.chains = &key, .chains_n = 1}, &seen);
    assert_int_equal(centre_count(w, "VERIFIED"), before);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_probe, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_a_store_away_does_not_unpurge, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_gone_reads_back_as_gone, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_what_came_back_is_risen_not_erased, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_what_is_not_erased_is_not_touched, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_without_ledger_nothing_is_said, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_due, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_sample, world_begin, world_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
