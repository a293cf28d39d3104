#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "registry/registry.h"

static int64_t counter = 1;
static int64_t next(void)
{
    return ++counter;
}

static struct str text(struct arena *a)
{
    return arena_fmt(a, "text %d", (int)next());
}

static struct row_key key(void)
{
    struct row_key k = {{0}};
    int64_t n = next();
    memcpy(k.b, &n, sizeof(n));
    return k;
}

static void fill_leg(struct leg *l, struct arena *a)
{
    *l = (struct leg){.key = key(), .id = text(a), .initial = text(a), .started_ms = next(), .ended_ms = next(),
        .created_ms = next(), .case_closed_ms = next(), .contract_end_ms = next(), .channel = text(a), .queue = text(a),
        .agent = text(a), .direction = text(a), .division = text(a), .customers = next(), .time_suspect = true,
        .end_stated = true, .category = text(a), .unmapped = true, .unmapped_value = text(a), .defaulted = true,
        .registered_ms = next(), .newest_ms = next(), .attributes_n = 3, .locators_n = 2, .subjects_n = 2,
        .related_n = 2};
    memset(l->newest_digest.b, (int)(next() & 0x7f), HASH_BYTES);
    for (size_t i = 0; i < FACT_COUNT; i++)
        l->fact_version_ms[i] = next();
    l->attributes = ARENA_ARRAY(a, struct attribute, 3);
    l->locators = ARENA_ARRAY(a, struct locator, 2);
    l->subjects = ARENA_ARRAY(a, struct row_key, 2);
    l->related = ARENA_ARRAY(a, struct str, 2);
    for (size_t i = 0; i < 3; i++)
        l->attributes[i] = (struct attribute){text(a), text(a)};
    for (size_t i = 0; i < 2; i++) {
        l->locators[i] = (struct locator){KIND_RECORDING, text(a), text(a)};
        l->subjects[i] = key();
        l->related[i] = text(a);
    }
}

static struct chain filled(struct arena *a, size_t legs_n)
{
    struct chain c = {.key = key(), .version = 7, .source = text(a), .state = CHAIN_REVIEW, .grace_until_ms = next(),
        .mandate = {.reason = REASON_CCPA_ERASURE, .actor = text(a), .request_id = text(a), .regime = text(a),
                    .run_id = text(a), .note = text(a), .accepted_ms = next(), .deadline_ms = next(), .digest = key()},
        .worker = key(), .claimed_ms = next(), .intent = key(), .submitted_any = true, .next_ms = next(),
        .tries = next(), .first_try_ms = next(), .failed = true, .needs_decision = true, .decision_why = text(a),
        .decided = text(a), .verified_ms = next(), .verified_again_ms = next(), .purged_ms = next(),
        .scrubbed_until_ms = next(), .retained_until_ms = next(), .risen_ms = next(), .echoes = next(), .partial = true,
        .queue = QUEUE_VERIFY, .queue_category = 513, .queue_time_ms = next(), .registered_ms = next(),
        .policy_version = text(a), .away_store = text(a), .legs_n = legs_n, .holds_n = 2, .past_holds_n = 1};
    c.legs = ARENA_ARRAY(a, struct leg, legs_n);
    c.holds = ARENA_ARRAY(a, struct chain_hold, 2);
    c.past_holds = ARENA_ARRAY(a, struct chain_hold, 1);
    for (size_t i = 0; i < legs_n; i++)
        fill_leg(&c.legs[i], a);
    c.legs[0].key = c.key;
    for (size_t i = 0; i < 2; i++)
        c.holds[i] = (struct chain_hold){key(), next(), key()};
    c.past_holds[0] = (struct chain_hold){key(), next(), key()};
    return c;
}

static void same_text(struct str a, struct str b)
{
    assert_int_equal(a.p == NULL, b.p == NULL);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p ? a.p : "", b.p ? b.p : "", a.n);
}

static void same_leg(const struct leg *x, const struct leg *y)
{
    assert_true(row_key_eq(&x->key, &y->key));
    const struct str *xs[] = {&x->id, &x->initial, &x->channel, &x->queue, &x->agent, &x->direction, &x->division,
                              &x->category, &x->unmapped_value};
    const struct str *ys[] = {&y->id, &y->initial, &y->channel, &y->queue, &y->agent, &y->direction, &y->division,
                              &y->category, &y->unmapped_value};
    for (size_t i = 0; i < ARRAY_LEN(xs); i++)
        same_text(*xs[i], *ys[i]);
    const int64_t xt[] = {x->started_ms, x->ended_ms, x->created_ms, x->case_closed_ms, x->contract_end_ms,
                          x->customers, x->registered_ms, x->newest_ms, x->time_suspect, x->end_stated, x->unmapped,
                          x->defaulted};
    const int64_t yt[] = {y->started_ms, y->ended_ms, y->created_ms, y->case_closed_ms, y->contract_end_ms,
                          y->customers, y->registered_ms, y->newest_ms, y->time_suspect, y->end_stated, y->unmapped,
                          y->defaulted};
    assert_memory_equal(xt, yt, sizeof(xt));
    assert_memory_equal(x->fact_version_ms, y->fact_version_ms, sizeof(x->fact_version_ms));
    assert_memory_equal(x->newest_digest.b, y->newest_digest.b, HASH_BYTES);
    assert_int_equal(x->attributes_n, y->attributes_n);
    for (size_t i = 0; i < x->attributes_n; i++) {
        same_text(x->attributes[i].name, y->attributes[i].name);
        same_text(x->attributes[i].value, y->attributes[i].value);
    }
    assert_int_equal(x->locators_n, y->locators_n);
    for (size_t i = 0; i < x->locators_n; i++) {
        assert_int_equal(x->locators[i].kind, y->locators[i].kind);
        same_text(x->locators[i].place, y->locators[i].place);
        same_text(x->locators[i].path, y->locators[i].path);
    }
    assert_int_equal(x->subjects_n, y->subjects_n);
    assert_memory_equal(x->subjects, y->subjects, x->subjects_n * sizeof(*x->subjects));
    assert_int_equal(x->related_n, y->related_n);
    for (size_t i = 0; i < x->related_n; i++)
        same_text(x->related[i], y->related[i]);
}

static void same_holds(const struct chain_hold *x, const struct chain_hold *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(row_key_eq(&x[i].matter, &y[i].matter));
        assert_true(row_key_eq(&x[i].leg, &y[i].leg));
        assert_true(x[i].since_ms == y[i].since_ms);
    }
}

static void same_chain(const struct chain *x, const struct chain *y)
{
    const struct str *xs[] = {&x->source, &x->mandate.actor, &x->mandate.request_id, &x->mandate.regime,
                              &x->mandate.run_id, &x->mandate.note, &x->decision_why, &x->decided, &x->policy_version,
                              &x->away_store};
    const struct str *ys[] = {&y->source, &y->mandate.actor, &y->mandate.request_id, &y->mandate.regime,
                              &y->mandate.run_id, &y->mandate.note, &y->decision_why, &y->decided, &y->policy_version,
                              &y->away_store};
    for (size_t i = 0; i < ARRAY_LEN(xs); i++)
        same_text(*xs[i], *ys[i]);
    const int64_t xt[] = {(int64_t)x->version, x->state, x->grace_until_ms, x->mandate.reason, x->mandate.accepted_ms,
        x->mandate.deadline_ms, x->claimed_ms, x->submitted_any, x->next_ms, x->tries, x->first_try_ms, x->failed,
        x->needs_decision, x->verified_ms, x->verified_again_ms, x->purged_ms, x->scrubbed_until_ms,
        x->retained_until_ms, x->risen_ms, x->echoes, x->partial, x->queue, x->queue_category, x->queue_time_ms,
        x->registered_ms, (int64_t)x->legs_n, (int64_t)x->holds_n, (int64_t)x->past_holds_n};
    const int64_t yt[] = {(int64_t)y->version, y->state, y->grace_until_ms, y->mandate.reason, y->mandate.accepted_ms,
        y->mandate.deadline_ms, y->claimed_ms, y->submitted_any, y->next_ms, y->tries, y->first_try_ms, y->failed,
        y->needs_decision, y->verified_ms, y->verified_again_ms, y->purged_ms, y->scrubbed_until_ms,
        y->retained_until_ms, y->risen_ms, y->echoes, y->partial, y->queue, y->queue_category, y->queue_time_ms,
        y->registered_ms, (int64_t)y->legs_n, (int64_t)y->holds_n, (int64_t)y->past_holds_n};
    assert_memory_equal(xt, yt, sizeof(xt));
    assert_true(row_key_eq(&x->key, &y->key) && row_key_eq(&x->worker, &y->worker));
    assert_true(row_key_eq(&x->intent, &y->intent) && row_key_eq(&x->mandate.digest, &y->mandate.digest));
    same_holds(x->holds, y->holds, x->holds_n);
    same_holds(x->past_holds, y->past_holds, x->past_holds_n);
    for (size_t i = 0; i < x->legs_n; i++)
        same_leg(&x->legs[i], &y->legs[i]);
}

static void round_trip(size_t legs_n)
{
    struct arena a;
    struct row row;
    struct chain out;
    arena_init(&a, 64 << 20);
    struct chain in = filled(&a, legs_n);
    assert_int_equal(registry_chain_row(&in, &a, &row, NULL), OK);
    assert_int_equal(row.version, 7);
    assert_int_equal(row.queue, QUEUE_VERIFY);
    assert_int_equal(registry_chain_read(&row, &a, &out, NULL), OK);
    same_chain(&in, &out);
    arena_release(&a);
}

static void test_round_trip(void **state)
{
    (void)state;
    round_trip(1);
    round_trip(300);
}

static void test_too_large(void **state)
{
    (void)state;
    struct arena a;
    struct row row;
    struct err err = {0};
    arena_init(&a, 64 << 20);
    struct chain c = filled(&a, LEGS_MAX);
    char *value = arena_alloc(&a, 4096);
    memset(value, 'x', 4096);
    for (size_t i = 0; i < LEGS_MAX; i++)
        c.legs[i].attributes[0].value = (struct str){value, 4096};
    assert_int_equal(registry_chain_row(&c, &a, &row, &err), E_LIMIT);
    assert_non_null(strstr(err.text, "larger than"));
    arena_release(&a);
}

static void test_damage(void **state)
{
    (void)state;
    struct arena a;
    struct row row;
    struct chain out;
    struct err err = {0};
    arena_init(&a, 8 << 20);
    struct chain c = filled(&a, 2);
    assert_int_equal(registry_chain_row(&c, &a, &row, NULL), OK);
    row.body.n--;
    assert_int_equal(registry_chain_read(&row, &a, &out, &err), E_INVALID);
    assert_non_null(strstr(err.text, "damaged"));
    row.body.n++;
    row.key.n = 5;
    assert_int_equal(registry_chain_read(&row, &a, &out, &err), E_INVALID);
    arena_release(&a);
}

/* What a person or a place could be read from is gone from the bytes; what holds match on is there. */
static void test_blank(void **state)
{
    (void)state;
    struct arena a;
    struct row row;
    struct chain out;
    arena_init(&a, 8 << 20);
    struct chain c = filled(&a, 2), before = filled(&a, 2);
    struct leg *l = &c.legs[1], was = *l;
    before = c;
    const struct str secrets[] = {l->id, l->initial, l->attributes[0].value, l->attributes[0].name, l->locators[1].path,
                                  l->locators[0].place, l->related[1], l->unmapped_value, c.mandate.note};
    chain_blank(&c);
    assert_int_equal(registry_chain_row(&c, &a, &row, NULL), OK);
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        assert_null(memmem(row.body.p, row.body.n, secrets[i].p, secrets[i].n));
    assert_int_equal(registry_chain_read(&row, &a, &out, NULL), OK);
    l = &out.legs[1];
    assert_null(l->id.p);
    assert_int_equal(l->attributes_n + l->locators_n + l->related_n, 0);
    assert_true(str_eq(l->queue, was.queue) && str_eq(l->agent, was.agent) && str_eq(l->channel, was.channel));
    assert_true(str_eq(l->category, was.category) && str_eq(l->division, was.division));
    assert_true(l->started_ms == was.started_ms && l->ended_ms == was.ended_ms);
    assert_int_equal(l->subjects_n, 2);
    assert_true(row_key_eq(&l->key, &was.key));
    assert_true(str_eq(out.source, before.source) && out.purged_ms == before.purged_ms);
    assert_int_equal(out.holds_n, 2);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_too_large),
                                       cmocka_unit_test(test_damage), cmocka_unit_test(test_blank)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
