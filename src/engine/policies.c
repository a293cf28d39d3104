#include "engine/policies.h"

enum { VERSIONS_MAX = 10000 };

enum status policy_stored(struct engine *e, struct str version, struct arena *a, struct policy *out, struct err *err)
{
    struct str body;
    uint64_t at;
    if (!version.n)
        version = e->policy.version;
    TRY(registry_record_get(e->registry, TABLE_POLICY, version, a, &body, &at, err));
    if (!at)
        return FAIL(err, E_ABSENT, "no schedule version %.*s (see `expunge policy show --versions`)", STR_ARG(version));
    return policy_load(body, a, out, err);
}

/* ---- differences ---- */

/* Whether a request or an order could now erase what the law's text kept before. */
static bool law_weaker(const struct category *was, const struct category *is)
{
    bool confirmed_before = was->law.confirmed_by.n > 0;
    for (size_t i = 0; i < REGIME_COUNT; i++)
        if (was->law.resists[i] && !is->law.resists[i])
            return true;
    if (was->law.cite.n && !is->law.cite.n)
        return true;
    for (size_t k = 0; k < KIND_COUNT && confirmed_before; k++)
        if (was->on_request[k] != EFFECT_ERASE && is->on_request[k] == EFFECT_ERASE)
            return true;
    return false;
}

static void look_for_shortening(const struct policy *was, const struct policy *is, struct policy_difference *d)
{
    for (size_t i = 0; i < d->changes_n; i++) {
        const struct policy_change *c = &d->changes[i];
        const struct category *before = policy_category(was, c->category), *now = policy_category(is, c->category);
        const char *why = NULL;
        if (c->shorter || c->keep_shorter)
            why = "a period becomes shorter";
        else if (c->start_changed)
            why = "a clock starts at another event";
        else if (c->removed)
            why = "a category is taken away";
        else if (c->law_changed && before && now && law_weaker(before, now))
            why = "a law retains less against requests";
        d->rewrites |= c->start_changed || c->added || c->removed;
        if (why && !d->second_person) {
            d->second_person = true;
            d->why = str_of(why);
        }
    }
    d->rewrites |= d->classification_changed;
}

enum status policy_difference(struct engine *e, struct arena *a, struct policy_difference *out, struct err *err)
{
    struct policy_difference d = {.why = STR_NONE};
    TRY(policy_compare(&e->policy, &e->config.policy, a, &d.changes, &d.changes_n, &d.classification_changed, err));
    look_for_shortening(&e->policy, &e->config.policy, &d);
    *out = d;
    return OK;
}

enum status policy_versions(struct engine *e, struct arena *a, struct policy_version **out, size_t *n, struct err *err)
{
    struct row *rows;
    size_t rows_n;
    struct str pending, head, tail;
    uint64_t at;
    TRY(registry_record_page(e->registry, TABLE_POLICY, STR_NONE, STR_NONE, VERSIONS_MAX, a, &rows, &rows_n, err));
    TRY(registry_meta_get(e->registry, "policy_pending", a, &pending, &at, err));
    if (!str_split(pending, ' ', &head, &tail))
        head = STR_NONE;
    struct policy_version *list = ARENA_ARRAY(a, struct policy_version, rows_n + 1);
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++)
        list[i] = (struct policy_version){rows[i].key, str_eq(rows[i].key, e->policy.version), head.n && str_eq(rows[i].key, head),
                                          str_eq(rows[i].key, e->config.policy.version)};
    *out = list;
    *n = rows_n;
    return OK;
}
