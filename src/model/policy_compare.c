/* policy_compare.c - what a new policy version changes (rule 2.7): shortening needs a second person. */
#include "model/policy.h"

#include <stdlib.h>

static bool law_differs(const struct category *a, const struct category *b)
{
    return !str_eq(a->law.cite, b->law.cite) || !str_eq(a->law.confirmed_by, b->law.confirmed_by) ||
           a->law.confirmed_ms != b->law.confirmed_ms ||
           memcmp(a->law.resists, b->law.resists, sizeof(a->law.resists)) != 0 ||
           memcmp(a->on_request, b->on_request, sizeof(a->on_request)) != 0;
}

/* No period is the longest (nothing is ever due). */
static int by_length(const struct period *a, const struct period *b)
{
    if (!a->set || !b->set)
        return (int)b->set - (int)a->set;
    return period_cmp(a, b);
}

static struct policy_change compare_category(const struct category *was, const struct category *is)
{
    struct policy_change c = {.category = is->name};
    int length = by_length(&is->erase_after, &was->erase_after);
    bool held_before = was->hold.n > 0, held_now = is->hold.n > 0;
    c.shorter = length < 0 || (held_before && !held_now);
    c.longer = length > 0 || (!held_before && held_now);
    c.start_changed = was->from != is->from;
    c.keep_shorter = was->keep.set && (!is->keep.set || period_cmp(&is->keep, &was->keep) < 0);
    /* A minimum where there was none, or a longer one, moves the date up to it at the latest. */
    c.longer = c.longer || (is->keep.set && (!was->keep.set || period_cmp(&is->keep, &was->keep) > 0));
    c.law_changed = law_differs(was, is);
    return c;
}

static bool is_change(const struct policy_change *c)
{
    return c->shorter || c->longer || c->start_changed || c->added || c->removed || c->keep_shorter || c->law_changed;
}

static void compare_period(const char *name, const struct period *was, const struct period *is,
                           struct policy_change *list, size_t *n)
{
    int length = period_cmp(is, was);
    if (length != 0)
        list[(*n)++] = (struct policy_change){.category = str_of(name), .shorter = length < 0, .longer = length > 0};
}

static void compare_periods(const struct policy *was, const struct policy *is, struct policy_change *list, size_t *n)
{
    compare_period("(cooling_off)", &was->cooling_off, &is->cooling_off, list, n);
    compare_period("(hold_grace)", &was->hold_grace, &is->hold_grace, list, n);
    compare_period("(minimum_age)", &was->minimum_age, &is->minimum_age, list, n);
    compare_period("(open_ask_after)", &was->open_ask_after, &is->open_ask_after, list, n);
    compare_period("(verify_again)", &was->verify_again, &is->verify_again, list, n);
    if (!str_eq(zone_name(was->zone), zone_name(is->zone))) /* some instants come earlier */
        list[(*n)++] = (struct policy_change){.category = STR("(timezone)"), .shorter = true, .start_changed = true};
}

static bool classification_differs(const struct policy *was, const struct policy *is)
{
    if (was->rules_n != is->rules_n || !str_eq(was->default_category, is->default_category))
        return true;
    for (size_t i = 0; i < is->rules_n; i++)
        if (!str_eq(was->rules[i].when.text, is->rules[i].when.text) ||
            !str_eq(was->rules[i].category, is->rules[i].category))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    const struct policy_change *x = a, *y = b;
    return str_cmp(x->category, y->category);
}

enum status policy_compare(const struct policy *was, const struct policy *is, struct arena *a,
                           struct policy_change **out, size_t *n, bool *classification_changed, struct err *err)
{
    enum { PERIODS_AND_ZONE = 6 };
    struct policy_change *list =
        ARENA_ARRAY(a, struct policy_change, was->categories_n + is->categories_n + PERIODS_AND_ZONE);
    if (list == NULL)
        return ARENA_FULL(err, a);
    size_t found = 0;
    for (size_t i = 0; i < is->categories_n; i++) {
        const struct category *now = &is->categories[i], *before = policy_category(was, now->name);
        list[found] = before == NULL ? (struct policy_change){.category = now->name, .added = true}
                                     : compare_category(before, now);
        found += is_change(&list[found]) ? 1 : 0;
    }
    for (size_t i = 0; i < was->categories_n; i++)
        if (policy_category(is, was->categories[i].name) == NULL)
            list[found++] = (struct policy_change){.category = was->categories[i].name, .removed = true};
    compare_periods(was, is, list, &found);
    qsort(list, found, sizeof(list[0]), by_name);
    *out = list;
    *n = found;
    *classification_changed = classification_differs(was, is);
    return OK;
}
