#include "cli/cli.h"
#include "cli/ids.h"
#include "cli/persons.h"
#include "engine/holds.h"

struct named {
    struct cli *c;
    struct str *ids;
    size_t n, cap;
};

static enum status add_id(void *ctx, struct str id, struct err *err)
{
    struct named *x = ctx;
    void *items = x->ids;
    if (!arena_grow(&x->c->arena, &items, &x->cap, x->n + 1, sizeof *x->ids))
        return ARENA_FULL(err, &x->c->arena);
    x->ids = items;
    x->ids[x->n++] = arena_str(&x->c->arena, id);
    return x->ids[x->n - 1].p ? OK : ARENA_FULL(err, &x->c->arena);
}

static enum status read_ids(struct cli *c, struct hold_order *o, struct err *err)
{
    struct named x = {.c = c};
    const char *path = cli_option(c, "file");
    for (size_t i = 0; i < c->args_n; i++)
        TRY(add_id(&x, str_of(c->args[i]), err));
    if (path)
        TRY(ids_read_path(path, add_id, &x, err));
    o->ids = x.ids;
    o->ids_n = x.n;
    return OK;
}

static enum status read_scope(struct cli *c, struct hold_order *o, struct err *err)
{
    const char *subject = cli_option(c, "subject"), *filter = cli_option(c, "filter");
    bool ids = c->args_n || cli_option(c, "file");
    if (ids + (subject != NULL) + (filter != NULL) != 1)
        return FAIL(err, E_INVALID,
                    "a hold covers either contacts (ids, --file), a person (--subject) or a filter (--filter)");
    o->scope = subject ? HOLD_SUBJECT : filter ? HOLD_FILTER : HOLD_IDS;
    o->filter_text = str_of(filter);
    if (subject) {
        struct identifier *identifiers;
        TRY(cli_identifiers(c, subject, o->source, &identifiers, &o->identifiers_n, err));
        o->identifiers = identifiers;
    }
    return ids ? read_ids(c, o, err) : OK;
}

/* ---- apply ---- */

static void reply_json(struct cli *c, const struct hold_reply *r)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "matter", cli_may(c, "hold.view") ? r->matter : STR_NONE);
    jw_key(w, "covered");
    if (r->covered < 0)
        jw_null(w);
    else
        jw_int(w, r->covered);
    jw_strings(w, "pending", r->pending, r->pending_n);
    jw_strings(w, "related", r->related, r->related_n);
    jw_strings(w, "already_purged", r->already_purged, r->already_purged_n);
    jw_strings(w, "in_flight", r->in_flight, r->in_flight_n);
    jw_strings(w, "ambiguous", r->ambiguous, r->ambiguous_n);
    jw_key(w, "lost_in_flight");
    jw_array(w);
    for (size_t i = 0; i < r->lost_n; i++) {
        jw_object(w);
        jw_key_string(w, "id", r->lost[i].id);
        jw_strings(w, "stores", r->lost[i].stores, r->lost[i].stores_n);
        jw_end(w);
    }
    jw_end(w);
    jw_key(w, "will_expire");
    jw_array(w);
    for (size_t i = 0; i < r->will_expire_n; i++) {
        jw_object(w);
        jw_key_string(w, "store", r->will_expire[i].store);
        jw_key_string(w, "kind", str_of(kind_name(r->will_expire[i].kind)));
        jw_key_time(w, "at", r->will_expire[i].at_ms);
        jw_key_int(w, "n", (int64_t)r->will_expire[i].n);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static void tell_ids(struct cli *c, const char *what, const struct str *ids, size_t n)
{
    enum { SHOWN_MAX = 10 };
    if (!n)
        return;
    cli_print(c, "%9zu  %s:", n, what);
    for (size_t i = 0; i < n && (i < SHOWN_MAX || c->verbose); i++)
        cli_print(c, " %.*s", STR_ARG(cli_shown(c, ids[i])));
    cli_print(c, "%s\n", n > SHOWN_MAX && !c->verbose ? " ..." : "");
}

static void tell_lost(struct cli *c, const struct hold_reply *r)
{
    for (size_t i = 0; i < r->lost_n; i++) {
        cli_print(c, "LOST IN FLIGHT: %.*s, erased from", STR_ARG(cli_shown(c, r->lost[i].id)));
        for (size_t k = 0; k < r->lost[i].stores_n; k++)
            cli_print(c, "%s %.*s", k ? "," : "", STR_ARG(r->lost[i].stores[k]));
        cli_print(c, " before the hold came\n");
    }
    for (size_t i = 0; i < r->will_expire_n; i++)
        cli_print(c, "The store %.*s lets %llu %s expire by itself on %.*s: no hold here can stop that.\n",
                  STR_ARG(r->will_expire[i].store), (unsigned long long)r->will_expire[i].n,
                  kind_name(r->will_expire[i].kind), STR_ARG(cli_time(c, r->will_expire[i].at_ms)));
}

static void reply_text(struct cli *c, const struct hold_reply *r)
{
    struct str matter = cli_may(c, "hold.view") ? cli_shown(c, r->matter) : STR("(legal hold)");
    if (r->covered < 0)
        cli_print(c, "Hold %.*s is in force; which registered contacts it covers is still being matched.\n",
                  STR_ARG(matter));
    else
        cli_print(c, "Hold %.*s is in force and covers %lld registered contact%s.\n", STR_ARG(matter),
                  (long long)r->covered, r->covered == 1 ? "" : "s");
    tell_ids(c, "not registered yet: held as soon as they are", r->pending, r->pending_n);
    tell_ids(c, "merely related, NOT held", r->related, r->related_n);
    tell_ids(c, "already purged: nothing can be held", r->already_purged, r->already_purged_n);
    tell_ids(c, "being erased when the hold came: each is answered in the log, `--wait` waits for it", r->in_flight,
             r->in_flight_n);
    tell_ids(c, "ambiguous, NOT held: write SOURCE/ID", r->ambiguous, r->ambiguous_n);
    tell_lost(c, r);
}

static int run_apply(struct cli *c)
{
    struct hold_order o = {.matter = str_of(cli_option(c, "matter")),
                           .reason = str_of(cli_option(c, "reason")),
                           .review_ms = TIME_NONE,
                           .source = str_of(cli_option(c, "source"))};
    struct hold_reply reply = {.covered = -1};
    if (!o.matter.n) {
        IGNORE(FAIL(&c->err, E_INVALID, "a hold needs a matter: --matter CASE"));
        return cli_fail(c);
    }
    CLI_TRY(c, cli_option_duration(c, "wait", &o.wait_ms, &c->err));
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_option_time(c, "review-by", &o.review_ms, &c->err));
    CLI_TRY(c, read_scope(c, &o, &c->err));
    CLI_TRY(c, hold_apply(e, &o, &c->arena, &reply, &c->err));
    if (c->json)
        reply_json(c, &reply);
    else
        reply_text(c, &reply);
    return reply.already_purged_n || reply.lost_n || reply.ambiguous_n ? 1 : 0;
}

static const struct cli_option apply_options[] = {
    {"matter", "CASE", "the case reference; holds of several matters stack", false},
    {"reason", "T", "why, for the log (kept as a commitment, never in clear)", false},
    {"review-by", "DATE", "when somebody must review it; a year from now unless given", false},
    {"file", "IDS", "ids from a file, one a line or a CSV; - is standard input", false},
    {"source", "S", "the source of ids that name none", false},
    {"subject", "FILE", "a person, by identifiers read from FILE or - (standard input): `phone +44...`, `email a@b`",
     false},
    {"filter", "WORDS",
     "every contact that matches, also those registered later: \"queue:'Payments *' from:2026-01-01\"", false},
    {"wait", "S", "wait at most S seconds for contacts that are just being erased", false},
    {NULL, NULL, NULL, false}};

const struct command command_hold_apply = {
    .name = "hold",
    .subcommand = "apply",
    .arguments = "[ID...] --matter CASE",
    .summary = "put contacts under a legal hold",
    .details = "In force when the command answers. It names what was already purged and what is in flight; a hold is "
               "never silently "
               "accepted over lost data (exit status 1 then). Contacts named by id may be registered later.\n\n" IDS_HELP,
    .permission = "hold.apply",
    .options = apply_options,
    .args_max = ARGS_ANY,
    .needs = CLI_WRITE,
    .run = run_apply};

/* ---- release ---- */

static int run_release(struct cli *c)
{
    const char *matter = cli_option(c, "matter");
    uint64_t freed = 0, still = 0;
    if (!matter) {
        IGNORE(FAIL(&c->err, E_INVALID, "which hold? --matter CASE (`expunge hold list` shows them)"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, hold_release(e, str_of(matter), str_of(cli_option(c, "reason")), &c->arena, &freed, &still, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "matter", cli_may(c, "hold.view") ? str_of(matter) : STR_NONE);
        jw_key_int(w, "freed", (int64_t)freed);
        jw_key_int(w, "still_held", (int64_t)still);
        jw_end(w);
        cli_json_end(c);
        return 0;
    }
    cli_print(c, "Released: %llu contact%s covered by no hold now, %llu still held by other matters.\n",
              (unsigned long long)freed, freed == 1 ? "" : "s", (unsigned long long)still);
    if (freed)
        cli_print(c, "Expiry acts on them after the grace of %.*s.\n",
                  STR_ARG(period_text(&e->policy.hold_grace, &c->arena)));
    return 0;
}

static const struct cli_option release_options[] = {{"matter", "CASE", "the case reference", false},
                                                    {"reason", "T", "why, for the log", false},
                                                    {NULL, NULL, NULL, false}};

const struct command command_hold_release = {.name = "hold",
                                             .subcommand = "release",
                                             .arguments = "--matter CASE",
                                             .summary = "end a legal hold; frees what no other hold covers",
                                             .permission = "hold.release",
                                             .options = release_options,
                                             .needs = CLI_WRITE,
                                             .run = run_release};

/* ---- waive ---- */

static int run_waive(struct cli *c)
{
    const char *matter = cli_option(c, "matter");
    uint64_t freed = 0, waiting = 0;
    if (!matter) {
        IGNORE(FAIL(&c->err, E_INVALID, "which hold? --matter CASE (`expunge hold list --all` shows them)"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, hold_waive(e, str_of(matter), str_of(cli_option(c, "reason")), &c->arena, &freed, &waiting, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "matter", cli_may(c, "hold.view") ? str_of(matter) : STR_NONE);
        jw_key_int(w, "freed", (int64_t)freed);
        jw_key_int(w, "waiting", (int64_t)waiting);
        jw_end(w);
        cli_json_end(c);
        return 0;
    }
    cli_print(c, "Waived for requests: %llu contact%s they wait for can be erased now, %llu still kept by something else.\n",
              (unsigned long long)freed, freed == 1 ? "" : "s", (unsigned long long)waiting);
    cli_print(c, "The next purge erases what requests wait for. Expiry still waits for the end of the grace.\n");
    return 0;
}

static const struct cli_option waive_options[] = {{"matter", "CASE", "the case reference", false},
                                                  {"reason", "T", "why, for the log", false},
                                                  {NULL, NULL, NULL, false}};

const struct command command_hold_waive = {
    .name = "hold",
    .subcommand = "waive",
    .arguments = "--matter CASE",
    .summary = "let requests go on before the grace after a release ends",
    .details = "By a second person: an account (EXPUNGE_TOKEN) that is not the one who released the matter; at a site of "
               "one person (`approval.delay`) nobody can. Only people's requests that wait go on; expiry still waits "
               "for the end of the grace.",
    .permission = "hold.release",
    .options = waive_options,
    .needs = CLI_WRITE,
    .run = run_waive};

/* ---- list ---- */

static const char *scope_text(enum hold_scope s)
{
    switch (s) {
    case HOLD_IDS:
        return "ids";
    case HOLD_SUBJECT:
        return "subject";
    case HOLD_FILTER:
        return "filter";
    }
    return "?";
}

static void list_json(struct cli *c, const struct hold_summary *h, bool named)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "matter", named ? h->matter : STR_NONE);
    jw_key_string(w, "scope", str_of(scope_text(h->scope)));
    jw_key_string(w, "filter", named && h->filter_text.n ? h->filter_text : STR_NONE);
    jw_key_string(w, "by", h->by);
    jw_key_string(w, "reason", named && h->reason.n ? h->reason : STR_NONE);
    jw_key_time(w, "since", h->since_ms);
    jw_key_time(w, "review", h->review_ms);
    jw_key_time(w, "released", h->released_ms);
    jw_key_time(w, "waived", h->waived_ms);
    jw_key_int(w, "contacts", (int64_t)h->members);
    jw_key_bool(w, "overdue", h->overdue);
    jw_key_bool(w, "over_a_year", h->over_a_year);
    jw_key_bool(w, "system", h->system);
    jw_end(w);
    cli_json_end(c);
}

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"MATTER", "SCOPE", "CONTACTS", "SINCE", "REVIEW BY", "BY", "STATE", NULL};
    struct hold_summary *list;
    struct listing t;
    size_t n, overdue = 0;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    bool named = cli_may(c, "hold.view");
    CLI_TRY(c, holds_list(e, cli_flag(c, "all"), &c->arena, &list, &n, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < n && !cli_out_broken(c); i++) {
        overdue += list[i].overdue;
        if (c->json) {
            list_json(c, &list[i], named);
            continue;
        }
        listing_cell(&t, named ? list[i].matter : STR("(legal hold)"));
        listing_cell(&t, str_of(scope_text(list[i].scope)));
        listing_int(&t, (int64_t)list[i].members);
        listing_cell(&t, cli_time(c, list[i].since_ms));
        listing_cell(&t, cli_time(c, list[i].review_ms));
        listing_cell(&t, list[i].by);
        listing_cell(&t, list[i].waived_ms != TIME_NONE     ? STR("released, waived")
                         : list[i].released_ms != TIME_NONE ? STR("released")
                         : list[i].overdue                ? STR("review overdue")
                                                          : STR("in force"));
    }
    if (c->json)
        return 0;
    cli_listing(c, &t);
    if (!n)
        cli_print(c, "No holds.\n");
    if (overdue)
        cli_print(c, "%zu past review: release with `expunge hold release`, or apply again with a new --review-by.\n",
                  overdue);
    return 0;
}

static const struct cli_option list_options[] = {{"all", NULL, "released ones too", false}, {NULL, NULL, NULL, false}};

const struct command command_hold_list = {
    .name = "hold",
    .subcommand = "list",
    .summary = "show the holds, their age and when they must be reviewed",
    .details = "The matter is shown to those with the permission hold.view; others read \"legal hold\".",
    .permission = "hold.view|contact.view",
    .options = list_options,
    .needs = CLI_NOW,
    .run = run_list};
