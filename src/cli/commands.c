#include "cli/cli.h"

#define COMMAND(x) extern const struct command command_##x;
#include "cli/commands.h"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(x) &command_##x,
#include "cli/commands.h"
#undef COMMAND
    NULL};

const struct cli_option common_options[] = {
    {"json", NULL, "print JSON: one document, or one object a line for lists", false},
    {"config", "FILE", "the configuration; without it ./expunge.yaml, then /etc/expunge/expunge.yaml", false},
    {"now", "TIME", "act as if it were TIME; only where nothing is changed, or after `init --test-clock`", false},
    {"by", "NAME", "who says so, recorded as a claim beside the account", false},
    {"verbose", NULL, "say more: each contact, each check", false},
    {"help", NULL, "show what the command does and its options", false},
    {NULL, NULL, NULL, false}};
