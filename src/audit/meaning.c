#include "audit/meaning.h"

#include "base/buf.h"

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

/* --- the intents seen, by id --- */

/* The slot of this id, or the free one where it belongs. Ids are random: their first bytes are the hash. */
static struct intent_slot *slot_of(struct intent_slot *slots, size_t cap, const unsigned char id[16])
{
    uint64_t hash;

    memcpy(&hash, id, sizeof(hash));
    for (size_t i = (size_t)hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        if (!slots[i].used || memcmp(slots[i].id, id, 16) == 0)
            return &slots[i];
    }
}

static enum status grow(struct meaning *m, struct err *err)
{
    size_t cap = m->cap ? m->cap * 2 : SLOTS_FIRST;
    struct intent_slot *slots = ARENA_ARRAY(m->arena, struct intent_slot, cap);

    if (!slots)
        return ARENA_FULL(err, m->arena);
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].used)
            *slot_of(slots, cap, m->slots[i].id) = m->slots[i];
    }
    m->slots = slots;
    m->cap = cap;
    return OK;
}

static bool id_of(const struct entry_view *e, const char *field, unsigned char id[16])
{
    size_t n = 16;

    return hex_decode(entry_string(e, field), id, &n) && n == 16;
}

static enum status on_intent(struct meaning *m, uint64_t index, const struct entry_view *e, struct err *err)
{
    unsigned char id[16];
    int64_t n = 0;

    if (m->n * 4 >= m->cap * 3)
        TRY(grow(m, err));
    if (!id_of(e, "id", id) || !entry_integer(e, "n", &n))
        return FAIL(err, E_INVALID, "intent without id or n"); /* entry_check would have refused it */
    struct intent_slot *slot = slot_of(m->slots, m->cap, id);
    if (slot->used) {
        found(m, FINDING_INTENT_TWICE, index);
        return OK;
    }
    memcpy(slot->id, id, sizeof(id));
    slot->used = true;
    slot->owing = n;
    m->n++;
    m->intents++;
    if (n > 0)
        m->intents_open++;
    return OK;
}

/* --- single checks --- */

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

static void on_result(struct meaning *m, uint64_t index, const struct entry_view *e)
{
    unsigned char id[16];

    if (str_is(entry_raw(e, "intent"), "null")) {
        if (has_outcome(entry_raw(e, "stores"), CHANGED_OUTCOMES))
            found(m, FINDING_NO_INTENT, index);
        return;
    }
    if (entry_raw(e, "intent_log").p) {
        m->intents_elsewhere++;
        return;
    }
    struct intent_slot *slot = m->cap && id_of(e, "intent", id) ? slot_of(m->slots, m->cap, id) : NULL;
    if (!slot || !slot->used) {
        found(m, FINDING_NO_INTENT, index);
    } else if (e->type == ENTRY_OUTCOME) {
        if (slot->owing == 0)
            found(m, FINDING_SURPLUS_OUTCOME, index);
        else if (--slot->owing == 0)
            m->intents_open--;
    }
}

static void check_verdict(struct meaning *m, uint64_t index, const struct entry_view *e)
{
    if (str_is(entry_string(e, "verdict"), "PURGED") &&
        (e->type == ENTRY_OUTCOME || has_outcome(entry_raw(e, "stores"), OPEN_OUTCOMES)))
        found(m, FINDING_VERDICT, index);
}

static void check_time(struct meaning *m, uint64_t index, const struct entry_view *e)
{
    int64_t at = 0;

    (void)entry_integer(e, "at", &at);
    if (e->type == ENTRY_CLOCK_CONFIRMED || e->type == ENTRY_REOPENED)
        m->latest_ms = at;
    else if (at < m->latest_ms - CLOCK_TOLERANCE_MS)
        found(m, FINDING_TIME, index);
    if (at > m->latest_ms)
        m->latest_ms = at;
}

void meaning_init(struct meaning *m, struct arena *arena)
{
    *m = (struct meaning){.arena = arena};
}

enum status meaning_entry(struct meaning *m, uint64_t index, const struct entry_view *e, struct err *err)
{
    m->entries++;
    check_time(m, index, e);
    if (e->type == ENTRY_INTENT)
        return on_intent(m, index, e, err);
    if (e->type == ENTRY_OUTCOME || e->type == ENTRY_VERIFIED) {
        on_result(m, index, e);
        check_verdict(m, index, e);
    }
    if (e->type == ENTRY_APPROVED && !entry_raw(e, "delay").p &&
        str_eq(entry_string(e, "actor"), entry_string(e, "requester")))
        found(m, FINDING_SELF_APPROVED, index);
    return OK;
}
