/* audit_export.c - what an auditor takes away: exact entries, the lines people read, and what they can be held against.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/audit_view.h"
#include "engine/journal.h"
#include "engine/logbook.h"

enum { EXPORT_MAX = 1 << 30, PAGE_LINES = 1000, PAGE_ARENA_MAX = 256 << 20 };

struct exporting {
    struct engine *engine;
    const struct audit_export *x;
    struct arena *a;
    struct str dir;
    struct buf entries, lines;
    uint64_t rows, first, last;
};

static enum status add_rows(struct exporting *x, struct audit_line *line, struct err *err)
{
    struct json_writer w;
    if (!x->rows++)
        x->first = line->index;
    x->last = line->index;
    buf_str(&x->entries, line->body);
    buf_char(&x->entries, '\n');
    if (!x->x->contacts) {
        line->contacts_n = 0;
        line->matter = STR_NONE;
    }
    jw_init(&w, &x->lines, 0);
    audit_line_json(line, x->x->matters, &w);
    buf_char(&x->lines, '\n');
    TRY(buf_check(&x->entries, err));
    return buf_check(&x->lines, err);
}

static enum status add_pages(struct exporting *x, struct err *err)
{
    struct audit_filter f = x->x->filter;
    struct arena page;
    enum status s = OK;
    f.max = PAGE_LINES;
    arena_init(&page, PAGE_ARENA_MAX);
    for (bool more = true; more && s == OK;) {
        struct audit_line *lines;
        size_t n = 0;
        arena_reset(&page);
        s = audit_list(x->engine, &f, &page, &lines, &n, &more, err);
        for (size_t i = 0; s == OK && i < n; i++)
            s = add_rows(x, &lines[i], err);
        if (s == OK && n) {
            f.has_after = true;
            f.after = lines[n - 1].index;
        }
    }
    arena_release(&page);
    return s;
}

static void key_digest(struct json_writer *w, const char *key, struct str content)
{
    struct hash h = sha256(content);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 2 * HASH_BYTES + 1);
    buf_hex(&b, h.b, sizeof h.b);
    jw_key_string(w, key, buf_view(&b));
}

static void write_filter(struct json_writer *w, const struct audit_filter *f, bool contacts)
{
    jw_key(w, "filter");
    jw_object(w);
    jw_key_string(w, "user", f->user);
    jw_key_time(w, "from", f->from_ms);
    jw_key_time(w, "to", f->to_ms);
    jw_key_string(w, "functionality", f->functionality);
    jw_key_string(w, "type", f->type);
    jw_key_string(w, "contact", contacts ? f->contact : STR_NONE);
    jw_end(w);
}

static enum status manifest(struct exporting *x, const struct logbook_head *head, struct buf *b, struct err *err)
{
    struct json_writer w;
    jw_init(&w, b, 2);
    jw_object(&w);
    jw_key_string(&w, "format", STR("expunge-audit-export/v1"));
    jw_key_time(&w, "exported_at", engine_now(x->engine));
    write_filter(&w, &x->x->filter, x->x->contacts);
    jw_key_int(&w, "rows", (int64_t)x->rows);
    jw_key(&w, "first_index");
    x->rows ? jw_int(&w, (int64_t)x->first) : jw_null(&w);
    jw_key(&w, "last_index");
    x->rows ? jw_int(&w, (int64_t)x->last) : jw_null(&w);
    key_digest(&w, "entries_sha256", buf_view(&x->entries));
    key_digest(&w, "lines_sha256", buf_view(&x->lines));
    jw_key_bool(&w, "contacts_disclosed", x->x->contacts);
    jw_key_string(&w, "origin", head->origin);
    jw_key_string(&w, "vkey", head->vkey);
    jw_key_int(&w, "log_size", (int64_t)head->size);
    jw_end(&w);
    buf_char(b, '\n');
    return buf_check(b, err);
}

static enum status write_one(struct exporting *x, const char *name, struct str content, struct err *err)
{
    struct str path = path_join(x->a, x->dir, str_of(name));
    if (!path.p)
        return ARENA_FULL(err, x->a);
    return file_write(path.p, content, 0600, err);
}

static enum status record_disclosure(struct exporting *x, struct str content, struct err *err)
{
    struct hash h = sha256(content);
    struct entry entry;
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, h.b, sizeof h.b);
    struct journal_fact facts[] = {
        {.name = "digest", .text = buf_view(&hex)},
        {.name = "n", .is_number = true, .number = (int64_t)x->rows},
        {.name = "recipient", .text = x->x->recipient.n ? x->x->recipient : STR("holder")},
        {.name = "what", .text = x->x->contacts ? STR("export with contacts") : STR("export")}};
    TRY(journal_plain(x->engine, "DISCLOSED", facts, ARRAY_LEN(facts), NULL, engine_now(x->engine), x->a, &entry, err));
    struct group g = {.entries = &entry, .entries_n = 1};
    TRY(registry_commit(x->engine->registry, &g, 1, err));
    return g.result == OK ? OK : FAIL(err, g.result, "the export could not be recorded: nothing was written");
}

static enum status export_all(struct exporting *x, struct err *err)
{
    struct logbook_head head;
    CLEANUP(buf_release) struct buf text;
    buf_init(&text, 1 << 20);
    TRY(logbook_integrate(x->engine, err));
    TRY(logbook_head(x->engine, x->a, &head, err));
    TRY(add_pages(x, err));
    TRY(manifest(x, &head, &text, err));
    TRY(record_disclosure(x, buf_view(&x->entries), err)); /* before anything leaves */
    if (mkdir(x->dir.p, 0700) != 0)
        return FAIL(err, errno == EEXIST ? E_CONFLICT : E_IO, "%s %s: an export gets a new folder", x->dir.p,
                    errno == EEXIST ? "exists already" : "cannot be made");
    TRY(write_one(x, "entries.jsonl", buf_view(&x->entries), err));
    TRY(write_one(x, "lines.jsonl", buf_view(&x->lines), err));
    TRY(write_one(x, "checkpoint", head.checkpoint, err));
    return write_one(x, "manifest.json", buf_view(&text), err);
}

enum status audit_export(struct engine *e, const struct audit_export *x, const char *dir, struct arena *a,
                         uint64_t *rows, struct err *err)
{
    struct exporting ex = {.engine = e, .x = x, .a = a, .dir = str_of(dir)};
    if (file_exists(dir) || dir_exists(dir))
        return FAIL(err, E_CONFLICT, "%s exists already: an export gets a new folder", dir);
    buf_init(&ex.entries, EXPORT_MAX);
    buf_init(&ex.lines, EXPORT_MAX);
    enum status s = export_all(&ex, err);
    buf_release(&ex.entries);
    buf_release(&ex.lines);
    TRY(s);
    *rows = ex.rows;
    return OK;
}
