/* policy_write.c - the canonical text of a policy, its digest and version, and reading the text back. */
#include "model/policy.h"

#include <stdlib.h>

enum { PERIOD_TEXTS_BYTES = 1 << 20 };

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_period(struct json_writer *w, const char *key, const struct period *p, struct arena *a)
{
    if (p->set)
        jw_key_string(w, key, period_text(p, a));
}

static void write_law(struct json_writer *w, const struct law *law)
{
    if (law->cite.n == 0)
        return;
    jw_key(w, "law");
    jw_object(w);
    jw_key_string(w, "cite", law->cite);
    if (law->confirmed_by.n > 0) {
        jw_key(w, "confirmed");
        jw_object(w);
        jw_key_string(w, "by", law->confirmed_by);
        jw_key_time(w, "on", law->confirmed_ms);
        jw_end(w);
    }
    jw_key(w, "resists");
    jw_array(w);
    for (size_t r = REGIME_GDPR; r < REGIME_COUNT; r++)
        if (law->resists[r])
            jw_cstr(w, regime_name((enum regime)r));
    jw_end(w);
    jw_end(w);
}

/* The default and what differs from it, so that a kind added to the product later changes no digest. */
static void write_on_request(struct json_writer *w, const struct category *c)
{
    const char *names[KIND_COUNT] = {"default"};
    size_t n = 1;
    for (size_t k = KIND_NONE + 1; k < KIND_COUNT; k++)
        if (c->on_request[k] != c->on_request[KIND_NONE])
            names[n++] = kind_name((enum artefact_kind)k);
    qsort(names, n, sizeof(names[0]), by_text);
    jw_key(w, "on_request");
    jw_object(w);
    for (size_t i = 0; i < n; i++) {
        enum artefact_kind kind = KIND_NONE; /* stays so for "default" */
        (void)kind_parse(str_of(names[i]), &kind);
        jw_key(w, names[i]);
        jw_cstr(w, effect_name(c->on_request[kind]));
    }
    jw_end(w);
}

static void write_category(struct json_writer *w, const struct category *c, struct arena *a)
{
    jw_object(w);
    write_period(w, "erase_after", &c->erase_after, a);
    write_period(w, "erase_within", &c->erase_within, a);
    jw_key_string(w, "from", str_of(start_event_name(c->from)));
    if (c->hold.n > 0)
        jw_key_string(w, "hold", c->hold);
    write_period(w, "keep", &c->keep, a);
    write_law(w, &c->law);
    jw_key_string(w, "name", c->name);
    if (c->note.n > 0)
        jw_key_string(w, "note", c->note);
    if (c->keep.set)
        write_on_request(w, c);
    write_period(w, "review", &c->review, a);
    jw_end(w);
}

enum status policy_write(const struct policy *policy, struct buf *b, struct err *err)
{
    struct arena a CLEANUP(arena_release);
    arena_init(&a, PERIOD_TEXTS_BYTES);
    struct json_writer w;
    jw_init(&w, b, 0);
    jw_object(&w);
    jw_key(&w, "categories");
    jw_array(&w);
    for (size_t i = 0; i < policy->categories_n; i++)
        write_category(&w, &policy->categories[i], &a);
    jw_end(&w);
    jw_key(&w, "classify");
    jw_array(&w);
    for (size_t i = 0; i < policy->rules_n; i++) {
        jw_object(&w);
        jw_key_string(&w, "category", policy->rules[i].category);
        jw_key_string(&w, "when", policy->rules[i].when.text);
        jw_end(&w);
    }
    jw_end(&w);
    write_period(&w, "cooling_off", &policy->cooling_off, &a);
    jw_key_string(&w, "default_category", policy->default_category);
    write_period(&w, "hold_grace", &policy->hold_grace, &a);
    write_period(&w, "minimum_age", &policy->minimum_age, &a);
    write_period(&w, "open_ask_after", &policy->open_ask_after, &a);
    /* The same periods in another zone are other instants, and a stored version must stand without the YAML. */
    jw_key_string(&w, "timezone", zone_name(policy->zone));
    write_period(&w, "verify_again", &policy->verify_again, &a);
    jw_end(&w);
    return buf_check(b, err);
}

enum status policy_version_of(const struct hash *digest, struct arena *a, struct str *out, struct err *err)
{
    struct str text = arena_fmt(a, "%02x%02x%02x%02x%02x%02x%02x%02x", digest->b[0], digest->b[1], digest->b[2],
                                digest->b[3], digest->b[4], digest->b[5], digest->b[6], digest->b[7]);
    if (text.p == NULL)
        return ARENA_FULL(err, a);
    *out = text;
    return OK;
}

/* ---- and back ---- */

static enum status load_period(const struct json *object, const char *key, struct period *out, struct err *err)
{
    const struct json *j = json_get(object, key);
    if (j == NULL)
        return OK;
    enum status s = period_parse(json_string(j), out, err);
    return s == OK || !err ? s : err_prefix(err, "stored policy, %s: ", key);
}

static enum status load_effect(const struct json *j, enum effect *out, struct err *err)
{
    static const enum effect allowed[] = {EFFECT_ERASE, EFFECT_PSEUDONYMISE, EFFECT_RESTRICT};
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        if (!str_is(json_string(j), effect_name(allowed[i])))
            continue;
        *out = allowed[i];
        return OK;
    }
    return FAIL(err, E_INVALID, "stored policy: '%.*s' is no effect of a request", STR_ARG(json_string(j)));
}

static enum status load_on_request(const struct json *j, struct category *c, struct err *err)
{
    enum effect preset = EFFECT_ERASE;
    if (c->keep.set)
        TRY(load_effect(json_get(j, "default"), &preset, err));
    for (size_t k = 0; k < KIND_COUNT; k++)
        c->on_request[k] = preset;
    for (const struct json *item = j != NULL ? j->first : NULL; item != NULL; item = item->next) {
        enum artefact_kind kind;
        if (str_is(item->key, "default"))
            continue;
        if (!kind_parse(item->key, &kind))
            return FAIL(err, E_INVALID, "stored policy: unknown kind '%.*s'", STR_ARG(item->key));
        TRY(load_effect(item, &c->on_request[kind], err));
    }
    return OK;
}

static enum status load_law(const struct json *j, struct law *law, struct err *err)
{
    law->cite = json_string(json_get(j, "cite"));
    const struct json *resists = json_get(j, "resists"), *confirmed = json_get(j, "confirmed");
    for (const struct json *item = resists != NULL ? resists->first : NULL; item != NULL; item = item->next) {
        enum regime regime;
        if (!regime_parse(json_string(item), &regime))
            return FAIL(err, E_INVALID, "stored policy: unknown regime '%.*s'", STR_ARG(json_string(item)));
        law->resists[regime] = true;
    }
    law->confirmed_ms = TIME_NONE;
    if (confirmed == NULL)
        return OK;
    law->confirmed_by = json_string(json_get(confirmed, "by"));
    return time_parse(json_string(json_get(confirmed, "on")), zone_utc(), &law->confirmed_ms, err);
}

static enum status load_category(const struct json *j, struct category *c, struct err *err)
{
    c->name = json_string(json_get(j, "name"));
    if (c->name.n == 0 || !start_event_parse(json_string(json_get(j, "from")), &c->from))
        return FAIL(err, E_INVALID, "stored policy: a category without name or start event");
    TRY(load_period(j, "keep", &c->keep, err));
    TRY(load_period(j, "erase_after", &c->erase_after, err));
    TRY(load_period(j, "erase_within", &c->erase_within, err));
    TRY(load_period(j, "review", &c->review, err));
    c->hold = json_string(json_get(j, "hold"));
    c->note = json_string(json_get(j, "note"));
    if (!c->erase_after.set && c->hold.n == 0)
        return FAIL(err, E_INVALID, "stored policy: category '%.*s' has no erase_after", STR_ARG(c->name));
    TRY(load_law(json_get(j, "law"), &c->law, err));
    return load_on_request(json_get(j, "on_request"), c, err);
}

static enum status load_rule(const struct json *j, const struct zone *zone, struct arena *a, struct classify_rule *rule,
                             struct err *err)
{
    rule->category = json_string(json_get(j, "category"));
    if (rule->category.n == 0)
        return FAIL(err, E_INVALID, "stored policy: a rule without category");
    return filter_parse(json_string(json_get(j, "when")), zone, a, &rule->when, err);
}

static enum status load_lists(const struct json *root, struct policy *p, struct arena *a, struct err *err)
{
    const struct json *categories = json_get(root, "categories"), *rules = json_get(root, "classify");
    if (categories == NULL || rules == NULL)
        return FAIL(err, E_INVALID, "stored policy: categories or classification are missing");
    p->categories = ARENA_ARRAY(a, struct category, categories->count);
    p->rules = ARENA_ARRAY(a, struct classify_rule, rules->count);
    if (p->categories == NULL || p->rules == NULL)
        return ARENA_FULL(err, a);
    for (const struct json *j = categories->first; j != NULL; j = j->next)
        TRY(load_category(j, &p->categories[p->categories_n++], err));
    for (const struct json *j = rules->first; j != NULL; j = j->next)
        TRY(load_rule(j, p->zone, a, &p->rules[p->rules_n++], err));
    return OK;
}

enum status policy_load(struct str canonical, struct arena *a, struct policy *out, struct err *err)
{
    struct policy p = {.zone = NULL};
    const struct json *root;
    TRY(json_parse(canonical, a, &root, err));
    TRY(zone_open(json_string(json_get(root, "timezone")), &p.zone, err));
    TRY(load_lists(root, &p, a, err));
    p.default_category = json_string(json_get(root, "default_category"));
    if (policy_category(&p, p.default_category) == NULL)
        return FAIL(err, E_INVALID, "stored policy: its default category does not exist");
    TRY(load_period(root, "cooling_off", &p.cooling_off, err));
    TRY(load_period(root, "hold_grace", &p.hold_grace, err));
    TRY(load_period(root, "minimum_age", &p.minimum_age, err));
    TRY(load_period(root, "open_ask_after", &p.open_ask_after, err));
    TRY(load_period(root, "verify_again", &p.verify_again, err));
    if (!p.cooling_off.set || !p.hold_grace.set || !p.minimum_age.set || !p.open_ask_after.set || !p.verify_again.set)
        return FAIL(err, E_INVALID, "stored policy: one of its periods is missing");
    p.digest = sha256(canonical);
    TRY(policy_version_of(&p.digest, a, &p.version, err));
    *out = p;
    return OK;
}
