/* Files, folders and streams of documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void bad_documents_are_quarantined_and_cost_no_other(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%s{\"ContactId\": 12,,}\n%s{\"nothing\":\"known\"}\n",
                                                        centre_record(w, "c-1", NULL, YOUNG, NULL, NULL),
                                                        centre_record(w, "c-2", NULL, YOUNG, NULL, NULL)).p);
    assert_int_equal(r.registered, 2);
    assert_int_equal(r.quarantined, 2);
    assert_int_equal(r.read, 4);
}

static void documents_run_together_are_read(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *one = centre_record(w, "c-1", NULL, YOUNG, NULL, NULL), *two = centre_record(w, "c-2", NULL, YOUNG, NULL, NULL);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%.*s%.*s", (int)strlen(one) - 1, one, (int)strlen(two) - 1, two).p);
    assert_int_equal(r.registered, 2);
}

static void unconfigured_source_is_refused_when_strict(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    w->e->config.strict_sources = true;
    struct ingest_report r = centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    assert_int_equal(r.registered, 0);
    assert_int_equal(r.quarantined, 1);
}

static void missing_file_is_named(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = {.read = 0};
    struct ingest_options o = {.format = STR("auto")};
    assert_int_equal(ingest_path(w->e, "/nonexistent/x.json", &o, &r, &w->err), E_ABSENT);
    assert_non_null(strstr(w->err.text, "/nonexistent/x.json"));
}

static void unknown_format_is_an_error(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = {.read = 0};
    struct ingest_options o = {.format = STR("xml")};
    assert_int_equal(ingest_fd(w->e, 0, STR("-"), &o, &r, &w->err), E_INVALID);
}

static void implausible_times_are_registered_and_counted(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = centre_ingest(w, "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"c-9\","
        "\"InstanceARN\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\",\"Channel\":\"VOICE\","
        "\"InitiationTimestamp\":\"1998-01-01T00:00:00Z\",\"DisconnectTimestamp\":\"2999-01-01T00:00:00Z\","
        "\"LastUpdateTimestamp\":\"2026-01-01T00:00:00Z\",\"Attributes\":{}}");
    assert_int_equal(r.registered, 1);
    assert_int_equal(r.suspect_times, 1);
    struct chain c = centre_chain(w, "c-9");
    assert_true(c.legs[0].ended_ms == TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_documents_are_quarantined_and_cost_no_other, world_begin, world_end),
        cmocka_unit_test_setup_teardown(documents_run_together_are_read, world_begin, world_end),
        cmocka_unit_test_setup_teardown(unconfigured_source_is_refused_when_strict, world_begin, world_end),
        cmocka_unit_test_setup_teardown(missing_file_is_named, world_begin, world_end),
        cmocka_unit_test_setup_teardown(unknown_format_is_an_error, world_begin, world_end),
        cmocka_unit_test_setup_teardown(implausible_times_are_registered_and_counted, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
