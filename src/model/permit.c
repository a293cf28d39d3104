/* permit.c - decision, mandate, claim and receipt agree about every chain, or nothing is permitted. */
#include "model/permit.h"

#include <stdlib.h>

enum { EFFECTS_ON_DATA = EFFECT_ERASE | EFFECT_BLANK | EFFECT_PSEUDONYMISE | EFFECT_RESTRICT };

struct permit_leg {
    struct row_key key;
    bool held;
    bool subject_ok;
    unsigned char effects[KIND_COUNT];
};
struct permit {
    struct gate gate;
    unsigned effects; /* of the receipt */
    bool subject_complete;
    struct permit_leg *legs; /* sorted by key */
    size_t legs_n;
};

bool gate_open(const struct gate *g)
{
    const struct epoch_watch *w = g->watch;
    ASSERT(w != NULL && w->clock != NULL);
    /* In this order: the epoch seen is then at least as new as the time it is said to have been read. */
    int64_t read_ms = w->read_ms;
    uint64_t epoch = w->epoch;
    int64_t now_ms = w->clock(w->clock_ctx);
    /* A clock that went back says nothing about age: closed. */
    return epoch == g->epoch && now_ms < g->until_ms && read_ms <= now_ms && read_ms >= now_ms - w->stale_after_ms;
}

static bool one_bit(unsigned effect)
{
    return effect != 0 && (effect & (effect - 1)) == 0;
}

/* What the decision allows to be done to a kind, before the receipt is asked. */
static unsigned allowed(const struct permit_leg *leg, enum artefact_kind kind)
{
    unsigned effects = leg->effects[kind];
    if (effects == EFFECT_ERASE)
        effects |= EFFECT_BLANK;
    else
        effects |= EFFECT_RECALL;
    return effects | (leg->held ? EFFECT_LOCK : EFFECT_UNLOCK);
}

/* ---- minting ---- */

static bool allows_changes(const struct decision *d)
{
    return d->verdict == VERDICT_ERASE || d->verdict == VERDICT_PARTIAL;
}

static unsigned line_effects(const struct permit_line *line)
{
    const struct decision *d = line->decision;
    unsigned effects = EFFECT_RECALL | (d->verdict == VERDICT_HELD ? EFFECT_LOCK : EFFECT_UNLOCK);
    if (!allows_changes(d))
        return effects;
    for (size_t i = 0; i < d->legs_n * KIND_COUNT; i++)
        effects |= d->effects[i];
    return effects & EFFECT_ERASE ? effects | EFFECT_BLANK : effects;
}

static bool names_chain(const struct receipt *receipt, const struct row_key *chain)
{
    for (size_t i = 0; i < receipt->chains_n; i++)
        if (row_key_eq(&receipt->chains[i], chain))
            return true;
    return false;
}

static enum status check_claim(const struct permit_line *line, const struct claim *first, int64_t now_ms,
                               int64_t call_max_ms, struct err *err)
{
    const struct claim *claim = line->claim;
    if (!row_key_eq(&claim->chain, &line->decision->chain))
        return FAIL(err, E_DENIED, "no permit: the claim is of another contact than the decision");
    if (claim->chain_version != line->decision->chain_version)
        return FAIL(err, E_DENIED, "no permit: the contact changed between decision and claim");
    if (row_key_is_none(&claim->worker) || !row_key_eq(&claim->worker, &first->worker))
        return FAIL(err, E_DENIED, "no permit: the claim is not this worker's");
    if (claim->lease_until_ms - call_max_ms <= now_ms)
        return FAIL(err, E_DENIED, "no permit: the worker's lease ends before a call could");
    return OK;
}

static enum status check_line(const struct permit_line *line, const struct receipt *receipt, struct err *err)
{
    unsigned effects = line_effects(line) & receipt->effects;
    if (effects == 0)
        return FAIL(err, E_DENIED, "no permit: the decision (%s) allows nothing of what the intent names",
                    verdict_name(line->decision->verdict));
    if ((effects & EFFECTS_ON_DATA) != 0 && line->mandate->reason == REASON_NONE)
        return FAIL(err, E_DENIED, "no permit: nothing asks for this erasure");
    if (!names_chain(receipt, &line->decision->chain))
        return FAIL(err, E_DENIED, "no permit: the intent does not name this contact");
    return OK;
}

static bool is_request(const struct mandate *m)
{
    return m->request_id.n > 0 && m->reason != REASON_NONE && m->reason != REASON_RETENTION_EXPIRY &&
           m->reason != REASON_OPERATOR;
}

/* The person's own data goes only when nothing of the same request is held or retained in this batch (rule 2.20). */
static bool subject_may_go(const struct permit_line *lines, size_t n, const struct permit_line *line)
{
    if (!is_request(line->mandate))
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(lines[i].mandate->request_id, line->mandate->request_id) &&
            lines[i].decision->verdict != VERDICT_ERASE)
            return false;
    return true;
}

static void add_legs(struct permit *p, const struct permit_line *line, bool subject_ok)
{
    const struct decision *d = line->decision;
    for (size_t i = 0; i < d->legs_n; i++) {
        struct permit_leg *leg = &p->legs[p->legs_n++];
        *leg = (struct permit_leg){.key = d->legs[i], .held = d->verdict == VERDICT_HELD, .subject_ok = subject_ok};
        if (allows_changes(d))
            memcpy(leg->effects, &d->effects[i * KIND_COUNT], KIND_COUNT);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct permit_leg *x = a, *y = b;
    return memcmp(x->key.b, y->key.b, ROW_KEY_BYTES);
}

static enum status permit_build(struct permit *p, const struct permit_line *lines, size_t n, struct arena *a,
                                struct err *err)
{
    size_t legs_n = 0;
    for (size_t i = 0; i < n; i++)
        legs_n += lines[i].decision->legs_n;
    p->legs = ARENA_ARRAY(a, struct permit_leg, legs_n);
    if (p->legs == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        add_legs(p, &lines[i], subject_may_go(lines, n, &lines[i]));
    qsort(p->legs, p->legs_n, sizeof(p->legs[0]), by_key);
    for (size_t i = 1; i < p->legs_n; i++)
        if (row_key_eq(&p->legs[i].key, &p->legs[i - 1].key))
            return FAIL(err, E_DENIED, "no permit: a contact stands in two lines");
    return OK;
}

enum status permit_mint(const struct permit_line *lines, size_t n, const struct receipt *receipt, uint64_t epoch,
                        const struct epoch_watch *watch, int64_t now_ms, int64_t call_max_ms, struct arena *a,
                        const struct permit **out, struct err *err)
{
    ASSERT(lines != NULL && receipt != NULL && watch != NULL && call_max_ms >= 0);
    if (n == 0 || row_key_is_none(&receipt->intent))
        return FAIL(err, E_DENIED, "no permit: %s", n == 0 ? "it would be for nothing" : "no intent is recorded");
    struct permit *p = ARENA_NEW(a, struct permit);
    if (p == NULL)
        return ARENA_FULL(err, a);
    int64_t lease_until_ms = INT64_MAX;
    for (size_t i = 0; i < n; i++) {
        ASSERT(lines[i].decision != NULL && lines[i].mandate != NULL && lines[i].claim != NULL);
        TRY(check_claim(&lines[i], lines[0].claim, now_ms, call_max_ms, err));
        TRY(check_line(&lines[i], receipt, err));
        if (lines[i].claim->lease_until_ms < lease_until_ms)
            lease_until_ms = lines[i].claim->lease_until_ms;
    }
    TRY(permit_build(p, lines, n, a, err));
    p->effects = receipt->effects;
    p->subject_complete = receipt->subject_complete;
    p->gate = (struct gate){.epoch = epoch, .until_ms = lease_until_ms - call_max_ms, .watch = watch};
    *out = p;
    return OK;
}

/* ---- asking ---- */

static const struct permit_leg *leg_of(const struct permit *p, const struct row_key *key)
{
    struct permit_leg wanted = {.key = *key};
    return bsearch(&wanted, p->legs, p->legs_n, sizeof(p->legs[0]), by_key);
}

static bool leg_covers(const struct permit *p, const struct row_key *key, const struct artefact *artefact,
                       enum effect effect)
{
    const struct permit_leg *leg = leg_of(p, key);
    if (leg == NULL || (allowed(leg, artefact->kind) & effect) == 0)
        return false;
    return artefact->scope != SCOPE_SUBJECT || (leg->subject_ok && p->subject_complete) ||
           (effect & EFFECTS_ON_DATA) == 0;
}

bool permit_covers(const struct permit *p, const struct artefact *artefact, enum effect effect)
{
    ASSERT(one_bit((unsigned)effect) && (size_t)artefact->kind < KIND_COUNT);
    if ((p->effects & effect) == 0 || !leg_covers(p, &artefact->contact, artefact, effect))
        return false;
    if (artefact->scope == SCOPE_CONTACT || effect == EFFECT_LOCK || effect == EFFECT_RECALL)
        return true;
    if (artefact->owners_n == 0)
        return false; /* whose it is besides is not known */
    for (size_t i = 0; i < artefact->owners_n; i++)
        if (!leg_covers(p, &artefact->owners[i], artefact, effect))
            return false;
    return true;
}

const struct gate *permit_gate(const struct permit *p)
{
    return &p->gate;
}
