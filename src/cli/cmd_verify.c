#include "cli/cli.h"
#include "cli/summary.h"
#include "engine/purge.h"

enum { SAMPLE_MAX = 1000000 };

struct verifying {
    struct cli *c;
    struct tally tally;
    struct verify_options options;
    struct str *unknown, *ambiguous;
};

static void on_contact(void *ctx, const struct visit_result *r)
{
    struct verifying *x = ctx;
    struct cli *c = x->c;
    bool gone = r->did == VISIT_WORKED && r->status == STATUS_PURGED;
    if (c->json && c->verbose) {
        summary_contact_json(r, false, cli_json(c));
        cli_json_end(c);
    } else if (!c->json && (c->verbose || !gone)) {
        struct arena a;
        arena_init(&a, 1 << 20);
        summary_contact_text(r, false, &a, &c->out);
        arena_release(&a);
    }
}

static enum status find_ids(struct verifying *x, struct engine *e, struct err *err)
{
    struct cli *c = x->c;
    struct row_key *keys = ARENA_ARRAY(&c->arena, struct row_key, c->args_n + 1);
    x->unknown = ARENA_ARRAY(&c->arena, struct str, c->args_n + 1);
    x->ambiguous = ARENA_ARRAY(&c->arena, struct str, c->args_n + 1);
    if (!keys || !x->unknown || !x->ambiguous)
        return ARENA_FULL(err, &c->arena);
    for (size_t i = 0; i < c->args_n; i++) {
        struct found_contact *found;
        size_t n;
        TRY(engine_resolve(e, str_of(c->args[i]), STR_NONE, &c->arena, &found, &n, err));
        bool named = false;
        for (size_t k = 0; n == 1 && k < x->options.chains_n; k++)
            named |= row_key_eq(&keys[k], &found[0].chain);
        if (n == 0)
            x->unknown[x->tally.unknown_n++] = str_of(c->args[i]);
        else if (n > 1)
            x->ambiguous[x->tally.ambiguous_n++] = str_of(c->args[i]);
        else if (named)
            x->tally.duplicate++;
        else
            keys[x->options.chains_n++] = found[0].chain;
    }
    x->tally.given = c->args_n;
    x->tally.unknown = x->unknown;
    x->tally.ambiguous = x->ambiguous;
    x->options.chains = keys;
    return OK;
}

static void tell(struct cli *c, const struct tally *t)
{
    if (c->json) {
        summary_json(t, cli_json(c));
        cli_json_end(c);
        return;
    }
    uint64_t gone = t->purged + t->scrubbed, skipped = t->retained, other = t->considered - gone - skipped;
    cli_print(c, "%llu contact%s read back\n%9llu  gone from every store\n", (unsigned long long)(gone + other),
              gone + other == 1 ? "" : "s", (unsigned long long)gone);
    if (other)
        cli_print(c, "%9llu  not gone, or a store did not say: the next `expunge purge` erases what came back\n",
                  (unsigned long long)other);
    if (skipped)
        cli_print(c, "%9llu  not read back: not erased, not settled yet, or no longer known\n",
                  (unsigned long long)skipped);
    for (size_t i = 0; i < t->unknown_n; i++)
        cli_print(c, "unknown: %.*s\n", STR_ARG(cli_shown(c, t->unknown[i])));
    for (size_t i = 0; i < t->ambiguous_n; i++)
        cli_print(c, "several sources know %.*s: write SOURCE/ID\n", STR_ARG(cli_shown(c, t->ambiguous[i])));
    if (!t->considered)
        cli_print(c, "There was nothing to read back.\n");
}

static int run(struct cli *c)
{
    struct verifying x = {.c = c, .options = {.due = cli_flag(c, "due")}};
    int64_t sample = 0;
    CLI_TRY(c, cli_option_int(c, "sample", 1, SAMPLE_MAX, &sample, &c->err));
    x.options.sample = (uint64_t)sample;
    if (!c->args_n && !sample && !x.options.due)
        x.options.due = true;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, find_ids(&x, e, &c->err));
    x.tally.on_contact = on_contact;
    x.tally.ctx = &x;
    CLI_TRY(c, verify_run(e, &x.options, &x.tally, &c->arena, &c->err));
    tell(c, &x.tally);
    const struct tally *t = &x.tally;
    return t->purged + t->scrubbed == t->considered && !t->unknown_n && !t->ambiguous_n ? 0 : 1;
}

static const struct cli_option options[] = {
    {"due", NULL, "those whose read-back is due; this is also meant when nothing is named", false},
    {"sample", "N", "N erased contacts at random", false},
    {NULL, NULL, NULL, false}};

const struct command command_verify = {
    .name = "verify",
    .arguments = "[ID...]",
    .summary = "read the stores for what should be gone",
    .details = "Changes nothing in any store. What is found again becomes risen and is erased first by the next purge.",
    .permission = "run.start",
    .options = options,
    .args_max = ARGS_ANY,
    .needs = CLI_STORES | CLI_WRITE,
    .run = run};
