/* Help comes from the tables, and the committed documents are what the tables say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/help.h"

enum { TEXT_MAX = 1 << 20, LINE_MAX_BYTES = 100 };

static void test_every_command_has_help(void **state UNUSED)
{
    for (const struct command *const *p = commands; *p; p++) {
        CLEANUP(buf_release) struct buf b;
        buf_init(&b, TEXT_MAX);
        assert_true(help_command((*p)->name, (*p)->subcommand, &b));
        assert_non_null(strstr(b.p, "Usage: expunge "));
        for (const struct cli_option *o = (*p)->options; o && o->name; o++)
            assert_non_null(strstr(b.p, o->name));
        assert_non_null(strstr(b.p, "--config FILE"));
    }
}

static void test_lines_fit(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    for (const struct command *const *p = commands; *p; p++)
        assert_true(help_command((*p)->name, (*p)->subcommand, &b));
    struct str line, rest = buf_view(&b);
    while (str_split(rest, '\n', &line, &rest))
        assert_true(line.n <= LINE_MAX_BYTES || str_starts(line, STR("Usage: ")));
}

static void test_groups_and_overview(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    assert_true(help_command("hold", NULL, &b));
    assert_non_null(strstr(b.p, "release"));
    assert_false(help_command("none", NULL, &b));
    assert_false(help_command("hold", "none", &b));
    buf_clear(&b);
    help_overview(&b);
    assert_non_null(strstr(b.p, "apply|release|waive|list"));
    assert_non_null(strstr(b.p, "\n  purge         the daily run"));
}

static void test_commands_document_is_not_stale(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct arena a;
    struct str document;
    struct err err = {.code = OK};
    arena_init(&a, 2 * TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    help_markdown(&b);
    assert_int_equal(file_read("docs/commands.md", TEXT_MAX, &a, &document, &err), OK);
    if (!str_eq(document, buf_view(&b)))
        fail_msg("docs/commands.md is stale: make references");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_command_has_help), cmocka_unit_test(test_lines_fit),
                                       cmocka_unit_test(test_groups_and_overview),
                                       cmocka_unit_test(test_commands_document_is_not_stale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
