/* cmd_request.c - a person's request: opened, looked at, extended, ended, answered. */
#include "cli/cmd_request.h"

#include "base/file.h"
#include "cli/persons.h"
#include "engine/requests.h"

enum { LETTER_MAX = 16 << 20, PAGE = 500 };

size_t request_candidates_in(const struct request *q, enum candidate_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < q->candidates_n; i++)
        n += q->candidates[i].state == state;
    return n;
}

void request_show_json(struct cli *c, const struct request *q)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "request", q->id);
    jw_key_string(w, "state", str_of(request_state_name(q->state)));
    jw_key_string(w, "regime", str_of(regime_name(q->regime)));
    jw_key_string(w, "ground", q->ground.n ? q->ground : STR_NONE);
    jw_key_time(w, "received_at", q->received_ms);
    jw_key_time(w, "due_at", q->due_ms);
    jw_key_time(w, "acknowledge_by", q->acknowledge_ms);
    jw_key_string(w, "identity_checked", q->identity_checked.n ? q->identity_checked : STR_NONE);
    jw_key(w, "identifiers");
    jw_array(w);
    for (size_t i = 0; i < q->identifiers_n; i++)
        jw_string(w, identifier_hint(&q->identifiers[i], &c->arena));
    jw_end(w);
    jw_key(w, "candidates");
    jw_object(w);
    jw_key_int(w, "proposed", (int64_t)request_candidates_in(q, CANDIDATE_PROPOSED));
    jw_key_int(w, "confirmed", (int64_t)request_candidates_in(q, CANDIDATE_CONFIRMED));
    jw_key_int(w, "excluded", (int64_t)request_candidates_in(q, CANDIDATE_EXCLUDED));
    jw_end(w);
    jw_key_string(w, "actor", q->actor);
    jw_key_string(w, "extended_why", q->extended_why.n ? q->extended_why : STR_NONE);
    jw_key_string(w, "refused_why", q->refused_why.n ? q->refused_why : STR_NONE);
    jw_key_time(w, "completed_at", q->state == REQUEST_COMPLETED ? q->ended_ms : TIME_NONE);
    jw_end(w);
    cli_json_end(c);
}

static const char *next_step(const struct request *q)
{
    switch (q->state) {
    case REQUEST_RECEIVED:
    case REQUEST_VERIFYING:
        return "say how the identity was checked: `expunge request verify ID --identity-checked HOW`";
    case REQUEST_ASSESSING:
        return request_candidates_in(q, CANDIDATE_PROPOSED)
                   ? "look at `expunge request candidates ID`, then confirm or exclude them"
               : request_candidates_in(q, CANDIDATE_CONFIRMED) ? "erase what is confirmed: `expunge request run ID`"
                                                               : "look for contacts: `expunge request candidates ID`; "
                                                                 "with none, `expunge request run ID` completes it";
    case REQUEST_RUNNING:
        return "the next purge, or `expunge request run ID`, goes on";
    case REQUEST_PARTIAL:
        return "what a law or a hold keeps goes by itself when that ends; answer with `expunge request letter ID`";
    case REQUEST_COMPLETED:
        if (request_candidates_in(q, CANDIDATE_PROPOSED))
            return "contacts were registered since: look at `expunge request candidates ID`, confirm or exclude them, then "
                   "`expunge request run ID`";
        return "answer with `expunge request letter ID`";
    case REQUEST_REFUSED:
        return "answer with `expunge request letter ID`";
    case REQUEST_WITHDRAWN:
    case REQUEST_STATE_COUNT:
        break;
    }
    return NULL;
}

static void show_line(struct cli *c, const char *name, struct str value)
{
    if (value.n)
        cli_print(c, "%-17s %.*s\n", name, STR_ARG(cli_shown(c, value)));
}

/* What the next purge cannot go on with. *any: something waits for a person. */
static void show_undecided(struct cli *c, const struct request *q, bool *any)
{
    enum { SHOWN_MAX = 3 };
    struct str *ids;
    size_t n = 0;
    struct err err = {.code = OK};
    *any = false;
    if ((q->state != REQUEST_RUNNING && q->state != REQUEST_PARTIAL) || !c->engine ||
        request_undecided(c->engine, q, SHOWN_MAX, &c->arena, &ids, &n, &err) != OK)
        return;
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
        cli_print(c, "%-17s a person must decide: `expunge contact decide %.*s erase|keep|category:NAME`\n", i ? "" : "Next",
                  STR_ARG(cli_shown(c, ids[i])));
    if (n > SHOWN_MAX)
        cli_print(c, "%-17s and %zu more: `expunge contact find status:NEEDS_DECISION`\n", "", n - SHOWN_MAX);
    *any = n > 0;
}

void request_show_text(struct cli *c, const struct request *q)
{
    bool undecided;
    const char *next = next_step(q);
    show_line(c, "Request", q->id);
    show_line(c, "State", str_of(request_state_name(q->state)));
    show_line(c, "Regime", str_of(regime_name(q->regime)));
    show_line(c, "Ground", q->ground);
    show_line(c, "Received", cli_time(c, q->received_ms));
    if (q->acknowledge_ms != TIME_NONE)
        show_line(c, "Acknowledge by", cli_time(c, q->acknowledge_ms));
    show_line(c, "Answer by", cli_time(c, q->due_ms));
    show_line(c, "Extended because", q->extended_why);
    show_line(c, "Refused because", q->refused_why);
    show_line(c, "Identity checked", q->identity_checked);
    for (size_t i = 0; i < q->identifiers_n; i++)
        show_line(c, i ? "" : "Identifiers", identifier_hint(&q->identifiers[i], &c->arena));
    cli_print(c, "%-17s %zu to look at, %zu confirmed, %zu excluded\n", "Contacts",
              request_candidates_in(q, CANDIDATE_PROPOSED), request_candidates_in(q, CANDIDATE_CONFIRMED),
              request_candidates_in(q, CANDIDATE_EXCLUDED));
    show_undecided(c, q, &undecided);
    if (next)
        cli_print(c, "%-17s %s\n", undecided ? "Then" : "Next", next);
}

void request_show(struct cli *c, const struct request *q)
{
    if (c->json)
        request_show_json(c, q);
    else
        request_show_text(c, q);
}

/* ---- open, verify ---- */

static int run_open(struct cli *c)
{
    const char *regime = cli_option(c, "regime"), *path = cli_option(c, "file");
    struct request_order o = {.ground = str_of(cli_option(c, "ground")),
                              .identity_checked = str_of(cli_option(c, "identity-checked")),
                              .note = str_of(cli_option(c, "note")),
                              .received_ms = TIME_NONE};
    struct identifier *identifiers;
    struct request q;
    if (!regime || !regime_parse(str_of(regime), &o.regime) || o.regime == REGIME_NONE) {
        IGNORE(FAIL(&c->err, E_INVALID, "under which law? --regime gdpr, uk-gdpr, ccpa or other"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_option_time(c, "received", &o.received_ms, &c->err));
    CLI_TRY(c, cli_identifiers(c, path ? path : "-", str_of(cli_option(c, "source")), &identifiers, &o.identifiers_n,
                               &c->err));
    o.identifiers = identifiers;
    CLI_TRY(c, request_open(e, &o, &c->arena, &q, &c->err));
    request_show(c, &q);
    return 0;
}

static const struct cli_option open_options[] = {
    {"regime", "R", "gdpr, uk-gdpr, ccpa or other: the law the person invokes", false},
    {"ground", "G", "the ground, such as 17(1)(b)", false},
    {"received", "DATE", "when it was received: legal dates count from then", false},
    {"identity-checked", "HOW",
     "how identity was checked (the method, never the document); without it the request waits", false},
    {"file", "FILE", "identifiers, one a line (`phone +44...`, `email a@b from 2024-01-01`); - or none: standard input",
     false},
    {"source", "S", "whose country national phone numbers are read with", false},
    {"note", "T", "a note for the file", false},
    {NULL, NULL, NULL, false}};

const struct command command_request_add = {.name = "request",
                                             .subcommand = "add",
                                             .arguments = "--regime R --received DATE",
                                             .summary = "record a person's request to be erased",
                                             .details = "Identifiers are read from a file or standard input, never "
                                                        "from arguments. They stay sealed until the request is "
                                                        "completed; then only hashes remain.",
                                             .permission = "request.manage",
                                             .options = open_options,
                                             .needs = CLI_WRITE,
                                             .run = run_open};

static int run_verify(struct cli *c)
{
    const char *how = cli_option(c, "identity-checked");
    struct request q;
    if (!how) {
        IGNORE(FAIL(&c->err, E_INVALID, "how was it checked? --identity-checked HOW"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, request_verify(e, str_of(c->args[0]), str_of(how), &c->arena, &q, &c->err));
    request_show(c, &q);
    return 0;
}

static const struct cli_option verify_options[] = {{"identity-checked", "HOW", "the method, never the document", false},
                                                   {NULL, NULL, NULL, false}};

const struct command command_request_verify = {.name = "request",
                                               .subcommand = "verify",
                                               .arguments = "REQUEST --identity-checked HOW",
                                               .summary = "say how the person's identity was checked",
                                               .permission = "request.manage",
                                               .options = verify_options,
                                               .args_min = 1,
                                               .args_max = 1,
                                               .needs = CLI_WRITE,
                                               .run = run_verify};

/* ---- list, show ---- */

static bool is_open(const struct request *q)
{
    return q->state != REQUEST_COMPLETED && q->state != REQUEST_REFUSED && q->state != REQUEST_WITHDRAWN;
}

/* Registered since it was completed, and nobody has looked at them yet. */
static bool has_late_contacts(const struct request *q)
{
    return q->state == REQUEST_COMPLETED && request_candidates_in(q, CANDIDATE_PROPOSED);
}

static void list_one(struct cli *c, struct listing *t, const struct request *q, int64_t now_ms)
{
    if (c->json) {
        request_show_json(c, q);
        return;
    }
    listing_cell(t, q->id);
    listing_fmt(t, "%s%s", request_state_name(q->state),
                !is_open(q)           ? has_late_contacts(q) ? " (contacts came since)" : ""
                : q->due_ms < now_ms ? " (LATE)"
                                      : "");
    listing_cell(t, str_of(regime_name(q->regime)));
    listing_cell(t, cli_time(c, q->received_ms));
    listing_cell(t, cli_time(c, q->due_ms));
    listing_int(t, (int64_t)request_candidates_in(q, CANDIDATE_PROPOSED));
    listing_int(t, (int64_t)request_candidates_in(q, CANDIDATE_CONFIRMED));
}

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"REQUEST",   "STATE",      "REGIME",    "RECEIVED",
                                        "ANSWER BY", "TO LOOK AT", "CONFIRMED", NULL};
    struct listing t;
    struct request *list;
    struct str after = STR_NONE;
    size_t n = PAGE;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    listing_init(&t, &c->arena, heads);
    while (n == PAGE && !cli_out_broken(c)) {
        CLI_TRY(c, registry_requests(e->registry, after, PAGE, &c->arena, &list, &n, &c->err));
        for (size_t i = 0; i < n; i++)
            if (cli_flag(c, "all") || is_open(&list[i]) || has_late_contacts(&list[i]))
                list_one(c, &t, &list[i], engine_now(e));
        if (n)
            after = list[n - 1].id;
    }
    if (c->json)
        return 0;
    cli_listing(c, &t);
    if (!listing_rows(&t))
        cli_print(c, cli_flag(c, "all") ? "No requests.\n" : "No open requests (--all shows the others).\n");
    return 0;
}

static const struct cli_option list_options[] = {{"all", NULL, "completed, refused and withdrawn ones too", false},
                                                 {NULL, NULL, NULL, false}};

const struct command command_request_list = {.name = "request",
                                             .subcommand = "list",
                                             .summary = "show open requests and their legal dates",
                                             .permission = "request.view",
                                             .options = list_options,
                                             .needs = CLI_NOW,
                                             .run = run_list};

static int run_show(struct cli *c)
{
    struct request q;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, registry_request_get(e->registry, str_of(c->args[0]), &c->arena, &q, &c->err));
    request_show(c, &q);
    return 0;
}

const struct command command_request_show = {.name = "request",
                                             .subcommand = "show",
                                             .arguments = "REQUEST",
                                             .summary = "show one request and what comes next",
                                             .permission = "request.view",
                                             .args_min = 1,
                                             .args_max = 1,
                                             .needs = CLI_NOW,
                                             .run = run_show};

/* ---- extend, refuse, withdraw ---- */

static int show_after(struct cli *c, enum status s)
{
    struct request q;
    CLI_TRY(c, s);
    CLI_TRY(c, registry_request_get(c->engine->registry, str_of(c->args[0]), &c->arena, &q, &c->err));
    request_show(c, &q);
    return 0;
}

static int with_reason(struct cli *c,
                       enum status (*change)(struct engine *, struct str, struct str, struct arena *, struct err *))
{
    const char *why = cli_option(c, "reason");
    if (!why || !why[0]) {
        IGNORE(FAIL(&c->err, E_INVALID, "the person must be told why: --reason T"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    return show_after(c, change(e, str_of(c->args[0]), str_of(why), &c->arena, &c->err));
}

static int run_extend(struct cli *c)
{
    return with_reason(c, request_extend);
}

static int run_refuse(struct cli *c)
{
    return with_reason(c, request_refuse);
}

static int run_withdraw(struct cli *c)
{
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    return show_after(c, request_withdraw(e, str_of(c->args[0]), &c->arena, &c->err));
}

static const struct cli_option reason_options[] = {{"reason", "T", "the reason given to the person", false},
                                                   {NULL, NULL, NULL, false}};

const struct command command_request_extend = {.name = "request",
                                               .subcommand = "extend",
                                               .arguments = "REQUEST --reason T",
                                               .summary = "extend the legal date, once, with the reason",
                                               .permission = "request.manage",
                                               .options = reason_options,
                                               .args_min = 1,
                                               .args_max = 1,
                                               .needs = CLI_WRITE,
                                               .run = run_extend};

const struct command command_request_refuse = {.name = "request",
                                               .subcommand = "refuse",
                                               .arguments = "REQUEST --reason T",
                                               .summary = "refuse a request, with the reason",
                                               .permission = "request.manage",
                                               .options = reason_options,
                                               .args_min = 1,
                                               .args_max = 1,
                                               .needs = CLI_WRITE,
                                               .run = run_refuse};

const struct command command_request_withdraw = {.name = "request",
                                                 .subcommand = "withdraw",
                                                 .arguments = "REQUEST",
                                                 .summary = "the person takes the request back; stops what is not sent",
                                                 .permission = "request.manage",
                                                 .args_min = 1,
                                                 .args_max = 1,
                                                 .needs = CLI_WRITE,
                                                 .run = run_withdraw};

/* ---- letter ---- */

static int run_letter(struct cli *c)
{
    CLEANUP(buf_release) struct buf letter;
    const char *to = cli_option(c, "out");
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    buf_init(&letter, LETTER_MAX);
    CLI_TRY(c, request_letter(e, str_of(c->args[0]), cli_flag(c, "html"), &c->arena, &letter, &c->err));
    CLI_TRY(c, buf_check(&letter, &c->err));
    if (to)
        CLI_TRY(c, file_write(to, buf_view(&letter), 0600, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "request", str_of(c->args[0]));
        jw_key_string(w, "file", str_of(to));
        jw_key_string(w, "letter", to ? STR_NONE : buf_view(&letter));
        jw_end(w);
        cli_json_end(c);
    } else if (to)
        cli_print(c, "Written to %s. Read it before it is sent.\n", to);
    else
        cli_write(c, buf_view(&letter));
    return 0;
}

static const struct cli_option letter_options[] = {{"html", NULL, "as HTML instead of text", false},
                                                   {"out", "FILE", "write it there instead of standard output", false},
                                                   {NULL, NULL, NULL, false}};

const struct command command_request_letter = {
    .name = "request",
    .subcommand = "letter",
    .arguments = "REQUEST",
    .summary = "write the answer to the person",
    .details = "What was erased where, what stays, by which law, until when, remaining copies, how to complain.",
    .permission = "request.view",
    .options = letter_options,
    .args_min = 1,
    .args_max = 1,
    .needs = CLI_NOW,
    .run = run_letter};
