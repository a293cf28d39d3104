/* cmd_policy.c - policy show, check, simulate, activate. */
#include "cli/cli.h"
#include "engine/policies.h"

/* ---- show ---- */

static struct str policy_text_of(struct cli *c, const struct period *p)
{
    return p->set ? period_text(p, &c->arena) : STR_NONE;
}

static void show_text(struct cli *c, const struct policy *p)
{
    static const char *const heads[] = {"CATEGORY", "ERASE AFTER", "FROM", "WITHIN", "KEEP", "CONFIRMED", "LAW", NULL};
    struct listing t;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < p->categories_n; i++) {
        const struct category *k = &p->categories[i];
        listing_cell(&t, k->name);
        listing_cell(&t, k->hold.n && !k->erase_after.set ? STR("held until released") : policy_text_of(c, &k->erase_after));
        listing_cell(&t, str_of(start_event_name(k->from)));
        listing_cell(&t, policy_text_of(c, &k->erase_within));
        listing_cell(&t, policy_text_of(c, &k->keep));
        listing_cell(&t, k->law.cite.n ? (k->law.confirmed_by.n ? k->law.confirmed_by : STR("nobody")) : STR_NONE);
        listing_cell(&t, cli_shown(c, k->law.cite));
    }
    cli_print(c, "Schedule version %.*s%s\n\n", STR_ARG(p->version),
              !str_eq(p->version, c->engine->policy.version) ? "" : c->engine->disarmed ? ", in force for orders; not activated yet" : ", in force");
    cli_listing(c, &t);
    cli_print(c, "\nDefault category %.*s. %zu classification rule%s:\n", STR_ARG(p->default_category), p->rules_n, p->rules_n == 1 ? "" : "s");
    for (size_t i = 0; i < p->rules_n; i++)
        cli_print(c, "  %.*s  ->  %.*s\n", STR_ARG(cli_shown(c, p->rules[i].when.text)), STR_ARG(cli_shown(c, p->rules[i].category)));
    const struct { const char *name; const struct period *p; } periods[] = {
        {"minimum age", &p->minimum_age}, {"grace after a hold", &p->hold_grace}, {"cooling-off", &p->cooling_off},
        {"second read-back after", &p->verify_again}, {"open contacts asked for after", &p->open_ask_after}};
    for (size_t i = 0; i < ARRAY_LEN(periods); i++)
        cli_print(c, "%s%s %.*s", i ? ", " : "\n", periods[i].name, STR_ARG(policy_text_of(c, periods[i].p)));
    cli_print(c, ".\n");
}

static int show_versions(struct cli *c)
{
    static const char *const heads[] = {"VERSION", "STATE", NULL};
    struct policy_version *list;
    struct listing t;
    size_t n;
    CLI_TRY(c, policy_versions(c->engine, &c->arena, &list, &n, &c->err));
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < n; i++) {
        if (c->json) {
            struct json_writer *w = cli_json(c);
            jw_object(w);
            jw_key_string(w, "version", list[i].version);
            jw_key_bool(w, "in_force", list[i].in_force);
            jw_key_bool(w, "pending", list[i].pending);
            jw_key_bool(w, "in_file", list[i].in_file);
            jw_end(w);
            cli_json_end(c);
            continue;
        }
        listing_cell(&t, list[i].version);
        listing_cell(&t, list[i].in_force ? STR("in force") : list[i].pending ? STR("waiting") : STR_NONE);
    }
    if (!c->json)
        cli_listing(c, &t);
    return 0;
}

static int run_show(struct cli *c)
{
    struct policy p;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    if (cli_flag(c, "versions"))
        return show_versions(c);
    CLI_TRY(c, policy_stored(e, c->args_n ? str_of(c->args[0]) : STR_NONE, &c->arena, &p, &c->err));
    if (!c->json) {
        show_text(c, &p);
        return 0;
    }
    CLEANUP(buf_release) struct buf canonical;
    buf_init(&canonical, POLICY_BYTES_MAX);
    CLI_TRY(c, policy_write(&p, &canonical, &c->err));
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "version", p.version);
    jw_key_bool(w, "in_force", str_eq(p.version, e->policy.version));
    jw_key_bool(w, "armed", !e->disarmed);
    jw_key(w, "schedule");
    jw_raw(w, buf_view(&canonical));
    jw_end(w);
    cli_json_end(c);
    return 0;
}

static const struct cli_option show_options[] = {{"versions", NULL, "list every version there was", false}, {NULL, NULL, NULL, false}};

const struct command command_policy_show = {
    .name = "policy", .subcommand = "show", .arguments = "[VERSION]", .summary = "show the retention schedule in force, or a version of before",
    .permission = "schedule.view|contact.view", .options = show_options, .args_max = 1, .needs = CLI_NOW, .run = run_show};

/* ---- differences and impact ---- */

static void change_words(const struct policy_change *x, struct buf *b)
{
    const struct { bool is; const char *words; } parts[] = {
        {x->added, "new"}, {x->removed, "taken away"}, {x->shorter, "shorter"}, {x->longer, "longer"}, {x->keep_shorter, "legal minimum shorter"},
        {x->start_changed, "counts from another event"}, {x->law_changed, "legal basis changed"}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].is)
            buf_fmt(b, "%s%s", b->n ? ", " : "", parts[i].words);
}

static void difference_text(struct cli *c, const struct policy_difference *d)
{
    for (size_t i = 0; i < d->changes_n; i++) {
        CLEANUP(buf_release) struct buf words;
        buf_init(&words, 1024);
        change_words(&d->changes[i], &words);
        cli_print(c, "  %-24.*s %.*s\n", STR_ARG(d->changes[i].category), STR_ARG(buf_view(&words)));
    }
    if (d->classification_changed)
        cli_print(c, "  %-24s %s\n", "(classification)", "the rules or the default category changed");
}

static void difference_json(struct json_writer *w, const struct policy_difference *d)
{
    jw_key(w, "changes");
    jw_array(w);
    for (size_t i = 0; i < d->changes_n; i++) {
        const struct policy_change *x = &d->changes[i];
        jw_object(w);
        jw_key_string(w, "category", x->category);
        jw_key_bool(w, "added", x->added);
        jw_key_bool(w, "removed", x->removed);
        jw_key_bool(w, "shorter", x->shorter);
        jw_key_bool(w, "longer", x->longer);
        jw_key_bool(w, "keep_shorter", x->keep_shorter);
        jw_key_bool(w, "start_changed", x->start_changed);
        jw_key_bool(w, "law_changed", x->law_changed);
        jw_end(w);
    }
    jw_end(w);
    jw_key_bool(w, "classification_changed", d->classification_changed);
    jw_key_bool(w, "second_person", d->second_person);
}

static void impact_json(struct json_writer *w, const struct policy_impact *m)
{
    jw_key(w, "impact");
    jw_object(w);
    jw_key_int(w, "earlier", (int64_t)m->earlier);
    jw_key_int(w, "later", (int64_t)m->later);
    jw_key_int(w, "due_now", (int64_t)m->due_now);
    jw_key_int(w, "no_longer_due", (int64_t)m->no_longer_due);
    jw_key_int(w, "reclassified", (int64_t)m->reclassified);
    jw_key(w, "categories");
    jw_array(w);
    for (size_t i = 0; i < m->categories_n; i++) {
        const struct category_impact *k = &m->categories[i];
        jw_object(w);
        jw_key_string(w, "category", k->category);
        jw_key_int(w, "earlier", (int64_t)k->earlier);
        jw_key_int(w, "later", (int64_t)k->later);
        jw_key_int(w, "due_now", (int64_t)k->due_now);
        jw_key_int(w, "no_longer_due", (int64_t)k->no_longer_due);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

static void impact_text(struct cli *c, const struct policy_impact *m)
{
    static const char *const heads[] = {"CATEGORY", "EARLIER", "LATER", "DUE NOW", "NO LONGER DUE", NULL};
    struct listing t;
    listing_init(&t, &c->arena, heads);
    for (size_t i = 0; i < m->categories_n; i++) {
        const struct category_impact *k = &m->categories[i];
        if (!k->earlier && !k->later)
            continue;
        listing_cell(&t, k->category);
        listing_int(&t, (int64_t)k->earlier);
        listing_int(&t, (int64_t)k->later);
        listing_int(&t, (int64_t)k->due_now);
        listing_int(&t, (int64_t)k->no_longer_due);
    }
    cli_listing(c, &t);
    cli_print(c, "%llu contact%s become due earlier, %llu later; %llu would be due now.\n", (unsigned long long)m->earlier,
              m->earlier == 1 ? "" : "s", (unsigned long long)m->later, (unsigned long long)m->due_now);
    if (m->reclassified)
        cli_print(c, "%llu get another category.\n", (unsigned long long)m->reclassified);
}

static bool nothing_differs(struct cli *c, const struct policy_difference *d)
{
    if (d->changes_n || d->classification_changed)
        return false;
    cli_print(c, "The schedule in %.*s is the one in force (version %.*s).\n", STR_ARG(c->engine->config.path), STR_ARG(c->engine->policy.version));
    if (c->engine->disarmed)
        cli_print(c, "It has not been activated: purges are dry runs until `expunge policy activate --by NAME`.\n");
    return true;
}

static int run_check(struct cli *c)
{
    struct policy_difference d;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, policy_difference(e, &c->arena, &d, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "in_force", e->policy.version);
        jw_key_string(w, "in_file", e->config.policy.version);
        jw_key_bool(w, "armed", !e->disarmed);
        difference_json(w, &d);
        jw_end(w);
        cli_json_end(c);
    } else if (!nothing_differs(c, &d)) {
        cli_print(c, "%.*s (version %.*s) against the schedule in force (%.*s):\n", STR_ARG(e->config.path), STR_ARG(e->config.policy.version),
                  STR_ARG(e->policy.version));
        difference_text(c, &d);
        if (d.second_person)
            cli_print(c, "A second person must approve it, because %.*s; it acts after a cooling-off of %.*s.\n", STR_ARG(d.why),
                      STR_ARG(policy_text_of(c, &e->policy.cooling_off)));
    }
    return d.changes_n || d.classification_changed ? 1 : 0;
}

const struct command command_policy_check = {
    .name = "policy", .subcommand = "check", .summary = "say what the file would change in the schedule in force",
    .details = "Exit status 1 when there is a difference. `expunge policy simulate` counts the contacts it would move.",
    .permission = "schedule.view|contact.view", .needs = CLI_NOW, .run = run_check};

static int run_simulate(struct cli *c)
{
    struct policy_difference d;
    struct policy_impact m;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, policy_difference(e, &c->arena, &d, &c->err));
    CLI_TRY(c, policy_impact(e, &d, &c->arena, &m, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "in_force", e->policy.version);
        jw_key_string(w, "in_file", e->config.policy.version);
        difference_json(w, &d);
        impact_json(w, &m);
        jw_end(w);
        cli_json_end(c);
    } else if (!nothing_differs(c, &d)) {
        difference_text(c, &d);
        cli_print(c, "\n");
        impact_text(c, &m);
    }
    return 0;
}

const struct command command_policy_simulate = {
    .name = "policy", .subcommand = "simulate", .summary = "count the contacts that the file's schedule would move, and change nothing",
    .permission = "schedule.view|contact.view", .needs = CLI_NOW, .run = run_simulate};

/* ---- activate ---- */

static const char *state_name(enum activation_state s)
{
    switch (s) {
    case ACTIVATION_NOTHING:
        return "in_force_already";
    case ACTIVATION_DONE:
        return "in_force";
    case ACTIVATION_WAITING:
        return "waiting";
    case ACTIVATION_COOLING:
        break;
    }
    return "cooling_off";
}

static struct str digest_hex(struct cli *c, const struct hash *digest)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, digest->b, HASH_BYTES);
    return arena_str(&c->arena, buf_view(&hex));
}

static void activation_json(struct cli *c, const struct activation *x)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "state", str_of(state_name(x->state)));
    jw_key_bool(w, "armed", !c->engine->disarmed);
    jw_key_string(w, "version", x->version);
    jw_key_string(w, "previous", x->previous);
    jw_key_string(w, "digest", digest_hex(c, &x->digest));
    jw_key_time(w, "not_before", x->not_before_ms);
    jw_key_string(w, "waits_for", x->why.n ? x->why : STR_NONE);
    jw_key_int(w, "rewritten", (int64_t)x->rewritten);
    difference_json(w, &x->difference);
    impact_json(w, &x->impact);
    jw_end(w);
    cli_json_end(c);
}

static void activation_text(struct cli *c, const struct activation *x)
{
    if (x->state == ACTIVATION_NOTHING) {
        cli_print(c, "Version %.*s is in force already.\n", STR_ARG(x->version));
        return;
    }
    difference_text(c, &x->difference);
    if (x->difference.changes_n || x->difference.classification_changed)
        impact_text(c, &x->impact);
    if (x->state == ACTIVATION_DONE) {
        cli_print(c, "Version %.*s is in force.\n", STR_ARG(x->version));
        if (x->armed)
            cli_print(c, "The registry is armed: from now on `expunge purge` erases what is due.\n");
        if (x->rewritten)
            cli_print(c, "%llu contact%s placed anew.\n", (unsigned long long)x->rewritten, x->rewritten == 1 ? " was" : "s were");
        return;
    }
    if (x->difference.second_person)
        cli_print(c, "Not in force yet, because %.*s. ", STR_ARG(x->difference.why));
    if (x->state == ACTIVATION_COOLING)
        cli_print(c, "Approved; the cooling-off ends %.*s. Activate again then.\n", STR_ARG(cli_time(c, x->not_before_ms)));
    else
        cli_print(c, "It waits for %.*s:\n  expunge approve %.*s\nthen activate again.\n", STR_ARG(x->why), STR_ARG(digest_hex(c, &x->digest)));
}

static int run_activate(struct cli *c)
{
    struct activation x;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, policy_activate(e, str_of(cli_option(c, "by")), &c->arena, &x, &c->err));
    if (c->json)
        activation_json(c, &x);
    else
        activation_text(c, &x);
    return x.state == ACTIVATION_DONE || x.state == ACTIVATION_NOTHING ? 0 : 3;
}

const struct command command_policy_activate = {
    .name = "policy", .subcommand = "activate", .arguments = "--by NAME", .summary = "put the file's schedule in force; the first time arms the registry",
    .details = "Shows its impact. Longer periods act at once; what may erase earlier waits for a second person (`expunge approve`) and a "
               "cooling-off, after which it is activated again. Exit status 3 while it waits.",
    .permission = "schedule.edit", .needs = CLI_WRITE, .run = run_activate};
