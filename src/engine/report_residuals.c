/* report_residuals.c - copies that age out by themselves, added up by store, kind of artefact and kind of copy. */
#include "engine/ledger.h"
#include "engine/report.h"

enum { C_STORE, C_KIND, C_COPY, C_COUNT, C_FIRST, C_LAST, C_UNBOUNDED };

static struct cell *line_of(struct report_walk *w, const struct artefact *f, const struct residual *x)
{
    struct report *r = w->r;
    struct str kind = str_of(kind_name(f->kind));
    for (size_t i = 0; i < r->rows_n; i++) {
        struct cell *row = &r->cells[i * r->columns_n];
        if (str_eq(row[C_STORE].text, f->store) && str_eq(row[C_KIND].text, kind) && str_eq(row[C_COPY].text, x->kind))
            return row;
    }
    struct cell *row = report_row(r, w->a);
    if (!row)
        return NULL;
    row[C_STORE].text = arena_str(w->a, f->store);
    row[C_KIND].text = kind;
    row[C_COPY].text = arena_str(w->a, x->kind);
    return row;
}

static enum status add_residual(struct report_walk *w, const struct artefact *f, const struct residual *x, struct err *err)
{
    if (x->until_ms != TIME_NONE && x->until_ms <= w->r->at_ms)
        return OK; /* gone by now */
    struct cell *row = line_of(w, f, x);
    if (!row)
        return w->r->more ? OK : ARENA_FULL(err, w->a);
    row[C_COUNT].number += f->count > 0 ? f->count : 1;
    if (x->until_ms == TIME_NONE) {
        row[C_UNBOUNDED].number++;
        return OK;
    }
    if (row[C_FIRST].number == TIME_NONE || x->until_ms < row[C_FIRST].number)
        row[C_FIRST].number = x->until_ms;
    if (x->until_ms > row[C_LAST].number)
        row[C_LAST].number = x->until_ms;
    return OK;
}

static enum status add_chain(struct report_walk *w, const struct chain *c, struct err *err)
{
    struct artefact *work = NULL;
    size_t n = 0;
    uint64_t parts;
    if (c->state == CHAIN_ERASED) {
        struct ledger old;
        enum status s = ledger_get(w->e, &c->key, &w->page, &old, err);
        if (s == E_ABSENT)
            return OK;
        TRY(s);
        work = old.work;
        n = old.work_n;
    } else if (c->state == CHAIN_ERASING) {
        TRY(registry_work_get(w->e->registry, &c->key, &w->page, &work, &n, &parts, err));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < work[i].residuals_n; k++)
            TRY(add_residual(w, &work[i], &work[i].residuals[k], err));
    return OK;
}

static enum status add_erasing(struct report_walk *w, const struct chain *c, struct err *err)
{
    return c->state == CHAIN_ERASING ? add_chain(w, c, err) : OK; /* the erased are counted by their ledger */
}

static enum status add_erased(struct report_walk *w, const struct chain *c, struct err *err)
{
    return c->state == CHAIN_ERASED ? add_chain(w, c, err) : OK;
}

enum status report_residuals(struct engine *e, struct report *r, struct arena *a, struct err *err)
{
    static const enum chain_queue queues[] = {QUEUE_RETRY, QUEUE_VERIFY, QUEUE_KEPT, QUEUE_MIXED, QUEUE_RISEN, QUEUE_PARKED};
    struct report_walk w = {.e = e, .r = r, .a = a, .each = add_erased};
    TRY(report_walk(&w, (struct queue_query){.queue = QUEUE_LEDGER, .category = -1, .until_ms = INT64_MAX}, err));
    w.each = add_erasing;
    for (size_t i = 0; i < ARRAY_LEN(queues); i++)
        TRY(report_walk(&w, (struct queue_query){.queue = queues[i], .category = -1, .until_ms = INT64_MAX}, err));
    return OK;
}
