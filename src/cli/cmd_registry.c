/* cmd_registry.c - registry copy. */
#include "base/secret.h"
#include "cli/cli.h"
#include "engine/registry_copy.h"

/* As in the configuration: an address without a password, or a reference to one. */
static enum status address(struct cli *c, const char *text, struct str *out)
{
    struct str s = str_of(text);
    *out = s;
    if (secret_is_reference(s))
        return secret_read(s, STR("."), &c->arena, out, &c->err);
    if (backend_url_has_password(s))
        return FAIL(&c->err, E_INVALID, "a password among the arguments can be read by every user of this machine: name the address "
                                        "by env:NAME or file:PATH");
    return OK;
}

static void copy_json(struct cli *c, const struct copy_report *r, struct str root)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_int(w, "entries", (int64_t)r->entries);
    jw_key_string(w, "log_root", root);
    jw_key(w, "rows");
    jw_object(w);
    for (enum table t = 0; t < TABLE_COUNT; t++)
        jw_key_int(w, table_name(t), (int64_t)r->tables[t].rows);
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static int run_copy(struct cli *c)
{
    struct progress progress = {&c->progress, progress_tick};
    struct copy_report r;
    struct str from, to, root;
    uint64_t rows = 0;
    CLI_TRY(c, address(c, c->args[0], &from));
    CLI_TRY(c, address(c, c->args[1], &to));
    CLI_TRY(c, crypto_init(&c->err));
    CLI_TRY(c, registry_copy(from, to, &progress, &r, &c->err));
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, r.log_root.b, HASH_BYTES);
    root = buf_view(&hex);
    progress_clear(&c->progress);
    if (c->json) {
        copy_json(c, &r, root);
        return 0;
    }
    for (enum table t = 0; t < TABLE_COUNT; t++) {
        rows += r.tables[t].rows;
        if (r.tables[t].rows > 0)
            cli_print(c, "  %-12s %llu\n", table_name(t), (unsigned long long)r.tables[t].rows);
    }
    cli_print(c, "Copied and compared: %llu rows, %llu entries of the log, whose root is %.*s in both.\n"
                 "Name the new place as `registry` in the configuration of every machine, and never use the old one again: two that go on\n"
                 "from one log would sign two histories.\n",
              (unsigned long long)rows, (unsigned long long)r.entries, STR_ARG(root));
    return 0;
}

const struct command command_registry_copy = {
    .name = "registry", .subcommand = "copy", .arguments = "FROM TO",
    .summary = "move a registry to another database, sqlite: or postgresql:, comparing all of it",
    .details = "FROM and TO are addresses as `registry` in the configuration has them, or references to such (env:NAME, file:PATH). TO must have "
               "no registry yet. Stop everything that uses FROM first. Every row is copied with its version, every entry of the log at its "
               "position; then both are read again and compared. A copy that did not come to its end does not open, and is not gone on with: "
               "remove it (an SQLite file, or `DROP SCHEMA expunge CASCADE`) and begin again. Keys are not copied: they stay where they are.",
    .args_min = 2, .args_max = 2, .run = run_copy};
