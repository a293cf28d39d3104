#include "cli/help.h"

enum { HELP_MAX = 4 << 20 };

static int run(struct cli *c)
{
    CLEANUP(buf_release) struct buf text;
    const char *sub = c->args_n > 1 ? c->args[1] : NULL;
    buf_init(&text, HELP_MAX);
    if (cli_flag(c, "markdown"))
        help_markdown(&text);
    else if (cli_flag(c, "options"))
        help_options(&text);
    else if (cli_flag(c, "man"))
        help_man(&text);
    else if (!c->args_n)
        help_overview(&text);
    else if (!help_command(c->args[0], sub, &text)) {
        IGNORE(FAIL(&c->err, E_INVALID, "there is no command `%s%s%s`: `expunge help` lists what there is", c->args[0],
                    sub ? " " : "", sub ? sub : ""));
        return cli_fail(c);
    }
    CLI_TRY(c, buf_check(&text, &c->err));
    cli_write(c, buf_view(&text));
    return 0;
}

static const struct cli_option options[] = {
    {"markdown", NULL, "every command as Markdown: docs/commands.md", false},
    {"options", NULL, "every key of the configuration as Markdown: docs/options.md", false},
    {"man", NULL, "the manual page: docs/expunge.1", false},
    {NULL, NULL, NULL, false}};

const struct command command_help = {.name = "help",
                                     .arguments = "[COMMAND [SUBCOMMAND]]",
                                     .summary = "show a command and its options",
                                     .options = options,
                                     .args_max = 2,
                                     .run = run};
