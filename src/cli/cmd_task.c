/* cmd_task.c - tasks of `manual` stores, which a person confirms. No driver makes any yet: the list says so by being empty. */
#include "cli/cli.h"

enum { TASKS_MAX = 1000 };

static int run_list(struct cli *c)
{
    struct row *rows;
    size_t n;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, registry_record_page(e->registry, TABLE_TASK, STR_NONE, STR_NONE, TASKS_MAX, &c->arena, &rows, &n, &c->err));
    for (size_t i = 0; c->json && i < n; i++) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "id", rows[i].key);
        jw_end(w);
        cli_json_end(c);
    }
    for (size_t i = 0; !c->json && i < n; i++)
        cli_print(c, "%.*s\n", STR_ARG(cli_shown(c, rows[i].key)));
    if (!c->json && !n)
        cli_print(c, "No tasks.\n");
    return 0;
}

const struct command command_task_list = {
    .name = "task", .subcommand = "list", .summary = "show what a person must do by hand in stores of type manual",
    .permission = "store.view|run.view", .needs = CLI_NOW, .run = run_list};
