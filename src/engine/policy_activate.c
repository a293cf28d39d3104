/* policy_activate.c - a schedule put in force; what shortens waits for a second person and a cooling-off (rules 2.7, 2.24). */
#include "engine/journal.h"
#include "engine/policies.h"

#define PENDING_META "policy_pending" /* "VERSION RUN"; empty: none */

struct activating {
    struct engine *e;
    struct arena *a;
    struct activation *out;
    bool disarmed;
    const struct period *delay;              /* stood in for the second person; NULL: it did not */
    struct str pending_version, pending_run; /* stored before; absent: none */
    uint64_t pending_at, policy_at;          /* versions of their meta rows */
};

static enum status read_pending(struct activating *g, struct err *err)
{
    struct str value, policy;
    TRY(registry_meta_get(g->e->registry, PENDING_META, g->a, &value, &g->pending_at, err));
    if (!str_split(value, ' ', &g->pending_version, &g->pending_run))
        g->pending_version = g->pending_run = STR_NONE;
    return registry_meta_get(g->e->registry, "policy", g->a, &policy, &g->policy_at, err);
}

/* The body under its version: the same version always has the same bytes. */
static enum status policy_row(struct activating *g, struct row *row, bool *needed, struct err *err)
{
    const struct policy *p = &g->e->config.policy;
    struct str stored;
    uint64_t at;
    CLEANUP(buf_release) struct buf body;
    buf_init(&body, POLICY_BYTES_MAX);
    TRY(registry_record_get(g->e->registry, TABLE_POLICY, p->version, g->a, &stored, &at, err));
    *needed = at == 0;
    if (at)
        return OK;
    TRY(policy_write(p, &body, err));
    TRY(buf_check(&body, err));
    *row = (struct row){.table = TABLE_POLICY, .op = ROW_PUT, .key = p->version, .body = arena_str(g->a, buf_view(&body))};
    return row->body.p ? OK : ARENA_FULL(err, g->a);
}

static enum status commit_rows(struct activating *g, struct row *rows, size_t n, struct entry *entry, struct err *err)
{
    struct group group = {.rows = rows, .rows_n = n, .entries = entry, .entries_n = 1};
    TRY(registry_commit(g->e->registry, &group, 1, err));
    return group.result == OK ? OK : FAIL(err, E_CONFLICT, "somebody else is activating a schedule right now: look again");
}

/* ---- in force ---- */

static struct str rewrite_note(const struct activating *g)
{
    const struct policy_difference *d = &g->out->difference;
    if (d->rewrites)
        return arena_fmt(g->a, "classify %.*s", STR_ARG(g->out->version));
    return d->changes_n ? arena_fmt(g->a, "place %.*s", STR_ARG(g->out->version)) : STR_NONE;
}

static enum status put_in_force(struct activating *g, struct err *err)
{
    struct engine *e = g->e;
    const struct policy_facts change = {.version = g->out->version, .previous = g->out->previous, .earlier = g->out->impact.earlier,
                                         .later = g->out->impact.later, .due_now = g->out->impact.due_now, .delay = g->delay};
    struct str note = rewrite_note(g), rewrite;
    struct row rows[5];
    struct entry entry;
    size_t n = 0;
    bool needed;
    uint64_t rewrite_at;
    TRY(registry_meta_get(e->registry, POLICY_REWRITE_META, g->a, &rewrite, &rewrite_at, err));
    if (str_starts(rewrite, STR("classify")) && note.n) /* an unfinished one of before is not forgotten */
        note = arena_fmt(g->a, "classify %.*s", STR_ARG(g->out->version));
    TRY(policy_row(g, &rows[n], &needed, err));
    n += needed;
    rows[n++] = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = STR("policy"), .version = g->policy_at, .body = g->out->version};
    if (g->disarmed)
        rows[n++] = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = STR("armed"), .body = time_str(engine_now(e), g->a)};
    if (g->pending_at)
        rows[n++] = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = STR(PENDING_META), .version = g->pending_at, .body = STR("")};
    if (note.n)
        rows[n++] = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = STR(POLICY_REWRITE_META), .version = rewrite_at, .body = note};
    TRY(journal_policy(e, &change, engine_now(e), g->a, &entry, err));
    TRY(commit_rows(g, rows, n, &entry, err));
    g->out->armed = g->disarmed;
    g->out->state = ACTIVATION_DONE;
    TRY(policy_stored(e, g->out->version, &e->arena, &e->policy, err));
    e->disarmed = e->config_differs = false;
    return policy_rewrite_pending(e, g->a, &g->out->rewritten, err);
}

/* ---- waiting ---- */

static enum status end_run(struct activating *g, struct str id, const char *state, struct err *err)
{
    struct run_record r;
    enum status s = run_get(g->e, id, g->a, &r, err);
    if (s == E_ABSENT)
        return OK; /* older than our own results are kept */
    TRY(s);
    r.state = str_of(state);
    r.ended_ms = engine_now(g->e);
    return run_put(g->e, &r, NULL, g->a, err);
}

static enum status begin_waiting(struct activating *g, struct err *err)
{
    struct engine *e = g->e;
    struct run_record r;
    struct entry entry;
    struct row rows[2];
    size_t n = 0;
    bool needed;
    if (g->pending_run.n)
        TRY(end_run(g, g->pending_run, "cancelled", err));
    TRY(run_new(e, "policy", g->a, &r, err));
    r.state = STR("waiting");
    r.digest = e->config.policy.digest;
    r.has_digest = true;
    r.planned = g->out->impact.earlier;
    r.cutoff_ms = r.started_ms;
    TRY(policy_row(g, &rows[n], &needed, err));
    n += needed;
    struct str pending = arena_fmt(g->a, "%.*s %.*s", STR_ARG(g->out->version), STR_ARG(r.id));
    rows[n++] = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = STR(PENDING_META), .version = g->pending_at, .body = pending};
    TRY(journal_planned(e, &r.digest, r.planned, r.cutoff_ms, r.id, false, engine_now(e), g->a, &entry, err));
    TRY(run_put(e, &r, NULL, g->a, err));
    TRY(commit_rows(g, rows, n, &entry, err));
    g->out->state = ACTIVATION_WAITING;
    g->out->why = e->config.approval_delay.set ? STR("the delay of a site of one person, then the cooling-off")
                                               : STR("a second person's approval, then the cooling-off");
    return OK;
}

/* From when on it may act; TIME_NONE: nobody has approved yet. */
static enum status cooled_off_at(struct activating *g, int64_t *out, struct err *err)
{
    struct engine *e = g->e;
    struct run_record r;
    struct approval approval;
    int64_t from = TIME_NONE;
    TRY(run_get(e, g->pending_run, g->a, &r, err));
    enum status s = approval_get(e, &e->config.policy.digest, g->a, &approval, err);
    if (s != OK && s != E_ABSENT)
        return s;
    if (s == OK && approval.at_ms >= r.started_ms) /* an approval of an earlier attempt is spent */
        from = approval.at_ms;
    else if (e->config.approval_delay.set) {
        g->delay = &e->config.approval_delay;
        from = period_add_back(r.started_ms, g->delay, e->policy.zone);
    }
    *out = from == TIME_NONE ? TIME_NONE : period_add_back(from, &e->policy.cooling_off, e->policy.zone);
    return OK;
}

static enum status go_on_waiting(struct activating *g, struct err *err)
{
    int64_t from;
    TRY(cooled_off_at(g, &from, err));
    g->out->not_before_ms = from;
    if (from == TIME_NONE) {
        g->out->state = ACTIVATION_WAITING;
        g->out->why = STR("a second person's approval, then the cooling-off");
        return OK;
    }
    if (from > engine_now(g->e)) {
        g->out->state = ACTIVATION_COOLING;
        g->out->why = STR("the cooling-off");
        return OK;
    }
    struct str run = g->pending_run;
    TRY(put_in_force(g, err));
    return end_run(g, run, "done", err);
}

/* Classifying anew counts as shortening only when it makes something due earlier. */
static void judge_classification(struct activating *g)
{
    struct policy_difference *d = &g->out->difference;
    if (d->rewrites && g->out->impact.earlier && !d->second_person) {
        d->second_person = true;
        d->why = STR("contacts classified anew become due earlier");
    }
}

enum status policy_activate(struct engine *e, struct str by, struct arena *a, struct activation *out, struct err *err)
{
    *out = (struct activation){.version = e->config.policy.version, .previous = e->policy.version, .digest = e->config.policy.digest,
                               .not_before_ms = TIME_NONE};
    struct activating g = {.e = e, .a = a, .out = out, .disarmed = e->disarmed};
    if (!e->actor.identified && !by.n)
        return FAIL(err, E_INVALID, "a schedule is activated by a named person: use an account, or --by NAME");
    TRY(policy_difference(e, a, &out->difference, err));
    TRY(policy_impact(e, &out->difference, a, &out->impact, err));
    TRY(read_pending(&g, err));
    judge_classification(&g);
    if (!e->disarmed && str_eq(out->version, out->previous)) {
        out->state = ACTIVATION_NOTHING;
        return policy_rewrite_pending(e, a, &out->rewritten, err); /* what a crash left */
    }
    if (e->disarmed || !out->difference.second_person)
        return put_in_force(&g, err);
    if (str_eq(g.pending_version, out->version))
        return go_on_waiting(&g, err);
    return begin_waiting(&g, err);
}
