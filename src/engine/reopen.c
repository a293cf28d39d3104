/* reopen.c - what an old copy of the registry lacks, and a new log from it. */
#include "engine/reopen.h"

#include "audit/verify.h"
#include "base/file.h"
#include "engine/key_check.h"
#include "engine/logbook_state.h"
#include "engine/record.h"

enum { VERIFY_ARENA_MAX = 256 << 20, BUNDLE_ARENA_MAX = 64 << 20 };

struct reopening {
    struct engine *engine;
    struct arena *a;
    struct log_identity log;
    struct str dir;
    struct log_there there;
    struct log_vkeys vkeys;
    struct reopen_report report;
};

/* Counting what is missing from a log that does not verify would be counting what somebody put there. */
static enum status verify_published(struct reopening *r, struct err *err)
{
    struct arena work;
    struct verify_report report;
    arena_init(&work, VERIFY_ARENA_MAX);
    enum status s = verify_directory(r->dir.p, r->log.origin, r->vkeys.key, r->vkeys.n, NULL, &work, &report, err);
    if (s == OK && (report.mismatch.any || !report.checkpoint_verified || report.size != r->there.size))
        s = FAIL(err, E_DENIED, "%.*s does not verify (%s %s): restore that folder first", STR_ARG(r->dir),
                 report.mismatch.path, report.mismatch.what);
    arena_release(&work);
    return s;
}

static void count_missing(struct reopen_missing *m, enum entry_type type)
{
    if (type == ENTRY_HOLD_APPLIED || type == ENTRY_HOLD_RELEASED)
        m->holds++;
    else if (type == ENTRY_OUTCOME)
        m->erasures++;
    else if (type == ENTRY_VERIFIED)
        m->verifications++;
    else if (type == ENTRY_POLICY_CHANGED)
        m->policy_changes++;
    else if (type == ENTRY_REGISTERED)
        m->registrations++;
    else
        m->others++;
}

static enum status compare_entry(struct reopening *r, struct log_reader *mine, uint64_t index, struct str published,
                                 struct err *err)
{
    struct reopen_report *p = &r->report;
    const struct entry *entry = NULL;
    struct entry_view view;
    if (p->common == index && index < p->here) {
        TRY(log_reader_entry(mine, index, &entry, err));
        if (str_eq(entry->body, published)) {
            p->common++;
            return OK;
        }
    }
    TRY(entry_check(published, &view, err));
    count_missing(&p->missing, view.type);
    return OK;
}

static enum status compare_bundle(struct reopening *r, struct log_reader *mine, uint64_t number, struct arena *work,
                                  struct err *err)
{
    char path[TILE_PATH_MAX];
    struct str bytes;
    struct bundle *bundle = ARENA_NEW(work, struct bundle);
    uint64_t first = number * TILE_WIDTH, left = r->there.size - first;
    size_t width = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
    if (!bundle)
        return ARENA_FULL(err, work);
    TRY(tile_read(r->dir.p, TILE_ENTRIES, number, (unsigned)width, work, &bytes, path, err));
    TRY(bundle_parse(bytes, bundle, err));
    for (size_t i = 0; i < width && i < bundle->n; i++)
        TRY(compare_entry(r, mine, first + i, bundle->entry[i], err));
    return OK;
}

static enum status compare_logs(struct reopening *r, struct err *err)
{
    struct arena work;
    struct log_reader mine;
    enum status s = OK;
    arena_init(&work, BUNDLE_ARENA_MAX);
    log_reader_init(&mine, r->engine, r->report.here);
    for (uint64_t n = 0; s == OK && n * TILE_WIDTH < r->there.size; n++) {
        arena_reset(&work);
        s = compare_bundle(r, &mine, n, &work, err);
    }
    log_reader_release(&mine);
    arena_release(&work);
    return s;
}

/* .../2026 to .../2026/r2, .../2026/r2 to .../2026/r3. */
static struct str next_origin(struct str origin, struct arena *a)
{
    struct str last = path_base(origin), number = {last.p + 1, last.n ? last.n - 1 : 0};
    int64_t n;
    if (last.n < 2 || last.p[0] != 'r' || !str_to_i64(number, &n) || n < 2)
        return arena_fmt(a, "%.*s/r2", STR_ARG(origin));
    return arena_fmt(a, "%.*s/r%lld", (int)(origin.n - last.n - 1), origin.p, (long long)n + 1);
}

static enum status reopened_entry(struct reopening *r, struct entry *out, struct err *err)
{
    struct record rec;
    const struct reopen_missing *m = &r->report.missing;
    const struct record_count counts[] = {{"erasures", m->erasures},
                                          {"holds", m->holds},
                                          {"others", m->others},
                                          {"policy_changes", m->policy_changes},
                                          {"registrations", m->registrations},
                                          {"verifications", m->verifications}};
    record_begin(&rec, r->engine, ENTRY_REOPENED, engine_now(r->engine), r->a);
    record_text(&rec, "log", r->report.previous);
    record_counts(&rec, "missing", counts, ARRAY_LEN(counts));
    record_hash(&rec, "root", &r->there.root);
    record_count(&rec, "size", r->there.size);
    return record_finish(&rec, NULL, out, err);
}

static enum status begin_log(struct reopening *r, struct err *err)
{
    struct log_head head;
    struct row rows[2];
    struct entry entry;
    struct log_identity log = {
        .origin = r->report.origin, .created_ms = engine_now(r->engine), .version = r->log.version};
    TRY(log_head_get(r->engine, r->a, &head, err));
    TRY(log_sign(r->engine, log.origin, log.created_ms, r->a, &head, err));
    TRY(log_identity_row(&log, r->a, &rows[0], err));
    TRY(log_head_row(&head, r->a, &rows[1], err));
    TRY(reopened_entry(r, &entry, err));
    struct group g = {.rows = rows, .rows_n = ARRAY_LEN(rows), .entries = &entry, .entries_n = 1};
    TRY(registry_commit(r->engine->registry, &g, 1, err));
    return g.result == OK ? OK : FAIL(err, g.result, "somebody else has just changed the log: look again");
}

static enum status find_published(struct reopening *r, struct err *err)
{
    struct engine *e = r->engine;
    TRY(log_identity_get(e, r->a, &r->log, err));
    r->dir = log_dir(e, r->log.origin, STR_NONE, r->a);
    if (!r->dir.n)
        return FAIL(err, E_INVALID, "audit.publish is not configured: there is no published log to compare with");
    TRY(log_there_get(e, r->log.origin, r->dir, r->a, &r->there, err));
    if (!r->there.any)
        return FAIL(err, E_INVALID, "%.*s holds no published log", STR_ARG(r->dir));
    TRY(log_vkeys(e, r->log.origin, &r->vkeys, err));
    return registry_log_size(e->registry, &r->report.here, err);
}

enum status audit_reopen(struct engine *e, struct arena *a, struct reopen_report *out, struct err *err)
{
    struct reopening r = {.engine = e, .a = a};
    struct logbook_head head;
    TRY(find_published(&r, err));
    TRY(verify_published(&r, err));
    TRY(compare_logs(&r, err));
    if (r.report.common == r.there.size)
        return FAIL(err, E_CONFLICT, "this registry has everything it has published: there is nothing to reopen");
    r.report.previous = r.log.origin;
    r.report.published = r.there.size;
    r.report.published_root = r.there.root;
    r.report.origin = next_origin(r.log.origin, a);
    if (!r.report.origin.p)
        return ARENA_FULL(err, a);
    TRY(key_check_add_current(e, r.log.origin, err)); /* a copy from before a rotation knows only the old key */
    TRY(begin_log(&r, err));
    TRY(logbook_publish(e, STR_NONE, a, &head, err));
    r.report.vkey = head.vkey;
    r.report.size = head.size;
    *out = r.report;
    return OK;
}
