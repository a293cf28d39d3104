/* sql_profile.c - `tables:` of an sql store: which rows are a contact's, and what can be done to them. */
#include "store/sql.h"

enum { MAX_ROWS_PRESET = 10000, MAX_ROWS_MOST = 10000000 };

/* A profile being read. */
struct reading { struct store *store; struct problems *p; struct err *err; };

static bool plain_name(const struct reading *r, const struct yaml *y, struct str *out)
{
    size_t at;
    if (!yaml_string(y, r->p, out))
        return false;
    if (out->n == 0 || out->n > 128 || str_find(*out, '#', &at) || str_find(*out, '\0', &at)) {
        problem_at(r->p, y, "not a name of a table or column");
        return false;
    }
    return true;
}

static void read_key_type(const struct reading *r, const struct yaml *y, enum sql_key_type *out)
{
    struct str text;
    if (!yaml_string(y, r->p, &text))
        return;
    if (str_is(text, "text"))
        *out = SQL_KEY_TEXT;
    else if (str_is(text, "integer"))
        *out = SQL_KEY_INTEGER;
    else
        problem_at(r->p, y, "'key_type' cannot be '%.*s'; choose one of: text, integer", STR_ARG(text));
}

static void read_via(const struct reading *r, const struct yaml *y, struct sql_table *t)
{
    static const char *const known[] = {"table", "key", "parent", NULL};
    if (y == NULL || !yaml_expect(y, YAML_MAP, r->p))
        return;
    yaml_unknown(y, known, r->p);
    bool whole = plain_name(r, yaml_get(y, "table"), &t->via_table);
    whole = plain_name(r, yaml_get(y, "key"), &t->via_key) && whole;
    whole = plain_name(r, yaml_get(y, "parent"), &t->via_parent) && whole;
    if (!whole)
        problem_at(r->p, y,
                   "'via' needs table, key (its column with the contact's id) and parent (its column that this "
                   "table's key refers to)");
    else if (str_eq(t->via_table, t->name))
        problem_at(r->p, y, "'via' must name another table");
}

static enum status read_scrub(const struct reading *r, const struct yaml *map, struct sql_table *t)
{
    if (map == NULL || !yaml_expect(map, YAML_MAP, r->p))
        return OK;
    t->scrubs = ARENA_ARRAY(&r->store->arena, struct sql_scrub, map->count);
    if (t->scrubs == NULL && map->count > 0)
        return ARENA_FULL(r->err, &r->store->arena);
    for (const struct yaml *y = map->first; y != NULL; y = y->next) {
        struct sql_scrub *s = &t->scrubs[t->scrubs_n++];
        *s = (struct sql_scrub){y->key, SQL_SCRUB_TEXT, STR("")};
        if (yaml_is_null(y))
            s->how = SQL_SCRUB_NULL;
        else if (yaml_string(y, r->p, &s->text) && !y->quoted && str_is(s->text, "pseudonym"))
            s->how = SQL_SCRUB_PSEUDONYM;
        else if (!y->quoted && str_is(s->text, "empty"))
            s->text = STR("");
        if (str_eq(s->column, t->key))
            problem_at(r->p, y, "the key column cannot be scrubbed: its rows would not be found again");
    }
    return OK;
}

static void read_restrict(const struct reading *r, const struct yaml *y, struct sql_table *t)
{
    static const char *const known[] = {"column", "value", NULL};
    if (y == NULL || !yaml_expect(y, YAML_MAP, r->p))
        return;
    yaml_unknown(y, known, r->p);
    bool whole = plain_name(r, yaml_get(y, "column"), &t->restrict_column);
    whole = yaml_string(yaml_get(y, "value"), r->p, &t->restrict_value) && whole;
    if (!whole)
        problem_at(r->p, y, "'restrict' needs column and value");
}

static void read_subject(const struct reading *r, const struct yaml *y, struct sql_table *t)
{
    static const char *const known[] = {"column", "type", NULL};
    struct str type;
    if (y == NULL || !yaml_expect(y, YAML_MAP, r->p))
        return;
    yaml_unknown(y, known, r->p);
    bool whole = plain_name(r, yaml_get(y, "column"), &t->subject_column);
    whole = yaml_string(yaml_get(y, "type"), r->p, &type) && whole;
    if (!whole)
        problem_at(r->p, y, "'subject' needs column and type");
    else if (!subject_type_parse(type, &t->subject_type))
        problem_at(r->p, yaml_get(y, "type"), "there is no type of identifier '%.*s'", STR_ARG(type));
    if (t->via_table.n > 0)
        problem_at(r->p, y, "'subject' and 'via' exclude one another");
}

static enum status read_table(const struct reading *r, const struct yaml *y, struct sql_table *t)
{
    static const char *const known[] = {"name", "kind", "key", "key_type", "via", "scrub",
                                        "restrict", "subject", "max_rows", "id_is", NULL};
    struct str kind, id_is = STR("contact_id");
    if (!yaml_expect(y, YAML_MAP, r->p))
        return OK;
    yaml_unknown(y, known, r->p);
    bool whole = plain_name(r, yaml_get(y, "name"), &t->name);
    whole = plain_name(r, yaml_get(y, "key"), &t->key) && whole;
    whole = yaml_string(yaml_get(y, "kind"), r->p, &kind) && whole;
    if (!whole) {
        problem_at(r->p, y, "a table needs name, kind and key");
        return OK;
    }
    size_t at;
    if (str_find(t->key, '.', &at)) /* a locator could be read in two ways */
        problem_at(r->p, yaml_get(y, "key"), "the key column's name may not contain a '.'");
    if (!kind_parse(kind, &t->kind))
        problem_at(r->p, yaml_get(y, "kind"), "there is no kind of artefact '%.*s'", STR_ARG(kind));
    (void)yaml_string(yaml_get(y, "id_is"), r->p, &id_is);
    if (!str_is(id_is, "contact_id"))
        problem_at(r->p, yaml_get(y, "id_is"), "'id_is' can only be contact_id");
    t->max_rows = MAX_ROWS_PRESET;
    (void)yaml_int(yaml_get(y, "max_rows"), 1, MAX_ROWS_MOST, r->p, &t->max_rows);
    read_key_type(r, yaml_get(y, "key_type"), &t->key_type);
    read_via(r, yaml_get(y, "via"), t);
    read_restrict(r, yaml_get(y, "restrict"), t);
    read_subject(r, yaml_get(y, "subject"), t);
    return read_scrub(r, yaml_get(y, "scrub"), t);
}

bool sql_table_pseudonymises(const struct sql_table *t)
{
    for (size_t i = 0; i < t->scrubs_n; i++)
        if (t->scrubs[i].how == SQL_SCRUB_PSEUDONYM)
            return true;
    return false;
}

static enum status declare(const struct reading *r, const struct sql_table *t)
{
    enum scope scope = t->subject_column.n > 0 ? SCOPE_SUBJECT : SCOPE_CONTACT;
    struct store_kind kind = {t->kind, EFFECT_ERASE, scope, STAGE_FREE, 0, 0};
    if (t->scrubs_n > 0)
        kind.effects |= EFFECT_BLANK;
    if (sql_table_pseudonymises(t))
        kind.effects |= EFFECT_PSEUDONYMISE;
    if (t->restrict_column.n > 0)
        kind.effects |= EFFECT_RESTRICT;
    return store_kind_add(r->store, &kind, r->err);
}

/* A parent before its child would leave rows that nobody can find any more. */
static void check_order(const struct reading *r, const struct yaml *y, const struct sql_profile *profile,
                        const struct sql_table *t)
{
    for (size_t i = 0; i < profile->n; i++) {
        const struct sql_table *earlier = &profile->tables[i];
        if (str_eq(earlier->name, t->name) && str_eq(earlier->key, t->key))
            problem_at(r->p, y, "table %.*s with this key is listed twice", STR_ARG(t->name));
        if (t->via_table.n > 0 && str_eq(earlier->name, t->via_table))
            problem_at(r->p, y, "table %.*s must stand before its parent %.*s", STR_ARG(t->name),
                       STR_ARG(earlier->name));
    }
}

enum status sql_profile_read(struct store *store, const struct yaml *list, struct problems *p, struct sql_profile *out,
                             struct err *err)
{
    struct reading r = {store, p, err};
    if (!yaml_expect(list, YAML_LIST, p))
        return OK;
    out->tables = ARENA_ARRAY(&store->arena, struct sql_table, list->count);
    if (out->tables == NULL && list->count > 0)
        return ARENA_FULL(err, &store->arena);
    for (const struct yaml *y = list->first; y != NULL; y = y->next) {
        struct sql_table *t = &out->tables[out->n];
        *t = (struct sql_table){0}; /* a wrong table before it may have left something here */
        size_t before = p->count;
        TRY(read_table(&r, y, t));
        if (p->count == before)
            check_order(&r, y, out, t);
        if (p->count > before)
            continue;
        TRY(declare(&r, t));
        out->n++;
    }
    return OK;
}
