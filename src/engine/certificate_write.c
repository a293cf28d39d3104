/* certificate_write.c - certificates as folders: of one contact, of a person's request. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/certificate_parts.h"
#include "engine/journal.h"

enum { FILE_MAX = 16 << 20, FILE_MODE = 0600 };

struct folder_path {
    struct str dir;
    struct arena *a;
};

static enum status put(const struct folder_path *f, const char *name, struct str content, struct err *err)
{
    struct str path = path_join(f->a, f->dir, str_of(name));
    if (!path.p)
        return ARENA_FULL(err, f->a);
    if (content.p)
        return file_write(path.p, content, FILE_MODE, err);
    /* What an earlier certificate had and this one has not must not be taken for its part. */
    if (unlink(path.p) != 0 && errno != ENOENT)
        return FAIL(err, E_IO, "%s cannot be removed", path.p);
    return OK;
}

static enum status put_made(const struct folder_path *f, const char *name, const struct certificate *c,
                            enum status (*make)(const struct certificate *, struct buf *, struct err *),
                            struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, FILE_MAX);
    TRY(make(c, &b, err));
    return put(f, name, buf_view(&b), err);
}

enum status certificate_write(const struct certificate *c, const char *folder, struct arena *a, struct err *err)
{
    struct folder_path f = {.dir = str_of(folder), .a = a};
    struct str trust = c->proven ? arena_fmt(a, "log %.*s\nquorum none\n", STR_ARG(c->vkey)) : STR_NONE;
    TRY(dir_make(folder, 0700, err));
    TRY(put(&f, "statement.json", c->statement, err));
    TRY(put(&f, "statement.tlog-proof", c->proof, err));
    TRY(put(&f, "trust.policy", trust, err));
    TRY(put(&f, "openings.json", c->openings, err));
    TRY(put_made(&f, "VERIFY.txt", c, certificate_verify_text, err));
    TRY(put_made(&f, "certificate.html", c, certificate_html, err));
    return put_made(&f, "certificate.json", c, certificate_json, err);
}

static enum status record_disclosure(struct engine *e, const struct certificate_options *o, uint64_t n,
                                     struct str request, struct arena *a, struct err *err)
{
    struct entry entry;
    struct journal_fact facts[] = {{.name = "n", .is_number = true, .number = (int64_t)n},
                                   {.name = "recipient", .text = o->recipient.n ? o->recipient : STR("holder")},
                                   {.name = "request", .text = request},
                                   {.name = "what", .text = STR("certificate with opening")}};
    TRY(journal_plain(e, "DISCLOSED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, &entry, err));
    struct group g = {.entries = &entry, .entries_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    return g.result == OK ? OK : FAIL(err, g.result, "the disclosure could not be recorded: nothing was written");
}

enum status certificate_of_contact(struct engine *e, struct str given, const struct certificate_options *o,
                                   const char *folder, struct arena *a, struct certificate_report *out, struct err *err)
{
    struct found_contact *found;
    size_t n;
    TRY(engine_resolve(e, given, o->source, a, &found, &n, err));
    if (!n)
        return FAIL(err, E_ABSENT, "no contact %.*s is registered: nothing can be certified about it", STR_ARG(given));
    if (n > 1)
        return FAIL(err, E_INVALID, "contact %.*s exists in %zu sources: write SOURCE/ID", STR_ARG(given), n);
    struct certificate *c = ARENA_NEW(a, struct certificate);
    if (!c)
        return ARENA_FULL(err, a);
    TRY(certificate_of_chain(e, &found[0].chain, o, a, c, err));
    c->source = found[0].source;
    c->id = found[0].id;
    if (c->openings.n)
        TRY(record_disclosure(e, o, 1, STR_NONE, a, err));
    TRY(certificate_write(c, folder, a, err));
    *out = (struct certificate_report){
        .certificates = c, .n = 1, .folder = arena_str(a, str_of(folder)), .all_erased = c->erased};
    return OK;
}

/* ---- of a request ---- */

static enum status summary(const struct request *q, const struct certificate_report *r, struct buf *b, struct err *err)
{
    struct json_writer w;
    size_t erased = 0;
    for (size_t i = 0; i < r->n; i++)
        erased += r->certificates[i].erased;
    jw_init(&w, b, 2);
    jw_object(&w);
    jw_key_string(&w, "format", STR("expunge-request-certificate/v1"));
    jw_key_string(&w, "request", q->id);
    jw_key_string(&w, "state", str_of(request_state_name(q->state)));
    jw_key_string(&w, "regime", str_of(regime_name(q->regime)));
    jw_key_time(&w, "received_at", q->received_ms);
    jw_key_time(&w, "due_at", q->due_ms);
    jw_key_time(&w, "completed_at", q->state == REQUEST_COMPLETED ? q->ended_ms : TIME_NONE);
    jw_key_bool(&w, "erased", r->all_erased);
    jw_key_int(&w, "contacts", (int64_t)r->n);
    jw_key_int(&w, "contacts_erased", (int64_t)erased);
    jw_key(&w, "certificates");
    jw_array(&w);
    for (size_t i = 0; i < r->n; i++) {
        char name[16];
        int len = snprintf(name, sizeof name, "%03zu", i + 1);
        jw_object(&w);
        jw_key_string(&w, "folder", (struct str){name, (size_t)len});
        jw_key_string(&w, "reference", r->certificates[i].reference);
        jw_key_string(&w, "status", str_of(contact_status_name(r->certificates[i].status)));
        jw_key_bool(&w, "erased", r->certificates[i].erased);
        jw_key_string(&w, "headline", r->certificates[i].headline);
        jw_end(&w);
    }
    jw_end(&w);
    jw_end(&w);
    buf_char(b, '\n');
    return buf_check(b, err);
}

static enum status gather(struct engine *e, const struct request *q, const struct certificate_options *o,
                          struct arena *a, struct certificate_report *r, struct err *err)
{
    r->certificates = ARENA_ARRAY(a, struct certificate, q->candidates_n + 1);
    if (!r->certificates)
        return ARENA_FULL(err, a);
    r->all_erased = true;
    for (size_t i = 0; i < q->candidates_n; i++) {
        if (q->candidates[i].state != CANDIDATE_CONFIRMED)
            continue;
        TRY(certificate_of_chain(e, &q->candidates[i].chain, o, a, &r->certificates[r->n], err));
        r->all_erased &= r->certificates[r->n++].erased;
    }
    if (!r->n)
        return FAIL(err, E_ABSENT, "no contact is confirmed for request %.*s: there is nothing to certify",
                    STR_ARG(q->id));
    return OK;
}

enum status certificate_of_request(struct engine *e, struct str request_id, const struct certificate_options *o,
                                   const char *folder, struct arena *a, struct certificate_report *out, struct err *err)
{
    struct request q;
    struct certificate_report r = {.folder = arena_str(a, str_of(folder))};
    struct folder_path f = {.dir = r.folder, .a = a};
    CLEANUP(buf_release) struct buf b;
    uint64_t disclosed = 0;
    buf_init(&b, FILE_MAX);
    TRY(registry_request_get(e->registry, request_id, a, &q, err));
    TRY(gather(e, &q, o, a, &r, err));
    for (size_t i = 0; i < r.n; i++)
        disclosed += r.certificates[i].openings.n > 0;
    if (disclosed)
        TRY(record_disclosure(e, o, disclosed, request_id, a, err));
    TRY(dir_make(folder, 0700, err));
    for (size_t i = 0; i < r.n; i++) {
        struct str sub = path_join(a, r.folder, arena_fmt(a, "%03zu", i + 1));
        if (!sub.p)
            return ARENA_FULL(err, a);
        TRY(certificate_write(&r.certificates[i], sub.p, a, err));
    }
    TRY(summary(&q, &r, &b, err));
    TRY(put(&f, "certificate.json", buf_view(&b), err));
    *out = r;
    return OK;
}
