/* report_html.c - a report as one HTML file: no script, nothing loaded from elsewhere, fit to be printed and filed. */
#include "engine/report.h"

static const char STYLE[] =
    "body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;max-width:75rem;margin:2.5rem auto;padding:0 1.5rem}"
    "h1{font-size:1.6rem;margin:0 0 .3rem}p{color:#59636e;margin:.2rem 0 1.5rem}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid #d8dee4}"
    "th{font-size:.8rem;color:#59636e;border-bottom:2px solid #afb8c1;white-space:nowrap}"
    ".n{text-align:right}.t{white-space:nowrap}.y{color:#a40e26;font-weight:600}"
    "footer{color:#59636e;font-size:.8rem;margin-top:1.5rem}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}p,th,footer{color:#9198a1}th,td{border-color:#3d444d}"
    ".y{color:#ff7b72}}"
    "@media print{body{max-width:none;margin:0;font-size:10pt}thead{display:table-header-group}tr{break-inside:avoid}}";

static const char *class_of(enum cell_type t)
{
    return t == CELL_NUMBER ? " class=n" : t == CELL_TIME ? " class=t" : t == CELL_YES ? " class=y" : "";
}

/* Times for people: to the minute. */
static void html_cell(struct buf *out, const struct column *c, const struct cell *cell, struct arena *a)
{
    struct str text = cell_text(c, cell, a);
    buf_fmt(out, "<td%s>", class_of(c->type));
    if (c->type == CELL_TIME && text.n >= 16)
        buf_fmt(out, "%.10s %.5s UTC", text.p, text.p + 11);
    else if (text.n)
        buf_html(out, text);
    buf_cstr(out, "</td>");
}

void report_html(const struct report *r, struct buf *out)
{
    struct arena a;
    char at[32];
    arena_init(&a, 1 << 20);
    time_text(r->at_ms, at);
    buf_fmt(out, "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
                 "<title>%s</title><style>%s</style>\n<h1>%s</h1>\n<p>%s</p>\n", r->title, STYLE, r->title, r->explains);
    if (r->rows_n) {
        buf_cstr(out, "<table><thead><tr>");
        for (size_t k = 0; k < r->columns_n; k++)
            buf_fmt(out, "<th scope=col%s>%s</th>", r->columns[k].type == CELL_NUMBER ? " class=n" : "", r->columns[k].title);
        buf_cstr(out, "</tr></thead><tbody>\n");
        for (size_t i = 0; i < r->rows_n; i++) {
            buf_cstr(out, "<tr>");
            for (size_t k = 0; k < r->columns_n; k++)
                html_cell(out, &r->columns[k], &r->cells[i * r->columns_n + k], &a);
            buf_cstr(out, "</tr>\n");
            arena_reset(&a);
        }
        buf_cstr(out, "</tbody></table>\n");
    } else {
        buf_cstr(out, "<p>Nothing.</p>\n");
    }
    if (r->more)
        buf_fmt(out, "<p>Only the first %zu lines.</p>\n", r->rows_n);
    buf_fmt(out, "<footer>Expunge, %.10s %.5s UTC, schedule version %.*s</footer></html>\n", at, at + 11, STR_ARG(r->policy_version));
    arena_release(&a);
}
