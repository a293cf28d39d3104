/* test_turns.c - stores side by side, or one after another; one that fails stops nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "engine/job.h"

enum { STORES = 3 };

struct scene {
    struct arena a;
    struct store stores[STORES], *of[STORES];
    struct engine engine;
    struct visit_stats stats[STORES];
    struct visit visit;
    bool away[STORES];
    struct run run;
    pthread_barrier_t all;
    pthread_t visits; /* its thread */
    size_t order[STORES], taken;
};

static void begin(struct scene *s)
{
    *s = (struct scene){.engine = {.stores_n = STORES, .fixed_now_ms = 5000}, .visits = pthread_self()};
    arena_init(&s->a, 1 << 20);
    for (size_t i = 0; i < STORES; i++)
        s->of[i] = &s->stores[i];
    s->engine.stores = s->of;
    s->visit.stats = s->stats;
    s->run = (struct run){.visit = &s->visit, .engine = &s->engine, .a = &s->a, .away = s->away};
    assert_int_equal(turns_begin(&s->run, NULL), OK);
    for (size_t i = 0; i < STORES; i++)
        turn_at(&s->run, i)->own = s;
}

static void end(struct scene *s)
{
    turns_end(&s->run);
    arena_release(&s->a);
}

static size_t number(const struct scene *s, const struct store_turn *turn)
{
    return (size_t)(turn->store - s->stores);
}

static enum status meet(struct store_turn *turn, struct err *why)
{
    struct scene *s = turn->own;
    (void)why;
    pthread_barrier_wait(&s->all); /* one after another they would wait for ever */
    turn->call.calls = 7;
    return arena_alloc(turn->call.a, 100) ? OK : E_LIMIT;
}

static void stores_work_side_by_side(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(pthread_barrier_init(&s.all, NULL, 2), 0);
    s.run.turns[0].takes_part = s.run.turns[2].takes_part = true;
    assert_int_equal(turns_take(&s.run, meet, NULL), OK);
    assert_int_equal(s.stats[0].calls, 7);
    assert_int_equal(s.stats[1].calls, 0); /* took no part */
    assert_int_equal(s.stats[2].calls, 7);
    assert_ptr_not_equal(s.run.turns[0].call.a, s.run.turns[2].call.a);
    assert_int_equal(s.run.turns[0].call.now_ms, 5000);
    assert_int_equal(s.run.turns[0].call.deadline_ms, 5000 + CALL_MAX_MS);
    pthread_barrier_destroy(&s.all);
    end(&s);
}

static enum status note_order(struct store_turn *turn, struct err *why)
{
    struct scene *s = turn->own;
    (void)why;
    assert_true(pthread_equal(pthread_self(), s->visits));
    s->order[s->taken++] = number(s, turn);
    return OK;
}

static void in_turn_they_come_in_their_order_in_the_visits_thread(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    s.engine.stores_in_turn = true;
    for (size_t i = 0; i < STORES; i++)
        s.run.turns[i].takes_part = true;
    assert_int_equal(turns_take(&s.run, note_order, NULL), OK);
    assert_int_equal(s.taken, STORES);
    for (size_t i = 0; i < STORES; i++)
        assert_int_equal(s.order[i], i);
    end(&s);
}

static enum status second_fails(struct store_turn *turn, struct err *why)
{
    struct scene *s = turn->own;
    turn->call.calls = 1;
    return number(s, turn) == 1 ? FAIL(why, E_RETRY, "away") : OK;
}

static void one_that_fails_is_away_and_the_others_are_not(void **state)
{
    for (int in_turn = 0; in_turn < 2; in_turn++) {
        struct scene s;
        (void)state;
        begin(&s);
        s.engine.stores_in_turn = in_turn;
        for (size_t i = 0; i < STORES; i++)
            s.run.turns[i].takes_part = true;
        assert_int_equal(turns_take(&s.run, second_fails, NULL), OK);
        for (size_t i = 0; i < STORES; i++) {
            assert_int_equal(s.away[i], i == 1);
            assert_int_equal(s.stats[i].errors, i == 1);
            assert_int_equal(s.stats[i].calls, 1);
            assert_int_equal(s.run.turns[i].status, i == 1 ? E_RETRY : OK);
        }
        assert_string_equal(s.run.turns[1].why.text, "away");
        (void)turn_at(&s.run, 1);
        assert_int_equal(s.run.turns[1].status, OK); /* a new call; that it is away the run remembers */
        assert_true(s.away[1]);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_work_side_by_side),
        cmocka_unit_test(in_turn_they_come_in_their_order_in_the_visits_thread),
        cmocka_unit_test(one_that_fails_is_away_and_the_others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
