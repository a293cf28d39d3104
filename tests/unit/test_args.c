/* The command line against the tables; what is wrong is named, with the nearest that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/cli.h"

enum { WORDS_MAX = 16 };

struct line {
    struct cli c;
    struct err err;
    enum status status;
};

static void parse(struct line *l, const char *words)
{
    char *argv[WORDS_MAX];
    int argc = 0;
    *l = (struct line){.status = OK};
    arena_init(&l->c.arena, 1 << 20);
    char *copy = arena_cstr(&l->c.arena, str_of(words));
    for (char *p = copy; p && *p; argc++) {
        argv[argc] = p;
        p = strchr(p, ' ');
        if (p)
            *p++ = '\0';
    }
    l->status = args_parse(argc, argv, &l->c, &l->err);
}

static void refused(const char *words, const char *text)
{
    struct line l;
    parse(&l, words);
    assert_int_equal(l.status, E_INVALID);
    if (!strstr(l.err.text, text))
        fail_msg("`%s`: \"%s\" is not in \"%s\"", words, text, l.err.text);
    arena_release(&l.c.arena);
}

static void test_words_and_options(void **state UNUSED)
{
    struct line l;
    parse(&l, "erase a --reason=x=y --wait 20 b --file f1 --file f2 --json -- --c -");
    assert_int_equal(l.status, OK);
    assert_string_equal(l.c.command->name, "erase");
    assert_int_equal(l.c.args_n, 4);
    assert_string_equal(l.c.args[2], "--c");
    assert_string_equal(l.c.args[3], "-");
    assert_string_equal(cli_option(&l.c, "reason"), "x=y");
    assert_string_equal(cli_option(&l.c, "wait"), "20");
    assert_string_equal(cli_option_at(&l.c, "file", 0), "f1");
    assert_string_equal(cli_option_at(&l.c, "file", 1), "f2");
    assert_null(cli_option_at(&l.c, "file", 2));
    assert_null(cli_option(&l.c, "result"));
    assert_true(l.c.json);
    assert_false(l.c.verbose);
    assert_false(cli_flag(&l.c, "dry-run"));
    arena_release(&l.c.arena);
}

static void test_subcommands(void **state UNUSED)
{
    struct line l;
    parse(&l, "hold apply x --matter=M");
    assert_int_equal(l.status, OK);
    assert_string_equal(l.c.command->subcommand, "apply");
    assert_int_equal(l.c.args_n, 1);
    arena_release(&l.c.arena);
    refused("hold", "apply, release, waive, list");
    refused("hold --json", "apply, release, waive, list");
    refused("hold relase", "did you mean `release`?");
}

static void test_what_is_wrong_is_named(void **state UNUSED)
{
    refused("prge", "did you mean `purge`?");
    refused("qqqqqqqq", "`expunge help` lists");
    refused("purge --limt 3", "did you mean `--limit`?");
    refused("purge --zzzzzzzzz", "unknown option `--zzzzzzzzz`");
    refused("purge --limit", "needs a value");
    refused("purge --dry-run=yes", "takes no value");
    refused("purge --limit 1 --limit 2", "given twice");
    refused("purge x", "unexpected argument `x`");
    refused("approve", "too few arguments: expunge approve DIGEST");
    refused("erase -x", "options are written --name");
}

static void test_help_and_version(void **state UNUSED)
{
    static const char *const words[] = {"--help", "erase --help", "hold apply x --help", "hold --help", "-h"};
    static const size_t args[] = {0, 1, 2, 1, 0};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct line l;
        parse(&l, words[i]);
        assert_int_equal(l.status, OK);
        assert_string_equal(l.c.command->name, "help");
        assert_int_equal(l.c.args_n, args[i]);
        arena_release(&l.c.arena);
    }
    struct line l;
    parse(&l, "--version");
    assert_string_equal(l.c.command->name, "version");
    arena_release(&l.c.arena);
    parse(&l, "erase -- --help");
    assert_string_equal(l.c.command->name, "erase");
    arena_release(&l.c.arena);
}

static void test_numbers_and_times(void **state UNUSED)
{
    struct line l;
    int64_t v = -7;
    parse(&l, "purge --limit 12 --max-runtime 15m --now 2026-01-31");
    assert_int_equal(cli_option_int(&l.c, "limit", 1, 100, &v, &l.err), OK);
    assert_int_equal(v, 12);
    assert_int_equal(cli_option_int(&l.c, "limit", 1, 11, &v, &l.err), E_INVALID);
    assert_non_null(strstr(l.err.text, "from 1 to 11"));
    assert_int_equal(cli_option_duration(&l.c, "max-runtime", &v, &l.err), OK);
    assert_int_equal(v, 15 * MINUTE_MS);
    assert_int_equal(cli_option_time(&l.c, "now", &v, &l.err), OK);
    assert_int_equal(v, INT64_C(1769817600000));
    arena_release(&l.c.arena);
    static const char *const bad[] = {"", "m", "-1", "1w", "1.5", "99999999999999999999", "367d"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char words[80] = "purge --max-runtime=";
        memcpy(words + strlen(words), bad[i], strlen(bad[i]) + 1);
        parse(&l, words);
        v = 5;
        assert_int_equal(cli_option_duration(&l.c, "max-runtime", &v, &l.err), E_INVALID);
        assert_int_equal(v, 5);
        arena_release(&l.c.arena);
    }
    parse(&l, "purge --now yesterday");
    assert_int_equal(cli_option_time(&l.c, "now", &v, &l.err), E_INVALID);
    assert_int_equal(cli_option_int(&l.c, "limit", 1, 2, &v, &l.err), OK); /* not given: left as it is */
    assert_int_equal(v, 5);
    arena_release(&l.c.arena);
}

static void test_nearest(void **state UNUSED)
{
    static const char *const names[] = {"erase", "purge", "verify", NULL};
    assert_string_equal(nearest_name("ersae", names), "erase");
    assert_string_equal(nearest_name("verfiy", names), "verify");
    assert_null(nearest_name("x", names));
    assert_null(nearest_name("completely-else", names));
    assert_null(nearest_name("a-name-that-is-far-longer-than-any-name-of-a-command-is", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_options),      cmocka_unit_test(test_subcommands),
        cmocka_unit_test(test_what_is_wrong_is_named), cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_numbers_and_times),      cmocka_unit_test(test_nearest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
