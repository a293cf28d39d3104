/* test_record.c - fields in any order come out as the one spelling of an entry. */
#include "engine/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/world.h"

static struct str finished(struct world *w, struct record *r)
{
    struct entry entry;
    WORLD_OK(w, record_finish(r, NULL, &entry, &w->err));
    struct entry_view view;
    WORLD_OK(w, entry_check(entry.body, &view, &w->err));
    return entry.body;
}

static void fields_are_sorted_and_common_ones_added(void **state)
{
    struct world *w = *state;
    struct record r;
    record_begin(&r, w->e, ENTRY_STORE_CHANGED, 1234, &w->a);
    record_code(&r, "store", STR("recordings"));
    record_code(&r, "change", STR("retired"));
    struct str body = finished(w, &r);
    assert_true(str_starts(body, STR("{\"actor\":\"os:")));
    assert_true(str_contains(body, "\"at\":1234,\"change\":\"retired\",\"id\":\""));
    assert_true(str_ends(body, STR("\"store\":\"recordings\",\"type\":\"STORE_CHANGED\",\"v\":1}")));
}

static void a_code_is_made_to_fit(void **state)
{
    struct world *w = *state;
    struct record r;
    char longer[300];
    memset(longer, 'x', sizeof longer);
    record_begin(&r, w->e, ENTRY_REFUSED, 1234, &w->a);
    record_code(&r, "why", STR("held, by \"law\"\n"));
    record_code(&r, "what", (struct str){longer, sizeof longer});
    record_code(&r, "run", STR_NONE);
    struct str body = finished(w, &r);
    assert_true(str_contains(body, "\"why\":\"held- by -law--\""));
    assert_false(str_contains(body, "\"run\""));
    size_t xs = 0;
    for (size_t i = 0; i < body.n; i++)
        xs += body.p[i] == 'x';
    assert_int_equal(xs, 128);
}

static void long_text_is_cut_between_characters(void **state)
{
    struct world *w = *state;
    struct record r;
    CLEANUP(buf_release) struct buf law;
    buf_init(&law, 4096);
    buf_char(&law, 'x');
    for (int i = 0; i < 400; i++)
        buf_cstr(&law, "\xC3\xA4");
    record_begin(&r, w->e, ENTRY_REFUSED, 1234, &w->a);
    record_text(&r, "law", buf_view(&law));
    record_code(&r, "why", STR("legal_minimum"));
    struct str body = finished(w, &r); /* checks UTF-8 */
    assert_true(str_contains(body, "\xC3\xA4\",\"type\""));
}

static void names_are_sorted_and_said_once(void **state)
{
    struct world *w = *state;
    struct record r;
    const struct str names[] = {STR("b"), STR("a"), STR("b"), STR("")};
    record_begin(&r, w->e, ENTRY_RISEN, 1234, &w->a);
    record_names(&r, "stores", names, ARRAY_LEN(names));
    struct hash h = {{7}};
    record_hash(&r, "chain", &h);
    assert_true(str_contains(finished(w, &r), "\"stores\":[\"a\",\"b\"]"));
}

static void residuals_keep_the_latest_of_a_kind(void **state)
{
    struct world *w = *state;
    struct record r;
    const struct residual left[] = {
        {STR("version"), TIME_NONE}, {STR("backup"), 5}, {STR("backup"), 9}, {STR("version"), 3}};
    struct hash h = {{7}};
    record_begin(&r, w->e, ENTRY_OUTCOME, 1234, &w->a);
    record_residuals(&r, "residuals", left, ARRAY_LEN(left));
    record_hash(&r, "chain", &h);
    record_hashes(&r, "ids", NULL, 0);
    record_null(&r, "intent");
    record_outcomes(&r, "stores", NULL, 0);
    record_code(&r, "verdict", STR("VERIFYING"));
    assert_true(str_contains(
        finished(w, &r), "\"residuals\":[{\"kind\":\"backup\",\"until\":9},{\"kind\":\"version\",\"until\":null}]"));
}

static void counts_of_one_name_are_added(void **state)
{
    struct world *w = *state;
    struct record r;
    const struct record_count counts[] = {{"purged", 2}, {"held", 1}, {"purged", 3}};
    record_begin(&r, w->e, ENTRY_RUN, 1234, &w->a);
    record_counts(&r, "counts", counts, ARRAY_LEN(counts));
    record_bool(&r, "dry_run", false);
    record_code(&r, "state", STR("finished"));
    assert_true(str_contains(finished(w, &r), "\"counts\":{\"held\":1,\"purged\":5}"));
}

static void what_the_table_does_not_allow_is_refused(void **state)
{
    struct world *w = *state;
    struct record r;
    struct entry entry;
    record_begin(&r, w->e, ENTRY_RUN, 1234, &w->a);
    record_bool(&r, "dry_run", false);
    record_code(&r, "state", STR("exploded"));
    assert_int_equal(record_finish(&r, NULL, &entry, &w->err), E_INVALID);
    record_begin(&r, w->e, ENTRY_RUN, 1234, &w->a);
    record_code(&r, "state", STR("started"));
    assert_int_equal(record_finish(&r, NULL, &entry, &w->err), E_INVALID); /* dry_run is missing */
}

static void a_full_arena_is_said(void **state)
{
    struct world *w = *state;
    struct record r;
    struct entry entry;
    struct arena small;
    arena_init(&small, 64);
    record_begin(&r, w->e, ENTRY_STORE_CHANGED, 1234, &small);
    for (int i = 0; i < 4; i++)
        record_code(&r, i ? "store" : "change", STR("a text that needs more room than there is in this arena"));
    assert_int_equal(record_finish(&r, NULL, &entry, &w->err), E_LIMIT);
    arena_release(&small);
}

#define WORLD_TEST(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(fields_are_sorted_and_common_ones_added),  WORLD_TEST(a_code_is_made_to_fit),
        WORLD_TEST(long_text_is_cut_between_characters),      WORLD_TEST(names_are_sorted_and_said_once),
        WORLD_TEST(residuals_keep_the_latest_of_a_kind),      WORLD_TEST(counts_of_one_name_are_added),
        WORLD_TEST(what_the_table_does_not_allow_is_refused), WORLD_TEST(a_full_arena_is_said)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
