/* test_candidates.c - contacts proposed by what the person is known by, confirmed and excluded. */
#include "engine/request_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static bool is_of(struct world *w, const struct candidate *c, const char *id)
{
    struct row_key key = centre_chain(w, id).key;
    return row_key_eq(&c->chain, &key);
}

static struct request propose(struct world *w, struct str id)
{
    struct request q;
    WORLD_OK(w, request_propose(w->e, id, &w->a, &q, &w->err));
    return q;
}

static void the_persons_contacts_are_proposed_once(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    (void)world_chain(w, true, "somebody-else", NULL);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 100, NULL, NULL));
    q = propose(w, q.id);
    assert_int_equal(q.candidates_n, 1);
    assert_true(is_of(w, &q.candidates[0], "c-1"));
    assert_true(row_key_eq(&q.candidates[0].matched, &q.subjects[0]));
    assert_int_equal(q.candidates[0].state, CANDIDATE_PROPOSED);
    centre_ingest(w, centre_record(w, "c-3", NULL, 50, NULL, NULL));
    assert_int_equal(propose(w, q.id).candidates_n, 2);
    assert_int_equal(propose(w, q.id).candidates_n, 2);
    assert_int_equal(asking_read(w, q.id).candidates_n, 2);
}

/* Received a day ago: one that ended 12 hours ago came after it. */
static void what_began_after_receipt_is_not_asked_for(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 0, NULL, NULL));
    assert_int_equal(propose(w, q.id).candidates_n, 0);
}

static void a_number_changes_hands(void **state)
{
    struct world *w = *state;
    struct identifier phone = {.type = SUBJECT_PHONE, .value = STR(ASKING_PHONE), .from_ms = WORLD_NOW_MS - 60 * DAY_MS, .to_ms = TIME_NONE};
    struct request_order o = {.regime = REGIME_GDPR, .received_ms = WORLD_NOW_MS, .identifiers = &phone, .identifiers_n = 1};
    struct request q;
    WORLD_OK(w, request_open(w->e, &o, &w->a, &q, &w->err));
    centre_ingest(w, centre_record(w, "c-old", NULL, 100, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-new", NULL, 50, NULL, NULL));
    q = propose(w, q.id);
    assert_int_equal(q.candidates_n, 1);
    assert_true(is_of(w, &q.candidates[0], "c-new"));
}

static void a_person_decides(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    struct str first[] = {STR("c-1")}, other[] = {STR("somebody-else")}, none[] = {STR("c-9")};
    (void)world_chain(w, true, "somebody-else", NULL);
    WORLD_OK(w, registry_source_add(w->e->registry, STR("connect-eu"), &w->err));
    for (int i = 1; i <= 3; i++)
        centre_ingest(w, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, 100, NULL, NULL));
    (void)propose(w, q.id);
    WORLD_OK(w, request_decide_candidates(w->e, q.id, first, 1, false, &w->a, &q, &w->err));
    assert_int_equal(request_count(&q, CANDIDATE_EXCLUDED), 1);
    assert_int_equal(request_decide_candidates(w->e, q.id, other, 1, true, &w->a, &q, &w->err), E_ABSENT);
    assert_int_equal(request_decide_candidates(w->e, STR("R-2026-000001"), none, 1, true, &w->a, &q, &w->err), E_ABSENT);
    WORLD_OK(w, request_decide_candidates(w->e, STR("R-2026-000001"), NULL, 0, true, &w->a, &q, &w->err)); /* every one proposed */
    q = asking_read(w, q.id);
    assert_int_equal(request_count(&q, CANDIDATE_CONFIRMED), 2);
    assert_int_equal(request_count(&q, CANDIDATE_EXCLUDED), 1);
    assert_int_equal(request_count(&q, CANDIDATE_PROPOSED), 0);
    WORLD_OK(w, request_decide_candidates(w->e, q.id, first, 1, true, &w->a, &q, &w->err)); /* thought better of it */
    assert_int_equal(request_count(&q, CANDIDATE_CONFIRMED), 3);
}

static void a_request_that_ended_proposes_nothing(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    WORLD_OK(w, request_refuse(w->e, q.id, STR("no"), &w->a, &w->err));
    assert_int_equal(propose(w, q.id).candidates_n, 0);
    assert_int_equal(request_decide_candidates(w->e, q.id, NULL, 0, true, &w->a, &q, &w->err), E_INVALID);
}

/* A category with a legal minimum nobody has confirmed asks for a person each time. */
static void what_waits_for_a_person_is_named(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    struct str *ids;
    size_t n;
    for (int i = 1; i <= 2; i++)
        centre_ingest(w, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, 100, NULL, NULL));
    asking_confirm(w, q.id);
    q = asking_read(w, q.id);
    WORLD_OK(w, request_undecided(w->e, &q, 3, &w->a, &ids, &n, &w->err));
    assert_int_equal(n, 0);
    for (int i = 1; i <= 2; i++) {
        struct chain c = centre_chain(w, arena_fmt(&w->a, "c-%d", i).p);
        struct row row;
        c.needs_decision = true;
        WORLD_OK(w, registry_chain_row(&c, &w->a, &row, &w->err));
        struct group g = {.rows = &row, .rows_n = 1};
        WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    }
    WORLD_OK(w, request_undecided(w->e, &q, 1, &w->a, &ids, &n, &w->err));
    assert_int_equal(n, 2);
    assert_true(str_is(ids[0], "c-1") || str_is(ids[0], "c-2"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_persons_contacts_are_proposed_once), TEST(what_began_after_receipt_is_not_asked_for), TEST(a_number_changes_hands),
        TEST(a_person_decides), TEST(a_request_that_ended_proposes_nothing),
        TEST(what_waits_for_a_person_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
