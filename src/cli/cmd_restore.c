/* cmd_restore.c - restore declare, status. */
#include "cli/cli.h"
#include "engine/restore.h"

static void restore_json(struct cli *c, const struct restore *r)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "store", r->store);
    jw_key_time(w, "as_of", r->as_of_ms);
    jw_key_time(w, "declared_at", r->declared_ms);
    jw_key_string(w, "by", r->actor);
    jw_key_int(w, "risen", (int64_t)r->risen);
    jw_key_int(w, "remaining", (int64_t)r->remaining);
    jw_key_int(w, "stopped", (int64_t)r->stopped);
    jw_key_bool(w, "closed", true);
    jw_end(w);
    cli_json_end(c);
}

static int run_declare(struct cli *c)
{
    struct restore r;
    const char *store = cli_option(c, "store");
    int64_t as_of = TIME_NONE;
    if (!store || !cli_option(c, "as-of")) {
        IGNORE(FAIL(&c->err, E_INVALID, "which store came back, and in which state? --store S --as-of T"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, cli_option_time(c, "as-of", &as_of, &c->err));
    CLI_TRY(c, restore_declare(e, str_of(store), as_of, &c->arena, &r, &c->err));
    if (c->json) {
        restore_json(c, &r);
        return 0;
    }
    cli_print(c, "Store %s came back as of %.*s: %llu contact%s must be erased there again.\n", store, STR_ARG(cli_time(c, r.as_of_ms)),
              (unsigned long long)r.risen, r.risen == 1 ? "" : "s");
    cli_print(c, r.risen ? "They are first in line: `expunge purge` does it now. The store counts as closed until each is read back.\n"
                         : "Nothing to do; the next `expunge purge` opens it again.\n");
    return 0;
}

static const struct cli_option declare_options[] = {
    {"store", "S", "the store that was restored", false},
    {"as-of", "TIME", "the time of the backup: what was erased since (and in the hour before) is erased again", false},
    {NULL, NULL, NULL, false}};

const struct command command_restore_declare = {
    .name = "restore", .subcommand = "declare", .arguments = "--store S --as-of TIME", .summary = "say that a store came back from a backup",
    .details = "Everything that was erased, overwritten or restricted there since is done again, first in line. Declare it before anybody uses "
               "the store; declaring again goes on where a crash stopped.",
    .permission = "store.manage", .options = declare_options, .needs = CLI_WRITE, .run = run_declare};

static int run_status(struct cli *c)
{
    static const char *const heads[] = {"STORE", "AS OF", "DECLARED", "TO REPEAT", "REMAINING", "STOPPED", NULL};
    struct restore *list;
    struct listing t;
    size_t n;
    uint64_t remaining = 0;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, restore_status(e, &c->arena, &list, &n, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        remaining += list[i].remaining;
        if (c->json) {
            restore_json(c, &list[i]);
            continue;
        }
        listing_cell(&t, list[i].store);
        listing_cell(&t, cli_time(c, list[i].as_of_ms));
        listing_cell(&t, cli_time(c, list[i].declared_ms));
        listing_int(&t, (int64_t)list[i].risen);
        listing_int(&t, (int64_t)list[i].remaining);
        listing_int(&t, (int64_t)list[i].stopped);
    }
    if (!c->json) {
        cli_listing(c, &t);
        if (!n)
            cli_print(c, "No restore is being repeated.\n");
        else if (!remaining)
            cli_print(c, "Everything is read back; the next `expunge purge` opens the store.\n");
    }
    return remaining ? 1 : 0;
}

const struct command command_restore_status = {
    .name = "restore", .subcommand = "status", .summary = "show what must still be erased again after a restore",
    .details = "Stopped ones are under a legal hold or wait for a person. Exit status 1 while anything remains.",
    .permission = "store.view|store.manage", .needs = CLI_NOW, .run = run_status};
