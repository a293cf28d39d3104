/* No permit unless decision, mandate, claim and receipt agree; and what a permit covers, to every branch. */
#include "tests/lib/policy_case.h"

#include "model/permit.h"

#define NOW INT64_C(1000000)
#define CALL_MAX INT64_C(60000)
#define ALL_EFFECTS 127u

static int64_t clock_ms;
static int64_t test_clock(void *ctx)
{
    (void)ctx;
    return clock_ms;
}

/* Two chains of one leg each, 1 and 2, of one person's request; everything agrees. */
struct world {
    struct arena a;
    unsigned char effects[2][KIND_COUNT];
    struct row_key legs[2];
    struct decision decisions[2];
    struct mandate mandates[2];
    struct claim claims[2];
    struct permit_line lines[2];
    struct row_key named[2];
    struct receipt receipt;
    struct epoch_watch watch;
    const struct permit *permit;
};

static void world_init(struct world *w)
{
    *w = (struct world){.watch = {.epoch = 5, .read_ms = NOW, .clock = test_clock, .stale_after_ms = 1000}};
    arena_init(&w->a, 1 << 16);
    clock_ms = NOW;
    for (unsigned char i = 0; i < 2; i++) {
        memset(w->effects[i], EFFECT_ERASE, KIND_COUNT);
        w->legs[i] = w->named[i] = key_case((unsigned char)(i + 1));
        w->decisions[i] = (struct decision){.verdict = VERDICT_ERASE, .chain = w->legs[i], .chain_version = 3,
             .legs_n = 1,
                                            .legs = &w->legs[i], .effects = w->effects[i]};
        w->mandates[i] = (struct mandate){.reason = REASON_GDPR_ERASURE, .request_id = STR("R-1")};
        w->claims[i] = (struct claim){.chain = w->legs[i], .worker = key_case(9), .chain_version = 3,
                                      .lease_until_ms = NOW + CALL_MAX + 100 + i};
        w->lines[i] = (struct permit_line){&w->decisions[i], &w->mandates[i], &w->claims[i]};
    }
    w->receipt = (struct receipt){.intent = key_case(8), .chains = w->named, .chains_n = 2, .effects = ALL_EFFECTS,
         .at_ms = NOW};
}

static enum status mint_n(struct world *w, size_t n)
{
    struct err err = {.code = OK};
    w->permit = NULL;
    return permit_mint(w->lines, n, &w->receipt, 5, &w->watch, NOW, CALL_MAX, &w->a, &w->permit, &err);
}

static enum status mint(struct world *w)
{
    return mint_n(w, 2);
}

static void set_verdict(struct world *w, size_t i, enum verdict v, enum effect every_kind)
{
    w->decisions[i].verdict = v;
    memset(w->effects[i], (int)every_kind, KIND_COUNT);
}

static void when_all_agree(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(mint(&w), OK);
    const struct gate *g = permit_gate(w.permit);
    assert_int_equal(g->epoch, 5);
    assert_int_equal(g->until_ms, NOW + 100); /* the earliest lease, less the longest call */
    assert_ptr_equal(g->watch, &w.watch);
    struct artefact f = {.kind = KIND_RECORDING, .contact = w.legs[0]};
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    memset(w.effects, 0, sizeof(w.effects)); /* what happens to the lines afterwards does not matter */
    w.decisions[0].verdict = VERDICT_HELD;
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    arena_release(&w.a);
}

static void each_disagreement_is_denied(void **state)
{
    (void)state;
    for (int i = 0; i < 17; i++) {
        struct world w;
        world_init(&w);
        size_t n = 2;
        switch (i) {
        case 0: n = 0; break;
        case 1: w.receipt.intent = (struct row_key){.b = {0}}; break;
        case 2: w.claims[1].chain = key_case(7); break;
        case 3: w.claims[1].chain_version = 4; break;
        case 4: w.claims[1].worker = key_case(7); break;
        case 5: w.claims[0].worker = w.claims[1].worker = (struct row_key){.b = {0}}; break;
        case 6: w.claims[1].lease_until_ms = NOW + CALL_MAX; break; /* no time for a call is left */
        case 7: w.named[1] = key_case(7); break;
        case 8: w.receipt.chains_n = 1; break;
        case 9: w.mandates[1].reason = REASON_NONE; break;
        case 10: set_verdict(&w, 1, VERDICT_HELD, EFFECT_ERASE); w.receipt.effects = EFFECT_ERASE; break;
        case 11: set_verdict(&w, 1, VERDICT_KEEP, EFFECT_ERASE); w.receipt.effects = EFFECT_ERASE; break;
        case 12: set_verdict(&w, 1, VERDICT_NEEDS_DECISION, EFFECT_ERASE); w.receipt.effects = EFFECT_ERASE |
             EFFECT_RESTRICT; break;
        case 13: set_verdict(&w, 1, VERDICT_REFUSED, EFFECT_ERASE); w.receipt.effects = EFFECT_ERASE | EFFECT_LOCK;
             break;
        case 14: set_verdict(&w, 1, VERDICT_PARTIAL, EFFECT_RESTRICT); w.receipt.effects = EFFECT_ERASE; break;
        case 15: w.lines[1] = w.lines[0]; break; /* one chain twice */
        case 16: w.receipt.effects = 0; break;
        default: fail();
        }
        if (mint_n(&w, n) != E_DENIED || w.permit != NULL)
            fail_msg("disagreement %d was not denied", i);
        arena_release(&w.a);
    }
}

static void protecting_needs_no_mandate(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < 2; i++) {
        set_verdict(&w, i, VERDICT_HELD, EFFECT_NONE);
        w.mandates[i] = (struct mandate){.reason = REASON_NONE};
    }
    w.receipt.effects = EFFECT_LOCK | EFFECT_RECALL;
    assert_int_equal(mint(&w), OK);
    set_verdict(&w, 1, VERDICT_KEEP, EFFECT_NONE); /* a lock on what is not held would bind for ever */
    w.receipt.effects = EFFECT_LOCK;
    assert_int_equal(mint(&w), E_DENIED);
    w.receipt.effects = EFFECT_UNLOCK;
    set_verdict(&w, 0, VERDICT_KEEP, EFFECT_NONE);
    assert_int_equal(mint(&w), OK);
    set_verdict(&w, 0, VERDICT_HELD, EFFECT_NONE);
    assert_int_equal(mint(&w), E_DENIED);
    arena_release(&w.a);
}

static void no_room_no_permit(void **state)
{
    (void)state;
    for (size_t cap = 1; cap < 150; cap += 40) {
        struct world w;
        world_init(&w);
        arena_release(&w.a);
        arena_init(&w.a, cap);
        assert_int_equal(mint(&w), E_LIMIT);
        assert_null(w.permit);
        arena_release(&w.a);
    }
}

#define E EFFECT_ERASE
#define B EFFECT_BLANK
#define P EFFECT_PSEUDONYMISE
#define R EFFECT_RESTRICT
#define L EFFECT_LOCK
#define U EFFECT_UNLOCK
#define C EFFECT_RECALL

/* For one contact's artefact: the decision about its kind against everything that could be done. */
static void effects_by_decision(void **state)
{
    (void)state;
    static const struct { enum verdict verdict; enum effect decided; unsigned receipt, covers; } cases[] = {
        {VERDICT_ERASE, E, ALL_EFFECTS, E | B | U},
        {VERDICT_ERASE, E, E, E},
        {VERDICT_ERASE, E, B, B},
        {VERDICT_PARTIAL, E, ALL_EFFECTS, E | B | U},
        {VERDICT_PARTIAL, R, ALL_EFFECTS, R | U | C},
        {VERDICT_PARTIAL, P, ALL_EFFECTS, P | U | C},
        {VERDICT_PARTIAL, P, P | E, P},
        {VERDICT_PARTIAL, EFFECT_NONE, ALL_EFFECTS, U | C},
        {VERDICT_HELD, EFFECT_NONE, ALL_EFFECTS, L | C},
        {VERDICT_HELD, E, ALL_EFFECTS, L | C}, /* stray effects of a decision that allows none */
        {VERDICT_KEEP, E, ALL_EFFECTS, U | C},
        {VERDICT_NEEDS_DECISION, E, ALL_EFFECTS, U | C},
        {VERDICT_REFUSED, E, ALL_EFFECTS, U | C},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_init(&w);
        set_verdict(&w, 0, cases[i].verdict, cases[i].decided);
        w.receipt.effects = cases[i].receipt;
        assert_int_equal(mint_n(&w, 1), OK);
        struct artefact f = {.kind = KIND_TRANSCRIPT, .contact = w.legs[0]};
        unsigned covers = 0;
        for (unsigned bit = 1; bit <= 64; bit <<= 1)
            covers |= permit_covers(w.permit, &f, (enum effect)bit) ? bit : 0;
        if (covers != cases[i].covers)
            fail_msg("case %zu covers %u, not %u", i, covers, cases[i].covers);
        f.contact = w.legs[1]; /* not in this permit */
        for (unsigned bit = 1; bit <= 64; bit <<= 1)
            assert_false(permit_covers(w.permit, &f, (enum effect)bit));
        arena_release(&w.a);
    }
}

static void kinds_are_judged_one_by_one(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.decisions[0].verdict = VERDICT_PARTIAL;
    w.effects[0][KIND_RECORDING] = EFFECT_RESTRICT;
    assert_int_equal(mint(&w), OK);
    struct artefact recording = {.kind = KIND_RECORDING, .contact = w.legs[0]};
    struct artefact transcript = {.kind = KIND_TRANSCRIPT, .contact = w.legs[0]};
    struct artefact other = {.kind = KIND_RECORDING, .contact = w.legs[1]};
    assert_false(permit_covers(w.permit, &recording, EFFECT_ERASE));
    assert_true(permit_covers(w.permit, &recording, EFFECT_RESTRICT));
    assert_true(permit_covers(w.permit, &transcript, EFFECT_ERASE));
    assert_false(permit_covers(w.permit, &transcript, EFFECT_RESTRICT));
    assert_true(permit_covers(w.permit, &other, EFFECT_ERASE));
    arena_release(&w.a);
}

static void what_is_shared_needs_every_owner(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(mint(&w), OK);
    struct row_key owners[3] = {w.legs[0], w.legs[1], key_case(7)};
    struct artefact f = {.kind = KIND_EMAIL_THREAD, .scope = SCOPE_SHARED, .contact = w.legs[0], .owners = owners};
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE)); /* cannot tell whose it is */
    f.owners_n = 2;
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    f.owners_n = 3; /* somebody else's too */
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
    f.owners_n = 2;
    set_verdict(&w, 1, VERDICT_HELD, EFFECT_NONE); /* the neighbour is held */
    assert_int_equal(mint(&w), OK);
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
    f.contact = w.legs[1];
    assert_true(permit_covers(w.permit, &f, EFFECT_LOCK)); /* protecting needs its own contact alone */
    assert_true(permit_covers(w.permit, &f, EFFECT_RECALL));
    assert_false(permit_covers(w.permit, &f, EFFECT_UNLOCK));
    f.contact = w.legs[0];
    assert_false(permit_covers(w.permit, &f, EFFECT_LOCK));
    assert_false(permit_covers(w.permit, &f, EFFECT_UNLOCK));
    arena_release(&w.a);
}

static void a_persons_data_goes_only_by_request(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct row_key owners[2] = {w.legs[0], w.legs[1]};
    struct artefact f = {.kind = KIND_PROFILE, .scope = SCOPE_SUBJECT, .contact = w.legs[0]};
    w.receipt.subject_complete = true;
    assert_int_equal(mint(&w), OK);
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE)); /* cannot tell whose it is */
    f.owners = owners;
    f.owners_n = 2;
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    w.mandates[1] = (struct mandate){.reason = REASON_OPERATOR}; /* one owner goes by an order */
    assert_int_equal(mint(&w), OK);
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
    f.owners_n = 1;
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    static const struct { enum reason reason; bool request_id, may; } cases[] = {
        {REASON_GDPR_ERASURE, true, true},  {REASON_CCPA_ERASURE, true, true},      {REASON_RISEN, true, true},
        {REASON_REPLAYED, true, true},      {REASON_GDPR_ERASURE, false, false},    {REASON_RISEN, false, false},
        {REASON_OPERATOR, true, false},     {REASON_RETENTION_EXPIRY, true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w.mandates[0] = (struct mandate){.reason = cases[i].reason, .request_id = cases[i].request_id ?
             STR("R-1") : STR_NONE};
        assert_int_equal(mint_n(&w, 1), OK);
        assert_int_equal(permit_covers(w.permit, &f, EFFECT_ERASE), cases[i].may);
        assert_true(permit_covers(w.permit, &f, EFFECT_UNLOCK)); /* changes no data */
    }
    w.mandates[0].reason = REASON_NONE; /* what is left of a withdrawn request */
    w.receipt.effects = EFFECT_UNLOCK;
    assert_int_equal(mint_n(&w, 1), OK);
    assert_true(permit_covers(w.permit, &f, EFFECT_UNLOCK));
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
    arena_release(&w.a);
}

static void nor_while_anything_of_the_request_stays(void **state)
{
    (void)state;
    static const enum verdict stays[] = {VERDICT_PARTIAL, VERDICT_HELD, VERDICT_KEEP, VERDICT_NEEDS_DECISION};
    for (size_t i = 0; i < ARRAY_LEN(stays); i++) {
        struct world w;
        world_init(&w);
        struct artefact f = {
            .kind = KIND_PROFILE, .scope = SCOPE_SUBJECT, .contact = w.legs[0], .owners = &w.legs[0], .owners_n = 1};
        w.receipt.subject_complete = true;
        w.decisions[1].verdict = stays[i];
        assert_int_equal(mint(&w), OK);
        assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
        w.mandates[1].request_id = STR("R-2"); /* another person's */
        assert_int_equal(mint(&w), OK);
        assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
        arena_release(&w.a);
    }
}

/* Held and retained chains are no lines: that none is among them says nothing of the person. */
static void nor_while_nobody_says_that_these_are_all_the_person_has(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct artefact f = {
        .kind = KIND_PROFILE, .scope = SCOPE_SUBJECT, .contact = w.legs[0], .owners = w.legs, .owners_n = 2};
    assert_int_equal(mint(&w), OK);
    assert_false(permit_covers(w.permit, &f, EFFECT_ERASE));
    assert_false(permit_covers(w.permit, &f, EFFECT_BLANK));
    assert_true(permit_covers(w.permit, &f, EFFECT_UNLOCK)); /* changes no data */
    f.scope = SCOPE_SHARED; /* the contacts' own */
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    f.scope = SCOPE_SUBJECT;
    w.receipt.subject_complete = true;
    assert_int_equal(mint(&w), OK);
    assert_true(permit_covers(w.permit, &f, EFFECT_ERASE));
    arena_release(&w.a);
}

static void many_legs_are_found(void **state)
{
    (void)state;
    enum { LEGS = 200 };
    struct world w;
    world_init(&w);
    struct row_key legs[LEGS];
    unsigned char effects[LEGS * KIND_COUNT];
    for (size_t i = 0; i < LEGS; i++) {
        legs[i] = key_case((unsigned char)(10 + (i * 77) % 211)); /* in no order */
        memset(&effects[i * KIND_COUNT], i % 2 ? EFFECT_RESTRICT : EFFECT_ERASE, KIND_COUNT);
    }
    w.decisions[0].verdict = VERDICT_PARTIAL;
    w.decisions[0].legs = legs;
    w.decisions[0].legs_n = LEGS;
    w.decisions[0].effects = effects;
    assert_int_equal(mint(&w), OK);
    for (size_t i = 0; i < LEGS; i++) {
        struct artefact f = {.kind = KIND_SMS, .contact = legs[i]};
        assert_int_equal(permit_covers(w.permit, &f, EFFECT_ERASE), i % 2 == 0);
        assert_int_equal(permit_covers(w.permit, &f, EFFECT_RESTRICT), i % 2 == 1);
    }
    arena_release(&w.a);
}

static void the_gate(void **state)
{
    (void)state;
    struct epoch_watch watch = {.epoch = 5, .read_ms = NOW, .clock = test_clock, .stale_after_ms = 1000};
    struct gate g = {.epoch = 5, .until_ms = NOW + 5000, .watch = &watch};
    clock_ms = NOW;
    assert_true(gate_open(&g));
    clock_ms = NOW + 1000;
    assert_true(gate_open(&g));
    clock_ms = NOW + 1001; /* what is known is too old */
    assert_false(gate_open(&g));
    watch.read_ms = NOW + 1001;
    assert_true(gate_open(&g));
    watch.epoch = 6; /* a hold came */
    assert_false(gate_open(&g));
    watch.epoch = 4;
    assert_false(gate_open(&g));
    watch.epoch = 5;
    watch.read_ms = clock_ms = NOW + 4999;
    assert_true(gate_open(&g));
    watch.read_ms = clock_ms = NOW + 5000; /* the permit's end */
    assert_false(gate_open(&g));
    clock_ms = NOW; /* the clock went back: what is known has no age */
    assert_false(gate_open(&g));
    watch.read_ms = TIME_NONE; /* never read */
    assert_false(gate_open(&g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_all_agree),
        cmocka_unit_test(each_disagreement_is_denied),
        cmocka_unit_test(protecting_needs_no_mandate),
        cmocka_unit_test(no_room_no_permit),
        cmocka_unit_test(effects_by_decision),
        cmocka_unit_test(kinds_are_judged_one_by_one),
        cmocka_unit_test(what_is_shared_needs_every_owner),
        cmocka_unit_test(a_persons_data_goes_only_by_request),
        cmocka_unit_test(nor_while_anything_of_the_request_stays),
        cmocka_unit_test(nor_while_nobody_says_that_these_are_all_the_person_has),
        cmocka_unit_test(many_legs_are_found),
        cmocka_unit_test(the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
