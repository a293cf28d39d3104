#include "cli/cli.h"

static int run(struct cli *c)
{
    if (!c->json) {
        cli_print(c, "expunge %s\n", EXPUNGE_VERSION);
        return 0;
    }
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "version", STR(EXPUNGE_VERSION));
    jw_end(w);
    cli_json_end(c);
    return 0;
}

const struct command command_version = {.name = "version", .summary = "show the version", .run = run};
