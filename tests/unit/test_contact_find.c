#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "engine/contact_find.h"
#include "tests/lib/centre.h"

static struct found find(struct world *w, const char *filter, size_t limit, bool scrubbed)
{
    struct found f;
    struct find_options o = {.filter = str_of(filter), .limit = limit, .scrubbed = scrubbed};
    WORLD_OK(w, contact_find(w->e, &o, &w->a, &f, &w->err));
    return f;
}

static void test_filters(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 20, "financial_services", NULL));
    centre_ingest(w, centre_record(w, "c-3", NULL, 900, NULL, NULL));
    struct found f = find(w, NULL, 50, false);
    assert_true(f.whole && f.n == 3 && f.looked == 3);
    assert_true(str_is(f.lines[0].id, "c-1") && str_is(f.lines[2].id, "c-3")); /* newest start first */
    f = find(w, "category:financial_services", 50, false);
    assert_true(f.n == 1 && str_is(f.lines[0].id, "c-2"));
    f = find(w, "status:EXPIRY_DUE", 50, false);
    assert_true(f.n == 1 && str_is(f.lines[0].id, "c-3"));
    assert_int_equal(find(w, "id:c-9", 50, false).n, 0);
    f = find(w, "subject:+442079460123", 50, false);
    assert_true(f.n == 3 && f.whole);
    assert_int_equal(find(w, "subject:+442079460124", 50, false).n, 0);
}

static void test_bad_filter(void **state)
{
    struct world *w = *state;
    struct found f;
    struct find_options o = {.filter = STR("colour:red"), .limit = 5};
    assert_int_equal(contact_find(w->e, &o, &w->a, &f, &w->err), E_INVALID);
}

static void test_pages(void **state)
{
    struct world *w = *state;
    char id[16];
    for (int i = 0; i < 7; i++) {
        snprintf(id, sizeof id, "p-%d", i);
        centre_ingest(w, centre_record(w, id, NULL, 10 + i, NULL, NULL));
    }
    size_t seen = 0;
    struct find_options o = {.limit = 3};
    for (int page = 0; page < 4; page++) {
        struct found f;
        WORLD_OK(w, contact_find(w->e, &o, &w->a, &f, &w->err));
        seen += f.n;
        o.after = f.next;
        if (f.whole) {
            assert_true(page == 2 && !f.next.n);
            break;
        }
        assert_int_equal(f.n, 3);
    }
    assert_int_equal(seen, 7);
    o = (struct find_options){.limit = 50, .look_max = 2};
    struct found f;
    WORLD_OK(w, contact_find(w->e, &o, &w->a, &f, &w->err));
    assert_true(f.looked >= 2);
    o = (struct find_options){.limit = 5, .after = STR("nonsense")};
    assert_int_equal(contact_find(w->e, &o, &w->a, &f, &w->err), E_INVALID);
}

static void test_tombstones(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(find(w, NULL, 50, false).n, 0);
    struct found f = find(w, NULL, 50, true);
    assert_true(f.n == 1 && str_is(f.lines[0].id, "c-1") && f.lines[0].status == STATUS_PURGED);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_filters), IN_WORLD(test_bad_filter), IN_WORLD(test_pages), IN_WORLD(test_tombstones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
