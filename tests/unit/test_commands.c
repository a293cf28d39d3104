/* The list of commands is one that help, permissions and parsing can rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "engine/actor.h"

static void test_rows_are_whole(void **state UNUSED)
{
    for (const struct command *const *p = commands; *p; p++) {
        const struct command *k = *p;
        assert_non_null(k->run);
        assert_non_null(k->summary);
        assert_int_not_equal(k->summary[0], '\0');
        assert_int_not_equal(k->summary[strlen(k->summary) - 1], '.');
        assert_true(k->args_max == ARGS_ANY || k->args_max >= k->args_min);
        assert_true(k->args_max == 0 || k->arguments != NULL);
    }
}

static void test_names_are_found_once(void **state UNUSED)
{
    for (const struct command *const *p = commands; *p; p++)
        for (const struct command *const *q = p + 1; *q; q++) {
            bool same = strcmp((*p)->name, (*q)->name) == 0;
            assert_false(same &&
                         (!(*p)->subcommand || !(*q)->subcommand || strcmp((*p)->subcommand, (*q)->subcommand) == 0));
            assert_false(same && strcmp((*(q - 1))->name, (*q)->name) != 0); /* a group stands together */
        }
}

static bool in_table(const struct cli_option *o, const char *name)
{
    for (; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

static void test_options(void **state UNUSED)
{
    for (const struct command *const *p = commands; *p; p++) {
        for (const struct cli_option *o = (*p)->options; o && o->name; o++) {
            assert_false(in_table(common_options, o->name));
            assert_false(in_table(o + 1, o->name));
            assert_true(o->help && o->help[0]);
            assert_false(o->repeatable && !o->value);
        }
        /* --dry-run is what lets a command take --now: it must have one */
        assert_true(!((*p)->needs & CLI_NOW_DRY) || in_table((*p)->options, "dry-run"));
    }
}

/* A misspelt permission would be one that nobody has. */
static bool somebody_may(const char *permission)
{
    for (const char *const *role = role_names; *role; role++)
        if (role_may(str_of(*role), permission))
            return true;
    return false;
}

static void test_permissions_exist(void **state UNUSED)
{
    for (const struct command *const *p = commands; *p; p++) {
        char name[64];
        struct str rest = str_of((*p)->permission), one;
        while (rest.n) {
            if (!str_split(rest, '|', &one, &rest)) {
                one = rest;
                rest = STR_NONE;
            }
            assert_true(one.n < sizeof name);
            memcpy(name, one.p, one.n);
            name[one.n] = '\0';
            if (!somebody_may(name))
                fail_msg("%s %s: no role has %s", (*p)->name, (*p)->subcommand ? (*p)->subcommand : "", name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_are_whole),
                                       cmocka_unit_test(test_names_are_found_once), cmocka_unit_test(test_options),
                                       cmocka_unit_test(test_permissions_exist)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
