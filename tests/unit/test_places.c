/* test_places.c - places that no configured store looks at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "engine/contact_view.h"
#include "engine/ledger.h"
#include "engine/places.h"
#include "tests/lib/centre.h"

enum { YOUNG = 30 };
#define RECORDING ",\"Recordings\":[{\"Location\":\"old-bucket/a.wav\",\"Type\":\"AUDIO\"},{\"Location\":\"acme/b.wav\",\"Type\":\"AUDIO\"}]"
#define KIND "place not configured: old-bucket"

static void begin(struct world *w, const char *option)
{
    world_edit(w, "expunge.yaml", "    path: artefacts\n", "    path: artefacts\n    place: acme\n");
    if (option)
        world_edit(w, "expunge.yaml", "stores:\n", option);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, RECORDING));
    centre_files(w, "c-1", YOUNG);
}

static struct contact_view view(struct world *w)
{
    struct contact_view v;
    struct found_contact which = {.source = STR(CENTRE_SOURCE), .id = STR("c-1"), .chain = centre_chain(w, "c-1").key};
    which.contact = engine_contact_key(w->e, which.source, which.id);
    WORLD_OK(w, contact_view(w->e, &which, false, &w->a, &v, &w->err));
    return v;
}

static void each_place_is_named_once(void **state)
{
    struct world *w = *state;
    char places[20][32];
    struct locator at[44];
    struct leg leg = {.locators = at, .locators_n = 44};
    struct residual *out;
    size_t n;
    begin(w, NULL);
    for (size_t i = 0; i < 44; i++) {
        snprintf(places[i % 20], sizeof places[0], "bucket-%zu", i % 20);
        at[i] = (struct locator){KIND_RECORDING, i < 4 ? STR("acme") : str_of(places[i % 20]), STR("x")};
    }
    leg.locators_n = 4;
    WORLD_OK(w, places_without_store(w->e, STR("s"), &leg, 1, &w->a, &out, &n, &w->err));
    assert_int_equal(n, 0);
    leg.locators_n = 6;
    WORLD_OK(w, places_without_store(w->e, STR("s"), &leg, 1, &w->a, &out, &n, &w->err));
    assert_int_equal(n, 2);
    assert_true(str_is(out[0].kind, "place not configured: bucket-4"));
    assert_int_equal(out[0].until_ms, TIME_NONE);
    leg.locators_n = 44;
    WORLD_OK(w, places_without_store(w->e, STR("s"), &leg, 1, &w->a, &out, &n, &w->err));
    assert_int_equal(n, 16); /* enough to say what is wrong */
    struct store *store = w->e->stores[0];
    w->e->stores[0] = NULL; /* down: it may be the one */
    WORLD_OK(w, places_without_store(w->e, STR("s"), &leg, 1, &w->a, &out, &n, &w->err));
    assert_int_equal(n, 0);
    w->e->stores[0] = store;
}

static void a_place_nobody_looks_at_is_remembered(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    struct ledger line;
    struct row_key key;
    size_t n;
    begin(w, NULL);
    struct contact_view v = view(w);
    assert_int_equal(v.residuals_n, 1);
    assert_true(str_is(v.residuals[0].kind, KIND));
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 1); /* what could be reached is gone */
    struct entry *entries = world_entries(w, &n);
    size_t told = 0;
    for (size_t i = 0; i < n; i++)
        told += str_is(entries[i].type, "VERIFIED") && str_contains(entries[i].body, "{\"kind\":\"" KIND "\",\"until\":null}");
    assert_int_equal(told, 1);
    key = centre_chain(w, "c-1").key;
    WORLD_OK(w, ledger_get(w->e, &key, &w->a, &line, &w->err));
    assert_int_equal(line.residuals_n, 1);
    assert_true(str_is(line.residuals[0].kind, KIND));
    v = view(w);
    assert_int_equal(v.residuals_n, 1);
    assert_true(str_is(v.residuals[0].kind, KIND));
}

static void a_strict_site_calls_it_partial(void **state)
{
    struct world *w = *state;
    struct order_options o = {.note = STR("asked")};
    begin(w, "strict_places: true\nstores:\n");
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 0);
    assert_int_equal(t.partial, 1);
    assert_false(centre_has_files(w, "c-1", YOUNG));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PARTIAL);
    assert_int_equal(centre_count(w, "VERIFIED"), 0);
    world_close(w); /* the place is configured: it is looked at, and the contact done */
    world_edit(w, "expunge.yaml", "    place: acme\n", "    place: old-bucket\n");
    world_edit(w, "expunge.yaml", "stores:\n", "stores:\n  more:\n    type: folder\n    path: artefacts\n    control: .expunge-control\n"
               "    place: acme\n    artefacts:\n      - {kind: recording, key: \"none/{contact_id}\"}\n");
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_place_is_named_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_place_nobody_looks_at_is_remembered, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_strict_site_calls_it_partial, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
