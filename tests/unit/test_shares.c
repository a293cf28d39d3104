/* A plan in shares: leased one at a time, taken over from the dead, counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan.h"
#include "engine/shares.h"
#include "engine/visit.h"
#include "tests/lib/world.h"

enum { PLANNED = 600, LINES = 250 };

static struct run_record plan_of(struct world *w, uint64_t planned)
{
    struct run_record r;
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    r.planned = planned;
    r.share_lines = share_lines(planned);
    r.has_digest = true;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    return r;
}

static struct row_key worker(struct world *w)
{
    struct row_key k;
    WORLD_OK(w, worker_begin(w->e, &k, &w->err));
    return k;
}

static bool lease(struct world *w, const struct run_record *r, const struct row_key *k, struct share *s, bool *over)
{
    bool found;
    WORLD_OK(w, share_lease(w->e, r, k, s, &found, over, &w->err));
    return found;
}

static void a_plan_is_cut_so_that_many_can_share_it_and_rows_stay_few(void **state)
{
    (void)state;
    static const struct { uint64_t planned, lines; } cases[] = {
        {0, 250}, {1, 250}, {5000, 250}, {19999, 250}, {20000, 500}, {100000, 2500}, {399999, 5000}, {400000, 10000}, {50000000, 10000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(share_lines(cases[i].planned), cases[i].lines);
        assert_int_equal(PLAN_CHUNK_LINES % cases[i].lines, 0); /* a share lies in one chunk */
    }
}

static void every_line_is_leased_once(void **state)
{
    struct world *w = *state;
    struct run_record r = plan_of(w, PLANNED);
    struct row_key keys[] = {worker(w), worker(w), worker(w), worker(w)};
    struct share s[3], none;
    bool over;
    for (size_t i = 0; i < 3; i++)
        assert_true(lease(w, &r, &keys[i], &s[i], &over));
    assert_false(lease(w, &r, &keys[3], &none, &over));
    assert_false(over);
    assert_true(lease(w, &r, &keys[1], &none, &over)); /* its own, once more */
    assert_int_equal(none.number, 1);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(s[i].number, i);
        assert_int_equal(s[i].first, i * LINES);
    }
    assert_int_equal(s[2].lines, PLANNED - 2 * LINES);
}

static void what_is_worked_is_summed_over_workers_and_the_plan_is_over_when_all_is(void **state)
{
    struct world *w = *state;
    struct run_record r = plan_of(w, PLANNED), read;
    struct row_key keys[] = {worker(w), worker(w)};
    struct part parts[2];
    struct shares_sum sum;
    struct share s;
    bool over;
    for (size_t i = 0; i < 2; i++)
        WORLD_OK(w, part_join(w->e, &r, &keys[i], &parts[i], &w->err));
    for (size_t i = 0; lease(w, &r, &keys[i % 2], &s, &over); i++) {
        struct part *p = &parts[i % 2];
        p->considered += s.lines;
        p->purged += s.lines - 1;
        p->held++;
        WORLD_OK(w, share_worked(w->e, &r, &s, s.lines, p, &w->err));
    }
    assert_true(over);
    WORLD_OK(w, shares_sum(w->e, r.id, &sum, &w->err));
    assert_int_equal(sum.worked, PLANNED);
    assert_int_equal(sum.done.considered, PLANNED);
    assert_int_equal(sum.done.purged, PLANNED - 3);
    assert_int_equal(sum.done.held, 3);
    assert_true(sum.alive && !sum.left && !sum.lost);
    WORLD_OK(w, run_get(w->e, r.id, &w->a, &read, &w->err));
    assert_int_equal(read.worked, PLANNED);
    assert_int_equal(read.purged, PLANNED - 3);
    for (size_t i = 0; i < 2; i++) {
        parts[i].left = true;
        WORLD_OK(w, part_put(w->e, &r, &parts[i], &w->err));
    }
    WORLD_OK(w, shares_sum(w->e, r.id, &sum, &w->err));
    assert_true(sum.left && !sum.alive);
}

static void a_dead_workers_share_goes_on_where_it_stood_and_its_late_word_does_not_count(void **state)
{
    struct world *w = *state;
    struct run_record r = plan_of(w, PLANNED);
    struct row_key dead = worker(w), heir;
    struct part part, other;
    struct shares_sum sum;
    struct share s, taken;
    bool over;
    WORLD_OK(w, part_join(w->e, &r, &dead, &part, &w->err));
    assert_true(lease(w, &r, &dead, &s, &over));
    part.purged = 100;
    WORLD_OK(w, share_worked(w->e, &r, &s, 100, &part, &w->err));
    world_reopen(w, WORLD_NOW_MS + 17 * MINUTE_MS, OPEN_WRITE); /* its lease, and the minute after */
    heir = worker(w);
    assert_true(lease(w, &r, &heir, &taken, &over));
    assert_int_equal(taken.number, s.number);
    assert_int_equal(taken.worked, 100);
    part.purged = 200;
    assert_int_equal(share_worked(w->e, &r, &s, 100, &part, &w->err), E_CONFLICT); /* it was only slow */
    WORLD_OK(w, part_join(w->e, &r, &heir, &other, &w->err));
    other.purged = 100;
    WORLD_OK(w, share_worked(w->e, &r, &taken, 100, &other, &w->err));
    WORLD_OK(w, shares_sum(w->e, r.id, &sum, &w->err));
    assert_int_equal(sum.done.purged, 200);
    assert_int_equal(sum.worked, 200);
    assert_true(sum.lost && sum.alive);
    WORLD_OK(w, parts_bury(w->e, r.id, &w->err));
    WORLD_OK(w, shares_sum(w->e, r.id, &sum, &w->err));
    assert_false(sum.lost);
    assert_int_equal(sum.done.purged, 200);
}

static void a_share_given_back_is_the_next_ones_at_once(void **state)
{
    struct world *w = *state;
    struct run_record r = plan_of(w, PLANNED);
    struct row_key one = worker(w), two = worker(w);
    struct share s, again;
    bool over;
    assert_true(lease(w, &r, &one, &s, &over));
    WORLD_OK(w, share_give_back(w->e, &r, &s, &w->err));
    assert_true(lease(w, &r, &two, &again, &over));
    assert_int_equal(again.number, s.number);
    WORLD_OK(w, share_give_back(w->e, &r, &s, &w->err)); /* too late: nothing happens */
    assert_true(lease(w, &r, &one, &s, &over));
    assert_int_equal(s.number, 1);
}

static void rows_are_forgotten_with_the_run(void **state)
{
    struct world *w = *state;
    struct run_record r = plan_of(w, PLANNED);
    struct row_key one = worker(w);
    struct part part;
    struct share s;
    struct row *rows;
    size_t n;
    bool over;
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_PLAN, arena_fmt(&w->a, "%.*s/00000000", STR_ARG(r.id)), STR("x"), 0, NULL, &w->err));
    WORLD_OK(w, part_join(w->e, &r, &one, &part, &w->err));
    assert_true(lease(w, &r, &one, &s, &over));
    WORLD_OK(w, shares_forget(w->e, r.id, &w->err));
    WORLD_OK(w, registry_record_page(w->e->registry, TABLE_PLAN, r.id, STR_NONE, 10, &w->a, &rows, &n, &w->err));
    assert_int_equal(n, 0);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_cut_so_that_many_can_share_it_and_rows_stay_few),
        WORLD_TEST(every_line_is_leased_once),
        WORLD_TEST(what_is_worked_is_summed_over_workers_and_the_plan_is_over_when_all_is),
        WORLD_TEST(a_dead_workers_share_goes_on_where_it_stood_and_its_late_word_does_not_count),
        WORLD_TEST(a_share_given_back_is_the_next_ones_at_once),
        WORLD_TEST(rows_are_forgotten_with_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
