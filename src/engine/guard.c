#include "engine/purge.h"

enum { CLOCK_TOLERANCE_MS = 5 * 60 * 1000 };
/* Leases are judged by each machine's clock: two of them, this far off in either way, still agree on who is dead. */
enum { SERVER_TOLERANCE_MS = 20 * 1000 };
_Static_assert(2 * SERVER_TOLERANCE_MS < WORKER_DEAD_AFTER_MS, "a worker whose lease lives by its own clock is not dead by another's");

enum status guard_allows(struct engine *e, uint64_t planned, struct arena *a, bool *allowed, uint64_t *limit, struct err *err)
{
    struct run_record *runs;
    size_t n;
    int64_t now = engine_now(e);
    uint64_t recent = 0, largest = 0;
    TRY(runs_since(e, now - 30 * DAY_MS, 100000, a, &runs, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (!str_is(runs[i].kind, "purge") || runs[i].dry_run)
            continue;
        if (runs[i].started_ms > now - DAY_MS)
            recent += runs[i].worked;
        if (runs[i].worked > largest)
            largest = runs[i].worked;
    }
    uint64_t floor = (uint64_t)e->config.guard_floor, times = (uint64_t)e->config.guard_times * largest;
    *limit = floor > times ? floor : times;
    *allowed = planned + recent <= *limit;
    return OK;
}

enum status clock_check(struct engine *e, struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    struct entry_query newest = {.from = 0, .to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .newest_first = true};
    struct entry *entries = NULL;
    size_t n = 0;
    int64_t now = engine_now(e), last = TIME_NONE;
    enum status s = registry_log_entries(e->registry, &newest, 1, &a, &entries, &n, err);
    if (s == OK && n)
        last = entries[0].at_ms;
    struct backend_state state = {.server_ms = TIME_NONE};
    if (s == OK && !e->test_clock)
        s = backend_check(&e->registry->backend, &a, &state, err);
    char text[32] = "";
    if (s == OK && last != TIME_NONE && now < last - CLOCK_TOLERANCE_MS) {
        time_text(last, text);
        s = FAIL(err, E_DENIED, "the clock stands before the last entry of the log (%s): set it right, then run again", text);
    } else if (s == OK && state.server_ms != TIME_NONE &&
               (now - state.server_ms > SERVER_TOLERANCE_MS || state.server_ms - now > SERVER_TOLERANCE_MS)) {
        time_text(state.server_ms, text);
        s = FAIL(err, E_DENIED, "this machine's clock and the registry server's (%s) differ by more than 20 seconds", text);
    }
    arena_release(&a);
    return s;
}
