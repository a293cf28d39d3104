/* test_audit_view.c - a line names its contacts while the opening lasts, and never what was not committed to. */
#include "engine/audit_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/opening.h"
#include "tests/lib/story.h"

static struct audit_line line_of(struct world *w, const struct entry *entry)
{
    size_t n;
    struct audit_line line;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(entries[i].id, entry->id, sizeof entry->id) != 0)
            continue;
        WORLD_OK(w, audit_line_of(w->e, &entries[i], &w->a, &line, &w->err));
        return line;
    }
    fail();
    return line;
}

static struct str json_of(struct world *w, const struct audit_line *line, bool matters)
{
    CLEANUP(buf_release) struct buf b;
    struct json_writer jw;
    buf_init(&b, 1 << 16);
    jw_init(&jw, &b, 0);
    audit_line_json(line, matters, &jw);
    return arena_str(&w->a, buf_view(&b));
}

static void each_step_of_a_story_names_the_contact(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "view-1", STATUS_PURGED);
    const struct entry *steps[] = {&s.requested, &s.intent, &s.outcome, &s.verified};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct audit_line line = line_of(w, steps[i]);
        assert_int_equal(line.shown, SHOWN_ALL);
        assert_int_equal(line.contacts_n, 1);
        assert_true(str_is(line.contacts[0], "connect-eu/view-1"));
        assert_true(str_is(line.functionality, "Delete Contact"));
        assert_true(str_is(line.setting, "Data Deletion"));
        assert_true(str_starts(line.actor, STR("os:")));
    }
    assert_true(str_is(line_of(w, &s.requested).result, "ordered"));
    assert_true(str_is(line_of(w, &s.outcome).result, "VERIFYING"));
    assert_true(str_is(line_of(w, &s.verified).result, "PURGED"));
}

static void the_json_has_the_promised_fields(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "view-2", STATUS_PURGED);
    struct audit_line line = line_of(w, &s.verified);
    struct str expected = arena_fmt(
        &w->a,
        "{\"index\":%llu,\"at\":\"2026-11-21T02:00:00.000Z\",\"type\":\"VERIFIED\",\"setting\":\"Data Deletion\","
        "\"functionality\":\"Delete "
        "Contact\",\"actor\":\"%.*s\",\"contacts\":[\"connect-eu/view-2\"],\"result\":\"PURGED\","
        "\"request\":null,\"run\":\"run-1\",\"id\":\"%.*s\"}",
        (unsigned long long)line.index, STR_ARG(w->e->actor.id), STR_ARG(line.id));
    assert_true(str_eq(json_of(w, &line, false), expected));
}

static void a_destroyed_opening_leaves_the_entry(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "view-3", STATUS_PURGED);
    story_destroy_opening(w, &s.opening);
    struct audit_line line = line_of(w, &s.verified);
    assert_int_equal(line.shown, SHOWN_DESTROYED);
    assert_int_equal(line.contacts_n, 0);
    assert_true(str_contains(json_of(w, &line, true), "\"contacts\":null"));
    assert_false(str_contains(json_of(w, &line, true), "view-3"));
    assert_int_equal(line_of(w, &s.intent).shown, SHOWN_DESTROYED);
}

static void an_opening_of_somebody_else_is_an_error_not_a_name(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "view-4", STATUS_PURGED);
    struct opening forged = s.opening;
    struct str other = STR("view-other");
    forged.ids = &other;
    forged.changed = true;
    story_keep_opening(w, &forged);
    const struct entry *steps[] = {&s.intent, &s.outcome, &s.verified, &s.requested};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct audit_line line = line_of(w, steps[i]);
        assert_int_equal(line.shown, SHOWN_MISMATCH);
        struct str json = json_of(w, &line, true);
        assert_true(str_contains(json, "\"error\":"));
        assert_false(str_contains(json, "view-other"));
    }
}

static void a_leg_found_later_is_not_put_into_an_earlier_entry(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "view-5", STATUS_RETAINED);
    struct chain longer = world_chain(w, false, "view-5", "view-5b", NULL);
    struct opening o;
    WORLD_OK(w, opening_of_chain(w->e, &longer, &w->a, &o, &w->err));
    story_keep_opening(w, &o);
    struct audit_line line = line_of(w, &s.verified);
    assert_int_equal(line.shown, SHOWN_ALL);
    assert_int_equal(line.contacts_n, 1);
    assert_true(str_is(line.contacts[0], "connect-eu/view-5"));
}

static void a_long_chain_is_opened_by_its_root(void **state)
{
    enum { MANY = 501 };
    struct world *w = *state;
    struct entry e;
    struct opening o = {
        .owner = {{1, 2, 3}}, .secret = {4}, .source = STR("connect-eu"), .ids_n = MANY, .changed = true};
    struct outcome_facts f = {.verified = true, .verdict = STATUS_PURGED, .keep_until_ms = TIME_NONE};
    o.ids = ARENA_ARRAY(&w->a, struct str, MANY + 1);
    for (size_t i = 0; i < MANY; i++)
        o.ids[i] = arena_fmt(&w->a, "leg-%zu", i);
    WORLD_OK(w, journal_outcome(w->e, &f, &o, WORLD_NOW_MS, &w->a, &e, &w->err));
    world_commit(w, &e);
    o.ids[o.ids_n++] = STR("later");
    story_keep_opening(w, &o);
    struct audit_line line = line_of(w, &e);
    assert_int_equal(line.shown, SHOWN_ALL);
    assert_int_equal(line.contacts_n, MANY);
    assert_true(str_is(line.contacts[500], "connect-eu/leg-500"));
    o.ids[499] = STR("exchanged");
    o.changed = true;
    story_keep_opening(w, &o);
    assert_int_equal(line_of(w, &e).shown, SHOWN_MISMATCH);
}

static void of_a_batch_some_may_be_gone(void **state)
{
    struct world *w = *state;
    struct opening o[2];
    struct row_key keys[2];
    struct entry intent;
    struct receipt receipt;
    struct intent_facts f = {
        .functionality = FUNC_RETENTION_PURGE, .reason = REASON_RETENTION_EXPIRY, .effects = EFFECT_ERASE};
    const char *const ids[] = {"batch-1", "batch-2"};
    for (size_t i = 0; i < 2; i++) {
        struct chain c = world_chain(w, true, ids[i], NULL);
        keys[i] = c.key;
        WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o[i], &w->err));
        story_keep_opening(w, &o[i]);
    }
    WORLD_OK(w, journal_intent(w->e, &f, o, 2, WORLD_NOW_MS, &w->a, &intent, &w->err));
    WORLD_OK(w, registry_intend(w->e->registry, keys, 2, f.effects, &intent, &w->a, &receipt, &w->err));
    struct audit_line line = line_of(w, &intent);
    assert_int_equal(line.shown, SHOWN_ALL);
    assert_int_equal(line.contacts_n, 2);
    story_destroy_opening(w, &o[0]);
    line = line_of(w, &intent);
    assert_int_equal(line.shown, SHOWN_SOME);
    assert_true(str_contains(json_of(w, &line, false), "\"contacts\":[null,\"connect-eu/batch-2\"]"));
}

static void a_matter_is_for_those_who_may_see_it(void **state)
{
    struct world *w = *state;
    struct row_key key = row_key_of_matter(&w->e->registry->identifier, STR("Smith v Acme"));
    struct opening o;
    struct entry e;
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &o, &w->err));
    story_keep_opening(w, &o);
    WORLD_OK(w, journal_hold(w->e, true, &o, "ids", 1, STR_NONE, TIME_NONE, WORLD_NOW_MS, &w->a, &e, &w->err));
    world_commit(w, &e);
    struct audit_line line = line_of(w, &e);
    assert_true(str_is(line.matter, "Smith v Acme"));
    assert_false(str_contains(json_of(w, &line, false), "Smith"));
    assert_true(str_contains(json_of(w, &line, true), "\"matter\":\"Smith v Acme\""));
}

static void entries_about_nobody_name_nobody(void **state)
{
    struct world *w = *state;
    size_t n;
    struct audit_line line;
    struct entry *entries = world_entries(w, &n);
    WORLD_OK(w, audit_line_of(w->e, &entries[0], &w->a, &line, &w->err));
    assert_int_equal(line.shown, SHOWN_NONE);
    assert_true(str_contains(json_of(w, &line, true), "\"contacts\":null"));
    struct entry bad = entries[0];
    bad.body = STR("{\"v\":1}");
    assert_int_equal(audit_line_of(w->e, &bad, &w->a, &line, &w->err), E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_step_of_a_story_names_the_contact),
                                       cmocka_unit_test(the_json_has_the_promised_fields),
                                       cmocka_unit_test(a_destroyed_opening_leaves_the_entry),
                                       cmocka_unit_test(an_opening_of_somebody_else_is_an_error_not_a_name),
                                       cmocka_unit_test(a_leg_found_later_is_not_put_into_an_earlier_entry),
                                       cmocka_unit_test(a_long_chain_is_opened_by_its_root),
                                       cmocka_unit_test(of_a_batch_some_may_be_gone),
                                       cmocka_unit_test(a_matter_is_for_those_who_may_see_it),
                                       cmocka_unit_test(entries_about_nobody_name_nobody)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
