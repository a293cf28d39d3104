/* test_audit_check.c - a whole log verifies; every kind of meddling is found and placed. */
#include "engine/audit_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "engine/logbook.h"
#include "tests/lib/story.h"

static struct audit_check check(struct world *w)
{
    struct audit_check c;
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &c, &w->err));
    return c;
}

/* Behind our back, as somebody with the file would. */
static void meddle(struct world *w, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(world_path(w, "expunge.db"), &db), SQLITE_OK);
    char *why = NULL;
    int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
    if (rc != SQLITE_OK)
        print_error("%s\n", why);
    assert_int_equal(rc, SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void an_honest_log_is_ok(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "check-1", STATUS_PURGED);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct audit_check c = check(w);
    assert_true(c.ok);
    assert_null(c.why.p);
    assert_int_equal(c.report.size, 5);
    assert_int_equal(c.report.entries_verified, 5);
    assert_true(c.report.checkpoint_verified);
    assert_int_equal(c.openings.present, 3); /* REQUESTED, OUTCOME, VERIFIED */
    assert_int_equal(c.openings.destroyed, 0);
    assert_int_equal(c.openings.missing, 0);
    assert_int_equal(c.report.meaning.intents_open, 0);
    assert_int_equal(c.pending, 0);
}

static void entries_without_a_head_are_pending(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "check-1", STATUS_PURGED);
    struct audit_check c = check(w);
    assert_true(c.ok);
    assert_int_equal(c.report.size, 1);
    assert_int_equal(c.pending, 4);
}

static void an_intent_without_outcome_is_open_not_wrong(void **state)
{
    struct world *w = *state;
    struct chain chain = world_chain(w, true, "open-1", NULL);
    struct opening o;
    struct entry intent;
    struct receipt receipt;
    struct intent_facts f = {.reason = REASON_OPERATOR, .effects = EFFECT_ERASE};
    WORLD_OK(w, opening_of_chain(w->e, &chain, &w->a, &o, &w->err));
    WORLD_OK(w, journal_intent(w->e, &f, &o, 1, WORLD_NOW_MS, &w->a, &intent, &w->err));
    WORLD_OK(w, registry_intend(w->e->registry, &chain.key, 1, f.effects, &intent, &w->a, &receipt, &w->err));
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct audit_check c = check(w);
    assert_true(c.ok);
    assert_int_equal(c.report.meaning.intents_open, 1);
}

static void a_changed_entry_is_found(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "check-1", STATUS_PURGED);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    meddle(w, "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '\"gone\":3', '\"gone\":4') AS BLOB)");
    struct audit_check c = check(w);
    assert_false(c.ok);
    assert_true(c.why.n > 0);
}

static void a_removed_entry_is_an_error_that_names_it(void **state)
{
    struct world *w = *state;
    struct audit_check c;
    (void)world_story(w, "check-1", STATUS_PURGED);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    meddle(w, "DELETE FROM entry WHERE rowid = (SELECT max(rowid) FROM entry)");
    assert_int_not_equal(audit_check_registry(w->e, NULL, &w->a, &c, &w->err) == OK && c.ok, true);
}

static void openings_are_counted_by_what_became_of_them(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "check-1", STATUS_PURGED);
    struct entry e;
    struct journal_fact facts[] = {{.name = "n", .is_number = true, .number = 1},
                                   {.name = "policy", .text = w->e->policy.version}};
    (void)world_story(w, "check-2", STATUS_PURGED);
    story_destroy_opening(w, &s.opening);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct audit_check c = check(w);
    assert_false(c.ok); /* gone, and nobody said so */
    assert_int_equal(c.openings.missing, 3);
    assert_true(str_contains(c.why, "no entry says"));
    WORLD_OK(w, journal_plain(w->e, "OPENING_DESTROYED", facts, 2, NULL, WORLD_NOW_MS, &w->a, &e, &w->err));
    world_commit(w, &e);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    c = check(w);
    assert_true(c.ok);
    assert_int_equal(c.openings.present, 3);
    assert_int_equal(c.openings.destroyed, 3);
    assert_int_equal(c.openings.missing, 0);
}

static void an_exchanged_opening_is_found(void **state)
{
    struct world *w = *state;
    struct story s = world_story(w, "check-1", STATUS_PURGED);
    struct str other = STR("somebody-else");
    s.opening.ids = &other;
    s.opening.changed = true;
    story_keep_opening(w, &s.opening);
    WORLD_OK(w, logbook_integrate(w->e, &w->err));
    struct audit_check c = check(w);
    assert_false(c.ok);
    assert_int_equal(c.openings.wrong, 3);
    assert_true(str_contains(c.why, "entry 1:"));
    assert_false(str_contains(c.why, "somebody-else"));
}

static void a_folder_needs_only_its_key(void **state)
{
    struct world *w = *state;
    struct logbook_head head;
    struct audit_check c;
    (void)world_story(w, "check-1", STATUS_PURGED);
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    WORLD_OK(w, audit_check_folder(w->publish, &head.vkey, 1, NULL, &w->a, &c, &w->err));
    assert_true(c.ok);
    assert_int_equal(c.report.entries_verified, 5);
    struct str nonsense = STR("no key");
    assert_int_equal(audit_check_folder(w->publish, &nonsense, 1, NULL, &w->a, &c, &w->err), E_INVALID);
    assert_int_equal(audit_check_folder(w->publish, NULL, 0, NULL, &w->a, &c, &w->err), E_INVALID);
    world_edit(w, "audit/tile/entries/000.p/5", "\"gone\":3", "\"gone\":4");
    WORLD_OK(w, audit_check_folder(w->publish, &head.vkey, 1, NULL, &w->a, &c, &w->err));
    assert_false(c.ok);
    assert_true(str_contains(c.why, "expected"));
}

static void the_json_has_the_promised_fields(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    struct json_writer jw;
    const struct json *j;
    static const char *const fields[] = {"origin",           "vkey",     "size",         "root", "checkpoint_verified",
                                         "entries_verified", "openings", "intents_open", "ok"};
    struct audit_check c = check(w);
    buf_init(&b, 1 << 16);
    jw_init(&jw, &b, 0);
    audit_check_json(&c, &jw);
    WORLD_OK(w, json_parse(buf_view(&b), &w->a, &j, &w->err));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        assert_non_null(json_get(j, fields[i]));
    assert_true(json_true(json_get(j, "ok")));
    assert_int_equal(json_string(json_get(j, "root")).n, 64);
    assert_non_null(json_path(j, "openings.destroyed"));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(an_honest_log_is_ok),
                                       WORLD_TEST(entries_without_a_head_are_pending),
                                       WORLD_TEST(an_intent_without_outcome_is_open_not_wrong),
                                       WORLD_TEST(a_changed_entry_is_found),
                                       WORLD_TEST(a_removed_entry_is_an_error_that_names_it),
                                       WORLD_TEST(openings_are_counted_by_what_became_of_them),
                                       WORLD_TEST(an_exchanged_opening_is_found),
                                       WORLD_TEST(a_folder_needs_only_its_key),
                                       WORLD_TEST(the_json_has_the_promised_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
