/* Where the artefacts of the batch are: every store asked, leads handed on, what was known by locator kept. */
#include "engine/job.h"
#include "engine/places.h"

enum { ROUNDS_MAX = 4, LOCATORS_PER_LEG_MAX = 10000 };

struct search {
    struct run *run;
    size_t store;
    bool fresh;
    const struct job **job_of;  /* per target */
    struct store_target *targets;
    size_t targets_n;
    bool leads;                 /* a lead was new in this round */
};

static struct artefact *work_find(const struct job *j, const struct artefact *like)
{
    for (EACH_WORK(j, f))
        if (str_eq(f->store, like->store) && str_eq(f->locator, like->locator) && f->kind == like->kind)
            return f;
    return NULL;
}

static enum status copy_owners(struct run *r, struct artefact *to, const struct artefact *from, struct err *err)
{
    struct row_key *owners = ARENA_ARRAY(r->a, struct row_key, from->owners_n + 1);
    if (!owners)
        return ARENA_FULL(err, r->a);
    if (from->owners_n)
        memcpy(owners, from->owners, from->owners_n * sizeof *owners);
    to->owners = owners;
    to->owners_n = from->owners_n;
    return OK;
}

static enum status copy_artefact(struct run *r, struct artefact *to, const struct artefact *from, struct str store, struct err *err)
{
    *to = *from;
    to->store = store;
    to->locator = arena_str(r->a, from->locator);
    to->ticket = arena_str(r->a, from->ticket);
    to->note = arena_str(r->a, from->note);
    to->at_ms = to->verified_ms = to->first_try_ms = TIME_NONE;
    if (!to->not_before_ms)
        to->not_before_ms = TIME_NONE;
    TRY(copy_owners(r, to, from, err));
    return to->locator.p ? OK : ARENA_FULL(err, r->a);
}

/* After a change, and in a second look, whatever is there should not be. */
static bool looks_again(const struct search *s, const struct job *j)
{
    return s->fresh || j->read_back_only;
}

/* Found again after it was changed: it was not erased, it came back, or the store lied. */
static void seen_again(struct search *s, struct job *j, struct artefact *known, const struct artefact *found)
{
    bool stays = known->outcome == OUT_RETAINED || known->outcome == OUT_NOT_DELETABLE || known->outcome == OUT_HELD ||
                 known->outcome == OUT_UNRESTRICTED || known->outcome == OUT_REFUSED || known->outcome == OUT_SUBMITTED;
    known->count = found->count ? found->count : known->count;
    if (stays || !looks_again(s, j))
        return;
    bool overwritten = known->effect == EFFECT_RESTRICT || known->effect == EFFECT_PSEUDONYMISE || known->effect == EFFECT_BLANK;
    if (overwritten && artefact_owes(known) == false)
        return; /* it reads back as what it was turned into; that is how it stays */
    if (!outcome_is_gone(known->outcome))
        return;
    known->outcome = OUT_PRESENT;
    known->verified_ms = TIME_NONE;
    known->note = STR("found again after it was erased");
    j->found_again = true;
}

static struct job *job_of_target(const struct search *s, size_t target)
{
    ASSERT(target < s->targets_n);
    return s->run->jobs + (s->job_of[target] - s->run->jobs);
}

static enum status found_claims(struct search *s, const struct job *j, size_t target, const struct artefact *found,
                                struct artefact *to, struct err *err)
{
    const struct store *store = s->run->engine->stores[s->store];
    for (size_t i = 0; i < j->legs_n; i++)
        if (row_key_eq(&j->legs[i].key, &s->targets[target].contact))
            return claims_collect(s->run, j, &j->legs[i], store && store->sources_n > 0, found, to, err);
    return OK;
}

static enum status sink_add(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    struct search *s = ctx;
    struct run *r = s->run;
    struct job *j = job_of_target(s, target);
    struct str store = r->engine->store_names[s->store];
    struct artefact like = *found;
    like.store = store;
    struct artefact *known = work_find(j, &like);
    if (known) {
        if (!looks_again(s, j) && outcome_is_gone(known->outcome) && known->verified_ms == TIME_NONE)
            known->outcome = OUT_PRESENT; /* not gone after all: change it again */
        seen_again(s, j, known, found);
        known->scope = found->scope; /* a message may have been given to a second contact meanwhile */
        TRY(copy_owners(r, known, found, err));
        return found_claims(s, j, target, found, known, err);
    }
    if (looks_again(s, j))
        j->found_again = true;
    void *items = j->work;
    if (!arena_grow(r->a, &items, &j->work_cap, j->work_n + 1, sizeof *j->work))
        return ARENA_FULL(err, r->a);
    j->work = items;
    struct artefact *to = &j->work[j->work_n];
    TRY(copy_artefact(r, to, found, store, err));
    to->contact = s->targets[target].contact;
    to->claims = NULL;
    to->claims_n = 0;
    TRY(found_claims(s, j, target, found, to, err));
    j->work_n++;
    struct visit_stats *stats = run_stats(r, s->store);
    if (stats)
        stats->artefacts++;
    return OK;
}

static bool locator_known(const struct leg *leg, const struct locator *lead)
{
    for (size_t i = 0; i < leg->locators_n; i++)
        if (str_eq(leg->locators[i].place, lead->place) && str_eq(leg->locators[i].path, lead->path))
            return true;
    return false;
}

static enum status sink_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    struct search *s = ctx;
    struct arena *a = s->run->a;
    struct job *j = job_of_target(s, target);
    for (size_t i = 0; i < j->legs_n; i++) {
        struct leg *leg = &j->legs[i];
        if (!row_key_eq(&leg->key, &s->targets[target].contact) || locator_known(leg, lead))
            continue;
        if (leg->locators_n >= LOCATORS_PER_LEG_MAX)
            return FAIL(err, E_LIMIT, "a contact names more than %d places", LOCATORS_PER_LEG_MAX);
        struct locator *grown = ARENA_ARRAY(a, struct locator, leg->locators_n + 1);
        if (!grown)
            return ARENA_FULL(err, a);
        if (leg->locators_n)
            memcpy(grown, leg->locators, leg->locators_n * sizeof *grown);
        grown[leg->locators_n] = (struct locator){lead->kind, arena_str(a, lead->place), arena_str(a, lead->path)};
        leg->locators = grown;
        leg->locators_n++;
        s->leads = true;
    }
    return OK;
}

static bool job_searched(const struct search *s, const struct job *j)
{
    if (!j->active || !j->legs_n)
        return false;
    if (!s->fresh)
        return true;
    /* A fresh look is worth its cost only when everything known has been read back. */
    for (EACH_WORK(j, f))
        if (artefact_owes(f))
            return false;
    return !j->store_away;
}

static enum status make_targets(struct search *s, struct err *err)
{
    struct run *r = s->run;
    size_t n = 0;
    for (EACH_JOB(r, j))
        n += job_searched(s, j) ? j->legs_n : 0;
    s->targets = ARENA_ARRAY(r->a, struct store_target, n ? n : 1);
    s->job_of = ARENA_ARRAY(r->a, const struct job *, n ? n : 1);
    if (!s->targets || !s->job_of)
        return ARENA_FULL(err, r->a);
    s->targets_n = 0;
    for (EACH_JOB(r, j))
        for (size_t i = 0; job_searched(s, j) && i < j->legs_n; i++) {
            const struct leg *leg = &j->legs[i];
            if (!leg->id.n)
                continue;
            s->job_of[s->targets_n] = j;
            s->targets[s->targets_n++] =
                (struct store_target){.contact = leg->key, .source = j->chain.source, .id = leg->id, .started_ms = leg->started_ms,
                                      .ended_ms = leg->ended_ms, .locators = leg->locators, .locators_n = leg->locators_n};
        }
    return OK;
}

/* Any contact's key: a driver names with it whom else an artefact belongs to. */
static bool sink_owner(void *ctx, struct str source, struct str id, struct row_key *out)
{
    const struct search *s = ctx;
    *out = engine_contact_key(s->run->engine, source, id);
    return id.n && id.n <= ID_BYTES_MAX;
}

static struct str unknown_why(const struct search *s, const struct store_seen *seen, struct str failed)
{
    struct str store = s->run->engine->store_names[s->store];
    const char *why = seen->sight == SIGHT_LATER ? "its vendor is still searching"
                      : seen->why                ? seen->why
                                                 : "it could not say whether it found everything";
    return failed.n ? failed : arena_fmt(s->run->a, "store %.*s: %s", STR_ARG(store), why);
}

/* `failed`: why the store answers no more; what it saw before counts (rule 2.18). */
static void note_sight(struct search *s, const struct store_seen *seen, struct str failed)
{
    for (size_t i = 0; i < s->targets_n; i++) {
        struct job *j = job_of_target(s, i);
        j->blind |= seen[i].sight == SIGHT_BLIND;
        if (seen[i].sight == SIGHT_WHOLE || seen[i].sight == SIGHT_BLIND)
            continue;
        if (!j->store_away)
            j->away_store = s->run->engine->store_names[s->store];
        j->store_away = true;
        if (!j->away_why.n)
            j->away_why = unknown_why(s, &seen[i], failed);
    }
}

static enum status search_store(struct search *s, struct err *err)
{
    struct run *r = s->run;
    struct store *store = r->engine->stores[s->store];
    struct store_seen *seen = ARENA_ARRAY(r->a, struct store_seen, s->targets_n + 1);
    if (!seen)
        return ARENA_FULL(err, r->a);
    if (!store || r->away[s->store]) {
        note_sight(s, seen, store ? STR("a store could not be reached") : r->engine->store_down[s->store]);
        return OK;
    }
    struct store_call call = run_call(r);
    struct store_sink sink = {.ctx = s, .add = sink_add, .lead = sink_lead, .owner = sink_owner};
    struct err why = {.code = OK};
    enum status status = store_find(store, &call, s->targets, s->targets_n, &sink, seen, &why);
    struct visit_stats *stats = run_stats(r, s->store);
    if (stats)
        stats->calls += call.calls;
    if (status == E_LIMIT && r->a->used >= r->a->cap)
        return ARENA_FULL(err, r->a);
    if (status != OK) { /* one store's failure does not stop the others (rule 2.18) */
        r->away[s->store] = true;
        if (stats)
            stats->errors++;
    }
    note_sight(s, seen, status != OK ? arena_fmt(r->a, "%s", why.text) : STR_NONE);
    return OK;
}

static enum status note_places(struct run *r, struct err *err)
{
    for (EACH_JOB(r, j)) {
        if (!j->active)
            continue;
        TRY(places_without_store(r->engine, j->chain.source, j->legs, j->legs_n, r->a, &j->unplaced, &j->unplaced_n, err));
        j->result->unplaced = j->unplaced_n;
    }
    return OK;
}

enum status run_search(struct run *r, bool fresh, struct err *err)
{
    struct search s = {.run = r, .fresh = fresh};
    for (EACH_JOB(r, j))
        if (!fresh)
            j->store_away = j->blind = j->looked = false;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        s.leads = false;
        TRY(make_targets(&s, err));
        if (!s.targets_n)
            break;
        for (s.store = 0; s.store < r->engine->stores_n; s.store++)
            TRY(search_store(&s, err));
        if (!s.leads)
            break;
    }
    if (s.leads && s.targets_n) /* the fourth round still named new places: nothing may be concluded (rule 2.15) */
        for (EACH_JOB(r, j))
            if (j->active) {
                j->store_away = true;
                j->away_why = STR("stores named new places four times over: it is searched again");
            }
    TRY(run_claims(r, err));
    for (EACH_JOB(r, j))
        if (fresh && j->active)
            j->looked = job_searched(&s, j) && !j->found_again;
    return note_places(r, err);
}
