/* cmd_store.c - store list, check, retire. */
#include "cli/cli.h"
#include "engine/stores_view.h"

static void kinds_text(struct cli *c, const struct store_line *l, struct buf *b)
{
    (void)c;
    for (size_t i = 0; i < l->kinds_n; i++)
        buf_fmt(b, "%s%s", i ? ", " : "", kind_name(l->kinds[i].kind));
}

static const char *state_of(const struct store_line *l)
{
    return l->retired && !l->configured ? "retired" : l->closed ? "closed" : l->up ? "up" : l->configured ? "down" : "not configured";
}

static void kinds_json(struct json_writer *w, const struct store_line *l)
{
    static const enum effect effects[] = {EFFECT_ERASE, EFFECT_BLANK, EFFECT_PSEUDONYMISE, EFFECT_RESTRICT, EFFECT_LOCK, EFFECT_UNLOCK, EFFECT_RECALL};
    jw_key(w, "kinds");
    jw_array(w);
    for (size_t i = 0; i < l->kinds_n; i++) {
        const struct store_kind *k = &l->kinds[i];
        jw_object(w);
        jw_key_string(w, "kind", str_of(kind_name(k->kind)));
        jw_key_string(w, "scope", str_of(scope_name(k->scope)));
        jw_key(w, "effects");
        jw_array(w);
        for (size_t m = 0; m < ARRAY_LEN(effects); m++)
            if (k->effects & effects[m])
                jw_cstr(w, effect_name(effects[m]));
        jw_end(w);
        jw_key_int(w, "settle_ms", k->settle_ms);
        jw_key_int(w, "late_ms", k->late_ms);
        jw_end(w);
    }
    jw_end(w);
}

static void line_json(struct cli *c, const struct store_line *l)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "store", l->name);
    jw_key_string(w, "type", l->type.n ? l->type : STR_NONE);
    jw_key_string(w, "state", str_of(state_of(l)));
    jw_key_bool(w, "configured", l->configured);
    jw_key_bool(w, "closed", l->closed);
    jw_key_string(w, "why", l->why.n ? l->why : STR_NONE);
    jw_key_string(w, "backup_age", l->backup_age.set ? period_text(&l->backup_age, &c->arena) : STR_NONE);
    jw_key_bool(w, "held_something", l->held);
    jw_key_time(w, "held_since", l->held_ms);
    kinds_json(w, l);
    jw_end(w);
    cli_json_end(c);
}

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"STORE", "TYPE", "STATE", "BACKUPS", "HOLDS", NULL};
    struct store_line *list;
    struct listing t;
    size_t n;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, stores_list(e, &c->arena, &list, &n, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buf_release) struct buf kinds;
        buf_init(&kinds, 4096);
        if (c->json) {
            line_json(c, &list[i]);
            continue;
        }
        kinds_text(c, &list[i], &kinds);
        listing_cell(&t, list[i].name);
        listing_cell(&t, list[i].type);
        listing_cell(&t, str_of(state_of(&list[i])));
        listing_cell(&t, list[i].backup_age.set ? period_text(&list[i].backup_age, &c->arena) : STR_NONE);
        listing_cell(&t, kinds.n ? arena_str(&c->arena, buf_view(&kinds)) : STR_NONE);
    }
    if (c->json)
        return 0;
    cli_listing(c, &t);
    for (size_t i = 0; i < n; i++) {
        if (list[i].why.n)
            cli_print(c, "%.*s: %.*s\n", STR_ARG(list[i].name), STR_ARG(cli_shown(c, list[i].why)));
        if (list[i].closed)
            cli_print(c, "%.*s is closed: a restore was declared, and not everything is read back yet (`expunge restore status`).\n", STR_ARG(list[i].name));
    }
    return 0;
}

const struct command command_store_list = {
    .name = "store", .subcommand = "list", .summary = "show the stores, what they hold and how they are",
    .permission = "store.view|contact.view", .needs = CLI_STORES, .run = run_list};

/* ---- check ---- */

static void examined_json(struct cli *c, const struct store_examined *x)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "store", x->name);
    jw_key_bool(w, "reached", x->reached);
    jw_key_bool(w, "good", x->good);
    jw_key_string(w, "why", x->why.n ? x->why : STR_NONE);
    jw_key(w, "clock_differs_ms");
    if (x->skew_ms == TIME_NONE)
        jw_null(w);
    else
        jw_int(w, x->skew_ms);
    jw_key(w, "findings");
    jw_array(w);
    for (size_t i = 0; i < x->check.n; i++) {
        jw_object(w);
        jw_key_bool(w, "good", x->check.findings[i].good);
        jw_key_string(w, "what", x->check.findings[i].what);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static void examined_text(struct cli *c, const struct store_examined *x)
{
    cli_print(c, "%.*s: %s\n", STR_ARG(x->name), x->good ? "ready" : x->reached ? "NOT READY" : "CANNOT BE REACHED");
    if (x->why.n)
        cli_print(c, "  no   %.*s\n", STR_ARG(cli_shown(c, x->why)));
    for (size_t i = 0; i < x->check.n; i++)
        cli_print(c, "  %s  %.*s\n", x->check.findings[i].good ? "yes" : "no ", STR_ARG(cli_shown(c, x->check.findings[i].what)));
    if (x->skew_ms != TIME_NONE && (x->skew_ms > 5 * MINUTE_MS || x->skew_ms < -5 * MINUTE_MS))
        cli_print(c, "  no   its clock differs by %lld seconds from this machine's\n", (long long)(x->skew_ms / 1000));
}

static int run_check(struct cli *c)
{
    struct store_examined *list;
    size_t n;
    bool good = true;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, stores_check(e, c->args_n ? str_of(c->args[0]) : STR_NONE, &c->arena, &list, &n, &c->err));
    for (size_t i = 0; i < n; i++) {
        good &= list[i].good;
        if (c->json)
            examined_json(c, &list[i]);
        else
            examined_text(c, &list[i]);
    }
    if (!n && !c->json)
        cli_print(c, "No stores are configured.\n");
    return good ? 0 : 1;
}

const struct command command_store_check = {
    .name = "store", .subcommand = "check", .arguments = "[NAME]", .summary = "ask the stores whether everything is there that erasing needs",
    .details = "Each missing permission is named as its vendor names it. Nothing is changed. Exit status 1 when something is missing.",
    .permission = "store.view|store.manage", .args_max = 1, .needs = CLI_STORES, .run = run_check};

/* ---- retire ---- */

static int run_retire(struct cli *c)
{
    const char *why = cli_option(c, "reason");
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, store_retire(e, str_of(c->args[0]), str_of(why), &c->arena, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "store", str_of(c->args[0]));
        jw_key_bool(w, "retired", true);
        jw_end(w);
        cli_json_end(c);
    } else {
        cli_print(c, "Store %s is retired. What it owed is answered as attested, not as verified, by the next run.\n", c->args[0]);
    }
    return 0;
}

static const struct cli_option retire_options[] = {{"reason", "T", "why nothing is owed there any more", false}, {NULL, NULL, NULL, false}};

const struct command command_store_retire = {
    .name = "store", .subcommand = "retire", .arguments = "NAME --reason T", .summary = "end the duty to a store that is out of the configuration",
    .details = "A store that ever held an artefact stays a duty: its contacts are PARTIAL until a person says why nothing is owed any more.",
    .permission = "store.manage", .options = retire_options, .args_min = 1, .args_max = 1, .needs = CLI_WRITE, .run = run_retire};
