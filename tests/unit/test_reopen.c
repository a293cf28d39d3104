/* test_reopen.c - an old copy is taken into use again and says what it has lost. */
#include "engine/reopen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/verify.h"
#include "base/file.h"
#include "tests/lib/story.h"

static struct logbook_head publish(struct world *w)
{
    struct logbook_head head;
    WORLD_OK(w, logbook_publish(w->e, STR_NONE, &w->a, &head, &w->err));
    return head;
}

static void add_hold(struct world *w)
{
    struct row_key key = row_key_of_matter(&w->e->registry->identifier, STR("Smith v Acme"));
    struct opening o;
    struct entry e;
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &o, &w->err));
    WORLD_OK(w, journal_hold(w->e, true, &o, "ids", 1, STR_NONE, TIME_NONE, engine_now(w->e), &w->a, &e, &w->err));
    world_commit(w, &e);
}

/* A hold, an erasure with its read-back and a policy change happen after the copy was taken. */
static struct logbook_head make_old_copy(struct world *w)
{
    struct entry e;
    (void)world_story(w, "before", STATUS_PURGED);
    world_close(w);
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    add_hold(w);
    (void)world_story(w, "after", STATUS_PURGED);
    const struct policy_facts change = {.version = STR("aa"), .previous = STR("bb")};
    WORLD_OK(w, journal_policy(w->e, &change, engine_now(w->e), &w->a, &e, &w->err));
    world_commit(w, &e);
    struct logbook_head head = publish(w);
    world_close(w);
    world_copy_file(w, "copy.db", "expunge.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + DAY_MS, 0));
    return head;
}

static void what_is_missing_is_counted(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    struct logbook_head old = make_old_copy(w);
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    assert_int_equal(r.missing.holds, 1);
    assert_int_equal(r.missing.erasures, 1);
    assert_int_equal(r.missing.verifications, 1);
    assert_int_equal(r.missing.policy_changes, 1);
    assert_int_equal(r.missing.others, 2); /* REQUESTED, INTENT */
    assert_int_equal(r.here, 5);
    assert_int_equal(r.common, 5);
    assert_int_equal(r.published, old.size);
    assert_int_equal(r.size, 6);
    assert_true(str_eq(r.previous, old.origin));
    assert_true(str_eq(r.origin, arena_fmt(&w->a, "%.*s/r2", STR_ARG(old.origin))));
}

static void a_new_log_begins_and_the_old_one_stays(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    struct verify_report old_report, new_report;
    struct note_vkey vkey;
    struct logbook_head old = make_old_copy(w);
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    WORLD_OK(w, note_vkey_parse(old.vkey, &vkey, &w->err));
    WORLD_OK(w, verify_directory(w->publish, old.origin, &vkey, 1, NULL, &w->a, &old_report, &w->err));
    assert_true(old_report.ok);
    WORLD_OK(w, note_vkey_parse(r.vkey, &vkey, &w->err));
    WORLD_OK(w, verify_directory(world_path(w, "audit/r2"), r.origin, &vkey, 1, NULL, &w->a, &new_report, &w->err));
    assert_true(new_report.ok);
    assert_int_equal(new_report.size, 6);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(str_is(entries[n - 1].type, "REOPENED"));
    assert_true(str_contains(entries[n - 1].body,
                             "\"missing\":{\"erasures\":1,\"holds\":1,\"others\":2,\"policy_changes\":1,"));
    assert_true(str_contains(entries[n - 1].body, arena_fmt(&w->a, "\"size\":%llu", (unsigned long long)old.size).p));
}

static void afterwards_it_works_again(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    (void)make_old_copy(w);
    assert_int_equal(logbook_check_behind(w->e, &w->err), E_DENIED);
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_WRITE);
    add_hold(w);
    assert_int_equal(publish(w).size, 7);
    assert_int_equal(audit_reopen(w->e, &w->a, &r, &w->err), E_CONFLICT);
}

static void twice_makes_r3(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    (void)make_old_copy(w);
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    world_close(w);
    world_copy_file(w, "expunge.db", "copy.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + DAY_MS, OPEN_WRITE));
    add_hold(w);
    (void)publish(w);
    world_close(w);
    world_copy_file(w, "copy.db", "expunge.db");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + DAY_MS, 0));
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    assert_true(str_ends(r.origin, STR("/2026/r3")));
    assert_int_equal(r.missing.holds, 1);
    assert_true(world_has(w, "audit/r3/checkpoint"));
}

static void a_copy_that_went_on_is_compared_entry_by_entry(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    (void)make_old_copy(w);
    for (int i = 0; i < 20; i++)
        add_hold(w); /* more than were published */
    WORLD_OK(w, audit_reopen(w->e, &w->a, &r, &w->err));
    assert_int_equal(r.here, 25);
    assert_int_equal(r.common, 5);
    assert_int_equal(r.missing.erasures, 1);
    assert_int_equal(r.missing.holds, 1);
    assert_int_equal(r.size, 26);
}

static void a_healthy_registry_is_left_alone(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    assert_int_equal(audit_reopen(w->e, &w->a, &r, &w->err), E_INVALID); /* nothing is published */
    (void)publish(w);
    assert_int_equal(audit_reopen(w->e, &w->a, &r, &w->err), E_CONFLICT);
    add_hold(w);
    assert_int_equal(audit_reopen(w->e, &w->a, &r, &w->err), E_CONFLICT);
}

static void a_published_log_that_does_not_verify_is_not_believed(void **state)
{
    struct world *w = *state;
    struct reopen_report r;
    (void)make_old_copy(w);
    world_edit(w, "audit/tile/entries/000.p/11", "HOLD_APPLIED", "HOLD_IMPLIED");
    assert_int_equal(audit_reopen(w->e, &w->a, &r, &w->err), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "does not verify"));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(what_is_missing_is_counted),
                                       WORLD_TEST(a_new_log_begins_and_the_old_one_stays),
                                       WORLD_TEST(afterwards_it_works_again),
                                       WORLD_TEST(twice_makes_r3),
                                       WORLD_TEST(a_copy_that_went_on_is_compared_entry_by_entry),
                                       WORLD_TEST(a_healthy_registry_is_left_alone),
                                       WORLD_TEST(a_published_log_that_does_not_verify_is_not_believed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
