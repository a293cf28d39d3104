/* test_letter_page.c - a letter as wrapped text and as HTML. */
#include "engine/letter_page.h"

#include <setjmp.h>
#include <cmocka.h>

static void write_all(struct buf *b, bool html)
{
    struct letter_page p;
    buf_init(b, 1 << 16);
    page_begin(&p, b, html, "A & B");
    page_paragraph(&p, "First %s", "<b>\n\x01 \"one\"");
    page_heading(&p, "Things");
    page_item(&p, "one");
    page_item(&p, "two");
    page_paragraph(&p, "Last");
    page_end(&p);
}

static void text_is_plain(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    write_all(&b, false);
    assert_string_equal(b.p, "A & B\n\nFirst <b> \"one\"\n\nThings\n------\n\n  - one\n  - two\n\nLast\n");
}

static void html_is_whole_and_escaped(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    write_all(&b, true);
    assert_true(str_starts(buf_view(&b), STR("<!DOCTYPE html>\n<html lang=\"en\">")));
    assert_true(str_ends(buf_view(&b), STR("</body>\n</html>\n")));
    assert_non_null(strstr(b.p, "<h1>A &amp; B</h1>"));
    assert_non_null(strstr(b.p, "<p>First &lt;b&gt;"));
    assert_non_null(strstr(b.p, "&quot;one&quot;</p>"));
    assert_non_null(strstr(b.p, "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>Last</p>"));
    assert_null(strstr(b.p, "http"));
}

static size_t longest_line(const char *s)
{
    size_t longest = 0, n = 0;
    for (; *s; s++) {
        n = *s == '\n' ? 0 : n + (((unsigned char)*s & 0xC0) != 0x80);
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void long_text_is_wrapped_between_words(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct letter_page p;
    buf_init(&b, 1 << 16);
    page_begin(&p, &b, false, "T");
    for (int i = 0; i < 30; i++) {
        page_paragraph(&p, "%.*s w\xC3\xB6rter zum Umbrechen und noch mehr W\xC3\xB6rter als auf eine Zeile gehen, immer weiter", i, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        page_item(&p, "%.*s a list item that is longer than one line of the letter can be, so that it goes on", i, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
    }
    page_end(&p);
    assert_true(longest_line(b.p) <= 76);
    assert_true(longest_line(b.p) >= 74);
    assert_non_null(strstr(b.p, "\n    ")); /* hanging under its item */
}

static void too_much_fails_at_the_end(void **state UNUSED)
{
    CLEANUP(buf_release) struct buf b;
    struct letter_page p;
    struct err err;
    buf_init(&b, 64);
    page_begin(&p, &b, false, "T");
    page_paragraph(&p, "%100s", "x");
    page_end(&p);
    assert_int_equal(buf_check(&b, &err), OK); /* spaces fold */
    page_paragraph(&p, "%.*s", 100, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(buf_check(&b, &err), E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_plain), cmocka_unit_test(html_is_whole_and_escaped),
                                       cmocka_unit_test(long_text_is_wrapped_between_words), cmocka_unit_test(too_much_fails_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
