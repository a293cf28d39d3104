/*
 * workers.c - several processes on one registry: a million claims by four at once, all of them after the same contacts in the
 * same order; and one plan worked off by one worker, then one by four, at a store where every batch takes 20 calls of 20 ms.
 *
 *     workers sqlite | postgresql     the registry; postgresql needs EXPUNGE_TEST_POSTGRESQL (bench/workers.sh)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/slow_store.h"
#include "engine/epoch.h"
#include "engine/plan_work.h"
#include "tests/lib/centre.h"

enum { PROCESSES = 4, PAGE = 500, LOAD = 5000, OLD = 800, NAME_MAX_BYTES = 100 };

static const char *kind;

static void told(const char *what, double value, const char *unit, const char *goal, bool met)
{
    char text[NAME_MAX_BYTES];
    snprintf(text, sizeof text, "%s: %s", kind, what);
    bench_tell(&(struct bench_figure){.what = text, .value = value, .unit = unit, .goal = goal, .met = met});
}

static void ok(struct world *w, enum status s)
{
    if (s != OK)
        bench_fail("%s", w->err.text);
}

static void *shared(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        bench_fail("no shared memory");
    return p;
}

/* Forks `n` children of the world, which is closed meanwhile; each opens it for itself. Seconds until all have ended. */
static double side_by_side(struct world *w, int n, void (*work)(struct world *w, int child, void *ctx), void *ctx)
{
    world_close(w);
    fflush(stdout);
    double began = bench_seconds();
    pid_t pids[PROCESSES];
    for (int i = 0; i < n; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            ok(w, world_open(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE));
            work(w, i, ctx);
            world_close(w);
            _exit(0);
        }
    }
    bool good = true;
    for (int i = 0; i < n; i++) {
        int status = 1;
        good &= pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] && status == 0;
    }
    double seconds = bench_seconds() - began;
    if (!good)
        bench_fail("a worker failed");
    ok(w, world_open(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE));
    return seconds;
}

/* ---- claims ---- */

struct claims { uint64_t n; struct row_key *keys; unsigned char *won; uint64_t *lost; };

static void load(struct world *w, struct claims *c)
{
    struct arena a;
    arena_init(&a, 256 << 20);
    for (uint64_t from = 0; from < c->n; from += LOAD) {
        uint64_t n = c->n - from < LOAD ? c->n - from : LOAD;
        arena_reset(&a);
        struct row *rows = ARENA_ARRAY(&a, struct row, LOAD);
        struct group *groups = ARENA_ARRAY(&a, struct group, LOAD);
        struct leg *legs = ARENA_ARRAY(&a, struct leg, LOAD);
        for (uint64_t i = 0; i < n; i++) {
            struct chain chain = {.source = STR("bench"), .state = CHAIN_ACTIVE, .legs = &legs[i], .legs_n = 1, .registered_ms = WORLD_NOW_MS,
                                  .grace_until_ms = TIME_NONE, .claimed_ms = TIME_NONE, .next_ms = TIME_NONE, .first_try_ms = TIME_NONE,
                                  .verified_ms = TIME_NONE, .verified_again_ms = TIME_NONE, .purged_ms = TIME_NONE,
                                  .scrubbed_until_ms = TIME_NONE, .retained_until_ms = TIME_NONE, .risen_ms = TIME_NONE};
            legs[i].id = arena_fmt(&a, "claim-%llu", (unsigned long long)(from + i));
            legs[i].key = chain.key = c->keys[from + i] = engine_contact_key(w->e, chain.source, legs[i].id);
            ok(w, registry_chain_row(&chain, &a, &rows[i], &w->err));
            groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
        }
        ok(w, registry_load(w->e->registry, groups, n, &w->err));
    }
    arena_release(&a);
}

static void claim_all(struct world *w, int child, void *ctx)
{
    struct claims *c = ctx;
    struct row_key worker;
    struct arena a;
    uint64_t lost = 0;
    arena_init(&a, 64 << 20);
    ok(w, worker_begin(w->e, &worker, &w->err));
    for (uint64_t from = 0; from < c->n; from += PAGE) {
        size_t n = c->n - from < PAGE ? (size_t)(c->n - from) : PAGE;
        arena_reset(&a);
        struct chain *chains = ARENA_ARRAY(&a, struct chain, PAGE);
        struct claim *claims = ARENA_ARRAY(&a, struct claim, PAGE);
        enum status *results = ARENA_ARRAY(&a, enum status, PAGE);
        for (size_t i = 0; i < n; i++)
            chains[i] = (struct chain){.key = c->keys[from + i], .version = 1};
        ok(w, registry_claim(w->e->registry, &worker, chains, n, engine_now(w->e), &a, claims, results, &w->err));
        for (size_t i = 0; i < n; i++) {
            if (results[i] == OK)
                __atomic_fetch_add(&c->won[from + i], 1, __ATOMIC_RELAXED);
            lost += results[i] != OK;
        }
    }
    c->lost[child] = lost;
    arena_release(&a); /* the worker stays: its claims are looked at */
}

static uint64_t rows_unclaimed(struct world *w, const struct claims *c)
{
    uint64_t none = 0;
    struct arena a;
    arena_init(&a, 64 << 20);
    for (uint64_t from = 0; from < c->n; from += PAGE) {
        size_t n = c->n - from < PAGE ? (size_t)(c->n - from) : PAGE;
        arena_reset(&a);
        struct chain *chains = ARENA_ARRAY(&a, struct chain, PAGE);
        ok(w, registry_chains(w->e->registry, c->keys + from, n, &a, chains, &w->err));
        for (size_t i = 0; i < n; i++)
            none += row_key_is_none(&chains[i].worker) || chains[i].version != 2;
    }
    arena_release(&a);
    return none;
}

static void claims(struct world *w)
{
    struct claims c = {.n = bench_n(1000000, 2000)};
    uint64_t twice = 0, never = 0, lost = 0;
    c.keys = shared(c.n * sizeof *c.keys);
    c.won = shared(c.n);
    c.lost = shared(sizeof *c.lost * PROCESSES);
    load(w, &c);
    double seconds = side_by_side(w, PROCESSES, claim_all, &c);
    for (uint64_t i = 0; i < c.n; i++) {
        twice += c.won[i] > 1;
        never += c.won[i] == 0;
    }
    for (int i = 0; i < PROCESSES; i++)
        lost += c.lost[i];
    told("claims by 4 processes, contacts", (double)c.n, "", NULL, false);
    told("claims by 4 processes", (double)c.n / seconds, "claims/s", NULL, false);
    told("claims lost to another, each tried by all 4", (double)lost, "", NULL, false);
    told("claimed twice", (double)twice, "", "0", twice == 0);
    told("claimed by nobody, or a row that says otherwise", (double)(never + rows_unclaimed(w, &c)), "", "0", never == 0);
}

/* ---- a plan ---- */

struct purging { struct run_record run; struct slow_world *store; uint64_t *busy; };

static void work_plan(struct world *w, int child, void *ctx)
{
    struct purging *p = ctx;
    struct tally tally = {.dry_run = false};
    struct working_run work = {.engine = w->e, .run = &p->run, .tally = &tally};
    struct epoch_thread *epoch;
    struct plan_work plan;
    bool more = true, ended;
    slow_store(w->e, p->store);
    ok(w, tally_init(&tally, w->e, &w->a, &w->err));
    ok(w, worker_begin(w->e, &work.worker, &w->err));
    ok(w, epoch_start(w->e, &epoch, &w->err));
    plan_begin(&plan, &work);
    while (more)
        ok(w, plan_step(&plan, &more, &w->err));
    ok(w, plan_leave(&plan, &ended, &w->err));
    epoch_stop(&epoch);
    worker_end(w->e, &work.worker);
    p->busy[child] = tally.busy + tally.changed;
}

/* Contacts FROM ... made due, planned, and worked off by `n` processes: seconds. */
static double plan(struct world *w, struct slow_world *store, uint64_t from, uint64_t contacts, int n)
{
    struct purging p = {.store = store, .busy = shared(sizeof(uint64_t) * PROCESSES)};
    CLEANUP(buf_release) struct buf b;
    struct run_record done;
    uint64_t calls = store->calls, changes = store->changes, lost = 0;
    buf_init(&b, 256 << 20);
    for (uint64_t i = from; i < from + contacts; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%llu", (unsigned long long)i).p, NULL, OLD, NULL, NULL));
    (void)centre_ingest(w, b.p);
    ok(w, run_new(w->e, "purge", &w->a, &p.run, &w->err));
    ok(w, plan_make(w->e, &p.run, 0, &w->a, &w->err));
    ok(w, run_put(w->e, &p.run, NULL, &w->a, &w->err));
    double seconds = side_by_side(w, n, work_plan, &p);
    ok(w, run_get(w->e, p.run.id, &w->a, &done, &w->err));
    for (int i = 0; i < n; i++)
        lost += p.busy[i];
    if (done.purged != contacts || !str_is(done.state, "done") || store->changes - changes != contacts)
        bench_fail("%llu of %llu contacts purged", (unsigned long long)done.purged, (unsigned long long)contacts);
    char what[NAME_MAX_BYTES];
    snprintf(what, sizeof what, "plan of %llu by %d worker%s", (unsigned long long)contacts, n, n == 1 ? "" : "s");
    told(what, (double)contacts / seconds, "contacts/s", NULL, false);
    if (n == 1)
        told("calls a batch of the plan", (double)(store->calls - calls) / ((double)contacts / (double)p.run.share_lines), "calls", NULL, false);
    else
        told("contacts two workers met", (double)lost, "", NULL, false);
    return seconds;
}

int main(int argc, char **argv)
{
    void *state;
    kind = argc > 1 ? argv[1] : "sqlite";
    if (strcmp(kind, "postgresql") == 0)
        (void)setenv("EXPUNGE_TEST_REGISTRY", "postgresql", 1);
    if (world_begin(&state) != 0)
        bench_fail("no world");
    struct world *w = state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    uint64_t contacts = bench_n(20000, 2000);
    struct slow_world *store = slow_world((size_t)contacts * 2);
    double one = plan(w, store, 0, contacts, 1);
    double four = plan(w, store, contacts, contacts, PROCESSES);
    told("four workers, times one", one / four, "x", strcmp(kind, "postgresql") == 0 ? ">= 3.5" : NULL, one / four >= 3.5);
    claims(w);
    (void)world_end(&state);
    return 0;
}
