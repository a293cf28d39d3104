#include "engine/purge.h"

enum { CLOCK_TOLERANCE_MS = 5 * 60 * 1000, CLOCK_ENTRIES = 1000, CLOCK_PAGE = 100 };
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

/* The latest time among the last entries: the newest entry need not be it. */
static enum status log_latest(struct engine *e, struct arena *a, int64_t *out, struct err *err)
{
    uint64_t size;
    *out = TIME_NONE;
    TRY(registry_log_size(e->registry, &size, err));
    struct entry_query last = {.from = size > CLOCK_ENTRIES ? size - CLOCK_ENTRIES : 0, .to = size, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    while (last.from < size) {
        struct entry *entries;
        size_t n;
        arena_reset(a);
        TRY(registry_log_entries(e->registry, &last, CLOCK_PAGE, a, &entries, &n, err));
        for (size_t i = 0; i < n; i++)
            if (*out == TIME_NONE || entries[i].at_ms > *out)
                *out = entries[i].at_ms;
        if (!n)
            break;
        last.from = entries[n - 1].index + 1;
    }
    return OK;
}

static enum status compare_clocks(struct engine *e, struct arena *a, struct err *err)
{
    struct backend_state state = {.server_ms = TIME_NONE};
    int64_t now = engine_now(e), last;
    char text[32];
    TRY(log_latest(e, a, &last, err));
    if (last != TIME_NONE && now < last - CLOCK_TOLERANCE_MS) {
        time_text(last, text);
        return FAIL(err, E_DENIED, "the clock stands before the latest entry of the log (%s): set it right, then run again", text);
    }
    TRY(backend_check(&e->registry->backend, a, &state, err));
    if (state.server_ms != TIME_NONE && (now - state.server_ms > SERVER_TOLERANCE_MS || state.server_ms - now > SERVER_TOLERANCE_MS)) {
        time_text(state.server_ms, text);
        return FAIL(err, E_DENIED, "this machine's clock and the registry server's (%s) differ by more than 20 seconds", text);
    }
    return OK;
}

enum status clock_check(struct engine *e, struct err *err)
{
    struct arena a;
    if (e->test_clock)
        return OK; /* its clock is what --now says, and may go back; the log's origin says so (rule 2.3) */
    arena_init(&a, 32 << 20);
    enum status s = compare_clocks(e, &a, err);
    arena_release(&a);
    return s;
}
