#include "engine/job.h"
#include "engine/ledger.h"

static enum reason job_reason(const struct run *r, const struct job *j)
{
    if (r->visit->asked != REASON_NONE)
        return r->visit->asked;
    if (j->chain.mandate.reason != REASON_NONE)
        return j->chain.mandate.reason;
    return r->visit->mandate ? r->visit->mandate->reason : REASON_NONE;
}

enum functionality job_functionality(const struct run *r, const struct job *j)
{
    if (r->visit->functionality != FUNC_NONE)
        return r->visit->functionality;
    switch (j->chain.mandate.reason) {
    case REASON_GDPR_ERASURE:
    case REASON_CCPA_ERASURE:
        return FUNC_ERASURE_REQUEST;
    case REASON_OPERATOR:
        return FUNC_DELETE_CONTACT;
    case REASON_RISEN:
    case REASON_REPLAYED:
        return FUNC_RE_ERASURE;
    case REASON_RETENTION_EXPIRY:
    case REASON_NONE:
    case REASON_COUNT:
        break;
    }
    return FUNC_RETENTION_PURGE;
}

static bool mandate_replaces(const struct mandate *stored, const struct mandate *offered)
{
    if (!offered)
        return false;
    /* A person's request outranks what expiry or an order began: its deadline and its letter must not be lost. */
    return stored->reason == REASON_NONE || (stored->request_id.n == 0 && offered->request_id.n > 0);
}

static enum status job_decide(struct run *r, struct job *j, struct err *err)
{
    if (mandate_replaces(&j->chain.mandate, r->visit->mandate))
        j->chain.mandate = *r->visit->mandate;
    enum regime regime = REGIME_NONE;
    (void)regime_parse(j->chain.mandate.regime, &regime);
    struct decide_input in = {.policy = &r->engine->policy,
                              .chain = &j->chain,
                              .holds = r->engine->holds,
                              .holds_n = r->engine->holds_n,
                              .asked = job_reason(r, j),
                              .brief = true,
                              .regime = regime,
                              .now_ms = r->now_ms};
    return decide(&in, r->a, &j->decision, err);
}

/* Whether this chain goes on; says in the result why it does not. A due chain that no plan line, order or request names
 * is only given its place: there is no mandate to erase it under. */
static bool job_goes_on(struct job *j, bool asked)
{
    struct visit_result *out = j->result;
    out->verdict = j->decision.verdict;
    out->why = j->decision.verdict == VERDICT_ERASE ? STR_NONE : j->decision.why; /* what goes needs no reason; a store that is away does */
    out->until_ms = j->decision.keep_until_ms;
    switch (j->decision.verdict) {
    case VERDICT_ERASE:
    case VERDICT_PARTIAL:
        if (asked)
            return true;
        out->why = STR("nothing asks for its erasure in this run");
        break;
    case VERDICT_HELD:
        out->did = VISIT_HELD;
        return false;
    case VERDICT_NEEDS_DECISION:
        out->did = VISIT_NEEDS_DECISION;
        return false;
    case VERDICT_REFUSED:
        out->did = VISIT_REFUSED;
        return false;
    case VERDICT_KEEP:
        break;
    }
    out->did = VISIT_KEPT;
    return false;
}

static enum status job_ids(struct run *r, struct job *j, struct err *err)
{
    j->legs = j->chain.legs;
    j->legs_n = j->chain.legs_n;
    if (j->chain.state == CHAIN_ERASED) {
        struct ledger old;
        enum status s = ledger_get(r->engine, &j->chain.key, r->a, &old, err);
        if (s != OK && s != E_ABSENT)
            return s;
        if (s == OK) {
            j->legs = old.chain.legs;
            j->legs_n = old.chain.legs_n;
            j->work = old.work;
            j->work_n = j->work_cap = old.work_n;
        }
    }
    struct visit_result *out = j->result;
    out->ids = ARENA_ARRAY(r->a, struct str, j->legs_n ? j->legs_n : 1);
    if (!out->ids)
        return ARENA_FULL(err, r->a);
    out->ids_n = 0;
    for (size_t i = 0; i < j->legs_n; i++)
        if (j->legs[i].id.n)
            out->ids[out->ids_n++] = j->legs[i].id;
    return OK;
}

/* Erased, and nothing has risen: only a second look is left, when its time has come or somebody asks for it. */
static bool job_is_done(const struct run *r, struct job *j)
{
    bool erased = j->chain.state == CHAIN_ERASED;
    bool second = erased && j->chain.verified_again_ms == TIME_NONE && j->chain.next_ms <= r->now_ms;
    if (second || (r->visit->verify_only && (erased || j->chain.state == CHAIN_ERASING))) {
        j->read_back_only = true;
        j->decision.keep_until_ms = TIME_NONE;
        return false;
    }
    if (!erased)
        return false;
    j->result->did = VISIT_ALREADY;
    return true;
}

/* A line whose row is another than planned, by a dead claim perhaps: is it due nevertheless? */
static enum status see_whether_due(struct run *r, struct job *j, struct err *err)
{
    struct decision d;
    struct decide_input in = {.policy = &r->engine->policy, .chain = &j->chain, .holds = r->engine->holds, .holds_n = r->engine->holds_n,
                              .asked = REASON_RETENTION_EXPIRY, .brief = true, .now_ms = r->now_ms};
    if (!j->chain.version || j->chain.state != CHAIN_ACTIVE || j->chain.mandate.reason != REASON_NONE)
        return OK;
    TRY(decide(&in, r->a, &d, err));
    j->result->still_due = d.verdict == VERDICT_ERASE;
    return OK;
}

/* A line that this very run has begun: by a worker that died before it could say so. What it left half done goes on here; what
 * it finished is counted here. A claim alone, by a worker that died, is no change either. */
static bool taken_over(const struct run *r, struct job *j, uint64_t expected)
{
    const struct mandate *line = r->visit->mandate;
    const struct chain *c = &j->chain;
    if (!line || !c->version)
        return false;
    if (c->state == CHAIN_ACTIVE && c->version == expected + 1 && chain_claimed(c) && c->claimed_ms >= r->visit->planned_ms) {
        j->active = true;
        return true;
    }
    if (!line->run_id.n || !str_eq(c->mandate.run_id, line->run_id) || (c->state != CHAIN_ERASING && c->state != CHAIN_ERASED))
        return false;
    j->active = c->state == CHAIN_ERASING && (chain_claimed(c) || !row_key_is_none(&c->open_intent));
    j->result->did = VISIT_WORKED;
    return true;
}

static enum status run_load(struct run *r, const struct row_key *keys, struct visit_result *results, struct err *err)
{
    struct chain *chains = ARENA_ARRAY(r->a, struct chain, r->n);
    r->jobs = ARENA_ARRAY(r->a, struct job, r->n);
    r->away = ARENA_ARRAY(r->a, bool, r->engine->stores_n + 1);
    if (!chains || !r->jobs || !r->away)
        return ARENA_FULL(err, r->a);
    TRY(registry_chains(r->engine->registry, keys, r->n, r->a, chains, err));
    for (size_t i = 0; i < r->n; i++) {
        struct job *j = &r->jobs[i];
        j->chain = chains[i];
        j->stored_mandate = chains[i].mandate;
        j->result = &results[i];
        *j->result = (struct visit_result){.chain = keys[i], .source = chains[i].source, .until_ms = TIME_NONE,
                                           .did = VISIT_CHANGED, .status = STATUS_COUNT};
        const uint64_t *expected = r->visit->expected_versions;
        j->active = chains[i].version != 0 && (!expected || expected[i] == chains[i].version);
        if (!j->active && !(expected && taken_over(r, j, expected[i]))) {
            j->result->why = STR("changed since the plan was made");
            TRY(see_whether_due(r, j, err));
        }
        for (size_t k = 0; k < i && j->active; k++)
            if (row_key_eq(&keys[k], &keys[i])) { /* pages of a queue may overlap; its first place speaks for it */
                j->active = false;
                j->result->why = STR("named twice");
            }
    }
    return OK;
}

static enum status run_decide(struct run *r, struct err *err)
{
    for (EACH_JOB(r, j)) {
        if (!j->active)
            continue;
        TRY(job_ids(r, j, err));
        if (job_is_done(r, j)) {
            j->active = false;
            continue;
        }
        if (j->read_back_only)
            continue;
        TRY(job_decide(r, j, err));
        j->active = job_goes_on(j, job_reason(r, j) != REASON_NONE && !r->visit->verify_only);
    }
    return OK;
}

/* What a visit learns about a chain it does not erase is written down: that it is held, or waits for a person. */
static enum status run_park(struct run *r, struct err *err)
{
    struct group *groups = ARENA_ARRAY(r->a, struct group, r->n);
    struct row *rows = ARENA_ARRAY(r->a, struct row, r->n);
    if (!groups || !rows)
        return ARENA_FULL(err, r->a);
    size_t n = 0;
    for (EACH_JOB(r, j)) {
        enum verdict v = j->decision.verdict;
        if (j->active || j->result->did == VISIT_CHANGED || j->result->did == VISIT_ALREADY || j->result->did == VISIT_WORKED || chain_claimed(&j->chain))
            continue;
        j->chain.mandate = j->stored_mandate;
        struct chain before = j->chain;
        if (v == VERDICT_NEEDS_DECISION) {
            j->chain.needs_decision = true;
            j->chain.decision_why = j->decision.why;
        }
        if (v == VERDICT_REFUSED)
            j->chain.mandate = (struct mandate){.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
        chain_place(&j->chain, r->engine->holds, r->engine->holds_n, &r->engine->policy, r->now_ms);
        if (before.queue == j->chain.queue && before.needs_decision == j->chain.needs_decision &&
            before.queue_time_ms == j->chain.queue_time_ms && before.mandate.reason == j->chain.mandate.reason)
            continue;
        TRY(registry_chain_row(&j->chain, r->a, &rows[n], err));
        groups[n] = (struct group){.rows = &rows[n], .rows_n = 1};
        n++;
    }
    /* A conflict means somebody else has just written better knowledge: theirs stands. */
    return n ? registry_commit(r->engine->registry, groups, n, err) : OK;
}

static enum status run_claim(struct run *r, struct err *err)
{
    struct chain *chains = ARENA_ARRAY(r->a, struct chain, r->n);
    struct claim *claims = ARENA_ARRAY(r->a, struct claim, r->n);
    enum status *results = ARENA_ARRAY(r->a, enum status, r->n);
    size_t *at = ARENA_ARRAY(r->a, size_t, r->n);
    if (!chains || !claims || !results || !at)
        return ARENA_FULL(err, r->a);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->jobs[i].active) {
            chains[n] = r->jobs[i].chain;
            at[n++] = i;
        }
    if (!n)
        return OK;
    TRY(registry_claim(r->engine->registry, &r->visit->worker, chains, n, r->now_ms, r->a, claims, results, err));
    for (size_t k = 0; k < n; k++) {
        struct job *j = &r->jobs[at[k]];
        j->active = j->claimed = results[k] == OK;
        if (results[k] != OK) {
            j->result->did = VISIT_BUSY;
            j->result->why = STR("another worker has it, or it has just changed");
            continue;
        }
        j->chain = chains[k];
        j->claim = claims[k];
    }
    return OK;
}

/* Taken over from a worker that died: what it may have changed counts as changed until a search finds it still there. Else
 * a hold that comes when this visit has sent nothing would take what is lost for whole. */
static void doubt_work(struct run *r, struct job *j)
{
    if (row_key_is_none(&j->chain.open_intent))
        return;
    for (EACH_WORK(j, f))
        if (artefact_is_doubtful(f)) {
            f->in_doubt = true;
            f->sent_ms = r->now_ms;
        }
}

/* What cannot be read of one contact is that contact's trouble: a person is told, and the others go on. */
static enum status job_work(struct run *r, struct job *j, struct err *err)
{
    struct err why = {.code = OK};
    if (j->chain.state == CHAIN_ERASED)
        return OK;
    enum status s = registry_work_get(r->engine->registry, &j->chain.key, r->a, &j->work, &j->work_n, &j->parts, &why);
    if (s == E_INVALID) {
        j->active = false;
        j->result->did = VISIT_NEEDS_DECISION;
        j->result->why = j->decision.why = arena_fmt(r->a, "its record in the registry cannot be read: %s", why.text);
        return j->result->why.p ? OK : ARENA_FULL(err, r->a);
    }
    doubt_work(r, j);
    return s == OK ? OK : FAIL(err, s, "%s", why.text);
}

/* Claim first, then read the hold epoch (rule 2.12): what is decided here is decided on rows no hold can slip past. */
static enum status run_decide_again(struct run *r, struct err *err)
{
    TRY(engine_holds(r->engine, &r->epoch, err));
    for (EACH_JOB(r, j)) {
        if (!j->active)
            continue;
        TRY(job_ids(r, j, err));
        TRY(job_work(r, j, err));
        if (!j->active)
            continue;
        j->work_cap = j->work_n;
        TRY(opening_of_chain(r->engine, &j->chain, r->a, &j->opening, err));
        if (j->read_back_only)
            continue;
        TRY(job_decide(r, j, err));
        j->active = job_goes_on(j, job_reason(r, j) != REASON_NONE && !r->visit->verify_only);
    }
    return OK;
}

static void tally_work(struct run *r)
{
    for (EACH_JOB(r, j)) {
        memset(j->result->outcomes, 0, sizeof j->result->outcomes);
        if (!j->active)
            continue; /* what an earlier visit did is not done again */
        for (EACH_WORK(j, f))
            j->result->outcomes[r->visit->dry_run ? OUT_PRESENT : f->outcome]++;
    }
}

static void run_statuses(struct run *r)
{
    for (EACH_JOB(r, j))
        if (j->chain.version)
            j->result->status = j->result->goes_on ? STATUS_PURGING
                                                   : chain_status(&j->chain, r->engine->holds, r->engine->holds_n, &r->engine->policy, r->now_ms);
}

static enum status run_dry(struct run *r, struct err *err)
{
    TRY(run_search(r, false, err));
    for (EACH_JOB(r, j))
        if (j->active)
            j->result->did = VISIT_WORKED;
    tally_work(r);
    run_statuses(r);
    return OK;
}

static enum status run_all(struct run *r, const struct row_key *keys, struct visit_result *results, struct err *err)
{
    TRY(turns_begin(r, err));
    TRY(engine_holds(r->engine, &r->epoch, err));
    TRY(run_load(r, keys, results, err));
    TRY(run_decide(r, err));
    if (r->visit->dry_run)
        return run_dry(r, err);
    TRY(run_park(r, err));
    TRY(run_claim(r, err));
    TRY(run_decide_again(r, err));
    TRY(run_search(r, false, err));
    TRY(run_erase(r, err));
    r->now_ms = engine_now(r->engine); /* drivers stamp outcomes while the visit goes on: what settles at once is read back now */
    TRY(run_readback(r, err));
    TRY(run_search(r, true, err));
    tally_work(r);
    r->now_ms = engine_now(r->engine);
    TRY(run_settle(r, err));
    run_statuses(r);
    return OK;
}

enum status visit_chains(const struct visit *v, const struct row_key *keys, size_t n, struct arena *a,
                         struct visit_result *results, struct err *err)
{
    ASSERT(n <= VISIT_CHAINS_MAX);
    struct run r = {.visit = v, .engine = v->engine, .a = a, .n = n, .now_ms = engine_now(v->engine)};
    if (!n)
        return OK;
    enum status s = run_all(&r, keys, results, err);
    turns_end(&r);
    return s;
}
