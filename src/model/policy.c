/* policy.c - the names a policy uses and finding its categories. */
#include "model/policy.h"

const char *const policy_keys[] = {"categories",   "classify",     "default_category", "minimum_age",  "hold_grace",
                                   "cooling_off",  "verify_again", "open_ask_after",   "erase_within", NULL};

static const char *const start_events[] = {
    [START_INTERACTION_END] = "interaction_end", [START_RECORD_CREATED] = "record_created",
    [START_CASE_CLOSED] = "case_closed",         [START_CONTRACT_END] = "contract_end",
    [START_END_OF_YEAR] = "end_of_year",
};

static const char *const regimes[REGIME_COUNT] = {
    [REGIME_NONE] = "none", [REGIME_GDPR] = "gdpr",   [REGIME_UK_GDPR] = "uk-gdpr",
    [REGIME_CCPA] = "ccpa", [REGIME_OTHER] = "other",
};

const char *start_event_name(enum start_event e)
{
    ASSERT((size_t)e < ARRAY_LEN(start_events));
    return start_events[e];
}

bool start_event_parse(struct str s, enum start_event *out)
{
    for (size_t i = 0; i < ARRAY_LEN(start_events); i++) {
        if (!str_is(s, start_events[i]))
            continue;
        *out = (enum start_event)i;
        return true;
    }
    return false;
}

const char *regime_name(enum regime r)
{
    ASSERT((size_t)r < REGIME_COUNT);
    return regimes[r];
}

bool regime_parse(struct str s, enum regime *out)
{
    for (size_t i = REGIME_GDPR; i < REGIME_COUNT; i++) {
        if (!str_is(s, regimes[i]))
            continue;
        *out = (enum regime)i;
        return true;
    }
    return false;
}

const struct category *policy_category(const struct policy *p, struct str name)
{
    for (size_t i = 0; i < p->categories_n; i++)
        if (str_eq(p->categories[i].name, name))
            return &p->categories[i];
    return NULL;
}

size_t policy_category_index(const struct policy *p, const struct category *c)
{
    ASSERT(c >= p->categories && c < p->categories + p->categories_n);
    return (size_t)(c - p->categories);
}

const struct category *policy_category_of(const struct policy *p, const struct leg *leg, bool *unmapped)
{
    const struct category *c = policy_category(p, leg->category);
    *unmapped = leg->unmapped || c == NULL;
    if (c == NULL)
        c = policy_category(p, p->default_category);
    ASSERT(c != NULL); /* policy_read and policy_load see to it that the default exists */
    return c;
}

uint16_t category_code(struct str name)
{
    struct hash h = sha256(name);
    return (uint16_t)(h.b[0] << 8 | h.b[1]);
}
