/* The decision, as tables: hold > legal minimum > request or order > erase_after > default (rules 2.4-2.8, 2.11). */
#include "tests/lib/policy_case.h"

#define NOW "2026-06-01T12:00:00Z"

static struct policy_case c;

static int start(void **state)
{
    (void)state;
    policy_case_init(&c, policy_case_yaml, "UTC");
    return 0;
}

static int end(void **state)
{
    (void)state;
    policy_case_release(&c);
    return 0;
}

enum { EXPIRY = REASON_RETENTION_EXPIRY, REQUEST = REASON_GDPR_ERASURE, CCPA = REASON_CCPA_ERASURE,
     ORDER = REASON_OPERATOR,
       RISEN = REASON_RISEN };

struct one_leg {
    const char *what, *category, *ended;
    int asked;
    enum regime regime;
    enum verdict verdict;
    int recording, record, transcript; /* effects */
    const char *decided;
    bool unmapped, open, held, grace, waived;
    int64_t customers;
    const char *keep_until, *law;
};

#define N EFFECT_NONE
#define E EFFECT_ERASE
#define R EFFECT_RESTRICT
#define P EFFECT_PSEUDONYMISE
#define KEEP VERDICT_KEEP
#define ERASE VERDICT_ERASE
#define PARTIAL VERDICT_PARTIAL
#define NEEDS VERDICT_NEEDS_DECISION
#define HELD VERDICT_HELD
#define REFUSED VERDICT_REFUSED

static const struct one_leg table[] = {
    /* the schedule */
    {"not due", "std", "2025-01-01", EXPIRY, 0, KEEP, N, N, N, .decided = NULL},
    {"due", "std", "2024-05-01", EXPIRY, 0, ERASE, E, E, E, .decided = NULL},
    {"due to the millisecond", "std", "2024-06-01T12:00:00Z", EXPIRY, 0, ERASE, E, E, E, .decided = NULL},
    {"one millisecond early", "std", "2024-06-01T12:00:00.001Z", EXPIRY, 0, KEEP, N, N, N, .decided = NULL},
    {"nothing asked is a look at the schedule", "std", "2024-05-01", REASON_NONE, 0, ERASE, E, E, E, .decided = NULL},
    {"past keep, before erase_after", "fin", "2020-01-01", EXPIRY, 0, KEEP, N, N, N, .decided = NULL},
    {"past both; nobody confirmed, none needed", "fin_open", "2019-01-01", EXPIRY, 0, ERASE, E, E, E, .decided = NULL},
    {"a case not told closed", "case", "2010-01-01", EXPIRY, 0, KEEP, N, N, N,
         .keep_until = "9999-12-31T23:59:59.999Z"},
    {"never without erase_after, but its hold wins first", "frozen", "2010-01-01", EXPIRY, 0, HELD, N, N, N,
         .decided = NULL},
    {"unmapped: kept as the longest, nobody asked", "std", "2023-01-01", EXPIRY, 0, KEEP, N, N, N, .unmapped = true,
     .keep_until = "2028-01-02"},
    {"unmapped, past the longest", "std", "2021-01-01", EXPIRY, 0, ERASE, E, E, E, .unmapped = true},
    {"several customers do not matter to expiry", "std", "2024-05-01", EXPIRY, 0, ERASE, E, E, E, .customers = 3},
    /* holds */
    {"hold beats expiry", "std", "2020-01-01", EXPIRY, 0, HELD, N, N, N, .held = true},
    {"hold beats request", "std", "2026-01-01", REQUEST, REGIME_GDPR, HELD, N, N, N, .held = true},
    {"hold beats order", "std", "2026-01-01", ORDER, 0, HELD, N, N, N, .held = true},
    {"hold beats risen", "std", "2026-01-01", RISEN, REGIME_GDPR, HELD, N, N, N, .held = true},
    {"hold beats a decision", "std", "2026-01-01", ORDER, 0, HELD, N, N, N, .held = true, .decided = "erase"},
    {"grace blocks expiry", "std", "2020-01-01", EXPIRY, 0, HELD, N, N, N, .grace = true},
    {"grace blocks a request", "std", "2026-01-01", REQUEST, REGIME_GDPR, HELD, N, N, N, .grace = true},
    {"a waived grace blocks expiry", "std", "2020-01-01", EXPIRY, 0, HELD, N, N, N, .grace = true, .waived = true},
    {"but no request", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .grace = true, .waived = true},
    {"of whatever regime", "std", "2026-01-01", CCPA, REGIME_CCPA, ERASE, E, E, E, .grace = true, .waived = true},
    {"nor lets risen go", "std", "2026-01-01", RISEN, REGIME_GDPR, HELD, N, N, N, .grace = true, .waived = true},
    {"a hold beats the waiver", "std", "2026-01-01", REQUEST, REGIME_GDPR, HELD, N, N, N, .held = true, .grace = true,
     .waived = true},
    {"grace does not block an order", "std", "2026-01-01", ORDER, 0, ERASE, E, E, E, .grace = true},
    /* requests */
    {"no minimum", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = NULL},
    {"younger than the minimum age", "std", "2026-06-01T11:00:00Z", REQUEST, REGIME_GDPR, ERASE, E, E, E,
         .decided = NULL},
    {"a confirmed minimum of the regime", "fin", "2026-01-01", REQUEST, REGIME_GDPR, PARTIAL, R, P, E,
     .keep_until = "2031-01-02", .law = "MiFID II 16(7)"},
    {"the UK's too", "fin", "2026-01-01", REQUEST, REGIME_UK_GDPR, PARTIAL, R, P, E, .keep_until = "2031-01-02"},
    {"regime by the reason", "fin", "2026-01-01", REQUEST, REGIME_NONE, PARTIAL, R, P, E, .keep_until = "2031-01-02"},
    {"another regime's request", "fin", "2026-01-01", CCPA, REGIME_CCPA, ERASE, E, E, E, .decided = NULL},
    {"ccpa by the reason", "fin", "2026-01-01", CCPA, REGIME_NONE, ERASE, E, E, E, .decided = NULL},
    {"other regimes", "fin", "2026-01-01", REQUEST, REGIME_OTHER, ERASE, E, E, E, .decided = NULL},
    {"keep has ended", "fin", "2021-05-30", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = NULL},
    {"keep ends with its last day", "fin", "2021-05-31T23:59:59Z", REQUEST, REGIME_GDPR, ERASE, E, E, E,
         .decided = NULL},
    {"and not before", "fin", "2021-06-01T00:00:00Z", REQUEST, REGIME_GDPR, PARTIAL, R, P, E,
         .keep_until = "2026-06-02"},
    {"not confirmed", "fin_open", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N, .keep_until = "2031-01-02"},
    {"not confirmed, but of another regime", "fin_open", "2026-01-01", CCPA, REGIME_CCPA, ERASE, E, E, E,
         .decided = NULL},
    {"foreign law resists nothing", "hipaa", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = NULL},
    {"no law at all", "bare", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N, .keep_until = "2027-01-02"},
    {"nothing said about kinds: restrict all", "fin_all", "2026-01-01", REQUEST, REGIME_GDPR, PARTIAL, R, R, R,
     .keep_until = "2031-01-02", .law = "HGB 257"},
    {"every kind may go", "fin_none", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = NULL},
    {"unmapped", "std", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N, .unmapped = true,
         .keep_until = "2031-01-02"},
    {"unmapped, past the longest keep", "std", "2021-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .unmapped = true},
    {"several customers", "std", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N, .customers = 2},
    {"one customer", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .customers = 1},
    {"several customers and a hold", "std", "2026-01-01", REQUEST, REGIME_GDPR, HELD, N, N, N, .customers = 2,
         .held = true},
    /* orders */
    {"no minimum", "std", "2026-01-01", ORDER, 0, ERASE, E, E, E, .decided = NULL},
    {"a confirmed minimum", "fin", "2026-01-01", ORDER, 0, PARTIAL, N, N, E, .keep_until = "2031-01-02",
     .law = "MiFID II 16(7)"},
    {"it binds orders of whatever law", "hipaa", "2026-01-01", ORDER, 0, REFUSED, N, N, N, .keep_until = "2029-01-02"},
    {"nothing may go", "fin_all", "2026-01-01", ORDER, 0, REFUSED, N, N, N, .keep_until = "2031-01-02",
         .law = "HGB 257"},
    {"every kind may go", "fin_none", "2026-01-01", ORDER, 0, ERASE, E, E, E, .decided = NULL},
    {"not confirmed", "fin_open", "2026-01-01", ORDER, 0, NEEDS, N, N, N, .keep_until = "2031-01-02"},
    {"no law at all", "bare", "2026-01-01", ORDER, 0, NEEDS, N, N, N, .keep_until = "2027-01-02"},
    {"past keep", "bare", "2025-01-01", ORDER, 0, ERASE, E, E, E, .decided = NULL},
    {"unmapped", "std", "2026-01-01", ORDER, 0, NEEDS, N, N, N, .unmapped = true, .keep_until = "2031-01-02"},
    {"several customers", "std", "2026-01-01", ORDER, 0, ERASE, E, E, E, .customers = 2},
    /* what a person decided: only where a decision is needed */
    {"erase the unconfirmed", "fin_open", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = "erase"},
    {"keep the unconfirmed", "fin_open", "2026-01-01", REQUEST, REGIME_GDPR, KEEP, N, N, N, .decided = "keep",
     .keep_until = "2031-01-02"},
    {"no decision beats a confirmed law", "fin", "2026-01-01", REQUEST, REGIME_GDPR, PARTIAL, R, P, E,
         .decided = "erase",
     .keep_until = "2031-01-02"},
    {"nor refuses a plain request", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .decided = "keep"},
    {"nor brings forward the schedule", "std", "2026-01-01", EXPIRY, 0, KEEP, N, N, N, .decided = "erase"},
    {"several customers, decided", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .customers = 2,
     .decided = "erase"},
    {"several customers, kept", "std", "2026-01-01", REQUEST, REGIME_GDPR, KEEP, N, N, N, .customers = 2,
         .decided = "keep"},
    {"unmapped, erase", "std", "2026-01-01", ORDER, 0, ERASE, E, E, E, .unmapped = true, .decided = "erase"},
    {"unmapped, mapped to std", "std", "2026-01-01", REQUEST, REGIME_GDPR, ERASE, E, E, E, .unmapped = true,
     .decided = "category:std"},
    {"unmapped, mapped to fin", "std", "2026-01-01", REQUEST, REGIME_GDPR, PARTIAL, R, P, E, .unmapped = true,
     .decided = "category:fin", .keep_until = "2031-01-02"},
    {"unmapped, mapped to nothing", "std", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N, .unmapped = true,
     .decided = "category:none", .keep_until = "2031-01-02"},
    {"a category does not confirm a law", "fin_open", "2026-01-01", REQUEST, REGIME_GDPR, NEEDS, N, N, N,
     .decided = "category:std", .keep_until = "2031-01-02"},
    /* what comes back */
    {"risen", "std", "2026-01-01", RISEN, 0, ERASE, E, E, E, .decided = NULL},
    {"replayed", "std", "2026-01-01", REASON_REPLAYED, 0, ERASE, E, E, E, .decided = NULL},
    {"risen, erased by request: its regime counts", "fin", "2026-01-01", RISEN, REGIME_CCPA, ERASE, E, E, E,
         .decided = NULL},
    {"risen, a minimum of its regime", "fin", "2026-01-01", RISEN, REGIME_GDPR, PARTIAL, R, P, E,
         .keep_until = "2031-01-02"},
    {"risen, nothing may go", "fin_all", "2026-01-01", RISEN, 0, KEEP, N, N, N, .keep_until = "2031-01-02"},
    {"risen, several customers: decided before", "std", "2026-01-01", RISEN, REGIME_GDPR, ERASE, E, E, E,
         .customers = 2},
    {"risen without an end", "std", NULL, RISEN, 0, ERASE, E, E, E, .open = true},
    /* no end stated; last news long ago */
    {"open, expiry", "std", NULL, EXPIRY, 0, NEEDS, N, N, N, .open = true},
    {"open, request", "std", NULL, REQUEST, REGIME_GDPR, NEEDS, N, N, N, .open = true},
    {"open, order", "std", NULL, ORDER, 0, NEEDS, N, N, N, .open = true},
    {"open, decided", "std", NULL, ORDER, 0, ERASE, E, E, E, .open = true, .decided = "erase"},
    {"open, decided without a mandate", "std", NULL, EXPIRY, 0, ERASE, E, E, E, .open = true, .decided = "erase"},
    {"open, kept", "std", NULL, EXPIRY, 0, KEEP, N, N, N, .open = true, .decided = "keep"},
    {"open, held", "std", NULL, ORDER, 0, HELD, N, N, N, .open = true, .held = true},
};

/* A matter by ids, released, its grace running. */
static struct hold released_case(unsigned char matter, const char *waived_by)
{
    return (struct hold){.matter = key_case(matter), .scope = HOLD_IDS, .released_ms = at("2026-05-20"), .grace_until_ms = at("2026-06-02"),
                         .released_by = STR("ann"), .waived_ms = waived_by ? at("2026-05-21") : TIME_NONE, .waived_by = str_of(waived_by)};
}

static struct decision decide_under(const struct chain *chain, const struct hold *holds, size_t n, enum reason asked, enum regime regime)
{
    struct decision d;
    struct err err;
    struct decide_input in = {.policy = &c.policy, .chain = chain, .holds = holds, .holds_n = n, .asked = asked, .regime = regime,
                              .now_ms = at(NOW)};
    assert_int_equal(decide(&in, &c.a, &d, &err), OK);
    return d;
}

static void check_case(const struct one_leg *one)
{
    struct leg leg = leg_case(1, one->category, one->ended != NULL ? at(one->ended) : TIME_NONE);
    struct chain_hold member = {.matter = key_case(7)};
    struct chain chain = chain_case(&leg, 1);
    leg.unmapped = one->unmapped;
    leg.customers = one->customers;
    if (one->open)
        leg.registered_ms = chain.registered_ms = at("2026-01-01");
    chain.holds = &member;
    chain.holds_n = one->held ? 1 : 0;
    chain.grace_until_ms = one->grace ? at("2026-06-02") : TIME_NONE;
    chain.decided = str_of(one->decided);
    struct hold released = released_case(8, one->waived ? "bob" : NULL);
    struct chain_hold past = {.matter = key_case(8)};
    chain.past_holds = &past;
    chain.past_holds_n = one->grace ? 1 : 0;
    struct decision d = decide_under(&chain, &released, 1, (enum reason)one->asked, one->regime);
    int recording = decision_effect(&d, &leg.key, KIND_RECORDING), record = decision_effect(&d, &leg.key,
         KIND_CONTACT_RECORD);
    int transcript = decision_effect(&d, &leg.key, KIND_TRANSCRIPT);
    if (d.verdict != one->verdict || recording != one->recording || record != one->record ||
         transcript != one->transcript)
        fail_msg("%s, %s: verdict %d, effects %d %d %d: %.*s", one->category, one->what, d.verdict, recording, record,
                 transcript, STR_ARG(d.why));
    if (one->keep_until != NULL && d.keep_until_ms != at(one->keep_until))
        fail_msg("%s, %s: keep until %s", one->category, one->what, time_str(d.keep_until_ms, &c.a).p);
    if (one->keep_until == NULL && d.verdict == ERASE)
        assert_int_equal(d.keep_until_ms, TIME_NONE);
    if (one->law != NULL)
        assert_string_equal(d.law.p, one->law);
    assert_true(d.why.n > 0 && d.because_n > 0);
    assert_int_equal(d.chain_version, 7);
    assert_true(str_eq(d.policy_version, c.policy.version));
}

static void one_leg_as_a_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        check_case(&table[i]);
}

static void every_grace_that_runs_must_be_waived(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2026-01-01"));
    struct row_key ann = key_case(5), bob = key_case(6);
    struct chain_hold past[] = {{.matter = key_case(7)}, {.matter = key_case(8)}};
    struct hold holds[] = {released_case(7, "bob"), released_case(8, NULL)};
    struct chain chain = chain_case(&leg, 1);
    leg.subjects = &ann;
    leg.subjects_n = 1;
    chain.past_holds = past;
    chain.grace_until_ms = at("2026-06-02");
    assert_int_equal(decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR).verdict, HELD); /* no matter explains it */
    chain.past_holds_n = 1; /* another matter's grace is none of its business */
    assert_int_equal(decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR).verdict, ERASE);
    chain.past_holds_n = 2;
    assert_int_equal(decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR).verdict, HELD);
    holds[1].grace_until_ms = at(NOW); /* has ended */
    assert_int_equal(decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR).verdict, ERASE);
    holds[1] = released_case(9, NULL); /* a standing one */
    holds[1].scope = HOLD_SUBJECT;
    holds[1].subjects = &ann;
    holds[1].subjects_n = 1;
    struct decision d = decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR);
    assert_int_equal(d.verdict, HELD);
    assert_string_equal(d.because[d.because_n - 1].rule.p, "2.11");
    holds[1].waived_by = STR("bob");
    d = decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR);
    assert_int_equal(d.verdict, ERASE);
    bool told = false;
    for (size_t i = 0; i < d.because_n; i++)
        told |= str_is(d.because[i].text, "a second person waived it for requests");
    assert_true(told);
    holds[1].waived_by = STR_NONE;
    holds[1].subjects = &bob; /* of somebody else */
    assert_int_equal(decide_under(&chain, holds, 2, REASON_GDPR_ERASURE, REGIME_GDPR).verdict, ERASE);
}

static void a_minimum_binds_its_leg_not_the_neighbour(void **state)
{
    (void)state;
    struct leg legs[3] = {leg_case(1, "std", at("2026-01-01")), leg_case(2, "fin", at("2026-01-01")),
                          leg_case(3, "fin_all", at("2026-02-01"))};
    struct chain chain = chain_case(legs, 3);
    struct decision d = decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at(NOW));
    assert_int_equal(d.verdict, PARTIAL);
    assert_int_equal(decision_effect(&d, &legs[0].key, KIND_RECORDING), E);
    assert_int_equal(decision_effect(&d, &legs[1].key, KIND_RECORDING), R);
    assert_int_equal(decision_effect(&d, &legs[1].key, KIND_TRANSCRIPT), E);
    assert_int_equal(decision_effect(&d, &legs[2].key, KIND_TRANSCRIPT), R);
    assert_int_equal(d.keep_until_ms, at("2031-02-02")); /* the latest */
    assert_string_equal(d.law.p, "MiFID II 16(7); HGB 257");
    legs[0] = leg_case(1, "fin", at("2026-01-01")); /* the same law twice is named once */
    d = decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at(NOW));
    assert_string_equal(d.law.p, "MiFID II 16(7); HGB 257");
    legs[0].category = STR("std");
    struct row_key stranger = key_case(9);
    assert_int_equal(decision_effect(&d, &stranger, KIND_RECORDING), N);
    d = decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW));
    assert_int_equal(d.verdict, PARTIAL);
    assert_int_equal(decision_effect(&d, &legs[2].key, KIND_TRANSCRIPT), N);
    /* One leg that needs a decision stops the chain, whatever its neighbours allow. */
    legs[2].category = STR("fin_open");
    d = decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at(NOW));
    assert_int_equal(d.verdict, NEEDS);
    for (size_t i = 0; i < d.legs_n * KIND_COUNT; i++)
        assert_int_equal(d.effects[i], N);
}

static void one_leg_not_due_keeps_the_chain(void **state)
{
    (void)state;
    struct leg legs[2] = {leg_case(1, "std", at("2020-01-01")), leg_case(2, "std", at("2025-01-01"))};
    struct chain chain = chain_case(legs, 2);
    struct decision d = decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW));
    assert_int_equal(d.verdict, KEEP);
    assert_int_equal(d.due_ms, at("2027-01-01"));
    d = decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at("2027-01-01"));
    assert_int_equal(d.verdict, ERASE);
    assert_int_equal(decision_effect(&d, &legs[0].key, KIND_SMS), E);
    assert_int_equal(decision_effect(&d, &legs[1].key, KIND_SMS), E);
}

static void an_old_contact_registered_today_is_due_a_young_one_waits_a_day(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    leg.registered_ms = at(NOW) - HOUR_MS;
    struct chain chain = chain_case(&leg, 1);
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW)).verdict, ERASE);
    leg.ended_ms = at(NOW) - HOUR_MS; /* its clock may start elsewhere; it itself is an hour old */
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW)).verdict, KEEP);
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, ERASE);
}

static void a_live_contact_is_kept_until_it_falls_silent(void **state)
{
    (void)state;
    static const enum reason asked[] = {REASON_RETENTION_EXPIRY, REASON_OPERATOR, REASON_GDPR_ERASURE};
    struct leg leg = leg_case(1, "std", TIME_NONE);
    leg.registered_ms = at("2026-01-01");
    struct chain chain = chain_case(&leg, 1);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        leg.newest_ms = at(NOW) - 30 * DAY_MS + 1;
        struct decision d = decide_case(&c, &chain, asked[i], REGIME_GDPR, at(NOW));
        assert_int_equal(d.verdict, KEEP);
        assert_string_equal(d.why.p, "the contact is still open at its source");
        leg.newest_ms = at(NOW) - 30 * DAY_MS;
        assert_int_equal(decide_case(&c, &chain, asked[i], REGIME_GDPR, at(NOW)).verdict, NEEDS);
        leg.newest_ms = 0; /* its document states no version: it was registered just now */
        leg.registered_ms = at(NOW);
        assert_int_equal(decide_case(&c, &chain, asked[i], REGIME_GDPR, at(NOW)).verdict, KEEP);
        leg.registered_ms = at("2026-01-01");
        chain.decided = STR("erase"); /* a decision does not end a live conversation */
        leg.newest_ms = at(NOW);
        assert_int_equal(decide_case(&c, &chain, asked[i], REGIME_GDPR, at(NOW)).verdict, KEEP);
        chain.decided = STR_NONE;
    }
}

static void what_no_document_tells_of_is_not_alive(void **state)
{
    (void)state;
    struct leg leg;
    leg_init(&leg);
    leg.key = key_case(1);
    leg.category = STR("std");
    leg.registered_ms = at(NOW);
    struct chain chain = chain_case(&leg, 1);
    chain.state = CHAIN_REVIEW;
    chain.needs_decision = true;
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, NEEDS);
    chain.decided = STR("keep");
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, KEEP);
    chain.decided = STR("erase"); /* registered this moment: nothing to wait for */
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, ERASE);
    struct leg both[2] = {leg, leg_case(2, "std", TIME_NONE)};
    both[1].newest_ms = at(NOW); /* but a leg its source speaks of is */
    chain.legs = both;
    chain.legs_n = 2;
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, KEEP);
}

static void a_released_category_hold_lets_its_schedule_run(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "fraud", at("2019-01-01"));
    struct chain_hold member = {.matter = key_case(7)};
    struct chain chain = chain_case(&leg, 1);
    chain.holds = chain.past_holds = &member;
    chain.holds_n = 1;
    leg.case_closed_ms = at("2020-01-01");
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW)).verdict, HELD);
    chain.holds_n = 0;
    chain.past_holds_n = 1;
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at("2025-12-31")).verdict, KEEP);
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at("2026-01-01")).verdict, ERASE);
    leg.case_closed_ms = TIME_NONE;
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at("2099-01-01")).verdict, KEEP);
}

static void states_that_have_nothing_to_erase(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct chain chain = chain_case(&leg, 1);
    chain.state = CHAIN_ERASED;
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, KEEP);
    assert_int_equal(decide_case(&c, &chain, REASON_RISEN, REGIME_NONE, at(NOW)).verdict, ERASE);
    chain.state = CHAIN_ERASING;
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW)).verdict, ERASE);
    chain.state = CHAIN_REVIEW;
    chain.decision_why = STR("found in two sources");
    struct decision d = decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW));
    assert_int_equal(d.verdict, NEEDS);
    assert_string_equal(d.why.p, "found in two sources");
    chain.decided = STR("erase");
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, ERASE);
    chain = chain_case(NULL, 0);
    chain.state = CHAIN_ANNOUNCED;
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, KEEP);
}

static void a_row_without_legs_stands_for_itself(void **state)
{
    (void)state;
    struct chain chain = chain_case(NULL, 0);
    chain.key = key_case(5);
    struct decision d = decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at(NOW));
    assert_int_equal(d.verdict, ERASE);
    assert_int_equal(d.legs_n, 1);
    assert_int_equal(decision_effect(&d, &chain.key, KIND_PROFILE), E);
    assert_int_equal(decide_case(&c, &chain, REASON_RETENTION_EXPIRY, REGIME_NONE, at(NOW)).verdict, KEEP);
    assert_int_equal(decide_case(&c, &chain, REASON_OPERATOR, REGIME_NONE, at(NOW)).verdict, NEEDS);
    struct chain_hold member = {.matter = key_case(7)};
    chain.holds = &member;
    chain.holds_n = 1;
    assert_int_equal(decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at(NOW)).verdict, HELD);
}

static void a_full_arena_decides_nothing(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct chain chain = chain_case(&leg, 1);
    struct decide_input in = {.policy = &c.policy, .chain = &chain, .asked = REASON_OPERATOR, .now_ms = at(NOW)};
    size_t refused = 0;
    for (size_t cap = 1; cap < 4096; cap += 16) {
        struct arena a;
        arena_init(&a, cap);
        struct decision d = {.verdict = REFUSED};
        struct err err = {.code = OK};
        enum status s = decide(&in, &a, &d, &err);
        assert_true(s == OK || s == E_LIMIT);
        assert_int_equal(d.verdict, s == OK ? ERASE : REFUSED);
        refused += s == E_LIMIT ? 1 : 0;
        arena_release(&a);
    }
    assert_in_range(refused, 3, 200);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(KEEP), "keep");
    assert_string_equal(verdict_name(ERASE), "erase");
    assert_string_equal(verdict_name(PARTIAL), "partial");
    assert_string_equal(verdict_name(NEEDS), "needs_decision");
    assert_string_equal(verdict_name(HELD), "keep");
    assert_string_equal(verdict_name(REFUSED), "keep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_leg_as_a_table),
        cmocka_unit_test(every_grace_that_runs_must_be_waived), cmocka_unit_test(a_minimum_binds_its_leg_not_the_neighbour),
        cmocka_unit_test(one_leg_not_due_keeps_the_chain),
        cmocka_unit_test(an_old_contact_registered_today_is_due_a_young_one_waits_a_day),
        cmocka_unit_test(a_live_contact_is_kept_until_it_falls_silent),
        cmocka_unit_test(what_no_document_tells_of_is_not_alive),
        cmocka_unit_test(a_released_category_hold_lets_its_schedule_run),
        cmocka_unit_test(states_that_have_nothing_to_erase),
        cmocka_unit_test(a_row_without_legs_stands_for_itself),
        cmocka_unit_test(a_full_arena_decides_nothing),
        cmocka_unit_test(verdicts_have_names),
    };
    return cmocka_run_group_tests(tests, start, end);
}
