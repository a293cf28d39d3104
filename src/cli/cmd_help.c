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
    else if (cli_flag(c, "completion"))
        help_completion(&text);
    else if (cli_flag(c, "man")) {
        if (!help_man(c->args_n ? c->args[0] : NULL, &text)) {
            IGNORE(FAIL(&c->err, E_INVALID, "there is no manual page of %s", c->args[0]));
            return cli_fail(c);
        }
    } else if (!c->args_n)
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
    {"man", NULL, "a manual page: expunge(1), that of a command, or with expunge.yaml that of the configuration: docs/man/",
     false},
    {"completion", NULL, "a completion for bash: docs/completion.bash", false},
    {NULL, NULL, NULL, false}};

const struct command command_help = {.name = "help",
                                     .arguments = "[COMMAND [SUBCOMMAND]]",
                                     .summary = "show a command and its options",
                                     .options = options,
                                     .args_max = 2,
                                     .run = run};
