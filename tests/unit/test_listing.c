/* Columns lined up; what others have written cannot steer a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/listing.h"

struct paper {
    struct arena a;
    struct buf b;
    struct listing t;
};

static void paper_begin(struct paper *p, size_t arena_bytes, const char *const *heads)
{
    arena_init(&p->a, arena_bytes);
    buf_init(&p->b, 1 << 16);
    listing_init(&p->t, &p->a, heads);
}

static void paper_end(struct paper *p)
{
    buf_release(&p->b);
    arena_release(&p->a);
}

static void test_columns(void **state UNUSED)
{
    static const char *const heads[] = {"NAME", "N", "WHY", NULL};
    struct paper p;
    paper_begin(&p, 1 << 20, heads);
    listing_cell(&p.t, STR("a"));
    listing_int(&p.t, 7);
    listing_cell(&p.t, STR("x"));
    listing_cell(&p.t, STR("caf\xc3\xa9 au lait"));
    listing_int(&p.t, 1234);
    listing_cell(&p.t, STR_NONE);
    listing_fmt(&p.t, "%s-%d", "b", 2);
    listing_cell(&p.t, STR_NONE);
    listing_cell(&p.t, STR("zz"));
    assert_int_equal(listing_rows(&p.t), 3);
    listing_write(&p.t, &p.b);
    assert_string_equal(p.b.p, "NAME             N  WHY\n"
                               "a                7  x\n"
                               "caf\xc3\xa9 au lait  1234  -\n"
                               "b-2              -  zz\n");
    paper_end(&p);
}

static void test_nothing_without_rows(void **state UNUSED)
{
    static const char *const heads[] = {"A", "B", NULL};
    struct paper p;
    paper_begin(&p, 1 << 20, heads);
    listing_write(&p.t, &p.b);
    assert_int_equal(p.b.n, 0);
    paper_end(&p);
}

static void test_full_arena_is_said(void **state UNUSED)
{
    static const char *const heads[] = {"A", NULL};
    struct paper p;
    paper_begin(&p, 16 << 10, heads);
    for (int i = 0; i < 5000; i++)
        listing_int(&p.t, i);
    assert_true(p.t.full);
    listing_write(&p.t, &p.b);
    assert_non_null(strstr(p.b.p, "more than memory allows"));
    paper_end(&p);
}

static void shows(const char *text, size_t n, const char *expected)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    struct str shown = text_shown(&a, (struct str){text, n});
    assert_int_equal(shown.n, strlen(expected));
    assert_memory_equal(shown.p, expected, shown.n);
    arena_release(&a);
}

static void test_control_characters(void **state UNUSED)
{
    shows("a\033[31mb\r\n\t\177", 11, "a\\u001b[31mb\\r\\n\\t\\u007f");
    shows("\xc2\x9b"
          "1m",
          4, "\\u009b1m");                                /* C1: another way to write ESC [ */
    shows("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f"); /* letters stay */
    shows("\xff\xfe", 2, "??");
    shows("a\0b", 3, "a\\u0000b");
    shows("a\xff\n", 3, "a?\\n");
    shows("", 0, "");
    assert_int_equal(text_width(STR("gr\xc3\xbc\xc3\x9f")), 4);
    struct arena a;
    arena_init(&a, 1 << 16);
    assert_null(text_shown(&a, STR_NONE).p);
    arena_release(&a);
}

static void test_what_deceives_the_reader_is_escaped(void **state UNUSED)
{
    shows("a\xe2\x80\xae" "b", 5, "a\\u202eb");
    shows("\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9", 9, "\\u202a\\u2066\\u2069");
    shows("\xef\xbb\xbf" "a", 4, "\\ufeffa");
    shows("\xe2\x80\x8b", 3, "\\u200b"); /* zero width space */
    shows("\xe2\x80\xa8", 3, "\\u2028"); /* line separator */
    shows("\xe2\x80\xa6\xf0\x9f\x93\x9e", 7, "\xe2\x80\xa6\xf0\x9f\x93\x9e"); /* an ellipsis and a telephone stay */
    shows("\xd7\xa9", 2, "\xd7\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_nothing_without_rows),
                                       cmocka_unit_test(test_full_arena_is_said),
                                       cmocka_unit_test(test_control_characters),
                                       cmocka_unit_test(test_what_deceives_the_reader_is_escaped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
