/* plan_take.c - which plan may be worked off now, and who makes the next one. */
#include "engine/journal.h"
#include "engine/plan_work.h"

enum { PLAN_DAYS_MAX = 30, RUNS_MAX = 10000, TRIES = 20 };

/* ---- one makes a plan at a time ---- */

enum status plan_lock(struct engine *e, const struct row_key *worker, struct str run_id, struct arena *a, struct err *err)
{
    struct str value;
    uint64_t version;
    struct row_key other;
    bool alive = false;
    TRY(worker_bury_dead(e, err));
    TRY(registry_meta_get(e->registry, "purge", a, &value, &version, err));
    if (value.n > ROW_KEY_BYTES) {
        memcpy(other.b, value.p, ROW_KEY_BYTES);
        TRY(registry_workers_alive(e->registry, &other, 1, engine_now(e), a, &alive, err));
    }
    if (alive)
        return FAIL(err, E_CONFLICT, "another purge is making its plan: run %.*s; try again in a moment", (int)(value.n - ROW_KEY_BYTES),
                    value.p + ROW_KEY_BYTES);
    char *mine = arena_alloc(a, ROW_KEY_BYTES + run_id.n);
    if (!mine)
        return ARENA_FULL(err, a);
    memcpy(mine, worker->b, ROW_KEY_BYTES);
    memcpy(mine + ROW_KEY_BYTES, run_id.p, run_id.n);
    enum status s = registry_meta_put(e->registry, "purge", (struct str){mine, ROW_KEY_BYTES + run_id.n}, version, NULL, err);
    return s == E_CONFLICT ? FAIL(err, E_CONFLICT, "another purge is just making its plan: try again in a moment") : s;
}

void plan_unlock(struct engine *e, const struct row_key *worker, struct arena *a)
{
    struct str value;
    uint64_t version;
    if (registry_meta_get(e->registry, "purge", a, &value, &version, NULL) != OK)
        return; /* the lease ends it too */
    if (value.n >= ROW_KEY_BYTES && memcmp(value.p, worker->b, ROW_KEY_BYTES) == 0)
        IGNORE(registry_meta_put(e->registry, "purge", STR(""), version, NULL, NULL));
}

/* ---- which plan ---- */

struct taking {
    struct engine *e;
    const struct row_key *worker;
    bool named;          /* the plan in a file */
    struct hash wanted;
    struct arena *a;
};

/* Whoever worked it off has died, and nobody has said so yet. */
static enum status resumed_entry(struct taking *t, struct run_record *r, struct err *err)
{
    struct entry entry;
    struct engine *e = t->e;
    const struct journal_fact facts[] = {{.name = "n", .number = (int64_t)(r->planned - r->worked), .is_number = true},
                                         {.name = "run", .text = r->id}};
    TRY(parts_bury(e, r->id, err));
    TRY(journal_plain(e, "RESUMED", facts, ARRAY_LEN(facts), NULL, engine_now(e), t->a, &entry, err));
    return run_put(e, r, &entry, t->a, err);
}

/* Running already: by others who live, or left by a crash, or by the end of somebody's time. */
static enum status take_running(struct taking *t, struct run_record *r, bool *yes, struct err *err)
{
    struct shares_sum sum;
    struct part part;
    TRY(shares_sum(t->e, r->id, &sum, err));
    *yes = sum.worked < r->planned || !sum.alive; /* over, but not ended: its last worker died just then */
    if (!*yes)
        return OK;
    bool crashed = r->ended_ms == TIME_NONE && !sum.alive && (sum.lost || !sum.parts_n);
    if (!crashed && r->ended_ms == TIME_NONE)
        return OK;
    TRY(part_join(t->e, r, t->worker, &part, err)); /* before the row says that it goes on: nobody says it twice */
    r->ended_ms = TIME_NONE;
    return crashed ? resumed_entry(t, r, err) : run_put(t->e, r, NULL, t->a, err);
}

static enum status take_waiting(struct taking *t, struct run_record *r, bool *yes, struct err *err)
{
    struct engine *e = t->e;
    struct str why;
    struct part part;
    uint64_t limit;
    TRY(approval_holds(e, r, t->a, yes, &why, err));
    if (*yes && r->dry_run && !t->named) { /* nobody asked for it but by looking: a delay alone approves nothing */
        struct approval given;
        enum status approved = approval_get(e, &r->digest, t->a, &given, err);
        if (approved != OK && approved != E_ABSENT)
            return approved;
        *yes = approved == OK;
    }
    if (t->named && !*yes)
        TRY(guard_allows(e, r->planned, t->a, yes, &limit, err));
    if (t->named && !*yes)
        return FAIL(err, E_DENIED, "the guard stopped expiry: %.*s", STR_ARG(why));
    if (!*yes)
        return OK;
    TRY(part_join(e, r, t->worker, &part, err));
    r->ended_ms = TIME_NONE;
    r->state = STR("running");
    r->dry_run = false;
    return run_put(e, r, NULL, t->a, err);
}

static bool is_open(const struct run_record *r)
{
    return str_is(r->kind, "purge") && r->has_digest &&
           ((str_is(r->state, "running") && !r->dry_run) || (str_is(r->state, "waiting") && r->worked < r->planned));
}

static enum status take_once(struct taking *t, struct run_record *out, bool *found, struct err *err)
{
    struct engine *e = t->e;
    struct run_record *runs;
    size_t n;
    *found = false;
    TRY(runs_since(e, engine_now(e) - PLAN_DAYS_MAX * DAY_MS, RUNS_MAX, t->a, &runs, &n, err));
    for (size_t i = 0; i < n && !*found; i++) {
        struct run_record *r = &runs[i];
        bool named = t->named && r->has_digest && bytes_equal(r->digest.b, t->wanted.b, HASH_BYTES);
        bool open = is_open(r);
        if (t->named ? !named : !open)
            continue;
        if (!open)
            return FAIL(err, E_CONFLICT, "this plan has been worked off, paused or cancelled (run %.*s)", STR_ARG(r->id));
        if (str_is(r->state, "running"))
            TRY(take_running(t, r, found, err));
        else
            TRY(take_waiting(t, r, found, err));
        if (*found)
            *out = *r;
    }
    return OK;
}

enum status plan_take(struct engine *e, const char *path, const struct row_key *worker, struct arena *a, struct run_record *out,
                      bool *found, struct err *err)
{
    struct taking t = {.e = e, .worker = worker, .named = path != NULL, .a = a};
    enum status s = OK;
    if (path)
        TRY(plan_read_digest(path, &t.wanted, err));
    for (int i = 0; i < TRIES; i++) {
        struct err why = {.code = OK};
        s = take_once(&t, out, found, &why);
        bool again = s == E_CONFLICT && !t.named; /* another worker has just taken it too */
        if (s != OK && (!again || i + 1 == TRIES))
            return FAIL(err, s, "%s", why.text);
        if (s == OK)
            break;
    }
    return path && !*found ? FAIL(err, E_ABSENT, "the registry does not know this plan, or it is older than 30 days") : OK;
}

/* ---- a new one ---- */

enum status plan_told(struct engine *e, struct run_record *run, struct arena *a, struct err *err)
{
    struct entry entry;
    TRY(journal_planned(e, &run->digest, run->planned, run->cutoff_ms, run->id, run->dry_run, engine_now(e), a, &entry, err));
    return run_put(e, run, &entry, a, err);
}

enum status plan_open(struct engine *e, struct run_record *run, const struct row_key *worker, struct arena *a, bool *stopped, struct err *err)
{
    struct part part;
    struct entry entry;
    bool allowed;
    uint64_t limit = 0;
    TRY(guard_allows(e, run->planned, a, &allowed, &limit, err));
    *stopped = !allowed;
    run->state = allowed ? STR("running") : STR("waiting");
    if (allowed)
        TRY(part_join(e, run, worker, &part, err)); /* before the row: nobody takes it for a crash's */
    TRY(plan_told(e, run, a, err));
    if (allowed)
        return OK;
    TRY(journal_stopped(e, "guard", &run->digest, run->planned, limit, run->id, engine_now(e), a, &entry, err));
    return run_put(e, run, &entry, a, err);
}
