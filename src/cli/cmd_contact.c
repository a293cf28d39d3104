/* cmd_contact.c - contact show, explain, locate. */
#include "cli/cli.h"
#include "cli/contact_text.h"

/* ---- show ---- */

static int run_show(struct cli *c)
{
    struct found_contact which;
    struct contact_view v;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_contact(c, c->args[0], &which, &c->err));
    CLI_TRY(c, contact_view(e, &which, cli_may(c, "hold.view"), &c->arena, &v, &c->err));
    if (c->json)
        contact_json(c, &v);
    else
        contact_text(c, &v);
    return 0;
}

const struct command command_contact_show = {
    .name = "contact", .subcommand = "show", .arguments = "ID", .summary = "show one contact: dates, status, holds, artefacts and what became of each",
    .details = "ID, or SOURCE/ID where several sources know it. The matter of a hold is shown to those with hold.view.",
    .permission = "contact.view", .args_min = 1, .args_max = 1, .needs = CLI_NOW, .run = run_show};

/* ---- explain ---- */

static void explain_json(struct cli *c, const struct decision *d)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "decision", str_of(verdict_name(d->verdict)));
    jw_key_string(w, "why", d->why);
    jw_key_time(w, "keep_until", stated(d->keep_until_ms));
    jw_key_time(w, "due_at", stated(d->due_ms));
    jw_key_string(w, "law", d->law.n ? d->law : STR_NONE);
    jw_key_string(w, "policy_version", d->policy_version);
    jw_key(w, "because");
    jw_array(w);
    for (size_t i = 0; i < d->because_n; i++) {
        jw_object(w);
        jw_key_string(w, "rule", d->because[i].rule);
        jw_key_string(w, "text", d->because[i].text);
        jw_key_string(w, "value", d->because[i].value.n ? d->because[i].value : STR_NONE);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static const char *verdict_words(enum verdict v)
{
    switch (v) {
    case VERDICT_KEEP:
        return "KEEP";
    case VERDICT_ERASE:
        return "ERASE";
    case VERDICT_PARTIAL:
        return "ERASE PART OF IT";
    case VERDICT_NEEDS_DECISION:
        return "A PERSON MUST DECIDE";
    case VERDICT_HELD:
        return "KEEP (legal hold)";
    case VERDICT_REFUSED:
        return "KEEP (the order is refused)";
    }
    return "?";
}

static int run_explain(struct cli *c)
{
    struct found_contact which;
    struct decision d;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_contact(c, c->args[0], &which, &c->err));
    CLI_TRY(c, contact_explain(e, &which.chain, str_of(cli_option(c, "as")), &c->arena, &d, &c->err));
    if (c->json) {
        explain_json(c, &d);
        return 0;
    }
    cli_print(c, "%.*s\n%s: %.*s\n\n", STR_ARG(cli_shown(c, which.id)), verdict_words(d.verdict), STR_ARG(d.why));
    for (size_t i = 0; i < d.because_n; i++) {
        const struct because *b = &d.because[i];
        cli_print(c, "  %-5.*s %.*s%s%.*s\n", STR_ARG(b->rule), STR_ARG(cli_shown(c, b->text)), b->value.n ? ": " : "", STR_ARG(b->value));
    }
    cli_print(c, "\nSchedule version %.*s, as of %.*s.\n", STR_ARG(d.policy_version), STR_ARG(cli_time(c, engine_now(e))));
    return 0;
}

static const struct cli_option explain_options[] = {
    {"as", "WHAT", "as if asked by: schedule, order, gdpr, uk-gdpr, ccpa or other", false}, {NULL, NULL, NULL, false}};

const struct command command_contact_explain = {
    .name = "contact", .subcommand = "explain", .arguments = "ID", .summary = "explain line by line what would be done with a contact, and why",
    .details = "Without --as: what its own request, order or schedule asks. Each line names the rule it follows. Nothing is "
               "changed; --now answers for another time.",
    .permission = "contact.view", .options = explain_options, .args_min = 1, .args_max = 1, .needs = CLI_NOW, .run = run_explain};

/* ---- locate ---- */

static const char *saw_name(const struct searched *s)
{
    switch (s->saw) {
    case SEARCH_WHOLE:
        return "whole";
    case SEARCH_BLIND:
        return "blind";
    case SEARCH_UNSURE:
        return "unknown";
    case SEARCH_AWAY:
        break;
    }
    return "away";
}

static void locate_json(struct cli *c, const struct found_contact *which, const struct location *l)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "source", which->source);
    jw_key_string(w, "id", which->id);
    jw_key_bool(w, "whole", l->whole);
    jw_key(w, "stores");
    jw_array(w);
    for (size_t i = 0; i < l->stores_n; i++) {
        jw_object(w);
        jw_key_string(w, "store", l->stores[i].store);
        jw_key_string(w, "saw", str_of(saw_name(&l->stores[i])));
        jw_key_string(w, "why", l->stores[i].why.n ? l->stores[i].why : STR_NONE);
        jw_end(w);
    }
    jw_end(w);
    jw_key(w, "artefacts");
    jw_array(w);
    for (size_t i = 0; i < l->items_n; i++) {
        const struct located *x = &l->items[i];
        jw_object(w);
        jw_key_string(w, "store", x->store);
        jw_key_string(w, "kind", str_of(kind_name(x->kind)));
        jw_key_string(w, "scope", str_of(scope_name(x->scope)));
        jw_key_string(w, "locator", x->locator);
        jw_key_bool(w, "there", x->there);
        jw_key_string(w, "outcome", x->recorded == OUT_UNKNOWN ? STR_NONE : str_of(outcome_name(x->recorded)));
        jw_key_time(w, "at", x->at_ms);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static void locate_text(struct cli *c, const struct location *l)
{
    static const char *const heads[] = {"STORE", "ARTEFACT", "NOW", "DONE", "WHERE", NULL};
    struct listing t;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < l->items_n; i++) {
        const struct located *x = &l->items[i];
        listing_cell(&t, x->store);
        listing_cell(&t, str_of(kind_name(x->kind)));
        listing_cell(&t, x->there ? STR("there") : STR("not found"));
        listing_cell(&t, x->recorded == OUT_UNKNOWN ? STR_NONE : outcome_words(x->recorded));
        listing_cell(&t, cli_shown(c, x->locator));
    }
    cli_listing(c, &t);
    if (!l->items_n)
        cli_print(c, "Nothing was found.\n");
    for (size_t i = 0; i < l->stores_n; i++) {
        const struct searched *s = &l->stores[i];
        if (s->saw == SEARCH_AWAY)
            cli_print(c, "Store %.*s could not be searched: %.*s\n", STR_ARG(s->store), STR_ARG(cli_shown(c, s->why)));
        else if (s->saw == SEARCH_UNSURE)
            cli_print(c, "Store %.*s cannot say that this is all.\n", STR_ARG(s->store));
        else if (s->saw == SEARCH_BLIND)
            cli_print(c, "Store %.*s does not look back as far as this contact.\n", STR_ARG(s->store));
    }
}

static int run_locate(struct cli *c)
{
    struct found_contact which;
    struct location l;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_contact(c, c->args[0], &which, &c->err));
    CLI_TRY(c, contact_locate(e, &which, &c->arena, &l, &c->err));
    if (c->json)
        locate_json(c, &which, &l);
    else
        locate_text(c, &l);
    return l.whole ? 0 : 1;
}

const struct command command_contact_locate = {
    .name = "contact", .subcommand = "locate", .arguments = "ID", .summary = "search every store for a contact's artefacts, now",
    .details = "Also lists what was found before and is not there any more, with what was done to it. Exit status 1 when some store could "
               "not be searched whole. Nothing is changed.",
    .permission = "contact.view", .args_min = 1, .args_max = 1, .needs = CLI_STORES, .run = run_locate};
