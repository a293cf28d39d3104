/* docs/options.md is what the tables say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/help.h"

enum { TEXT_MAX = 1 << 20 };

static void test_options_document_is_not_stale(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct arena a;
    struct str document;
    struct err err = {.code = OK};
    arena_init(&a, 2 * TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    help_options(&b);
    assert_false(b.failed);
    assert_int_equal(file_read("docs/options.md", TEXT_MAX, &a, &document, &err), OK);
    if (!str_eq(document, buf_view(&b)))
        fail_msg("docs/options.md is stale: make references");
    arena_release(&a);
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
        cmocka_unit_test(test_options_document_is_not_stale), cmocka_unit_test(test_options_name_every_driver)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
