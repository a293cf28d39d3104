/* report_write.c - a report as JSON and as CSV. */
#include "engine/report.h"

struct str cell_text(const struct column *c, const struct cell *cell, struct arena *a)
{
    switch (c->type) {
    case CELL_NUMBER:
        return arena_fmt(a, "%lld", (long long)cell->number);
    case CELL_TIME:
        return time_str(cell->number, a);
    case CELL_YES:
        return cell->number ? STR("yes") : STR_NONE;
    case CELL_TEXT:
        break;
    }
    return cell->text;
}

static void json_cell(const struct column *c, const struct cell *cell, struct json_writer *w)
{
    switch (c->type) {
    case CELL_NUMBER:
        jw_key_int(w, c->key, cell->number);
        return;
    case CELL_TIME:
        jw_key_time(w, c->key, cell->number);
        return;
    case CELL_YES:
        jw_key_bool(w, c->key, cell->number != 0);
        return;
    case CELL_TEXT:
        break;
    }
    jw_key_string(w, c->key, cell->text.n ? cell->text : STR_NONE);
}

void report_json(const struct report *r, struct json_writer *w)
{
    jw_object(w);
    jw_key(w, "report");
    jw_cstr(w, r->name);
    jw_key_time(w, "at", r->at_ms);
    jw_key_string(w, "policy_version", r->policy_version);
    jw_key(w, "rows");
    jw_array(w);
    for (size_t i = 0; i < r->rows_n; i++) {
        jw_object(w);
        for (size_t k = 0; k < r->columns_n; k++)
            json_cell(&r->columns[k], &r->cells[i * r->columns_n + k], w);
        jw_end(w);
    }
    jw_end(w);
    jw_key_bool(w, "more", r->more);
    jw_end(w);
}

/* A spreadsheet takes =, +, - and @ for the beginning of a formula: an apostrophe in front makes it text (OWASP). */
static void csv_text(struct buf *out, struct str s, bool number)
{
    bool formula = s.n && !number && strchr("=+-@\t\r", s.p[0]);
    bool quoted = formula;
    for (size_t i = 0; i < s.n && !quoted; i++)
        quoted = strchr(",\"\r\n", s.p[i]) != NULL;
    if (quoted)
        buf_char(out, '"');
    if (formula)
        buf_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_char(out, '"');
        buf_char(out, s.p[i]);
    }
    if (quoted)
        buf_char(out, '"');
}

void report_csv(const struct report *r, struct buf *out)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t k = 0; k < r->columns_n; k++)
        buf_fmt(out, "%s%s", k ? "," : "", r->columns[k].key);
    buf_cstr(out, "\r\n");
    for (size_t i = 0; i < r->rows_n; i++) {
        for (size_t k = 0; k < r->columns_n; k++) {
            if (k)
                buf_char(out, ',');
            csv_text(out, cell_text(&r->columns[k], &r->cells[i * r->columns_n + k], &a), r->columns[k].type == CELL_NUMBER);
        }
        buf_cstr(out, "\r\n");
        arena_reset(&a);
    }
    arena_release(&a);
}
