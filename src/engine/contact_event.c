/* contact_event.c - a start event that no document carries, told by a person or in a CSV (product.md section 3). */
#include "base/docstream.h"
#include "base/timeform.h"
#include "engine/contact_decide.h"
#include "model/schedule.h"

enum { TRIES_MAX = 20, FIELDS = 3 };

static enum status tell(struct leg *leg, struct str event, int64_t at_ms, int64_t now_ms, struct err *err)
{
    if (str_is(event, "case_closed")) {
        leg->case_closed_ms = at_ms;
        leg->fact_version_ms[FACT_CASE_CLOSED] = now_ms;
        return OK;
    }
    if (str_is(event, "contract_end")) {
        leg->contract_end_ms = at_ms;
        leg->fact_version_ms[FACT_CONTRACT_END] = now_ms;
        return OK;
    }
    return FAIL(err, E_INVALID, "\"%.*s\" is no event: case_closed or contract_end", STR_ARG(event));
}

/* Nothing is classified anew: only dates follow from it. What a minimum without a known end retained has one now. */
static void place_again(struct engine *e, struct chain *c, int64_t now_ms)
{
    struct schedule s = chain_schedule(&e->policy, c);
    if (c->retained_until_ms != TIME_NONE && s.keep_until_ms != TIME_NONE)
        c->retained_until_ms = c->next_ms = s.keep_until_ms;
    chain_place(c, e->holds, e->holds_n, &e->policy, now_ms);
}

static enum status commit_event(struct engine *e, const struct chain *c, struct str event, struct str at, struct arena *a, struct err *err)
{
    struct opening opening;
    struct entry entry;
    struct row rows[2];
    bool needed;
    int64_t now = engine_now(e);
    TRY(opening_of_chain(e, c, a, &opening, err));
    TRY(journal_decided(e, &opening, event, at, now, a, &entry, err));
    TRY(registry_chain_row(c, a, &rows[0], err));
    TRY(opening_row(e, &opening, now, a, &rows[1], &needed, err));
    struct group g = {.rows = rows, .rows_n = 1 + (size_t)needed, .entries = &entry, .entries_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    return g.result;
}

enum status contact_event(struct engine *e, const struct found_contact *which, struct str event, int64_t at_ms, struct arena *a, struct err *err)
{
    int64_t now = engine_now(e);
    if (at_ms == TIME_NONE || !time_plausible(at_ms, now))
        return FAIL(err, E_INVALID, "not a plausible time for what has happened: from 2000-01-01 until now");
    TRY(engine_holds(e, NULL, err));
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct chain c;
        TRY(registry_chains(e->registry, &which->chain, 1, a, &c, err));
        struct leg *leg = c.version ? chain_leg(&c, &which->contact) : NULL;
        if (c.state == CHAIN_ERASED)
            return FAIL(err, E_CONFLICT, "it is erased already");
        if (!leg)
            return FAIL(err, E_ABSENT, "no document about it has arrived");
        TRY(tell(leg, event, at_ms, now, err));
        place_again(e, &c, now);
        enum status s = commit_event(e, &c, event, time_str(at_ms, a), a, err);
        if (s != E_CONFLICT)
            return s;
    }
    return FAIL(err, E_RETRY, "others keep changing this contact; try again in a moment");
}

/* ---- CSV ---- */

static bool is_heading(const struct str *fields, size_t n)
{
    return n == FIELDS && str_eq_nocase(str_trim(fields[0]), STR("id")) && str_eq_nocase(str_trim(fields[1]), STR("event")) &&
           str_eq_nocase(str_trim(fields[2]), STR("at"));
}

static enum status take_line(struct engine *e, struct event_line *l, const struct str *fields, size_t n, struct str source, struct arena *a,
                             struct err *err)
{
    struct found_contact *found;
    size_t found_n;
    if (n != FIELDS)
        return FAIL(err, E_INVALID, "expected three fields: id, event, at");
    l->id = str_trim(fields[0]);
    l->event = str_trim(fields[1]);
    TRY(time_parse(str_trim(fields[2]), e->config.zone, &l->at_ms, err));
    TRY(engine_resolve(e, l->id, source, a, &found, &found_n, err));
    if (found_n == 0)
        return FAIL(err, E_ABSENT, "no such contact is registered");
    if (found_n > 1)
        return FAIL(err, E_CONFLICT, "several sources know it: write SOURCE/ID");
    return contact_event(e, &found[0], l->event, l->at_ms, a, err);
}

static bool breaks_off(enum status s)
{
    return s == E_IO || s == E_LIMIT || s == E_RETRY;
}

enum status contact_events(struct engine *e, struct str csv, struct str source, struct arena *a, struct event_line **out, size_t *n, struct err *err)
{
    struct event_line *list = NULL;
    size_t count = 0, cap = 0, number = 0;
    for (struct str rest = csv, line; rest.n;) {
        struct str *fields;
        size_t fields_n;
        struct err why = {.code = OK};
        if (!str_split(rest, '\n', &line, &rest)) {
            line = rest;
            rest = STR_NONE;
        }
        number++;
        line = str_trim(line);
        if (!line.n)
            continue;
        enum status s = csv_split(line, ',', a, &fields, &fields_n, &why);
        if (s == OK && number == 1 && is_heading(fields, fields_n))
            continue;
        void *items = list;
        if (!arena_grow(a, &items, &cap, count + 1, sizeof *list))
            return ARENA_FULL(err, a);
        list = items;
        struct event_line *l = &list[count++];
        *l = (struct event_line){.line = number, .at_ms = TIME_NONE};
        l->status = s == OK ? take_line(e, l, fields, fields_n, source, a, &why) : s;
        l->why = l->status == OK ? STR_NONE : arena_fmt(a, "%s", why.text);
        if (breaks_off(l->status))
            return FAIL(err, l->status, "line %zu: %s", number, why.text);
    }
    *out = list;
    *n = count;
    return OK;
}
