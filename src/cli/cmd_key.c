#include "cli/cli.h"
#include "engine/key_rotate.h"

static const char OVERLAP_DEFAULT[] = "P30D";

static enum status read_overlap(struct cli *c, struct period *out)
{
    const struct period least = {.days = 1, .set = true};
    const char *given = cli_option(c, "overlap") ? cli_option(c, "overlap") : OVERLAP_DEFAULT;
    if (period_parse(str_of(given), out, &c->err) != OK)
        return err_prefix(&c->err, "--overlap %s: ", given);
    if (period_cmp(out, &least) < 0)
        return FAIL(&c->err, E_INVALID, "--overlap %s: at least P1D, so that those who verify can change keys", given);
    return OK;
}

static void rotation_json(struct cli *c, const struct key_rotation *k)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "key", STR("audit"));
    jw_key_string(w, "origin", k->origin);
    jw_key_string(w, "previous", k->previous);
    jw_key_string(w, "vkey", k->vkey);
    jw_key_time(w, "rotated_at", k->at_ms);
    jw_key_time(w, "overlap_until", k->until_ms);
    jw_key_int(w, "size", (int64_t)k->size);
    jw_key_bool(w, "published", k->published);
    jw_end(w);
    cli_json_end(c);
}

static int run_rotate(struct cli *c)
{
    struct period overlap;
    struct key_rotation k;
    CLI_TRY(c, read_overlap(c, &overlap));
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, key_rotate(e, &overlap, &c->arena, &k, &c->err));
    if (c->json) {
        rotation_json(c, &k);
        return 0;
    }
    cli_print(c, "A new key signs the log. Give it to whoever verifies, by another way than the log itself:\n  %.*s\n",
              STR_ARG(k.vkey));
    cli_print(c,
              "Until %.*s each head carries both signatures, and either key verifies it. Then the old one,\n  %.*s\n"
              "signs no more, and the next purge destroys its file. Copy the folder of keys to its safe place again.\n"
              "Seal keys change by themselves each month; the identifier and pseudonym keys never may.\n",
              STR_ARG(cli_time(c, k.until_ms)), STR_ARG(k.previous));
    if (!k.published)
        cli_print(c, "The log is published nowhere (audit.publish): publish it with `expunge audit publish DIR`.\n");
    return 0;
}

static const struct cli_option options[] = {
    {"overlap", "PERIOD", "how long the old key signs beside the new one; P30D unless given", false},
    {NULL, NULL, NULL, false}};

const struct command command_key_rotate = {
    .name = "key",
    .subcommand = "rotate",
    .summary = "replace the key that signs the log",
    .details = "The name stays, the key id changes. An entry of the log carries the new verifier key, under a head that "
               "both keys have signed. While the overlap lasts every head carries both signatures; then the purge "
               "destroys the old key. Against a key that was stolen this does not help: begin a new log. Seal keys "
               "change by themselves each month. Losing or replacing the identifier key would lose tombstones and "
               "search by person, so it is never rotated.",
    .permission = "store.manage",
    .options = options,
    .needs = CLI_WRITE,
    .run = run_rotate};
