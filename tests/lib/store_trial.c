/* store_trial.c - a store configured, opened and asked in a test. */
#include "tests/lib/store_trial.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t trial_clock(void *ctx)
{
    const struct trial *t = ctx;
    return t->now_ms;
}

static void begin(struct trial *t)
{
    *t = (struct trial){.now_ms = TRIAL_NOW_MS};
    arena_init(&t->a, 256 << 20);
    t->watch.epoch = 7;
    t->watch.read_ms = t->now_ms;
    t->watch.clock = trial_clock;
    t->watch.clock_ctx = t;
    t->watch.stale_after_ms = 1000;
}

static struct store *configure(struct arena *a, const char *yaml, const char *base_dir, struct problems *p)
{
    struct yaml *node = NULL;
    struct store *store = NULL;
    struct err err;
    problems_init(p, a, STR("expunge.yaml"));
    yaml_parse(str_of(yaml), a, &node, p);
    if (p->count == 0)
        assert_int_equal(store_configure(STR("under-test"), node, str_of(base_dir), p, &store, &err), OK);
    return store;
}

void trial_open(struct trial *t, const char *yaml, const char *base_dir)
{
    struct problems p;
    begin(t);
    t->store = configure(&t->a, yaml, base_dir, &p);
    if (p.count > 0)
        fail_msg("%.*s", STR_ARG(p.first->message));
    assert_non_null(t->store);
    if (store_open(t->store, &t->err) != OK)
        fail_msg("%s", t->err.text);
}

void trial_open_driver(struct trial *t, const struct store_driver *driver, const struct store_kind *kinds, size_t n)
{
    begin(t);
    t->store = calloc(1, sizeof(*t->store));
    assert_non_null(t->store);
    arena_init(&t->store->arena, 1 << 20);
    t->store->name = STR("under-test");
    t->store->driver = driver;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(store_kind_add(t->store, &kinds[i], &t->err), OK);
    assert_int_equal(store_open(t->store, &t->err), OK);
}

void trial_close(struct trial *t)
{
    store_close(t->store);
    arena_release(&t->a);
}

struct str trial_problems(struct arena *a, const char *yaml, const char *base_dir)
{
    struct problems p;
    store_close(configure(a, yaml, base_dir, &p));
    struct str all = STR("");
    for (const struct problem *i = p.first; i != NULL; i = i->next)
        all = arena_fmt(a, "%.*s%.*s\n", STR_ARG(all), STR_ARG(i->message));
    return all;
}

struct store_target trial_target(const char *id)
{
    struct hash h = sha256(str_of(id));
    struct store_target t = {
        .source = STR("branch"), .id = str_of(id), .started_ms = TIME_NONE, .ended_ms = TIME_NONE};
    memcpy(t.contact.b, h.b, ROW_KEY_BYTES);
    return t;
}

static bool owner_of(void *ctx, struct str source, struct str id, struct row_key *out)
{
    const struct trial *t = ctx;
    struct hash h = sha256(id);
    memcpy(out->b, h.b, ROW_KEY_BYTES);
    return !t->no_owners && str_is(source, "branch");
}

static void new_call(struct trial *t)
{
    t->err = (struct err){.code = OK};
    t->call = (struct store_call){.now_ms = t->now_ms, .deadline_ms = t->now_ms + 30000, .a = &t->a};
}

static enum status collect(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    struct trial *t = ctx;
    void *all = t->found, *targets = t->found_target;
    struct artefact *copy = ARENA_NEW(&t->a, struct artefact);
    if (copy == NULL || !arena_grow(&t->a, &all, &t->found_cap, t->found_n + 1, sizeof(*t->found)) ||
        !arena_grow(&t->a, &targets, &t->target_cap, t->found_n + 1, sizeof(*t->found_target)))
        return ARENA_FULL(err, &t->a);
    *copy = *found;
    copy->locator = arena_str(&t->a, found->locator);
    t->found = all;
    t->found_target = targets;
    t->found[t->found_n] = copy;
    t->found_target[t->found_n++] = target;
    return OK;
}

static enum status collect_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    struct trial *t = ctx;
    (void)target;
    (void)err;
    assert_true(t->leads_n < ARRAY_LEN(t->leads));
    t->leads[t->leads_n++] = *lead;
    return OK;
}

enum status trial_find(struct trial *t, const struct store_target *targets, size_t n)
{
    struct store_sink sink = {t, collect, collect_lead, owner_of};
    new_call(t);
    t->found_n = t->leads_n = 0;
    t->seen = ARENA_ARRAY(&t->a, struct store_seen, n);
    return store_find(t->store, &t->call, targets, n, &sink, t->seen, &t->err);
}

struct artefact *trial_found(const struct trial *t, size_t target, size_t number)
{
    for (size_t i = 0; i < t->found_n; i++)
        if (t->found_target[i] == target && number-- == 0)
            return t->found[i];
    return NULL;
}

const struct permit *trial_permit(struct trial *t, const struct store_target *targets, size_t n, enum effect effect)
{
    static const struct mandate mandate = {
        .reason = REASON_GDPR_ERASURE, .request_id = {"R-1", 3}, .regime = {"gdpr", 4}};
    struct permit_line *lines = ARENA_ARRAY(&t->a, struct permit_line, n);
    struct decision *decisions = ARENA_ARRAY(&t->a, struct decision, n);
    struct claim *claims = ARENA_ARRAY(&t->a, struct claim, n);
    struct row_key *chains = ARENA_ARRAY(&t->a, struct row_key, n);
    bool lock = effect == EFFECT_LOCK, on_data = effect <= EFFECT_RESTRICT;
    for (size_t i = 0; i < n; i++) {
        chains[i] = targets[i].contact;
        decisions[i] = (struct decision){.verdict = lock ? VERDICT_HELD : VERDICT_ERASE,
                                         .chain = chains[i],
                                         .chain_version = 1,
                                         .legs_n = 1,
                                         .legs = &chains[i],
                                         .effects = ARENA_ARRAY(&t->a, unsigned char, KIND_COUNT)};
        unsigned decided = !on_data ? EFFECT_NONE : effect == EFFECT_BLANK ? EFFECT_ERASE : effect;
        memset(decisions[i].effects, (int)decided, KIND_COUNT);
        claims[i] = (struct claim){
            .chain = chains[i], .worker = {{1}}, .chain_version = 1, .lease_until_ms = t->now_ms + 600000};
        lines[i] = (struct permit_line){&decisions[i], &mandate, &claims[i]};
    }
    struct receipt receipt = {
        .intent = {{2}}, .chains = chains, .chains_n = n, .effects = (unsigned)effect, .at_ms = t->now_ms,
        .subject_complete = true};
    const struct permit *permit = NULL;
    if (permit_mint(lines, n, &receipt, t->watch.epoch, &t->watch, t->now_ms, 60000, &t->a, &permit, &t->err) != OK)
        fail_msg("%s", t->err.text);
    return permit;
}

/* Of the right shape, and the same for the same value. */
static struct str pseudonym_of(void *ctx, struct str value, struct arena *a)
{
    (void)ctx;
    struct hash h = sha256(value);
    struct str s = arena_fmt(a, "PSN-00000000000000000000");
    for (size_t i = 0; i < 20 && s.p != NULL; i++)
        ((char *)(uintptr_t)s.p)[4 + i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[h.b[i] & 31];
    return s;
}

enum status trial_change(struct trial *t, const struct permit *permit, enum effect effect, struct artefact **artefacts,
                         size_t n)
{
    static const struct pseudonymiser pseudonymiser = {NULL, pseudonym_of};
    new_call(t);
    t->call.pseudonymiser = effect == EFFECT_PSEUDONYMISE ? &pseudonymiser : NULL;
    return store_change(t->store, &t->call, permit, effect, artefacts, n, &t->err);
}

enum status trial_verify(struct trial *t, struct artefact **artefacts, size_t n)
{
    new_call(t);
    return store_verify(t->store, &t->call, artefacts, n, &t->err);
}
