/* test_hold_filter.c - a hold's filter as it is kept. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/world.h"

static struct str kept(struct world *w, const char *text)
{
    struct filter f;
    struct str out;
    WORLD_OK(w, hold_filter_text(w->e, str_of(text), &w->a, &out, &f, &w->err));
    return out;
}

static void a_person_is_kept_as_a_hash(void **state)
{
    struct world *w = *state;
    struct row_key mail = row_key_of_subject(&w->e->registry->identifier, SUBJECT_EMAIL, STR("ann@example.com"));
    struct row_key phone = row_key_of_subject(&w->e->registry->identifier, SUBJECT_PHONE, STR("+442079460123"));
    struct row_key social = row_key_of_subject(&w->e->registry->identifier, SUBJECT_SOCIAL_ID, STR("ann"));
    struct str expect = arena_fmt(&w->a, "queue:'A b' subject:%.*s channel:voice", STR_ARG(row_key_hex(&mail, &w->a)));
    assert_true(str_eq(kept(w, "queue:'A b' subject:Ann@Example.com channel:voice"), expect));
    expect = arena_fmt(&w->a, "subject:'%.*s'", STR_ARG(row_key_hex(&phone, &w->a)));
    assert_true(str_eq(kept(w, "subject:'+44 20 7946 0123'"), expect));
    assert_true(str_eq(kept(w, expect.p), expect)); /* a hash stays what it is */
    expect = arena_fmt(&w->a, "subject:%.*s", STR_ARG(row_key_hex(&social, &w->a)));
    assert_true(str_eq(kept(w, "subject:social_id:ann"), expect));
}

static void what_cannot_be_kept_is_refused_by_place(void **state)
{
    struct world *w = *state;
    struct filter f;
    struct str out;
    assert_int_equal(hold_filter_text(w->e, STR("queue:x status:ACTIVE"), &w->a, &out, &f, &w->err), E_INVALID);
    assert_true(str_starts(str_of(w->err.text), STR("column 16:")));
    assert_int_equal(hold_filter_text(w->e, STR("subject:nobody@"), &w->a, &out, &f, &w->err), E_INVALID);
    assert_true(str_starts(str_of(w->err.text), STR("column 9:")));
    assert_false(str_contains(str_of(w->err.text), "nobody"));
    assert_int_equal(hold_filter_text(w->e, STR("colour:red"), &w->a, &out, &f, &w->err), E_INVALID);
    assert_int_equal(hold_filter_text(w->e, STR(""), &w->a, &out, &f, &w->err), E_INVALID);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_person_is_kept_as_a_hash), TEST(what_cannot_be_kept_is_refused_by_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
