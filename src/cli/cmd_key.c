#include "cli/cli.h"

/* Rule 2.29: seal keys change by themselves each month; identifier and pseudonym keys never may. What is left is the
 * key that signs the log, and a head signed by another key would look to every verifier like another log. */
static int run_rotate(struct cli *c)
{
    if (!cli_engine(c))
        return cli_fail(c);
    IGNORE(FAIL(&c->err, E_UNSUPPORTED,
                "nothing was changed. Seal keys change by themselves each month, the identifier and pseudonym keys "
                "never may; this version cannot replace the audit key within a running log"));
    return cli_fail(c);
}

const struct command command_key_rotate = {.name = "key",
                                           .subcommand = "rotate",
                                           .summary =
                                               "replace the key that signs the log (not possible in this version)",
                                           .details = "Seal keys change by themselves each month. Losing or replacing "
                                                      "the identifier key would lose tombstones and search by "
                                                      "person, so it is never rotated.",
                                           .permission = "store.manage",
                                           .run = run_rotate};
