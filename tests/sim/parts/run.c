/* run.c - a seed from the making of its world to its rest. */
#include "tests/sim/parts/sim.h"

enum { REST_ROUNDS = 15, GUARD_LIFTED = 9 };

static void step_done(struct sim *s)
{
    oracle_look(s);
    oracle_log(s);
}

static void time_goes_on(struct sim *s, int64_t ms)
{
    s->now_ms += ms;
    s->monotonic_ms += ms;
}

/* The clock of the machine is set back, and some time later right again. */
static void clock_moves(struct sim *s)
{
    if (s->clock_back_ms && chance(s, 100)) {
        trace(s, "the clock is right again");
        s->now_ms += s->clock_back_ms;
        s->clock_back_ms = 0;
    } else if (!s->clock_back_ms && chance(s, 1)) {
        s->clock_back_ms = 3 * MINUTE_MS;
        s->now_ms -= s->clock_back_ms;
        trace(s, "the clock is set back");
    }
}

/* More than five minutes back: a purge refuses, or the log is older still. */
static void purge_with_a_wrong_clock(struct sim *s)
{
    uint64_t before = s->effects;
    int64_t latest = s->entries_at_ms;
    s->now_ms -= 9 * MINUTE_MS;
    struct deed d = {"purge with a wrong clock", deed_purge};
    struct process *x = process_start(s, &d);
    while (!x->done)
        process_go(x);
    if (s->now_ms < latest - 6 * MINUTE_MS && (s->effects != before || x->result == OK))
        broken(s, "a purge goes on although the clock stands before the log");
    process_end(x);
    s->now_ms += 9 * MINUTE_MS;
}

static int start_one(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (!s->processes[i]) {
            struct deed d = deed_choose(s);
            s->processes[i] = process_start(s, &d);
            trace(s, "%d %s begins", s->processes[i]->number, d.name);
            return i;
        }
    return -1;
}

static int running(const struct sim *s)
{
    int n = 0;
    for (int i = 0; i < PROCESSES_MAX; i++)
        n += s->processes[i] != NULL;
    return n;
}

static void go_on(struct sim *s, int i)
{
    process_go(s->processes[i]);
    if (!s->processes[i]->done)
        return;
    process_end(s->processes[i]);
    s->processes[i] = NULL;
    step_done(s);
}

static void one_step(struct sim *s)
{
    int n = running(s);
    world_events(s);
    clock_moves(s);
    if (n == 0) {
        older_copies(s);
        if (chance(s, 10))
            purge_with_a_wrong_clock(s);
        time_goes_on(s, chance(s, 300) ? (int64_t)dice(s, 3 * DAY_MS) : (int64_t)dice(s, 2 * HOUR_MS));
    } else if (chance(s, 4)) {
        time_goes_on(s, 14 * MINUTE_MS + (int64_t)dice(s, 8 * MINUTE_MS)); /* a process stands still: leases run out */
        trace(s, "everything stands still for a while");
    }
    if (n == 0 || (n < PROCESSES_MAX && chance(s, 60)))
        (void)start_one(s);
    int i;
    do
        i = (int)dice(s, PROCESSES_MAX);
    while (!s->processes[i]);
    go_on(s, i);
}

/* Alone, with nobody dying. */
static enum status alone(struct sim *s, struct deed d)
{
    struct process *x = process_start(s, &d);
    while (!x->done)
        process_go(x);
    enum status result = x->result;
    char text[sizeof x->err.text];
    memcpy(text, x->err.text, sizeof text);
    process_end(x);
    if (result != OK && result != E_ABSENT)
        broken(s, "%s fails with nobody disturbing it: %s: %s", d.name, status_name(result), text);
    if (!s->failed)
        step_done(s);
    return result;
}

#define ALONE(s, what) (void)alone(s, (struct deed){#what, deed_##what})

static int matters_in(const struct sim *s, enum matter_state state)
{
    int n = 0;
    for (int i = 0; i < MATTERS_MAX; i++)
        n += s->matters[i].state == state;
    return n;
}

static void matters_end(struct sim *s)
{
    while (matters_in(s, MATTER_COMING) && !s->failed)
        ALONE(s, hold);
    while (matters_in(s, MATTER_SURE) + matters_in(s, MATTER_GOING) && !s->failed)
        ALONE(s, release);
}

static void everything_heals(struct sim *s)
{
    s->quiet_stores = true;
    for (int i = 0; i < s->things_n; i++)
        s->things[i].changes = 0;
    time_goes_on(s, 20 * MINUTE_MS + s->clock_back_ms); /* leases of the dead run out */
    s->clock_back_ms = 0;
    s->file = s->policy;
    s->stores[STORE_EXTRA].configured = true;
    write_config(s);
    if (s->behind)
        ALONE(s, reopen);
    ALONE(s, policy);
    ALONE(s, purge); /* what dead workers have claimed becomes free */
    for (int i = 0; i < STORES && !s->failed; i++)
        ALONE(s, restore);
    matters_end(s);
    ALONE(s, ingest);
    world_events(s);
}

static void nothing_changes_any_more(struct sim *s)
{
    uint64_t before = s->effects;
    ALONE(s, purge);
    if (!s->failed && s->effects != before)
        broken(s, "a second run over the same world sends %llu changes", (unsigned long long)(s->effects - before));
}

/* Until now expiry may have waited for a second person; requests have not. */
static void lift_the_guard(struct sim *s)
{
    oracle_requests(s);
    s->guard_floor = 1000;
    write_config(s);
}

static void come_to_rest(struct sim *s)
{
    static const int64_t waits[REST_ROUNDS] = {0,           HOUR_MS,    DAY_MS,      3 * DAY_MS,  2 * HOUR_MS, 7 * DAY_MS, 15 * DAY_MS, HOUR_MS,
                                               2 * HOUR_MS, 2 * DAY_MS, 2 * HOUR_MS, 2 * DAY_MS,  2 * HOUR_MS, 2 * DAY_MS, DAY_MS};
    everything_heals(s);
    for (int i = 0; i < REST_ROUNDS && !s->failed; i++) {
        time_goes_on(s, waits[i]);
        world_events(s);
        ALONE(s, ingest); /* what the source sends again */
        if (i == GUARD_LIFTED && !s->failed)
            lift_the_guard(s);
        if (!s->failed)
            ALONE(s, purge);
    }
    if (!s->failed)
        nothing_changes_any_more(s);
    world_watch(s);
    if (!s->failed)
        step_done(s);
    if (!s->failed)
        oracle_at_rest(s);
}

static void end_processes(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MAX; i++) {
        if (!s->processes[i])
            continue;
        s->processes[i]->dead = true;
        while (!s->processes[i]->done)
            process_go(s->processes[i]);
        process_end(s->processes[i]);
        s->processes[i] = NULL;
    }
}

void sim_run(struct sim *s)
{
    the_sim = s;
    s->random = s->options.seed * UINT64_C(0xD1342543DE82EF95) + 1;
    s->secret_random = ~s->random;
    world_make(s);
    s->quiet_stores = true;
    if (!s->failed)
        (void)alone(s, deed_first);
    s->quiet_stores = false;
    if (!s->failed)
        world_watch(s);
    for (s->step = 1; s->step <= s->options.steps && !s->failed; s->step++)
        one_step(s);
    end_processes(s);
    if (!s->failed)
        come_to_rest(s);
    if (s->failed && s->options.trace)
        tell_contacts(s);
    world_end_sim(s);
}
