#include "base/file.h"
#include "cli/cli.h"
#include "cli/summary.h"
#include "engine/purge.h"

struct purging {
    struct cli *c;
    struct tally tally;
};

static void on_contact(void *ctx, const struct visit_result *r)
{
    struct purging *x = ctx;
    struct cli *c = x->c;
    if (c->json) {
        summary_contact_json(r, x->tally.dry_run, cli_json(c));
        cli_json_end(c);
        return;
    }
    struct arena a;
    arena_init(&a, 1 << 20);
    summary_contact_text(r, x->tally.dry_run, &a, &c->out);
    arena_release(&a);
    cli_print(c, "%s", "");
}

static struct str digest_text(struct cli *c, const struct tally *t)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, t->plan_digest.b, HASH_BYTES);
    return arena_str(&c->arena, buf_view(&hex));
}

static void tell_plan(struct cli *c, const struct tally *t)
{
    const char *plan = cli_option(c, "plan");
    if (!t->has_plan)
        return;
    cli_print(c, "Plan %.*s%s%s\n", STR_ARG(digest_text(c, t)), plan && t->dry_run ? ", written to " : "",
              plan && t->dry_run ? plan : "");
}

static void tell(struct cli *c, const struct tally *t)
{
    if (c->json) {
        summary_json(t, cli_json(c));
        cli_json_end(c);
        return;
    }
    summary_text(t, "erased", &c->out);
    tell_plan(c, t);
    if (t->disarmed)
        cli_print(
            c, "Nothing was erased: this registry is not yet armed. A named person puts the retention schedule in "
               "force with\n"
               "`expunge policy activate`; until then every purge is a dry run. `expunge erase ID` works already.\n");
    else if (t->dry_run)
        cli_print(
            c, "Nothing was changed: this was a dry run. `expunge purge --plan FILE` works off exactly this plan.\n");
}

static int run(struct cli *c)
{
    struct purging x = {.c = c};
    struct purge_options o = {.dry_run = cli_flag(c, "dry-run"), .plan_path = cli_option(c, "plan")};
    int64_t limit = 0;
    CLI_TRY(c, cli_option_int(c, "limit", 1, INT64_MAX, &limit, &c->err));
    CLI_TRY(c, cli_option_duration(c, "max-runtime", &o.max_runtime_ms, &c->err));
    o.limit = (uint64_t)limit;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    o.visits = e->config.purge_visits;
    if (o.plan_path && !o.dry_run && !e->disarmed && !file_exists(o.plan_path)) {
        (void)FAIL(&c->err, E_INVALID, "there is no plan %s: `expunge purge --dry-run --plan FILE` writes one", o.plan_path);
        return cli_fail(c);
    }
    if (c->verbose) {
        x.tally.on_contact = on_contact;
        x.tally.ctx = &x;
    }
    enum status s = purge_run(e, &o, &x.tally, &c->arena, &c->err);
    if (s != OK && x.tally.considered && !c->json)
        summary_text(&x.tally, "erased", &c->out);
    CLI_TRY(c, s);
    tell(c, &x.tally);
    if (x.tally.guard_stopped)
        cli_note(c,
                 "the guard stopped expiry: far more is due than in any run before. Look at it with `expunge purge "
                 "--dry-run`; "
                 "another person approves it with `expunge approve %.*s`, and the next purge goes on",
                 STR_ARG(digest_text(c, &x.tally)));
    return tally_exit(&x.tally, false);
}

static const struct cli_option options[] = {
    {"dry-run", NULL, "make the plan and show it; change nothing anywhere", false},
    {"plan", "FILE", "with --dry-run write the plan there; without, work off exactly that plan", false},
    {"limit", "N", "at most N expired contacts in this run", false},
    {"max-runtime", "S", "stop after S seconds (or 90m, 6h); what is left waits for the next run", false},
    {NULL, NULL, NULL, false}};

const struct command command_purge = {
    .name = "purge",
    .summary = "the daily run: erase what has expired, go on with what is open, read back",
    .details =
        "Works off, none starving another: what has come back, requests by deadline, retries, expired contacts, and "
        "verifications that are due. The dry run is the plan: the exact list with a digest. A real run may do less "
        "than "
        "the plan, never more. When far more is due than ever before, the guard stops expiry until a second person "
        "approves the plan.",
    .permission = "run.start",
    .options = options,
    .needs = CLI_STORES | CLI_WRITE | CLI_NOW_DRY,
    .run = run};
