#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/contact_decide.h"
#include "tests/lib/centre.h"

static struct found_contact which(struct world *w, const char *id)
{
    struct chain c = centre_chain(w, id);
    return (struct found_contact){.source = STR(CENTRE_SOURCE), .id = str_of(id),
                                  .contact = engine_contact_key(w->e, STR(CENTRE_SOURCE), str_of(id)), .chain = c.key};
}

static void test_clock_starts(void **state)
{
    struct world *w = *state;
    int64_t closed = WORLD_NOW_MS - 7 * 366 * DAY_MS;
    centre_ingest(w, centre_record(w, "f-1", NULL, 4000, "fraud_investigation", NULL));
    struct found_contact x = which(w, "f-1");
    WORLD_OK(w, contact_event(w->e, &x, STR("case_closed"), closed, &w->a, &w->err));
    struct chain c = centre_chain(w, "f-1");
    assert_true(c.legs[0].case_closed_ms == closed);
    assert_true(c.legs[0].fact_version_ms[FACT_CASE_CLOSED] == WORLD_NOW_MS);
    assert_int_equal(c.queue, QUEUE_PARKED); /* its category holds it until released */
    assert_int_equal(centre_count(w, "DECIDED"), 1);
    WORLD_OK(w, contact_event(w->e, &x, STR("case_closed"), closed + DAY_MS, &w->a, &w->err));
    assert_true(centre_chain(w, "f-1").legs[0].case_closed_ms == closed + DAY_MS);
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    struct found_contact x = which(w, "c-1");
    assert_int_equal(contact_event(w->e, &x, STR("case_closed"), WORLD_NOW_MS + DAY_MS, &w->a, &w->err), E_INVALID);
    assert_int_equal(contact_event(w->e, &x, STR("case_closed"), 0, &w->a, &w->err), E_INVALID); /* 1970: not set */
    assert_int_equal(contact_event(w->e, &x, STR("birthday"), WORLD_NOW_MS, &w->a, &w->err), E_INVALID);
    x.contact.b[0] ^= 1;
    assert_int_equal(contact_event(w->e, &x, STR("case_closed"), WORLD_NOW_MS, &w->a, &w->err), E_ABSENT);
}

static void test_csv(void **state)
{
    struct world *w = *state;
    struct event_line *lines;
    size_t n;
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    WORLD_OK(w, contact_events(w->e, STR("id,event,at\nc-1,contract_end,2026-11-01\r\n\nnobody,case_closed,2026-11-01\nc-1,case_closed,soon\nc-1,x\n"),
                               STR_NONE, &w->a, &lines, &n, &w->err));
    assert_int_equal(n, 4);
    assert_true(lines[0].status == OK && lines[0].line == 2);
    assert_true(lines[1].status == E_ABSENT && lines[1].line == 4);
    assert_int_equal(lines[2].status, E_INVALID);
    assert_int_equal(lines[3].status, E_INVALID);
    struct str at = time_str(centre_chain(w, "c-1").legs[0].contract_end_ms, &w->a);
    assert_true(str_is(at, "2026-11-01T00:00:00.000Z"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_clock_starts), IN_WORLD(test_refusals), IN_WORLD(test_csv)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
