/* audit_check.c - the registry's own log, and a published folder, verified from their bytes. */
#include <stdlib.h>

#include "audit/commit.h"
#include "base/ordered.h"
#include "engine/audit_view.h"
#include "engine/logbook_state.h"

enum { LINE_ARENA_MAX = 64 << 20, PAGE_ARENA_MAX = 64 << 20, CHECKERS_MAX = 16 };

/* What one thread reads with: a registry belongs to one thread, and so do the keys it has looked up. */
struct checker {
    struct engine engine; /* the first one's registry is the caller's */
    bool opened;
    struct arena page, line;
    uint64_t present, missing, wrong;
    uint64_t gone; /* entries that nobody can open any more */
    uint64_t wrong_index;
    bool destroyed_said; /* an OPENING_DESTROYED entry was seen */
};
struct checking {
    struct engine *engine;
    struct audit_check *check;
    struct checker *checkers;
    unsigned checkers_n;
    uint64_t wrong_index;
};

static void checker_init(struct checker *c, const struct engine *e)
{
    c->engine = *e;
    c->wrong_index = UINT64_MAX;
    arena_init(&c->page, PAGE_ARENA_MAX);
    arena_init(&c->line, LINE_ARENA_MAX);
}

static void checker_release(struct checker *c)
{
    if (c->opened) {
        registry_close(c->engine.registry);
        keys_close(&c->engine.keys);
    }
    arena_release(&c->page);
    arena_release(&c->line);
}

/* False: this database allows no other connection; those there are do the work. */
static bool checker_open(struct checker *c, const struct engine *e)
{
    checker_init(c, e);
    c->engine.registry = NULL;
    if (keys_open(&e->config.key_places, &c->engine.keys, NULL) != OK)
        return false;
    c->opened = true;
    return registry_open(e->config.registry, false, c->engine.keys.identifier, &c->engine.keys.sealer,
                         &c->engine.registry, NULL) == OK;
}

static enum status checkers_open(struct checking *k, unsigned wanted, struct err *err)
{
    unsigned n = wanted < CHECKERS_MAX ? wanted : CHECKERS_MAX;
    k->checkers = calloc(n, sizeof *k->checkers);
    if (!k->checkers)
        return FAIL(err, E_LIMIT, "out of memory");
    checker_init(&k->checkers[0], k->engine);
    for (k->checkers_n = 1; k->checkers_n < n; k->checkers_n++)
        if (!checker_open(&k->checkers[k->checkers_n], k->engine)) {
            checker_release(&k->checkers[k->checkers_n]);
            break;
        }
    return OK;
}

/* What each has counted, added up. */
static void checkers_close(struct checking *k)
{
    k->wrong_index = UINT64_MAX;
    uint64_t gone = 0;
    bool destroyed_said = false;
    for (unsigned i = 0; i < k->checkers_n; i++) {
        struct checker *c = &k->checkers[i];
        k->check->openings.present += c->present;
        k->check->openings.missing += c->missing;
        k->check->openings.wrong += c->wrong;
        gone += c->gone;
        destroyed_said |= c->destroyed_said;
        if (c->wrong_index < k->wrong_index)
            k->wrong_index = c->wrong_index;
        checker_release(c);
    }
    *(destroyed_said ? &k->check->openings.destroyed : &k->check->openings.missing) += gone;
    free(k->checkers);
}

/* An entry that commits to something personal, and whose opening should therefore be there or said to be destroyed. */
static enum status check_opening(struct checker *c, const struct entry *entry, struct err *err)
{
    struct audit_line line;
    struct entry_view view;
    if (entry_check(entry->body, &view, NULL) != OK)
        return OK; /* the verification itself says so */
    c->destroyed_said |= view.type == ENTRY_OPENING_DESTROYED;
    if (!entry_raw(&view, "chain").p && !entry_raw(&view, "matter").p)
        return OK;
    arena_reset(&c->line);
    TRY(audit_line_of(&c->engine, entry, &c->line, &line, err));
    if (line.shown == SHOWN_ALL || line.shown == SHOWN_SOME) {
        c->present++;
    } else if (line.shown == SHOWN_MISMATCH) {
        c->wrong++;
        if (entry->index < c->wrong_index)
            c->wrong_index = entry->index;
    } else if (row_key_is_none(&entry->subject)) {
        c->gone++; /* blanked when its opening was destroyed */
    } else {
        c->missing++;
    }
    return OK;
}

static enum status read_block(void *ctx, unsigned thread, uint64_t first, size_t n, struct str *bodies,
                              struct err *err)
{
    struct checker *c = &((struct checking *)ctx)->checkers[thread];
    struct entry_query q = {.from = first, .to = first + n, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct entry *entries;
    size_t found;
    arena_reset(&c->page);
    TRY(registry_log_entries(c->engine.registry, &q, n, &c->page, &entries, &found, err));
    for (size_t i = 0; i < n; i++) {
        if (i >= found || entries[i].index != first + i)
            return FAIL(err, E_IO, "the registry has no audit entry %llu: restore it from a backup",
                        (unsigned long long)(first + i));
        TRY(check_opening(c, &entries[i], err));
        bodies[i] = entries[i].body;
    }
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

static enum status check_entries(struct checking *c, const struct log_head *head, const struct verify_how *how,
                                 struct err *err)
{
    struct verify_report r = {.ok = false};
    struct entry_blocks blocks = {.ctx = c, .threads = c->checkers_n, .read = read_block};
    TRY(verify_entries(&blocks, head->frontier.size, &head->root, how, &r, err));
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

enum status audit_check_registry(struct engine *e, const struct verify_how *how, struct arena *a,
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
    unsigned threads = how && how->threads ? how->threads : ordered_threads();
    TRY(checkers_open(&c, head.frontier.size > TILE_WIDTH ? threads : 1, err));
    enum status s = check_entries(&c, &head, how, err);
    checkers_close(&c);
    TRY(s);
    judge(&c, a);
    *out = check;
    return OK;
}

enum status audit_check_folder(const char *dir, const struct str *vkeys, size_t n,
                               const struct verify_how *how, struct arena *a, struct audit_check *out,
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
    TRY(verify_directory(dir, STR_NONE, keys, n, how, a, &check.report, err));
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
    jw_key(w, "open_intents");
    jw_array(w);
    for (size_t i = 0; i < r->open_n; i++) {
        CLEANUP(buf_release) struct buf id;
        buf_init(&id, 2 * sizeof r->open[i].id + 1);
        buf_hex(&id, r->open[i].id, sizeof r->open[i].id);
        jw_object(w);
        jw_key_string(w, "id", buf_view(&id));
        jw_key_int(w, "index", (int64_t)r->open[i].index);
        jw_key_int(w, "owing", r->open[i].owing);
        jw_end(w);
    }
    jw_end(w);
    if (c->with_openings)
        jw_key_int(w, "pending", (int64_t)c->pending);
    jw_key_bool(w, "ok", c->ok);
    jw_key_string(w, "error", c->why);
    jw_end(w);
}
