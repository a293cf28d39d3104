#include "engine/doctor.h"

#include <stdio.h>

#include "engine/holds.h"
#include "engine/logbook.h"
#include "engine/purge.h"
#include "engine/runs.h"

enum { CHECK_MAX_MS = 30000, REQUESTS_PAGE = 500, RUNS_PAGE = 1000 };
#define PURGE_EVERY_MS (2 * DAY_MS)
#define RUNS_LOOKED_AT_MS (30 * DAY_MS)

const char *doctor_level_name(enum doctor_level level)
{
    static const char *const names[] = {"ok", "warning", "problem"};
    return names[level];
}

void doctor_say(struct doctor *d, enum doctor_level level, const char *check, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    void *lines = d->lines;
    struct str copy = arena_str(d->a, str_of(text));
    if (!copy.p || !arena_grow(d->a, &lines, &d->cap, d->n + 1, sizeof *d->lines)) {
        d->full = true;
        return;
    }
    d->lines = lines;
    d->lines[d->n++] = (struct doctor_line){level, check, copy};
}

/* A check whose error is the finding. */
static void say_status(struct doctor *d, const char *check, enum status s, const struct err *err, const char *good)
{
    doctor_say(d, s == OK ? DOCTOR_OK : DOCTOR_PROBLEM, check, "%s", s == OK ? good : err->text);
}

static void check_registry(struct doctor *d)
{
    struct backend_state state = {.server_ms = TIME_NONE};
    struct err err = {.code = OK};
    if (backend_check(&d->e->registry->backend, d->a, &state, &err) != OK)
        doctor_say(d, DOCTOR_PROBLEM, "registry", "%s", err.text);
    else
        doctor_say(d, DOCTOR_OK, "registry", "%.*s", STR_ARG(state.what));
}

/* A log keeps the name it was begun under. */
static void check_origin(struct doctor *d)
{
    struct logbook_head head;
    struct err err = {.code = OK};
    struct str name = d->e->config.audit_origin;
    if (logbook_head(d->e, d->a, &head, &err) != OK) {
        doctor_say(d, DOCTOR_PROBLEM, "origin", "%s", err.text);
        return;
    }
    bool same = str_starts(head.origin, name) && head.origin.n > name.n && head.origin.p[name.n] == '/';
    doctor_say(d, same ? DOCTOR_OK : DOCTOR_PROBLEM, "origin",
               same ? "the log is %.*s" : "the log was begun as %.*s and stays that: put audit.origin back",
               STR_ARG(head.origin));
}

static void check_log(struct doctor *d)
{
    struct err err = {.code = OK};
    say_status(d, "clock", clock_check(d->e, &err), &err, "agrees with the log and the registry");
    say_status(d, "log", logbook_check_behind(d->e, &err), &err, "is not behind what was published");
    check_origin(d);
}

static void check_policy(struct doctor *d)
{
    const struct policy *p = &d->e->policy;
    const struct config *g = &d->e->config;
    doctor_say(d, d->e->disarmed ? DOCTOR_WARNING : DOCTOR_OK, "schedule",
               d->e->disarmed ? "not armed: every purge is a dry run until `expunge policy activate`"
                              : "version %.*s is in force",
               STR_ARG(p->version));
    doctor_say(d, d->e->config_differs ? DOCTOR_WARNING : DOCTOR_OK, "configuration",
               d->e->config_differs ? "its schedule is not the one in force: `expunge policy activate`"
                                    : "its schedule is the one in force");
    for (size_t i = 0; i < p->categories_n; i++)
        if (p->categories[i].keep.set && !p->categories[i].law.confirmed_by.n)
            doctor_say(d, DOCTOR_WARNING, "law",
                       "category %.*s: nobody has confirmed its legal minimum, so requests about it need a decision each",
                       STR_ARG(p->categories[i].name));
    bool notified = g->notify_legal.n && g->notify_privacy.n && g->notify_operations.n;
    doctor_say(d, notified ? DOCTOR_OK : DOCTOR_WARNING, "notify",
               notified ? "legal, privacy and operations are named"
                        : "set notify.legal, notify.privacy and notify.operations: nobody hears of deadlines and holds");
}

static void check_store(struct doctor *d, size_t i)
{
    struct store *store = d->e->stores[i];
    struct str name = d->e->store_names[i];
    struct store_check found = {.server_ms = TIME_NONE};
    struct err err = {.code = OK};
    int64_t now = engine_now(d->e);
    struct store_call call = {.now_ms = now, .deadline_ms = now + CHECK_MAX_MS, .a = d->a};
    size_t bad = 0;
    if (!store) {
        doctor_say(d, DOCTOR_PROBLEM, "store", "%.*s: %.*s", STR_ARG(name), STR_ARG(d->e->store_down[i]));
        return;
    }
    if (store_check(store, &call, &found, &err) != OK) {
        doctor_say(d, DOCTOR_PROBLEM, "store", "%.*s: %s", STR_ARG(name), err.text);
        return;
    }
    for (size_t k = 0; k < found.n; k++)
        if (!found.findings[k].good) {
            doctor_say(d, DOCTOR_PROBLEM, "store", "%.*s: %.*s", STR_ARG(name), STR_ARG(found.findings[k].what));
            bad++;
        }
    if (!store->backup_age.set)
        doctor_say(d, DOCTOR_WARNING, "store", "%.*s: backup_age is not set, so nobody can say until when copies remain",
                   STR_ARG(name));
    else if (!bad)
        doctor_say(d, DOCTOR_OK, "store", "%.*s answers and has what it needs", STR_ARG(name));
}

/* The latest purge that was no dry run, of the last month. */
static enum status check_purge(struct doctor *d, struct err *err)
{
    int64_t now = engine_now(d->e), since = now - RUNS_LOOKED_AT_MS, latest = TIME_NONE;
    size_t n = RUNS_PAGE;
    while (n == RUNS_PAGE) {
        struct run_record *runs;
        TRY(runs_since(d->e, since, RUNS_PAGE, d->a, &runs, &n, err));
        for (size_t i = 0; i < n; i++)
            if (str_is(runs[i].kind, "purge") && !runs[i].dry_run)
                latest = runs[i].started_ms;
        if (n == RUNS_PAGE)
            since = runs[n - 1].started_ms + 1;
    }
    if (latest == TIME_NONE)
        doctor_say(d, DOCTOR_WARNING, "purge", "none has run within 30 days: let cron run `expunge purge` every day");
    else if (now - latest > PURGE_EVERY_MS)
        doctor_say(d, DOCTOR_WARNING, "purge", "none has run for %lld days: let cron run `expunge purge` every day",
                   (long long)((now - latest) / DAY_MS));
    else
        doctor_say(d, DOCTOR_OK, "purge", "has run within two days");
    return OK;
}

static enum status check_holds(struct doctor *d, struct err *err)
{
    struct hold_summary *list;
    size_t n, overdue = 0;
    TRY(holds_list(d->e, false, d->a, &list, &n, err));
    for (size_t i = 0; i < n; i++)
        overdue += list[i].overdue;
    doctor_say(d, overdue ? DOCTOR_WARNING : DOCTOR_OK, "holds",
               overdue ? "%zu of %zu past review: `expunge hold list`" : "%zu past review, %zu in force", overdue, n);
    return OK;
}

static bool has_late_contacts(const struct request *q)
{
    for (size_t i = 0; i < q->candidates_n; i++)
        if (q->state == REQUEST_COMPLETED && q->candidates[i].state == CANDIDATE_PROPOSED)
            return true;
    return false;
}

static enum status check_requests(struct doctor *d, struct err *err)
{
    struct str after = STR_NONE;
    size_t n = REQUESTS_PAGE, late = 0, open = 0, came_since = 0;
    while (n == REQUESTS_PAGE) {
        struct request *list;
        TRY(registry_requests(d->e->registry, after, REQUESTS_PAGE, d->a, &list, &n, err));
        for (size_t i = 0; i < n; i++) {
            bool is_open = list[i].state < REQUEST_PARTIAL;
            open += is_open;
            late += is_open && list[i].due_ms < engine_now(d->e);
            came_since += has_late_contacts(&list[i]);
        }
        if (n)
            after = list[n - 1].id;
    }
    doctor_say(d, late ? DOCTOR_PROBLEM : DOCTOR_OK, "requests",
               late ? "%zu of %zu past their legal date: `expunge request list`" : "%zu late, %zu open", late, open);
    if (came_since)
        doctor_say(d, DOCTOR_PROBLEM, "requests",
                   "%zu completed, and contacts of the person were registered since: `expunge request list`", came_since);
    return OK;
}

enum status doctor_examine(struct engine *e, struct arena *a, struct doctor *out, struct err *err)
{
    struct doctor d = {.e = e, .a = a};
    doctor_files(&d);
    check_registry(&d);
    check_log(&d);
    check_policy(&d);
    for (size_t i = 0; i < e->stores_n; i++)
        check_store(&d, i);
    if (!e->disarmed)
        TRY(check_purge(&d, err));
    TRY(check_holds(&d, err));
    TRY(check_requests(&d, err));
    if (d.full)
        return ARENA_FULL(err, a);
    *out = d;
    return OK;
}
