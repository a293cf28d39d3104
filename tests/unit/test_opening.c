/* test_opening.c - the secret stays, ids are added behind, and what was destroyed is not made up again. */
#include "engine/opening.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/story.h"

static void a_new_one_is_stored_and_read_back(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-1", "contact-2", NULL);
    struct opening o, again;
    struct row row;
    bool needed;
    assert_int_equal(opening_get(w->e, &c.key, &w->a, &o, &w->err), E_ABSENT);
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    assert_int_equal(o.version, 0);
    assert_int_equal(o.ids_n, 2);
    story_keep_opening(w, &o);
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &again, &w->err));
    assert_int_equal(again.version, 1);
    assert_memory_equal(again.secret, o.secret, KEY_BYTES);
    assert_true(str_is(again.source, "connect-eu"));
    assert_false(again.changed);
    needed = true;
    WORLD_OK(w, opening_row(w->e, &again, WORLD_NOW_MS, &w->a, &row, &needed, &w->err));
    assert_false(needed);
}

static void two_chains_have_two_secrets(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-3", NULL), d = world_chain(w, false, "contact-4", NULL);
    struct opening o, p;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    WORLD_OK(w, opening_of_chain(w->e, &d, &w->a, &p, &w->err));
    assert_memory_not_equal(o.secret, p.secret, KEY_BYTES);
}

static void a_new_leg_is_put_behind(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-5", NULL),
                 longer = world_chain(w, false, "contact-5", "contact-6", NULL);
    struct opening o;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    story_keep_opening(w, &o);
    WORLD_OK(w, opening_of_chain(w->e, &longer, &w->a, &o, &w->err));
    assert_true(o.changed);
    assert_int_equal(o.ids_n, 2);
    assert_true(str_is(o.ids[0], "contact-5"));
    story_keep_opening(w, &o);
    WORLD_OK(w, opening_get(w->e, &c.key, &w->a, &o, &w->err));
    assert_int_equal(o.version, 2);
    assert_true(str_is(o.ids[1], "contact-6"));
}

static void the_initial_contact_names_the_chain(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "transfer", "initial", "third", NULL);
    struct opening o;
    c.key = c.legs[1].key;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    assert_true(str_is(opening_chain_value(&o, &w->a), "connect-eu/initial"));
    assert_true(str_is(o.ids[1], "transfer"));
    assert_true(str_is(o.ids[2], "third"));
    struct chain orphan = world_chain(w, false, "leg-a", "leg-b", NULL);
    orphan.key = engine_contact_key(w->e, orphan.source, STR("never seen"));
    WORLD_OK(w, opening_of_chain(w->e, &orphan, &w->a, &o, &w->err));
    assert_true(str_is(opening_chain_value(&o, &w->a), "connect-eu/leg-a"));
}

static void a_chain_without_ids_is_named_by_its_key(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-7", NULL);
    struct opening o;
    c.legs_n = 0;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    assert_int_equal(o.ids_n, 0);
    assert_true(str_eq(opening_chain_value(&o, &w->a), row_key_hex(&c.key, &w->a)));
}

static void a_matter_has_one_text(void **state)
{
    struct world *w = *state;
    struct row_key key = row_key_of_matter(&w->e->registry->identifier, STR("Smith v Acme"));
    struct opening o;
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &o, &w->err));
    assert_true(o.changed);
    story_keep_opening(w, &o);
    WORLD_OK(w, opening_of_text(w->e, &key, STR("Smith v Acme"), &w->a, &o, &w->err));
    assert_false(o.changed);
    assert_int_equal(o.ids_n, 1);
    assert_true(str_is(o.ids[0], "Smith v Acme"));
}

static void nothing_of_it_lies_in_clear_in_the_database(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "contact-in-clear-9", NULL);
    struct opening o;
    struct row row;
    bool needed = false;
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &o, &w->err));
    WORLD_OK(w, opening_row(w->e, &o, WORLD_NOW_MS, &w->a, &row, &needed, &w->err));
    assert_true(needed);
    assert_false(str_contains(row.body, "contact-in-clear-9"));
    assert_false(str_contains(row.body, "connect-eu"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_new_one_is_stored_and_read_back),
                                       cmocka_unit_test(two_chains_have_two_secrets),
                                       cmocka_unit_test(a_new_leg_is_put_behind),
                                       cmocka_unit_test(the_initial_contact_names_the_chain),
                                       cmocka_unit_test(a_chain_without_ids_is_named_by_its_key),
                                       cmocka_unit_test(a_matter_has_one_text),
                                       cmocka_unit_test(nothing_of_it_lies_in_clear_in_the_database)};
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
