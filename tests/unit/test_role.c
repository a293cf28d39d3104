/* test_role.c - the roles of product.md section 6. */
#include "engine/actor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const permissions[] = {"contact.view",   "contact.view_scrubbed",
                                          "contact.delete", "request.view",
                                          "request.manage", "hold.view",
                                          "hold.apply",     "hold.release",
                                          "schedule.view",  "schedule.edit",
                                          "run.view",       "run.start",
                                          "approve",        "store.view",
                                          "store.manage",   "audit.view",
                                          "audit.export",   "user.manage"};

static void no_role_has_all(void **state)
{
    (void)state;
    for (size_t r = 0; role_names[r]; r++) {
        size_t has = 0;
        for (size_t p = 0; p < ARRAY_LEN(permissions); p++)
            has += role_may(str_of(role_names[r]), permissions[p]);
        assert_true(has > 0);
        assert_true(has < ARRAY_LEN(permissions));
    }
}

static void every_permission_is_somebodys(void **state)
{
    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(permissions); p++) {
        bool any = false;
        for (size_t r = 0; role_names[r]; r++)
            any |= role_may(str_of(role_names[r]), permissions[p]);
        assert_true(any);
    }
}

static void who_deletes_does_not_approve(void **state)
{
    (void)state;
    for (size_t r = 0; role_names[r]; r++) {
        struct str role = str_of(role_names[r]);
        assert_false(role_may(role, "contact.delete") && role_may(role, "approve"));
        assert_false(role_may(role, "hold.release") && role_may(role, "contact.delete"));
        assert_false(role_may(role, "audit.export") && role_may(role, "contact.delete"));
    }
    assert_true(role_may(STR("supervisor"), "contact.delete"));
    assert_true(role_may(STR("privacy-operator"), "request.manage"));
    assert_true(role_may(STR("privacy-approver"), "approve"));
    assert_true(role_may(STR("legal"), "hold.apply"));
    assert_true(role_may(STR("auditor"), "audit.export"));
    assert_true(role_may(STR("administrator"), "user.manage"));
    assert_false(role_may(STR("viewer"), "contact.delete"));
}

static void a_permission_is_a_whole_word(void **state)
{
    (void)state;
    assert_true(role_may(STR("viewer"), "contact.view"));
    assert_false(role_may(STR("viewer"), "contact.view_scrubbed"));
    assert_false(role_may(STR("viewer"), "contact"));
    assert_false(role_may(STR("viewer"), ""));
    assert_false(role_may(STR("viewer"), "contact.view schedule.view"));
}

static void unknown_roles_may_nothing(void **state)
{
    (void)state;
    assert_false(role_known(STR("root")));
    assert_false(role_known(STR("Viewer")));
    assert_false(role_may(STR_NONE, "contact.view"));
    assert_false(role_may(STR("root"), "contact.view"));
    assert_true(role_known(STR("viewer")));
}

static void the_shell_cannot_approve_and_is_no_account(void **state)
{
    (void)state;
    assert_false(role_known(STR(ROLE_LOCAL)));
    assert_false(role_may(STR(ROLE_LOCAL), "approve"));
    assert_true(role_may(STR(ROLE_LOCAL), "user.manage"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_role_has_all),
                                       cmocka_unit_test(every_permission_is_somebodys),
                                       cmocka_unit_test(who_deletes_does_not_approve),
                                       cmocka_unit_test(a_permission_is_a_whole_word),
                                       cmocka_unit_test(unknown_roles_may_nothing),
                                       cmocka_unit_test(the_shell_cannot_approve_and_is_no_account)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
