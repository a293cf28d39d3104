/*
 * plan_make.c - a plan over a million due contacts: how long it takes to make, and the most memory planning, its digest and the
 * plan's file need; then the impact of a schedule with another period over the same contacts.
 *
 *     plan_make [DIR]     DIR: an installation from big_registry, else one is made with BENCH_SCALE times a million contacts
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/contacts.h"
#include "engine/plan.h"
#include "engine/policies.h"
#include "engine/shares.h"
#include "model/policy.h"

enum { LOAD = 5000, MEMORY_MIB = 128 };

static void ok(enum status s, const struct err *err)
{
    if (s != OK)
        bench_fail("%s", err->text);
}

static void load(struct engine *e, uint64_t contacts)
{
    struct arena a;
    struct err err;
    arena_init(&a, 64 << 20);
    for (uint64_t from = 0; from < contacts; from += LOAD) {
        uint64_t n = contacts - from < LOAD ? contacts - from : LOAD;
        arena_reset(&a);
        struct row *rows = ARENA_ARRAY(&a, struct row, LOAD);
        struct group *groups = ARENA_ARRAY(&a, struct group, LOAD);
        struct leg *legs = ARENA_ARRAY(&a, struct leg, LOAD);
        struct bench_contact *all = ARENA_ARRAY(&a, struct bench_contact, LOAD);
        if (!rows || !groups || !legs || !all)
            bench_fail("out of memory");
        for (uint64_t i = 0; i < n; i++) {
            struct chain c = {.source = STR(BENCH_INSTANCE), .state = CHAIN_ACTIVE, .legs = &legs[i], .legs_n = 1, .grace_until_ms = TIME_NONE,
                              .claimed_ms = TIME_NONE, .next_ms = TIME_NONE, .first_try_ms = TIME_NONE, .verified_ms = TIME_NONE,
                              .verified_again_ms = TIME_NONE, .purged_ms = TIME_NONE, .scrubbed_until_ms = TIME_NONE,
                              .retained_until_ms = TIME_NONE, .risen_ms = TIME_NONE};
            c.mandate.accepted_ms = c.mandate.deadline_ms = TIME_NONE;
            bench_contact(from + i, BENCH_NOW_MS - 3000 * DAY_MS - (int64_t)(from + i) * 60000 % (300 * DAY_MS), contacts / 5 + 1, &all[i]);
            ok(bench_contact_leg(&all[i], e, &a, &legs[i], &err), &err);
            c.key = legs[i].key;
            c.registered_ms = legs[i].registered_ms;
            chain_place(&c, NULL, 0, &e->policy, BENCH_NOW_MS);
            ok(registry_chain_row(&c, &a, &rows[i], &err), &err);
            groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
        }
        ok(registry_load(e->registry, groups, n, &err), &err);
    }
    arena_release(&a);
}

/* In a process of its own, so that its peak is its own. */
static void measured(const char *dir, void (*work)(struct engine *e, const char *dir))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct engine *e = bench_engine(dir, false, BENCH_NOW_MS);
        work(e, dir);
        engine_close(e);
        _exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail("a part did not come to its end");
}

static void told_peak(const char *what)
{
    double peak = bench_peak_mib();
    bench_tell(&(struct bench_figure){what, peak, "MiB", "<= 128", peak <= MEMORY_MIB});
}

static void planning(struct engine *e, const char *dir)
{
    struct run_record run;
    struct err err;
    struct hash read;
    char path[512];
    ok(run_new(e, "purge", &e->arena, &run, &err), &err);
    double began = bench_seconds();
    ok(plan_make(e, &run, 0, &e->arena, &err), &err);
    double seconds = bench_seconds() - began;
    bench_tell(&(struct bench_figure){"plan: due contacts", (double)run.planned, "", NULL, false});
    bench_tell(&(struct bench_figure){"plan_make", seconds, "s", NULL, false});
    bench_tell(&(struct bench_figure){"plan_make", (double)run.planned / seconds, "lines/s", NULL, false});
    ok(run_put(e, &run, NULL, &e->arena, &err), &err);
    snprintf(path, sizeof path, "%s/plan.txt", dir);
    began = bench_seconds();
    ok(plan_write(e, &run, path, &err), &err);
    ok(plan_read_digest(path, &read, &err), &err);
    if (memcmp(read.b, run.digest.b, HASH_BYTES) != 0)
        bench_fail("the file has another digest than the plan");
    bench_tell(&(struct bench_figure){"plan written to a file and its digest read back", bench_seconds() - began, "s", NULL, false});
    began = bench_seconds();
    ok(shares_forget(e, run.id, &err), &err);
    bench_tell(&(struct bench_figure){"plan forgotten", bench_seconds() - began, "s", NULL, false});
    (void)unlink(path);
    told_peak("plan: peak memory");
}

static void impact(struct engine *e, const char *dir)
{
    struct policy_difference d;
    struct policy_impact found;
    struct err err;
    (void)dir;
    for (size_t i = 0; i < e->config.policy.categories_n; i++)
        if (e->config.policy.categories[i].erase_after.set && !e->config.policy.categories[i].keep.set)
            e->config.policy.categories[i].erase_after.years += 20;
    e->config.policy.version = STR("another");
    ok(policy_difference(e, &e->arena, &d, &err), &err);
    double began = bench_seconds();
    ok(policy_impact(e, &d, &e->arena, &found, &err), &err);
    double seconds = bench_seconds() - began;
    bench_tell(&(struct bench_figure){"impact of longer periods: contacts later", (double)found.later, "", NULL, false});
    bench_tell(&(struct bench_figure){"impact of longer periods", seconds, "s", NULL, false});
    told_peak("impact: peak memory");
}

int main(int argc, char **argv)
{
    char dir[480];
    snprintf(dir, sizeof dir, "%s/plan_make.%ld", getenv("BENCH_DIR") ? getenv("BENCH_DIR") : "/var/tmp", (long)getpid());
    if (argc <= 1) {
        double began = bench_seconds();
        struct engine *e = bench_engine(dir, true, BENCH_NOW_MS);
        load(e, bench_n(1000000, 2000));
        engine_close(e);
        bench_tell(&(struct bench_figure){"(a registry made)", bench_seconds() - began, "s", NULL, false});
    }
    measured(argc > 1 ? argv[1] : dir, planning);
    measured(argc > 1 ? argv[1] : dir, impact);
    return 0;
}
