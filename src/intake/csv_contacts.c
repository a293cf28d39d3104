/*
 * csv_contacts.c - contacts from a CSV file with a header. Nothing is guessed: what a column means is configured, every
 * other column is an attribute. A row without an end is a contact without an end.
 */
#include "intake/csv_columns.h"
#include "intake/subjects.h"

#include "base/timeform.h"

static const struct option csv_options[] = {
    {.name = "columns",
     .type = OPT_YAML,
     .required = true,
     .help = "What the columns are: {ROLE: HEADER}, e.g. {id: call_id, started: begin, ended: finish, phone: caller}."},
    {.name = "dates",
     .type = OPT_TEXT,
     .help = "How dates are written, e.g. \"%d/%m/%Y %H:%M\"; without it RFC 3339 and other forms that leave no "
             "doubt."},
    {.name = "separator", .type = OPT_TEXT, .preset = ",", .help = "Between fields: one character, or 'tab'."},
    {.name = "zone", .type = OPT_TEXT, .help = "IANA time zone of dates that state none."},
    SUBJECTS_OPTION,
    {.name = NULL},
};

struct csv_state {
    struct csv_columns columns;
    char separator;
    struct str dates; /* absent: any form that leaves no doubt */
    const struct zone *zone;
};

static bool separator_of(struct str text, char *out)
{
    if (!str_is(text, "tab") && text.n != 1)
        return false;
    *out = text.n == 1 ? text.p[0] : '\t';
    return *out != '"' && *out != '\n' && *out != '\r';
}

static void csv_check(const struct options *o, struct problems *p)
{
    const struct option_value *columns = option_of(o, "columns"), *dates = option_of(o, "dates");
    const struct option_value *separator = option_of(o, "separator"), *zone = option_of(o, "zone");
    const struct zone *found;
    struct err why = {.code = OK};
    char c;
    if (columns->node != NULL)
        csv_columns_check(columns->node, p);
    if (dates->present && time_format_check(dates->text, &why) != OK)
        problem_at(p, dates->node, "%s", why.text);
    if (separator->node != NULL && !separator_of(separator->text, &c))
        problem_at(p, separator->node, "'separator' must be one character, or 'tab'");
    if (zone->present && zone_open(zone->text, &found, &why) != OK)
        problem_at(p, zone->node, "%s", why.text);
    subjects_check(o, p);
}

static enum status take_settings(struct csv_state *s, const struct intake_context *context, struct err *err)
{
    const struct options *o = context->options;
    struct str zone = option_text(o, "zone");
    s->zone = context->zone;
    if (zone.n > 0)
        TRY(zone_open(zone, &s->zone, err));
    s->dates = option_text(o, "dates");
    if (s->dates.n > 0)
        TRY(time_format_check(s->dates, err));
    if (!separator_of(option_text(o, "separator"), &s->separator))
        return FAIL(err, E_INVALID, "'separator' must be one character, or 'tab'");
    return OK;
}

static enum status csv_read_header(struct str record, const struct intake_context *context, struct arena *a,
                                   void **state, struct err *err)
{
    const struct options *o = context->options;
    const struct yaml *columns = o != NULL ? option_of(o, "columns")->node : NULL;
    struct str *headers;
    size_t n;
    if (columns == NULL)
        return FAIL(err, E_INVALID, "not a format this program knows: it is no JSON, and no source of type csv with "
                    "'columns' is configured for it (columns: {id: HEADER, started: HEADER, ...})");
    struct csv_state *s = ARENA_NEW(a, struct csv_state);
    if (s == NULL)
        return ARENA_FULL(err, a);
    TRY(take_settings(s, context, err));
    if (str_starts(record, STR("\xef\xbb\xbf")))
        record = (struct str){record.p + 3, record.n - 3};
    if (!str_is_utf8(record))
        return FAIL(err, E_INVALID, "the header is not UTF-8");
    TRY(csv_split(record, s->separator, a, &headers, &n, err));
    for (size_t i = 0; i < n; i++)
        headers[i] = str_trim(headers[i]);
    TRY(csv_columns_bind(columns, headers, n, a, &s->columns, err));
    *state = s;
    return OK;
}

static enum status wrong(const struct csv_state *s, const struct csv_binding *b, const char *reason, struct err *err)
{
    return FAIL(err, E_INVALID, "column '%.*s' (%s): %s", STR_ARG(s->columns.headers[b->column]), b->role->name,
                reason);
}

/* TIME_NONE for a vendor's "not set"; *doubt as in draft_time. */
static enum status take_time(const struct csv_state *s, const struct csv_binding *b, const struct draft *d,
                             struct str cell, int64_t *out, bool *doubt, struct err *err)
{
    struct err why = {.code = OK};
    int64_t ms;
    *out = TIME_NONE;
    enum status status = s->dates.n > 0 ? time_format_parse(cell, s->dates, s->zone, &ms, &why)
                                        : time_form_parse(cell, s->zone, &ms, &why);
    if (status != OK)
        return wrong(s, b, why.text, err);
    if (time_plausible(ms, d->context->now_ms))
        *out = ms;
    else
        *doubt = ms < 0 || ms >= DAY_MS; /* 1970-01-01: not set */
    return OK;
}

static enum status take_moment(const struct csv_state *s, const struct csv_binding *b, struct draft *d,
                               struct str cell, struct err *err)
{
    int64_t ms;
    bool doubt = false;
    TRY(take_time(s, b, d, cell, &ms, &doubt, err));
    if (b->role->use == CSV_VERSION) {
        d->version_ms = ms != TIME_NONE ? ms : 0;
    } else if (b->role->use == CSV_END) {
        d->end_given = true;
        draft_set_end(d, ms, doubt);
    } else {
        d->start_given |= b->role->fact == FACT_STARTED;
        draft_set_time(d, b->role->fact, ms);
        if (doubt)
            draft_set_doubtful(d, b->role->fact);
    }
    return OK;
}

static enum status take_count(const struct csv_state *s, const struct csv_binding *b, struct draft *d, struct str cell,
                              struct err *err)
{
    if (!str_to_i64(cell, &d->contact.facts.customers) || d->contact.facts.customers < 0)
        return wrong(s, b, "expected a number", err);
    draft_carried(d, FACT_CUSTOMERS);
    return OK;
}

static enum status take_id(const struct csv_state *s, const struct csv_binding *b, struct draft *d, struct str cell,
                           struct err *err)
{
    if (cell.n == 0)
        return wrong(s, b, "the id is empty", err);
    if (cell.n > ID_BYTES_MAX)
        return wrong(s, b, "the id is longer than 256 bytes", err);
    d->contact.facts.id = cell;
    return OK;
}

static enum status take_cell(const struct csv_state *s, const struct csv_binding *b, struct draft *d, struct str cell,
                             struct err *err)
{
    const struct csv_role *role = b->role;
    if (role->use == CSV_ID)
        return take_id(s, b, d, cell, err);
    if (cell.n == 0)
        return OK;
    switch (role->use) {
    case CSV_VERSION:
    case CSV_TIME:
    case CSV_END:
        return take_moment(s, b, d, cell, err);
    case CSV_COUNT:
        return take_count(s, b, d, cell, err);
    case CSV_LOWER:
        TRY(draft_lower(d, cell, &cell, err));
        draft_set(d, role->fact, cell);
        return OK;
    case CSV_TEXT:
        draft_set(d, role->fact, cell);
        return OK;
    case CSV_SOURCE:
        d->contact.source = cell;
        return OK;
    case CSV_LINK:
        return draft_related(d, cell, err);
    case CSV_PERSON:
        return draft_identifier(d, role->subject, cell, NULL, err);
    case CSV_CATEGORY:
        draft_carried(d, FACT_ATTRIBUTES);
        return draft_attribute(d, STR("retentionCategory"), cell, err); /* what the template's classification reads */
    case CSV_ID:
        break;
    }
    return OK;
}

static bool is_blank(const struct str *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_trim(fields[i]).n > 0)
            return false;
    return true;
}

static enum status csv_read_record(void *state, struct str record, const struct intake_context *context,
                                   struct arena *a, struct intake_result *out, struct err *err)
{
    const struct csv_state *s = state;
    const struct csv_columns *c = &s->columns;
    struct str *fields;
    size_t n;
    struct draft d;
    if (!str_is_utf8(record))
        return FAIL(err, E_INVALID, "the row is not UTF-8");
    TRY(csv_split(record, s->separator, a, &fields, &n, err));
    if (is_blank(fields, n))
        return draft_ignored(out, "an empty row");
    if (n != c->headers_n)
        return FAIL(err, E_INVALID, "the row has %zu fields, the header has %zu", n, c->headers_n);
    draft_init(&d, NULL, context, a);
    for (size_t i = 0; i < c->bindings_n; i++)
        TRY(take_cell(s, &c->bindings[i], &d, str_trim(fields[c->bindings[i].column]), err));
    for (size_t i = 0; i < n; i++) {
        struct str value = str_trim(fields[i]);
        if (c->mapped[i] || value.n == 0)
            continue;
        TRY(draft_attribute(&d, c->headers[i], value, err));
        draft_carried(&d, FACT_ATTRIBUTES);
    }
    TRY(subjects_from_attributes(&d, err));
    return draft_finish(&d, out, err);
}

const struct intake_format intake_csv_contacts = {
    .name = "csv",
    .help = "a CSV file with a header; what its columns are is configured",
    .shape = STREAM_CSV,
    .options = csv_options,
    .source_type = "csv",
    .read_header = csv_read_header,
    .read_record = csv_read_record,
    .check = csv_check,
};
