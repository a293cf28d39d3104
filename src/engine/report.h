/*
 * report.h - tables for people and files: holds, what is overdue, copies that remain, targets, the retention schedule.
 *
 * A report is columns and rows; how it is written (text, JSON, CSV, HTML) is the same for all.
 */
#ifndef EXPUNGE_REPORT_H
#define EXPUNGE_REPORT_H

#include "base/json.h"
#include "engine/engine.h"

enum { REPORT_COLUMNS_MAX = 12, REPORT_ROWS_MAX = 10000 };
enum cell_type { CELL_TEXT, CELL_NUMBER, CELL_TIME, CELL_YES };
struct column { const char *key; const char *title; enum cell_type type; };
struct cell { struct str text; int64_t number; /* NUMBER; TIME: ms, TIME_NONE none; YES: 0 or 1 */ };
struct report {
    const char *name, *title, *explains; /* explains: a sentence for readers */
    const struct column *columns;
    size_t columns_n;
    struct cell *cells;          /* row by row */
    size_t rows_n, cap;
    bool more;                   /* cut at REPORT_ROWS_MAX */
    int64_t at_ms;
    struct str policy_version;
};
enum report_kind { REPORT_HOLDS, REPORT_OVERDUE, REPORT_RESIDUALS, REPORT_TARGETS, REPORT_RETENTION };
bool report_kind_parse(struct str s, enum report_kind *out);
/* see_matters: the reader has hold.view (rule 2.14). */
enum status report_make(struct engine *e, enum report_kind kind, bool see_matters, struct arena *a, struct report *out, struct err *err) MUST_USE;

void report_json(const struct report *r, struct json_writer *w); /* {report, at, policy_version, rows: [{key: value}], more} */
void report_csv(const struct report *r, struct buf *out);  /* RFC 4180 with a heading; no cell can start a formula */
void report_html(const struct report *r, struct buf *out); /* one file, no script, prints well */
struct str cell_text(const struct column *c, const struct cell *cell, struct arena *a); /* absent: nothing to say */

/* Private to report_*.c: a new row of empty cells; NULL: full (*r says more), or the arena is. */
struct cell *report_row(struct report *r, struct arena *a);
enum status report_overdue(struct engine *e, struct report *r, struct arena *a, struct err *err) MUST_USE;
enum status report_targets(struct engine *e, struct report *r, struct arena *a, struct err *err) MUST_USE;
enum status report_residuals(struct engine *e, struct report *r, struct arena *a, struct err *err) MUST_USE;
/* Every chain standing in a queue, page by page. `each` may not keep what it is given. */
struct report_walk { struct engine *e; struct report *r; struct arena *a; struct arena page; void *ctx;
                     enum status (*each)(struct report_walk *w, const struct chain *c, struct err *err); };
enum status report_walk(struct report_walk *w, struct queue_query q, struct err *err) MUST_USE;

#endif
