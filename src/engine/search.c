/* Where the artefacts of the batch are: every store asked, leads handed on, what was known by locator kept. */
#include "engine/job.h"
#include "engine/places.h"

enum { ROUNDS_MAX = 4, LOCATORS_PER_LEG_MAX = 10000 };

/* What a store yielded, copied into its turn's memory: it is taken into the jobs when every store has answered, in order of
 * store, because jobs and registry belong to the visit's thread. */
struct found { size_t target; bool is_lead; struct artefact artefact; struct locator lead; };
struct search {
    struct run *run;
    bool fresh;
    const struct job **job_of;  /* per target */
    struct store_target *targets;
    size_t targets_n;
    bool leads;                 /* a lead was new in this round */
    struct look *looks;         /* per store */
};
/* One store's part. */
struct look {
    const struct search *search;
    struct arena *a;            /* its turn's */
    struct store_seen *seen;    /* per target */
    struct found *found;
    size_t found_n, found_cap;
};

static struct artefact *work_find(const struct job *j, const struct artefact *like)
{
    for (EACH_WORK(j, f))
        if (str_eq(f->store, like->store) && str_eq(f->locator, like->locator) && f->kind == like->kind)
            return f;
    return NULL;
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

/* ---- in the store's thread: what it yields is copied ---- */

static struct found *found_add(struct look *l, size_t target)
{
    void *items = l->found;
    ASSERT(target < l->search->targets_n);
    if (!arena_grow(l->a, &items, &l->found_cap, l->found_n + 1, sizeof *l->found))
        return NULL;
    l->found = items;
    l->found[l->found_n] = (struct found){.target = target};
    return &l->found[l->found_n++];
}

/* p NULL: the arena is full. */
static struct row_key *copy_keys(struct arena *a, const struct row_key *keys, size_t n)
{
    struct row_key *copy = ARENA_ARRAY(a, struct row_key, n + 1);
    if (copy && n)
        memcpy(copy, keys, n * sizeof *copy);
    return copy;
}

static enum status sink_add(void *ctx, size_t target, const struct artefact *from, struct err *err)
{
    struct look *l = ctx;
    struct found *found = found_add(l, target);
    if (!found)
        return ARENA_FULL(err, l->a);
    struct artefact *to = &found->artefact;
    *to = *from;
    to->locator = arena_str(l->a, from->locator);
    to->ticket = arena_str(l->a, from->ticket);
    to->note = arena_str(l->a, from->note);
    to->owners = copy_keys(l->a, from->owners, from->owners_n);
    to->claims = copy_keys(l->a, from->claims, from->claims_n);
    to->at_ms = to->verified_ms = to->first_try_ms = TIME_NONE;
    if (!to->not_before_ms)
        to->not_before_ms = TIME_NONE;
    return to->locator.p && to->owners && to->claims ? OK : ARENA_FULL(err, l->a);
}

static enum status sink_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    struct look *l = ctx;
    struct found *found = found_add(l, target);
    if (!found)
        return ARENA_FULL(err, l->a);
    found->is_lead = true;
    found->lead = (struct locator){lead->kind, arena_str(l->a, lead->place), arena_str(l->a, lead->path)};
    return arena_str_ok(found->lead.place, lead->place) && arena_str_ok(found->lead.path, lead->path) ? OK : ARENA_FULL(err, l->a);
}

/* Any contact's key: a driver names with it whom else an artefact belongs to. */
static bool sink_owner(void *ctx, struct str source, struct str id, struct row_key *out)
{
    const struct look *l = ctx;
    *out = engine_contact_key(l->search->run->engine, source, id);
    return id.n && id.n <= ID_BYTES_MAX;
}

static enum status look_turn(struct store_turn *turn, struct err *why)
{
    struct look *l = turn->own;
    const struct store_sink sink = {.ctx = l, .add = sink_add, .lead = sink_lead, .owner = sink_owner};
    return store_find(turn->store, &turn->call, l->search->targets, l->search->targets_n, &sink, l->seen, why);
}

/* ---- in the visit's thread: it is taken into the jobs ---- */

static enum status take_claims(struct search *s, size_t store, const struct job *j, size_t target, const struct artefact *found,
                               struct artefact *to, struct err *err)
{
    const struct store *at = s->run->engine->stores[store];
    for (size_t i = 0; i < j->legs_n; i++)
        if (row_key_eq(&j->legs[i].key, &s->targets[target].contact))
            return claims_collect(s->run, j, &j->legs[i], at->sources_n > 0, found, to, err);
    return OK;
}

static enum status take_artefact(struct search *s, size_t store, size_t target, struct artefact *found, struct err *err)
{
    struct run *r = s->run;
    struct job *j = job_of_target(s, target);
    found->store = r->engine->store_names[store];
    struct artefact *known = work_find(j, found);
    if (known) {
        if (!looks_again(s, j) && outcome_is_gone(known->outcome) && known->verified_ms == TIME_NONE)
            known->outcome = OUT_PRESENT; /* not gone after all: change it again */
        if (known->in_doubt) { /* the change was never sent, or did nothing */
            known->in_doubt = false;
            known->sent_ms = TIME_NONE;
        }
        seen_again(s, j, known, found);
        known->scope = found->scope; /* a message may have been given to a second contact meanwhile */
        known->owners = found->owners;
        known->owners_n = found->owners_n;
        return take_claims(s, store, j, target, found, known, err);
    }
    if (looks_again(s, j))
        j->found_again = true;
    void *items = j->work;
    if (!arena_grow(r->a, &items, &j->work_cap, j->work_n + 1, sizeof *j->work))
        return ARENA_FULL(err, r->a);
    j->work = items;
    struct artefact *to = &j->work[j->work_n];
    *to = *found;
    to->contact = s->targets[target].contact;
    to->claims = NULL;
    to->claims_n = 0;
    TRY(take_claims(s, store, j, target, found, to, err));
    j->work_n++;
    if (r->visit->stats)
        r->visit->stats[store].artefacts++;
    return OK;
}

static bool locator_known(const struct leg *leg, const struct locator *lead)
{
    for (size_t i = 0; i < leg->locators_n; i++)
        if (str_eq(leg->locators[i].place, lead->place) && str_eq(leg->locators[i].path, lead->path))
            return true;
    return false;
}

/* *full: the contact has as many places as one may have. */
static enum status take_lead(struct search *s, size_t target, const struct locator *lead, bool *full, struct err *err)
{
    struct arena *a = s->run->a;
    struct job *j = job_of_target(s, target);
    for (size_t i = 0; i < j->legs_n; i++) {
        struct leg *leg = &j->legs[i];
        if (!row_key_eq(&leg->key, &s->targets[target].contact) || locator_known(leg, lead))
            continue;
        *full = leg->locators_n >= LOCATORS_PER_LEG_MAX;
        if (*full)
            return OK;
        struct locator *grown = ARENA_ARRAY(a, struct locator, leg->locators_n + 1);
        if (!grown)
            return ARENA_FULL(err, a);
        if (leg->locators_n)
            memcpy(grown, leg->locators, leg->locators_n * sizeof *grown);
        grown[leg->locators_n++] = *lead;
        leg->locators = grown;
        s->leads = true;
    }
    return OK;
}

/* *full: what comes behind is left out, and the store counts as away. */
static enum status take_found(struct search *s, size_t store, bool *full, struct err *err)
{
    const struct look *l = &s->looks[store];
    for (size_t i = 0; i < l->found_n && !*full; i++) {
        struct found *found = &l->found[i];
        if (found->is_lead)
            TRY(take_lead(s, found->target, &found->lead, full, err));
        else
            TRY(take_artefact(s, store, found->target, &found->artefact, err));
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

static struct str unknown_why(const struct search *s, size_t at, const struct store_seen *seen, struct str failed)
{
    struct str store = s->run->engine->store_names[at];
    const char *why = seen->sight == SIGHT_LATER ? "its vendor is still searching"
                      : seen->why                ? seen->why
                                                 : "it could not say whether it found everything";
    return failed.n ? failed : arena_fmt(s->run->a, "store %.*s: %s", STR_ARG(store), why);
}

/* `failed`: why the store answers no more; what it saw before counts (rule 2.18). */
static void note_sight(struct search *s, size_t store, struct str failed)
{
    const struct store_seen *seen = s->looks[store].seen;
    for (size_t i = 0; i < s->targets_n; i++) {
        struct job *j = job_of_target(s, i);
        j->blind |= seen[i].sight == SIGHT_BLIND;
        if (seen[i].sight == SIGHT_WHOLE || seen[i].sight == SIGHT_BLIND)
            continue;
        if (!j->store_away)
            j->away_store = s->run->engine->store_names[store];
        j->store_away = true;
        if (!j->away_why.n)
            j->away_why = unknown_why(s, store, &seen[i], failed);
    }
}

/* One look of every store that can be asked. */
static enum status look_round(struct search *s, struct err *err)
{
    struct run *r = s->run;
    s->looks = ARENA_ARRAY(r->a, struct look, r->engine->stores_n + 1);
    if (!s->looks)
        return ARENA_FULL(err, r->a);
    for (size_t store = 0; store < r->engine->stores_n; store++) {
        struct store_turn *turn = turn_at(r, store);
        struct look *l = &s->looks[store];
        *l = (struct look){.search = s, .a = &turn->arena, .seen = ARENA_ARRAY(r->a, struct store_seen, s->targets_n + 1)};
        if (!l->seen)
            return ARENA_FULL(err, r->a);
        turn->takes_part = turn->store && !r->away[store];
        turn->own = l;
    }
    return turns_take(r, look_turn, err);
}

static enum status conclude_look(struct search *s, size_t store, struct err *err)
{
    struct run *r = s->run;
    const struct store_turn *turn = &r->turns[store];
    bool full = false;
    if (!turn->takes_part) {
        note_sight(s, store, turn->store ? STR("a store could not be reached") : r->engine->store_down[store]);
        return OK;
    }
    TRY(take_found(s, store, &full, err));
    if (full) { /* what lies behind was left out: nothing may be concluded */
        r->away[store] = true;
        memset(s->looks[store].seen, 0, s->targets_n * sizeof *s->looks[store].seen);
    }
    note_sight(s, store, full                 ? arena_fmt(r->a, "a contact names more than %d places", LOCATORS_PER_LEG_MAX)
                         : turn->status != OK ? arena_fmt(r->a, "%s", turn->why.text)
                                              : STR_NONE);
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
        TRY(look_round(&s, err));
        for (size_t store = 0; store < r->engine->stores_n; store++)
            TRY(conclude_look(&s, store, err));
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
