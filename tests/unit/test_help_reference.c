/* docs/options.md and the manual page are what the tables say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/help.h"

enum { TEXT_MAX = 1 << 20 };

static void same(const char *path, void (*render)(struct buf *), const char *how)
{
    CLEANUP(buf_release) struct buf b;
    struct arena a;
    struct str document;
    struct err err = {.code = OK};
    arena_init(&a, 2 * TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    render(&b);
    assert_false(b.failed);
    assert_int_equal(file_read(path, TEXT_MAX, &a, &document, &err), OK);
    if (!str_eq(document, buf_view(&b)))
        fail_msg("%s is stale: expunge help %s >%s", path, how, path);
    arena_release(&a);
}

static void test_options_document_is_not_stale(void **state UNUSED)
{
    same("docs/options.md", help_options, "--options");
}

static void test_manual_is_not_stale(void **state UNUSED)
{
    same("docs/expunge.1", help_man, "--man");
}

/* No line of text begins with a request by accident, and what is literal is escaped. */
static void test_manual_is_wellformed(void **state UNUSED)
{
    static const char *const requests[] = {".TH ", ".SH ", ".SS ", ".TP", ".PP", ".B ", ".I ", ".br"};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    help_man(&b);
    struct str line, rest = buf_view(&b);
    while (str_split(rest, '\n', &line, &rest)) {
        bool known = !line.n || (line.p[0] != '.' && line.p[0] != '\'');
        for (size_t i = 0; !known && i < ARRAY_LEN(requests); i++)
            known = str_starts(line, str_of(requests[i]));
        assert_true(known);
    }
    assert_non_null(strstr(b.p, "\\fB\\-\\-dry\\-run\\fR"));
}

static void test_options_name_every_driver(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    help_options(&b);
    for (const struct store_driver *const *d = store_drivers; *d; d++) {
        char head[80] = "## Stores: type `";
        memcpy(head + strlen(head), (*d)->name, strlen((*d)->name) + 1);
        assert_non_null(strstr(b.p, head));
        for (const struct option *o = (*d)->options; o->name; o++)
            assert_non_null(strstr(b.p, o->name));
    }
    assert_non_null(strstr(b.p, "## `own`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_document_is_not_stale), cmocka_unit_test(test_manual_is_not_stale),
        cmocka_unit_test(test_manual_is_wellformed), cmocka_unit_test(test_options_name_every_driver)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
