/* status.c - what people see, the first that fits (product.md section 1). */
#include "model/decide.h"

#include "model/schedule.h"

static bool in_erasure(const struct chain *c)
{
    return c->state == CHAIN_ERASING || c->state == CHAIN_ERASED;
}

/* A claim is for erasure unless it was taken to read back, or to mirror a hold on what nothing has begun to erase. */
static bool is_purging(const struct chain *c, bool held)
{
    if (!chain_claimed(c))
        return false;
    if (c->state == CHAIN_ERASED)
        return chain_is_risen(c);
    return c->state == CHAIN_ERASING ? c->queue != QUEUE_VERIFY : !held;
}

static bool owes(const struct chain *c)
{
    return c->partial || (c->state == CHAIN_ERASED && chain_is_risen(c)) ||
           (c->state == CHAIN_ERASING && c->verified_ms == TIME_NONE && !c->submitted_any);
}

/* Nobody is asked about what a run, an order or a person has begun. */
static bool is_silent(const struct chain *c, const struct schedule *s, int64_t now_ms)
{
    enum decided decided = chain_decided(c);
    return c->state == CHAIN_ACTIVE && s->open && s->silent_ms <= now_ms && decided != DECIDED_ERASE &&
           decided != DECIDED_KEEP;
}

enum contact_status chain_status(const struct chain *c, const struct hold *holds, size_t holds_n,
                                 const struct policy *policy, int64_t now_ms)
{
    bool held = chain_held(c, holds, holds_n, policy);
    if (is_purging(c, held))
        return STATUS_PURGING;
    if (held)
        return STATUS_LITIGATION_HOLD;
    if ((c->needs_decision || c->state == CHAIN_REVIEW) && chain_decided(c) == DECIDED_NOTHING)
        return STATUS_NEEDS_DECISION;
    if (c->failed)
        return STATUS_FAILED;
    if (owes(c))
        return STATUS_PARTIAL;
    if (in_erasure(c) && c->verified_ms == TIME_NONE)
        return STATUS_VERIFYING;
    if (c->retained_until_ms != TIME_NONE && c->purged_ms == TIME_NONE)
        return STATUS_RETAINED;
    if (c->scrubbed_until_ms != TIME_NONE && (c->purged_ms == TIME_NONE || c->scrubbed_until_ms > now_ms))
        return STATUS_SCRUBBED;
    if (in_erasure(c))
        return c->purged_ms != TIME_NONE ? STATUS_PURGED : STATUS_VERIFYING;
    struct schedule s = chain_schedule(policy, c);
    if (is_silent(c, &s, now_ms))
        return STATUS_NEEDS_DECISION;
    if (s.open)
        return STATUS_OPEN;
    bool due = s.due_ms != TIME_NONE && s.due_ms <= now_ms && chain_grace_ms(c, holds, holds_n, now_ms) == TIME_NONE;
    return due ? STATUS_EXPIRY_DUE : STATUS_ACTIVE;
}
