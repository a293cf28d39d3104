/* classify.c - which category a contact belongs to (rule 2.6). */
#include "model/policy.h"

/* Where a leg has no time yet, periods are still compared: added to 2001-01-01. */
#define SOME_START_MS INT64_C(978307200000)

struct candidate_category {
    const struct category *category; /* NULL: a value nobody has mapped */
    struct str value;
    int64_t keep_until_ms;
};

static int64_t keep_rank(const struct policy *p, const struct category *c, const struct leg *leg)
{
    if (!c->keep.set)
        return TIME_NONE;
    int64_t start = policy_anchor_ms(p, c, leg);
    if (start == TIME_NONE)
        start = leg->registered_ms;
    return period_add_keep(start == TIME_NONE ? SOME_START_MS : start, &c->keep, p->zone);
}

/* The rule's category: a name, or what the attribute in "{attribute.NAME}" says. False: the rule says nothing. */
static bool rule_category(const struct policy *p, const struct classify_rule *rule, const struct leg *leg,
                          struct candidate_category *out)
{
    struct str name = rule->category, prefix = STR("{attribute.");
    if (str_starts(name, prefix)) {
        name = str_trim(leg_attribute(leg, (struct str){name.p + prefix.n, name.n - prefix.n - 1}));
        if (name.n == 0)
            return false;
    }
    *out = (struct candidate_category){.value = name, .keep_until_ms = TIME_NONE};
    for (size_t i = 0; i < p->categories_n && out->category == NULL; i++)
        if (str_eq_nocase(p->categories[i].name, name))
            out->category = &p->categories[i];
    if (out->category != NULL) {
        out->keep_until_ms = keep_rank(p, out->category, leg);
        return true;
    }
    for (size_t i = 0; i < p->categories_n; i++) {
        int64_t keep = keep_rank(p, &p->categories[i], leg);
        if (keep > out->keep_until_ms)
            out->keep_until_ms = keep;
    }
    return true;
}

void policy_classify(const struct policy *p, struct str source, struct leg *leg, struct arena *a)
{
    struct candidate_category best = {.category = NULL}, one;
    bool found = false;
    for (size_t i = 0; i < p->rules_n; i++) {
        if (!filter_matches(&p->rules[i].when, source, leg, STATUS_COUNT) || !rule_category(p, &p->rules[i], leg, &one))
            continue;
        if (!found || one.keep_until_ms > best.keep_until_ms)
            best = one;
        found = true;
    }
    struct str name = best.category != NULL ? best.category->name : p->default_category;
    struct str copy = arena_str(a, name); /* outlives the policy, where there is room */
    leg->category = copy.p != NULL ? copy : name;
    leg->defaulted = !found;
    leg->unmapped = found && best.category == NULL;
    leg->unmapped_value = leg->unmapped ? best.value : STR_NONE;
}
