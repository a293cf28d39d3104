#include "cli/cli.h"
#include "engine/actor.h"

static int run_add(struct cli *c)
{
    const char *role = cli_option(c, "role");
    struct str token;
    if (!role) {
        IGNORE(FAIL(&c->err, E_INVALID,
                    "which role? --role viewer, supervisor, privacy-operator, privacy-approver, legal, auditor or "
                    "administrator"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, account_add(e, str_of(c->args[0]), str_of(role), &c->arena, &token, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "name", str_of(c->args[0]));
        jw_key_string(w, "role", str_of(role));
        jw_key_string(w, "token", token);
        jw_end(w);
        cli_json_end(c);
    } else
        cli_print(
            c,
            "Account %s, role %s. Its token, shown this once:\n  %.*s\nUse it as EXPUNGE_TOKEN in the environment.\n",
            c->args[0], role, STR_ARG(token));
    return 0;
}

static const struct cli_option add_options[] = {
    {"role", "R", "viewer, supervisor, privacy-operator, privacy-approver, legal, auditor or administrator", false},
    {NULL, NULL, NULL, false}};

const struct command command_user_add = {.name = "user",
                                         .subcommand = "add",
                                         .arguments = "NAME --role R",
                                         .summary = "make an account; its token is shown once",
                                         .details =
                                             "No role may do everything, and whoever may delete may not approve.",
                                         .permission = "user.manage",
                                         .options = add_options,
                                         .args_min = 1,
                                         .args_max = 1,
                                         .needs = CLI_WRITE,
                                         .run = run_add};

static int run_list(struct cli *c)
{
    static const char *const heads[] = {"NAME", "ROLE", "STATE", "CREATED", "ID", NULL};
    struct account *list;
    struct listing t;
    size_t n;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, account_list(e, &c->arena, &list, &n, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        if (c->json) {
            struct json_writer *w = cli_json(c);
            jw_object(w);
            jw_key_string(w, "name", list[i].name);
            jw_key_string(w, "role", list[i].role);
            jw_key_bool(w, "disabled", list[i].disabled);
            jw_key_time(w, "created_at", list[i].created_ms);
            jw_key_string(w, "id", list[i].id);
            jw_end(w);
            cli_json_end(c);
            continue;
        }
        listing_cell(&t, list[i].name);
        listing_cell(&t, list[i].role);
        listing_cell(&t, list[i].disabled ? STR("disabled") : STR("active"));
        listing_cell(&t, cli_time(c, list[i].created_ms));
        listing_cell(&t, list[i].id);
    }
    if (!c->json)
        cli_listing(c, &t);
    if (!c->json && !n)
        cli_print(c, "No accounts: `expunge user add NAME --role R` makes one.\n");
    return 0;
}

const struct command command_user_list = {.name = "user",
                                          .subcommand = "list",
                                          .summary = "show the accounts",
                                          .permission = "user.manage",
                                          .needs = CLI_NOW,
                                          .run = run_list};

static int run_disable(struct cli *c)
{
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, account_disable(e, str_of(c->args[0]), &c->arena, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "name", str_of(c->args[0]));
        jw_key_bool(w, "disabled", true);
        jw_end(w);
        cli_json_end(c);
    } else
        cli_print(c, "The account %s is disabled; its token no longer works.\n", c->args[0]);
    return 0;
}

const struct command command_user_disable = {.name = "user",
                                             .subcommand = "disable",
                                             .arguments = "NAME",
                                             .summary = "end an account; its entries in the log stay",
                                             .permission = "user.manage",
                                             .args_min = 1,
                                             .args_max = 1,
                                             .needs = CLI_WRITE,
                                             .run = run_disable};
