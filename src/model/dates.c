/* dates.c - when a leg's clock starts, until when it is kept, from when it is due (rules 2.1, 2.2, 2.4, 2.6). */
#include "model/policy.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b; /* TIME_NONE is before every instant */
}

int64_t policy_anchor_ms(const struct policy *p, const struct category *c, const struct leg *leg)
{
    switch (c->from) {
    case START_INTERACTION_END:
        return leg->ended_ms;
    case START_RECORD_CREATED:
        return leg->created_ms;
    case START_CASE_CLOSED:
        return leg->case_closed_ms;
    case START_CONTRACT_END:
        return leg->contract_end_ms;
    case START_END_OF_YEAR:
        return leg->ended_ms == TIME_NONE ? TIME_NONE : end_of_year(leg->ended_ms, p->zone);
    }
    return TIME_NONE;
}

/* Without an anchor: has the start event happened at a time nobody knows, so that registration bounds it? */
static bool happened_unknown(const struct category *c, const struct leg *leg)
{
    switch (c->from) {
    case START_INTERACTION_END:
    case START_END_OF_YEAR:
        return leg->end_stated;
    case START_RECORD_CREATED:
        return true; /* what is registered was created */
    case START_CASE_CLOSED:
    case START_CONTRACT_END:
        return false; /* told later, by `contact event` */
    }
    return false;
}

/* Anchor, or the registration where that stands in for it; TIME_NONE: the start event is still to come. */
static int64_t start_ms(const struct policy *p, const struct category *c, const struct leg *leg, bool *ceiling)
{
    int64_t start = policy_anchor_ms(p, c, leg);
    *ceiling = start == TIME_NONE && leg->registered_ms != TIME_NONE && happened_unknown(c, leg);
    if (!*ceiling)
        return start;
    return c->from == START_END_OF_YEAR ? end_of_year(leg->registered_ms, p->zone) : leg->registered_ms;
}

/* Nobody knows which category was meant, so none of the minimums may be cut short. */
static int64_t longest_keep(const struct policy *p, const struct leg *leg, int64_t base_ms)
{
    int64_t longest = TIME_NONE;
    for (size_t i = 0; i < p->categories_n; i++) {
        const struct category *c = &p->categories[i];
        if (!c->keep.set)
            continue;
        bool ceiling;
        int64_t start = later(start_ms(p, c, leg, &ceiling), base_ms);
        if (start == TIME_NONE)
            return KEEP_UNBOUNDED_MS;
        longest = later(longest, period_add_keep(start, &c->keep, p->zone));
    }
    return longest;
}

struct dates policy_dates(const struct policy *p, const struct leg *leg)
{
    bool unmapped;
    const struct category *c = policy_category_of(p, leg, &unmapped);
    struct dates d = {.anchor_ms = policy_anchor_ms(p, c, leg),
                      .keep_until_ms = TIME_NONE,
                      .due_ms = TIME_NONE,
                      .overdue_ms = TIME_NONE};
    int64_t start = start_ms(p, c, leg, &d.ceiling);
    if (unmapped)
        d.keep_until_ms = longest_keep(p, leg, start);
    else if (c->keep.set)
        d.keep_until_ms = start == TIME_NONE ? KEEP_UNBOUNDED_MS : period_add_keep(start, &c->keep, p->zone);
    if (start == TIME_NONE || !c->erase_after.set)
        return d;
    /* `keep` is rounded up to the end of its day and may so end after an equal erase_after: retention wins. */
    d.due_ms = later(period_add_back(start, &c->erase_after, p->zone), d.keep_until_ms);
    d.overdue_ms = period_add_back(d.due_ms, &c->erase_within, p->zone);
    return d;
}
