#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/front.h"
#include "tests/lib/registry_fixture.h"


static struct request sample(struct registry_fixture *f)
{
    static struct identifier identifiers[] = {{SUBJECT_PHONE, {"+442071838750", 13}, 5, TIME_NONE},
                                              {SUBJECT_EMAIL, {"ann@example.com", 15}, TIME_NONE, 9}};
    static struct row_key subjects[] = {{{1}}, {{2}}};
    static struct candidate candidates[] = {{{{3}}, {{1}}, CANDIDATE_CONFIRMED, 8},
                                            {{{4}}, {{2}}, CANDIDATE_EXCLUDED, 9}};
    struct request q = {.id = STR("R-2026-000123"), .state = REQUEST_ASSESSING, .regime = REGIME_UK_GDPR,
        .ground = STR("17(1)(b)"), .received_ms = 1, .due_ms = 2, .lenient_due_ms = 3, .acknowledge_ms = 4,
        .extended_ms = TIME_NONE, .identity_checked = STR("passport seen"), .identifiers = identifiers,
        .identifiers_n = 2, .subjects = subjects, .subjects_n = 2, .candidates = candidates, .candidates_n = 2,
        .actor = STR("ann"), .note = STR("note"), .refused_why = STR("why"), .extended_why = STR("long"),
        .ended_ms = 10, .watch_until_ms = 11};
    q.key = row_key_of_request(&f->r->identifier, q.id);
    return q;
}

static void store(struct registry_fixture *f, const struct request *q)
{
    struct row row;
    assert_int_equal(registry_request_row(f->r, q, 100, &f->a, &row, NULL), OK);
    assert_null(memmem(row.body.p, row.body.n, "2071838750", 10));
    assert_null(memmem(row.body.p, row.body.n, "ann@example", 11));
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
}

static void test_round_trip(void **state)
{
    struct registry_fixture *f = *state;
    struct request in = sample(f), q;
    store(f, &in);
    assert_int_equal(registry_request_get(f->r, in.id, &f->a, &q, NULL), OK);
    assert_true(str_eq(q.id, in.id) && row_key_eq(&q.key, &in.key) && q.version == 1);
    assert_true(q.state == REQUEST_ASSESSING && q.regime == REGIME_UK_GDPR && str_eq(q.ground, in.ground));
    assert_true(q.received_ms == 1 && q.due_ms == 2 && q.lenient_due_ms == 3 && q.acknowledge_ms == 4);
    assert_true(q.extended_ms == TIME_NONE && q.ended_ms == 10 && q.watch_until_ms == 11);
    assert_true(str_eq(q.identity_checked, in.identity_checked) && str_eq(q.actor, in.actor));
    assert_true(str_eq(q.note, in.note));
    assert_true(str_eq(q.refused_why, in.refused_why) && str_eq(q.extended_why, in.extended_why));
    assert_int_equal(q.identifiers_n, 2);
    assert_true(q.identifiers[1].type == SUBJECT_EMAIL && str_is(q.identifiers[1].value, "ann@example.com"));
    assert_true(q.identifiers[0].from_ms == 5 && q.identifiers[0].to_ms == TIME_NONE && q.identifiers[1].to_ms == 9);
    assert_true(q.subjects_n == 2 && row_key_eq(&q.subjects[1], &in.subjects[1]));
    assert_int_equal(q.candidates_n, 2);
    assert_true(q.candidates[1].state == CANDIDATE_EXCLUDED && q.candidates[1].proposed_ms == 9);
    assert_true(row_key_eq(&q.candidates[0].chain, &in.candidates[0].chain));
    assert_true(row_key_eq(&q.candidates[1].matched, &in.candidates[1].matched));
}

static void test_completed(void **state)
{
    struct registry_fixture *f = *state;
    struct request in = sample(f), q;
    in.identifiers_n = 0;
    store(f, &in);
    assert_int_equal(registry_request_get(f->r, in.id, &f->a, &q, NULL), OK);
    assert_int_equal(q.identifiers_n, 0);
    assert_int_equal(q.subjects_n, 2);
    struct err err = {0};
    assert_int_equal(registry_request_get(f->r, STR("R-1"), &f->a, &q, &err), E_ABSENT);
    assert_non_null(strstr(err.text, "R-1"));
}

static void test_list(void **state)
{
    struct registry_fixture *f = *state;
    struct request *out;
    struct str after = STR_NONE;
    size_t n, seen = 0;
    for (int i = 0; i < 5; i++) {
        struct request q = sample(f);
        q.id = arena_fmt(&f->a, "R-%d", i);
        q.key = row_key_of_request(&f->r->identifier, q.id);
        store(f, &q);
    }
    do {
        assert_int_equal(registry_requests(f->r, after, 2, &f->a, &out, &n, NULL), OK);
        seen += n;
        if (n > 0)
            after = out[n - 1].id;
    } while (n > 0);
    assert_int_equal(seen, 5);
}

static void test_damage(void **state)
{
    struct registry_fixture *f = *state;
    struct request in = sample(f), q;
    struct row row;
    assert_int_equal(registry_request_row(f->r, &in, 100, &f->a, &row, NULL), OK);
    row.body.n -= 3;
    assert_int_equal(registry_commit_one(f->r, &row, 1, NULL, NULL), OK);
    assert_int_equal(registry_request_get(f->r, in.id, &f->a, &q, NULL), E_INVALID);
}

#define ON_MEMORY(test) cmocka_unit_test_setup_teardown(test, registry_fixture_memory, registry_fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MEMORY(test_round_trip),
        ON_MEMORY(test_completed),
        ON_MEMORY(test_list),
        ON_MEMORY(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
