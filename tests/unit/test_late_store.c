/* A store that came later is searched once for what was purged before it; what is found there is risen and erased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "engine/certificate_parts.h"
#include "engine/late_store.h"
#include "tests/lib/centre.h"

enum { DAYS = 900 };

static struct late_store of(struct world *w, const char *name)
{
    struct late_store s;
    WORLD_OK(w, late_store_get(w->e, str_of(name), &w->a, &s, &w->err));
    return s;
}

static void purged(struct world *w)
{
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, DAYS, NULL, NULL));
    centre_files(w, "c-1", DAYS);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
}

static void add_store(struct world *w)
{
    WORLD_OK(w, dir_make(world_path(w, "second"), 0755, &w->err));
    world_edit(w, "expunge.yaml", "stores:\n",
               "stores:\n  second:\n    type: folder\n    path: second\n    control: .control\n    artefacts:\n"
               "      - {kind: recording, key: \"{contact_id}*\"}\n");
    WORLD_OK(w, file_write(world_path(w, "second/.control"), STR("here"), 0644, &w->err));
}

static void test_first_purge_has_nothing_to_look_for(void **state)
{
    struct world *w = *state;
    assert_true(of(w, "artefacts").since_ms == TIME_NONE);
    purged(w);
    assert_int_equal(of(w, "artefacts").since_ms, WORLD_NOW_MS);
    assert_int_equal(of(w, "artefacts").done_ms, WORLD_NOW_MS);
}

static void test_later_store_is_searched_once(void **state)
{
    struct world *w = *state;
    struct certificate c;
    struct certificate_options o = {.disclose = false};
    purged(w);
    struct row_key key = centre_chain(w, "c-1").key;
    add_store(w);
    WORLD_OK(w, file_write(world_path(w, "second/c-1.wav"), STR("a copy nobody knew of"), 0644, &w->err));
    world_reopen(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(of(w, "second").since_ms, WORLD_NOW_MS + HOUR_MS);
    assert_int_equal(of(w, "second").done_ms, WORLD_NOW_MS + HOUR_MS);
    assert_int_equal(centre_count(w, "RISEN"), 1);
    world_reopen(w, WORLD_NOW_MS + 2 * HOUR_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_false(file_exists(world_path(w, "second/c-1.wav")));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    assert_int_equal(of(w, "second").done_ms, WORLD_NOW_MS + HOUR_MS);
    WORLD_OK(w, certificate_of_chain(w->e, &key, &o, &w->a, &c, &w->err));
    assert_true(c.erased);
    assert_null(c.later.p); /* purged again, with the store */
}

/* Nothing is there: the contact stays purged, and its certificate says since when the store has been searched too. */
static void test_certificate_says_how_far(void **state)
{
    struct world *w = *state;
    struct certificate c;
    struct certificate_options o = {.disclose = false};
    purged(w);
    struct row_key key = centre_chain(w, "c-1").key;
    WORLD_OK(w, certificate_of_chain(w->e, &key, &o, &w->a, &c, &w->err));
    assert_null(c.later.p);
    add_store(w);
    world_reopen(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, certificate_of_chain(w->e, &key, &o, &w->a, &c, &w->err));
    assert_true(str_contains(c.later, "\"store\":\"second\"") && str_contains(c.later, "\"searched\":null"));
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "RISEN"), 0);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    WORLD_OK(w, certificate_of_chain(w->e, &key, &o, &w->a, &c, &w->err));
    assert_true(c.erased);
    assert_true(str_contains(c.later, arena_fmt(&w->a, "\"searched\":%lld", (long long)(WORLD_NOW_MS + HOUR_MS)).p));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    WORLD_OK(w, certificate_html(&c, &b, &w->err));
    assert_true(str_contains(buf_view(&b), "configured later"));
}

/* Nothing had been found in it, so nobody waited for it; what was purged meanwhile was purged without it. */
static void test_one_that_was_out_of_the_configuration_is_searched_again(void **state)
{
    struct world *w = *state;
    add_store(w);
    world_reopen(w, WORLD_NOW_MS - HOUR_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(of(w, "second").done_ms, WORLD_NOW_MS - HOUR_MS);
    world_edit(w, "expunge.yaml", "stores:\n  second:\n", "stores:\n#  second:\n");
    world_edit(w, "expunge.yaml", "    type: folder\n    path: second\n    control: .control\n    artefacts:\n      - {kind: recording, key: \"{contact_id}*\"}\n", "");
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, DAYS, NULL, NULL));
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    add_store(w);
    WORLD_OK(w, file_write(world_path(w, "second/c-1.wav"), STR("a copy nobody knew of"), 0644, &w->err));
    for (int64_t hour = 1; hour < 3; hour++) {
        world_reopen(w, WORLD_NOW_MS + hour * HOUR_MS, OPEN_STORES | OPEN_WRITE);
        centre_purge(w, false);
    }
    assert_int_equal(of(w, "second").since_ms, WORLD_NOW_MS + HOUR_MS);
    assert_false(file_exists(world_path(w, "second/c-1.wav")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_purge_has_nothing_to_look_for, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_certificate_says_how_far, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_later_store_is_searched_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(test_one_that_was_out_of_the_configuration_is_searched_again, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
