/* Ids from files: plain lines and CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/ids.h"
#include "base/buf.h"

static enum status add(void *ctx, struct str id, struct err *err)
{
    struct buf *b = ctx;
    if (str_is(id, "refuse"))
        return FAIL(err, E_INVALID, "refused");
    buf_str(b, id);
    buf_char(b, '|');
    return OK;
}

static void reads(const char *content, const char *expected)
{
    struct arena a;
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    arena_init(&a, 1 << 20);
    buf_init(&b, 4096);
    buf_cstr(&b, "|");
    assert_int_equal(ids_read(str_of(content), add, &b, &a, &err), OK);
    assert_string_equal(b.p, expected);
    arena_release(&a);
}

static void refuses(const char *content, const char *text)
{
    struct arena a;
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    arena_init(&a, 1 << 20);
    buf_init(&b, 4096);
    assert_int_equal(ids_read(str_of(content), add, &b, &a, &err), E_INVALID);
    assert_non_null(strstr(err.text, text));
    arena_release(&a);
}

static void test_lines(void **state UNUSED)
{
    reads("", "|");
    reads("a\nb", "|a|b|");
    reads("a\r\n\r\n  b \r\n", "|a|b|");
    reads("# a list\na\n#b\n", "|a|");
    reads("\xef\xbb\xbf"
          "a\n",
          "|a|");
    reads("a,b\nc;d\n", "|a,b|c;d|"); /* no header: ids are opaque */
}

static void test_csv(void **state UNUSED)
{
    reads("id\na\nb\n", "|a|b|");
    reads("name,Contact_ID,x\n\"Ann, B\",c-1,\nBob,\"c,2\",9\n", "|c-1|c,2|");
    reads("x;contactId\n1;a\n", "|a|");
    reads("x\tconversation_id\n1\ta\n", "|a|");
}

static void test_what_is_wrong_is_named_by_line(void **state UNUSED)
{
    refuses("a\nrefuse\n", "line 2");
    refuses("x,id\n1,a\nshort\n", "line 3: the line has 1 fields; the id is field 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_csv),
                                       cmocka_unit_test(test_what_is_wrong_is_named_by_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
