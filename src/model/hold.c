/* hold.c - which chains a standing hold covers, and when a hold counts (rules 2.9-2.11). */
#include "model/hold.h"

static bool names_subject(const struct hold *h, const struct leg *leg)
{
    for (size_t i = 0; i < h->subjects_n; i++)
        for (size_t j = 0; j < leg->subjects_n; j++)
            if (row_key_eq(&h->subjects[i], &leg->subjects[j]))
                return true;
    return false;
}

static bool covers_leg(const struct hold *h, struct str source, const struct leg *leg)
{
    switch (h->scope) {
    case HOLD_IDS: /* stands in the chain's own row */
        return false;
    case HOLD_SUBJECT:
        return names_subject(h, leg);
    case HOLD_FILTER: /* a status changes with the hold itself, so none is known here */
        return filter_matches(&h->filter, source, leg, STATUS_COUNT);
    }
    ASSERT(!"a hold of no known scope");
    return false;
}

bool hold_covers(const struct hold *h, const struct chain *c)
{
    for (size_t i = 0; i < c->legs_n; i++)
        if (covers_leg(h, c->source, &c->legs[i]))
            return true;
    return false;
}

bool hold_in_force(const struct hold *h)
{
    return h->released_ms == TIME_NONE;
}

bool hold_in_grace(const struct hold *h, int64_t now_ms)
{
    return !hold_in_force(h) && h->grace_until_ms != TIME_NONE && now_ms < h->grace_until_ms;
}

bool hold_waived(const struct hold *h)
{
    return !hold_in_force(h) && h->waived_by.n > 0;
}
