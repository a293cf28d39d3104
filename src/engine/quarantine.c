#include "engine/quarantine.h"
#include "base/file.h"
#include "base/pack.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { F_FILE = 1, F_POSITION, F_REASON, F_SOURCE, F_FORMAT, F_BYTES, F_CUT, F_AT };
enum { BOX_ARENA_MAX = 64 << 20, BOX_FLUSH = 24 << 20, GROUP_ROWS = 40 /* what every backend takes at once */, PAGE = 200, TEXT_MAX = 1000 };
#define PURPOSE "quarantine"

void quarantine_begin(struct quarantine_box *box, struct engine *e)
{
    box->engine = e;
    box->n = 0;
    arena_init(&box->a, BOX_ARENA_MAX);
}

void quarantine_end(struct quarantine_box *box)
{
    arena_release(&box->a);
    box->n = 0;
}

static struct str cut_to(struct str s, size_t max)
{
    return (struct str){s.p, s.n < max ? s.n : max};
}

static struct str new_id(int64_t at_ms, struct arena *a)
{
    struct civil c;
    unsigned char salt[6];
    ms_to_civil(at_ms, &c);
    crypto_random(salt, sizeof salt);
    return arena_fmt(a, "q-%04d%02d%02dT%02d%02d%02d.%03dZ-%02x%02x%02x%02x%02x%02x", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     c.ms, salt[0], salt[1], salt[2], salt[3], salt[4], salt[5]);
}

enum status quarantine_add(struct quarantine_box *box, const struct quarantined *q, struct err *err)
{
    struct engine *e = box->engine;
    struct str sealed;
    int64_t now = engine_now(e);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, QUARANTINE_BYTES_MAX + 8192);
    if (box->n == QUARANTINE_BATCH || box->a.used > BOX_FLUSH)
        TRY(quarantine_flush(box, err));
    pack_str(&b, F_FILE, cut_to(q->file, TEXT_MAX));
    pack_str(&b, F_POSITION, cut_to(q->position, TEXT_MAX));
    pack_str(&b, F_REASON, cut_to(q->reason, TEXT_MAX));
    pack_str(&b, F_SOURCE, cut_to(q->source, TEXT_MAX));
    pack_str(&b, F_FORMAT, cut_to(q->format, TEXT_MAX));
    pack_str(&b, F_BYTES, cut_to(q->bytes, QUARANTINE_BYTES_MAX));
    pack_int(&b, F_CUT, q->cut || q->bytes.n > QUARANTINE_BYTES_MAX);
    pack_int(&b, F_AT, now);
    TRY(buf_check(&b, err));
    TRY(e->keys.sealer.seal(e->keys.sealer.ctx, PURPOSE, now, buf_view(&b), &box->a, &sealed, err));
    struct row *row = &box->rows[box->n];
    *row = (struct row){.table = TABLE_QUARANTINE, .op = ROW_PUT, .key = new_id(now, &box->a), .body = sealed};
    if (!row->key.p)
        return ARENA_FULL(err, &box->a);
    box->n++;
    return OK;
}

enum status quarantine_flush(struct quarantine_box *box, struct err *err)
{
    struct group groups[QUARANTINE_BATCH / GROUP_ROWS + 1];
    size_t n = 0;
    for (size_t at = 0; at < box->n; at += GROUP_ROWS)
        groups[n++] = (struct group){.rows = box->rows + at, .rows_n = box->n - at < GROUP_ROWS ? box->n - at : GROUP_ROWS};
    if (!n)
        return OK;
    TRY(registry_commit(box->engine->registry, groups, n, err));
    for (size_t i = 0; i < n; i++)
        if (groups[i].result != OK)
            return FAIL(err, E_IO, "documents could not be kept in quarantine");
    box->n = 0;
    arena_reset(&box->a);
    return OK;
}

/* ---- reading ---- */

static enum status read_row(struct engine *e, const struct row *row, struct arena *a, struct quarantined *out, struct err *err)
{
    struct str plain;
    struct unpack u;
    *out = (struct quarantined){.id = row->key, .version = row->version, .at_ms = TIME_NONE};
    TRY(e->keys.sealer.unseal(e->keys.sealer.ctx, PURPOSE, row->body, a, &plain, err));
    struct str *const texts[] = {&out->file, &out->position, &out->reason, &out->source, &out->format, &out->bytes};
    for (unpack_init(&u, plain); unpack_next(&u);) {
        if (u.number >= F_FILE && u.number <= F_BYTES && u.is_bytes)
            *texts[u.number - F_FILE] = u.s;
        else if (u.number == F_CUT)
            out->cut = u.i != 0;
        else if (u.number == F_AT)
            out->at_ms = u.i;
    }
    return u.bad ? FAIL(err, E_IO, "a document in quarantine is damaged") : OK;
}

enum status quarantine_page(struct engine *e, struct str after, size_t max, struct arena *a, struct quarantined **out, size_t *n, struct err *err)
{
    struct row *rows;
    size_t rows_n;
    TRY(registry_record_page(e->registry, TABLE_QUARANTINE, STR_NONE, after, max, a, &rows, &rows_n, err));
    struct quarantined *list = ARENA_ARRAY(a, struct quarantined, rows_n + 1);
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++) {
        struct err why = {.code = OK};
        if (read_row(e, &rows[i], a, &list[i], &why) != OK)
            list[i].reason = arena_fmt(a, "%s", why.text);
        list[i].bytes = STR_NONE;
    }
    *out = list;
    *n = rows_n;
    return OK;
}

enum status quarantine_count(struct engine *e, struct str after, uint64_t *out, struct err *err)
{
    struct arena a;
    enum status s = OK;
    char last[ROW_KEY_MAX];
    arena_init(&a, BOX_ARENA_MAX);
    *out = 0;
    for (size_t n = PAGE; s == OK && n == PAGE;) {
        struct row *rows;
        arena_reset(&a);
        s = registry_record_page(e->registry, TABLE_QUARANTINE, STR_NONE, after, PAGE, &a, &rows, &n, err);
        if (s != OK || !n)
            break;
        *out += n;
        ASSERT(rows[n - 1].key.n <= sizeof last);
        memcpy(last, rows[n - 1].key.p, rows[n - 1].key.n);
        after = (struct str){last, rows[n - 1].key.n};
    }
    arena_release(&a);
    return s;
}

enum status quarantine_get(struct engine *e, struct str id, struct arena *a, struct quarantined *out, struct err *err)
{
    struct row row = {.key = id};
    if (!id.n || id.n > ROW_KEY_MAX)
        return FAIL(err, E_ABSENT, "no document %.*s is in quarantine", STR_ARG(id));
    TRY(registry_record_get(e->registry, TABLE_QUARANTINE, id, a, &row.body, &row.version, err));
    if (!row.version)
        return FAIL(err, E_ABSENT, "no document %.*s is in quarantine", STR_ARG(id));
    return read_row(e, &row, a, out, err);
}

/* ---- again ---- */

struct again { struct arena *a; struct str why; };

static void still_bad(void *ctx, const struct quarantine_line *line)
{
    struct again *g = ctx;
    g->why = arena_str(g->a, line->reason);
}

/* The bytes as a file without a name: nothing of it is left anywhere. */
static enum status in_memory(struct str bytes, int *fd, struct err *err)
{
    *fd = memfd_create("quarantine", MFD_CLOEXEC);
    if (*fd < 0)
        return FAIL(err, E_IO, "no file in memory can be made: error %d", errno);
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = write(*fd, bytes.p + at, bytes.n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FAIL(err, E_IO, "a file in memory cannot be written: error %d", errno);
        at += (size_t)n;
    }
    return lseek(*fd, 0, SEEK_SET) == 0 ? OK : FAIL(err, E_IO, "a file in memory cannot be read: error %d", errno);
}

enum status quarantine_retry(struct engine *e, struct str id, struct arena *a, struct ingest_report *report, struct str *why, struct err *err)
{
    struct quarantined q;
    struct again again = {.a = a};
    TRY(quarantine_get(e, id, a, &q, err));
    struct ingest_report counted = {.on_quarantine = still_bad, .ctx = &again};
    *report = (struct ingest_report){.read = 0};
    *why = STR_NONE;
    if (!q.bytes.n || q.cut) {
        *why = q.cut ? STR("longer than what is kept: give its file to `expunge ingest` again")
                     : STR("its bytes were not kept: give its file to `expunge ingest` again");
        return OK;
    }
    struct ingest_options o = {.source = q.source, .format = q.format, .not_kept = true};
    CLEANUP(fd_close) int fd = -1;
    TRY(in_memory(q.bytes, &fd, err));
    TRY(ingest_fd(e, fd, q.file, &o, &counted, err));
    counted.on_quarantine = NULL;
    counted.ctx = NULL;
    *report = counted;
    *why = again.why;
    if (report->quarantined || !report->read)
        return OK;
    return registry_record_remove(e->registry, TABLE_QUARANTINE, id, q.version, err);
}

enum status quarantine_drop(struct engine *e, struct str id, struct arena *a, struct err *err)
{
    struct str body;
    uint64_t version;
    if (!id.n || id.n > ROW_KEY_MAX)
        return FAIL(err, E_ABSENT, "no document %.*s is in quarantine", STR_ARG(id));
    TRY(registry_record_get(e->registry, TABLE_QUARANTINE, id, a, &body, &version, err));
    if (!version)
        return FAIL(err, E_ABSENT, "no document %.*s is in quarantine", STR_ARG(id));
    return registry_record_remove(e->registry, TABLE_QUARANTINE, id, version, err);
}

/* ---- their end ---- */

/* A month's key is needed until its last day's documents are past their period; destroying it destroys them in every backup. */
static enum status destroy_old_keys(struct engine *e, int64_t cutoff_ms, struct err *err)
{
    enum { MONTHS_BACK = 24, DAYS_A_MONTH = 31 };
    for (int i = 1; i <= MONTHS_BACK; i++)
        TRY(keys_destroy_seal(&e->keys, PURPOSE, cutoff_ms - (int64_t)i * DAYS_A_MONTH * DAY_MS, err));
    return OK;
}

enum status quarantine_expire(struct engine *e, struct arena *a, uint64_t *dropped, struct err *err)
{
    int64_t cutoff = period_cutoff(engine_now(e), &e->config.own_quarantine, e->policy.zone);
    struct str until = new_id(cutoff, a);
    *dropped = 0;
    if (!until.p)
        return ARENA_FULL(err, a);
    for (size_t n = PAGE; n == PAGE;) {
        struct row *rows;
        size_t kept = 0;
        TRY(registry_record_page(e->registry, TABLE_QUARANTINE, STR_NONE, STR_NONE, PAGE, a, &rows, &n, err));
        for (size_t i = 0; i < n && !kept; i++) {
            if (str_cmp(rows[i].key, until) > 0) {
                kept = 1; /* and so are all behind it */
                break;
            }
            TRY(registry_record_remove(e->registry, TABLE_QUARANTINE, rows[i].key, rows[i].version, err));
            (*dropped)++;
        }
        if (kept)
            break;
    }
    return destroy_old_keys(e, cutoff, err);
}
