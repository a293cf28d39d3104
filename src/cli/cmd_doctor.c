/* cmd_doctor.c - what is missing or unsafe in this installation. Changes nothing. */
#include "cli/cli.h"
#include "engine/doctor.h"

static void show_json(struct cli *c, const struct doctor_line *l)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "check", str_of(l->check));
    jw_key_bool(w, "ok", l->level == DOCTOR_OK);
    jw_key_string(w, "level", str_of(doctor_level_name(l->level)));
    jw_key_string(w, "text", l->text);
    jw_end(w);
    cli_json_end(c);
}

static int run(struct cli *c)
{
    struct doctor d;
    size_t count[DOCTOR_PROBLEM + 1] = {0};
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, doctor_examine(e, &c->arena, &d, &c->err));
    for (size_t i = 0; i < d.n; i++) {
        const struct doctor_line *l = &d.lines[i];
        count[l->level]++;
        if (c->json)
            show_json(c, l);
        else if (l->level != DOCTOR_OK || c->verbose)
            cli_print(c, "%-8s %-14s %.*s\n", doctor_level_name(l->level), l->check, STR_ARG(cli_shown(c, l->text)));
    }
    if (!c->json)
        cli_print(c, "%zu checks: %zu ok, %zu warning%s, %zu problem%s.\n", d.n, count[DOCTOR_OK], count[DOCTOR_WARNING],
                  count[DOCTOR_WARNING] == 1 ? "" : "s", count[DOCTOR_PROBLEM], count[DOCTOR_PROBLEM] == 1 ? "" : "s");
    return count[DOCTOR_OK] == d.n ? 0 : 1;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "what is missing or unsafe in this installation",
    .details = "Looks at configuration, keys, who can read what, what lies beside what, room on the disk, registry, clock, log and "
               "what is published of it, schedule, stores, the last purge, holds and requests; changes nothing. Each line is ok, a "
               "warning or a problem and says what to do next. Exit status 1 when one is not ok. --verbose shows what is good, too.",
    .permission = "store.view",
    .needs = CLI_STORES | CLI_NOW,
    .run = run};
