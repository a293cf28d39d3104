/* draft.c - one contact while it is read from one document. */
#include "intake/draft.h"

#include <stdio.h>

#include "base/timeform.h"

void draft_init(struct draft *d, const struct json *root, const struct intake_context *context, struct arena *a)
{
    *d = (struct draft){.context = context, .root = root, .a = a};
    struct leg *leg = &d->contact.facts;
    leg->started_ms = leg->ended_ms = leg->created_ms = TIME_NONE;
    leg->case_closed_ms = leg->contract_end_ms = leg->registered_ms = TIME_NONE;
    for (size_t f = 0; f < FACT_COUNT; f++)
        leg->fact_version_ms[f] = -1;
}

const struct json *member(const struct json *object, const char *name)
{
    const struct json *alike = NULL;
    size_t n = strlen(name);
    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        if (m->key.n != n)
            continue;
        if (memcmp(m->key.p, name, n) == 0)
            return m;
        if (alike == NULL && str_eq_nocase(m->key, (struct str){name, n}))
            alike = m;
    }
    return alike;
}

/* Depth is bounded by the parser. A path too long for the buffer is cut. */
static bool path_to(const struct json *from, const struct json *to, char *out, size_t size, size_t used)
{
    if (from == to)
        return true;
    size_t i = 0;
    for (const struct json *child = from->first; child != NULL; child = child->next, i++) {
        int n = from->type == JSON_ARRAY
                    ? snprintf(out + used, size - used, "[%zu]", i)
                    : snprintf(out + used, size - used, "%s%.*s", used > 0 ? "." : "", STR_ARG(child->key));
        size_t end = used + (n > 0 ? (size_t)n : 0);
        if (path_to(child, to, out, size, end < size ? end : size - 1))
            return true;
    }
    out[used] = '\0';
    return false;
}

enum status draft_wrong(const struct draft *d, const struct json *node, const char *reason, struct err *err)
{
    char path[200] = "";
    if (d->root != NULL)
        path_to(d->root, node, path, sizeof path, 0);
    return FAIL(err, E_INVALID, "%s%s%s", path, path[0] != '\0' ? ": " : "", reason);
}

static bool is_absent(const struct json *node)
{
    return node == NULL || node->type == JSON_NULL || node->type == JSON_NONE;
}

enum status draft_text(const struct draft *d, const struct json *node, struct str *out, struct err *err)
{
    if (is_absent(node)) {
        *out = STR_NONE;
        return OK;
    }
    if (node->type == JSON_OBJECT)
        return draft_wrong(d, node, "expected text, found an object", err);
    if (node->type == JSON_ARRAY)
        return draft_wrong(d, node, "expected text, found a list", err);
    if (node->type != JSON_STRING && node->type != JSON_NUMBER)
        return draft_wrong(d, node, "expected text, found true or false", err);
    *out = node->text.n > 0 ? node->text : STR_NONE;
    return OK;
}

enum status draft_scalar(const struct draft *d, const struct json *node, struct str *out, struct err *err)
{
    if (node != NULL && (node->type == JSON_TRUE || node->type == JSON_FALSE)) {
        *out = node->type == JSON_TRUE ? STR("true") : STR("false");
        return OK;
    }
    return draft_text(d, node, out, err);
}

enum status draft_time(const struct draft *d, const struct json *node, int64_t *out, bool *doubt, struct err *err)
{
    struct str text;
    TRY(draft_text(d, node, &text, err));
    *out = TIME_NONE;
    if (text.n == 0)
        return OK;
    int64_t ms;
    struct err why = {.code = OK};
    if (time_form_parse(text, d->context->zone, &ms, &why) != OK)
        return draft_wrong(d, node, why.text, err);
    if (ms >= 0 && ms < DAY_MS) /* 1970-01-01T00:00:00.001Z and the like: vendors' "not set" */
        return OK;
    if (time_plausible(ms, d->context->now_ms))
        *out = ms;
    else if (doubt != NULL)
        *doubt = true;
    return OK;
}

enum status draft_object(const struct draft *d, const struct json *node, const struct json **out, struct err *err)
{
    *out = is_absent(node) ? NULL : node;
    return *out == NULL || node->type == JSON_OBJECT ? OK : draft_wrong(d, node, "expected an object", err);
}

enum status draft_array(const struct draft *d, const struct json *node, const struct json **out, struct err *err)
{
    *out = is_absent(node) ? NULL : node;
    return *out == NULL || node->type == JSON_ARRAY ? OK : draft_wrong(d, node, "expected a list", err);
}

enum status draft_id(struct draft *d, const struct json *object, const char *name, struct err *err)
{
    const struct json *node = member(object, name);
    char reason[80];
    if (is_absent(node)) {
        snprintf(reason, sizeof reason, "%s is missing", name);
        return draft_wrong(d, object, reason, err);
    }
    TRY(draft_text(d, node, &d->contact.facts.id, err));
    if (d->contact.facts.id.n == 0)
        return draft_wrong(d, node, "the id is empty", err);
    if (d->contact.facts.id.n > ID_BYTES_MAX)
        return draft_wrong(d, node, "the id is longer than 256 bytes", err);
    return OK;
}

/* Where in a leg a fact lies; 0 (the key) for facts that are neither one text nor one time. */
static const size_t text_at[FACT_COUNT] = {
    [FACT_INITIAL] = offsetof(struct leg, initial),     [FACT_CHANNEL] = offsetof(struct leg, channel),
    [FACT_QUEUE] = offsetof(struct leg, queue),         [FACT_AGENT] = offsetof(struct leg, agent),
    [FACT_DIRECTION] = offsetof(struct leg, direction), [FACT_DIVISION] = offsetof(struct leg, division),
};
static const size_t time_at[FACT_COUNT] = {
    [FACT_STARTED] = offsetof(struct leg, started_ms),
    [FACT_ENDED] = offsetof(struct leg, ended_ms),
    [FACT_CREATED] = offsetof(struct leg, created_ms),
    [FACT_CASE_CLOSED] = offsetof(struct leg, case_closed_ms),
    [FACT_CONTRACT_END] = offsetof(struct leg, contract_end_ms),
};

void draft_set_at(struct draft *d, enum fact f, struct str value, int64_t version_ms)
{
    ASSERT(f < FACT_COUNT && text_at[f] != 0);
    if (value.n == 0)
        return;
    memcpy((char *)&d->contact.facts + text_at[f], &value, sizeof value);
    d->contact.facts.fact_version_ms[f] = version_ms;
}

void draft_set(struct draft *d, enum fact f, struct str value)
{
    draft_set_at(d, f, value, d->version_ms);
}

void draft_set_time(struct draft *d, enum fact f, int64_t ms)
{
    ASSERT(f < FACT_COUNT && time_at[f] != 0);
    if (ms == TIME_NONE)
        return;
    memcpy((char *)&d->contact.facts + time_at[f], &ms, sizeof ms);
    draft_carried(d, f);
}

void draft_carried(struct draft *d, enum fact f)
{
    d->contact.facts.fact_version_ms[f] = d->version_ms;
}

/* Carried as unknown: a newer document that says nonsense must not leave an older date standing as if confirmed. */
void draft_set_doubtful(struct draft *d, enum fact f)
{
    d->contact.facts.time_suspect = true;
    draft_carried(d, f);
}

void draft_set_end(struct draft *d, int64_t ms, bool doubt)
{
    if (ms != TIME_NONE)
        draft_set_time(d, FACT_ENDED, ms);
    else if (doubt)
        draft_set_doubtful(d, FACT_ENDED);
    d->contact.facts.end_stated = ms != TIME_NONE || doubt;
}

void draft_end_given(struct draft *d, const struct json *node)
{
    d->end_given |= !is_absent(node) && (node->type != JSON_STRING || node->text.n > 0);
}

enum status draft_take_time(struct draft *d, enum fact f, const struct json *node, struct err *err)
{
    int64_t ms;
    bool doubt = false;
    TRY(draft_time(d, node, &ms, &doubt, err));
    draft_set_time(d, f, ms);
    if (doubt)
        draft_set_doubtful(d, f);
    if (f == FACT_STARTED)
        d->start_given |= !is_absent(node) && (node->type != JSON_STRING || node->text.n > 0);
    return OK;
}

static void end_without_times(struct draft *d)
{
    const struct leg *leg = &d->contact.facts;
    if (!d->start_given || !d->end_given || leg->end_stated || leg->started_ms != TIME_NONE || leg->ended_ms != TIME_NONE)
        return;
    draft_set_end(d, TIME_NONE, true);
    d->contact.live = false;
}

enum status draft_lower(const struct draft *d, struct str s, struct str *out, struct err *err)
{
    *out = STR_NONE;
    if (s.n == 0)
        return OK;
    char *p = arena_alloc(d->a, s.n + 1);
    if (p == NULL)
        return ARENA_FULL(err, d->a);
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
    *out = (struct str){p, s.n};
    return OK;
}

enum status draft_attribute(struct draft *d, struct str name, struct str value, struct err *err)
{
    struct leg *leg = &d->contact.facts;
    if (name.n == 0 || value.p == NULL)
        return OK;
    for (size_t i = 0; i < leg->attributes_n; i++)
        if (str_eq(leg->attributes[i].name, name) && str_eq(leg->attributes[i].value, value))
            return OK;
    void *items = leg->attributes;
    if (!arena_grow(d->a, &items, &d->attributes_cap, leg->attributes_n + 1, sizeof *leg->attributes))
        return ARENA_FULL(err, d->a);
    leg->attributes = items;
    leg->attributes[leg->attributes_n++] = (struct attribute){name, value};
    return OK;
}

enum status draft_attributes(struct draft *d, const struct json *object, struct err *err)
{
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        struct str value;
        TRY(draft_scalar(d, m, &value, err));
        if (m->type == JSON_STRING) /* an empty value is a value: a scrubbed attribute keeps its name */
            value = m->text.p != NULL ? m->text : STR("");
        TRY(draft_attribute(d, m->key, value, err));
    }
    return OK;
}

enum status draft_related(struct draft *d, struct str id, struct err *err)
{
    struct leg *leg = &d->contact.facts;
    if (id.n == 0 || id.n > ID_BYTES_MAX || str_eq(id, leg->id) || str_eq(id, leg->initial))
        return OK;
    for (size_t i = 0; i < leg->related_n; i++)
        if (str_eq(leg->related[i], id))
            return OK;
    void *items = leg->related;
    if (!arena_grow(d->a, &items, &d->related_cap, leg->related_n + 1, sizeof *leg->related))
        return ARENA_FULL(err, d->a);
    leg->related = items;
    leg->related[leg->related_n++] = id;
    return OK;
}

enum status draft_locator(struct draft *d, enum artefact_kind kind, struct str place, struct str path,
                          struct err *err)
{
    struct leg *leg = &d->contact.facts;
    if (path.n == 0)
        return OK;
    if (path.n > LOCATOR_BYTES_MAX)
        return FAIL(err, E_INVALID, "a locator of %zu bytes; at most %d", path.n, LOCATOR_BYTES_MAX);
    for (size_t i = 0; i < leg->locators_n; i++)
        if (leg->locators[i].kind == kind && str_eq(leg->locators[i].place, place) &&
            str_eq(leg->locators[i].path, path))
            return OK;
    void *items = leg->locators;
    if (!arena_grow(d->a, &items, &d->locators_cap, leg->locators_n + 1, sizeof *leg->locators))
        return ARENA_FULL(err, d->a);
    leg->locators = items;
    leg->locators[leg->locators_n++] = (struct locator){kind, place, path};
    return OK;
}

enum status draft_s3_locator(struct draft *d, enum artefact_kind kind, struct str location, struct err *err)
{
    struct str plain = location, place, path;
    if (str_starts(plain, STR("s3://")))
        plain = (struct str){plain.p + 5, plain.n - 5};
    bool url = memmem(plain.p ? plain.p : "", plain.n, "://", 3) != NULL;
    if (!url && str_split(plain, '/', &place, &path) && place.n > 0 && path.n > 0)
        return draft_locator(d, kind, place, path, err);
    return draft_locator(d, kind, STR_NONE, location, err);
}

enum status draft_identifier(struct draft *d, enum subject_type type, struct str raw, bool *taken, struct err *err)
{
    struct intake_contact *c = &d->contact;
    struct str normal;
    struct err why = {.code = OK};
    if (taken != NULL)
        *taken = false;
    if (raw.n == 0)
        return OK;
    enum status status = subject_normalise(type, raw, d->context->country, d->a, &normal, &why);
    if (status == E_INVALID)
        return OK;
    if (status != OK)
        return FAIL(err, status, "%s", why.text);
    if (taken != NULL)
        *taken = true;
    for (size_t i = 0; i < c->identifiers_n; i++)
        if (c->identifiers[i].type == type && str_eq(c->identifiers[i].value, normal))
            return OK;
    void *items = c->identifiers;
    if (!arena_grow(d->a, &items, &d->identifiers_cap, c->identifiers_n + 1, sizeof *c->identifiers))
        return ARENA_FULL(err, d->a);
    c->identifiers = items;
    c->identifiers[c->identifiers_n++] = (struct identifier){type, normal, TIME_NONE, TIME_NONE};
    return OK;
}

enum status draft_address(struct draft *d, struct str raw, struct err *err)
{
    bool taken;
    TRY(draft_identifier(d, SUBJECT_PHONE, raw, &taken, err));
    if (taken || str_starts(raw, STR("sip:")) || str_starts(raw, STR("sips:")))
        return OK;
    return draft_identifier(d, SUBJECT_EMAIL, raw, NULL, err);
}

enum status draft_finish(struct draft *d, struct intake_result *out, struct err *err)
{
    struct str id = d->contact.facts.id;
    if (id.n > 0 && memchr(id.p, '\0', id.n) != NULL) /* on a command line it would name another contact */
        return FAIL(err, E_INVALID, "the id has a NUL character");
    end_without_times(d);
    struct intake_contact *one = ARENA_NEW(d->a, struct intake_contact);
    if (one == NULL)
        return ARENA_FULL(err, d->a);
    d->contact.facts.newest_ms = d->version_ms;
    *one = d->contact;
    *out = (struct intake_result){.verdict = INTAKE_CONTACTS, .contacts = one, .contacts_n = 1};
    return OK;
}

enum status draft_ignored(struct intake_result *out, const char *why)
{
    *out = (struct intake_result){.verdict = INTAKE_IGNORED, .why = why};
    return OK;
}
