/* cmd_contact_decide.c - contact decide, contact event. */
#include "cli/cli.h"
#include "engine/contact_decide.h"

enum { EVENTS_BYTES_MAX = 256 << 20 };

static int refuse(struct cli *c, const char *why)
{
    IGNORE(FAIL(&c->err, E_INVALID, "%s", why));
    return cli_fail(c);
}

/* ---- decide ---- */

static void decided_json(struct cli *c, const struct found_contact *which, const struct chain *after)
{
    struct engine *e = c->engine;
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "source", which->source);
    jw_key_string(w, "id", which->id);
    jw_key_string(w, "decision", after->decided);
    jw_key_string(w, "status", str_of(contact_status_name(chain_status(after, e->holds, e->holds_n, &e->policy, engine_now(e)))));
    jw_end(w);
    cli_json_end(c);
}

static int run_decide(struct cli *c)
{
    struct found_contact which;
    struct chain after;
    const char *why = cli_option(c, "reason");
    if (!why || !*why)
        return refuse(c, "say why: --reason T");
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_contact(c, c->args[0], &which, &c->err));
    CLI_TRY(c, contact_decide(e, &which.chain, str_of(c->args[1]), str_of(why), &c->arena, &after, &c->err));
    if (c->json) {
        decided_json(c, &which, &after);
        return 0;
    }
    cli_print(c, "Decided about %.*s: %s.\n", STR_ARG(cli_shown(c, which.id)), c->args[1]);
    if (str_is(after.decided, "erase"))
        cli_print(c, after.queue == QUEUE_PARKED ? "A legal hold stands above it: nothing is erased before its release.\n"
                                                 : "The next `expunge purge` carries it out; `expunge erase ID` does at once.\n");
    return 0;
}

static const struct cli_option decide_options[] = {
    {"reason", "T", "why, for the log (kept as a commitment, never in clear)", false}, {NULL, NULL, NULL, false}};

const struct command command_contact_decide = {
    .name = "contact", .subcommand = "decide", .arguments = "ID erase|keep|category:NAME --reason T", .summary = "decide what the rules leave to a person",
    .details = "Only where something asks for a decision: an unconfirmed legal minimum, a category value nobody has mapped, several customers "
               "of whom one asks, a contact found in stores only, an end that was never stated. "
               "A category that makes it due earlier waits for a second person: `expunge approve DIGEST`, then decide again.",
    .permission = "contact.delete", .options = decide_options, .args_min = 2, .args_max = 2, .needs = CLI_WRITE, .run = run_decide};

/* ---- event ---- */

static void event_json(struct cli *c, const struct event_line *l)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_int(w, "line", (int64_t)l->line);
    jw_key_string(w, "id", l->id.n ? l->id : STR_NONE);
    jw_key_string(w, "event", l->event.n ? l->event : STR_NONE);
    jw_key_time(w, "at", l->at_ms);
    jw_key_bool(w, "taken", l->status == OK);
    jw_key_string(w, "why", l->why.n ? l->why : STR_NONE);
    jw_end(w);
    cli_json_end(c);
}

static int run_file(struct cli *c, const char *path)
{
    struct str csv;
    struct event_line *lines;
    size_t n, taken = 0;
    CLI_TRY(c, cli_read(c, path, EVENTS_BYTES_MAX, &csv, &c->err));
    CLI_TRY(c, contact_events(c->engine, csv, str_of(cli_option(c, "source")), &c->arena, &lines, &n, &c->err));
    for (size_t i = 0; i < n; i++) {
        taken += lines[i].status == OK;
        if (c->json)
            event_json(c, &lines[i]);
        else if (lines[i].status != OK)
            cli_note(c, "%s:%zu: %.*s", path, lines[i].line, STR_ARG(cli_shown(c, lines[i].why)));
    }
    if (!c->json)
        cli_print(c, "%zu event%s taken, %zu not.\n", taken, taken == 1 ? "" : "s", n - taken);
    return taken == n ? 0 : 1;
}

static int run_one(struct cli *c)
{
    struct found_contact which;
    struct event_line l = {.line = 1, .id = str_of(c->args[0]), .event = str_of(c->args[1]), .at_ms = TIME_NONE, .status = OK};
    CLI_TRY(c, cli_option_time(c, "at", &l.at_ms, &c->err));
    CLI_TRY(c, cli_contact(c, c->args[0], &which, &c->err));
    CLI_TRY(c, contact_event(c->engine, &which, l.event, l.at_ms, &c->arena, &c->err));
    if (c->json)
        event_json(c, &l);
    else
        cli_print(c, "%.*s: %s at %.*s. `expunge contact show` has the new dates.\n", STR_ARG(cli_shown(c, which.id)), c->args[1],
                  STR_ARG(cli_time(c, l.at_ms)));
    return 0;
}

static int run_event(struct cli *c)
{
    const char *file = cli_option(c, "file");
    if (file && (c->args_n || cli_option(c, "at")))
        return refuse(c, "either one event (ID, its name, --at), or many (--file)");
    if (!file && (c->args_n != 2 || !cli_option(c, "at")))
        return refuse(c, "an event is ID case_closed|contract_end --at TIME, or --file F");
    if (!cli_engine(c))
        return cli_fail(c);
    return file ? run_file(c, file) : run_one(c);
}

static const struct cli_option event_options[] = {
    {"at", "TIME", "when it happened: RFC 3339, or a date", false},
    {"file", "F", "many, as CSV of id, event, at; - is standard input", false},
    {"source", "S", "the source of ids in the file that name none", false},
    {NULL, NULL, NULL, false}};

const struct command command_contact_event = {
    .name = "contact", .subcommand = "event", .arguments = "ID case_closed|contract_end --at TIME", .summary = "tell a start event that no document carries",
    .details = "Where a category counts from the end of a case or a contract, the clock starts with this. Told again, the later telling counts.",
    .permission = "schedule.edit|contact.delete", .options = event_options, .args_max = 2, .needs = CLI_WRITE, .run = run_event};
