/* cmd_audit.c - the log: read, verified, proven, handed out. */
#include "base/file.h"
#include "cli/cli.h"
#include "engine/audit_view.h"
#include "engine/logbook.h"
#include "engine/reopen.h"

enum { VKEYS_MAX = 16, VKEY_BYTES_MAX = 4096, PAGE = 1000 };

static int refuse_usage(struct cli *c, const char *text)
{
    IGNORE(FAIL(&c->err, E_INVALID, "%s", text));
    return cli_fail(c);
}

/* ---- list ---- */

/* Who may delete but not read the log sees the entries of their own deletions (product.md section 6). */
static enum status read_filter(struct cli *c, struct audit_filter *f, struct err *err)
{
    *f = (struct audit_filter){.user = str_of(cli_option(c, "user")),
                               .from_ms = TIME_NONE,
                               .to_ms = TIME_NONE,
                               .functionality = str_of(cli_option(c, "functionality")),
                               .type = str_of(cli_option(c, "type")),
                               .contact = str_of(cli_option(c, "contact")),
                               .max = PAGE};
    TRY(audit_filter_check(f, err));
    TRY(cli_option_time(c, "from", &f->from_ms, err));
    TRY(cli_option_time(c, "to", &f->to_ms, err));
    if (cli_may(c, "audit.view"))
        return OK;
    if (f->user.n && !str_eq(f->user, c->engine->actor.id))
        return FAIL(err, E_DENIED, "without the permission audit.view only your own entries are shown");
    f->user = c->engine->actor.id;
    return OK;
}

static void line_text(struct cli *c, const struct audit_line *l, bool matters)
{
    cli_print(c, "%8llu  %-20.*s  %-18.*s  %-16.*s  %.*s", (unsigned long long)l->index, STR_ARG(cli_time(c, l->at_ms)),
              STR_ARG(l->type), STR_ARG(l->functionality.n ? l->functionality : STR("-")),
              STR_ARG(cli_shown(c, l->actor)));
    if (l->result.n)
        cli_print(c, "  %.*s", STR_ARG(cli_shown(c, l->result)));
    if (l->request.n)
        cli_print(c, "  %.*s", STR_ARG(cli_shown(c, l->request)));
    for (size_t i = 0; i < l->contacts_n; i++)
        cli_print(c, "  %.*s", STR_ARG(l->contacts[i].p ? cli_shown(c, l->contacts[i]) : STR("(no longer known)")));
    if (l->matter.n && matters)
        cli_print(c, "  matter %.*s", STR_ARG(cli_shown(c, l->matter)));
    if (l->shown == SHOWN_MISMATCH)
        cli_print(c, "  MISMATCH: the opening does not open this entry");
    cli_print(c, "\n");
}

static int run_list(struct cli *c)
{
    struct audit_filter f;
    int64_t limit = INT64_MAX;
    bool more = true;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, read_filter(c, &f, &c->err));
    CLI_TRY(c, cli_option_int(c, "limit", 1, INT64_MAX, &limit, &c->err));
    f.newest_first = cli_flag(c, "newest");
    bool matters = cli_may(c, "hold.view");
    while (more && limit > 0 && !cli_out_broken(c)) {
        struct arena a;
        struct audit_line *lines;
        size_t n = 0;
        arena_init(&a, 512 << 20);
        f.max = limit < PAGE ? (size_t)limit : PAGE;
        enum status s = audit_list(e, &f, &a, &lines, &n, &more, &c->err);
        for (size_t i = 0; s == OK && i < n; i++) {
            if (c->json) {
                audit_line_json(&lines[i], matters, cli_json(c));
                cli_json_end(c);
            } else
                line_text(c, &lines[i], matters);
        }
        limit -= (int64_t)n;
        if (n) {
            f.has_after = true;
            f.after = lines[n - 1].index;
        }
        more &= n > 0;
        arena_release(&a);
        CLI_TRY(c, s);
    }
    return 0;
}

#define FILTER_OPTIONS                                                                                                 \
    {"user", "NAME", "entries of this account, or of os:NAME@HOST", false},                                            \
        {"from", "DATE", "entries from then on", false}, {"to", "DATE", "entries before then", false},                 \
        {"functionality", "F",                                                                                         \
         "Delete Contact, Bulk Delete, Erasure Request, Retention Purge, Re-erasure, Scrub or Restrict", false},       \
        {"type", "TYPE", "entries of one type, such as VERIFIED", false},                                              \
    {                                                                                                                  \
        "contact", "ID", "entries about one contact", false                                                            \
    }

static const struct cli_option list_options[] = {FILTER_OPTIONS,
                                                 {"limit", "N", "at most N entries", false},
                                                 {"newest", NULL, "newest first", false},
                                                 {NULL, NULL, NULL, false}};

const struct command command_audit_list = {.name = "audit",
                                           .subcommand = "list",
                                           .summary = "show the log, with contact ids as long as they may be known",
                                           .details = "Contact ids and matters come from openings, which are destroyed "
                                                      "in time; the entries are not. Who may delete, but not "
                                                      "read the log, sees their own entries.",
                                           .permission = "audit.view|contact.delete",
                                           .options = list_options,
                                           .needs = CLI_NOW,
                                           .run = run_list};

/* ---- verify ---- */

static void tick(void *ctx, uint64_t done, uint64_t total)
{
    progress_tick(ctx, "entries verified", done, total);
}

static enum status read_vkeys(struct cli *c, struct str *keys, size_t *n, struct err *err)
{
    const char *given;
    for (*n = 0; (given = cli_option_at(c, "vkey", *n)) != NULL; (*n)++) {
        if (*n == VKEYS_MAX)
            return FAIL(err, E_LIMIT, "at most %d keys", VKEYS_MAX);
        if (!file_exists(given))
            keys[*n] = str_of(given);
        else
            TRY(file_read(given, VKEY_BYTES_MAX, &c->arena, &keys[*n], err));
        keys[*n] = str_trim(keys[*n]);
    }
    return OK;
}

static void verified_text(struct cli *c, const struct audit_check *k)
{
    const struct verify_report *r = &k->report;
    cli_print(c, "%s\n", k->ok ? "The log verifies." : "THE LOG DOES NOT VERIFY.");
    if (!k->ok)
        cli_print(c, "  %.*s\n", STR_ARG(cli_shown(c, k->why)));
    cli_print(c, "  origin    %.*s\n  key       %.*s\n", STR_ARG(cli_shown(c, r->origin)),
              STR_ARG(cli_shown(c, r->vkey)));
    cli_print(c, "  entries   %llu of %llu verified, signature %s\n", (unsigned long long)r->entries_verified,
              (unsigned long long)r->size, r->checkpoint_verified ? "good" : "NOT verified");
    if (k->with_openings)
        cli_print(c, "  openings  %llu present, %llu destroyed, %llu missing\n",
                  (unsigned long long)k->openings.present, (unsigned long long)k->openings.destroyed,
                  (unsigned long long)k->openings.missing);
    if (r->meaning.intents_open)
        cli_print(c, "  open      %llu intent(s) without outcome: the next purge goes on with them\n",
                  (unsigned long long)r->meaning.intents_open);
    for (size_t i = 0; i < r->open_n; i++)
        cli_print(c, "            entry %llu, %u contact(s) without outcome\n", (unsigned long long)r->open[i].index,
                  (unsigned)r->open[i].owing);
    if (k->pending)
        cli_print(c, "  pending   %llu entries not yet under a signed head\n", (unsigned long long)k->pending);
}

/* An old copy may well verify; that a newer one has been published is told beside (rule 2.30). */
static void warn_behind(struct cli *c)
{
    struct err behind = {.code = OK};
    if (logbook_check_behind(c->engine, &behind) != OK)
        cli_note(c, "%s", behind.text);
}

static int run_verify(struct cli *c)
{
    struct str keys[VKEYS_MAX];
    size_t keys_n;
    struct audit_check check = {.ok = false};
    const struct verify_how how = {.ctx = &c->progress, .tick = tick};
    CLI_TRY(c, read_vkeys(c, keys, &keys_n, &c->err));
    if (c->args_n) {
        if (!keys_n)
            return refuse_usage(
                c, "a folder is verified with a key that you trust: --vkey KEY (a folder's own copy proves nothing)");
        CLI_TRY(c, crypto_init(&c->err));
        CLI_TRY(c, audit_check_folder(c->args[0], keys, keys_n, &how, &c->arena, &check, &c->err));
    } else {
        struct engine *e = cli_engine(c);
        if (!e)
            return cli_fail(c);
        CLI_TRY(c, audit_check_registry(e, &how, &c->arena, &check, &c->err));
        warn_behind(c);
    }
    if (c->json) {
        audit_check_json(&check, cli_json(c));
        cli_json_end(c);
    } else
        verified_text(c, &check);
    return check.ok ? 0 : 4;
}

static const struct cli_option verify_options[] = {
    {"vkey", "KEY", "the log's verifier key, or a file with it; needed for a folder, may be repeated", true},
    {NULL, NULL, NULL, false}};

const struct command command_audit_verify = {.name = "audit",
                                             .subcommand = "verify",
                                             .arguments = "[DIR --vkey KEY]",
                                             .summary = "verify the log: this registry's, or a published folder",
                                             .details =
                                                 "A published folder needs neither registry nor configuration. Also "
                                                 "checks meaning: outcome after intent, intents still "
                                                 "open, approver not requester. Exit status 4: it does not verify.",
                                             .permission = "audit.view",
                                             .options = verify_options,
                                             .args_max = 1,
                                             .needs = CLI_NOW,
                                             .run = run_verify};

/* ---- prove, publish, export, reopen ---- */

static int run_prove(struct cli *c)
{
    int64_t index;
    struct str proof;
    const char *to = cli_option(c, "out");
    if (!str_to_i64(str_of(c->args[0]), &index) || index < 0)
        return refuse_usage(c, "an entry is named by its index, as `expunge audit list` shows it");
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, logbook_prove(e, (uint64_t)index, &c->arena, &proof, &c->err));
    if (to)
        CLI_TRY(c, file_write(to, proof, 0644, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_int(w, "index", index);
        jw_key_string(w, "file", str_of(to));
        jw_key_string(w, "proof", to ? STR_NONE : proof);
        jw_end(w);
        cli_json_end(c);
    } else if (to)
        cli_print(c, "Written to %s. VERIFY.txt of the published folder says how to check it.\n", to);
    else
        cli_write(c, proof);
    return 0;
}

static const struct cli_option prove_options[] = {
    {"out", "FILE", "write the proof there instead of standard output", false}, {NULL, NULL, NULL, false}};

const struct command command_audit_prove = {.name = "audit",
                                            .subcommand = "prove",
                                            .arguments = "INDEX",
                                            .summary = "a .tlog-proof that one entry stands in the log",
                                            .permission = "audit.export",
                                            .options = prove_options,
                                            .args_min = 1,
                                            .args_max = 1,
                                            .needs = CLI_WRITE,
                                            .run = run_prove};

static struct str hash_hex(struct cli *c, const struct hash *h)
{
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, h->b, HASH_BYTES);
    return arena_str(&c->arena, buf_view(&hex));
}

static int run_publish(struct cli *c)
{
    struct logbook_head head;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    struct str dir = c->args_n ? str_of(c->args[0]) : e->config.audit_publish;
    if (!dir.n)
        return refuse_usage(c, "no folder: name one, or set audit.publish in the configuration");
    CLI_TRY(c, logbook_publish(e, c->args_n ? dir : STR_NONE, &c->arena, &head, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "dir", dir);
        jw_key_string(w, "origin", head.origin);
        jw_key_string(w, "vkey", head.vkey);
        jw_key_int(w, "size", (int64_t)head.size);
        jw_key_string(w, "root", hash_hex(c, &head.root));
        jw_end(w);
        cli_json_end(c);
        return 0;
    }
    cli_print(c,
              "%llu entries of %.*s are published in %.*s.\nHand the key out by another way than the folder:\n  %.*s\n",
              (unsigned long long)head.size, STR_ARG(head.origin), STR_ARG(dir), STR_ARG(head.vkey));
    return 0;
}

const struct command command_audit_publish = {
    .name = "audit",
    .subcommand = "publish",
    .arguments = "[DIR]",
    .summary = "write the log as a folder that others can verify",
    .details =
        "Tiles, entries, checkpoint, VERIFY.txt and the format. DIR is the configured audit.publish unless given.",
    .permission = "audit.export",
    .args_max = 1,
    .needs = CLI_WRITE,
    .run = run_publish};

static int run_export(struct cli *c)
{
    struct audit_export x = {.recipient = str_of(cli_option(c, "recipient")),
                             .contacts = cli_flag(c, "contacts"),
                             .matters = cli_flag(c, "matters")};
    uint64_t rows;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    if (!x.recipient.n)
        return refuse_usage(c, "to whom? --recipient NAME: it stands in the log");
    if (x.matters && !cli_may(c, "hold.view")) {
        IGNORE(FAIL(&c->err, E_DENIED, "--matters needs the permission hold.view"));
        return cli_fail(c);
    }
    CLI_TRY(c, read_filter(c, &x.filter, &c->err));
    CLI_TRY(c, audit_export(e, &x, c->args[0], &c->arena, &rows, &c->err));
    if (c->json) {
        struct json_writer *w = cli_json(c);
        jw_object(w);
        jw_key_string(w, "dir", str_of(c->args[0]));
        jw_key_int(w, "rows", (int64_t)rows);
        jw_key_bool(w, "contacts", x.contacts);
        jw_end(w);
        cli_json_end(c);
    } else
        cli_print(c, "%llu entries are in %s%s. The log says that they were handed to %.*s.\n",
                  (unsigned long long)rows, c->args[0], x.contacts ? ", with contact ids" : "", STR_ARG(x.recipient));
    return 0;
}

static const struct cli_option export_options[] = {
    FILTER_OPTIONS,
    {"recipient", "NAME", "to whom it is handed: stands in the log", false},
    {"contacts", NULL, "with the contact ids behind the commitments: a disclosure", false},
    {"matters", NULL, "with the matters of holds too", false},
    {NULL, NULL, NULL, false}};

const struct command command_audit_export = {.name = "audit",
                                             .subcommand = "export",
                                             .arguments = "DIR --recipient NAME",
                                             .summary = "hand out entries that match, with their bytes",
                                             .permission = "audit.export",
                                             .options = export_options,
                                             .args_min = 1,
                                             .args_max = 1,
                                             .needs = CLI_WRITE,
                                             .run = run_export};

static void reopen_json(struct cli *c, const struct reopen_report *r)
{
    const struct {
        const char *name;
        uint64_t n;
    } missing[] = {{"holds", r->missing.holds},
                   {"erasures", r->missing.erasures},
                   {"verifications", r->missing.verifications},
                   {"policy_changes", r->missing.policy_changes},
                   {"registrations", r->missing.registrations},
                   {"others", r->missing.others}};
    struct json_writer *w = cli_json(c);
    jw_object(w);
    jw_key_string(w, "previous", r->previous);
    jw_key_string(w, "origin", r->origin);
    jw_key_string(w, "vkey", r->vkey);
    jw_key_int(w, "published", (int64_t)r->published);
    jw_key_int(w, "here", (int64_t)r->here);
    jw_key_int(w, "common", (int64_t)r->common);
    jw_key(w, "missing");
    jw_object(w);
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        jw_key_int(w, missing[i].name, (int64_t)missing[i].n);
    jw_end(w);
    jw_key_int(w, "size", (int64_t)r->size);
    jw_end(w);
    cli_json_end(c);
}

static int run_reopen(struct cli *c)
{
    struct reopen_report r;
    struct engine *e = cli_engine(c);
    if (!e)
        return cli_fail(c);
    CLI_TRY(c, audit_reopen(e, &c->arena, &r, &c->err));
    if (c->json) {
        reopen_json(c, &r);
        return 0;
    }
    cli_print(c, "The published log had %llu entries, this registry %llu; the first %llu are the same. Missing here:\n",
              (unsigned long long)r.published, (unsigned long long)r.here, (unsigned long long)r.common);
    cli_print(
        c,
        "%9llu  hold(s) applied or released: apply them again\n%9llu  erasure(s): `expunge restore declare` repeats "
        "what stores "
        "have back\n%9llu  change(s) of the retention schedule\n%9llu  verification(s)\n%9llu  registration(s): ingest "
        "again\n%9llu  other(s)\n",
        (unsigned long long)r.missing.holds, (unsigned long long)r.missing.erasures,
        (unsigned long long)r.missing.policy_changes, (unsigned long long)r.missing.verifications,
        (unsigned long long)r.missing.registrations, (unsigned long long)r.missing.others);
    cli_print(c, "The log goes on as %.*s. Hand out its key:\n  %.*s\n", STR_ARG(r.origin), STR_ARG(r.vkey));
    return 0;
}

const struct command command_audit_reopen = {.name = "audit",
                                             .subcommand = "reopen",
                                             .summary = "take a registry behind its published log into use again",
                                             .details = "After a restore from a backup. Says how many holds, erasures "
                                                        "and policy changes are missing here, and begins a log "
                                                        "under a new origin.",
                                             .permission = "store.manage",
                                             .run = run_reopen};
