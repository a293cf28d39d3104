/* cmd_report.c - report holds, overdue, residuals, targets, retention. */
#include "cli/cli.h"
#include "engine/report.h"

enum { REPORT_BYTES_MAX = 256 << 20 };

static void report_text(struct cli *c, const struct report *r)
{
    const char *heads[REPORT_COLUMNS_MAX + 1] = {NULL};
    struct listing t;
    ASSERT(r->columns_n <= REPORT_COLUMNS_MAX);
    for (size_t i = 0; i < r->columns_n; i++)
        heads[i] = r->columns[i].title;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < r->rows_n * r->columns_n; i++) {
        const struct column *k = &r->columns[i % r->columns_n];
        listing_cell(&t, k->type == CELL_TIME ? cli_time(c, r->cells[i].number) : cli_shown(c, cell_text(k, &r->cells[i], &c->arena)));
    }
    cli_print(c, "%s\n%s\n\n", r->title, r->explains);
    cli_listing(c, &t);
    if (!r->rows_n)
        cli_print(c, "Nothing.\n");
    if (r->more)
        cli_print(c, "Only the first %zu lines.\n", r->rows_n);
}

static int run_report(struct cli *c, enum report_kind kind)
{
    struct report r;
    bool csv = cli_flag(c, "csv"), html = cli_flag(c, "html");
    if (csv + html + c->json > 1) {
        IGNORE(FAIL(&c->err, E_INVALID, "one of --json, --csv and --html"));
        return cli_fail(c);
    }
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, report_make(e, kind, cli_may(c, "hold.view"), &c->arena, &r, &c->err));
    if (c->json) {
        report_json(&r, cli_json(c));
        cli_json_end(c);
        return 0;
    }
    if (!csv && !html) {
        report_text(c, &r);
        return 0;
    }
    CLEANUP(buf_release) struct buf out;
    buf_init(&out, REPORT_BYTES_MAX);
    if (csv)
        report_csv(&r, &out);
    else
        report_html(&r, &out);
    CLI_TRY(c, buf_check(&out, &c->err));
    cli_write(c, buf_view(&out));
    return 0;
}

static int run_holds(struct cli *c)
{
    return run_report(c, REPORT_HOLDS);
}

static int run_overdue(struct cli *c)
{
    return run_report(c, REPORT_OVERDUE);
}

static int run_residuals(struct cli *c)
{
    return run_report(c, REPORT_RESIDUALS);
}

static int run_targets(struct cli *c)
{
    return run_report(c, REPORT_TARGETS);
}

static int run_retention(struct cli *c)
{
    return run_report(c, REPORT_RETENTION);
}

static const struct cli_option report_options[] = {
    {"csv", NULL, "write CSV", false}, {"html", NULL, "write one HTML file, fit to be printed", false}, {NULL, NULL, NULL, false}};

const struct command command_report_holds = {
    .name = "report", .subcommand = "holds", .summary = "the holds in force, their age, which are past review",
    .permission = "hold.view|contact.view", .options = report_options, .needs = CLI_NOW, .run = run_holds};
const struct command command_report_overdue = {
    .name = "report", .subcommand = "overdue", .summary = "contacts whose erasure is later than the schedule allows",
    .permission = "contact.view", .options = report_options, .needs = CLI_NOW, .run = run_overdue};
const struct command command_report_residuals = {
    .name = "report", .subcommand = "residuals", .summary = "copies of erased contacts that remain, and until when",
    .permission = "contact.view|audit.view", .options = report_options, .needs = CLI_NOW, .run = run_residuals};
const struct command command_report_targets = {
    .name = "report", .subcommand = "targets", .summary = "requests and orders not yet submitted everywhere, against the 24-hour target",
    .permission = "request.view|contact.view", .options = report_options, .needs = CLI_NOW, .run = run_targets};
const struct command command_report_retention = {
    .name = "report", .subcommand = "retention", .summary = "the retention schedule with legal bases and cautions (Art. 30(1)(f) GDPR)",
    .permission = "schedule.view|contact.view", .options = report_options, .needs = CLI_NOW, .run = run_retention};
