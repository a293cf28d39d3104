/* identifiers.c - what a person is known by, read from a file; an error names the line, never the value (rule 2.28). */
#include "engine/requests.h"

#include "base/json.h"

enum { IDENTIFIERS_MAX = 1000, CONTENT_MAX = 1 << 20 };

struct reading {
    struct str country;
    const struct zone *zone;
    struct arena *a;
    struct identifier *items;
    size_t n, cap;
    size_t place; /* line, or item of the JSON list, from 1 on */
    const char *unit;
    struct err *err;
};

#define FAIL_AT(r, why) FAIL((r)->err, E_INVALID, "%s %zu: %s", (r)->unit, (r)->place, (why))

static bool is_there(const struct reading *r, const struct identifier *x)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].type == x->type && str_eq(r->items[i].value, x->value) && r->items[i].from_ms == x->from_ms &&
            r->items[i].to_ms == x->to_ms)
            return true;
    return false;
}

static enum status add(struct reading *r, struct str type, struct identifier *x)
{
    struct str normal;
    struct err why = {.code = OK};
    void *items = r->items;
    if (!subject_type_parse(type, &x->type))
        return FAIL_AT(r, "expected phone, email, customer_id, external_id or social_id, then its value");
    enum status s = subject_normalise(x->type, x->value, r->country, r->a, &normal, &why);
    if (s == E_LIMIT)
        return ARENA_FULL(r->err, r->a);
    if (s != OK)
        return FAIL_AT(r, why.text);
    x->value = normal;
    if (x->from_ms != TIME_NONE && x->to_ms != TIME_NONE && x->from_ms >= x->to_ms)
        return FAIL_AT(r, "\"from\" must lie before \"to\"");
    if (is_there(r, x))
        return OK;
    if (r->n == IDENTIFIERS_MAX)
        return FAIL(r->err, E_LIMIT, "%s %zu: more than %d identifiers", r->unit, r->place, IDENTIFIERS_MAX);
    if (!arena_grow(r->a, &items, &r->cap, r->n + 1, sizeof *r->items))
        return ARENA_FULL(r->err, r->a);
    r->items = items;
    r->items[r->n++] = *x;
    return OK;
}

static enum status read_date(struct reading *r, struct str text, int64_t *out)
{
    struct err why;
    if (time_parse(text, r->zone, out, &why) != OK)
        return FAIL_AT(r, "a date is written 2026-01-31, or as RFC 3339");
    return OK;
}

/* ---- lines ---- */

static struct str word_off_end(struct str *s)
{
    struct str all = str_trim(*s);
    size_t at = all.n;
    while (at && all.p[at - 1] != ' ' && all.p[at - 1] != '\t')
        at--;
    *s = str_trim((struct str){all.p, at});
    return (struct str){all.p + at, all.n - at};
}

/* "... from DATE to DATE", in either order. What is not a date there belongs to the value. */
static void take_dates(struct reading *r, struct str *rest, struct identifier *x)
{
    for (int i = 0; i < 2; i++) {
        struct str left = *rest, date = word_off_end(&left), word = word_off_end(&left);
        int64_t at;
        if (!left.n || time_parse(date, r->zone, &at, NULL) != OK)
            return;
        if (str_is(word, "from") && x->from_ms == TIME_NONE)
            x->from_ms = at;
        else if (str_is(word, "to") && x->to_ms == TIME_NONE)
            x->to_ms = at;
        else
            return;
        *rest = left;
    }
}

static enum status read_line(struct reading *r, struct str line)
{
    struct identifier x = {.from_ms = TIME_NONE, .to_ms = TIME_NONE};
    size_t at = 0;
    line = str_trim(line);
    if (!line.n || line.p[0] == '#')
        return OK;
    while (at < line.n && line.p[at] != ' ' && line.p[at] != '\t' && line.p[at] != ':')
        at++;
    struct str type = {line.p, at}, rest = {line.p + at, line.n - at};
    if (rest.n && rest.p[0] == ':')
        rest = (struct str){rest.p + 1, rest.n - 1};
    rest = str_trim(rest);
    take_dates(r, &rest, &x);
    x.value = rest;
    return add(r, type, &x);
}

static enum status read_lines(struct reading *r, struct str content)
{
    struct str line, rest = content;
    r->unit = "line";
    while (rest.n) {
        if (!str_split(rest, '\n', &line, &rest)) {
            line = rest;
            rest = STR_NONE;
        }
        r->place++;
        TRY(read_line(r, line));
    }
    return OK;
}

/* ---- JSON ---- */

static bool known_keys(const struct json *object)
{
    for (const struct json *j = object->first; j; j = j->next)
        if (!str_is(j->key, "type") && !str_is(j->key, "value") && !str_is(j->key, "from") && !str_is(j->key, "to"))
            return false;
    return true;
}

static enum status read_object(struct reading *r, const struct json *j)
{
    struct identifier x = {.from_ms = TIME_NONE, .to_ms = TIME_NONE, .value = json_text(json_get(j, "value"))};
    struct str from = json_string(json_get(j, "from")), to = json_string(json_get(j, "to"));
    if (j->type != JSON_OBJECT || !known_keys(j))
        return FAIL_AT(r, "expected {\"type\": ..., \"value\": ..., \"from\": ..., \"to\": ...}");
    if (from.p)
        TRY(read_date(r, from, &x.from_ms));
    if (to.p)
        TRY(read_date(r, to, &x.to_ms));
    return add(r, json_string(json_get(j, "type")), &x);
}

static enum status read_json(struct reading *r, struct str content)
{
    const struct json *j;
    TRY(json_parse(content, r->a, &j, r->err));
    if (j->type == JSON_OBJECT && json_get(j, "identifiers"))
        j = json_get(j, "identifiers");
    r->unit = "identifier";
    r->place = 1;
    if (j->type != JSON_ARRAY)
        return read_object(r, j);
    for (const struct json *one = j->first; one; one = one->next, r->place++)
        TRY(read_object(r, one));
    return OK;
}

enum status request_read_identifiers(struct str content, struct str country, const struct zone *z, struct arena *a,
                                     struct identifier **out, size_t *n, struct err *err)
{
    struct reading r = {.country = country, .zone = z, .a = a, .err = err};
    if (content.n > CONTENT_MAX)
        return FAIL(err, E_LIMIT, "a list of identifiers has at most %d bytes", CONTENT_MAX);
    if (str_starts(content, STR("\xEF\xBB\xBF")))
        content = (struct str){content.p + 3, content.n - 3};
    struct str text = str_trim(content);
    bool json = text.n && (text.p[0] == '{' || text.p[0] == '[');
    TRY(json ? read_json(&r, text) : read_lines(&r, content));
    if (!r.n)
        return FAIL(err, E_INVALID, "no identifier was given: one a line, for example `email ann@example.com`");
    *out = r.items;
    *n = r.n;
    return OK;
}
