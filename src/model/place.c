/* place.c - the one queue a chain stands in (architecture.md 2.2), so that a night's work costs what is due. */
#include "model/decide.h"

#include "model/schedule.h"

static void stand(struct chain *c, enum chain_queue queue, uint16_t category, int64_t time_ms)
{
    c->queue = queue;
    c->queue_category = category;
    c->queue_time_ms = time_ms;
}

static int64_t first_known(int64_t a, int64_t b)
{
    return a != TIME_NONE ? a : b;
}

/* A person is asked about what has been silent for long, once: what he kept is not looked at every night. */
static void place_open(struct chain *c, const struct schedule *s, int64_t now_ms)
{
    enum decided decided = chain_decided(c);
    if (decided == DECIDED_KEEP || decided == DECIDED_ERASE)
        stand(c, QUEUE_OPEN, 0, KEEP_UNBOUNDED_MS);
    else if (s->silent_ms <= now_ms)
        stand(c, QUEUE_REVIEW, 0, c->registered_ms);
    else
        stand(c, QUEUE_OPEN, 0, s->news_ms);
}

/* What is never due stands at the end of the mixed queue, where an activation finds it. */
static void place_by_schedule(struct chain *c, const struct schedule *s, int64_t now_ms)
{
    if (c->legs_n == 0)
        stand(c, QUEUE_NONE, 0, 0);
    else if (s->open)
        place_open(c, s, now_ms);
    else if (s->single)
        stand(c, QUEUE_DUE, category_code(s->category->name), s->anchor_ms);
    else
        stand(c, QUEUE_MIXED, 0, first_known(s->due_ms, KEEP_UNBOUNDED_MS));
}

/* Done but for what a law keeps: it comes back when the minimum ends (rule 2.8), or to see whether what was shared is
 * free. By the anchor where one cut-off answers for the whole chain, so that a changed `keep` writes no contact. */
static void place_retained(struct chain *c, const struct schedule *s, int64_t now_ms)
{
    if (s->keep_until_ms <= now_ms)
        stand(c, QUEUE_RETRY, 0, first_known(c->next_ms, now_ms));
    else if (s->single)
        stand(c, QUEUE_KEPT, category_code(s->category->name), s->anchor_ms);
    else
        stand(c, QUEUE_MIXED, 0, s->keep_until_ms);
}

static void place_erased(struct chain *c, int64_t now_ms)
{
    if (chain_is_risen(c)) /* judged not before the second verification (rule 2.21) */
        stand(c, QUEUE_RISEN, 0,
              c->verified_again_ms == TIME_NONE && c->next_ms > c->risen_ms ? c->next_ms : c->risen_ms);
    else if (c->verified_again_ms == TIME_NONE)
        stand(c, QUEUE_VERIFY, 0, first_known(c->next_ms, now_ms));
    else
        stand(c, QUEUE_GONE, GONE_WITH_OPENING, first_known(c->purged_ms, c->verified_again_ms));
}

static void place_erasing(struct chain *c, const struct schedule *s, int64_t now_ms)
{
    int64_t next = first_known(c->next_ms, now_ms);
    if (c->verified_ms != TIME_NONE && c->retained_until_ms != TIME_NONE)
        place_retained(c, s, now_ms);
    else if (chain_is_risen(c) && c->tries == 0)
        stand(c, QUEUE_RISEN, 0, next);
    else if (c->submitted_any && !c->partial && !c->failed)
        stand(c, QUEUE_VERIFY, 0, next);
    else
        stand(c, QUEUE_RETRY, 0, next);
}

static bool asked_by_somebody(const struct chain *c)
{
    return c->mandate.reason != REASON_NONE && c->mandate.reason != REASON_RETENTION_EXPIRY;
}

void chain_place(struct chain *c, const struct hold *holds, size_t holds_n, const struct policy *policy, int64_t now_ms)
{
    struct schedule s = chain_schedule(policy, c);
    int64_t grace = chain_wait_ms(c, c->mandate.reason, holds, holds_n, now_ms);
    bool undecided = (c->needs_decision || c->state == CHAIN_REVIEW) && chain_decided(c) == DECIDED_NOTHING;
    if (chain_held(c, holds, holds_n, policy))
        stand(c, QUEUE_PARKED, 0, c->registered_ms);
    else if (undecided)
        stand(c, QUEUE_REVIEW, 0, c->registered_ms);
    else if (c->state == CHAIN_ANNOUNCED)
        stand(c, QUEUE_NONE, 0, 0);
    else if (c->state == CHAIN_ERASED && !chain_is_risen(c))
        place_erased(c, now_ms);
    else if (grace != TIME_NONE) /* as decide: an order does not wait, nor a request whose grace is waived */
        stand(c, QUEUE_WAKE, 0, grace);
    else if (c->state == CHAIN_ERASED)
        place_erased(c, now_ms);
    else if (c->state == CHAIN_ERASING)
        place_erasing(c, &s, now_ms);
    else if (!asked_by_somebody(c))
        place_by_schedule(c, &s, now_ms);
    else if (c->next_ms != TIME_NONE && c->next_ms > now_ms)
        stand(c, QUEUE_RETRY, 0, c->next_ms);
    else
        stand(c, QUEUE_REQUEST, 0, first_known(c->mandate.deadline_ms, first_known(c->mandate.accepted_ms, now_ms)));
}
