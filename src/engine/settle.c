/* What a visit leaves behind: outcomes, entries, the next queue and time; tombstone and ledger when nothing is owed. */
#include "engine/job.h"
#include "engine/ledger.h"
#include "model/schedule.h"
#include "engine/stores_view.h"

enum { RESIDUALS_MAX = 64 };

struct summary {
    bool owes, failed, held, scrubbed, kept_by_law, shared, refused;
    int64_t next_ms, scrubbed_until_ms;
};
struct closing {               /* ctx of the settlement's change */
    struct run *run;
    struct job *job;
    struct summary sum;
    bool complete;             /* everything settled and read back, everything seen, no late window running */
    bool over;                 /* nothing left that we could ever do: tombstone */
    struct str open_why;       /* settled and read back, but what could not be seen may still be there */
    const struct store_retired *retired;
    size_t retired_n;
    struct residual *unread;   /* retired stores that were a duty for this chain and were not read back */
    size_t unread_n;
    bool blind;                /* a store has, and the source's own record has not aged out */
    int64_t forgotten_ms;      /* when it will have; TIME_NONE: nobody says */
};

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == TIME_NONE || b == TIME_NONE)
        return a == TIME_NONE ? b : a;
    return a < b ? a : b;
}

static void sum_residuals(const struct artefact *f, struct summary *s)
{
    for (size_t i = 0; i < f->residuals_n; i++) {
        int64_t until = f->residuals[i].until_ms == TIME_NONE ? TIME_MOST : f->residuals[i].until_ms;
        if (until > s->scrubbed_until_ms)
            s->scrubbed_until_ms = until;
    }
}

static struct summary summarise(const struct job *j, int64_t now_ms)
{
    struct summary s = {.next_ms = TIME_NONE, .scrubbed_until_ms = TIME_NONE};
    for (EACH_WORK(j, f)) {
        if (artefact_owes(f)) {
            s.owes = true;
            s.failed |= f->outcome == OUT_FAILED;
            s.refused |= f->outcome == OUT_REFUSED;
            s.held |= f->outcome == OUT_HELD;
            s.next_ms = earlier(s.next_ms, f->not_before_ms == TIME_NONE ? now_ms : f->not_before_ms);
        }
        if (f->outcome == OUT_SCRUBBED || f->outcome == OUT_NOT_DELETABLE) {
            s.scrubbed = true;
            sum_residuals(f, &s);
        }
        if (f->outcome == OUT_RETAINED || f->outcome == OUT_RESTRICTED || f->outcome == OUT_UNRESTRICTED || f->outcome == OUT_PSEUDONYMISED) {
            if (f->outcome == OUT_RETAINED && f->scope != SCOPE_CONTACT)
                s.shared = true;
            else
                s.kept_by_law = true;
        }
    }
    if (s.scrubbed && s.scrubbed_until_ms == TIME_NONE)
        s.scrubbed_until_ms = TIME_MOST;
    return s;
}

/* Something may still appear (a recording up to 48 hours after the end): not yet the last word (rule 2.15). */
static int64_t late_until_ms(const struct run *r, const struct job *j)
{
    int64_t late = 0, end = chain_ended_ms(&j->chain);
    for (size_t s = 0; s < r->engine->stores_n; s++)
        for (size_t k = 0; r->engine->stores[s] && k < r->engine->stores[s]->kinds_n; k++)
            if (r->engine->stores[s]->kinds[k].late_ms > late)
                late = r->engine->stores[s]->kinds[k].late_ms;
    if (end == TIME_NONE)
        end = j->chain.registered_ms; /* an end nobody knows is not an end long past */
    return late ? end + late : TIME_NONE;
}

/* Where a store has gone blind the rest counts as absent only when the source's record has aged out (rule 2.15).
 * TIME_NONE: nobody says when that is. */
static int64_t forgotten_ms(const struct run *r, const struct job *j)
{
    const struct source_config *source = config_source(&r->engine->config, j->chain.source);
    int64_t end = chain_ended_ms(&j->chain);
    if (!source || !source->record_retention.set)
        return TIME_NONE;
    return period_add_back(end != TIME_NONE ? end : j->chain.registered_ms, &source->record_retention, r->engine->policy.zone);
}

/* What keeps a chain open although everything found is settled and read back. */
static void find_open(struct closing *c)
{
    const struct job *j = c->job;
    c->forgotten_ms = j->blind ? forgotten_ms(c->run, j) : TIME_NONE;
    c->blind = j->blind && (c->forgotten_ms == TIME_NONE || c->forgotten_ms > c->run->now_ms);
    if (c->blind)
        c->open_why = c->forgotten_ms == TIME_NONE
                          ? STR("a store has forgotten what is so old, and the source states no record_retention")
                          : STR("a store has forgotten what is so old; the source's own record has not aged out yet");
    else if (j->unplaced_n && c->run->engine->config.strict_places)
        c->open_why = j->unplaced[0].kind;
}

/* Read back before it was retired: with the whole chain, or every artefact that was found in it. */
static bool was_read(const struct job *j, const struct store_retired *retired)
{
    bool any = false, all = true;
    if (j->chain.registered_ms > retired->at_ms || (j->chain.purged_ms != TIME_NONE && j->chain.purged_ms <= retired->at_ms))
        return true;
    for (EACH_WORK(j, f))
        if (str_eq(f->store, retired->name)) {
            any = true;
            all &= outcome_is_gone(f->outcome) && f->verified_ms != TIME_NONE;
        }
    return any && all;
}

/* Rule 2.23: the duty has ended, but nobody may say that it was read back: never PURGED. */
static enum status find_unread(struct closing *c, struct err *err)
{
    struct arena *a = c->run->a;
    c->unread = ARENA_ARRAY(a, struct residual, c->retired_n + 1);
    if (!c->unread)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < c->retired_n; i++) {
        if (was_read(c->job, &c->retired[i]))
            continue;
        struct str kind = arena_fmt(a, "store %.*s: retired and not read", STR_ARG(c->retired[i].name));
        if (!kind.p)
            return ARENA_FULL(err, a);
        c->unread[c->unread_n++] = (struct residual){kind, TIME_NONE};
    }
    if (c->unread_n) {
        c->sum.scrubbed = true;
        c->sum.scrubbed_until_ms = TIME_MOST;
    }
    return OK;
}

/* What the ledger keeps of no artefact. */
static enum status lasting_residuals(const struct closing *c, struct ledger *line, struct err *err)
{
    const struct job *j = c->job;
    line->residuals = ARENA_ARRAY(c->run->a, struct residual, j->unplaced_n + c->unread_n + 1);
    if (!line->residuals)
        return ARENA_FULL(err, c->run->a);
    for (size_t i = 0; i < j->unplaced_n; i++)
        line->residuals[line->residuals_n++] = j->unplaced[i];
    for (size_t i = 0; i < c->unread_n; i++)
        line->residuals[line->residuals_n++] = c->unread[i];
    return OK;
}

static void rise(struct closing *c, struct chain *fresh)
{
    fresh->state = CHAIN_ERASING;
    fresh->legs = c->job->legs;
    fresh->legs_n = c->job->legs_n;
    fresh->mandate.reason = REASON_RISEN;
    fresh->partial = true;
    fresh->submitted_any = false;
    fresh->mandate.accepted_ms = fresh->risen_ms = fresh->next_ms = c->run->now_ms;
    fresh->purged_ms = fresh->verified_ms = fresh->verified_again_ms = TIME_NONE;
}

/* A tombstone looked at before its second look is due, or after it: what is scheduled stays, whatever could be seen. */
static bool looked_between(const struct closing *c)
{
    const struct chain *was = &c->job->chain;
    bool due = was->verified_again_ms == TIME_NONE && was->next_ms <= c->run->now_ms;
    return c->job->read_back_only && was->state == CHAIN_ERASED && !due;
}

static void finish(struct closing *c, struct chain *fresh)
{
    int64_t now = c->run->now_ms;
    const struct job *j = c->job;
    fresh->failed = fresh->partial = false;
    fresh->away_store = STR_NONE;
    fresh->tries = 0;
    if (looked_between(c)) {
        if (fresh->verified_again_ms != TIME_NONE)
            fresh->verified_again_ms = now;
        return;
    }
    if (fresh->verified_ms == TIME_NONE)
        fresh->verified_ms = now;
    else if (j->read_back_only)
        fresh->verified_again_ms = now;
    if (!c->over && j->read_back_only)
        return;
    if (!c->over) {
        fresh->retained_until_ms = j->decision.keep_until_ms != TIME_NONE ? j->decision.keep_until_ms : TIME_MOST;
        fresh->next_ms = c->sum.kept_by_law && j->decision.keep_until_ms != TIME_NONE ? j->decision.keep_until_ms : now + 30 * DAY_MS;
        return;
    }
    fresh->state = CHAIN_ERASED;
    fresh->retained_until_ms = TIME_NONE;
    fresh->scrubbed_until_ms = c->sum.scrubbed ? c->sum.scrubbed_until_ms : TIME_NONE;
    if (fresh->purged_ms == TIME_NONE && !c->sum.scrubbed)
        fresh->purged_ms = now;
    fresh->next_ms = period_add_back(now, &c->run->engine->policy.verify_again, c->run->engine->policy.zone);
    chain_blank(fresh);
}

/* The gate closes for a whole batch (rule 2.12): whoever the hold does not name goes on at once. */
static bool gate_left(const struct closing *c, const struct chain *fresh)
{
    const struct engine *e = c->run->engine;
    return c->sum.held && !c->job->store_away && !chain_held(fresh, e->holds, e->holds_n, &e->policy);
}

static void go_on(struct closing *c, struct chain *fresh)
{
    const struct job *j = c->job;
    fresh->partial = j->store_away || c->sum.owes;
    fresh->away_store = j->store_away ? j->away_store : STR_NONE;
    fresh->failed = c->sum.failed;
    if (gate_left(c, fresh)) {
        fresh->next_ms = c->run->now_ms;
        j->result->goes_on = true;
        j->result->why = STR("a hold arrived elsewhere; goes on at once");
        return;
    }
    fresh->tries = fresh->tries + 1;
    fresh->next_ms = earlier(c->sum.next_ms, TIME_NONE);
    if (j->store_away || fresh->next_ms == TIME_NONE || fresh->next_ms <= c->run->now_ms)
        fresh->next_ms = c->run->now_ms + backoff_ms(fresh->tries);
    int64_t late = late_until_ms(c->run, j);
    if (!c->sum.owes && !j->store_away && late != TIME_NONE && late > c->run->now_ms) {
        fresh->next_ms = late;
        fresh->partial = false;
    }
    fresh->partial |= c->open_why.n > 0;
    if (!c->sum.owes && !j->store_away && c->blind && c->forgotten_ms != TIME_NONE)
        fresh->next_ms = c->forgotten_ms;
}

static void close_chain(void *ctx, struct chain *fresh, struct arena *a)
{
    struct closing *c = ctx;
    struct run *r = c->run;
    (void)a;
    if (c->job->read_back_only && c->job->found_again && fresh->state == CHAIN_ERASED) {
        rise(c, fresh);
    } else if (c->job->active && (c->complete || !looked_between(c))) {
        if (fresh->state != CHAIN_ERASED)
            fresh->state = CHAIN_ERASING;
        fresh->mandate = c->job->chain.mandate;
        fresh->submitted_any |= c->job->changed;
        if (!row_key_is_none(&c->job->intent))
            fresh->intent = c->job->intent;
        fresh->open_intent = (struct row_key){{0}};
        fresh->policy_version = r->engine->policy.version;
        if (c->complete)
            finish(c, fresh);
        else
            go_on(c, fresh);
    }
    if (c->job->active || c->job->result->did == VISIT_NEEDS_DECISION)
        fresh->needs_decision = c->job->result->did == VISIT_NEEDS_DECISION;
    if (c->job->result->did == VISIT_NEEDS_DECISION)
        fresh->decision_why = c->job->decision.why;
    chain_place(fresh, r->engine->holds, r->engine->holds_n, &r->engine->policy, r->now_ms);
    c->job->chain = *fresh;
    c->job->chain.worker = (struct row_key){{0}}; /* freed in the same write */
}

static enum status tallies(const struct closing *c, struct outcome_facts *f, struct err *err)
{
    const struct run *r = c->run;
    const struct job *j = c->job;
    struct store_tally *t = ARENA_ARRAY(r->a, struct store_tally, r->engine->stores_n + 1);
    struct residual *residuals = ARENA_ARRAY(r->a, struct residual, RESIDUALS_MAX);
    if (!t || !residuals)
        return ARENA_FULL(err, r->a);
    size_t n = 0;
    for (size_t i = 0; i < j->unplaced_n; i++)
        residuals[f->residuals_n++] = j->unplaced[i];
    for (size_t i = 0; i < c->unread_n && f->residuals_n < RESIDUALS_MAX; i++)
        residuals[f->residuals_n++] = c->unread[i];
    if (c->blind && f->residuals_n < RESIDUALS_MAX)
        residuals[f->residuals_n++] = (struct residual){STR("vendor record"), c->forgotten_ms};
    for (size_t s = 0; s < r->engine->stores_n; s++) {
        bool any = false;
        t[n] = (struct store_tally){.store = r->engine->store_names[s]};
        for (EACH_WORK(j, w))
            if (str_eq(w->store, t[n].store)) {
                t[n].outcome[w->outcome] += w->count > 1 ? (uint64_t)w->count : 1;
                any = true;
                for (size_t k = 0; k < w->residuals_n && f->residuals_n < RESIDUALS_MAX; k++)
                    residuals[f->residuals_n++] = w->residuals[k];
            }
        n += any;
    }
    f->stores = t;
    f->stores_n = n;
    f->residuals = residuals;
    return OK;
}

static enum contact_status verdict_of(const struct closing *c)
{
    if (!c->complete)
        return c->sum.failed                                        ? STATUS_FAILED
               : c->sum.owes || c->job->store_away || c->open_why.n ? STATUS_PARTIAL
                                                                    : STATUS_VERIFYING;
    if (!c->over)
        return STATUS_RETAINED;
    return c->sum.scrubbed ? STATUS_SCRUBBED : STATUS_PURGED;
}

enum status job_close_intent(struct run *r, struct job *j, struct entry *out, bool *any, struct err *err)
{
    struct row_key *chains;
    size_t n;
    *any = false;
    if (row_key_is_none(&j->chain.open_intent))
        return OK;
    enum status s = registry_intent_chains(r->engine->registry, &j->chain.open_intent, r->a, &chains, &n, NULL);
    if (s == E_ABSENT)
        return OK; /* we died before it was durable, so nothing was sent under it */
    struct outcome_facts f = {.functionality = job_functionality(r, j), .reason = j->chain.mandate.reason, .intent = j->chain.open_intent,
                              .run = r->visit->run, .request_id = j->chain.mandate.request_id, .verdict = STATUS_PARTIAL,
                              .keep_until_ms = TIME_NONE};
    struct closing c = {.run = r, .job = j};
    TRY(tallies(&c, &f, err));
    TRY(journal_outcome(r->engine, &f, &j->opening, r->now_ms, r->a, out, err));
    *any = true;
    return OK;
}

/* OUTCOME for what an intent named, whether or not it came to a change; VERIFIED when everything reads back. */
static enum status close_entries(struct closing *c, struct settlement *s, struct err *err)
{
    struct run *r = c->run;
    struct job *j = c->job;
    bool announced = !row_key_is_none(&j->intent);
    s->entries = ARENA_ARRAY(r->a, struct entry, 4);
    if (!s->entries)
        return ARENA_FULL(err, r->a);
    struct outcome_facts f = {.functionality = job_functionality(r, j), .reason = j->chain.mandate.reason,
                              .intent = announced ? j->intent : j->chain.intent, .run = r->visit->run,
                              .request_id = j->chain.mandate.request_id, .verdict = verdict_of(c), .law = j->decision.law,
                              .keep_until_ms = j->decision.keep_until_ms, .again = j->read_back_only};
    TRY(tallies(c, &f, err));
    bool left_open = false;
    if (!announced)
        TRY(job_close_intent(r, j, &s->entries[s->entries_n], &left_open, err));
    s->entries_n += left_open;
    if (c->complete)
        f.verdict = STATUS_VERIFYING; /* only a VERIFIED entry may say more */
    if (announced)
        TRY(journal_outcome(r->engine, &f, &j->opening, r->now_ms, r->a, &s->entries[s->entries_n++], err));
    f.verified = true;
    f.verdict = verdict_of(c);
    if (c->complete)
        TRY(journal_outcome(r->engine, &f, &j->opening, r->now_ms, r->a, &s->entries[s->entries_n++], err));
    if (j->read_back_only && j->found_again && j->chain.state == CHAIN_ERASED)
        TRY(journal_risen(r->engine, &j->opening, STR("found by verification"), r->now_ms, r->a, &s->entries[s->entries_n++], err));
    return OK;
}

static enum status close_rows(struct closing *c, struct settlement *s, struct err *err)
{
    struct run *r = c->run;
    struct job *j = c->job;
    struct row *rows = NULL;
    size_t rows_n = 0;
    bool erased = c->complete && c->over;
    if (j->chain.state != CHAIN_ERASED || j->found_again)
        TRY(registry_work_rows(&j->chain.key, j->work, erased ? 0 : j->work_n, j->parts, r->a, &rows, &rows_n, err));
    if (erased && !j->read_back_only) {
        struct ledger old = {.version = 0};
        enum status st = ledger_get(r->engine, &j->chain.key, r->a, &old, err);
        if (st != OK && st != E_ABSENT)
            return st;
        struct ledger line = {.chain = j->chain, .work = j->work, .work_n = j->work_n};
        TRY(lasting_residuals(c, &line, err));
        TRY(ledger_rows(r->engine, &line, &old, r->now_ms, r->a, &rows, &rows_n, err));
    }
    s->rows = ARENA_ARRAY(r->a, struct row, rows_n + 1);
    if (!s->rows)
        return ARENA_FULL(err, r->a);
    if (rows_n)
        memcpy(s->rows, rows, rows_n * sizeof *rows);
    s->rows_n = rows_n;
    bool opening = false;
    TRY(opening_row(r->engine, &j->opening, r->now_ms, r->a, &s->rows[s->rows_n], &opening, err));
    s->rows_n += opening;
    return OK;
}

static enum status close_job(struct run *r, struct job *j, const struct store_retired *retired, size_t retired_n, struct closing *c,
                             struct settlement *s, struct err *err)
{
    *c = (struct closing){.run = r, .job = j, .sum = summarise(j, r->now_ms), .retired = retired, .retired_n = retired_n};
    *s = (struct settlement){.claim = j->claim, .change = close_chain, .ctx = c, .free_claim = true};
    if (!j->active)
        return OK; /* claimed, then found held or in need of a decision: only the claim is given back */
    int64_t late = late_until_ms(r, j);
    find_open(c);
    TRY(find_unread(c, err));
    c->complete = !c->sum.owes && !c->open_why.n && j->looked && !j->store_away && !j->found_again &&
                  (late == TIME_NONE || late <= r->now_ms);
    c->over = c->complete && !c->sum.kept_by_law && !c->sum.shared;
    j->result->did = VISIT_WORKED;
    j->result->why = j->store_away        ? j->away_why
                     : c->open_why.n      ? c->open_why
                     : c->sum.kept_by_law ? j->decision.law
                                          : STR_NONE;
    TRY(close_entries(c, s, err));
    return close_rows(c, s, err);
}

/* What could not be written gives at least its claim back: the next visit finds again and goes on. */
static enum status give_back(struct run *r, struct settlement *s, struct job **jobs, size_t n, struct err *err)
{
    struct settlement *back = ARENA_ARRAY(r->a, struct settlement, n);
    size_t k = 0;
    if (!back)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < n; i++) {
        if (s[i].result == OK)
            continue;
        jobs[i]->result->did = VISIT_BUSY;
        jobs[i]->result->why = s[i].result == E_LIMIT ? STR("what became of it is too large to be recorded")
                                                      : STR("the lease ran out; the next run goes on");
        if (s[i].result != E_CONFLICT)
            back[k++] = (struct settlement){.claim = s[i].claim, .free_claim = true};
    }
    return k ? registry_settle(r->engine->registry, back, k, r->now_ms, r->a, err) : OK;
}

enum status run_settle(struct run *r, struct err *err)
{
    struct settlement *s = ARENA_ARRAY(r->a, struct settlement, r->n);
    struct closing *c = ARENA_ARRAY(r->a, struct closing, r->n);
    struct job **jobs = ARENA_ARRAY(r->a, struct job *, r->n);
    if (!s || !c || !jobs)
        return ARENA_FULL(err, r->a);
    struct store_retired *retired;
    size_t n = 0, retired_n;
    TRY(stores_retired(r->engine, r->a, &retired, &retired_n, err));
    for (EACH_JOB(r, j)) {
        if (!j->claimed)
            continue;
        jobs[n] = j;
        TRY(close_job(r, j, retired, retired_n, &c[n], &s[n], err));
        n++;
    }
    if (!n)
        return OK;
    TRY(engine_holds(r->engine, NULL, err)); /* places are given by what holds now */
    TRY(registry_settle(r->engine->registry, s, n, r->now_ms, r->a, err));
    return give_back(r, s, jobs, n, err);
}
