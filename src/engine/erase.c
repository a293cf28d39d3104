/*
 * The only file that mints a permit (architecture.md section 3, tidy.sh): effects by decision, work and intent durable,
 * permit, then the changes, each artefact when what it derives from has settled.
 */
#include "engine/job.h"
#include "engine/stores_view.h"

bool artefact_is_doubtful(const struct artefact *f)
{
    return f->sent_ms == TIME_NONE && f->effect != EFFECT_NONE && !outcome_is_settled(f->outcome) && f->outcome != OUT_SUBMITTED;
}

bool artefact_owes(const struct artefact *f)
{
    if (!outcome_is_settled(f->outcome))
        return true;
    bool readable = outcome_is_gone(f->outcome) || f->outcome == OUT_SCRUBBED || f->outcome == OUT_PSEUDONYMISED ||
                    f->outcome == OUT_RESTRICTED;
    return readable && f->verified_ms == TIME_NONE;
}

bool artefact_to_verify(const struct artefact *f, int64_t now_ms)
{
    return (outcome_is_settled(f->outcome) || f->outcome == OUT_SUBMITTED) && artefact_owes(f) &&
           (f->not_before_ms == TIME_NONE || f->not_before_ms <= now_ms);
}

/* The system of record re-emits what is scrubbed, so its copies wait until it has settled (rule 2.15). */
static bool record_settled(const struct job *j, int64_t now_ms)
{
    for (EACH_WORK(j, f))
        if (f->stage == STAGE_RECORD && f->effect != EFFECT_NONE &&
            (!outcome_is_settled(f->outcome) || (f->not_before_ms != TIME_NONE && f->not_before_ms > now_ms)))
            return false;
    return true;
}

bool artefact_to_change(const struct job *j, const struct artefact *f, int64_t now_ms)
{
    if (f->effect == EFFECT_NONE || outcome_is_settled(f->outcome) || f->outcome == OUT_SUBMITTED)
        return false;
    if (f->not_before_ms != TIME_NONE && f->not_before_ms > now_ms)
        return false;
    return f->stage != STAGE_DERIVED || record_settled(j, now_ms);
}

int64_t backoff_ms(int64_t tries)
{
    int64_t wait = MINUTE_MS;
    for (int64_t i = 1; i < tries && wait < 6 * HOUR_MS; i++)
        wait *= 2;
    return wait < 6 * HOUR_MS ? wait : 6 * HOUR_MS;
}

static void stays(struct artefact *f, enum outcome outcome, struct str note, int64_t now_ms)
{
    f->effect = EFFECT_NONE;
    f->outcome = outcome;
    f->note = note;
    f->at_ms = now_ms;
}

/* The decision gives each artefact its effect; what the law binds stays and says so. */
static void give_effects(struct run *r, struct job *j)
{
    for (EACH_WORK(j, f)) {
        if (artefact_owes(f) && !store_is_duty(r->engine, f->store)) {
            stays(f, OUT_ATTESTED, STR("its store was retired"), r->now_ms); /* rule 2.23: a person said why */
            continue;
        }
        enum effect allowed = decision_effect(&j->decision, &f->contact, f->kind);
        bool kept = f->outcome == OUT_RETAINED || f->outcome == OUT_RESTRICTED || f->outcome == OUT_UNRESTRICTED ||
                    f->outcome == OUT_PSEUDONYMISED;
        if (kept && allowed == EFFECT_ERASE && f->effect != EFFECT_ERASE) {
            f->outcome = OUT_UNKNOWN; /* the law's time is over: erasure completes by itself (rule 2.8) */
            f->verified_ms = f->not_before_ms = TIME_NONE;
        } else if (outcome_is_settled(f->outcome) || f->outcome == OUT_SUBMITTED) {
            continue;
        }
        f->effect = allowed;
        if (allowed == EFFECT_NONE)
            stays(f, OUT_RETAINED, j->decision.law, r->now_ms);
        else if (f->scope == SCOPE_SUBJECT)
            stays(f, OUT_RETAINED, STR("belongs to the person, not to this contact"), r->now_ms);
        else if (artefact_is_others_too(r, f, allowed))
            stays(f, OUT_RETAINED, STR("belongs to other contacts too"), r->now_ms);
    }
}

static bool job_has_changes(const struct run *r, const struct job *j)
{
    if (!j->active || j->read_back_only)
        return false;
    for (EACH_WORK(j, f))
        if (artefact_to_change(j, f, r->now_ms) ||
            (f->stage == STAGE_DERIVED && f->effect && !outcome_is_settled(f->outcome) && f->outcome != OUT_SUBMITTED))
            return true;
    return false;
}

/* Sets the row to ERASING under its mandate; it comes back at once if we die (rule 2.18, retries). */
static void begin_erasing(void *ctx, struct chain *fresh, struct arena *a)
{
    const struct job *j = ctx;
    (void)a;
    fresh->state = CHAIN_ERASING;
    fresh->mandate = j->chain.mandate;
    fresh->open_intent = j->intent;
    fresh->next_ms = fresh->claimed_ms; /* due already: the claim keeps others away while we live */
    fresh->needs_decision = false;
    fresh->purged_ms = fresh->verified_ms = fresh->verified_again_ms = fresh->retained_until_ms = TIME_NONE;
    fresh->queue = fresh->holds_n ? QUEUE_PARKED : QUEUE_RETRY;
    fresh->queue_time_ms = fresh->next_ms;
}

static enum status work_settlement(struct run *r, struct job *j, struct settlement *out, struct err *err)
{
    struct row *rows = NULL;
    size_t rows_n = 0;
    TRY(registry_work_rows(&j->chain.key, j->work, j->work_n, j->parts, r->a, &rows, &rows_n, err));
    struct row *with = ARENA_ARRAY(r->a, struct row, rows_n + 1);
    if (!with)
        return ARENA_FULL(err, r->a);
    j->parts = 0;
    for (size_t i = 0; i < rows_n; i++) {
        with[i] = rows[i];
        j->parts += rows[i].op == ROW_PUT;
    }
    bool opening = false;
    TRY(opening_row(r->engine, &j->opening, r->now_ms, r->a, &with[rows_n], &opening, err));
    /* A hold or a document that came between claim and epoch is on the row: then what was decided is not for it. This
     * write follows the read of the epoch, so whatever comes later has another epoch and closes the gate. */
    *out = (struct settlement){.claim = j->claim, .change = begin_erasing, .ctx = j, .as_claimed = true, .rows = with,
                               .rows_n = rows_n + opening, .entries = ARENA_NEW(r->a, struct entry)};
    if (!out->entries)
        return ARENA_FULL(err, r->a);
    bool left_open;
    TRY(job_close_intent(r, j, out->entries, &left_open, err));
    out->entries_n = left_open;
    if (opening) {
        j->opening.version++;
        j->opening.changed = false;
    }
    return OK;
}

/* What was found, durable before the intent, so that a crash finds it again. */
static enum status commit_work(struct run *r, struct job **jobs, size_t n, struct err *err)
{
    struct settlement *s = ARENA_ARRAY(r->a, struct settlement, n);
    if (!s)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < n; i++) {
        for (EACH_WORK(jobs[i], f))
            TRY(stores_remember(r->engine, f->store, err));
        TRY(work_settlement(r, jobs[i], &s[i], err));
    }
    TRY(registry_settle(r->engine->registry, s, n, r->now_ms, r->a, err));
    for (size_t i = 0; i < n; i++)
        if (s[i].result != OK) { /* run_settle gives the claim back, if it is still ours */
            jobs[i]->active = false;
            jobs[i]->intent = (struct row_key){{0}};
            jobs[i]->result->did = VISIT_BUSY;
            jobs[i]->result->why = s[i].result == E_LIMIT
                                       ? STR("so much was found that its outcome could not be recorded: nothing was sent")
                                       : STR("it changed while it was being decided; the next run decides again");
        }
    return OK;
}

static unsigned effects_of(struct job **jobs, size_t n)
{
    unsigned effects = 0;
    for (size_t i = 0; i < n; i++)
        for (EACH_WORK(jobs[i], f))
            if (!outcome_is_settled(f->outcome))
                effects |= f->effect;
    return effects;
}

static enum status intend(struct run *r, struct job **jobs, size_t n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(r->a, struct row_key, n);
    struct opening *openings = ARENA_ARRAY(r->a, struct opening, n);
    if (!keys || !openings)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < n; i++) {
        keys[i] = jobs[i]->chain.key;
        openings[i] = jobs[i]->opening;
    }
    struct intent_facts facts = {.id = jobs[0]->intent,
                                 .functionality = job_functionality(r, jobs[0]),
                                 .reason = jobs[0]->chain.mandate.reason,
                                 .run = r->visit->run,
                                 .request_id = jobs[0]->chain.mandate.request_id,
                                 .effects = effects_of(jobs, n),
                                 .stores = r->engine->store_names,
                                 .stores_n = r->engine->stores_n};
    struct entry entry;
    TRY(journal_intent(r->engine, &facts, openings, n, r->now_ms, r->a, &entry, err));
    return registry_intend(r->engine->registry, keys, n, facts.effects, &entry, r->a, &r->receipt, err);
}

static enum status mint(struct run *r, struct job **jobs, size_t n, struct err *err)
{
    struct permit_line *lines = ARENA_ARRAY(r->a, struct permit_line, n);
    if (!lines)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < n; i++)
        lines[i] = (struct permit_line){&jobs[i]->decision, &jobs[i]->chain.mandate, &jobs[i]->claim};
    return permit_mint(lines, n, &r->receipt, r->epoch, &r->engine->watch, r->now_ms, CALL_MAX_MS, r->a, &r->permit, err);
}

/* When to try again. Past the store's horizon a person is needed (rule 2.18), but it counts only while the store answers,
 * and not up to a date the vendor has named. */
static void try_again_later(struct run *r, const struct store *s, struct artefact *f, bool away)
{
    bool dated = f->not_before_ms != TIME_NONE && f->not_before_ms > r->now_ms;
    if (f->outcome == OUT_HELD)
        return; /* the gate closed: nothing was sent */
    if (away && !dated)
        f->first_try_ms = TIME_NONE; /* the chain's own waiting says when */
    else if (dated && f->outcome == OUT_RETRY)
        f->first_try_ms = f->not_before_ms;
    if (away || dated)
        return;
    if (f->first_try_ms == TIME_NONE)
        f->first_try_ms = r->now_ms;
    f->tries++;
    if (r->now_ms - f->first_try_ms > s->driver->retry_horizon_ms && f->outcome != OUT_SUBMITTED)
        f->outcome = OUT_FAILED;
    f->not_before_ms = r->now_ms + backoff_ms(f->tries);
}

/* The time of the outcome, and when to look again. */
static void after_change(struct run *r, const struct store *s, struct artefact *f, bool away, struct str note)
{
    const struct store_kind *kind = store_kind_of(s, f->kind);
    f->at_ms = r->now_ms;
    f->verified_ms = TIME_NONE;
    if (!f->note.n)
        f->note = note;
    if (outcome_is_settled(f->outcome)) {
        if (f->not_before_ms == TIME_NONE || f->not_before_ms <= r->now_ms)
            f->not_before_ms = r->now_ms + (kind ? kind->settle_ms : 0);
        return;
    }
    try_again_later(r, s, f, away);
}

/* What one step asks of all stores. */
struct step { struct run *run; enum effect effect; struct pseudonymiser pseudonymiser; };

/* Everything in this store that may be changed so now. */
static enum status gather(struct step *step, size_t store, struct job **jobs, size_t n, size_t total, struct err *err)
{
    struct run *r = step->run;
    struct store_turn *turn = turn_at(r, store);
    if (!turn->store || r->away[store])
        return OK;
    turn->batch = ARENA_ARRAY(r->a, struct artefact *, total + 1);
    if (!turn->batch)
        return ARENA_FULL(err, r->a);
    for (size_t i = 0; i < n; i++)
        for (EACH_WORK(jobs[i], f))
            if (f->effect == step->effect && str_eq(f->store, turn->store->name) && artefact_to_change(jobs[i], f, r->now_ms)) {
                turn->batch[turn->batch_n++] = f;
                jobs[i]->changed = true;
            }
    turn->takes_part = turn->batch_n > 0;
    turn->own = step;
    return OK;
}

static enum status change_turn(struct store_turn *turn, struct err *why)
{
    const struct step *step = turn->own;
    turn->call.gate = permit_gate(step->run->permit);
    turn->call.pseudonymiser = &step->pseudonymiser;
    return store_change(turn->store, &turn->call, step->run->permit, step->effect, turn->batch, turn->batch_n, why);
}

/* One effect in all stores. */
static enum status change_step(struct run *r, enum effect effect, struct job **jobs, size_t n, struct err *err)
{
    struct step step = {r, effect, {.ctx = &r->engine->keys, .of = keys_pseudonym}};
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        for (EACH_WORK(jobs[i], f))
            total += f->effect == effect;
    if (!total)
        return OK;
    for (size_t store = 0; store < r->engine->stores_n; store++)
        TRY(gather(&step, store, jobs, n, total, err));
    TRY(turns_take(r, change_turn, err));
    for (size_t store = 0; store < r->engine->stores_n; store++) {
        const struct store_turn *turn = &r->turns[store];
        struct str note = turn->status == OK ? STR_NONE : arena_fmt(r->a, "%s", turn->why.text);
        for (size_t i = 0; i < turn->batch_n; i++)
            after_change(r, turn->store, turn->batch[i], turn->status == E_RETRY, note);
    }
    return OK;
}

/* artefact_to_change lets a later stage through only when the earlier one has settled. */
static enum status change_all(struct run *r, struct job **jobs, size_t n, struct err *err)
{
    static const enum effect order[] = {EFFECT_RESTRICT, EFFECT_PSEUDONYMISE, EFFECT_BLANK, EFFECT_ERASE};
    for (size_t e = 0; e < ARRAY_LEN(order); e++)
        TRY(change_step(r, order[e], jobs, n, err));
    return OK;
}

/* One reason, one intent, one permit. The intent's id is chosen first: the rows name it before it is durable, so that after
 * a crash somebody closes it. */
static enum status erase_group(struct run *r, struct job **jobs, size_t n, struct err *err)
{
    struct row_key intent;
    crypto_random(intent.b, sizeof intent.b);
    for (size_t i = 0; i < n; i++)
        jobs[i]->intent = intent;
    TRY(commit_work(r, jobs, n, err));
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (jobs[i]->active)
            jobs[kept++] = jobs[i];
    if (!kept)
        return OK;
    TRY(intend(r, jobs, kept, err));
    TRY(mint(r, jobs, kept, err));
    /* Twice: what is derived from a record that has settled at once need not wait for another visit. */
    TRY(change_all(r, jobs, kept, err));
    r->now_ms = engine_now(r->engine);
    return change_all(r, jobs, kept, err);
}

static bool same_cause(const struct run *r, const struct job *a, const struct job *b)
{
    return a->chain.mandate.reason == b->chain.mandate.reason && job_functionality(r, a) == job_functionality(r, b) &&
           str_eq(a->chain.mandate.request_id, b->chain.mandate.request_id);
}

enum status run_erase(struct run *r, struct err *err)
{
    struct job **jobs = ARENA_ARRAY(r->a, struct job *, r->n);
    bool *taken = ARENA_ARRAY(r->a, bool, r->n);
    if (!jobs || !taken)
        return ARENA_FULL(err, r->a);
    if (r->visit->verify_only)
        return OK; /* reading back never mints */
    TRY(run_owners(r, err));
    for (EACH_JOB(r, j))
        if (j->active && !j->read_back_only)
            give_effects(r, j);
    for (size_t first = 0; first < r->n; first++) {
        if (taken[first] || !job_has_changes(r, &r->jobs[first]))
            continue;
        size_t n = 0;
        for (size_t i = first; i < r->n; i++)
            if (!taken[i] && job_has_changes(r, &r->jobs[i]) && same_cause(r, &r->jobs[first], &r->jobs[i])) {
                taken[i] = true;
                jobs[n++] = &r->jobs[i];
            }
        TRY(erase_group(r, jobs, n, err));
    }
    return OK;
}
