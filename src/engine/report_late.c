/* report_late.c - what should have been done by now: periods passed, targets missed. */
#include "engine/report.h"
#include "model/schedule.h"

static struct str chain_name(const struct chain *c, struct arena *a)
{
    const struct leg *leg = chain_leg(c, &c->key);
    if (!leg && c->legs_n)
        leg = &c->legs[0];
    return leg && leg->id.n ? arena_str(a, leg->id) : row_key_hex(&c->key, a);
}

static struct cell *chain_row(struct report_walk *w, const struct chain *c, enum status *s, struct err *err)
{
    struct cell *row = report_row(w->r, w->a);
    *s = row || w->r->more ? OK : ARENA_FULL(err, w->a);
    if (!row)
        return NULL;
    row[0].text = arena_str(w->a, c->source);
    row[1].text = chain_name(c, w->a);
    if ((c->source.n && !row[0].text.p) || !row[1].text.p) {
        *s = ARENA_FULL(err, w->a);
        return NULL;
    }
    return row;
}

static struct str status_of(struct report_walk *w, const struct chain *c)
{
    const struct engine *e = w->e;
    return str_of(contact_status_name(chain_status(c, e->holds, e->holds_n, &e->policy, w->r->at_ms)));
}

/* ---- overdue ---- */

static enum status add_overdue(struct report_walk *w, const struct chain *c, struct err *err)
{
    enum status s;
    struct schedule schedule = chain_schedule(&w->e->policy, c);
    bool begun = c->state == CHAIN_ERASING && c->verified_ms == TIME_NONE;
    if (schedule.overdue_ms == TIME_NONE || schedule.overdue_ms > w->r->at_ms || (c->state != CHAIN_ACTIVE && !begun) ||
        chain_held(c, w->e->holds, w->e->holds_n, &w->e->policy) || chain_grace_ms(c, w->e->holds, w->e->holds_n, w->r->at_ms) != TIME_NONE)
        return OK;
    struct cell *row = chain_row(w, c, &s, err);
    if (!row)
        return s;
    row[2].text = schedule.category ? schedule.category->name : STR("several");
    row[3].number = schedule.due_ms;
    row[4].number = schedule.overdue_ms;
    row[5].text = status_of(w, c);
    return OK;
}

enum status report_overdue(struct engine *e, struct report *r, struct arena *a, struct err *err)
{
    static const enum chain_queue begun[] = {QUEUE_RETRY, QUEUE_VERIFY, QUEUE_DOWN, QUEUE_REQUEST, QUEUE_WAKE, QUEUE_REVIEW};
    struct report_walk w = {.e = e, .r = r, .a = a, .each = add_overdue};
    for (size_t i = 0; i < e->policy.categories_n; i++) {
        const struct category *c = &e->policy.categories[i];
        if (!c->erase_after.set)
            continue;
        int64_t overdue = period_cutoff(period_cutoff(r->at_ms, &c->erase_within, e->policy.zone), &c->erase_after, e->policy.zone);
        TRY(report_walk(&w, (struct queue_query){.queue = QUEUE_DUE, .category = category_code(c->name), .until_ms = overdue}, err));
    }
    TRY(report_walk(&w, (struct queue_query){.queue = QUEUE_MIXED, .category = -1, .until_ms = r->at_ms}, err));
    for (size_t i = 0; i < ARRAY_LEN(begun); i++)
        TRY(report_walk(&w, (struct queue_query){.queue = begun[i], .category = -1, .until_ms = INT64_MAX}, err));
    return OK;
}

/* ---- targets (rule 2.19) ---- */

static bool is_asked(const struct chain *c)
{
    return c->mandate.reason == REASON_OPERATOR || c->mandate.reason == REASON_GDPR_ERASURE || c->mandate.reason == REASON_CCPA_ERASURE;
}

/* Submitted everywhere: every artefact found is at its store, and every store was asked. */
static enum status is_submitted(struct report_walk *w, const struct chain *c, bool *yes, struct err *err)
{
    struct artefact *work;
    size_t n;
    uint64_t parts;
    *yes = false;
    if (c->state != CHAIN_ERASING || !c->submitted_any)
        return OK;
    TRY(registry_work_get(w->e->registry, &c->key, &w->page, &work, &n, &parts, err));
    *yes = true;
    for (size_t i = 0; i < n; i++)
        *yes &= outcome_is_settled(work[i].outcome) || work[i].outcome == OUT_SUBMITTED;
    return OK;
}

static enum status add_target(struct report_walk *w, const struct chain *c, struct err *err)
{
    enum status s;
    bool submitted;
    if (!is_asked(c) || c->mandate.accepted_ms == TIME_NONE || c->verified_ms != TIME_NONE)
        return OK;
    TRY(is_submitted(w, c, &submitted, err));
    if (submitted)
        return OK;
    struct cell *row = chain_row(w, c, &s, err);
    if (!row)
        return s;
    row[2].text = str_of(reason_name(c->mandate.reason));
    row[3].text = arena_str(w->a, c->mandate.request_id);
    row[4].number = c->mandate.accepted_ms;
    row[5].number = period_add_back(c->mandate.accepted_ms, &w->e->config.target, w->e->policy.zone);
    row[6].number = row[5].number < w->r->at_ms;
    row[7].text = status_of(w, c);
    return OK;
}

enum status report_targets(struct engine *e, struct report *r, struct arena *a, struct err *err)
{
    static const enum chain_queue queues[] = {QUEUE_REQUEST, QUEUE_RETRY, QUEUE_VERIFY, QUEUE_DOWN, QUEUE_WAKE, QUEUE_PARKED, QUEUE_REVIEW};
    struct report_walk w = {.e = e, .r = r, .a = a, .each = add_target};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++)
        TRY(report_walk(&w, (struct queue_query){.queue = queues[i], .category = -1, .until_ms = INT64_MAX}, err));
    return OK;
}
