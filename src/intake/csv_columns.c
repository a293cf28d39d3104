/* csv_columns.c - which column of a CSV file means what. */
#include "intake/csv_columns.h"

static const struct csv_role roles[] = {
    {.name = "id", .use = CSV_ID},
    {.name = "updated", .use = CSV_VERSION},
    {.name = "source", .use = CSV_SOURCE},
    {.name = "initial", .use = CSV_TEXT, .fact = FACT_INITIAL},
    {.name = "related", .use = CSV_LINK},
    {.name = "started", .use = CSV_TIME, .fact = FACT_STARTED},
    {.name = "ended", .use = CSV_END},
    {.name = "created", .use = CSV_TIME, .fact = FACT_CREATED},
    {.name = "case_closed", .use = CSV_TIME, .fact = FACT_CASE_CLOSED},
    {.name = "contract_end", .use = CSV_TIME, .fact = FACT_CONTRACT_END},
    {.name = "channel", .use = CSV_LOWER, .fact = FACT_CHANNEL},
    {.name = "direction", .use = CSV_LOWER, .fact = FACT_DIRECTION},
    {.name = "queue", .use = CSV_TEXT, .fact = FACT_QUEUE},
    {.name = "agent", .use = CSV_TEXT, .fact = FACT_AGENT},
    {.name = "division", .use = CSV_TEXT, .fact = FACT_DIVISION},
    {.name = "customers", .use = CSV_COUNT},
    {.name = "category", .use = CSV_CATEGORY},
    {.name = "phone", .use = CSV_PERSON, .subject = SUBJECT_PHONE},
    {.name = "email", .use = CSV_PERSON, .subject = SUBJECT_EMAIL},
    {.name = "customer_id", .use = CSV_PERSON, .subject = SUBJECT_CUSTOMER_ID},
    {.name = "external_id", .use = CSV_PERSON, .subject = SUBJECT_EXTERNAL_ID},
    {.name = "social_id", .use = CSV_PERSON, .subject = SUBJECT_SOCIAL_ID},
};

static bool is_role(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (str_is(name, roles[i].name))
            return true;
    return false;
}

void csv_columns_check(const struct yaml *columns, struct problems *p)
{
    if (!yaml_expect(columns, YAML_MAP, p))
        return;
    for (const struct yaml *y = columns->first; y != NULL; y = y->next) {
        struct str header;
        if (!is_role(y->key))
            problem_add(p, y->key_line, y->key_column,
                        "'%.*s' is nothing that a column can be; choose from: id, updated, source, initial, related, "
                        "started, ended, created, case_closed, contract_end, channel, direction, queue, agent, "
                        "division, customers, category, phone, email, customer_id, external_id, social_id",
                        STR_ARG(y->key));
        if (yaml_string(y, p, &header) && header.n == 0)
            problem_at(p, y, "name the column as the file's header does");
    }
    if (yaml_get(columns, "id") == NULL)
        problem_at(p, columns, "'id' is missing: the column that holds the contact's id");
}

static size_t header_at(const struct csv_columns *c, struct str name, size_t *found)
{
    size_t at = 0;
    *found = 0;
    for (size_t i = 0; i < c->headers_n; i++)
        if (str_eq(c->headers[i], name)) {
            at = i;
            (*found)++;
        }
    return at;
}

enum status csv_columns_bind(const struct yaml *columns, struct str *headers, size_t headers_n, struct arena *a,
                             struct csv_columns *out, struct err *err)
{
    struct csv_columns c = {.headers = headers, .headers_n = headers_n};
    c.mapped = ARENA_ARRAY(a, bool, headers_n);
    c.bindings = ARENA_ARRAY(a, struct csv_binding, ARRAY_LEN(roles));
    if (c.mapped == NULL || c.bindings == NULL)
        return ARENA_FULL(err, a);
    struct str missing = STR("");
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        const struct yaml *y = yaml_get(columns, roles[i].name);
        size_t found;
        if (y == NULL)
            continue;
        size_t at = header_at(&c, y->text, &found);
        if (found > 1)
            return FAIL(err, E_INVALID, "the header has the column '%.*s' %zu times", STR_ARG(y->text), found);
        if (found == 0) {
            missing = arena_fmt(a, "%.*s%s'%.*s' (%s)", STR_ARG(missing), missing.n > 0 ? ", " : "", STR_ARG(y->text),
                                roles[i].name);
            if (missing.p == NULL)
                return ARENA_FULL(err, a);
            continue;
        }
        c.mapped[at] = true;
        c.bindings[c.bindings_n++] = (struct csv_binding){&roles[i], at};
    }
    if (missing.n > 0)
        return FAIL(err, E_INVALID, "not a format this program knows: the header lacks the configured columns %.*s",
                    STR_ARG(missing));
    *out = c;
    return OK;
}
