#include "audit/meaning.h"

#include "base/buf.h"

#include <stdlib.h>

enum { CLOCK_TOLERANCE_MS = 5 * 60 * 1000, SLOTS_FIRST = 1024 };

/* Outcomes after which nobody may say PURGED. */
static const char OPEN_OUTCOMES[] = "failed|held|present|refused|retry|submitted|unknown";
/* Outcomes that somebody brought about: they need an intent. */
static const char CHANGED_OUTCOMES[] = "attested|gone|pseudonymised|restricted|scrubbed|submitted";

const char *finding_text(enum finding f)
{
    static const char *const TEXT[FINDING_COUNT] = {
        [FINDING_NO_INTENT] = "outcome without an intent before it",
        [FINDING_SURPLUS_OUTCOME] = "more outcomes than the intent has chains",
        [FINDING_INTENT_TWICE] = "two intents with the same id",
        [FINDING_SELF_APPROVED] = "approved by the person who asked for it",
        [FINDING_VERDICT] = "PURGED said where it was not verified",
        [FINDING_TIME] = "time runs back by more than five minutes",
        [FINDING_NO_APPROVAL] = "an approval that is not in the log before it",
    };
    ASSERT(f < FINDING_COUNT);
    return TEXT[f];
}

static void found(struct meaning *m, enum finding f, uint64_t index)
{
    if (!m->findings[f]++)
        m->first_of[f] = index;
    if (m->any)
        return;
    m->any = true;
    m->first = f;
    m->first_index = index;
}

bool meaning_test_clock(struct str origin)
{
    struct str mark = STR("/test-clock/");
    return origin.n > mark.n && memmem(origin.p, origin.n, mark.p, mark.n) != NULL;
}

void meaning_forgive_time(struct meaning *m)
{
    m->findings[FINDING_TIME] = 0;
    m->any = false;
    for (int f = 0; f < FINDING_COUNT; f++)
        if (m->findings[f] && (!m->any || m->first_of[f] < m->first_index)) {
            m->any = true;
            m->first = (enum finding)f;
            m->first_index = m->first_of[f];
        }
}

/* --- one entry --- */

enum fact_bit {
    FACT_CLOCK = 1,           /* the clock was set on purpose */
    FACT_INTENT = 2,
    FACT_APPROVED = 4,
    FACT_ANSWERS = 8,         /* names the intent in `id` */
    FACT_SETTLES = 16,        /* an OUTCOME: one chain less */
    FACT_ELSEWHERE = 32,      /* of an intent of another log */
    FACT_NAMES_APPROVAL = 64,
    FACT_NO_INTENT = 128,     /* changed something, names no intent */
    FACT_VERDICT = 256,
    FACT_SELF_APPROVED = 512
};

static bool id_of(struct str hex, unsigned char id[16])
{
    size_t n = 16;

    return hex_decode(hex, id, &n) && n == 16;
}

static bool has_outcome(struct str stores, const char *listed)
{
    struct str store, outcomes, outcome, count;

    while (entry_member(&stores, &store, &outcomes)) {
        while (entry_member(&outcomes, &outcome, &count)) {
            if (entry_value_listed(listed, outcome) && !str_is(count, "0"))
                return true;
        }
    }
    return false;
}

static uint32_t read_result(const struct entry_view *e, struct meaning_fact *out)
{
    bool outcome = e->type == ENTRY_OUTCOME;
    struct str intent = entry_raw(e, "intent"), stores = entry_raw(e, "stores");
    uint32_t bits = 0;

    if (str_is(entry_string(e, "verdict"), "PURGED") && (outcome || has_outcome(stores, OPEN_OUTCOMES)))
        bits |= FACT_VERDICT;
    if (str_is(intent, "null"))
        return bits | (has_outcome(stores, CHANGED_OUTCOMES) ? FACT_NO_INTENT : 0);
    if (entry_raw(e, "intent_log").p)
        return bits | FACT_ELSEWHERE;
    (void)id_of(entry_string(e, "intent"), out->id);
    return bits | FACT_ANSWERS | (outcome ? FACT_SETTLES : 0);
}

static uint32_t read_intent(const struct entry_view *e, struct meaning_fact *out)
{
    int64_t n = 0;

    (void)id_of(entry_string(e, "id"), out->id);
    (void)entry_integer(e, "n", &n);
    out->chains = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    return FACT_INTENT;
}

static uint32_t read_approved(const struct entry_view *e, struct meaning_fact *out)
{
    (void)id_of(entry_string(e, "id"), out->id);
    bool alone = !entry_raw(e, "delay").p && str_eq(entry_string(e, "actor"), entry_string(e, "requester"));
    return FACT_APPROVED | (alone ? FACT_SELF_APPROVED : 0);
}

void meaning_read(const struct entry_view *e, struct meaning_fact *out)
{
    uint32_t bits = 0;

    memset(out, 0, sizeof(*out));
    (void)entry_integer(e, "at", &out->at_ms);
    if (e->type == ENTRY_CLOCK_CONFIRMED || e->type == ENTRY_REOPENED)
        bits = FACT_CLOCK;
    else if (e->type == ENTRY_INTENT)
        bits = read_intent(e, out);
    else if (e->type == ENTRY_OUTCOME || e->type == ENTRY_VERIFIED)
        bits = read_result(e, out);
    else if (e->type == ENTRY_APPROVED)
        bits = read_approved(e, out);
    else if (e->type == ENTRY_LOST_IN_FLIGHT && id_of(entry_string(e, "intent"), out->id))
        bits = FACT_ANSWERS;
    if ((e->type == ENTRY_INTENT || e->type == ENTRY_OVERRIDE || e->type == ENTRY_POLICY_CHANGED) &&
        id_of(entry_string(e, "approval"), out->approval))
        bits |= FACT_NAMES_APPROVAL;
    out->bits = bits;
}

/* --- the intents and approvals seen, by id --- */

enum { KIND_FREE, KIND_INTENT, KIND_APPROVED };

/* The slot of this id, or the free one where it belongs. Ids are random: their first bytes are the hash. */
static struct meaning_slot *slot_of(struct meaning_slot *slots, size_t cap, const unsigned char id[16], uint32_t kind)
{
    uint64_t hash;

    memcpy(&hash, id, sizeof(hash));
    for (size_t i = (size_t)hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        if (slots[i].kind == KIND_FREE || (slots[i].kind == kind && memcmp(slots[i].id, id, 16) == 0))
            return &slots[i];
    }
}

static struct meaning_slot *find(const struct meaning *m, const unsigned char id[16], uint32_t kind)
{
    struct meaning_slot *slot = m->cap ? slot_of(m->slots, m->cap, id, kind) : NULL;

    return slot && slot->kind != KIND_FREE ? slot : NULL;
}

static enum status grow(struct meaning *m, struct err *err)
{
    size_t cap = m->cap ? m->cap * 2 : SLOTS_FIRST;
    struct meaning_slot *slots = cap * sizeof(*slots) <= m->bytes_max ? calloc(cap, sizeof(*slots)) : NULL;

    if (!slots)
        return FAIL(err, E_LIMIT, "more than %zu intents and approvals: their ids do not fit into memory", m->n);
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].kind != KIND_FREE)
            *slot_of(slots, cap, m->slots[i].id, m->slots[i].kind) = m->slots[i];
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return OK;
}

static enum status remember(struct meaning *m, uint64_t index, const struct meaning_fact *f, uint32_t kind,
                            bool *known, struct err *err)
{
    if (m->n * 4 >= m->cap * 3)
        TRY(grow(m, err));
    struct meaning_slot *slot = slot_of(m->slots, m->cap, f->id, kind);
    *known = slot->kind != KIND_FREE;
    if (*known)
        return OK;
    *slot = (struct meaning_slot){.index = index, .owing = f->chains, .kind = kind};
    memcpy(slot->id, f->id, sizeof(slot->id));
    m->n++;
    return OK;
}

/* --- in order --- */

static enum status take_intent(struct meaning *m, uint64_t index, const struct meaning_fact *f, struct err *err)
{
    bool known;

    TRY(remember(m, index, f, KIND_INTENT, &known, err));
    if (known) {
        found(m, FINDING_INTENT_TWICE, index);
        return OK;
    }
    m->intents++;
    m->intents_open += f->chains > 0;
    return OK;
}

static void take_answer(struct meaning *m, uint64_t index, const struct meaning_fact *f)
{
    struct meaning_slot *slot = find(m, f->id, KIND_INTENT);

    if (!slot)
        found(m, FINDING_NO_INTENT, index);
    else if ((f->bits & FACT_SETTLES) && slot->owing == 0)
        found(m, FINDING_SURPLUS_OUTCOME, index);
    else if ((f->bits & FACT_SETTLES) && --slot->owing == 0)
        m->intents_open--;
}

static void take_time(struct meaning *m, uint64_t index, const struct meaning_fact *f)
{
    if (f->bits & FACT_CLOCK)
        m->latest_ms = f->at_ms;
    else if (f->at_ms < m->latest_ms - CLOCK_TOLERANCE_MS)
        found(m, FINDING_TIME, index);
    if (f->at_ms > m->latest_ms)
        m->latest_ms = f->at_ms;
}

enum status meaning_take(struct meaning *m, uint64_t index, const struct meaning_fact *f, struct err *err)
{
    bool known;

    m->entries++;
    take_time(m, index, f);
    if ((f->bits & FACT_NAMES_APPROVAL) && !find(m, f->approval, KIND_APPROVED))
        found(m, FINDING_NO_APPROVAL, index);
    if (f->bits & FACT_INTENT)
        return take_intent(m, index, f, err);
    if (f->bits & FACT_APPROVED)
        TRY(remember(m, index, f, KIND_APPROVED, &known, err));
    if (f->bits & FACT_NO_INTENT)
        found(m, FINDING_NO_INTENT, index);
    if (f->bits & FACT_ANSWERS)
        take_answer(m, index, f);
    m->intents_elsewhere += (f->bits & FACT_ELSEWHERE) != 0;
    if (f->bits & FACT_VERDICT)
        found(m, FINDING_VERDICT, index);
    if (f->bits & FACT_SELF_APPROVED)
        found(m, FINDING_SELF_APPROVED, index);
    return OK;
}

/* --- the whole --- */

void meaning_init(struct meaning *m, size_t bytes_max)
{
    *m = (struct meaning){.bytes_max = bytes_max};
}

void meaning_release(struct meaning *m)
{
    free(m->slots);
    m->slots = NULL;
    m->cap = 0;
}

/* The list is short and the table long: the youngest of those kept makes room for an older one. */
size_t meaning_open_intents(const struct meaning *m, struct meaning_open *out, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < m->cap; i++) {
        const struct meaning_slot *slot = &m->slots[i];
        size_t at = n < max ? n : max;

        if (slot->kind != KIND_INTENT || slot->owing == 0)
            continue;
        while (at > 0 && out[at - 1].index > slot->index) {
            if (at < max)
                out[at] = out[at - 1];
            at--;
        }
        if (at == max)
            continue;
        out[at] = (struct meaning_open){.index = slot->index, .owing = slot->owing};
        memcpy(out[at].id, slot->id, sizeof(slot->id));
        n += n < max;
    }
    return n;
}
