/* test_actor.c - accounts by token, the operating system's user otherwise, and never the one for the other. */
#include "engine/actor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/world.h"

static struct str add(struct world *w, const char *name, const char *role)
{
    struct str token = STR_NONE;
    WORLD_OK(w, account_add(w->e, str_of(name), str_of(role), &w->a, &token, &w->err));
    return token;
}

static int no_token(void **state)
{
    (void)state;
    return unsetenv("EXPUNGE_TOKEN");
}

static void without_a_token_it_is_the_system_user(void **state)
{
    struct world *w = *state;
    char host[256] = "";
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    WORLD_OK(w, actor_find(w->e, STR("Ann Example"), &w->err));
    assert_true(str_starts(w->e->actor.id, STR("os:")));
    assert_true(str_ends(w->e->actor.id, arena_fmt(&w->a, "@%s", host)));
    assert_false(w->e->actor.identified);
    assert_true(str_is(w->e->actor.claim, "Ann Example"));
    assert_true(str_is(w->e->actor.role, ROLE_LOCAL));
}

static void a_token_is_shown_once_and_names_its_account(void **state)
{
    struct world *w = *state;
    struct str token = add(w, "dora", "privacy-approver");
    assert_int_equal(token.n, 47);
    assert_true(str_starts(token, STR("exp_")));
    for (size_t i = 4; i < token.n; i++)
        assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token.p[i]) != NULL);
    assert_int_equal(setenv("EXPUNGE_TOKEN", token.p, 1), 0);
    WORLD_OK(w, actor_find(w->e, STR_NONE, &w->err));
    assert_true(w->e->actor.identified);
    assert_true(str_is(w->e->actor.role, "privacy-approver"));
    assert_true(str_starts(w->e->actor.id, STR("user-")));
    assert_false(str_contains(w->e->actor.id, "dora"));
    assert_null(w->e->actor.claim.p);
}

static void the_registry_does_not_hold_the_token(void **state)
{
    struct world *w = *state;
    struct str token = add(w, "eve", "viewer"), body;
    uint64_t version;
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_ACCOUNT, STR("eve"), &w->a, &body, &version, &w->err));
    assert_int_equal(version, 1);
    assert_false(str_contains(body, token.p));
    assert_false(str_contains(body, token.p + 4));
}

static void a_wrong_token_is_nobody(void **state)
{
    struct world *w = *state;
    assert_int_equal(setenv("EXPUNGE_TOKEN", "exp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1), 0);
    assert_int_equal(actor_find(w->e, STR_NONE, &w->err), E_DENIED);
    assert_false(str_contains(str_of(w->err.text), "AAAA"));
    world_close(w);
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_DENIED);
    assert_int_equal(unsetenv("EXPUNGE_TOKEN"), 0);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0));
}

static void a_disabled_account_is_refused(void **state)
{
    struct world *w = *state;
    struct str token = add(w, "finn", "legal");
    WORLD_OK(w, account_disable(w->e, STR("finn"), &w->a, &w->err));
    WORLD_OK(w, account_disable(w->e, STR("finn"), &w->a, &w->err));
    assert_int_equal(setenv("EXPUNGE_TOKEN", token.p, 1), 0);
    assert_int_equal(actor_find(w->e, STR_NONE, &w->err), E_DENIED);
    assert_int_equal(account_disable(w->e, STR("nobody"), &w->a, &w->err), E_ABSENT);
}

static void names_and_roles_are_checked(void **state)
{
    struct world *w = *state;
    struct str token;
    char longer[66];
    memset(longer, 'n', sizeof longer);
    (void)add(w, "gina", "viewer");
    assert_int_equal(account_add(w->e, STR("gina"), STR("legal"), &w->a, &token, &w->err), E_CONFLICT);
    assert_int_equal(account_add(w->e, STR("hugo"), STR("emperor"), &w->a, &token, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "privacy-operator"));
    assert_int_equal(account_add(w->e, STR("hugo"), STR(ROLE_LOCAL), &w->a, &token, &w->err), E_INVALID);
    assert_int_equal(account_add(w->e, STR(""), STR("viewer"), &w->a, &token, &w->err), E_INVALID);
    assert_int_equal(account_add(w->e, STR("a b"), STR("viewer"), &w->a, &token, &w->err), E_INVALID);
    assert_int_equal(account_add(w->e, (struct str){longer, 65}, STR("viewer"), &w->a, &token, &w->err), E_INVALID);
    WORLD_OK(w, account_add(w->e, (struct str){longer, 64}, STR("viewer"), &w->a, &token, &w->err));
}

static void every_change_stands_in_the_log(void **state)
{
    struct world *w = *state;
    size_t before, n;
    (void)world_entries(w, &before);
    (void)add(w, "ivan", "auditor");
    WORLD_OK(w, account_disable(w->e, STR("ivan"), &w->a, &w->err));
    struct entry *entries = world_entries(w, &n);
    assert_int_equal(n, before + 2);
    assert_true(str_contains(entries[n - 2].body, "\"change\":\"added\""));
    assert_true(str_contains(entries[n - 2].body, "\"roles\":[\"auditor\"]"));
    assert_true(str_contains(entries[n - 1].body, "\"change\":\"disabled\""));
    assert_false(str_contains(entries[n - 1].body, "ivan"));
}

static void accounts_are_listed(void **state)
{
    struct world *w = *state;
    struct account *list;
    size_t n;
    (void)add(w, "jane", "legal");
    (void)add(w, "karl", "viewer");
    WORLD_OK(w, account_disable(w->e, STR("karl"), &w->a, &w->err));
    WORLD_OK(w, account_list(w->e, &w->a, &list, &n, &w->err));
    size_t jane = n, karl = n;
    for (size_t i = 0; i < n; i++) {
        jane = str_is(list[i].name, "jane") ? i : jane;
        karl = str_is(list[i].name, "karl") ? i : karl;
    }
    assert_true(jane < n && karl < n);
    assert_true(str_is(list[jane].role, "legal"));
    assert_false(list[jane].disabled);
    assert_true(list[karl].disabled);
    assert_int_equal(list[karl].created_ms, WORLD_NOW_MS);
    assert_false(str_eq(list[jane].id, list[karl].id));
}

static void people_read_names(void **state)
{
    struct world *w = *state;
    struct account list[] = {{.id = STR("user-1"), .name = STR("ann")}, {.id = STR("user-2"), .name = STR("bob")}};
    assert_true(str_is(actor_text(list, 2, STR("user-2"), STR_NONE, &w->a), "bob"));
    assert_true(str_is(actor_text(list, 2, STR("user-2"), STR("Ms X"), &w->a), "Ms X (bob)"));
    assert_true(str_is(actor_text(list, 2, STR("os:root@h"), STR("Ms X"), &w->a), "Ms X (os:root@h)"));
    assert_true(str_is(actor_text(list, 2, STR("user-3"), STR_NONE, &w->a), "user-3"));
}

#define ACTOR_TEST(f) cmocka_unit_test_setup_teardown(f, no_token, no_token)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACTOR_TEST(without_a_token_it_is_the_system_user), ACTOR_TEST(a_token_is_shown_once_and_names_its_account),
        ACTOR_TEST(the_registry_does_not_hold_the_token),  ACTOR_TEST(a_wrong_token_is_nobody),
        ACTOR_TEST(a_disabled_account_is_refused),         ACTOR_TEST(names_and_roles_are_checked),
        ACTOR_TEST(every_change_stands_in_the_log),        ACTOR_TEST(accounts_are_listed), ACTOR_TEST(people_read_names)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
