/* cmd_contact_find.c - contact find. */
#include "cli/cli.h"
#include "engine/contact_find.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 10000, LOOK_DEFAULT = 1000000 };

static void line_json(struct cli *c, const struct found_line *l)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "source", l->source);
    jw_key_string(w, "id", l->id.n ? l->id : STR_NONE);
    jw_key_string(w, "status", str_of(contact_status_name(l->status)));
    jw_key_string(w, "category", l->category);
    jw_key_string(w, "channel", l->channel.n ? l->channel : STR_NONE);
    jw_key_string(w, "queue", l->queue.n ? l->queue : STR_NONE);
    jw_key_string(w, "agent", l->agent.n ? l->agent : STR_NONE);
    jw_key_time(w, "started_at", l->started_ms);
    jw_key_time(w, "ended_at", l->ended_ms);
    jw_key_time(w, "due_at", l->due_ms);
    jw_end(w);
    cli_json_end(c);
}

static void lines_text(struct cli *c, const struct found *f)
{
    static const char *const heads[] = {"CONTACT", "STATUS", "CATEGORY", "CHANNEL", "QUEUE", "STARTED", "DUE", NULL};
    struct listing t;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < f->n; i++) {
        const struct found_line *l = &f->lines[i];
        listing_cell(&t, l->id.n ? cli_shown(c, l->id) : STR("(erased)"));
        listing_cell(&t, str_of(contact_status_name(l->status)));
        listing_cell(&t, l->category);
        listing_cell(&t, cli_shown(c, l->channel));
        listing_cell(&t, cli_shown(c, l->queue));
        listing_cell(&t, cli_time(c, l->started_ms));
        listing_cell(&t, cli_time(c, l->due_ms));
    }
    cli_listing(c, &t);
}

static void tell_how_far(struct cli *c, const struct found *f)
{
    unsigned long long looked = f->looked;
    if (f->whole)
        cli_note(c, "%zu found; all %llu contact chains were looked at", f->n, looked);
    else
        cli_note(c, "%zu found among the %llu contact chains looked at, and there are more%s%.*s", f->n, looked,
                 f->next.n ? "; go on with --after " : "", STR_ARG(f->next));
}

static enum status find_by_id(struct cli *c, const char *id, enum status *found, struct err *err)
{
    struct found_contact *which;
    size_t n;
    TRY(engine_resolve(c->engine, str_of(id), STR_NONE, &c->arena, &which, &n, err));
    *found = n ? OK : E_ABSENT;
    if (!c->json && !n)
        cli_note(c, "no contact %s is registered", id);
    for (size_t i = 0; i < n; i++) {
        if (!c->json) {
            cli_print(c, "%.*s/%.*s\n", STR_ARG(cli_shown(c, which[i].source)), STR_ARG(cli_shown(c, which[i].id)));
            continue;
        }
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "source", which[i].source);
        jw_key_string(w, "id", which[i].id);
        jw_end(w);
        cli_json_end(c);
    }
    return OK;
}

static enum status read_options(struct cli *c, struct find_options *o, struct err *err)
{
    int64_t limit = LIMIT_DEFAULT, look = LOOK_DEFAULT;
    CLEANUP(buf_release) struct buf words;
    buf_init(&words, 1 << 16);
    TRY(cli_option_int(c, "limit", 1, LIMIT_MAX, &limit, err));
    TRY(cli_option_int(c, "look", 1, INT64_MAX, &look, err));
    o->after = str_of(cli_option(c, "after"));
    for (size_t i = 0; i < c->args_n; i++)
        buf_fmt(&words, "%s%s", i ? " " : "", c->args[i]);
    o->filter = words.n ? arena_str(&c->arena, buf_view(&words)) : STR_NONE;
    o->limit = (size_t)limit;
    o->look_max = (uint64_t)look;
    o->scrubbed = cli_flag(c, "scrubbed");
    return buf_check(&words, err);
}

static int run_find(struct cli *c)
{
    struct find_options o = {.limit = LIMIT_DEFAULT};
    struct found f;
    const char *id = cli_option(c, "id");
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    if (id) {
        enum status found;
        CLI_TRY(c, find_by_id(c, id, &found, &c->err));
        return found == OK ? 0 : 1;
    }
    CLI_TRY(c, read_options(c, &o, &c->err));
    if (o.scrubbed && !cli_may(c, "contact.view_scrubbed")) {
        IGNORE(FAIL(&c->err, E_DENIED, "what is left of erased contacts is shown to those with contact.view_scrubbed"));
        return cli_fail(c);
    }
    CLI_TRY(c, contact_find(e, &o, &c->arena, &f, &c->err));
    for (size_t i = 0; c->json && i < f.n && !cli_out_broken(c); i++)
        line_json(c, &f.lines[i]);
    if (!c->json)
        lines_text(c, &f);
    tell_how_far(c, &f);
    return 0;
}

static const struct cli_option find_options[] = {
    {"id", "ID", "the contacts of this id, in whichever source", false},
    {"limit", "N", "stop at N contacts; 50 unless given", false},
    {"look", "N", "look at N chains at most; 1000000 unless given", false},
    {"after", "PLACE", "go on where an earlier search stopped", false},
    {"scrubbed", NULL, "what is left of erased contacts as well", false},
    {NULL, NULL, NULL, false}};

const struct command command_contact_find = {
    .name = "contact", .subcommand = "find", .arguments = "[FILTER...]", .summary = "search the registry",
    .details = "A filter is key:value words, all must hold, values with * and quotes: source, category, queue, agent, channel, direction, "
               "division, status, id, attribute.NAME, subject, from, to. Newest start first within what was looked at; it says how far that was.",
    .permission = "contact.view", .options = find_options, .args_max = ARGS_ANY, .needs = CLI_NOW, .run = run_find};
