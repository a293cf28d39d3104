/* test_audit_export.c - exact bytes, a manifest that binds them, contact ids only when asked for, and an entry of it.
 */
#include "engine/audit_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "tests/lib/story.h"

static uint64_t export(struct world *w, bool contacts, const char *name)
{
    struct audit_export x = {.filter = {.from_ms = TIME_NONE, .to_ms = TIME_NONE},
                             .recipient = STR("dpa"),
                             .contacts = contacts,
                             .matters = true};
    uint64_t rows = 0;
    WORLD_OK(w, audit_export(w->e, &x, world_path(w, name), &w->a, &rows, &w->err));
    return rows;
}

static const struct json *manifest(struct world *w, const char *name)
{
    const struct json *j;
    WORLD_OK(w, json_parse(world_read(w, name), &w->a, &j, &w->err));
    return j;
}

static void every_line_is_the_entry_itself(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "export-1", STATUS_PURGED);
    assert_int_equal(export(w, false, "out"), 5);
    struct str rest = world_read(w, "out/entries.jsonl"), line;
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < 5; i++) {
        assert_true(str_split(rest, '\n', &line, &rest));
        assert_true(str_eq(line, entries[i].body));
    }
    assert_int_equal(rest.n, 0);
    const struct json *m = manifest(w, "out/manifest.json");
    struct hash h = sha256(world_read(w, "out/entries.jsonl"));
    char hex[65] = "";
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", h.b[i]);
    assert_true(str_is(json_string(json_get(m, "entries_sha256")), hex));
    assert_true(str_is(json_text(json_get(m, "rows")), "5"));
    assert_true(str_is(json_text(json_get(m, "last_index")), "4"));
    assert_true(str_starts(world_read(w, "out/checkpoint"), STR("expunge.local/")));
}

static void contact_ids_leave_only_when_asked_for(void **state)
{
    struct world *w = *state;
    static const char *const files[] = {"a/entries.jsonl", "a/lines.jsonl", "a/manifest.json", "a/checkpoint"};
    (void)world_story(w, "export-secret", STATUS_PURGED);
    (void)export(w, false, "a");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        assert_false(str_contains(world_read(w, files[i]), "export-secret"));
    (void)export(w, true, "b");
    assert_true(str_contains(world_read(w, "b/lines.jsonl"), "connect-eu/export-secret"));
    assert_false(str_contains(world_read(w, "b/entries.jsonl"), "export-secret"));
}

static void it_is_recorded(void **state)
{
    struct world *w = *state;
    size_t n;
    (void)export(w, true, "out");
    struct entry *entries = world_entries(w, &n);
    assert_true(str_is(entries[n - 1].type, "DISCLOSED"));
    assert_true(str_contains(entries[n - 1].body, "\"recipient\":\"dpa\""));
    assert_true(str_contains(entries[n - 1].body, "\"what\":\"export with contacts\""));
}

static void a_folder_is_never_written_into_twice(void **state)
{
    struct world *w = *state;
    struct audit_export x = {.filter = {.from_ms = TIME_NONE, .to_ms = TIME_NONE}};
    uint64_t rows;
    (void)export(w, false, "out");
    struct str before = world_read(w, "out/manifest.json");
    assert_int_equal(audit_export(w->e, &x, world_path(w, "out"), &w->a, &rows, &w->err), E_CONFLICT);
    assert_true(str_eq(before, world_read(w, "out/manifest.json")));
}

static void all_pages_are_written(void **state)
{
    struct world *w = *state;
    story_fill(w, 1500);
    assert_int_equal(export(w, false, "out"), 1501);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(every_line_is_the_entry_itself),
                                       WORLD_TEST(contact_ids_leave_only_when_asked_for), WORLD_TEST(it_is_recorded),
                                       WORLD_TEST(a_folder_is_never_written_into_twice),
                                       WORLD_TEST(all_pages_are_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
