/* store.c - the driver of every store of the world, honest in what it reads, and as faulty as the hour has it. */
#include "tests/sim/parts/sim.h"

enum { UNMOUNTED_UNNOTICED_MS = 6 * 60000 /* what was read before vouches for five minutes */ };

static const struct option options[] = {{.name = NULL}};

static int number_of(const struct store *store)
{
    for (int i = 0; i < STORES; i++)
        if (str_is(store->name, the_sim->stores[i].name))
            return i;
    ASSERT(!"a store of the world");
    return 0;
}

static enum fault fault_of(int number)
{
    const struct sim *s = the_sim;
    enum fault f = s->stores[number].fault;
    bool fresh = s->monotonic_ms - s->stores[number].fault_since_ms < UNMOUNTED_UNNOTICED_MS;
    return f == FAULT_UNMOUNTED && fresh ? FAULT_AWAY : f;
}

static enum status sim_configure(struct store *store, struct problems *p, struct err *err)
{
    static const struct { int store; struct store_kind kind; } kinds[] = {
        {STORE_VAULT, {.kind = KIND_CONTACT_RECORD, .effects = EFFECT_ERASE, .stage = STAGE_RECORD, .settle_ms = HOUR_MS}},
        {STORE_VAULT, {.kind = KIND_RECORDING, .effects = EFFECT_ERASE | EFFECT_RESTRICT | EFFECT_RECALL, .stage = STAGE_FREE}},
        {STORE_VAULT, {.kind = KIND_TRANSCRIPT, .effects = EFFECT_ERASE, .stage = STAGE_FREE, .settle_ms = 10 * MINUTE_MS}},
        {STORE_INDEX, {.kind = KIND_INDEX_DOCUMENT, .effects = EFFECT_ERASE, .stage = STAGE_DERIVED}},
        {STORE_MAIL, {.kind = KIND_EMAIL_THREAD, .effects = EFFECT_ERASE, .scope = SCOPE_SHARED, .stage = STAGE_FREE}},
        {STORE_MAIL, {.kind = KIND_PROFILE, .effects = EFFECT_ERASE, .scope = SCOPE_SUBJECT, .stage = STAGE_FREE}},
        {STORE_EXTRA, {.kind = KIND_ATTACHMENT, .effects = EFFECT_ERASE, .stage = STAGE_FREE}},
    };
    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].store == number_of(store))
            TRY(store_kind_add(store, &kinds[i].kind, err));
    return OK;
}

static enum status sim_open(struct store *store, struct err *err)
{
    bool away = fault_of(number_of(store)) == FAULT_AWAY && chance(the_sim, 300);
    return away ? FAIL(err, E_RETRY, "no connection") : OK;
}

static void sim_close(struct store *store)
{
    (void)store;
}

static enum status sim_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err)
{
    return store_finding(call, out, fault_of(number_of(store)) == FAULT_NONE, err, "%s answers", "it");
}

static bool sim_owns(const struct store *store, const struct locator *l)
{
    return number_of(store) == STORE_VAULT && str_is(l->place, "sim-bucket");
}

static bool names(const struct store_target *target, const struct thing *t)
{
    for (size_t i = 0; i < target->locators_n; i++)
        if (str_is(target->locators[i].path, t->locator))
            return true;
    return false;
}

static bool belongs(const struct sim *s, const struct thing *t, const struct store_target *target)
{
    if (t->by_place)
        return names(target, t);
    for (int i = 0; i < t->owners_n; i++)
        if (str_is(target->id, s->contacts[t->owners[i]].id))
            return true;
    return str_is(target->id, s->contacts[t->contact].id);
}

static enum status yield(struct sim *s, const struct thing *t, size_t target, const struct store_sink *sink, struct err *err)
{
    struct row_key owners[OWNERS];
    struct sim_store *store = &s->stores[t->store];
    if (store->shown_ms == TIME_NONE)
        store->shown_ms = s->now_ms;
    struct artefact found = {.kind = t->kind, .scope = t->scope, .locator = str_of(t->locator), .count = 1, .owners = owners};
    for (int i = 0; i < t->owners_n && t->scope == SCOPE_SHARED; i++)
        found.owners_n += sink->owner(sink->ctx, STR(SIM_SOURCE), str_of(s->contacts[t->owners[i]].id), &owners[found.owners_n]);
    return sink->add(sink->ctx, target, &found, err);
}

static enum status sim_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                            const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    struct sim *s = the_sim;
    int number = number_of(store);
    if (!process_pause("find"))
        return FAIL(err, E_RETRY, "the process has died");
    enum fault f = fault_of(number);
    call->calls++;
    if (f == FAULT_AWAY || !process_alive())
        return FAIL(err, E_RETRY, "no connection");
    size_t reached = f == FAULT_LOSES_PAGE ? (size_t)dice(s, n + 1) : n;
    if (f == FAULT_UNMOUNTED) {
        for (size_t i = 0; i < n && call->control_seen; i++)
            seen[i].sight = SIGHT_WHOLE;
        return OK;
    }
    for (size_t i = 0; i < reached; i++) {
        for (int k = 0; k < s->things_n; k++)
            if (s->things[k].store == number && s->things[k].there && belongs(s, &s->things[k], &targets[i]))
                TRY(yield(s, &s->things[k], i, sink, err));
        seen[i].sight = SIGHT_WHOLE;
    }
    call->control_seen = true;
    return OK;
}

static struct thing *thing_of(int store, struct str locator)
{
    for (int i = 0; i < the_sim->things_n; i++)
        if (the_sim->things[i].store == store && str_is(locator, the_sim->things[i].locator))
            return &the_sim->things[i];
    return NULL;
}

static void source_sends_again(struct thing *t)
{
    if (t->kind == KIND_CONTACT_RECORD)
        the_sim->contacts[t->contact].re_emitted++;
}

static void take_away(struct process *x, struct thing *t)
{
    if (t->there)
        oracle_erased(x->sim, x, t);
    source_sends_again(t);
    t->there = false;
    t->erased_ms = x->sim->now_ms;
    t->read_ms = TIME_NONE; /* by order, not by the clock, which may be set back between the two */
    trace(x->sim, "%d erases %s/%s", x->number, x->sim->stores[t->store].name, t->locator);
}

static void change_one(struct process *x, int number, enum effect effect, struct artefact *f, enum fault fault, int64_t now_ms)
{
    struct sim *s = x->sim;
    struct thing *t = thing_of(number, f->locator);
    if (!t) {
        store_answer(f, OUT_UNKNOWN, "nobody knows it");
        return;
    }
    t->changes++;
    if (effect == EFFECT_RECALL) {
        t->goes_ms = TIME_NONE;
        store_mirror(f, MIRROR_NONE);
    } else if (effect == EFFECT_RESTRICT) {
        t->restricted = true;
        store_answer(f, OUT_RESTRICTED, NULL);
    } else if (effect != EFFECT_ERASE) {
        broken(s, "%s was asked for %s, which it cannot do", s->stores[number].name, effect_name(effect));
    } else if (fault == FAULT_KEEPS) {
        store_answer(f, OUT_GONE, NULL);
    } else if (fault == FAULT_THROTTLES && chance(s, 600)) {
        store_answer(f, OUT_RETRY, "too many requests");
        f->not_before_ms = now_ms + (chance(s, 500) ? MINUTE_MS : HOUR_MS);
    } else if (fault == FAULT_TIMES_OUT) {
        if (chance(s, 500))
            take_away(x, t);
        store_answer(f, OUT_UNKNOWN, "no answer in time");
    } else if (fault == FAULT_LATE && t->there) {
        oracle_erased(s, x, t);
        source_sends_again(t);
        t->goes_ms = now_ms + (int64_t)dice(s, 3 * DAY_MS);
        f->ticket = STR("job");
        f->not_before_ms = now_ms + DAY_MS;
        store_answer(f, OUT_SUBMITTED, NULL);
    } else {
        take_away(x, t);
        if (fault != FAULT_FORGETS || chance(s, 500))
            store_answer(f, OUT_GONE, NULL);
    }
}

static enum status sim_change(struct store *store, struct store_call *call, enum effect effect, struct artefact **artefacts,
                              size_t n, struct err *err)
{
    struct process *x = process_here();
    int number = number_of(store);
    ASSERT(x != NULL);
    for (size_t i = 0; i < n; i++) {
        if (!gate_open(call->gate)) {
            store_answer(artefacts[i], OUT_HELD, NULL);
            continue;
        }
        call->calls++;
        if (!process_pause("change"))
            return FAIL(err, E_RETRY, "the process has died");
        enum fault f = fault_of(number);
        bool stale = x->sim->monotonic_ms - x->gate_ms > MINUTE_MS; /* the connection is long closed */
        if (f == FAULT_AWAY || f == FAULT_UNMOUNTED || stale)
            return FAIL(err, E_RETRY, "no connection");
        if (f == FAULT_DENIES)
            return FAIL(err, E_DENIED, "not allowed");
        oracle_changed(x->sim, x);
        change_one(x, number, effect, artefacts[i], f, call->now_ms);
        if (!process_alive())
            return FAIL(err, E_RETRY, "the process has died");
    }
    return OK;
}

static void read_one(const struct store_call *call, int number, struct artefact *f, enum fault fault)
{
    struct thing *t = thing_of(number, f->locator);
    if (fault == FAULT_UNMOUNTED) {
        store_answer(f, call->control_seen ? OUT_ABSENT : OUT_UNKNOWN, NULL);
    } else if (fault == FAULT_FORGETS && chance(the_sim, 300)) {
        store_answer(f, OUT_UNKNOWN, NULL);
    } else if (t && t->there && t->goes_ms != TIME_NONE) {
        store_answer(f, OUT_SUBMITTED, NULL);
        f->not_before_ms = call->now_ms + DAY_MS;
    } else if (t && t->there) {
        store_answer(f, t->restricted && f->effect == EFFECT_RESTRICT ? OUT_RESTRICTED : OUT_PRESENT, NULL);
    } else {
        store_answer(f, OUT_ABSENT, NULL);
        if (t)
            t->read_ms = the_sim->now_ms;
    }
}

static enum status sim_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n, struct err *err)
{
    int number = number_of(store);
    if (!process_pause("verify"))
        return FAIL(err, E_RETRY, "the process has died");
    enum fault f = fault_of(number);
    call->calls++;
    if (f == FAULT_AWAY || !process_alive())
        return FAIL(err, E_RETRY, "no connection");
    for (size_t i = 0; i < n; i++)
        read_one(call, number, artefacts[i], f);
    if (f != FAULT_UNMOUNTED)
        call->control_seen = true;
    return OK;
}

const struct store_driver store_sim = {.name = "sim",
                                       .help = "a store of the simulator's world",
                                       .options = options,
                                       .find_batch_max = 7,
                                       .change_batch_max = 5,
                                       .verify_batch_max = 6,
                                       .retry_horizon_ms = 2 * DAY_MS,
                                       .configure = sim_configure,
                                       .open = sim_open,
                                       .close = sim_close,
                                       .check = sim_check,
                                       .owns = sim_owns,
                                       .find = sim_find,
                                       .change = sim_change,
                                       .verify = sim_verify};
