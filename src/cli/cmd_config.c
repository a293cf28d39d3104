#include "cli/cli.h"
#include "cli/output.h"

enum { REPORT_MAX = 4 << 20 };

static void tell(struct cli *c, const struct config *config)
{
    if (!c->json) {
        cli_print(c, "%.*s is good: %zu categor%s, %zu source%s, %zu store%s.\n", STR_ARG(config->path),
                  config->policy.categories_n, config->policy.categories_n == 1 ? "y" : "ies", config->sources_n,
                  config->sources_n == 1 ? "" : "s", config->stores_n, config->stores_n == 1 ? "" : "s");
        return;
    }
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "file", config->path);
    jw_key_bool(w, "ok", true);
    jw_key_int(w, "categories", (int64_t)config->policy.categories_n);
    jw_key_int(w, "sources", (int64_t)config->sources_n);
    jw_key_int(w, "stores", (int64_t)config->stores_n);
    jw_key_string(w, "policy_version", config->policy.version);
    jw_end(w);
    cli_json_end(c);
}

static void tell_problems(struct cli *c, const struct config *config, struct str report)
{
    struct str line, rest = report;
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "file", config->path);
    jw_key_bool(w, "ok", false);
    jw_key(w, "problems");
    jw_array(w);
    while (str_split(rest, '\n', &line, &rest))
        jw_string(w, line);
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static int run_check(struct cli *c)
{
    struct config config;
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, REPORT_MAX);
    CLI_TRY(c, crypto_init(&c->err));
    enum status s = config_load(cli_option(c, "config"), &config, &report, &c->err);
    cli_lines_to_stderr(c, buf_view(&report));
    if (s == OK)
        tell(c, &config);
    else if (c->json && report.n)
        tell_problems(c, &config, buf_view(&report));
    config_release(&config);
    if (s == OK)
        return 0;
    int status = cli_fail(c);
    return s == E_ABSENT ? 2 : status;
}

const struct command command_config_check = {
    .name = "config",
    .subcommand = "check",
    .summary = "read the whole configuration and report every mistake at once",
    .details = "Mistakes are written to standard error as file:line:column: message. Nothing is connected or changed.",
    .run = run_check};
