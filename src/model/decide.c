/* decide.c - hold > legal minimum > request or order > erase_after > default (rule 2.5). */
#include "model/decide.h"

#include "model/because.h"

enum ask { ASK_SCHEDULE, ASK_REQUEST, ASK_ORDER };

struct deciding {
    const struct decide_input *in;
    const struct chain *chain;
    struct arena *a;
    struct decision d;
    struct schedule schedule;
    struct reasons reasons;
    enum ask ask;
    enum regime regime;
    bool again;    /* it has been erased before: risen or replayed */
    bool overruled; /* a person decided to erase what needed a decision */
    bool full;
};

const char *verdict_name(enum verdict v)
{
    switch (v) {
    case VERDICT_ERASE:
        return "erase";
    case VERDICT_PARTIAL:
        return "partial";
    case VERDICT_NEEDS_DECISION:
        return "needs_decision";
    case VERDICT_KEEP:
    case VERDICT_HELD:
    case VERDICT_REFUSED:
        break;
    }
    return "keep";
}

/* Always true, so that a step can say `return conclude(...)`. */
static bool conclude(struct deciding *g, enum verdict verdict, const char *rule, struct str why)
{
    g->d.verdict = verdict;
    g->d.why = arena_str(g->a, why);
    g->full = g->full || g->d.why.p == NULL;
    because_add(&g->reasons, rule, str_of(verdict_name(verdict)), "%.*s", STR_ARG(why));
    return true;
}

/* Only what needs a decision is resolved by one: a later, certain rule stands above it. */
static bool person_must_decide(struct deciding *g, const char *rule, struct str why)
{
    switch (chain_decided(g->chain)) {
    case DECIDED_ERASE:
        if (!g->overruled)
            because_add(&g->reasons, rule, STR("erase"), "%.*s: a person decided", STR_ARG(why));
        g->overruled = true;
        return false;
    case DECIDED_KEEP:
        because_add(&g->reasons, rule, STR_NONE, "%.*s", STR_ARG(why));
        return conclude(g, VERDICT_KEEP, rule, STR("a person decided to keep it"));
    case DECIDED_NOTHING:
    case DECIDED_CATEGORY:
        break;
    }
    return conclude(g, VERDICT_NEEDS_DECISION, rule, why);
}

static void read_asked(struct deciding *g)
{
    const struct decide_input *in = g->in;
    g->regime = in->regime;
    switch (in->asked) {
    case REASON_NONE:
    case REASON_RETENTION_EXPIRY:
        g->ask = ASK_SCHEDULE;
        return;
    case REASON_GDPR_ERASURE:
    case REASON_CCPA_ERASURE:
        g->ask = ASK_REQUEST;
        if (g->regime == REGIME_NONE)
            g->regime = in->asked == REASON_CCPA_ERASURE ? REGIME_CCPA : REGIME_GDPR;
        return;
    case REASON_OPERATOR:
        g->ask = ASK_ORDER;
        return;
    case REASON_RISEN:
    case REASON_REPLAYED: /* what a request erased is judged by the request's regime again */
        g->again = true;
        g->ask = in->regime != REGIME_NONE ? ASK_REQUEST : ASK_ORDER;
        return;
    case REASON_COUNT:
        break;
    }
    ASSERT(!"a reason of the list");
}

static void explain_asked(struct deciding *g)
{
    if (g->again)
        because_add(&g->reasons, "2.21", STR_NONE, "it was erased before and is to be erased again");
    else if (g->ask == ASK_REQUEST)
        because_add(&g->reasons, "2.5", str_of(regime_name(g->regime)), "a person asks for erasure");
    else if (g->ask == ASK_ORDER)
        because_add(&g->reasons, "2.5", STR_NONE, "an order asks for erasure");
}

/* ---- what stands above every request, order and schedule ---- */

static bool is_held(struct deciding *g)
{
    const struct decide_input *in = g->in;
    if (chain_held(g->chain, in->holds, in->holds_n, in->policy))
        return conclude(g, VERDICT_HELD, "2.10", STR("legal hold"));
    int64_t grace = chain_wait_ms(g->chain, in->asked, in->holds, in->holds_n, in->now_ms);
    if (grace == TIME_NONE)
        return false;
    struct str until = time_str(grace, g->a);
    struct str why = arena_fmt(g->a, "grace after the release of a legal hold until %.*s", STR_ARG(until));
    return conclude(g, VERDICT_HELD, "2.11", why);
}

static bool is_over(struct deciding *g)
{
    if (g->chain->state == CHAIN_ANNOUNCED)
        return conclude(g, VERDICT_KEEP, "2.9", STR("no document about it has arrived"));
    if (g->chain->state == CHAIN_ERASED && !g->again)
        return conclude(g, VERDICT_KEEP, "2.21", STR("it is erased already"));
    if (g->chain->state != CHAIN_REVIEW)
        return false;
    struct str why = g->chain->decision_why.n > 0 ? g->chain->decision_why : STR("a person must look at it first");
    return person_must_decide(g, "2.18", why);
}

static bool is_live(struct deciding *g)
{
    if (!g->schedule.open || g->again)
        return false;
    if (g->schedule.silent_ms > g->in->now_ms)
        return conclude(g, VERDICT_KEEP, "1", STR("the contact is still open at its source"));
    return person_must_decide(g, "1",
                              g->schedule.news_ms == TIME_NONE
                                  ? STR("no document has told when it ended or that it is alive")
                                  : STR("its end was never stated and its source has been silent for long"));
}

/* ---- the schedule alone ---- */

static void decide_schedule(struct deciding *g)
{
    const struct schedule *s = &g->schedule;
    if (s->due_ms == TIME_NONE) {
        conclude(g, VERDICT_KEEP, "2.4", STR("nothing has started its period, so it is not due"));
        return;
    }
    if (s->due_ms > g->in->now_ms) {
        struct str why = arena_fmt(g->a, "not due before %.*s", STR_ARG(time_str(s->due_ms, g->a)));
        conclude(g, VERDICT_KEEP, s->keep_until_ms > g->in->now_ms ? "2.5" : "2.4", why);
        return;
    }
    memset(g->d.effects, EFFECT_ERASE, g->d.legs_n * KIND_COUNT);
    conclude(g, VERDICT_ERASE, "2.4", STR("its period has passed and nothing retains it"));
}

/* ---- legal minimums against a request or an order ---- */

static void leg_erases(struct deciding *g, size_t leg)
{
    memset(&g->d.effects[leg * KIND_COUNT], EFFECT_ERASE, KIND_COUNT);
}

/* Whether `list`, joined by "; ", has this law whole: "Art. 1" is not named by "Art. 17". */
static bool names_law(struct str list, struct str law)
{
    for (size_t at = 0; at + law.n <= list.n; at++) {
        struct str before = {list.p, at}, after = {list.p + at + law.n, list.n - at - law.n};
        if (memcmp(list.p + at, law.p, law.n) == 0 && (at == 0 || str_ends(before, STR("; "))) &&
            (after.n == 0 || str_starts(after, STR("; "))))
            return true;
    }
    return false;
}

static void cite(struct deciding *g, const struct category *c, int64_t keep_until_ms)
{
    struct str was = g->d.law, law = c->law.cite;
    if (keep_until_ms > g->d.keep_until_ms)
        g->d.keep_until_ms = keep_until_ms;
    if (names_law(was, law))
        return;
    g->d.law = was.n > 0 ? arena_fmt(g->a, "%.*s; %.*s", STR_ARG(was), STR_ARG(law)) : law;
    g->full = g->full || g->d.law.p == NULL;
}

/* A confirmed minimum that stands: kind by kind (rule 2.8). An order may erase what a request would erase, no more. */
static void leg_is_bound(struct deciding *g, size_t leg, const struct category *c, int64_t keep_until_ms)
{
    bool all = true;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        enum effect effect = c->on_request[k];
        if (g->ask == ASK_ORDER && effect != EFFECT_ERASE)
            effect = EFFECT_NONE;
        g->d.effects[leg * KIND_COUNT + k] = (unsigned char)effect;
        all = all && (effect == EFFECT_ERASE || k == KIND_NONE);
    }
    if (!all)
        cite(g, c, keep_until_ms);
    because_add(&g->reasons, "2.8", time_str(keep_until_ms, g->a), "a confirmed legal minimum binds kinds of it: %.*s",
                STR_ARG(c->law.cite));
}

/* True: concluded, a person must decide first. */
static bool judge_leg(struct deciding *g, size_t i)
{
    struct leg leg = leg_as_decided(g->in->policy, g->chain, &g->chain->legs[i]);
    bool unmapped;
    const struct category *c = policy_category_of(g->in->policy, &leg, &unmapped);
    int64_t keep_until_ms = policy_dates(g->in->policy, &leg).keep_until_ms;
    const struct law *law = &c->law;
    leg_erases(g, i);
    if (keep_until_ms == TIME_NONE || keep_until_ms <= g->in->now_ms)
        return false;
    if (unmapped)
        return person_must_decide(g, "2.6",
                                  STR("nobody has mapped its category value, and a legal minimum may bind it"));
    if (g->ask == ASK_REQUEST && law->cite.n > 0 && !law->resists[g->regime]) {
        because_add(&g->reasons, "2.5", str_of(regime_name(g->regime)),
                    "its minimum does not stand against this regime: %.*s", STR_ARG(law->cite));
        return false;
    }
    if (law->cite.n == 0 || law->confirmed_by.n == 0)
        return person_must_decide(g, "2.5", STR("nobody has confirmed the legal minimum that would retain it"));
    leg_is_bound(g, i, c, keep_until_ms);
    return false;
}

static void conclude_effects(struct deciding *g)
{
    bool any_erased = false, any_changed = false, any_kept = false;
    for (size_t i = 0; i < g->d.legs_n * KIND_COUNT; i++) {
        if (i % KIND_COUNT == KIND_NONE)
            continue;
        any_erased = any_erased || g->d.effects[i] == EFFECT_ERASE;
        any_changed = any_changed || g->d.effects[i] != EFFECT_NONE;
        any_kept = any_kept || g->d.effects[i] != EFFECT_ERASE;
    }
    if (!any_kept)
        conclude(g, VERDICT_ERASE, "2.5", STR("nothing stands against erasing it"));
    else if (any_changed)
        conclude(g, VERDICT_PARTIAL, any_erased ? "2.8" : "2.5", STR("a legal minimum retains part of it"));
    else if (g->again)
        conclude(g, VERDICT_KEEP, "2.21", STR("a legal minimum retains all of it"));
    else
        conclude(g, VERDICT_REFUSED, "2.8", STR("a legal minimum retains all of it, so the order is refused"));
}

static void decide_asked(struct deciding *g)
{
    const struct chain *c = g->chain;
    for (size_t i = 0; i < c->legs_n && g->ask == ASK_REQUEST && !g->again; i++)
        if (c->legs[i].customers > 1 &&
            person_must_decide(g, "2.20", STR("several customers took part, and one of them asks")))
            return;
    if (c->legs_n == 0 && g->ask == ASK_ORDER && !g->again &&
        person_must_decide(g, "2.18", STR("nothing is known about it but its id")))
        return;
    if (c->legs_n == 0)
        leg_erases(g, 0);
    for (size_t i = 0; i < c->legs_n; i++)
        if (judge_leg(g, i))
            return;
    conclude_effects(g);
}

static enum status decision_begin(struct deciding *g, struct err *err)
{
    const struct chain *c = g->chain;
    size_t n = c->legs_n > 0 ? c->legs_n : 1;
    g->d = (struct decision){.verdict = VERDICT_KEEP,
                             .chain = c->key,
                             .chain_version = c->version,
                             .legs_n = n,
                             .asked = g->in->asked,
                             .keep_until_ms = TIME_NONE,
                             .due_ms = g->schedule.due_ms,
                             .policy_version = g->in->policy->version};
    g->d.legs = ARENA_ARRAY(g->a, struct row_key, n);
    g->d.effects = ARENA_ARRAY(g->a, unsigned char, n * KIND_COUNT);
    if (g->d.legs == NULL || g->d.effects == NULL)
        return ARENA_FULL(err, g->a);
    g->d.legs[0] = c->key;
    for (size_t i = 0; i < c->legs_n; i++)
        g->d.legs[i] = c->legs[i].key;
    return OK;
}

enum status decide(const struct decide_input *in, struct arena *a, struct decision *out, struct err *err)
{
    ASSERT(in->policy != NULL && in->chain != NULL);
    struct deciding g = {.in = in, .chain = in->chain, .a = a, .reasons = {.a = a, .brief = in->brief}};
    g.schedule = chain_schedule(in->policy, in->chain);
    TRY(decision_begin(&g, err));
    read_asked(&g);
    because_schedule(&g.reasons, in, &g.schedule);
    explain_asked(&g);
    if (!is_held(&g) && !is_over(&g) && !is_live(&g)) {
        /* A person decided to erase what has no end: that is an order, there is no schedule to wait for. */
        if (g.ask == ASK_SCHEDULE && g.overruled)
            g.ask = ASK_ORDER;
        if (g.ask == ASK_SCHEDULE)
            decide_schedule(&g);
        else
            decide_asked(&g);
    }
    if (g.d.verdict != VERDICT_ERASE && g.d.verdict != VERDICT_PARTIAL)
        memset(g.d.effects, EFFECT_NONE, g.d.legs_n * KIND_COUNT); /* judged legs before the one that concluded */
    if (g.d.verdict != VERDICT_ERASE && g.d.keep_until_ms == TIME_NONE && g.schedule.keep_until_ms > in->now_ms) {
        g.d.keep_until_ms = g.schedule.keep_until_ms;
        g.d.law = g.schedule.binding->law.cite;
    }
    if (g.full || g.reasons.full)
        return ARENA_FULL(err, a);
    g.d.because = g.reasons.list;
    g.d.because_n = g.reasons.n;
    *out = g.d;
    return OK;
}

enum effect decision_effect(const struct decision *d, const struct row_key *leg, enum artefact_kind kind)
{
    ASSERT((size_t)kind < KIND_COUNT);
    for (size_t i = 0; i < d->legs_n; i++)
        if (row_key_eq(&d->legs[i], leg))
            return (enum effect)d->effects[i * KIND_COUNT + kind];
    return EFFECT_NONE;
}
