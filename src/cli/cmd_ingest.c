#include "cli/cli.h"
#include "engine/ingest.h"

enum { SHOWN_MAX = 20 };

struct told {
    struct cli *c;
    struct quarantine_line *lines; /* kept for the JSON document */
    size_t n, cap;
    bool full;
};

static void on_quarantine(void *ctx, const struct quarantine_line *line)
{
    struct told *t = ctx;
    struct cli *c = t->c;
    if (!c->json) {
        if (t->n++ < SHOWN_MAX || c->verbose)
            cli_note(c, "quarantined: %.*s:%.*s: %.*s", STR_ARG(cli_shown(c, line->file)), STR_ARG(line->position),
                     STR_ARG(cli_shown(c, line->reason)));
        return;
    }
    void *items = t->lines;
    if (!arena_grow(&c->arena, &items, &t->cap, t->n + 1, sizeof *t->lines)) {
        t->full = true;
        return;
    }
    t->lines = items;
    t->lines[t->n++] = (struct quarantine_line){.file = arena_str(&c->arena, line->file),
                                                .position = arena_str(&c->arena, line->position),
                                                .reason = arena_str(&c->arena, line->reason)};
}

static void tell_json(struct cli *c, const struct ingest_report *r, const struct told *t)
{
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"read", r->read},           {"registered", r->registered}, {"updated", r->updated},
                  {"duplicate", r->duplicate}, {"risen", r->risen},           {"echo", r->echo},
                  {"ignored", r->ignored}};
    struct json_writer *w = cli_json(c);
    jw_object(w);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        jw_key_int(w, counts[i].name, (int64_t)counts[i].n);
    jw_key(w, "quarantined");
    jw_array(w);
    for (size_t i = 0; i < t->n; i++) {
        jw_object(w);
        jw_key_string(w, "file", t->lines[i].file);
        jw_key_string(w, "position", t->lines[i].position);
        jw_key_string(w, "reason", t->lines[i].reason);
        jw_end(w);
    }
    jw_end(w);
    jw_key_int(w, "defaulted_category", (int64_t)r->defaulted_category);
    jw_key_int(w, "unmapped_category", (int64_t)r->unmapped_category);
    jw_key_int(w, "suspect_times", (int64_t)r->suspect_times);
    jw_end(w);
    cli_json_end(c);
}

static void tell_count(struct cli *c, uint64_t n, const char *what)
{
    if (n)
        cli_print(c, "%9llu  %s\n", (unsigned long long)n, what);
}

static void tell_text(struct cli *c, const struct ingest_report *r)
{
    cli_print(c, "%llu document%s read\n", (unsigned long long)r->read, r->read == 1 ? "" : "s");
    tell_count(c, r->registered, "contacts registered");
    tell_count(c, r->updated, "contacts updated");
    tell_count(c, r->duplicate, "duplicates: nothing new in them");
    tell_count(c, r->risen, "about erased contacts: risen, erased again first");
    tell_count(c, r->echo, "about contacts being erased: looked for at their verification");
    tell_count(c, r->ignored, "ignored: known documents that are no contacts");
    tell_count(c, r->quarantined, "quarantined: see `expunge quarantine list`");
    if (r->defaulted_category)
        cli_print(c, "%llu contact(s) matched no rule and have the default category.\n",
                  (unsigned long long)r->defaulted_category);
    if (r->unmapped_category)
        cli_print(c,
                  "%llu contact(s) have a category value that nobody has mapped: kept for the longest minimum until "
                  "`classify` names it.\n",
                  (unsigned long long)r->unmapped_category);
    if (r->suspect_times)
        cli_print(c, "%llu implausible time(s) were taken as unknown.\n", (unsigned long long)r->suspect_times);
}

static const struct cli_option options[] = {
    {"source", "S", "the source of these documents, where they do not state it, or instead of what they state", false},
    {"format", "F", "auto (default), connect-ctr, connect-event, genesys-conversation, genesys-event or csv", false},
    {NULL, NULL, NULL, false}};

static int run(struct cli *c)
{
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    const char *format = cli_option(c, "format");
    struct told told = {.c = c};
    struct ingest_options o = {.source = str_of(cli_option(c, "source")), .format = str_of(format ? format : "auto")};
    struct ingest_report report = {.on_quarantine = on_quarantine, .ctx = &told};
    enum status s = OK;
    for (size_t i = 0; s == OK && i < c->args_n; i++)
        s = ingest_path(e, c->args[i], &o, &report, &c->err);
    if (s != OK && report.read && !c->json)
        cli_note(c, "what was read before the following is registered; ingesting again repeats nothing");
    if (s != OK)
        return cli_fail(c);
    if (told.full)
        cli_note(c, "more quarantined documents than memory allows to list: see `expunge quarantine list`");
    if (c->json)
        tell_json(c, &report, &told);
    else
        tell_text(c, &report);
    return report.quarantined ? 1 : 0;
}

const struct command command_ingest = {
    .name = "ingest",
    .arguments = "FILE|DIR|-...",
    .summary = "register the contacts that documents tell of",
    .details = "Reads contact records and events of Amazon Connect and Genesys Cloud and CSV files, plain or gzip, one "
               "a line or "
               "run together, files, folders or standard input (-). A document that cannot be read goes to quarantine "
               "with its "
               "place and the reason; the others are registered. Ingesting the same again changes nothing.",
    .permission = "run.start",
    .options = options,
    .args_min = 1,
    .args_max = ARGS_ANY,
    .needs = CLI_WRITE,
    .run = run};
