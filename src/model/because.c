/* because.c - a decision's reasons in words, each with its rule's number. */
#include "model/because.h"

#include <stdio.h>

enum { LEGS_EXPLAINED = 20, LINE_BYTES = 400 };

void because_add(struct reasons *r, const char *rule, struct str value, const char *fmt, ...)
{
    char line[LINE_BYTES];
    void *list = r->list;
    if (r->brief || r->full)
        return;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    struct str text = arena_str(r->a, str_of(line)), kept = arena_str(r->a, value);
    r->full = text.p == NULL || !arena_str_ok(kept, value) ||
              !arena_grow(r->a, &list, &r->cap, r->n + 1, sizeof(struct because));
    if (r->full)
        return;
    r->list = list;
    r->list[r->n++] = (struct because){.rule = str_of(rule), .text = text, .value = kept};
}

static void explain_category(struct reasons *r, const struct leg *leg, const struct category *c, bool unmapped)
{
    if (unmapped)
        because_add(r, "2.6", c->name,
                    "its category value is mapped to nothing: judged as the default, kept as the longest minimum");
    else if (leg->defaulted)
        because_add(r, "2.6", c->name, "no rule matched: the default category");
    else
        because_add(r, "2.6", c->name, "its category");
    if (c->hold.n > 0)
        because_add(r, "2.9", STR_NONE, "this category opens a legal hold: nothing expires before its release");
}

static void explain_start(struct reasons *r, const struct category *c, const struct leg *leg, const struct dates *d)
{
    struct str at = time_str(d->anchor_ms, r->a);
    if (d->anchor_ms != TIME_NONE)
        because_add(r, "2.2", at, "its clock started (%s)", start_event_name(c->from));
    else if (d->ceiling)
        because_add(r, "2.2", time_str(leg->registered_ms, r->a),
                    "when its clock started (%s) is not known%s: its registration counts instead",
                    start_event_name(c->from), leg->time_suspect ? ", a stated time was implausible" : "");
    else
        because_add(r, "2.2", STR_NONE, "its clock has not started: %s has not been told", start_event_name(c->from));
}

static void explain_keep(struct reasons *r, const struct category *c, const struct dates *d, bool unmapped)
{
    if (d->keep_until_ms == TIME_NONE)
        return;
    struct str until = d->keep_until_ms == KEEP_UNBOUNDED_MS ? STR_NONE : time_str(d->keep_until_ms, r->a);
    if (unmapped)
        because_add(r, "2.6", until, "not before the longest minimum of all categories");
    else
        because_add(r, "2.5", until, "not before its legal minimum: %.*s (%s)",
                    STR_ARG(c->law.cite.n > 0 ? c->law.cite : STR("no law is cited")),
                    c->law.cite.n > 0 && c->law.confirmed_by.n > 0 ? "confirmed" : "not confirmed by anybody");
}

static void explain_leg(struct reasons *r, const struct decide_input *in, const struct leg *leg)
{
    bool unmapped;
    const struct category *c = policy_category_of(in->policy, leg, &unmapped);
    struct dates d = policy_dates(in->policy, leg);
    explain_category(r, leg, c, unmapped);
    explain_start(r, c, leg, &d);
    explain_keep(r, c, &d, unmapped);
    if (d.due_ms != TIME_NONE)
        because_add(r, "2.4", time_str(d.due_ms, r->a), "to be erased after");
}

static void explain_holds(struct reasons *r, const struct decide_input *in)
{
    const struct chain *c = in->chain;
    for (size_t i = 0; i < c->holds_n; i++)
        because_add(r, "2.10", time_str(c->holds[i].since_ms, r->a), "legal hold since");
    for (size_t i = 0; i < in->holds_n; i++)
        if (hold_in_force(&in->holds[i]) && hold_covers(&in->holds[i], c))
            because_add(r, "2.9", time_str(in->holds[i].applied_ms, r->a), "legal hold, a standing one, since");
    int64_t grace = chain_grace_ms(c, in->holds, in->holds_n, in->now_ms);
    if (grace != TIME_NONE)
        because_add(r, "2.11", time_str(grace, r->a), "a legal hold was released; a grace runs until");
    if (grace != TIME_NONE && in->asked != REASON_OPERATOR &&
        chain_wait_ms(c, in->asked, in->holds, in->holds_n, in->now_ms) == TIME_NONE)
        because_add(r, "2.11", STR_NONE, "a second person waived it for requests");
}

void because_schedule(struct reasons *r, const struct decide_input *in, const struct schedule *s)
{
    const struct chain *c = in->chain;
    if (r->brief)
        return;
    for (size_t i = 0; i < c->legs_n && i < LEGS_EXPLAINED; i++) {
        struct leg leg = leg_as_decided(in->policy, c, &c->legs[i]);
        if (c->legs_n > 1)
            because_add(r, "1", STR_NONE, "leg %zu of %zu", i + 1, c->legs_n);
        explain_leg(r, in, &leg);
    }
    if (c->legs_n > LEGS_EXPLAINED)
        because_add(r, "1", STR_NONE, "and %zu more legs", c->legs_n - LEGS_EXPLAINED);
    if (s->open)
        because_add(r, "1", STR_NONE, "its end has not been stated: never due");
    else if (s->due_ms != TIME_NONE && s->due_ms > s->erase_ms)
        because_add(r, "2.4", time_str(s->due_ms, r->a), "it is younger than the minimum age until");
    if (c->legs_n > 1 && s->due_ms != TIME_NONE)
        because_add(r, "1", time_str(s->due_ms, r->a), "a chain is due when its last leg is");
    explain_holds(r, in);
}
