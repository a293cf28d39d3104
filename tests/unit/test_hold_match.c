/* test_hold_match.c - which chains a standing hold covers now. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/world.h"

static size_t members(struct world *w, const struct hold *h)
{
    struct row *rows;
    size_t n;
    struct str prefix = {(const char *)h->matter.b, ROW_KEY_BYTES};
    WORLD_OK(w, registry_record_page(w->e->registry, TABLE_MEMBER, prefix, STR_NONE, 1000, &w->a, &rows, &n, &w->err));
    return n;
}

static struct hold standing(struct world *w, enum hold_scope scope)
{
    return (struct hold){.scope = scope, .matter = row_key_of_matter(&w->e->registry->identifier, STR("M")), .released_ms = TIME_NONE,
                         .grace_until_ms = TIME_NONE};
}

static void a_filter_walks_all_chains(void **state)
{
    struct world *w = *state;
    struct hold h = standing(w, HOLD_FILTER);
    struct met m = {0};
    bool whole;
    for (int i = 0; i < 5; i++)
        (void)world_chain(w, true, arena_fmt(&w->a, "c-%d", i).p, NULL);
    WORLD_OK(w, filter_parse(STR("id:c-*"), w->e->config.zone, &w->a, &h.filter, &w->err));
    WORLD_OK(w, hold_match(w->e, &h, 0, &w->a, &m, &whole, &w->err));
    assert_true(whole);
    assert_int_equal(m.covered, 5);
    assert_int_equal(members(w, &h), 5);
    WORLD_OK(w, filter_parse(STR("id:c-3"), w->e->config.zone, &w->a, &h.filter, &w->err));
    m = (struct met){0};
    WORLD_OK(w, hold_match(w->e, &h, 0, &w->a, &m, &whole, &w->err));
    assert_int_equal(m.covered, 1);
}

static void store(struct world *w, struct chain *c)
{
    struct row rows[4];
    size_t n = 1;
    WORLD_OK(w, registry_chain_row(c, &w->a, &rows[0], &w->err));
    for (size_t i = 0; i < c->legs[0].subjects_n; i++)
        WORLD_OK(w, registry_subject_row(&c->legs[0].subjects[i], &c->key, &w->a, &rows[n++], &w->err));
    struct group g = {.rows = rows, .rows_n = n};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
}

static void a_person_with_two_numbers_counts_once(void **state)
{
    struct world *w = *state;
    struct row_key subjects[] = {{{1}}, {{2}}};
    struct hold h = standing(w, HOLD_SUBJECT);
    struct met m = {0};
    bool whole;
    struct chain both = world_chain(w, false, "both", NULL), one = world_chain(w, false, "one", NULL), stale = world_chain(w, false, "stale", NULL);
    both.legs[0].subjects = one.legs[0].subjects = stale.legs[0].subjects = subjects;
    both.legs[0].subjects_n = stale.legs[0].subjects_n = 2;
    one.legs[0].subjects_n = 1;
    store(w, &both);
    store(w, &one);
    store(w, &stale);
    stale.version = 1;
    stale.legs[0].subjects_n = 0; /* the index may be older than the chain */
    store(w, &stale);
    one.state = CHAIN_ERASING;
    one.version = 1;
    store(w, &one);
    h.subjects = subjects;
    h.subjects_n = 2;
    WORLD_OK(w, hold_match(w->e, &h, 0, &w->a, &m, &whole, &w->err));
    assert_int_equal(m.covered, 2);
    assert_int_equal(m.flights_n, 1);
    assert_true(str_is(m.flights[0].id, "one"));
    assert_int_equal(members(w, &h), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_filter_walks_all_chains), TEST(a_person_with_two_numbers_counts_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
