#include "engine/plan.h"
#include "audit/merkle.h"
#include "base/file.h"
#include "base/json.h"
#include "engine/shares.h"
#include "engine/visit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 1000, KEEP_MS = 2 * 60 * 1000 };

struct planning {
    struct engine *e;
    struct run_record *run;
    struct frontier tree;
    struct buf chunk;
    uint64_t limit;
    int64_t now_ms, kept_ms;
    const struct row_key *worker; /* NULL: nobody's */
};

static struct str chunk_key(struct str run_id, uint64_t chunk, struct arena *a)
{
    return arena_fmt(a, "%.*s/%08llu", STR_ARG(run_id), (unsigned long long)chunk);
}

static void line_pack(const struct plan_line *l, unsigned char out[PLAN_LINE_BYTES])
{
    memcpy(out, l->chain.b, ROW_KEY_BYTES);
    for (int i = 0; i < 7; i++)
        out[ROW_KEY_BYTES + i] = (unsigned char)(l->version >> (8 * (6 - i)));
    out[PLAN_LINE_BYTES - 1] = (unsigned char)l->verdict;
}

static void line_unpack(const unsigned char *p, struct plan_line *l)
{
    *l = (struct plan_line){.verdict = (enum verdict)p[PLAN_LINE_BYTES - 1]};
    memcpy(l->chain.b, p, ROW_KEY_BYTES);
    for (int i = 0; i < 7; i++)
        l->version = l->version << 8 | p[ROW_KEY_BYTES + i];
}

/* Canonical text of what the lines were chosen under. */
static struct str header_text(const struct engine *e, const struct run_record *run, struct arena *a)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    struct json_writer w;
    jw_init(&w, &b, 0);
    jw_object(&w);
    jw_key_int(&w, "cutoff", run->cutoff_ms);
    jw_key_string(&w, "policy", run->policy);
    jw_key(&w, "stores");
    jw_array(&w);
    for (size_t i = 0; i < e->stores_n; i++)
        jw_string(&w, e->store_names[i]);
    jw_end(&w);
    jw_key_int(&w, "v", 1);
    jw_end(&w);
    return arena_str(a, buf_view(&b));
}

static enum status chunk_store(struct planning *p, struct err *err)
{
    struct arena a;
    arena_init(&a, 2 << 20);
    enum status s = p->chunk.n ? registry_record_put(p->e->registry, TABLE_PLAN, chunk_key(p->run->id, p->run->chunks, &a),
                                                     buf_view(&p->chunk), 0, NULL, err)
                               : OK;
    p->run->chunks += p->chunk.n > 0;
    buf_clear(&p->chunk);
    arena_release(&a);
    return s;
}

static enum status plan_add(struct planning *p, const struct decision *d, struct err *err)
{
    struct plan_line l = {d->chain, d->chain_version, d->verdict};
    unsigned char line[PLAN_LINE_BYTES];
    line_pack(&l, line);
    struct hash leaf = merkle_leaf((struct str){(const char *)line, sizeof line});
    frontier_append(&p->tree, &leaf);
    buf_add(&p->chunk, line, sizeof line);
    p->run->planned++;
    return p->chunk.n == (size_t)PLAN_CHUNK_LINES * PLAN_LINE_BYTES ? chunk_store(p, err) : OK;
}

static bool plan_full(const struct planning *p)
{
    return p->limit && p->run->planned >= p->limit;
}

/* A page of a queue decided one by one: the index only proposes (rule 2.4 is the pure function's). */
static enum status plan_page(struct planning *p, const struct queue_line *lines, size_t n, struct arena *a, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, n);
    struct chain *chains = ARENA_ARRAY(a, struct chain, n);
    if (!keys || !chains)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        keys[i] = lines[i].chain;
    TRY(registry_chains(p->e->registry, keys, n, a, chains, err));
    for (size_t i = 0; i < n && !plan_full(p); i++) {
        struct decide_input in = {.policy = &p->e->policy, .chain = &chains[i], .holds = p->e->holds, .holds_n = p->e->holds_n,
                                  .asked = REASON_RETENTION_EXPIRY, .now_ms = p->now_ms, .brief = true};
        struct decision d;
        /* A claim is no reason to leave it out: its worker may be dead, and the visit asks. */
        if (!chains[i].version || chains[i].mandate.reason != REASON_NONE || chains[i].state != CHAIN_ACTIVE)
            continue;
        TRY(decide(&in, a, &d, err));
        if (d.verdict == VERDICT_ERASE)
            TRY(plan_add(p, &d, err));
    }
    return OK;
}

static enum status keep_lease(struct planning *p, struct err *err)
{
    int64_t now = engine_now(p->e);
    if (!p->worker || now - p->kept_ms < KEEP_MS)
        return OK;
    p->kept_ms = now;
    return worker_keep(p->e, p->worker, err);
}

static enum status plan_queue(struct planning *p, struct queue_query q, struct err *err)
{
    struct arena a;
    arena_init(&a, 512 << 20);
    enum status s = OK;
    for (size_t n = PAGE; s == OK && n == PAGE && !plan_full(p);) {
        struct queue_line *lines;
        s = registry_queue(p->e->registry, &q, PAGE, &a, &lines, &n, err);
        if (s == OK && n) {
            q.after = true;
            q.after_category = lines[n - 1].category;
            q.after_time_ms = lines[n - 1].time_ms;
            q.after_key = lines[n - 1].chain;
            s = plan_page(p, lines, n, &a, err);
        }
        if (s == OK)
            s = keep_lease(p, err);
        if (p->e->progress.tick)
            p->e->progress.tick(p->e->progress.ctx, "contacts planned", p->run->planned, 0);
        arena_reset(&a);
    }
    arena_release(&a);
    return s;
}

/* No due date is stored: due is an anchor before the category's cut-off (architecture.md 2.2). */
static enum status plan_queues(struct planning *p, struct err *err)
{
    const struct policy *policy = &p->e->policy;
    for (size_t i = 0; i < policy->categories_n && !plan_full(p); i++) {
        const struct category *c = &policy->categories[i];
        if (!c->erase_after.set)
            continue;
        int64_t until = period_cutoff(p->now_ms, &c->erase_after, policy->zone);
        TRY(plan_queue(p, (struct queue_query){.queue = QUEUE_DUE, .category = category_code(c->name), .until_ms = until}, err));
    }
    if (plan_full(p))
        return OK;
    return plan_queue(p, (struct queue_query){.queue = QUEUE_MIXED, .category = -1, .until_ms = p->now_ms}, err);
}

enum status plan_make(struct engine *e, struct run_record *run, uint64_t limit, struct arena *a, struct err *err)
{
    return plan_make_by(e, NULL, run, limit, a, err);
}

enum status plan_make_by(struct engine *e, const struct row_key *worker, struct run_record *run, uint64_t limit, struct arena *a, struct err *err)
{
    struct planning p = {.e = e, .worker = worker, .run = run, .limit = limit, .now_ms = engine_now(e), .kept_ms = engine_now(e)};
    run->cutoff_ms = p.now_ms;
    run->policy = e->policy.version;
    frontier_init(&p.tree);
    struct str header = header_text(e, run, a);
    if (!header.p)
        return ARENA_FULL(err, a);
    struct hash leaf = merkle_leaf(header);
    frontier_append(&p.tree, &leaf);
    buf_init(&p.chunk, (size_t)PLAN_CHUNK_LINES * PLAN_LINE_BYTES + 64);
    TRY(engine_holds(e, NULL, err));
    enum status s = plan_queues(&p, err);
    if (s == OK)
        s = chunk_store(&p, err);
    buf_release(&p.chunk);
    run->digest = frontier_root(&p.tree);
    run->has_digest = true;
    run->share_lines = share_lines(run->planned);
    return s;
}

enum status plan_chunk(struct engine *e, struct str run_id, uint64_t chunk, struct arena *a, struct plan_line **out, size_t *n, struct err *err)
{
    struct str body;
    uint64_t version;
    *n = 0;
    TRY(registry_record_get(e->registry, TABLE_PLAN, chunk_key(run_id, chunk, a), a, &body, &version, err));
    if (!version)
        return OK;
    *n = body.n / PLAN_LINE_BYTES;
    *out = ARENA_ARRAY(a, struct plan_line, *n + 1);
    if (!*out)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < *n; i++)
        line_unpack((const unsigned char *)body.p + i * PLAN_LINE_BYTES, &(*out)[i]);
    return OK;
}

enum status plan_forget(struct engine *e, const struct run_record *run, struct err *err)
{
    struct arena a;
    arena_init(&a, 4 << 20);
    enum status s = OK;
    for (uint64_t chunk = 0; s == OK && chunk < run->chunks; chunk++) {
        struct str body, key = chunk_key(run->id, chunk, &a);
        uint64_t version = 0;
        s = registry_record_get(e->registry, TABLE_PLAN, key, &a, &body, &version, err);
        if (s == OK && version)
            s = registry_record_remove(e->registry, TABLE_PLAN, key, version, err);
        arena_reset(&a);
    }
    arena_release(&a);
    return s;
}

/* A line written through a bounded buffer; a full disk is noticed at the end. */
PRINTF(2, 3) static void put(FILE *f, const char *fmt, ...)
{
    CLEANUP(buf_release) struct buf b;
    va_list ap;
    buf_init(&b, 2 << 20);
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    (void)fwrite(b.p, 1, b.n, f);
}

static enum status write_lines(struct engine *e, const struct run_record *run, FILE *f, struct err *err)
{
    struct arena a;
    arena_init(&a, 16 << 20);
    enum status s = OK;
    for (uint64_t chunk = 0; s == OK && chunk < run->chunks; chunk++) {
        struct plan_line *lines;
        size_t n;
        s = plan_chunk(e, run->id, chunk, &a, &lines, &n, err);
        for (size_t i = 0; s == OK && i < n; i++)
            put(f, "%s %llu %s\n", row_key_hex(&lines[i].chain, &a).p, (unsigned long long)lines[i].version,
                verdict_name(lines[i].verdict));
        arena_reset(&a);
    }
    arena_release(&a);
    return s;
}

enum status plan_write(struct engine *e, const struct run_record *run, const char *path, struct err *err)
{
    CLEANUP(fd_close) int fd = -1;
    TRY(file_create(path, 0666, &fd, err));
    FILE *f = fdopen(fd, "w");
    if (!f)
        return FAIL(err, E_IO, "%s cannot be written: %s", path, strerror(errno));
    fd = -1; /* the stream's */
    struct arena a;
    arena_init(&a, 1 << 20);
    CLEANUP(buf_release) struct buf digest;
    buf_init(&digest, 256);
    buf_hex(&digest, run->digest.b, HASH_BYTES);
    if (engine_is_preview(e))
        put(f, "# A preview at another time (--now): it cannot be worked off. The plan of today is made without --now.\n");
    put(f, "{\"expunge_plan\":1,\"digest\":\"%s\",\"contacts\":%llu,\"run\":\"%.*s\",\"header\":%.*s}\n", digest.p,
            (unsigned long long)run->planned, STR_ARG(run->id), STR_ARG(header_text(e, run, &a)));
    enum status s = write_lines(e, run, f, err);
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0)
        bad = true;
    arena_release(&a);
    return s == OK && bad ? FAIL(err, E_IO, "%s could not be written whole: %s", path, strerror(errno)) : s;
}

static bool parse_line(char *text, unsigned char out[PLAN_LINE_BYTES])
{
    struct str key, rest, version, word, line = str_trim(str_of(text));
    int64_t v;
    struct plan_line l = {.verdict = VERDICT_KEEP};
    size_t n = ROW_KEY_BYTES;
    if (!str_split(line, ' ', &key, &rest) || !str_split(rest, ' ', &version, &word) || !hex_decode(key, l.chain.b, &n) ||
        n != ROW_KEY_BYTES || !str_to_i64(version, &v) || v < 0 || !str_is(word, verdict_name(VERDICT_ERASE)))
        return false;
    l.version = (uint64_t)v;
    l.verdict = VERDICT_ERASE;
    line_pack(&l, out);
    return true;
}

/* The header's exact text stands as the last value of the first line. */
static bool parse_header(struct str line, struct str *header, struct hash *digest)
{
    struct arena a;
    arena_init(&a, 4 << 20);
    const struct json *j;
    bool good = json_parse(line, &a, &j, NULL) == OK && digest_parse(json_string(json_get(j, "digest")), digest) && json_get(j, "header");
    struct str mark = STR("\"header\":");
    for (size_t i = 0; good && i + mark.n < line.n; i++)
        if (memcmp(line.p + i, mark.p, mark.n) == 0) {
            *header = (struct str){line.p + i + mark.n, line.n - i - mark.n - 1};
            break;
        }
    arena_release(&a);
    return good && header->n > 0;
}

static enum status read_digest(FILE *f, const char *path, struct hash *out, struct err *err)
{
    char *line = NULL;
    size_t cap = 0;
    struct frontier tree;
    struct hash stated, leaf;
    struct str header = STR_NONE;
    enum status s = OK;
    frontier_init(&tree);
    bool any = getline(&line, &cap, f) > 0;
    if (any && line[0] == '#')
        s = FAIL(err, E_INVALID, "%s: a preview at another time (--now) cannot be worked off: make the plan without --now", path);
    else if (!any || !parse_header(str_trim(str_of(line)), &header, &stated))
        s = FAIL(err, E_INVALID, "%s:1: not a plan written by `expunge purge --dry-run --plan FILE`", path);
    if (s == OK) {
        leaf = merkle_leaf(header);
        frontier_append(&tree, &leaf);
    }
    for (unsigned long n = 2; s == OK && getline(&line, &cap, f) > 0; n++) {
        unsigned char packed[PLAN_LINE_BYTES];
        if (!parse_line(line, packed)) {
            s = FAIL(err, E_INVALID, "%s:%lu: expected \"KEY VERSION erase\"", path, n);
            break;
        }
        leaf = merkle_leaf((struct str){(const char *)packed, sizeof packed});
        frontier_append(&tree, &leaf);
    }
    free(line);
    TRY(s);
    *out = frontier_root(&tree);
    if (!bytes_equal(out->b, stated.b, HASH_BYTES))
        return FAIL(err, E_INVALID, "%s: its lines do not have the digest it states: it was changed after it was written", path);
    return OK;
}

enum status plan_read_digest(const char *path, struct hash *out, struct err *err)
{
    CLEANUP(fd_close) int fd = -1;
    if (file_open(path, &fd, err) != OK)
        return err_prefix(err, "plan");
    FILE *f = fdopen(fd, "r");
    if (!f)
        return FAIL(err, E_IO, "plan %s cannot be read: %s", path, strerror(errno));
    fd = -1; /* the stream's */
    enum status s = read_digest(f, path, out, err);
    (void)fclose(f);
    return s;
}
