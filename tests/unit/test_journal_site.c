/* test_journal_site.c - entries about batches, plans, runs, holds, policy, and plain facts. */
#include "engine/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/entry.h"
#include "engine/opening.h"
#include "tests/lib/story.h"

static struct str raw(struct world *w, const struct entry *e, const char *field)
{
    struct entry_view *v = ARENA_NEW(&w->a, struct entry_view);
    WORLD_OK(w, entry_check(e->body, v, &w->err));
    return entry_raw(v, field);
}

static void a_batch_is_a_count_and_a_digest(void **state)
{
    struct world *w = *state;
    struct entry e;
    struct hash digest = {{0xAB}};
    WORLD_OK(w, journal_registered(w->e, 12000, &digest, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "n"), "12000"));
    assert_true(str_starts(raw(w, &e, "digest"), STR("\"ab00")));
    assert_true(str_is(e.type, "REGISTERED"));
    assert_int_equal(e.at_ms, WORLD_NOW_MS);
}

static void a_hold_hides_matter_and_reason(void **state)
{
    struct world *w = *state;
    struct row_key key = row_key_of_matter(&w->e->registry->identifier, STR("Smith v Acme"));
    struct opening o;
    struct entry e;
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &o, &w->err));
    WORLD_OK(w, journal_hold(w->e, true, &o, "ids", 3, STR("claim of Ms Miller"), WORLD_NOW_MS + DAY_MS, WORLD_NOW_MS,
                             &w->a, &e, &w->err));
    assert_true(str_is(e.type, "HOLD_APPLIED"));
    assert_false(str_contains(e.body, "Smith"));
    assert_false(str_contains(e.body, "Miller"));
    assert_true(str_is(raw(w, &e, "scope"), "\"ids\""));
    assert_true(str_is(raw(w, &e, "review"), "1795312800000"));
    assert_int_equal(raw(w, &e, "matter").n, 66);
    assert_int_equal(raw(w, &e, "note").n, 66);
    assert_true(row_key_eq(&e.subject, &key));
    WORLD_OK(w, journal_hold(w->e, false, &o, "filter", 0, STR_NONE, TIME_NONE, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(e.type, "HOLD_RELEASED"));
    assert_null(raw(w, &e, "note").p);
    assert_null(raw(w, &e, "review").p);
    assert_null(raw(w, &e, "waived").p);
    WORLD_OK(w, journal_waived(w->e, &o, "filter", 0, STR("agreed with Ms Miller"), WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(e.type, "HOLD_RELEASED"));
    assert_true(str_is(raw(w, &e, "waived"), "true"));
    assert_false(str_contains(e.body, "Miller"));
}

static void a_plan_says_whether_it_is_a_rehearsal(void **state)
{
    struct world *w = *state;
    struct hash digest = {{1}};
    struct entry e;
    WORLD_OK(w, journal_planned(w->e, &digest, 5, WORLD_NOW_MS, STR("run-1"), true, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "dry_run"), "true"));
    assert_true(str_eq(raw(w, &e, "policy"), arena_fmt(&w->a, "\"%.*s\"", STR_ARG(w->e->policy.version))));
    WORLD_OK(w, journal_planned(w->e, &digest, 5, WORLD_NOW_MS, STR("run-1"), false, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_null(raw(w, &e, "dry_run").p);
}

static void a_site_of_one_person_says_so(void **state)
{
    struct world *w = *state;
    struct hash digest = {{1}};
    struct entry e;
    WORLD_OK(w, journal_approved(w->e, &digest, w->e->actor.id, "plan", WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_null(raw(w, &e, "delay").p); /* not configured: verification will object */
    w->e->config.approval_delay = (struct period){.days = 3, .set = true};
    WORLD_OK(w, journal_approved(w->e, &digest, w->e->actor.id, "plan", WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "delay"), "\"P3D\""));
    WORLD_OK(w, journal_approved(w->e, &digest, STR("user-2"), "plan", WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_null(raw(w, &e, "delay").p);
    w->e->config.approval_delay.set = false;
}

static void runs_count_by_name(void **state)
{
    struct world *w = *state;
    const uint64_t counts[] = {7, 0, 2};
    const char *const names[] = {"purged", "failed", "held"};
    struct entry e;
    WORLD_OK(w, journal_run(w->e, STR("run-9"), "finished", counts, names, 3, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "counts"), "{\"failed\":0,\"held\":2,\"purged\":7}"));
    assert_true(str_is(raw(w, &e, "state"), "\"finished\""));
    assert_true(str_is(raw(w, &e, "dry_run"), "false"));
    WORLD_OK(w, journal_run(w->e, STR("run-9"), "dry started", NULL, NULL, 0, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "state"), "\"started\""));
    assert_true(str_is(raw(w, &e, "dry_run"), "true"));
    assert_int_equal(journal_run(w->e, STR("run-9"), "vanished", NULL, NULL, 0, WORLD_NOW_MS, &w->a, &e, &w->err),
                     E_INVALID);
}

static void policy_names_the_version_before(void **state)
{
    struct world *w = *state;
    struct entry e;
    const struct period delay = {.days = 3, .set = true};
    struct policy_facts change = {
        .version = STR("aa"), .previous = STR("bb"), .earlier = 1, .later = 2, .due_now = 3};
    WORLD_OK(w, journal_policy(w->e, &change, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "counts"), "{\"due\":3,\"earlier\":1,\"later\":2}"));
    assert_true(str_is(raw(w, &e, "previous"), "\"bb\""));
    assert_null(raw(w, &e, "delay").p);
    change.delay = &delay;
    WORLD_OK(w, journal_policy(w->e, &change, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "delay"), "\"P3D\""));
}

static void plain_facts_take_the_form_of_their_field(void **state)
{
    struct world *w = *state;
    struct entry e;
    struct journal_fact restore[] = {{.name = "store", .text = STR("index")},
                                     {.name = "n", .is_number = true, .number = 4},
                                     {.name = "as_of", .is_number = true, .number = 99}};
    WORLD_OK(w, journal_plain(w->e, "RESTORE_DECLARED", restore, 3, NULL, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_contains(e.body, "\"as_of\":99,"));
    assert_true(str_contains(e.body, "\"n\":4,\"store\":\"index\""));
    struct journal_fact user[] = {{.name = "change", .text = STR("roles")},
                                  {.name = "roles", .text = STR("legal")},
                                  {.name = "user", .text = STR("user-1")},
                                  {.name = "run", .text = STR_NONE}};
    WORLD_OK(w, journal_plain(w->e, "USER_CHANGED", user, 4, NULL, WORLD_NOW_MS, &w->a, &e, &w->err));
    assert_true(str_is(raw(w, &e, "roles"), "[\"legal\"]"));
    assert_true(str_is(raw(w, &e, "run"), "null"));
    struct journal_fact waived[] = {{.name = "store", .text = STR("index")}};
    assert_int_equal(journal_plain(w->e, "STORE_CHANGED", waived, 1, NULL, WORLD_NOW_MS, &w->a, &e, &w->err),
                     E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_batch_is_a_count_and_a_digest),
                                       cmocka_unit_test(a_hold_hides_matter_and_reason),
                                       cmocka_unit_test(a_plan_says_whether_it_is_a_rehearsal),
                                       cmocka_unit_test(a_site_of_one_person_says_so),
                                       cmocka_unit_test(runs_count_by_name),
                                       cmocka_unit_test(policy_names_the_version_before),
                                       cmocka_unit_test(plain_facts_take_the_form_of_their_field)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
