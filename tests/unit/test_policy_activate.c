#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/actor.h"
#include "engine/policies.h"
#include "tests/lib/centre.h"

static struct activation activate(struct world *w, const char *by)
{
    struct activation x;
    WORLD_OK(w, policy_activate(w->e, str_of(by), &w->a, &x, &w->err));
    return x;
}

/* Of the newest POLICY_CHANGED: the delay that stood in for a second person, as the log has it. */
static bool change_says(struct world *w, const char *part)
{
    size_t n;
    struct entry *entries = world_entries(w, &n);
    while (n && !str_is(entries[n - 1].type, "POLICY_CHANGED"))
        n--;
    assert_true(n > 0);
    return str_contains(entries[n - 1].body, part);
}

static void test_first_arms(void **state)
{
    struct world *w = *state;
    struct activation x;
    assert_int_equal(policy_activate(w->e, STR_NONE, &w->a, &x, &w->err), E_INVALID); /* a named person */
    x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_DONE && x.armed && !w->e->disarmed);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_false(w->e->disarmed);
    x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_NOTHING && !x.armed);
    assert_int_equal(centre_count(w, "POLICY_CHANGED"), 2); /* init, and the first activation */
}

static void test_longer_at_once(void **state)
{
    struct world *w = *state;
    activate(w, "Ann");
    world_edit(w, "expunge.yaml", "erase_after: P90D", "erase_after: P120D");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_true(w->e->config_differs);
    struct activation x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_DONE && !x.armed && !w->e->config_differs);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_true(!w->e->config_differs && policy_category(&w->e->policy, STR("chat_transient"))->erase_after.days == 120);
}

static void as_account(struct world *w, const char *name, int64_t now_ms)
{
    struct str token;
    WORLD_OK(w, account_add(w->e, str_of(name), STR("privacy-approver"), &w->a, &token, &w->err));
    setenv("EXPUNGE_TOKEN", arena_cstr(&w->a, token), 1);
    world_reopen(w, now_ms, OPEN_WRITE);
}

static void test_shorter_waits(void **state)
{
    struct world *w = *state;
    struct run_record what;
    activate(w, "Ann");
    centre_ingest(w, centre_record(w, "c-1", NULL, 80, "chat_transient", NULL));
    world_edit(w, "expunge.yaml", "erase_after: P90D", "erase_after: P60D");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    struct activation x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_WAITING && x.impact.due_now == 1 && x.impact.earlier == 1);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_WAITING);
    assert_int_equal(centre_status(w, "c-1"), STATUS_ACTIVE); /* nothing has moved */
    assert_int_equal(approve(w->e, &x.digest, &w->a, &what, &w->err), E_DENIED); /* os:NAME cannot */
    as_account(w, "Bob", WORLD_NOW_MS + DAY_MS);
    WORLD_OK(w, approve(w->e, &x.digest, &w->a, &what, &w->err));
    unsetenv("EXPUNGE_TOKEN");
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_WRITE);
    x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_COOLING && x.not_before_ms == WORLD_NOW_MS + 8 * DAY_MS);
    world_reopen(w, WORLD_NOW_MS + 8 * DAY_MS, OPEN_WRITE);
    x = activate(w, "Ann");
    assert_int_equal(x.state, ACTIVATION_DONE);
    assert_int_equal(centre_status(w, "c-1"), STATUS_EXPIRY_DUE);
    assert_false(change_says(w, "\"delay\""));
    WORLD_OK(w, run_get(w->e, what.id, &w->a, &what, &w->err));
    assert_true(str_is(what.state, "done"));
}

static void test_one_person(void **state)
{
    struct world *w = *state;
    activate(w, "Ann");
    world_edit(w, "expunge.yaml", "erase_after: P90D", "erase_after: P60D");
    world_edit(w, "expunge.yaml", "keys: keys/", "approval: {delay: P3D}\nkeys: keys/");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_WAITING);
    world_reopen(w, WORLD_NOW_MS + 9 * DAY_MS, OPEN_WRITE);
    struct activation x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_COOLING && x.not_before_ms == WORLD_NOW_MS + 10 * DAY_MS);
    world_reopen(w, WORLD_NOW_MS + 10 * DAY_MS, OPEN_WRITE);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_DONE);
    assert_true(change_says(w, "\"delay\":\"P3D\""));
}

static void test_second_person_before_the_delay_ends(void **state)
{
    struct world *w = *state;
    struct run_record what;
    activate(w, "Ann");
    world_edit(w, "expunge.yaml", "erase_after: P90D", "erase_after: P60D");
    world_edit(w, "expunge.yaml", "keys: keys/", "approval: {delay: P3D}\nkeys: keys/");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    struct activation x = activate(w, "Ann");
    as_account(w, "Bob", WORLD_NOW_MS + DAY_MS);
    WORLD_OK(w, approve(w->e, &x.digest, &w->a, &what, &w->err));
    unsetenv("EXPUNGE_TOKEN");
    world_reopen(w, WORLD_NOW_MS + 8 * DAY_MS, OPEN_WRITE);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_DONE);
    assert_false(change_says(w, "\"delay\""));
}

static void test_another_replaces_what_waits(void **state)
{
    struct world *w = *state;
    struct run_record *runs;
    size_t n;
    activate(w, "Ann");
    world_edit(w, "expunge.yaml", "erase_after: P90D", "erase_after: P60D");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    activate(w, "Ann");
    world_edit(w, "expunge.yaml", "erase_after: P60D", "erase_after: P50D");
    world_reopen(w, WORLD_NOW_MS + 1000, OPEN_WRITE);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_WAITING);
    WORLD_OK(w, runs_since(w->e, WORLD_NOW_MS - DAY_MS, 10, &w->a, &runs, &n, &w->err));
    assert_true(n == 2 && str_is(runs[0].state, "cancelled") && str_is(runs[1].state, "waiting"));
}

static void test_earlier_by_classification_waits(void **state)
{
    struct world *w = *state;
    activate(w, "Ann");
    centre_ingest(w, centre_record(w, "c-1", NULL, 80, NULL, NULL));
    world_edit(w, "expunge.yaml", "#  - {when: \"channel:chat\", category: chat_transient}", "  - {when: \"channel:voice\", category: chat_transient}");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_int_equal(activate(w, "Ann").state, ACTIVATION_WAITING);
    world_edit(w, "expunge.yaml", "  - {when: \"channel:voice\", category: chat_transient}", "  - {when: \"channel:voice\", category: healthcare}");
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    struct activation x = activate(w, "Ann");
    assert_true(x.state == ACTIVATION_DONE && x.rewritten == 1); /* later only: at once */
    assert_true(str_is(centre_chain(w, "c-1").legs[0].category, "healthcare"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_first_arms), IN_WORLD(test_longer_at_once), IN_WORLD(test_shorter_waits),
                                       IN_WORLD(test_one_person), IN_WORLD(test_second_person_before_the_delay_ends),
                                       IN_WORLD(test_another_replaces_what_waits),
                                       IN_WORLD(test_earlier_by_classification_waits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
