/* Identifiers from a file; what is shown of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/persons.h"
#include "tests/lib/world.h"

static void test_read(void **state)
{
    struct world *w = *state;
    struct cli c = {.engine = w->e, .err = {.code = OK}};
    struct identifier *list;
    size_t n;
    arena_init(&c.arena, 16 << 20);
    world_write(w, "person", "# who asked\nphone +44 20 7946 0958\nemail Ann@Example.com\n");
    WORLD_OK(w, cli_identifiers(&c, world_path(w, "person"), STR_NONE, &list, &n, &w->err));
    assert_int_equal(n, 2);
    assert_true(str_is(list[0].value, "+442079460958"));
    assert_int_equal(list[1].type, SUBJECT_EMAIL);
    world_write(w, "bad", "phone 12\n");
    assert_int_equal(cli_identifiers(&c, world_path(w, "bad"), STR_NONE, &list, &n, &c.err), E_INVALID);
    assert_non_null(strstr(c.err.text, "bad"));
    assert_non_null(strstr(c.err.text, "line 1"));
    world_write(w, "none", "# nobody\n");
    assert_int_equal(cli_identifiers(&c, world_path(w, "none"), STR_NONE, &list, &n, &c.err), E_INVALID);
    arena_release(&c.arena);
}

/* National numbers are read with the source's country, or the only one there is; never with a guess. */
static void test_country(void **state)
{
    struct world *w = *state;
    struct source_config two[] = {{.name = STR("uk"), .country = STR("GB")}, {.name = STR("de"), .country = STR("DE")}};
    struct cli c = {.engine = w->e, .err = {.code = OK}};
    struct identifier *list;
    size_t n;
    arena_init(&c.arena, 16 << 20);
    world_write(w, "person", "phone 020 7946 0958\n");
    const char *path = world_path(w, "person");
    struct source_config *before = w->e->config.sources;
    size_t before_n = w->e->config.sources_n;
    w->e->config.sources = two;
    w->e->config.sources_n = 2;
    assert_int_equal(cli_identifiers(&c, path, STR_NONE, &list, &n, &c.err), E_INVALID);
    WORLD_OK(w, cli_identifiers(&c, path, STR("uk"), &list, &n, &w->err));
    assert_true(str_is(list[0].value, "+442079460958"));
    w->e->config.sources_n = 1;
    WORLD_OK(w, cli_identifiers(&c, path, STR_NONE, &list, &n, &w->err));
    w->e->config.sources = before;
    w->e->config.sources_n = before_n;
    arena_release(&c.arena);
}

static void hint_is(enum subject_type type, struct str value, const char *expected)
{
    struct arena a;
    struct identifier i = {.type = type, .value = value};
    arena_init(&a, 1 << 16);
    struct str hint = identifier_hint(&i, &a);
    assert_int_equal(hint.n, strlen(expected));
    assert_memory_equal(hint.p, expected, hint.n);
    arena_release(&a);
}

static void test_hint(void **state UNUSED)
{
    hint_is(SUBJECT_PHONE, STR("+442079460958"), "phone ...958");
    hint_is(SUBJECT_EMAIL, STR("a@b.de"), "email ...");
    hint_is(SUBJECT_CUSTOMER_ID,
            STR("M\xc3\xbcller-\xc3\xbc"
                "12"),
            "customer_id ...12"); /* not half a character */
    hint_is(SUBJECT_EMAIL, STR_NONE, "email ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_read, world_begin, world_end),
                                       cmocka_unit_test_setup_teardown(test_country, world_begin, world_end),
                                       cmocka_unit_test(test_hint)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
