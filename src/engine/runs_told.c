/* runs_told.c - what people are told of runs that have not begun: who waits, what is only planned, what has lapsed. */
#include "engine/runs.h"

enum { PLAN_DAYS_MAX = 30 };

static bool is_purge(const struct run_record *r)
{
    return str_is(r->kind, "purge") && r->has_digest;
}

/* The record keeps "waiting": whoever approves a plan, works it off or resumes it goes by that. */
static enum status tell(struct engine *e, struct run_record *r, bool overtaken, struct arena *a, struct err *err)
{
    bool approved = false;
    struct str why;
    if (!is_purge(r) || !str_is(r->state, "waiting"))
        return OK;
    if (r->started_ms < engine_now(e) - PLAN_DAYS_MAX * DAY_MS) {
        r->state = STR("lapsed");
        return OK;
    }
    if (!r->dry_run)
        return OK;
    if (overtaken) /* one that is approved is still taken up by the next purge */
        TRY(approval_holds(e, r, a, &approved, &why, err));
    r->state = overtaken && !approved ? STR("lapsed") : STR("planned");
    return OK;
}

enum status runs_told(struct engine *e, struct run_record *runs, size_t n, struct arena *a, struct err *err)
{
    bool overtaken = false;
    for (size_t i = n; i > 0; i--) {
        struct run_record *r = &runs[i - 1];
        TRY(tell(e, r, overtaken, a, err));
        overtaken |= is_purge(r) && !r->dry_run && (str_is(r->state, "done") || r->worked > 0);
    }
    return OK;
}

enum status run_told(struct engine *e, struct run_record *r, struct arena *a, struct err *err)
{
    struct run_record *runs;
    size_t n;
    if (!str_is(r->state, "waiting"))
        return OK;
    TRY(runs_since(e, r->started_ms, 10000, a, &runs, &n, err));
    TRY(runs_told(e, runs, n, a, err));
    for (size_t i = 0; i < n; i++)
        if (str_eq(runs[i].id, r->id))
            r->state = runs[i].state;
    return OK;
}
