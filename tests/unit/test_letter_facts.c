/* test_letter_facts.c - what a letter states, from ledger, work, policy and holds. */
#include "engine/letter_facts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static struct letter_facts gather(struct world *w, struct str id)
{
    struct request q = asking_read(w, id);
    struct letter_facts f;
    WORLD_OK(w, letter_gather(w->e, &q, &w->a, &f, &w->err));
    return f;
}

/* Zero when the letter has none. */
static struct letter_line line(const struct letter_facts *f, enum letter_fate fate, enum artefact_kind kind)
{
    for (size_t i = 0; i < f->lines_n; i++)
        if (f->lines[i].fate == fate && f->lines[i].kind == kind)
            return f->lines[i];
    return (struct letter_line){0};
}

static struct str ask_about_two(struct world *w, const char *category)
{
    struct request q = asking_open(w, REGIME_GDPR, true);
    for (int i = 1; i <= 2; i++) {
        const char *id = arena_fmt(&w->a, "c-%d", i).p;
        centre_ingest(w, centre_record(w, id, NULL, 100, category, NULL));
        centre_files(w, id, 100);
    }
    asking_confirm(w, q.id);
    return q.id;
}

static void what_is_erased_is_told_by_store_and_kind(void **state)
{
    struct world *w = *state;
    struct str id = ask_about_two(w, NULL);
    (void)asking_run(w, id);
    struct letter_facts f = gather(w, id);
    assert_int_equal(f.contacts, 2);
    assert_int_equal(f.erased, 2);
    assert_int_equal(f.held + f.moving + f.undecided + f.unlisted, 0);
    struct letter_line recording = line(&f, FATE_DELETED, KIND_RECORDING);
    assert_int_equal(recording.n, 2);
    assert_int_equal(recording.first_ms, WORLD_NOW_MS);
    assert_int_equal(recording.read_ms, WORLD_NOW_MS);
    assert_int_equal(line(&f, FATE_DELETED, KIND_TRANSCRIPT).n, 2);
    assert_int_equal(line(&f, FATE_PENDING, KIND_RECORDING).n, 0);
    assert_int_equal(f.laws_n, 0);
}

static void what_a_law_keeps_is_told_with_it(void **state)
{
    struct world *w = *state;
    asking_law(w, "standard_support", "P1Y");
    struct str id = ask_about_two(w, NULL);
    assert_int_equal(asking_run(w, id).state, REQUEST_PARTIAL);
    struct letter_facts f = gather(w, id);
    assert_int_equal(f.contacts, 2);
    assert_int_equal(f.erased, 0);
    assert_int_equal(f.moving, 0);
    assert_int_equal(line(&f, FATE_KEPT, KIND_RECORDING).n, 2);
    assert_int_equal(line(&f, FATE_DELETED, KIND_TRANSCRIPT).n, 2);
    assert_int_equal(f.laws_n, 1);
    assert_true(str_is(f.laws[0].cite, "MiFID II Art. 16(7)"));
    assert_int_equal(f.laws[0].contacts, 2);
    assert_true(f.laws[0].until_ms > WORLD_NOW_MS + 264 * DAY_MS && f.laws[0].until_ms < WORLD_NOW_MS + 268 * DAY_MS);
}

static void a_hold_is_counted_and_nothing_else(void **state)
{
    struct world *w = *state;
    struct str id = ask_about_two(w, NULL);
    centre_hold(w, "Secret v. Matter", "c-2");
    (void)asking_run(w, id);
    struct letter_facts f = gather(w, id);
    assert_int_equal(f.erased, 1);
    assert_int_equal(f.held, 1);
    assert_int_equal(f.laws_n, 0);
    for (size_t i = 0; i < f.copies_n; i++)
        assert_false(str_contains(f.copies[i].kind, "Matter"));
}

static void before_it_runs_nothing_has_been_done(void **state)
{
    struct world *w = *state;
    struct str id = ask_about_two(w, NULL);
    struct letter_facts f = gather(w, id);
    assert_int_equal(f.contacts, 2);
    assert_int_equal(f.moving, 2);
    assert_int_equal(f.lines_n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(what_is_erased_is_told_by_store_and_kind), TEST(what_a_law_keeps_is_told_with_it),
                                       TEST(a_hold_is_counted_and_nothing_else), TEST(before_it_runs_nothing_has_been_done)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
