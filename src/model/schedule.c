/* schedule.c - dates over all legs of a chain, and whether it is held. */
#include "model/schedule.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b; /* TIME_NONE is before every instant */
}

enum decided chain_decided(const struct chain *c)
{
    if (str_is(c->decided, "erase"))
        return DECIDED_ERASE;
    if (str_is(c->decided, "keep"))
        return DECIDED_KEEP;
    return str_starts(c->decided, STR("category:")) ? DECIDED_CATEGORY : DECIDED_NOTHING;
}

struct leg leg_as_decided(const struct policy *p, const struct chain *c, const struct leg *leg)
{
    struct leg as = *leg;
    bool unmapped;
    (void)policy_category_of(p, leg, &unmapped);
    if (!unmapped || chain_decided(c) != DECIDED_CATEGORY)
        return as;
    size_t prefix = STR("category:").n;
    struct str name = {c->decided.p + prefix, c->decided.n - prefix};
    if (policy_category(p, name) == NULL)
        return as;
    as.category = name;
    as.unmapped = false;
    return as;
}

/* Older than the minimum age, counted from its end; registration stands in for an end nobody knows (rule 2.4). */
static int64_t old_enough_ms(const struct policy *p, const struct leg *leg)
{
    int64_t youngest = leg->ended_ms != TIME_NONE ? leg->ended_ms : leg->registered_ms;
    return youngest == TIME_NONE ? TIME_NONE : period_add_back(youngest, &p->minimum_age, p->zone);
}

static bool by_cutoff(const struct policy *p, const struct category *c, const struct dates *d, bool unmapped)
{
    return !unmapped && !d->ceiling && d->anchor_ms != TIME_NONE && c->from != START_END_OF_YEAR && c->hold.n == 0 &&
           d->due_ms != TIME_NONE && d->due_ms == period_add_back(d->anchor_ms, &c->erase_after, p->zone);
}

/* What only a store or a person named has no source that could say it is alive. */
static int64_t last_news_ms(const struct chain *c)
{
    int64_t news = c->registered_ms;
    bool alive = false;
    for (size_t i = 0; i < c->legs_n; i++) {
        alive = alive || (!c->legs[i].end_stated && c->legs[i].newest_ms >= 0);
        news = later(news, later(c->legs[i].newest_ms, c->legs[i].registered_ms));
    }
    return alive ? news : TIME_NONE;
}

struct schedule chain_schedule(const struct policy *p, const struct chain *c)
{
    struct schedule s = {.open = chain_is_open(c),
                         .single = c->legs_n > 0,
                         .anchor_ms = TIME_NONE,
                         .keep_until_ms = TIME_NONE,
                         .erase_ms = TIME_NONE,
                         .due_ms = TIME_NONE,
                         .overdue_ms = TIME_NONE,
                         .news_ms = TIME_NONE,
                         .silent_ms = TIME_NONE};
    if (s.open) {
        s.news_ms = last_news_ms(c);
        s.silent_ms = period_add_back(s.news_ms, &p->open_ask_after, p->zone);
    }
    bool never = c->legs_n == 0 || s.open, anchored = true;
    int64_t old_enough = TIME_NONE;
    for (size_t i = 0; i < c->legs_n; i++) {
        struct leg leg = leg_as_decided(p, c, &c->legs[i]);
        bool unmapped;
        const struct category *category = policy_category_of(p, &leg, &unmapped);
        struct dates d = policy_dates(p, &leg);
        s.category = i == 0 || s.category == category ? category : NULL;
        s.single = s.single && s.category != NULL && by_cutoff(p, category, &d, unmapped);
        anchored = anchored && d.anchor_ms != TIME_NONE;
        never = never || d.due_ms == TIME_NONE;
        if (d.keep_until_ms > s.keep_until_ms)
            s.binding = category;
        s.anchor_ms = later(s.anchor_ms, d.anchor_ms);
        s.keep_until_ms = later(s.keep_until_ms, d.keep_until_ms);
        s.erase_ms = later(s.erase_ms, d.due_ms);
        s.overdue_ms = later(s.overdue_ms, d.overdue_ms);
        old_enough = later(old_enough, old_enough_ms(p, &leg));
    }
    if (!anchored)
        s.anchor_ms = TIME_NONE;
    if (never)
        s.erase_ms = s.overdue_ms = TIME_NONE;
    else
        s.due_ms = later(later(s.erase_ms, s.keep_until_ms), old_enough);
    s.single = s.single && !never;
    return s;
}

/* A category's hold is opened right after classification; between the two nothing may slip through. */
static bool hold_to_come(const struct chain *c, const struct policy *p)
{
    if (c->past_holds_n > 0 || (c->state != CHAIN_ACTIVE && c->state != CHAIN_REVIEW))
        return false;
    for (size_t i = 0; i < c->legs_n; i++) {
        bool unmapped;
        struct leg leg = leg_as_decided(p, c, &c->legs[i]);
        if (policy_category_of(p, &leg, &unmapped)->hold.n > 0)
            return true;
    }
    return false;
}

bool chain_held(const struct chain *c, const struct hold *holds, size_t holds_n, const struct policy *p)
{
    if (c->holds_n > 0)
        return true;
    for (size_t i = 0; i < holds_n; i++)
        if (hold_in_force(&holds[i]) && hold_covers(&holds[i], c))
            return true;
    return hold_to_come(c, p);
}

int64_t chain_grace_ms(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms)
{
    int64_t until = c->grace_until_ms > now_ms ? c->grace_until_ms : TIME_NONE;
    for (size_t i = 0; i < holds_n; i++)
        if (hold_in_grace(&holds[i], now_ms) && hold_covers(&holds[i], c))
            until = later(until, holds[i].grace_until_ms);
    return until;
}

static bool was_under(const struct chain *c, const struct row_key *matter)
{
    for (size_t i = 0; i < c->past_holds_n; i++)
        if (row_key_eq(&c->past_holds[i].matter, matter))
            return true;
    return false;
}

/* The grace in the chain's own row is that of the matters released from it. One that no such matter explains stands. */
static bool own_grace_waived(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < holds_n; i++) {
        if (!hold_in_grace(&holds[i], now_ms) || !was_under(c, &holds[i].matter))
            continue;
        if (!hold_waived(&holds[i]))
            return false;
        any = true;
    }
    return any;
}

static int64_t request_wait_ms(const struct chain *c, const struct hold *holds, size_t holds_n, int64_t now_ms)
{
    int64_t until = TIME_NONE;
    if (c->grace_until_ms > now_ms && !own_grace_waived(c, holds, holds_n, now_ms))
        until = c->grace_until_ms;
    for (size_t i = 0; i < holds_n; i++)
        if (hold_in_grace(&holds[i], now_ms) && !hold_waived(&holds[i]) && hold_covers(&holds[i], c))
            until = later(until, holds[i].grace_until_ms);
    return until;
}

/* Rule 2.11 speaks of expiry and of requests that waited; a person who orders it knows that the hold is over. */
int64_t chain_wait_ms(const struct chain *c, enum reason asked, const struct hold *holds, size_t holds_n, int64_t now_ms)
{
    if (asked == REASON_OPERATOR)
        return TIME_NONE;
    if (asked == REASON_GDPR_ERASURE || asked == REASON_CCPA_ERASURE)
        return request_wait_ms(c, holds, holds_n, now_ms);
    return chain_grace_ms(c, holds, holds_n, now_ms);
}

bool chain_is_risen(const struct chain *c)
{
    return c->risen_ms != TIME_NONE && c->risen_ms > c->verified_ms && c->risen_ms > c->verified_again_ms;
}
