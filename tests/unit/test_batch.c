/* What ingest writes together: counts, entries, many contacts on one chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/batch.h"
#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void thousands_of_contacts_in_several_batches(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    CLEANUP(buf_release) struct buf b;
    enum { N = 2 * BATCH_ARRIVALS_MAX + 500 };
    buf_init(&b, 16 << 20);
    for (int i = 0; i < N; i++) {
        struct arena one = w->a;
        arena_init(&w->a, 1 << 16);
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, YOUNG, NULL, NULL));
        arena_release(&w->a);
        w->a = one;
    }
    struct ingest_report r = centre_ingest(w, b.p);
    assert_int_equal(r.read, N);
    assert_int_equal(r.registered, N);
    assert_int_equal(centre_count(w, "REGISTERED"), 3);
    assert_int_equal(centre_chain(w, "c-4499").legs_n, 1);
    r = centre_ingest(w, b.p);
    assert_int_equal(r.duplicate, N);
    assert_int_equal(centre_count(w, "REGISTERED"), 3);
}

static void the_log_says_how_many_were_registered_and_no_id(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "secret-contact-id", NULL, YOUNG, NULL, NULL));
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++) {
        assert_false(str_contains(entries[i].body, "secret-contact-id"));
        if (str_is(entries[i].type, "REGISTERED"))
            assert_true(str_contains(entries[i].body, "\"n\":1"));
    }
}

static void several_deliveries_of_one_contact_in_one_batch(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%s%s%s", centre_record(w, "c-1", NULL, 12, NULL, NULL),
                                                        centre_record(w, "c-1", NULL, 10, NULL, NULL),
                                                        centre_record(w, "c-1", NULL, 11, NULL, NULL)).p);
    assert_int_equal(r.registered, 1);
    assert_int_equal(r.read, 3);
    assert_true(centre_chain(w, "c-1").legs[0].ended_ms == WORLD_NOW_MS - 10 * DAY_MS);
}

/* `n` recordings with long names, as the record's own member. */
static const char *recordings(struct world *w, int n)
{
    char name[1000];
    memset(name, 'x', sizeof name);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    buf_cstr(&b, ",\"Recordings\":[");
    for (int i = 0; i < n; i++)
        buf_fmt(&b, "%s{\"StorageType\":\"S3\",\"Location\":\"bucket/%d-%.*s\",\"MediaStreamType\":\"AUDIO\",\"Status\":\"AVAILABLE\"}",
                i ? "," : "", i, (int)sizeof name, name);
    buf_cstr(&b, "]");
    return arena_cstr(&w->a, buf_view(&b));
}

static struct str quarantined_why;
static void note_quarantine(void *ctx, const struct quarantine_line *line)
{
    struct world *w = ctx;
    quarantined_why = arena_str(&w->a, line->reason);
}

/* Rule: never a stop, never a skip. What holds and settlements need of a row is not filled by documents. */
static void what_is_too_large_is_put_aside_and_the_rest_goes_on(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *large = centre_record(w, "large", NULL, YOUNG, NULL, recordings(w, 330)); /* above 300 KB, below 380 */
    const char *documents = arena_fmt(&w->a, "%s%s%s", centre_record(w, "before", NULL, YOUNG, NULL, NULL), large,
                                      centre_record(w, "after", NULL, YOUNG, NULL, NULL)).p;
    struct ingest_report r = centre_ingest(w, documents);
    assert_int_equal(r.registered, 2);
    assert_int_equal(r.quarantined, 1);
    assert_int_equal(centre_chain(w, "large").version, 0);
    assert_int_equal(centre_chain(w, "after").legs_n, 1);
    const char *fits = centre_record(w, "large", NULL, YOUNG, NULL, recordings(w, 250));
    r = centre_ingest(w, fits);
    assert_int_equal(r.registered, 1);
    assert_true(centre_chain(w, "large").legs[0].locators_n >= 250);
    centre_hold(w, "CASE", "large"); /* there is room for it */
    assert_int_equal(centre_status(w, "large"), STATUS_LITIGATION_HOLD);
}

static void the_reason_names_the_size(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct batch b;
    struct ingest_report report = {.on_quarantine = note_quarantine, .ctx = w};
    batch_init(&b, w->e);
    b.now_ms = WORLD_NOW_MS;
    b.arrivals = ARENA_ARRAY(&b.a, struct arrival, 1);
    assert_non_null(b.arrivals);
    b.n = 1;
    struct arrival *x = &b.arrivals[0];
    x->source = STR(CENTRE_SOURCE);
    x->contact.facts = (struct leg){.id = STR("large"), .started_ms = WORLD_NOW_MS, .ended_ms = WORLD_NOW_MS};
    x->contact.facts.queue = (struct str){arena_alloc(&b.a, INGEST_BYTES_MAX), INGEST_BYTES_MAX};
    x->key = engine_contact_key(w->e, x->source, x->contact.facts.id);
    WORLD_OK(w, batch_flush(&b, STR("file"), &report, &w->err));
    assert_int_equal(report.quarantined, 1);
    assert_true(str_contains(quarantined_why, "larger than a registry row"));
    batch_release(&b);
}

/* More contacts of one chain than one group takes: in several passes of one batch, none put aside. */
static void many_contacts_of_one_chain(void **state)
{
    struct world *w = *state;
    enum { N = 150 };
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < N; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "leg-%d", i).p, i ? "leg-0" : NULL, YOUNG, NULL, NULL));
    struct ingest_report r = centre_ingest(w, b.p);
    assert_int_equal(r.registered, N);
    assert_int_equal(r.quarantined, 0);
    assert_int_equal(centre_chain(w, "leg-0").legs_n, N);
    assert_int_equal(centre_chain(w, "leg-149").legs_n, N);
}

/* Registered by itself, and by its next document part of another chain, in one batch: found there from now on. */
static void moved_within_one_batch(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *documents = arena_fmt(&w->a, "%s%s%s%s", centre_record(w, "first", NULL, 12, NULL, NULL),
                                      centre_record(w, "other", NULL, 12, NULL, NULL), centre_record(w, "leg", "first", 12, NULL, NULL),
                                      centre_record(w, "leg", "other", 10, NULL, NULL)).p;
    struct ingest_report r = centre_ingest(w, documents);
    assert_int_equal(r.registered, 3);
    assert_int_equal(centre_chain(w, "first").legs_n, 1);
    struct chain c = centre_chain(w, "leg");
    assert_int_equal(c.legs_n, 2);
    struct row_key other = centre_chain(w, "other").key;
    assert_true(row_key_eq(&c.key, &other));
}

/* One contact is a leg of another's chain, and a third names it as its first contact: its own row is made by the batch that
 * demands it absent. */
static void first_contact_that_is_a_leg_itself(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%s%s", centre_record(w, "b", "a", YOUNG, NULL, NULL),
                                                        centre_record(w, "c", "b", YOUNG, NULL, NULL)).p);
    assert_int_equal(r.registered, 2);
    struct chain b = centre_chain(w, "b"), c = centre_chain(w, "c");
    assert_true(b.legs_n == 1 && c.legs_n == 1);
    assert_false(row_key_eq(&b.key, &c.key));
}

/* A hold on a contact that others name as their first waits on their chain, and goes with it when it is registered elsewhere. */
static void hold_that_waits_on_the_chain_of_others(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "second", "first", YOUNG, NULL, NULL));
    centre_hold(w, "CASE", "first");
    assert_int_equal(centre_status(w, "second"), STATUS_LITIGATION_HOLD);
    centre_ingest(w, centre_record(w, "first", "elsewhere", YOUNG, NULL, NULL));
    struct chain c = centre_chain(w, "first");
    struct row_key second = centre_chain(w, "second").key;
    assert_false(row_key_eq(&c.key, &second));
    assert_int_equal(c.holds_n, 1);
    assert_int_equal(centre_status(w, "first"), STATUS_LITIGATION_HOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thousands_of_contacts_in_several_batches, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_log_says_how_many_were_registered_and_no_id, world_begin, world_end),
        cmocka_unit_test_setup_teardown(several_deliveries_of_one_contact_in_one_batch, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_is_too_large_is_put_aside_and_the_rest_goes_on, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_reason_names_the_size, world_begin, world_end),
        cmocka_unit_test_setup_teardown(many_contacts_of_one_chain, world_begin, world_end),
        cmocka_unit_test_setup_teardown(moved_within_one_batch, world_begin, world_end),
        cmocka_unit_test_setup_teardown(first_contact_that_is_a_leg_itself, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_that_waits_on_the_chain_of_others, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
