/* yamlread.c - typed reads from a YAML tree. */
#include "base/yaml.h"

#include <stdio.h>

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAP)
        return NULL;
    for (const struct yaml *y = map->first; y != NULL; y = y->next) {
        if (!str_is(y->key, key))
            continue;
        if (!*y->seen)
            *y->seen = true;
        return y;
    }
    return NULL;
}

enum { NAME_MAX_COMPARED = 40, DISTANCE_MAX = 2 };

/* Letters to insert, remove or exchange to make a into b (Levenshtein); longer names are never near. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t row[NAME_MAX_COMPARED + 1];
    if (a.n > NAME_MAX_COMPARED || b.n > NAME_MAX_COMPARED)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = diagonal + (a.p[i - 1] != b.p[j - 1]);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < shorter ? change : shorter;
        }
    }
    return row[b.n];
}

struct nearest {
    struct str wanted, name;
    size_t distance;
};

/* Two letters of three changed is another word, so short names must be nearer. */
static void consider(struct nearest *n, struct str name)
{
    size_t distance = edit_distance(n->wanted, name);
    if (distance < n->distance && distance < n->wanted.n / 2 + 1) {
        n->distance = distance;
        n->name = name;
    }
}

static bool is_known(const struct yaml *y, const char *const *known)
{
    if (*y->seen)
        return true;
    for (const char *const *k = known; k != NULL && *k != NULL; k++)
        if (str_is(y->key, *k))
            return true;
    return false;
}

void yaml_unknown(const struct yaml *map, const char *const *known, struct problems *p)
{
    if (map == NULL || map->type != YAML_MAP)
        return;
    for (const struct yaml *y = map->first; y != NULL; y = y->next) {
        if (is_known(y, known))
            continue;
        struct nearest best = {.wanted = y->key, .distance = DISTANCE_MAX + 1};
        for (const char *const *k = known; k != NULL && *k != NULL; k++)
            consider(&best, str_of(*k));
        for (const struct yaml *other = map->first; other != NULL; other = other->next)
            if (*other->seen)
                consider(&best, other->key);
        if (best.name.p != NULL)
            problem_add(p, y->key_line, y->key_column, "unknown key \"%.*s\"; did you mean \"%.*s\"?", STR_ARG(y->key),
                        STR_ARG(best.name));
        else
            problem_add(p, y->key_line, y->key_column, "unknown key \"%.*s\"", STR_ARG(y->key));
    }
}

bool yaml_is_null(const struct yaml *y)
{
    return y != NULL && y->type == YAML_SCALAR && !y->quoted &&
           (y->text.n == 0 || str_is(y->text, "null") || str_is(y->text, "~"));
}

static const char *type_name(enum yaml_type type)
{
    return type == YAML_MAP ? "a map (key: value)" : type == YAML_LIST ? "a list" : "a single value";
}

bool yaml_expect(const struct yaml *y, enum yaml_type type, struct problems *p)
{
    if (y == NULL)
        return false;
    if (y->type == type)
        return true;
    if (y->key.p != NULL)
        problem_at(p, y, "\"%.*s\" must be %s, not %s", STR_ARG(y->key), type_name(type), type_name(y->type));
    else
        problem_at(p, y, "%s is expected here, not %s", type_name(type), type_name(y->type));
    return false;
}

/* A single value that is not null. */
static bool expect_value(const struct yaml *y, const char *what, struct problems *p)
{
    if (!yaml_expect(y, YAML_SCALAR, p))
        return false;
    if (!yaml_is_null(y))
        return true;
    problem_at(p, y, "%s is missing", what);
    return false;
}

bool yaml_string(const struct yaml *y, struct problems *p, struct str *out)
{
    if (!expect_value(y, "a text", p))
        return false;
    *out = y->text;
    return true;
}

static bool only_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static void reject_number(const struct yaml *y, struct problems *p)
{
    struct str digits = y->text;
    if (str_starts(digits, STR("-")))
        digits = (struct str){digits.p + 1, digits.n - 1};
    if (only_digits(digits) && digits.p[0] == '0')
        problem_at(p, y, "%.*s begins with 0, which some programs read as octal: write it without", STR_ARG(y->text));
    else if (only_digits(digits))
        problem_at(p, y, "%.*s is too large a number", STR_ARG(y->text));
    else
        problem_at(p, y, "\"%.*s\" is not a whole decimal number (digits only)", STR_ARG(y->text));
}

bool yaml_int(const struct yaml *y, int64_t min, int64_t max, struct problems *p, int64_t *out)
{
    int64_t v;
    if (!expect_value(y, "a number", p))
        return false;
    if (y->quoted) {
        problem_at(p, y, "a number is expected: remove the quotes around \"%.*s\"", STR_ARG(y->text));
        return false;
    }
    if (!str_to_i64(y->text, &v)) {
        reject_number(y, p);
        return false;
    }
    if (v < min || v > max) {
        problem_at(p, y, "%lld is out of range: from %lld to %lld", (long long)v, (long long)min, (long long)max);
        return false;
    }
    *out = v;
    return true;
}

bool yaml_bool(const struct yaml *y, struct problems *p, bool *out)
{
    if (!expect_value(y, "true or false", p))
        return false;
    bool yes = str_is(y->text, "true");
    if (y->quoted || (!yes && !str_is(y->text, "false"))) {
        problem_at(p, y, "write true or false, without quotes, not \"%.*s\"", STR_ARG(y->text));
        return false;
    }
    *out = yes;
    return true;
}
