#include "cli/cli.h"
#include "engine/certificate.h"

enum { HTML_MAX = 64 << 20, NAME_BYTES_MAX = 80 };

/* certificate-ID in the current folder; what no file name should hold is replaced. */
static const char *default_folder(struct cli *c, const char *id)
{
    struct str name = arena_fmt(&c->arena, "certificate-%.*s", NAME_BYTES_MAX, id);
    char *copy = arena_cstr(&c->arena, name);
    for (char *p = copy; p && *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' ||
              *p == '.'))
            *p = '_';
    return copy;
}

static void tell_json(struct cli *c, const struct certificate_report *r, struct str folder)
{
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "folder", folder);
    jw_key_bool(w, "all_erased", r->all_erased);
    jw_key(w, "certificates");
    jw_array(w);
    for (size_t i = 0; i < r->n; i++) {
        const struct certificate *k = &r->certificates[i];
        jw_object(w);
        jw_key_string(w, "reference", k->reference);
        jw_key_string(w, "status", str_of(contact_status_name(k->status)));
        jw_key_bool(w, "erased", k->erased);
        jw_key_bool(w, "proven", k->proven);
        jw_key_string(w, "headline", k->headline);
        jw_key_string(w, "why", k->why.n ? k->why : STR_NONE);
        jw_key_time(w, "at", k->at_ms);
        jw_key_time(w, "until", k->until_ms);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    cli_json_end(c);
}

static void tell_text(struct cli *c, const struct certificate_report *r, struct str folder)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct certificate *k = &r->certificates[i];
        cli_print(c, "%.*s\n", STR_ARG(cli_shown(c, k->headline)));
        if (k->why.n)
            cli_print(c, "  %.*s\n", STR_ARG(cli_shown(c, k->why)));
    }
    cli_print(c, "Written to %.*s: certificate.html for people, VERIFY.txt says how to check it.\n", STR_ARG(folder));
}

static int tell_html(struct cli *c, const struct certificate_report *r)
{
    CLEANUP(buf_release) struct buf html;
    buf_init(&html, HTML_MAX);
    if (r->n != 1) {
        IGNORE(FAIL(&c->err, E_INVALID,
                    "--html shows one certificate; this request has %zu: open certificate.html in their folders",
                    r->n));
        return cli_fail(c);
    }
    CLI_TRY(c, certificate_html(&r->certificates[0], &html, &c->err));
    CLI_TRY(c, buf_check(&html, &c->err));
    cli_write(c, buf_view(&html));
    return r->all_erased ? 0 : 1;
}

static int run(struct cli *c)
{
    struct certificate_options o = {.source = str_of(cli_option(c, "source")),
                                    .disclose = cli_flag(c, "disclose"),
                                    .recipient = str_of(cli_option(c, "recipient"))};
    struct certificate_report report;
    struct str id = str_of(c->args[0]);
    const char *folder = cli_option(c, "out") ? cli_option(c, "out") : default_folder(c, c->args[0]);
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, (cli_flag(c, "request") ? certificate_of_request : certificate_of_contact)(e, id, &o, folder, &c->arena,
                                                                                          &report, &c->err));
    if (cli_flag(c, "html"))
        return tell_html(c, &report);
    if (c->json)
        tell_json(c, &report, str_of(folder));
    else
        tell_text(c, &report, str_of(folder));
    return report.all_erased ? 0 : 1;
}

static const struct cli_option options[] = {
    {"request", NULL, "ID is a request: one certificate for each confirmed contact", false},
    {"source", "S", "the source of an id that names none", false},
    {"out", "DIR", "the folder to write; certificate-ID unless given", false},
    {"html", NULL, "also show the page for people on standard output", false},
    {"disclose", NULL, "with the contact ids behind the commitments: logged as a disclosure", false},
    {"recipient", "NAME", "to whom it is handed: stands in the log with --disclose", false},
    {NULL, NULL, NULL, false}};

const struct command command_certificate = {.name = "certificate",
                                            .arguments = "ID",
                                            .summary = "write the proof for one contact or request",
                                            .details = "A folder with the entry, its place in the signed log, and how "
                                                       "to check both without this program. Exit status 1 when "
                                                       "what it certifies is not (yet) an erasure.",
                                            .permission = "audit.export",
                                            .options = options,
                                            .args_min = 1,
                                            .args_max = 1,
                                            .needs = CLI_WRITE,
                                            .run = run};
