/* test_audit_list.c - the filters of the Audit Log: user, dates, functionality, contact; pages. */
#include "engine/audit_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/actor.h"
#include "tests/lib/story.h"

static const struct audit_filter everything = {.from_ms = TIME_NONE, .to_ms = TIME_NONE};

static struct audit_line *list(struct world *w, const struct audit_filter *f, size_t *n, bool *more)
{
    struct audit_line *lines = NULL;
    WORLD_OK(w, audit_list(w->e, f, &w->a, &lines, n, more, &w->err));
    return lines;
}

static void in_order_and_back(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    size_t n, back_n;
    bool more;
    (void)world_story(w, "list-1", STATUS_PURGED);
    struct audit_line *lines = list(w, &f, &n, &more);
    assert_int_equal(n, 5);
    assert_false(more);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(lines[i].index, i);
    f.newest_first = true;
    struct audit_line *back = list(w, &f, &back_n, &more);
    assert_int_equal(back_n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(back[i].index, n - 1 - i);
}

static void pages_meet_without_gap(void **state)
{
    struct world *w = *state;
    (void)world_story(w, "list-1", STATUS_PURGED);
    for (int newest = 0; newest < 2; newest++) {
        struct audit_filter f = everything;
        uint64_t seen = 0;
        f.max = 2;
        f.newest_first = newest;
        for (bool more = true; more;) {
            size_t n;
            struct audit_line *lines = list(w, &f, &n, &more);
            assert_true(n <= 2);
            for (size_t i = 0; i < n; i++, seen++)
                assert_int_equal(lines[i].index, newest ? 4 - seen : seen);
            f.has_after = true;
            f.after = lines[n - 1].index;
        }
        assert_int_equal(seen, 5);
    }
}

static void by_functionality(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    size_t n;
    bool more;
    (void)world_story(w, "list-1", STATUS_PURGED);
    f.functionality = STR("delete contact");
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 4);
    f.functionality = STR("Bulk Delete");
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 0);
    f.functionality = STR_NONE;
    f.type = STR("VERIFIED");
    struct audit_line *lines = list(w, &f, &n, &more);
    assert_int_equal(n, 1);
    assert_true(str_is(lines[0].type, "VERIFIED"));
}

static void by_time(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    size_t n;
    bool more;
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_WRITE);
    (void)world_story(w, "list-1", STATUS_PURGED);
    f.from_ms = WORLD_NOW_MS + DAY_MS;
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 4);
    f.from_ms = TIME_NONE;
    f.to_ms = WORLD_NOW_MS + DAY_MS;
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 1);
}

static void by_user_as_people_know_him(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    struct str token;
    size_t n;
    bool more;
    WORLD_OK(w, account_add(w->e, STR("dora"), STR("privacy-operator"), &w->a, &token, &w->err));
    assert_int_equal(setenv("EXPUNGE_TOKEN", token.p, 1), 0);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    (void)world_story(w, "list-1", STATUS_PURGED);
    f.user = STR("dora");
    struct audit_line *lines = list(w, &f, &n, &more);
    assert_int_equal(n, 4);
    assert_true(str_eq(lines[0].actor, w->e->actor.id));
    f.user = w->e->actor.id;
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 4);
    f.user = STR("emil");
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 0);
    assert_int_equal(unsetenv("EXPUNGE_TOKEN"), 0);
}

static void by_contact_also_after_its_erasure(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    size_t n;
    bool more;
    (void)world_story(w, "list-1", STATUS_PURGED);
    (void)world_story(w, "list-2", STATUS_PURGED);
    static const char *const names[] = {"list-1", "connect-eu/list-1"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        f.contact = str_of(names[k]);
        struct audit_line *lines = list(w, &f, &n, &more);
        assert_int_equal(n, 4);
        for (size_t i = 0; i < n; i++)
            assert_true(str_is(lines[i].contacts[0], "connect-eu/list-1"));
    }
    f.contact = STR("nobody");
    struct audit_line *lines;
    assert_int_equal(audit_list(w->e, &f, &w->a, &lines, &n, &more, &w->err), E_ABSENT);
}

/* A batch's intent names no single chain; it is found by the answer to it. */
static void by_contact_finds_the_intent_of_a_batch(void **state)
{
    struct world *w = *state;
    struct opening o[2];
    struct row_key keys[2];
    struct entry intent, outcome;
    struct receipt receipt;
    struct audit_filter f = everything;
    size_t n;
    bool more;
    struct intent_facts facts = {
        .functionality = FUNC_RETENTION_PURGE, .reason = REASON_RETENTION_EXPIRY, .effects = EFFECT_ERASE};
    const char *const ids[] = {"batch-1", "batch-2"};
    WORLD_OK(w, registry_source_add(w->e->registry, STR("connect-eu"), &w->err));
    for (size_t i = 0; i < 2; i++) {
        struct chain c = world_chain(w, true, ids[i], NULL);
        keys[i] = c.key;
        WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o[i], &w->err));
        story_keep_opening(w, &o[i]);
    }
    WORLD_OK(w, journal_intent(w->e, &facts, o, 2, WORLD_NOW_MS, &w->a, &intent, &w->err));
    WORLD_OK(w, registry_intend(w->e->registry, keys, 2, facts.effects, &intent, &w->a, &receipt, &w->err));
    struct outcome_facts of = {.intent = receipt.intent, .verdict = STATUS_VERIFYING, .keep_until_ms = TIME_NONE};
    WORLD_OK(w, journal_outcome(w->e, &of, &o[1], WORLD_NOW_MS, &w->a, &outcome, &w->err));
    world_commit(w, &outcome);
    f.contact = STR("batch-2");
    struct audit_line *lines = list(w, &f, &n, &more);
    assert_int_equal(n, 2);
    assert_true(str_is(lines[0].type, "INTENT"));
    assert_true(str_is(lines[1].type, "OUTCOME"));
}

static void many_pages_of_the_registry_are_read(void **state)
{
    struct world *w = *state;
    struct audit_filter f = everything;
    size_t n;
    bool more;
    story_fill(w, 1100);
    (void)list(w, &f, &n, &more);
    assert_int_equal(n, 1000);
    assert_true(more);
    f.max = 5000;
    struct audit_line *lines = list(w, &f, &n, &more);
    assert_int_equal(n, 1101);
    assert_false(more);
    assert_int_equal(lines[1100].index, 1100);
}

static void refused(struct audit_filter f, const char *known, const char *last)
{
    struct err err = {.code = OK};
    assert_int_equal(audit_filter_check(&f, &err), E_INVALID);
    assert_non_null(strstr(err.text, known));
    assert_non_null(strstr(err.text, last)); /* the list is whole */
}

static void what_no_entry_has_is_not_asked_for(void **state)
{
    (void)state;
    char longest[512];
    struct audit_filter f = everything;
    memset(longest, 'Z', sizeof longest);
    assert_int_equal(audit_filter_check(&f, NULL), OK);
    f.type = STR("VERIFIED");
    f.functionality = STR("bulk delete");
    assert_int_equal(audit_filter_check(&f, NULL), OK);
    refused((struct audit_filter){.type = STR("zzz")}, "zzz", "REOPENED");
    refused((struct audit_filter){.type = {longest, sizeof longest}}, "REGISTERED", "REOPENED");
    refused((struct audit_filter){.type = STR("verified")}, "VERIFIED", "REOPENED");
    refused((struct audit_filter){.functionality = STR("zzz")}, "zzz", "Restrict");
    refused((struct audit_filter){.functionality = {longest, sizeof longest}}, "Delete Contact", "Restrict");
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(in_order_and_back),
                                       WORLD_TEST(pages_meet_without_gap),
                                       WORLD_TEST(by_functionality),
                                       cmocka_unit_test(what_no_entry_has_is_not_asked_for),
                                       WORLD_TEST(by_time),
                                       WORLD_TEST(by_user_as_people_know_him),
                                       WORLD_TEST(by_contact_also_after_its_erasure),
                                       WORLD_TEST(by_contact_finds_the_intent_of_a_batch),
                                       WORLD_TEST(many_pages_of_the_registry_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
