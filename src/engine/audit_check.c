/* audit_check.c - the registry's own log, and a published folder, verified from their bytes. */
#include "audit/commit.h"
#include "engine/audit_view.h"
#include "engine/logbook_state.h"

enum { LINE_ARENA_MAX = 64 << 20, WORK_ARENA_MAX = 256 << 20 };

struct checking {
    struct engine *engine;
    struct audit_check *check;
    struct log_reader reader;
    struct arena line;
    bool destroyed_said; /* an OPENING_DESTROYED entry was seen */
    uint64_t gone;       /* entries that nobody can open any more */
    uint64_t wrong_index;
};

/* An entry that commits to something personal, and whose opening should therefore be there or said to be destroyed. */
static enum status check_opening(struct checking *c, const struct entry *entry, struct err *err)
{
    struct audit_line line;
    struct entry_view view;
    if (entry_check(entry->body, &view, NULL) != OK)
        return OK; /* the verification itself says so */
    c->destroyed_said |= view.type == ENTRY_OPENING_DESTROYED;
    if (!entry_raw(&view, "chain").p && !entry_raw(&view, "matter").p)
        return OK;
    arena_reset(&c->line);
    TRY(audit_line_of(c->engine, entry, &c->line, &line, err));
    if (line.shown == SHOWN_ALL || line.shown == SHOWN_SOME) {
        c->check->openings.present++;
    } else if (line.shown == SHOWN_MISMATCH) {
        if (!c->check->openings.wrong++)
            c->wrong_index = entry->index;
    } else if (row_key_is_none(&entry->subject)) {
        c->gone++; /* blanked when its opening was destroyed */
    } else {
        c->check->openings.missing++;
    }
    return OK;
}

static enum status next_entry(void *ctx, uint64_t index, struct str *bytes, struct err *err)
{
    struct checking *c = ctx;
    const struct entry *entry;
    TRY(log_reader_entry(&c->reader, index, &entry, err));
    TRY(check_opening(c, entry, err));
    *bytes = entry->body;
    return OK;
}

static struct str describe(const struct verify_report *r, struct arena *a)
{
    const struct verify_mismatch *m = &r->mismatch;
    if (m->any && m->has_index)
        return arena_fmt(a, "entry %llu: %s%s%s: expected %s, got %s", (unsigned long long)m->index, m->path,
                         m->path[0] ? ": " : "", m->what, m->expected, m->got);
    if (m->any)
        return arena_fmt(a, "%s%s%s: expected %s, got %s", m->path, m->path[0] ? ": " : "", m->what, m->expected,
                         m->got);
    if (r->meaning.any)
        return arena_fmt(a, "entry %llu: %s", (unsigned long long)r->meaning.first_index,
                         finding_text(r->meaning.first));
    if (!r->checkpoint_verified)
        return STR("the head's signature does not verify");
    return STR("the log does not verify");
}

static void judge(struct checking *c, struct arena *a)
{
    struct audit_check *k = c->check;
    if (c->destroyed_said)
        k->openings.destroyed = c->gone;
    else
        k->openings.missing += c->gone;
    k->ok = k->report.ok && k->report.checkpoint_verified && !k->openings.wrong && !k->openings.missing;
    if (k->ok)
        return;
    if (!k->report.ok || !k->report.checkpoint_verified)
        k->why = describe(&k->report, a);
    else if (k->openings.wrong)
        k->why = arena_fmt(a, "entry %llu: its opening does not open it: one of them was changed",
                           (unsigned long long)c->wrong_index);
    else
        k->why = arena_fmt(a, "%llu entries lack their opening, and no entry says that it was destroyed",
                           (unsigned long long)k->openings.missing);
}

static enum status check_head(struct checking *c, const struct log_identity *log, const struct log_head *head,
                              struct arena *a, struct err *err)
{
    struct log_vkeys keys;
    struct checkpoint_opened opened;
    struct verify_report *r = &c->check->report;
    r->origin = log->origin;
    r->size = head->frontier.size;
    r->root = head->root;
    TRY(log_vkeys(c->engine, log->origin, &keys, err));
    TRY(log_vkey(c->engine, log->origin, a, &r->vkey, err));
    r->checkpoint_verified = checkpoint_open(head->checkpoint, log->origin, keys.key, keys.n, &opened, NULL) == OK &&
                             opened.checkpoint.size == head->frontier.size &&
                             hash_eq(&opened.checkpoint.root, &head->root);
    return OK;
}

static enum status check_entries(struct checking *c, const struct log_head *head,
                                 const struct verify_progress *progress, struct err *err)
{
    struct verify_report r = {.ok = false};
    struct entry_source source = {.ctx = c, .next = next_entry};
    TRY(verify_entries(&source, head->frontier.size, &head->root, progress, &r, err));
    r.origin = c->check->report.origin;
    if (meaning_test_clock(r.origin)) {
        meaning_forgive_time(&r.meaning);
        r.ok = !r.mismatch.any && !r.meaning.any;
    }
    r.vkey = c->check->report.vkey;
    r.checkpoint_verified = c->check->report.checkpoint_verified;
    r.size = head->frontier.size;
    r.root = head->root;
    c->check->report = r;
    return OK;
}

enum status audit_check_registry(struct engine *e, const struct verify_progress *progress, struct arena *a,
                                 struct audit_check *out, struct err *err)
{
    struct audit_check check = {.with_openings = true};
    struct checking c = {.engine = e, .check = &check};
    struct log_identity log;
    struct log_head head;
    uint64_t size;
    TRY(log_identity_get(e, a, &log, err));
    TRY(log_head_get(e, a, &head, err));
    TRY(registry_log_size(e->registry, &size, err));
    check.pending = size > head.frontier.size ? size - head.frontier.size : 0;
    TRY(check_head(&c, &log, &head, a, err));
    log_reader_init(&c.reader, e, head.frontier.size);
    arena_init(&c.line, LINE_ARENA_MAX);
    enum status s = check_entries(&c, &head, progress, err);
    arena_release(&c.line);
    log_reader_release(&c.reader);
    TRY(s);
    judge(&c, a);
    *out = check;
    return OK;
}

enum status audit_check_folder(const char *dir, const struct str *vkeys, size_t n,
                               const struct verify_progress *progress, struct arena *a, struct audit_check *out,
                               struct err *err)
{
    struct audit_check check = {.with_openings = false};
    struct note_vkey *keys = ARENA_ARRAY(a, struct note_vkey, n + 1);
    if (!keys)
        return ARENA_FULL(err, a);
    if (!n || n > NOTE_KEYS_MAX)
        return FAIL(err, E_INVALID, "1 to %d verifier keys are needed: the log's own, from a source you trust",
                    NOTE_KEYS_MAX);
    for (size_t i = 0; i < n; i++)
        TRY(note_vkey_parse(vkeys[i], &keys[i], err));
    TRY(verify_directory(dir, STR_NONE, keys, n, progress, a, &check.report, err));
    check.ok = check.report.ok && check.report.checkpoint_verified;
    if (!check.ok)
        check.why = describe(&check.report, a);
    *out = check;
    return OK;
}

void audit_check_json(const struct audit_check *c, struct json_writer *w)
{
    const struct verify_report *r = &c->report;
    CLEANUP(buf_release) struct buf root;
    buf_init(&root, 2 * HASH_BYTES + 1);
    buf_hex(&root, r->root.b, sizeof r->root.b);
    jw_object(w);
    jw_key_string(w, "origin", r->origin);
    jw_key_string(w, "vkey", r->vkey);
    jw_key_int(w, "size", (int64_t)r->size);
    jw_key_string(w, "root", buf_view(&root));
    jw_key_bool(w, "checkpoint_verified", r->checkpoint_verified);
    jw_key_int(w, "entries_verified", (int64_t)r->entries_verified);
    jw_key(w, "openings");
    if (c->with_openings) {
        jw_object(w);
        jw_key_int(w, "present", (int64_t)c->openings.present);
        jw_key_int(w, "destroyed", (int64_t)c->openings.destroyed);
        jw_key_int(w, "missing", (int64_t)c->openings.missing);
        jw_key_int(w, "wrong", (int64_t)c->openings.wrong);
        jw_end(w);
    } else {
        jw_null(w);
    }
    jw_key_int(w, "intents_open", (int64_t)r->meaning.intents_open);
    if (c->with_openings)
        jw_key_int(w, "pending", (int64_t)c->pending);
    jw_key_bool(w, "ok", c->ok);
    jw_key_string(w, "error", c->why);
    jw_end(w);
}
