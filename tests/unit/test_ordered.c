/* test_ordered.c - every piece once, results in order, failures where they are. */
#include "base/ordered.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <cmocka.h>

enum { PIECES = 5000, NEVER = PIECES };

struct job {
    _Atomic unsigned worked[PIECES];
    _Atomic unsigned inside[ORDERED_THREADS_MAX]; /* calls of one thread number at once: never two */
    uint64_t taken;
    uint64_t fail_work, fail_take, enough;
    unsigned threads;
};
struct result { uint64_t piece, square; };

static enum status work(void *ctx, unsigned thread, uint64_t piece, void *result, struct err *err)
{
    struct job *j = ctx;
    struct result *r = result;
    assert_true(thread < j->threads);
    assert_int_equal(atomic_fetch_add(&j->inside[thread], 1), 0);
    atomic_fetch_add(&j->worked[piece], 1);
    if (piece % 7 == 0)
        (void)sched_yield();
    *r = (struct result){piece, piece * piece};
    atomic_fetch_sub(&j->inside[thread], 1);
    return piece == j->fail_work ? FAIL(err, E_IO, "piece %llu", (unsigned long long)piece) : OK;
}

static enum status take(void *ctx, uint64_t piece, void *result, bool *enough, struct err *err)
{
    struct job *j = ctx;
    const struct result *r = result;
    assert_int_equal(piece, j->taken);
    assert_true(r->piece == piece && r->square == piece * piece);
    if (piece == j->fail_take)
        return FAIL(err, E_LIMIT, "taken %llu", (unsigned long long)piece);
    j->taken++;
    *enough = piece == j->enough;
    return OK;
}

static struct job job;

static enum status run(unsigned threads, uint64_t pieces, struct err *err)
{
    struct ordered o = {.ctx = &job, .pieces = pieces, .threads = threads, .result_bytes = sizeof(struct result),
                        .work = work, .take = take};
    job.threads = threads;
    job.taken = 0;
    for (size_t i = 0; i < PIECES; i++)
        job.worked[i] = 0;
    return ordered_run(&o, err);
}

static const unsigned counts[] = {1, 2, 3, 8, 64};

static void test_every_piece_once_and_in_order(void **state)
{
    (void)state;
    job.fail_work = job.fail_take = job.enough = NEVER;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        assert_int_equal(run(counts[i], PIECES, NULL), OK);
        assert_int_equal(job.taken, PIECES);
        for (size_t k = 0; k < PIECES; k++)
            assert_int_equal(job.worked[k], 1);
    }
}

static void test_none_and_one(void **state)
{
    (void)state;
    job.fail_work = job.fail_take = job.enough = NEVER;
    assert_int_equal(run(4, 0, NULL), OK);
    assert_int_equal(job.taken, 0);
    assert_int_equal(run(4, 1, NULL), OK);
    assert_int_equal(job.taken, 1);
}

static void test_the_first_failure_in_order_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct err err = {.code = OK};
        job.fail_work = 700;
        job.fail_take = 900;
        job.enough = NEVER;
        assert_int_equal(run(counts[i], PIECES, &err), E_IO);
        assert_string_equal(err.text, "piece 700");
        assert_int_equal(job.taken, 700);
        job.fail_take = 600;
        assert_int_equal(run(counts[i], PIECES, &err), E_LIMIT);
        assert_string_equal(err.text, "taken 600");
        assert_int_equal(job.taken, 600);
    }
}

static void test_enough_is_no_failure(void **state)
{
    (void)state;
    job.fail_work = 701; /* may have been worked on; is never taken */
    job.fail_take = NEVER;
    job.enough = 700;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        assert_int_equal(run(counts[i], PIECES, NULL), OK);
        assert_int_equal(job.taken, 701);
    }
}

static void test_threads_are_the_cores(void **state)
{
    (void)state;
    unsigned n = ordered_threads();
    assert_true(n >= 1 && n <= ORDERED_THREADS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_piece_once_and_in_order),
        cmocka_unit_test(test_none_and_one),
        cmocka_unit_test(test_the_first_failure_in_order_is_told),
        cmocka_unit_test(test_enough_is_no_failure),
        cmocka_unit_test(test_threads_are_the_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
