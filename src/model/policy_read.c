/* policy_read.c - the policy part of the configuration; every problem is reported with its place. */
#include "model/policy.h"

#include <stdlib.h>

enum { CATEGORY_NAME_MAX = 64, CATEGORIES_MAX = 1000, RULES_MAX = 10000 };

struct reading {
    struct arena *a;
    struct policy *policy;
    struct problems *p;
    struct period erase_within; /* of categories that state none */
    struct err *err;
};

static bool name_valid(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_'))
            return false;
    return name.n >= 1 && name.n <= CATEGORY_NAME_MAX;
}

/* Absent leaves *out alone. */
static void read_period(const struct reading *r, const struct yaml *y, struct period *out)
{
    struct str text;
    struct err why = {.code = OK};
    if (y == NULL || !yaml_string(y, r->p, &text))
        return;
    if (period_parse(text, out, &why) != OK)
        problem_at(r->p, y, "%s", why.text);
}

static void read_text(const struct reading *r, const struct yaml *y, struct str *out)
{
    if (y != NULL && yaml_string(y, r->p, out) && out->n == 0)
        problem_at(r->p, y, "this is empty; leave the key out instead");
}

static void read_resists(const struct reading *r, const struct yaml *y, struct law *law)
{
    if (y == NULL || !yaml_expect(y, YAML_LIST, r->p))
        return;
    for (const struct yaml *item = y->first; item != NULL; item = item->next) {
        struct str text;
        enum regime regime;
        if (!yaml_string(item, r->p, &text))
            continue;
        if (regime_parse(text, &regime))
            law->resists[regime] = true;
        else
            problem_at(r->p, item,
                       "'%.*s' is no regime that a request can come under (gdpr, uk-gdpr, ccpa, other). Only Union, "
                       "Member State or UK law stands against a GDPR request (Art. 17(3)(b)); HIPAA, SEC and FINRA "
                       "rules are foreign law and PCI DSS is a contract: cite them, but they resist nothing here",
                       STR_ARG(text));
    }
}

static void read_confirmed(const struct reading *r, const struct yaml *y, struct law *law)
{
    static const char *const known[] = {"by", "on", NULL};
    if (y == NULL || yaml_is_null(y))
        return;
    if (y->type != YAML_MAP) {
        problem_at(r->p, y, "'confirmed' is null, or {by: NAME, on: DATE}: who confirmed this law, and when");
        return;
    }
    yaml_unknown(y, known, r->p);
    struct str by = STR_NONE, on = STR_NONE;
    read_text(r, yaml_get(y, "by"), &by);
    read_text(r, yaml_get(y, "on"), &on);
    struct err why = {.code = OK};
    if (by.n == 0 || on.n == 0)
        problem_at(r->p, y, "'confirmed' needs both 'by' (a person's name) and 'on' (a date)");
    else if (time_parse(on, r->policy->zone, &law->confirmed_ms, &why) != OK)
        problem_at(r->p, yaml_get(y, "on"), "%s", why.text);
    law->confirmed_by = by;
}

static void read_law(const struct reading *r, const struct yaml *y, struct category *c)
{
    static const char *const known[] = {"cite", "resists", "confirmed", NULL};
    if (y == NULL || !yaml_expect(y, YAML_MAP, r->p))
        return;
    yaml_unknown(y, known, r->p);
    const struct yaml *resists = yaml_get(y, "resists");
    read_text(r, yaml_get(y, "cite"), &c->law.cite);
    read_resists(r, resists, &c->law);
    read_confirmed(r, yaml_get(y, "confirmed"), &c->law);
    if (c->law.cite.n == 0)
        problem_at(r->p, y, "'law' needs a 'cite': the article and paragraph that counsel can check");
    if (resists != NULL && resists->count > 0 && !c->keep.set)
        problem_at(r->p, resists, "'resists' without 'keep': there is no minimum that could stand against a request");
}

static bool request_effect(struct str text, enum effect *out)
{
    static const enum effect allowed[] = {EFFECT_ERASE, EFFECT_PSEUDONYMISE, EFFECT_RESTRICT};
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        if (!str_is(text, effect_name(allowed[i])))
            continue;
        *out = allowed[i];
        return true;
    }
    return false;
}

static void read_effect(const struct reading *r, const struct yaml *y, enum effect *out)
{
    struct str text;
    if (yaml_string(y, r->p, &text) && !request_effect(text, out))
        problem_at(r->p, y, "'%.*s' is not what a request can lead to; one of: erase, pseudonymise, restrict",
                   STR_ARG(text));
}

/* Where nothing is said about a kind the original stays out of daily use: the only effect that can be undone. */
static void read_on_request(const struct reading *r, const struct yaml *y, struct category *c)
{
    enum effect preset = c->keep.set ? EFFECT_RESTRICT : EFFECT_ERASE;
    bool is_map = y != NULL && yaml_expect(y, YAML_MAP, r->p);
    const struct yaml *other = is_map ? yaml_get(y, "default") : NULL;
    if (other != NULL)
        read_effect(r, other, &preset);
    for (size_t k = 0; k < KIND_COUNT; k++)
        c->on_request[k] = preset;
    if (!is_map)
        return;
    if (!c->keep.set)
        problem_at(r->p, y, "'on_request' without 'keep': a request then erases everything");
    for (const struct yaml *item = y->first; item != NULL; item = item->next) {
        enum artefact_kind kind;
        if (item == other)
            continue;
        if (kind_parse(item->key, &kind) && kind != KIND_NONE)
            read_effect(r, item, &c->on_request[kind]);
        else
            problem_add(r->p, item->key_line, item->key_column, "'%.*s' is no kind of artefact, nor 'default'",
                        STR_ARG(item->key));
    }
}

static void read_start(const struct reading *r, const struct yaml *y, struct category *c)
{
    struct str text;
    if (y == NULL || !yaml_string(y, r->p, &text))
        return;
    if (!start_event_parse(text, &c->from))
        problem_at(r->p, y,
                   "'%.*s' is no start event; one of: interaction_end, record_created, case_closed, contract_end, "
                   "end_of_year",
                   STR_ARG(text));
    if (!c->keep.set && !c->erase_after.set)
        problem_at(r->p, y, "'from' without a period: add 'erase_after'");
}

static void read_hold(const struct reading *r, const struct yaml *y, struct category *c)
{
    const struct yaml *hold = yaml_get(y, "hold"), *review = yaml_get(y, "review");
    if (hold != NULL && yaml_string(hold, r->p, &c->hold) && !name_valid(c->hold))
        problem_at(r->p, hold, "a hold's name is 1 to %d of a-z, 0-9 and _", CATEGORY_NAME_MAX);
    if (review != NULL && hold == NULL)
        problem_at(r->p, review, "'review' without 'hold': only a hold is reviewed");
    if (hold != NULL)
        c->review = (struct period){.years = 1, .set = true};
    read_period(r, review, &c->review);
}

static void read_category(const struct reading *r, const struct yaml *y, struct category *c)
{
    static const char *const known[] = {"keep",       "erase_after", "erase_within", "from", "law",
                                        "on_request", "hold",        "review",       "note", NULL};
    *c = (struct category){.name = y->key, .line = y->key_line, .law = {.confirmed_ms = TIME_NONE}};
    c->erase_within = r->erase_within;
    if (!name_valid(c->name))
        problem_add(r->p, y->key_line, y->key_column, "a category's name is 1 to %d of a-z, 0-9 and _",
                    CATEGORY_NAME_MAX);
    if (!yaml_expect(y, YAML_MAP, r->p))
        return;
    yaml_unknown(y, known, r->p);
    const struct yaml *keep = yaml_get(y, "keep"), *erase_after = yaml_get(y, "erase_after");
    read_period(r, keep, &c->keep);
    read_period(r, erase_after, &c->erase_after);
    read_period(r, yaml_get(y, "erase_within"), &c->erase_within);
    read_start(r, yaml_get(y, "from"), c);
    read_law(r, yaml_get(y, "law"), c);
    read_on_request(r, yaml_get(y, "on_request"), c);
    read_hold(r, y, c);
    read_text(r, yaml_get(y, "note"), &c->note);
    if (c->keep.set && c->erase_after.set && period_cmp(&c->keep, &c->erase_after) > 0)
        problem_at(r->p, keep, "'keep' is longer than 'erase_after': it could be neither kept nor erased");
    if (erase_after == NULL && yaml_get(y, "hold") == NULL)
        problem_add(r->p, y->key_line, y->key_column,
                    "category '%.*s' has no 'erase_after': nothing is kept without an end (Art. 5(1)(e) GDPR)",
                    STR_ARG(c->name));
}

static int by_name(const void *a, const void *b)
{
    const struct category *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

static void check_codes(const struct reading *r)
{
    const struct policy *policy = r->policy;
    for (size_t i = 0; i < policy->categories_n; i++)
        for (size_t j = 0; j < i; j++)
            if (category_code(policy->categories[i].name) == category_code(policy->categories[j].name))
                problem_add(r->p, policy->categories[i].line, 1,
                            "categories '%.*s' and '%.*s' would share a number in the registry; rename one",
                            STR_ARG(policy->categories[i].name), STR_ARG(policy->categories[j].name));
}

static enum status read_categories(const struct reading *r, const struct yaml *root)
{
    const struct yaml *y = yaml_get(root, "categories");
    if (y == NULL) {
        problem_at(r->p, root, "'categories' is missing: without a schedule nothing can be due");
        return OK;
    }
    if (!yaml_expect(y, YAML_MAP, r->p))
        return OK;
    if (y->count == 0 || y->count > CATEGORIES_MAX) {
        problem_at(r->p, y, "'categories' holds %zu; 1 to %d are possible", y->count, CATEGORIES_MAX);
        return OK;
    }
    r->policy->categories = ARENA_ARRAY(r->a, struct category, y->count);
    if (r->policy->categories == NULL)
        return ARENA_FULL(r->err, r->a);
    for (const struct yaml *item = y->first; item != NULL; item = item->next)
        read_category(r, item, &r->policy->categories[r->policy->categories_n++]);
    qsort(r->policy->categories, r->policy->categories_n, sizeof(struct category), by_name);
    check_codes(r);
    return OK;
}

/* What a rule may not ask: the answer would depend on the classification itself, or is not known to it. */
static void check_when(const struct reading *r, const struct yaml *y, const struct filter *f)
{
    for (size_t i = 0; i < f->n; i++) {
        enum filter_key key = f->words[i].key;
        if (key == FILTER_CATEGORY || key == FILTER_STATUS || key == FILTER_SUBJECT)
            problem_at(r->p, y, "a rule cannot ask for %s: it is not known while a contact is classified",
                       key == FILTER_CATEGORY ? "category" : key == FILTER_STATUS ? "status" : "subject");
    }
}

static void check_rule_category(const struct reading *r, const struct yaml *y, struct str name)
{
    struct str prefix = STR("{attribute.");
    if (str_starts(name, STR("{"))) {
        if (!str_starts(name, prefix) || !str_ends(name, STR("}")) || name.n <= prefix.n + 1)
            problem_at(r->p, y, "a category is a name, or \"{attribute.NAME}\" for what the attribute says");
    } else if (policy_category(r->policy, name) == NULL) {
        problem_at(r->p, y, "there is no category '%.*s'", STR_ARG(name));
    }
}

static enum status read_rule(const struct reading *r, const struct yaml *y, struct classify_rule *rule)
{
    static const char *const known[] = {"when", "category", NULL};
    rule->line = y->line;
    if (!yaml_expect(y, YAML_MAP, r->p))
        return OK;
    yaml_unknown(y, known, r->p);
    const struct yaml *when = yaml_get(y, "when"), *category = yaml_get(y, "category");
    if (when == NULL || category == NULL) {
        problem_at(r->p, y, "a rule needs 'when' (a filter) and 'category'");
        return OK;
    }
    struct str text;
    if (yaml_string(category, r->p, &rule->category))
        check_rule_category(r, category, rule->category);
    if (!yaml_string(when, r->p, &text))
        return OK;
    struct err why = {.code = OK};
    enum status parsed = filter_parse(text, r->policy->zone, r->a, &rule->when, &why);
    if (parsed == E_LIMIT)
        return FAIL(r->err, E_LIMIT, "%s", why.text);
    if (parsed != OK)
        problem_at(r->p, when, "%s", why.text);
    else
        check_when(r, when, &rule->when);
    return OK;
}

static enum status read_rules(const struct reading *r, const struct yaml *y)
{
    if (y == NULL || yaml_is_null(y) || !yaml_expect(y, YAML_LIST, r->p))
        return OK;
    if (y->count > RULES_MAX) {
        problem_at(r->p, y, "'classify' holds %zu rules; at most %d are possible", y->count, RULES_MAX);
        return OK;
    }
    r->policy->rules = ARENA_ARRAY(r->a, struct classify_rule, y->count);
    if (r->policy->rules == NULL)
        return ARENA_FULL(r->err, r->a);
    for (const struct yaml *item = y->first; item != NULL; item = item->next)
        TRY(read_rule(r, item, &r->policy->rules[r->policy->rules_n++]));
    return OK;
}

static void read_default(const struct reading *r, const struct yaml *root)
{
    const struct yaml *y = yaml_get(root, "default_category");
    r->policy->default_category = STR("standard_support");
    if (y != NULL && !yaml_string(y, r->p, &r->policy->default_category))
        return;
    if (r->policy->categories_n > 0 && policy_category(r->policy, r->policy->default_category) == NULL)
        problem_at(r->p, y != NULL ? y : root, "the default category '%.*s' is not among 'categories'",
                   STR_ARG(r->policy->default_category));
}

static void read_periods(const struct reading *r, const struct yaml *root)
{
    struct policy *policy = r->policy;
    policy->minimum_age = (struct period){.days = 1, .set = true};
    policy->hold_grace = (struct period){.days = 14, .set = true};
    policy->cooling_off = (struct period){.days = 7, .set = true};
    policy->verify_again = (struct period){.days = 1, .set = true};
    policy->open_ask_after = (struct period){.days = 30, .set = true};
    read_period(r, yaml_get(root, "minimum_age"), &policy->minimum_age);
    read_period(r, yaml_get(root, "hold_grace"), &policy->hold_grace);
    read_period(r, yaml_get(root, "cooling_off"), &policy->cooling_off);
    read_period(r, yaml_get(root, "verify_again"), &policy->verify_again);
    read_period(r, yaml_get(root, "open_ask_after"), &policy->open_ask_after);
}

static enum status stamp(const struct reading *r)
{
    struct buf text CLEANUP(buf_release);
    buf_init(&text, POLICY_BYTES_MAX);
    TRY(policy_write(r->policy, &text, r->err));
    r->policy->digest = sha256(buf_view(&text));
    return policy_version_of(&r->policy->digest, r->a, &r->policy->version, r->err);
}

enum status policy_read(const struct yaml *root, const struct zone *zone, struct arena *a, struct policy *out,
                        struct problems *p, struct err *err)
{
    ASSERT(root != NULL && zone != NULL);
    size_t before = p->count;
    struct policy policy = {.zone = zone};
    struct reading r = {.a = a, .policy = &policy, .p = p, .err = err};
    if (!yaml_expect(root, YAML_MAP, p))
        return OK;
    r.erase_within = (struct period){.days = 30, .set = true};
    read_period(&r, yaml_get(root, "erase_within"), &r.erase_within);
    TRY(read_categories(&r, root));
    read_default(&r, root);
    TRY(read_rules(&r, yaml_get(root, "classify")));
    read_periods(&r, root);
    if (p->count == before)
        TRY(stamp(&r));
    *out = policy;
    return OK;
}
