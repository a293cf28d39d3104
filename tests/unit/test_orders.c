/* One mechanism for one id or many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { YOUNG = 30 };

static void everything_in_the_way_is_named_before_it_begins(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "free-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "held-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "law-1", NULL, YOUNG, "financial_services", NULL));
    centre_hold(w, "CASE", "held-1");
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("because")};
    const char *ids[] = {"free-1", "held-1", "law-1", "nobody", "free-1"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        WORLD_OK(w, order_add(&order, str_of(ids[i]), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    assert_int_equal(order.held, 1);
    assert_int_equal(order.needs_decision, 1); /* the template's minimum is confirmed by nobody */
    assert_int_equal(order.unknown, 1);
    assert_int_equal(order.duplicate, 1);
    assert_int_equal(order.chains_n, 3);
    struct tally t = {.dry_run = false};
    WORLD_OK(w, order_run(w->e, &order, &o, &t, &w->a, &w->err));
    assert_int_equal(t.purged, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.needs_decision, 1);
    assert_int_equal(tally_exit(&t, true), 1);
}

static void ambiguous_id_needs_its_source(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    struct ingest_options other = {.format = STR("auto"), .source = STR("other-instance")};
    struct ingest_report r = {.read = 0};
    world_write(w, "one.json", centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    WORLD_OK(w, ingest_path(w->e, world_path(w, "one.json"), &other, &r, &w->err));
    assert_int_equal(r.registered, 1);
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.ambiguous_n, 1);
    assert_int_equal(t.purged, 0);
    t = centre_erase(w, &o, CENTRE_SOURCE "/c-1", NULL);
    assert_int_equal(t.purged, 1);
    o.source = STR("other-instance");
    t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 1);
}

static void dry_run_changes_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    struct order_options o = {.dry_run = true};
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.artefacts[OUT_PRESENT], 2);
    assert_true(centre_has_files(w, "c-1", YOUNG));
    assert_int_equal(centre_chain(w, "c-1").mandate.reason, REASON_NONE);
    assert_int_equal(centre_count(w, "REQUESTED"), 0);
}

static void id_too_long_is_refused(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct order order = {.ids_n = 0};
    char id[700];
    memset(id, 'x', sizeof id);
    assert_int_equal(order_add(&order, (struct str){id, sizeof id}, &w->a, &w->err), E_INVALID);
    WORLD_OK(w, order_add(&order, STR(""), &w->a, &w->err));
    assert_int_equal(order.ids_n, 0);
    WORLD_OK(w, order_add(&order, STR(" x "), &w->a, &w->err));
    assert_int_equal(order.ids_n, 1);
    assert_true(str_is(order.ids[0].given, " x ")); /* opaque: never trimmed */
}

static void live_contact_is_not_erased(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"live-1\",\"InitialContactId\":null,"
        "\"InstanceARN\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\",\"Channel\":\"VOICE\","
        "\"InitiationTimestamp\":\"2026-11-21T01:55:00Z\",\"DisconnectTimestamp\":null,"
        "\"LastUpdateTimestamp\":\"2026-11-21T01:56:00Z\",\"Attributes\":{}}");
    assert_int_equal(centre_status(w, "live-1"), STATUS_OPEN);
    struct order_options o = {.note = STR("x")};
    struct tally t = centre_erase(w, &o, "live-1", NULL);
    assert_int_equal(t.purged, 0);
    assert_int_equal(t.retained, 1);
}

static void the_log_names_who_and_how_many_but_no_id_and_no_reason(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "secret-id", NULL, YOUNG, NULL, NULL));
    struct order_options o = {.note = STR("secret-reason")};
    centre_erase(w, &o, "secret-id", NULL);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_int_equal(centre_count(w, "REQUESTED"), 1);
    for (size_t i = 0; i < n; i++) {
        assert_false(str_contains(entries[i].body, "secret-id"));
        assert_false(str_contains(entries[i].body, "secret-reason"));
        assert_true(str_contains(entries[i].body, "\"actor\":\"os:") || str_is(entries[i].type, "POLICY_CHANGED"));
    }
}

static void a_clock_set_back_is_refused_before_anything_is_written(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    centre_erase(w, &o, "c-1", NULL);
    world_reopen(w, WORLD_NOW_MS - DAY_MS, OPEN_STORES | OPEN_WRITE);
    w->e->test_clock = false; /* as on a production registry */
    struct order order = {.ids_n = 0};
    WORLD_OK(w, order_add(&order, STR("c-1"), &w->a, &w->err));
    assert_int_equal(order_look_up(w->e, &order, &o, &w->a, &w->err), E_DENIED);
    o.dry_run = true; /* writes nothing */
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
}

static void what_is_going_on_is_not_said_to_be_kept_by_law(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"live-1\",\"InitialContactId\":null,"
        "\"InstanceARN\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\",\"Channel\":\"VOICE\","
        "\"InitiationTimestamp\":\"2026-11-21T01:55:00Z\",\"DisconnectTimestamp\":null,"
        "\"LastUpdateTimestamp\":\"2026-11-21T01:56:00Z\",\"Attributes\":{}}");
    struct order_options o = {.note = STR("x"), .dry_run = true};
    struct order order = {.ids_n = 0};
    WORLD_OK(w, order_add(&order, STR("live-1"), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    assert_int_equal(order.open, 1);
    assert_int_equal(order.retained, 0);
}

/* The order's record: how many it named, how many it purged; and which of them are gone already is known beforehand. */
static void the_record_of_an_order_adds_up(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, YOUNG, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    centre_erase(w, &o, "c-1", NULL);
    struct order order = {.ids_n = 0};
    WORLD_OK(w, order_add(&order, STR("c-2"), &w->a, &w->err));
    WORLD_OK(w, order_add(&order, STR("c-1"), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    assert_int_equal(order.chains_n, 2);
    assert_false(order.erased[0]);
    assert_true(order.erased[1]);
    struct tally t = {.dry_run = false};
    struct run_record r;
    WORLD_OK(w, order_run(w->e, &order, &o, &t, &w->a, &w->err));
    WORLD_OK(w, run_get(w->e, t.run, &w->a, &r, &w->err));
    assert_int_equal(r.planned, 2);
    assert_int_equal(r.worked, 2);
    assert_int_equal(r.purged, 1);
    assert_int_equal(r.ids, 1); /* one more towards this actor's day */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_in_the_way_is_named_before_it_begins, world_begin, world_end),
        cmocka_unit_test_setup_teardown(ambiguous_id_needs_its_source, world_begin, world_end),
        cmocka_unit_test_setup_teardown(dry_run_changes_nothing, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_clock_set_back_is_refused_before_anything_is_written, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_is_going_on_is_not_said_to_be_kept_by_law, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_record_of_an_order_adds_up, world_begin, world_end),
        cmocka_unit_test_setup_teardown(id_too_long_is_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(live_contact_is_not_erased, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_log_names_who_and_how_many_but_no_id_and_no_reason, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
