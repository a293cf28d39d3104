/* test_certificate_html.c - the page fetches nothing, escapes everything, and claims no more than is so. */
#include "engine/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/story.h"

static struct str page(struct world *w, const struct certificate *c)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    WORLD_OK(w, certificate_html(c, &b, &w->err));
    return arena_str(&w->a, buf_view(&b));
}

static struct certificate erased(void)
{
    return (struct certificate){
        .reference = STR("00ff"),
        .status = STATUS_PURGED,
        .erased = true,
        .proven = true,
        .headline = STR("Erased: read back"),
        .why = STR("because"),
        .statement = STR("{\"a\":\"<b>\"}"),
        .verdict = STR("PURGED"),
        .at_ms = WORLD_NOW_MS,
        .until_ms = TIME_NONE,
        .registered_ms = TIME_NONE,
        .purged_ms = WORLD_NOW_MS,
        .verified_again_ms = TIME_NONE,
        .issued_ms = WORLD_NOW_MS,
        .stores = STR("{\"index\":{\"absent\":1,\"gone\":2}}"),
        .times = STR("{\"index\":1795226400000}"),
        .residuals = STR("[{\"kind\":\"backup\",\"until\":1795312800000},{\"kind\":\"x\",\"until\":null}]"),
        .origin = STR("a.example/log"),
        .vkey = STR("k+1+2")};
}

static void it_says_what_was_read_where_and_when(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    struct str html = page(w, &c);
    assert_true(str_contains(html, "<h1>Certificate of erasure</h1>"));
    assert_true(str_contains(html, "1 absent, 2 deleted; read 2026-11-21T02:00:00.000Z"));
    assert_true(str_contains(html, "until 2026-11-22T02:00:00.000Z"));
    assert_true(str_contains(html, "until no stated date"));
    assert_true(str_contains(html, "a read-back is the operator's word"));
}

static void what_is_not_erased_has_no_certificate(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    c.erased = false;
    c.status = STATUS_LITIGATION_HOLD;
    c.headline = STR("Not erased: under a legal hold");
    struct str html = page(w, &c);
    assert_true(str_contains(html, "<h1>Statement: not erased</h1>"));
    assert_false(str_contains(html, "Certificate of erasure"));
    assert_true(str_contains(html, "under a legal hold"));
    assert_false(str_contains(html, "verdict erased"));
}

static void everything_is_escaped(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    c.openings = STR("[{\"field\":\"chain\",\"key\":\"00\",\"value\":\"x/<script>alert('1')</script>&\\\"\"}]");
    c.law = STR("<img src=x>");
    struct str html = page(w, &c);
    assert_false(str_contains(html, "<script"));
    assert_false(str_contains(html, "<img"));
    assert_true(str_contains(html, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"));
    assert_true(str_contains(html, "{&quot;a&quot;:&quot;&lt;b&gt;&quot;}"));
}

static void it_fetches_nothing(void **state)
{
    struct world *w = *state;
    static const char *const ways[] = {"http:", "https:", "src=", "href=", "@import", "url(", "<script", "<link"};
    struct certificate c = erased();
    struct str html = page(w, &c);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        assert_false(str_contains(html, ways[i]));
    assert_true(str_contains(html, "default-src 'none'"));
}

static void nothing_found_is_said(void **state)
{
    struct world *w = *state;
    struct certificate c = erased();
    c.stores = c.times = STR("{}");
    c.residuals = STR("[]");
    struct str html = page(w, &c);
    assert_true(str_contains(html, "Nothing of it was found in any store."));
    assert_true(str_contains(html, "None are known."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_says_what_was_read_where_and_when),
                                       cmocka_unit_test(what_is_not_erased_has_no_certificate),
                                       cmocka_unit_test(everything_is_escaped), cmocka_unit_test(it_fetches_nothing),
                                       cmocka_unit_test(nothing_found_is_said)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
