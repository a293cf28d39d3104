/* option.c - one table of settings read from one map. */
#include "base/option.h"

#include "base/file.h"
#include "base/secret.h"

struct reading {
    struct str base_dir;
    struct arena *a;
    struct problems *p;
    struct err *err;
};

static bool is_choice(struct str text, const char *choices)
{
    struct str word, rest = str_of(choices);
    while (str_split(rest, ' ', &word, &rest))
        if (str_eq(word, text))
            return true;
    return str_eq(rest, text);
}

static void int_range(const struct option *o, int64_t *min, int64_t *max)
{
    *min = INT64_MIN;
    *max = INT64_MAX;
    if (o->choices == NULL)
        return;
    struct str low, high;
    ASSERT(str_split(str_of(o->choices), ' ', &low, &high) && str_to_i64(low, min) && str_to_i64(high, max));
}

static enum status read_list(const struct reading *r, const struct yaml *y, struct option_value *v)
{
    if (!yaml_expect(y, YAML_LIST, r->p))
        return OK;
    v->list = ARENA_ARRAY(r->a, struct str, y->count);
    if (v->list == NULL)
        return ARENA_FULL(r->err, r->a);
    bool good = true;
    for (const struct yaml *item = y->first; item != NULL; item = item->next)
        good = yaml_string(item, r->p, &v->list[v->list_n++]) && good;
    v->present = good;
    return OK;
}

static enum status read_path(const struct reading *r, struct option_value *v)
{
    v->text = path_join(r->a, r->base_dir, v->text);
    return v->text.p == NULL ? ARENA_FULL(r->err, r->a) : OK;
}

/* Everything that is a text in the file. */
static enum status read_text(const struct reading *r, const struct yaml *y, struct option_value *v)
{
    const struct option *o = v->option;
    if (!yaml_string(y, r->p, &v->text))
        return OK;
    v->present = true;
    if (v->text.n == 0 && (o->required || o->type != OPT_TEXT)) {
        problem_at(r->p, y, "'%s' is empty", o->name);
        return OK;
    }
    if (o->type == OPT_PATH)
        return read_path(r, v);
    if (o->type == OPT_SECRET && !secret_is_reference(v->text)) /* may be the secret itself: not repeated */
        problem_at(r->p, y, "'%s' must be env:NAME, file:PATH or credential:NAME, never the secret itself", o->name);
    if (o->type == OPT_CHOICE && !is_choice(v->text, o->choices))
        problem_at(r->p, y, "'%s' cannot be '%.*s'; choose one of: %s", o->name, STR_ARG(v->text), o->choices);
    struct err why = {.code = OK};
    if (o->type == OPT_PERIOD && period_parse(v->text, &v->period, &why) != OK)
        problem_at(r->p, y, "'%s': %s", o->name, why.text);
    return OK;
}

static enum status read_value(const struct reading *r, const struct yaml *y, struct option_value *v)
{
    int64_t min, max;
    bool truth = false;
    switch (v->option->type) {
    case OPT_INT:
        int_range(v->option, &min, &max);
        v->present = yaml_int(y, min, max, r->p, &v->number);
        return OK;
    case OPT_BOOL:
        v->present = yaml_bool(y, r->p, &truth);
        v->number = truth;
        return OK;
    case OPT_LIST:
        return read_list(r, y, v);
    case OPT_YAML:
        v->present = true;
        return OK;
    case OPT_TEXT:
    case OPT_PATH:
    case OPT_SECRET:
    case OPT_PERIOD:
    case OPT_CHOICE:
        return read_text(r, y, v);
    }
    return OK;
}

/* "a b" or "[a, b]" as the node that a file with it would give. */
static enum status preset_list(const struct reading *r, struct str text, struct yaml *list)
{
    list->type = YAML_LIST;
    struct yaml **last = &list->first;
    for (size_t from = 0, i = 0; i <= text.n; i++) {
        if (i < text.n && memchr(" ,[]", text.p[i], 4) == NULL)
            continue;
        if (i > from) {
            struct yaml *item = ARENA_NEW(r->a, struct yaml);
            if (item == NULL)
                return ARENA_FULL(r->err, r->a);
            *item = (struct yaml){.type = YAML_SCALAR, .text = {text.p + from, i - from}};
            *last = item;
            last = &item->next;
            list->count++;
        }
        from = i + 1;
    }
    return OK;
}

/* A preset goes the way of a written value; one that does not pass is a mistake in the table. */
static enum status read_preset(const struct reading *r, struct option_value *v)
{
    const struct option *o = v->option;
    ASSERT(o->type != OPT_YAML);
    struct problems none;
    problems_init(&none, r->a, STR("preset"));
    struct reading preset = *r;
    preset.p = &none;
    struct yaml y = {.type = YAML_SCALAR, .text = str_of(o->preset)};
    if (o->type == OPT_LIST)
        TRY(preset_list(r, str_of(o->preset), &y));
    TRY(read_value(&preset, &y, v));
    ASSERT(none.count == 0);
    return OK;
}

static enum status read_option(const struct reading *r, const struct yaml *map, struct option_value *v)
{
    const struct option *o = v->option;
    const struct yaml *y = map != NULL ? yaml_get(map, o->name) : NULL;
    if (y != NULL && o->type != OPT_YAML && yaml_is_null(y)) {
        problem_at(r->p, y, "'%s' has no value; give one or remove the line", o->name);
        return OK;
    }
    v->node = y;
    if (y != NULL)
        return read_value(r, y, v);
    if (o->preset != NULL)
        return read_preset(r, v);
    if (o->required && map != NULL)
        problem_at(r->p, map, "'%s' is missing: %s", o->name, o->help);
    else if (o->required)
        problem_add(r->p, 1, 1, "'%s' is missing: %s", o->name, o->help);
    return OK;
}

static enum status report_unknown(const struct reading *r, const struct yaml *map, const struct options *o,
                                  const char *const *also)
{
    size_t also_n = 0;
    while (also != NULL && also[also_n] != NULL)
        also_n++;
    const char **known = ARENA_ARRAY(r->a, const char *, o->n + also_n + 1); /* the last stays NULL */
    if (known == NULL)
        return ARENA_FULL(r->err, r->a);
    for (size_t i = 0; i < o->n; i++)
        known[i] = o->values[i].option->name;
    for (size_t i = 0; i < also_n; i++)
        known[o->n + i] = also[i];
    yaml_unknown(map, known, r->p);
    return OK;
}

enum status options_read(const struct yaml *map, const struct option *table, const char *const *also,
                         struct str base_dir, struct arena *a, struct problems *p, struct options *out,
                         struct err *err)
{
    struct reading r = {base_dir, a, p, err};
    struct options o = {.base_dir = base_dir};
    while (table[o.n].name != NULL)
        o.n++;
    o.values = ARENA_ARRAY(a, struct option_value, o.n);
    if (o.values == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < o.n; i++)
        o.values[i].option = &table[i];
    if (map == NULL || yaml_expect(map, YAML_MAP, p)) {
        for (size_t i = 0; i < o.n; i++)
            TRY(read_option(&r, map, &o.values[i]));
        if (map != NULL)
            TRY(report_unknown(&r, map, &o, also));
    }
    *out = o;
    return OK;
}

const struct option_value *option_of(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->values[i].option->name, name) == 0)
            return &o->values[i];
    assert_failed("the option is in the table", name);
}

struct str option_text(const struct options *o, const char *name)
{
    const struct option_value *v = option_of(o, name);
    ASSERT(v->option->type <= OPT_SECRET || v->option->type == OPT_CHOICE || v->option->type == OPT_PERIOD);
    return v->text;
}

int64_t option_int(const struct options *o, const char *name)
{
    const struct option_value *v = option_of(o, name);
    ASSERT(v->option->type == OPT_INT);
    return v->number;
}

bool option_bool(const struct options *o, const char *name)
{
    const struct option_value *v = option_of(o, name);
    ASSERT(v->option->type == OPT_BOOL);
    return v->number != 0;
}
