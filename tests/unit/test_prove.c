/* test_prove.c - every entry proves itself, with and without a published folder, and only what stands there. */
#include "engine/logbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "audit/proof.h"
#include "tests/lib/story.h"

static void proves(struct world *w, uint64_t index, struct str text, bool expected)
{
    struct logbook_head head;
    struct note_vkey vkey;
    struct proof_opened opened;
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(index < n);
    struct hash leaf = merkle_leaf(entries[index].body);
    WORLD_OK(w, logbook_head(w->e, &w->a, &head, &w->err));
    WORLD_OK(w, note_vkey_parse(head.vkey, &vkey, &w->err));
    enum status s = proof_verify(text, &leaf, head.origin, &vkey, 1, &opened, &w->err);
    assert_int_equal(s == OK && opened.proof.index == index, expected);
}

static void every_entry_proves_itself(void **state)
{
    static const uint64_t some[] = {0, 1, 255, 256, 299, 300};
    struct world *w = *state;
    struct str text;
    story_fill(w, 300);
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        WORLD_OK(w, logbook_prove(w->e, some[i], &w->a, &text, &w->err));
        proves(w, some[i], text, true);
        proves(w, some[i] == 0 ? 1 : 0, text, false);
    }
    assert_true(world_has(w, "audit/checkpoint")); /* published, because it had to be */
}

static void a_folder_that_lags_is_published_first(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    struct str text;
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    story_fill(w, 10);
    WORLD_OK(w, logbook_prove(w->e, 0, &w->a, &text, &w->err)); /* the older head does */
    assert_true(str_contains(text, "\n1\n"));
    WORLD_OK(w, logbook_prove(w->e, 10, &w->a, &text, &w->err));
    assert_true(str_contains(text, "\n11\n"));
    proves(w, 10, text, true);
}

static void without_a_folder_the_entries_themselves_serve(void **state)
{
    struct world *w = *state;
    struct str text;
    w->e->config.audit_publish = STR_NONE;
    story_fill(w, 20);
    WORLD_OK(w, logbook_prove(w->e, 13, &w->a, &text, &w->err));
    proves(w, 13, text, true);
    assert_false(world_has(w, "audit"));
}

static void what_is_not_there_is_not_proved(void **state)
{
    struct world *w = *state;
    struct str text;
    assert_int_equal(logbook_prove(w->e, 1, &w->a, &text, &w->err), E_ABSENT);
    assert_int_equal(logbook_prove(w->e, UINT64_MAX, &w->a, &text, &w->err), E_ABSENT);
}

static void a_spoilt_tile_gives_no_proof(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    struct str text, tile;
    story_fill(w, 3);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    tile = world_read(w, "audit/tile/0/000.p/4");
    char *bytes = arena_cstr(&w->a, tile);
    bytes[33] = (char)(bytes[33] ^ 1);
    world_close(w);
    assert_int_equal(unlink(world_path(w, "audit/tile/0/000.p/4")), 0);
    FILE *f = fopen(world_path(w, "audit/tile/0/000.p/4"), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, tile.n, f), tile.n);
    assert_int_equal(fclose(f), 0);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    assert_int_equal(logbook_prove(w->e, 0, &w->a, &text, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "entry 0"));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_entry_proves_itself), WORLD_TEST(a_folder_that_lags_is_published_first),
        WORLD_TEST(without_a_folder_the_entries_themselves_serve), WORLD_TEST(what_is_not_there_is_not_proved),
        WORLD_TEST(a_spoilt_tile_gives_no_proof)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
