/* cmd_doctor.c - what is missing or unsafe in this installation. Changes nothing. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/cli.h"
#include "engine/holds.h"
#include "engine/logbook.h"
#include "engine/purge.h"

enum { CHECK_MAX_MS = 30000, REQUESTS_PAGE = 500 };

struct doctor {
    struct cli *c;
    struct engine *e;
    size_t bad, checks;
};

static void tell(struct doctor *d, bool good, const char *what, const char *fmt, ...) PRINTF(4, 5);

static void tell(struct doctor *d, bool good, const char *what, const char *fmt, ...)
{
    struct cli *c = d->c;
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    d->checks++;
    d->bad += !good;
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "check", str_of(what));
        jw_key_bool(w, "ok", good);
        jw_key_string(w, "text", str_of(text));
        jw_end(w);
        cli_json_end(c);
    } else if (!good || c->verbose)
        cli_print(c, "%s %-14s %.*s\n", good ? "ok     " : "FINDING", what, STR_ARG(cli_shown(c, str_of(text))));
}

static void check_keys(struct doctor *d)
{
    struct stat st;
    struct str keys = d->e->config.keys;
    bool stated = stat(keys.p, &st) == 0;
    bool closed = stated && (st.st_mode & 077) == 0;
    tell(d, closed, "keys",
         closed   ? "%.*s is readable by its owner alone"
         : stated ? "%.*s can be entered by others: run `chmod 700` on it"
                  : "%.*s cannot be looked at",
         STR_ARG(keys));
}

static void check_registry(struct doctor *d)
{
    struct backend_state state = {.server_ms = TIME_NONE};
    struct err err = {.code = OK};
    if (backend_check(&d->e->registry->backend, &d->c->arena, &state, &err) != OK)
        tell(d, false, "registry", "%s", err.text);
    else
        tell(d, true, "registry", "%.*s", STR_ARG(state.what));
}

/* A check whose error is the finding. */
static void check_status(struct doctor *d, const char *what, enum status s, const struct err *err, const char *good)
{
    tell(d, s == OK, what, "%s", s == OK ? good : err->text);
}

/* A log keeps the name it was begun under. */
static void check_origin(struct doctor *d)
{
    struct logbook_head head;
    struct err err = {.code = OK};
    struct str name = d->e->config.audit_origin;
    if (logbook_head(d->e, &d->c->arena, &head, &err) != OK) {
        tell(d, false, "origin", "%s", err.text);
        return;
    }
    bool same = str_starts(head.origin, name) && head.origin.n > name.n && head.origin.p[name.n] == '/';
    tell(d, same, "origin",
         same ? "the log is %.*s" : "the log was begun as %.*s and stays that: put audit.origin back",
         STR_ARG(head.origin));
}

static void check_log(struct doctor *d)
{
    struct err err = {.code = OK};
    check_status(d, "clock", clock_check(d->e, &err), &err, "agrees with the log and the registry");
    check_status(d, "log", logbook_check_behind(d->e, &err), &err, "is not behind what was published");
    check_origin(d);
    bool published = d->e->config.audit_publish.n > 0;
    tell(d, published, "published",
         published ? "the log is written to %.*s"
                   : "the log is published nowhere: without a copy outside this "
                     "machine nobody could show that it was changed. Set audit.publish%.*s",
         STR_ARG(d->e->config.audit_publish));
}

static void check_policy(struct doctor *d)
{
    const struct policy *p = &d->e->policy;
    tell(d, !d->e->disarmed, "schedule",
         d->e->disarmed ? "not armed: every purge is a dry run until `expunge policy activate`"
                        : "version %.*s is in force",
         STR_ARG(p->version));
    tell(d, !d->e->config_differs, "configuration",
         d->e->config_differs ? "its schedule is not the one in force: `expunge policy activate`"
                              : "its schedule is the one in force");
    for (size_t i = 0; i < p->categories_n; i++)
        if (p->categories[i].keep.set && !p->categories[i].law.confirmed_by.n)
            tell(d, false, "law",
                 "category %.*s: nobody has confirmed its legal minimum, so requests about it need a decision each",
                 STR_ARG(p->categories[i].name));
    const struct config *g = &d->e->config;
    bool notified = g->notify_legal.n && g->notify_privacy.n && g->notify_operations.n;
    tell(d, notified, "notify",
         notified ? "legal, privacy and operations are named"
                  : "set notify.legal, notify.privacy and "
                    "notify.operations: nobody hears of deadlines and holds");
}

static void check_store(struct doctor *d, size_t i)
{
    struct store *store = d->e->stores[i];
    struct str name = d->e->store_names[i];
    struct store_check found = {.server_ms = TIME_NONE};
    struct err err = {.code = OK};
    int64_t now = engine_now(d->e);
    struct store_call call = {.now_ms = now, .deadline_ms = now + CHECK_MAX_MS, .a = &d->c->arena};
    size_t bad = 0;
    if (!store) {
        tell(d, false, "store", "%.*s: %.*s", STR_ARG(name), STR_ARG(d->e->store_down[i]));
        return;
    }
    if (store_check(store, &call, &found, &err) != OK) {
        tell(d, false, "store", "%.*s: %s", STR_ARG(name), err.text);
        return;
    }
    for (size_t k = 0; k < found.n; k++)
        if (!found.findings[k].good) {
            tell(d, false, "store", "%.*s: %.*s", STR_ARG(name), STR_ARG(found.findings[k].what));
            bad++;
        }
    if (!store->backup_age.set)
        tell(d, false, "store", "%.*s: backup_age is not set, so nobody can say until when copies remain",
             STR_ARG(name));
    else if (!bad)
        tell(d, true, "store", "%.*s answers and has what it needs", STR_ARG(name));
}

static enum status check_holds(struct doctor *d, struct err *err)
{
    struct hold_summary *list;
    size_t n, overdue = 0;
    TRY(holds_list(d->e, false, &d->c->arena, &list, &n, err));
    for (size_t i = 0; i < n; i++)
        overdue += list[i].overdue;
    tell(d, !overdue, "holds",
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
        TRY(registry_requests(d->e->registry, after, REQUESTS_PAGE, &d->c->arena, &list, &n, err));
        for (size_t i = 0; i < n; i++) {
            bool is_open = list[i].state < REQUEST_PARTIAL;
            open += is_open;
            late += is_open && list[i].due_ms < engine_now(d->e);
            came_since += has_late_contacts(&list[i]);
        }
        if (n)
            after = list[n - 1].id;
    }
    tell(d, !late, "requests", late ? "%zu of %zu past their legal date: `expunge request list`" : "%zu late, %zu open",
         late, open);
    if (came_since)
        tell(d, false, "requests", "%zu completed, and contacts of the person were registered since: `expunge request list`",
             came_since);
    return OK;
}

static int run(struct cli *c)
{
    struct doctor d = {.c = c};
    d.e = cli_engine(c);
    if (!d.e)
        return cli_fail(c);
    check_keys(&d);
    check_registry(&d);
    check_log(&d);
    check_policy(&d);
    for (size_t i = 0; i < d.e->stores_n; i++)
        check_store(&d, i);
    CLI_TRY(c, check_holds(&d, &c->err));
    CLI_TRY(c, check_requests(&d, &c->err));
    if (!c->json)
        cli_print(c, "%zu check%s, %zu finding%s.\n", d.checks, d.checks == 1 ? "" : "s", d.bad, d.bad == 1 ? "" : "s");
    return d.bad ? 1 : 0;
}

const struct command command_doctor = {.name = "doctor",
                                       .summary = "what is missing or unsafe in this installation",
                                       .details = "Looks at configuration, keys, registry, clock, log, schedule, "
                                                  "stores, holds and requests; changes nothing. Exit status 1 "
                                                  "when there are findings. --verbose shows what is good, too.",
                                       .permission = "store.view",
                                       .needs = CLI_STORES | CLI_NOW,
                                       .run = run};
