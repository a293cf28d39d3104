#include <sys/stat.h>

#include "base/file.h"
#include "cli/cli.h"

static int run(struct cli *c)
{
    const char *path = c->args[0];
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    if (file_exists(path)) {
        IGNORE(FAIL(&c->err, E_CONFLICT, "%s exists already: a backup overwrites nothing", path));
        return cli_fail(c);
    }
    (void)umask(077); /* the copy names contacts: nobody else reads it */
    CLI_TRY(c, backend_backup(&e->registry->backend, str_of(path), &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "file", str_of(path));
        jw_end(w);
        cli_json_end(c);
        return 0;
    }
    cli_print(c,
              "A consistent copy of the registry is in %s.\nThe keys (%.*s) are not in it: back them up apart, or "
              "neither can be read.\n"
              "Copies older than the retention of openings and ledgers must be destroyed, as every other backup.\n",
              path, STR_ARG(e->config.keys));
    return 0;
}

const struct command command_backup = {.name = "backup",
                                       .arguments = "FILE",
                                       .summary = "write a consistent copy of the registry, while it is in use",
                                       .permission = "store.manage",
                                       .args_min = 1,
                                       .args_max = 1,
                                       .run = run};
