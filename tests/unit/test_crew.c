/* test_crew.c - every member is called once, side by side, and all have ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/crew.h"

enum { MANY = CREW_MAX + 20 };

struct seen {
    _Atomic int calls[MANY];
    _Atomic size_t elsewhere; /* calls in other threads than the first */
    pthread_t first;
};

static void count(void *ctx, size_t member)
{
    struct seen *s = ctx;
    s->calls[member]++;
    s->elsewhere += !pthread_equal(pthread_self(), s->first);
}

static void run(size_t members, size_t elsewhere)
{
    struct seen s = {.first = pthread_self()};
    crew_run(members, count, &s);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(s.calls[i], i < members);
    assert_int_equal(s.elsewhere, elsewhere);
}

static void each_member_is_called_once(void **state)
{
    (void)state;
    run(0, 0);
    run(1, 0);
    run(2, 1);
    run(16, 15);
    run(CREW_MAX, CREW_MAX - 1);
    run(MANY, CREW_MAX - 1);
}

struct meeting { pthread_barrier_t all; _Atomic int met; };

static void meet(void *ctx, size_t member)
{
    struct meeting *m = ctx;
    (void)member;
    pthread_barrier_wait(&m->all); /* one after another they would wait for ever */
    m->met++;
}

static void members_work_at_the_same_time(void **state)
{
    struct meeting m = {.met = 0};
    (void)state;
    assert_int_equal(pthread_barrier_init(&m.all, NULL, 8), 0);
    crew_run(8, meet, &m);
    assert_int_equal(m.met, 8);
    pthread_barrier_destroy(&m.all);
}

/* No address space for another stack: the work is done all the same. */
static void work_is_done_without_threads(void **state)
{
    struct seen s = {.first = pthread_self()};
    pthread_attr_t was, huge;
    (void)state;
    assert_int_equal(pthread_getattr_default_np(&was), 0);
    assert_int_equal(pthread_attr_init(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 46), 0); /* 64 TiB */
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    crew_run(4, count, &s);
    assert_int_equal(pthread_setattr_default_np(&was), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(s.calls[i], 1);
    assert_int_equal(s.elsewhere, 0);
    pthread_attr_destroy(&huge);
    pthread_attr_destroy(&was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_member_is_called_once),
        cmocka_unit_test(members_work_at_the_same_time),
        cmocka_unit_test(work_is_done_without_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
