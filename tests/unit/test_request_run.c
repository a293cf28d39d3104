/* test_request_run.c - what is confirmed is erased; the state follows from what became of it. */
#include "engine/request_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "engine/holds.h"
#include "tests/lib/asking.h"

static struct request confirmed(struct world *w, size_t contacts)
{
    struct request q = asking_open(w, REGIME_GDPR, true);
    for (size_t i = 0; i < contacts; i++) {
        const char *id = arena_fmt(&w->a, "c-%zu", i + 1).p;
        centre_ingest(w, centre_record(w, id, NULL, 100, NULL, NULL));
        centre_files(w, id, 100);
    }
    asking_confirm(w, q.id);
    return asking_read(w, q.id);
}

static void all_gone_is_completed(void **state)
{
    struct world *w = *state;
    struct request q = confirmed(w, 2);
    assert_int_equal(q.candidates_n, 2);
    q = asking_run(w, q.id);
    assert_int_equal(q.state, REQUEST_COMPLETED);
    assert_int_equal(q.ended_ms, WORLD_NOW_MS);
    assert_int_equal(q.watch_until_ms, WORLD_NOW_MS + 30 * DAY_MS);
    assert_false(centre_has_files(w, "c-1", 100));
    assert_int_equal(centre_status(w, "c-2"), STATUS_PURGED);
    q = asking_read(w, q.id);
    assert_false(q.identifiers[0].value.n); /* only its hash is left */
    assert_int_equal(q.subjects_n, 1);
    assert_int_equal(centre_count(w, "INTENT"), 1);
}

static void nothing_found_completes_it_too(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    assert_int_equal(asking_run(w, q.id).state, REQUEST_COMPLETED);
    assert_int_equal(centre_count(w, "INTENT"), 0);
}

static void undecided_proposals_stand_in_the_way(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    struct str first[] = {STR("c-1")}, second[] = {STR("c-2")};
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 100, NULL, NULL));
    WORLD_OK(w, request_propose(w->e, q.id, &w->a, &q, &w->err));
    assert_int_equal(asking_try(w, q.id, &q), E_INVALID);
    WORLD_OK(w, request_decide_candidates(w->e, q.id, first, 1, true, &w->a, &q, &w->err));
    q = asking_run(w, q.id);
    assert_int_equal(q.state, REQUEST_RUNNING); /* what is confirmed is done, but nobody can say that all is */
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    assert_int_equal(request_decide_candidates(w->e, q.id, first, 1, false, &w->a, &q, &w->err), E_INVALID);
    WORLD_OK(w, request_decide_candidates(w->e, STR("R-2026-000001"), second, 1, false, &w->a, &q, &w->err));
    WORLD_OK(w, requests_follow_up(w->e, &w->a, &w->err));
    assert_int_equal(asking_read(w, q.id).state, REQUEST_COMPLETED);
    assert_int_equal(centre_status(w, "c-2"), STATUS_ACTIVE);
}

static void a_hold_makes_it_partial_until_it_ends(void **state)
{
    struct world *w = *state;
    struct request q = confirmed(w, 2);
    uint64_t freed, still;
    centre_hold(w, "M-1", "c-2");
    assert_int_equal(asking_run(w, q.id).state, REQUEST_PARTIAL);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    assert_true(centre_has_files(w, "c-2", 100));
    WORLD_OK(w, hold_release(w->e, STR("M-1"), STR("closed"), &w->a, &freed, &still, &w->err));
    WORLD_OK(w, requests_follow_up(w->e, &w->a, &w->err));
    assert_int_equal(asking_read(w, q.id).state, REQUEST_PARTIAL); /* in grace */
    world_reopen(w, WORLD_NOW_MS + 15 * DAY_MS, OPEN_WRITE | OPEN_STORES);
    centre_arm(w);
    (void)centre_purge(w, false);
    assert_false(centre_has_files(w, "c-2", 100));
    assert_int_equal(asking_read(w, q.id).state, REQUEST_COMPLETED);
}

static void what_comes_after_the_answer_is_proposed(void **state)
{
    struct world *w = *state;
    struct request q = confirmed(w, 1);
    q = asking_run(w, q.id);
    assert_int_equal(q.state, REQUEST_COMPLETED);
    centre_ingest(w, centre_record(w, "c-late", NULL, 90, NULL, NULL));
    WORLD_OK(w, requests_follow_up(w->e, &w->a, &w->err));
    q = asking_read(w, q.id);
    assert_int_equal(q.state, REQUEST_COMPLETED);
    assert_int_equal(request_count(&q, CANDIDATE_PROPOSED), 1);
    asking_confirm(w, q.id);
    q = asking_run(w, q.id);
    assert_int_equal(q.state, REQUEST_COMPLETED);
    assert_int_equal(centre_status(w, "c-late"), STATUS_PURGED);
    world_reopen(w, WORLD_NOW_MS + 40 * DAY_MS, OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-too-late", NULL, 80, NULL, NULL));
    WORLD_OK(w, requests_follow_up(w->e, &w->a, &w->err));
    assert_int_equal(asking_read(w, q.id).candidates_n, 2);
}

static void many_contacts_need_a_second_person(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    struct run_record *runs;
    size_t n;
    q.candidates = ARENA_ARRAY(&w->a, struct candidate, REQUEST_APPROVAL_ABOVE + 1);
    for (q.candidates_n = 0; q.candidates_n <= REQUEST_APPROVAL_ABOVE; q.candidates_n++)
        q.candidates[q.candidates_n] = (struct candidate){.chain = {{1, (unsigned char)q.candidates_n, (unsigned char)(q.candidates_n >> 8)}},
                                                          .state = CANDIDATE_CONFIRMED};
    WORLD_OK(w, request_save(w->e, &q, NULL, 0, &w->a, &w->err));
    assert_int_equal(asking_try(w, q.id, &q), E_DENIED);
    assert_non_null(strstr(w->err.text, "expunge approve"));
    assert_int_equal(asking_try(w, STR("R-2026-000001"), &q), E_DENIED); /* asked again: the same run waits */
    WORLD_OK(w, runs_since(w->e, 0, 100, &w->a, &runs, &n, &w->err));
    assert_int_equal(n, 1);
    assert_true(str_is(runs[0].state, "waiting"));
    assert_int_equal(runs[0].ids, REQUEST_APPROVAL_ABOVE + 1);
    struct run_record what;
    assert_int_equal(approve(w->e, &runs[0].digest, &w->a, &what, &w->err), E_DENIED); /* no account */
    w->e->actor = (struct actor){.id = STR("account-2"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, &runs[0].digest, &w->a, &what, &w->err));
    q = asking_run(w, STR("R-2026-000001")); /* chains that are none: nothing is left to do */
    assert_int_equal(q.state, REQUEST_COMPLETED);
}

static void a_request_that_ended_does_not_run(void **state)
{
    struct world *w = *state;
    struct request q = asking_open(w, REGIME_GDPR, true);
    WORLD_OK(w, request_refuse(w->e, q.id, STR("no"), &w->a, &w->err));
    assert_int_equal(asking_try(w, q.id, &q), E_INVALID);
    assert_int_equal(asking_try(w, STR("R-1"), &q), E_ABSENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_gone_is_completed), TEST(nothing_found_completes_it_too), TEST(undecided_proposals_stand_in_the_way),
        TEST(a_hold_makes_it_partial_until_it_ends), TEST(what_comes_after_the_answer_is_proposed), TEST(many_contacts_need_a_second_person),
        TEST(a_request_that_ended_does_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
