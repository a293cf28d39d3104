/*
 * The simulator (tests/sim/parts/sim.h): seeds run one after another, each in a process of its own. Without arguments: a
 * test of so many seeds. With them:
 *
 *   test_sim --seed N [--steps N] [--trace]     one seed, in this process
 *   test_sim --from N --seeds N [--steps N]     many
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/parts/sim.h"

enum { STEPS = 300, SEEDS_A_TEST = 6, SECONDS_A_SEED = 60 };

struct choice { uint64_t seed, from, seeds; unsigned steps; bool trace, one; };
static const char *program;

static void tell(const struct sim *s)
{
    printf("seed %llu breaks an invariant at step %u: %s\n", (unsigned long long)s->options.seed, s->step, s->what);
    unsigned from = s->trace_n > TRACE_LINES ? s->trace_n - TRACE_LINES : 0;
    for (unsigned i = from; i < s->trace_n && !s->options.trace; i++)
        printf("  %s\n", s->trace[i % TRACE_LINES]);
    printf("again: %s --seed %llu --steps %u --trace\n", program, (unsigned long long)s->options.seed, s->options.steps);
    (void)fflush(stdout);
}

/* Whether it held. */
static bool run_here(const struct options_sim *o)
{
    struct sim *s = calloc(1, sizeof *s);
    ASSERT(s != NULL);
    s->options = *o;
    sim_run(s);
    bool held = !s->failed;
    if (!held)
        tell(s);
    else if (o->trace)
        printf("seed %llu: %u deeds, %llu changes sent, %llu deaths, %llu orders, %llu in flight under a hold\n", (unsigned long long)o->seed, s->deeds,
               (unsigned long long)s->effects, (unsigned long long)s->deaths, (unsigned long long)s->orders, (unsigned long long)s->lost);
    free(s);
    return held;
}

/* In a child, so that a failed assertion of the product ends one seed only. */
static bool run_apart(const struct options_sim *o)
{
    int status;
    (void)fflush(stdout);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        (void)alarm(SECONDS_A_SEED);
        bool held = run_here(o);
        (void)fflush(stdout);
        _exit(held ? 0 : 1);
    }
    while (waitpid(child, &status, 0) < 0)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) < 2)
        return WEXITSTATUS(status) == 0;
    printf("seed %llu ends with status %#x\nagain: %s --seed %llu --steps %u --trace\n", (unsigned long long)o->seed, (unsigned)status, program,
           (unsigned long long)o->seed, o->steps);
    return false;
}

static void seeds_hold(void **state)
{
    const uint64_t *from = *state;
    int broke = 0;
    for (uint64_t i = 0; i < SEEDS_A_TEST; i++) {
        struct options_sim o = {.seed = *from + i, .steps = STEPS};
        broke += !run_apart(&o);
    }
    assert_int_equal(broke, 0);
}

static int run_many(const struct choice *c)
{
    int broke = 0;
    for (uint64_t i = 0; i < c->seeds; i++) {
        struct options_sim o = {.seed = c->from + i, .steps = c->steps};
        broke += !run_apart(&o);
    }
    printf("%llu seeds, %d broken\n", (unsigned long long)c->seeds, broke);
    return broke > 0;
}

static bool read_choice(int argc, char **argv, struct choice *c)
{
    *c = (struct choice){.from = 1, .seeds = 1, .steps = STEPS};
    for (int i = 1; i < argc; i++) {
        bool value = i + 1 < argc;
        if (strcmp(argv[i], "--trace") == 0)
            c->trace = true;
        else if (value && strcmp(argv[i], "--seed") == 0)
            c->one = true, c->seed = strtoull(argv[++i], NULL, 10);
        else if (value && strcmp(argv[i], "--from") == 0)
            c->from = strtoull(argv[++i], NULL, 10);
        else if (value && strcmp(argv[i], "--seeds") == 0)
            c->seeds = strtoull(argv[++i], NULL, 10);
        else if (value && strcmp(argv[i], "--steps") == 0)
            c->steps = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct choice c;
    program = argv[0];
    (void)unsetenv("EXPUNGE_TOKEN");
    if (!read_choice(argc, argv, &c)) {
        fprintf(stderr, "usage: %s [--seed N | --from N --seeds N] [--steps N] [--trace]\n", argv[0]);
        return 2;
    }
    if (c.one) {
        struct options_sim o = {.seed = c.seed, .steps = c.steps, .trace = c.trace};
        return run_here(&o) ? 0 : 1;
    }
    if (argc > 1)
        return run_many(&c);
    static uint64_t from[] = {1, 7, 13, 19};
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(seeds_hold, &from[0]), cmocka_unit_test_prestate(seeds_hold, &from[1]),
                                       cmocka_unit_test_prestate(seeds_hold, &from[2]), cmocka_unit_test_prestate(seeds_hold, &from[3])};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
