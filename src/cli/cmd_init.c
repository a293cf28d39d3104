#include "base/clock.h"
#include "cli/cli.h"
#include "engine/init.h"

static const struct cli_option options[] = {
    {"test-clock", NULL, "a registry for trying out: real runs then take --now, and its log says so", false},
    {"origin", "NAME", "name of the audit log for good, a URL without scheme, e.g. privacy.example.com/expunge", false},
    {"registry", "PLACE", "instead of expunge.db in DIR: postgresql://USER@HOST/DATABASE, or env:NAME where the address has a password", false},
    {NULL, NULL, NULL, false}};

static int run(struct cli *c)
{
    int64_t now = clock_now_ms();
    const char *dir = c->args_n ? c->args[0] : ".";
    struct str place = str_of(cli_option(c, "registry"));
    CLI_TRY(c, cli_option_time(c, "now", &now, &c->err));
    CLI_TRY(c, init_named(dir, str_of(cli_option(c, "origin")), place, cli_flag(c, "test-clock"), now, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "dir", str_of(dir));
        jw_key_bool(w, "test_clock", cli_flag(c, "test-clock"));
        jw_end(w);
        cli_json_end(c);
        return 0;
    }
    cli_print(
        c,
        "Made in %s: expunge.yaml, %s, keys/, artefacts/.\n\n"
        "  keys/        back it up, apart from the registry: without it neither can be read\n"
        "  expunge.yaml name your sources and stores, then `expunge config check`\n"
        "  then         `expunge ingest FILE`, and `expunge purge --dry-run` to see what would go\n\n"
        "Purges are dry runs until a named person runs `expunge policy activate`; `expunge erase ID` works now.\n",
        dir, place.p ? "the registry in its database" : "expunge.db");
    return 0;
}

const struct command command_init = {
    .name = "init",
    .arguments = "[DIR]",
    .summary = "make a new installation that works as it is",
    .details =
        "Writes a commented expunge.yaml, the keys, the registry, and a folder for artefacts with its control file. "
        "Nothing that is there is overwritten.",
    .options = options,
    .args_max = 1,
    .run = run};
