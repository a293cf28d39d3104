/*
 * audit.c - the audit log: durable entries in bulk and by sixteen callers, publishing, verification by every core.
 *
 * Beside each: the raw limit (an append and a flush; OpenSSL's hash alone) and a plain baseline (bare SQLite with the same
 * table). Verification is told twice: the bytes and the tree, which is what other verifiers of such logs do, and with every
 * entry's form and meaning, which is what `expunge audit verify` does. Rounds of what is compared take turns; the best counts.
 * What one core does is told by processor time.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/verify.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ordered.h"
#include "bench/lib/bench.h"
#include "engine/audit_view.h"
#include "engine/init.h"
#include "engine/logbook.h"
#include "registry/committer.h"

enum { ENTRY_BYTES = 200, BULK = 1000, CALLERS = 16, ROUNDS = 5, TEXT = 256 };

static char dir[200];
static int64_t now_ms; /* when the benchmark began */
static struct err err;

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != OK)                                                                                              \
            bench_fail("%s: %s", #call, err.text);                                                                     \
    } while (0)

static const char *place(const char *name)
{
    static char path[2][300];
    static unsigned turn;
    char *p = path[turn++ % 2];
    (void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
    return p;
}

static void tell(const char *what, double value, const char *unit, const char *goal, bool met)
{
    bench_tell(&(struct bench_figure){.what = what, .value = value, .unit = unit, .goal = goal, .met = met});
}

/* Processor time of this process: what a core can do is told by it, whoever else uses the machine. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* By the clock where several threads work, by processor time where one does. */
static double now_for(unsigned threads)
{
    return threads > 1 ? bench_seconds() : cpu_seconds();
}

static double best(double a, double b)
{
    return a > b ? a : b;
}

/* ---- entries ---- */

/* Exactly ENTRY_BYTES of them, valid, each with an id of its own. */
static struct str entry_text(char text[TEXT], uint64_t number, struct entry *e)
{
    static const char digits[] = "0123456789abcdef";
    struct hash h = sha256((struct str){(const char *)&number, sizeof(number)});
    char hex[2 * HASH_BYTES + 1] = "";
    for (size_t i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[h.b[i] >> 4];
        hex[2 * i + 1] = digits[h.b[i] & 15];
    }
    int n = snprintf(text, TEXT,
                     "{\"actor\":\"engine\",\"at\":%lld,\"digest\":\"%s\",\"id\":\"%.32s\",\"n\":100,"
                     "\"source\":\"a\",\"type\":\"REGISTERED\",\"v\":1}", (long long)now_ms, hex, hex);
    if (n != ENTRY_BYTES)
        bench_fail("an entry of %d bytes", n);
    if (e != NULL) {
        *e = (struct entry){.body = {text, ENTRY_BYTES}, .type = STR("REGISTERED"), .at_ms = now_ms,
                            .actor = STR("engine")};
        memcpy(e->id, h.b, sizeof(e->id));
    }
    return (struct str){text, ENTRY_BYTES};
}

/* ---- durable appends ---- */

/* The disk alone: an append of as many bytes, and a flush. */
static double raw_appends(uint64_t groups, size_t entries)
{
    char bytes[BULK * ENTRY_BYTES];
    int fd = open(place("raw"), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    memset(bytes, 'x', sizeof(bytes));
    double begin = bench_seconds();
    for (uint64_t i = 0; i < groups; i++)
        if (write(fd, bytes, entries * ENTRY_BYTES) < 0 || fdatasync(fd) != 0)
            bench_fail("%s: %s", place("raw"), strerror(errno));
    double took = bench_seconds() - begin;
    (void)close(fd);
    (void)unlink(place("raw"));
    return (double)(groups * entries) / took;
}

static void bare_exec(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        bench_fail("%s: %s", sql, sqlite3_errmsg(db));
}

/* Bare SQLite: the registry's table, indexes and settings, rows ready in memory, one prepared statement. */
static double bare_appends(uint64_t groups, uint64_t *number)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    char text[TEXT];
    struct entry e;
    (void)unlink(place("bare.db"));
    if (sqlite3_open(place("bare.db"), &db) != SQLITE_OK)
        bench_fail("%s", sqlite3_errmsg(db));
    bare_exec(db, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA cache_size=-24576;"
                  "PRAGMA wal_autocheckpoint=20000;"
                  "CREATE TABLE entry(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, type BLOB NOT NULL,"
                  " at INTEGER NOT NULL, actor BLOB NOT NULL, subject BLOB, body BLOB NOT NULL) STRICT;"
                  "CREATE INDEX entry_subject ON entry(subject) WHERE subject IS NOT NULL;"
                  "CREATE INDEX entry_at ON entry(at);");
    if (sqlite3_prepare_v2(db, "INSERT INTO entry(id,type,at,actor,body) VALUES(?1,?2,?3,?4,?5)", -1, &st, NULL) != SQLITE_OK)
        bench_fail("%s", sqlite3_errmsg(db));
    double begin = bench_seconds();
    for (uint64_t i = 0; i < groups; i++) {
        bare_exec(db, "BEGIN IMMEDIATE");
        for (int k = 0; k < BULK; k++) {
            entry_text(text, (*number)++, &e);
            (void)sqlite3_bind_blob(st, 1, e.id, sizeof(e.id), SQLITE_STATIC);
            (void)sqlite3_bind_blob(st, 2, e.type.p, (int)e.type.n, SQLITE_STATIC);
            (void)sqlite3_bind_int64(st, 3, e.at_ms);
            (void)sqlite3_bind_blob(st, 4, e.actor.p, (int)e.actor.n, SQLITE_STATIC);
            (void)sqlite3_bind_blob(st, 5, e.body.p, (int)e.body.n, SQLITE_STATIC);
            if (sqlite3_step(st) != SQLITE_DONE)
                bench_fail("%s", sqlite3_errmsg(db));
            sqlite3_reset(st);
        }
        bare_exec(db, "COMMIT");
    }
    double took = bench_seconds() - begin;
    sqlite3_finalize(st);
    sqlite3_close(db);
    (void)unlink(place("bare.db"));
    return (double)(groups * BULK) / took;
}

static double our_appends(struct registry *r, uint64_t groups, uint64_t *number)
{
    static struct group many[BULK];
    static struct entry entries[BULK];
    static char texts[BULK][TEXT];
    double begin = bench_seconds();
    for (uint64_t i = 0; i < groups; i++) {
        for (size_t k = 0; k < BULK; k++) {
            entry_text(texts[k], (*number)++, &entries[k]);
            many[k] = (struct group){.entries = &entries[k], .entries_n = 1};
        }
        MUST(registry_commit(r, many, BULK, &err));
        for (size_t k = 0; k < BULK; k++)
            if (many[k].result != OK)
                bench_fail("an entry was refused: %s", status_name(many[k].result));
    }
    return (double)(groups * BULK) / (bench_seconds() - begin);
}

static void bulk(struct registry *r, uint64_t *number)
{
    uint64_t groups = bench_n(100, 2);
    double raw = 0, bare = 0, ours = 0;
    for (int i = 0; i < 3; i++) {
        raw = best(raw, raw_appends(groups, BULK));
        bare = best(bare, bare_appends(groups, number));
        ours = best(ours, our_appends(r, groups, number));
    }
    tell("bulk, groups of 1,000: ours", ours, "entries/s", ">= 40000", ours >= 40000);
    tell("bulk: bare SQLite, same table", bare, "entries/s", NULL, false);
    tell("bulk: append and flush alone", raw, "entries/s", NULL, false);
    tell("bulk: ours of bare SQLite", 100 * ours / bare, "%", NULL, false);
}

/* ---- sixteen callers ---- */

struct caller {
    pthread_t thread;
    struct committer *c;
    uint64_t first, n;
    double *took; /* of each entry, in seconds */
};

static void *call(void *arg)
{
    struct caller *k = arg;
    for (uint64_t i = 0; i < k->n; i++) {
        char text[TEXT];
        struct entry e;
        entry_text(text, k->first + i, &e);
        struct group g = {.entries = &e, .entries_n = 1};
        double begin = bench_seconds();
        if (committer_commit(k->c, &g, 1, NULL) != OK || g.result != OK)
            bench_fail("a caller's entry was refused");
        k->took[i] = bench_seconds() - begin;
    }
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void callers(const char *url, const unsigned char key[KEY_BYTES], const struct sealer *sealer, uint64_t *number)
{
    struct registry *r;
    struct committer *c;
    struct caller k[CALLERS];
    uint64_t each = bench_n(6250, 50), n = each * CALLERS;
    double *took = calloc(n, sizeof(*took));
    if (took == NULL)
        bench_fail("out of memory");
    MUST(registry_open(str_of(url), false, key, sealer, &r, &err));
    MUST(committer_new(r, &c, &err));
    double begin = bench_seconds();
    for (size_t i = 0; i < CALLERS; i++) {
        k[i] = (struct caller){.c = c, .first = *number + i * each, .n = each, .took = took + i * each};
        if (pthread_create(&k[i].thread, NULL, call, &k[i]) != 0)
            bench_fail("no thread");
    }
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(k[i].thread, NULL);
    double rate = (double)n / (bench_seconds() - begin);
    *number += n;
    committer_close(c);
    qsort(took, n, sizeof(*took), by_time);
    tell("16 callers of one entry each: ours", rate, "entries/s", ">= 10000", rate >= 10000);
    tell("16 callers: median wait", took[n / 2] * 1e3, "ms", NULL, false);
    tell("16 callers: p99 wait", took[n * 99 / 100] * 1e3, "ms", "< 20", took[n * 99 / 100] < 0.020);
    tell("one caller after the other: append and flush alone", raw_appends(bench_n(2000, 50), 1), "entries/s", NULL, false);
    free(took);
}

/* ---- OpenSSL's hash alone ---- */

struct hashing { pthread_t thread; uint64_t n; };

/* What the entries and their tree cost: a leaf and a node each. The algorithm fetched once, one context. */
static void *hash_alone(void *arg)
{
    const struct hashing *h = arg;
    unsigned char leaf[1 + ENTRY_BYTES] = {0}, node[1 + 2 * HASH_BYTES] = {1}, out[EVP_MAX_MD_SIZE];
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    for (uint64_t i = 0; i < h->n; i++) {
        memcpy(leaf + 1, &i, sizeof(i));
        if (!EVP_DigestInit_ex2(c, md, NULL) || !EVP_DigestUpdate(c, leaf, sizeof(leaf)) || !EVP_DigestFinal_ex(c, out, NULL))
            bench_fail("OpenSSL");
        memcpy(node + 1, out, HASH_BYTES);
        if (!EVP_DigestInit_ex2(c, md, NULL) || !EVP_DigestUpdate(c, node, sizeof(node)) || !EVP_DigestFinal_ex(c, out, NULL))
            bench_fail("OpenSSL");
    }
    EVP_MD_CTX_free(c);
    EVP_MD_free(md);
    return NULL;
}

static double hashes(unsigned threads, uint64_t n)
{
    struct hashing h[ORDERED_THREADS_MAX];
    double begin = now_for(threads);
    for (unsigned i = 0; i < threads; i++) {
        h[i].n = n / threads;
        if (pthread_create(&h[i].thread, NULL, hash_alone, &h[i]) != 0)
            bench_fail("no thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(h[i].thread, NULL);
    return (double)n / (now_for(threads) - begin);
}

/* ---- a published folder ---- */

static enum status next(void *ctx, uint64_t index, struct str *out, struct err *e)
{
    (void)e;
    *out = entry_text(ctx, index, NULL);
    return OK;
}

static struct note_vkey publish(const char *folder, uint64_t n)
{
    unsigned char seed[KEY_BYTES] = {7};
    char text[TEXT];
    struct note_skey key;
    struct frontier f;
    struct tree_head old = {0, merkle_empty_root()};
    struct entry_source source = {text, next};
    struct buf note;
    note_skey_init(&key, STR("log.example/2026"), NOTE_ED25519, seed);
    frontier_init(&f);
    for (uint64_t i = 0; i < n; i++) {
        struct hash leaf = merkle_leaf(entry_text(text, i, NULL));
        frontier_append(&f, &leaf);
    }
    struct tree_head new = {n, frontier_root(&f)};
    struct checkpoint cp = {.origin = STR("log.example/2026"), .size = n, .root = new.root};
    MUST(tiles_extend(folder, &old, &new, &source, &err));
    buf_init(&note, NOTE_BYTES_MAX);
    MUST(checkpoint_sign(&cp, &key, 1, &note, &err));
    char path[320];
    (void)snprintf(path, sizeof(path), "%s/checkpoint", folder);
    MUST(file_write(path, buf_view(&note), 0644, &err));
    buf_release(&note);
    return note_vkey_of(&key);
}

/* Bytes and tree alone: each bundle read, hashed, its tile compared. */
struct tree { const char *folder; struct arena bytes[ORDERED_THREADS_MAX]; struct frontier tiles; };

static enum status tree_work(void *ctx, unsigned thread, uint64_t piece, void *result, struct err *e)
{
    struct tree *t = ctx;
    struct bundle bundle;
    struct hash leaves[TILE_WIDTH];
    struct str bytes, tile;
    char path[TILE_PATH_MAX];
    arena_reset(&t->bytes[thread]);
    TRY(tile_read(t->folder, TILE_ENTRIES, piece, TILE_WIDTH, &t->bytes[thread], &bytes, path, e));
    TRY(tile_read(t->folder, 0, piece, TILE_WIDTH, &t->bytes[thread], &tile, path, e));
    TRY(bundle_parse(bytes, &bundle, e));
    bundle_leaves(&bundle, leaves);
    if (tile.n != sizeof(leaves) || memcmp(tile.p, leaves, sizeof(leaves)) != 0)
        return FAIL(e, E_CONFLICT, "tile %llu is not that of its entries", (unsigned long long)piece);
    *(struct hash *)result = merkle_root(leaves, TILE_WIDTH);
    return OK;
}

static enum status tree_take(void *ctx, uint64_t piece, void *result, bool *enough, struct err *e)
{
    (void)piece, (void)enough, (void)e;
    frontier_append(&((struct tree *)ctx)->tiles, result);
    return OK;
}

static double tree_only(const char *folder, uint64_t n, unsigned threads, const struct hash *root)
{
    static struct tree t;
    t.folder = folder;
    for (unsigned i = 0; i < threads; i++)
        arena_init(&t.bytes[i], 64 << 20);
    frontier_init(&t.tiles);
    struct ordered run = {.ctx = &t, .pieces = n / TILE_WIDTH, .threads = threads, .result_bytes = sizeof(struct hash),
                          .work = tree_work, .take = tree_take};
    double begin = now_for(threads);
    MUST(ordered_run(&run, &err));
    struct hash is = frontier_root(&t.tiles);
    double took = now_for(threads) - begin;
    if (!hash_eq(&is, root))
        bench_fail("the tree has another root");
    for (unsigned i = 0; i < threads; i++)
        arena_release(&t.bytes[i]);
    return (double)n / took;
}

static double everything(const char *folder, uint64_t n, unsigned threads, const struct note_vkey *key, struct hash *root)
{
    struct verify_how how = {.threads = threads};
    struct verify_report r;
    struct arena a;
    arena_init(&a, 1 << 20);
    double begin = now_for(threads);
    MUST(verify_directory(folder, STR_NONE, key, 1, &how, &a, &r, &err));
    double took = now_for(threads) - begin;
    if (!r.ok || r.entries_verified != n)
        bench_fail("the log does not verify");
    *root = r.root;
    arena_release(&a);
    return (double)n / took;
}

static void verification_by(const char *folder, uint64_t n, unsigned threads, const struct note_vkey *key)
{
    char what[100];
    struct hash root;
    double alone = 0, tree = 0, all = 0;
    for (int i = 0; i < ROUNDS; i++) {
        alone = best(alone, hashes(threads, n));
        all = best(all, everything(folder, n, threads, key, &root));
        tree = best(tree, tree_only(folder, n, threads, &root));
    }
#define SAID(text) ((void)snprintf(what, sizeof(what), "verify, %u core%s: " text, threads, threads > 1 ? "s" : ""), what)
    tell(SAID("OpenSSL's hash alone"), alone, "entries/s", NULL, false);
    tell(SAID("bytes and tree"), tree, "entries/s", NULL, false);
    tell(SAID("bytes and tree, of the hash alone"), 100 * tree / alone, "%", ">= 80", tree >= 0.8 * alone);
    tell(SAID("with form and meaning of every entry"), all, "entries/s", NULL, false);
    tell(SAID("with form and meaning, of the hash alone"), 100 * all / alone, "%", ">= 80", all >= 0.8 * alone);
#undef SAID
}

static void verification(void)
{
    uint64_t n = bench_n(1 << 20, TILE_WIDTH * 64) / TILE_WIDTH * TILE_WIDTH;
    char folder[300];
    unsigned cores = ordered_threads();
    (void)snprintf(folder, sizeof(folder), "%s", place("published"));
    MUST(dir_make(folder, 0755, &err));
    double begin = bench_seconds();
    struct note_vkey key = publish(folder, n);
    tell("tiles written and flushed (256 entries a file)", (double)n / (bench_seconds() - begin), "entries/s", NULL, false);
    verification_by(folder, n, 1, &key);
    if (cores > 1)
        verification_by(folder, n, cores, &key);
    tell("verify: peak memory so far", bench_peak_mib(), "MiB", "< 128", bench_peak_mib() < 128);
}

/* ---- the registry's own log ---- */

static void own_log(struct engine *e, uint64_t entries)
{
    struct arena a;
    struct logbook_head head;
    struct audit_check check;
    arena_init(&a, 64 << 20);
    double begin = bench_seconds();
    MUST(logbook_integrate(e, &err));
    tell("new entries taken into the tree and signed", (double)entries / (bench_seconds() - begin), "entries/s", NULL, false);
    begin = bench_seconds();
    MUST(logbook_publish(e, STR_NONE, &a, &head, &err));
    tell("published from the registry", (double)entries / (bench_seconds() - begin), "entries/s", NULL, false);
    begin = bench_seconds();
    MUST(logbook_publish(e, STR_NONE, &a, &head, &err));
    tell("published again, nothing new", (bench_seconds() - begin) * 1e3, "ms", NULL, false);
    begin = bench_seconds();
    MUST(audit_check_registry(e, NULL, &a, &check, &err));
    tell("the registry's own log verified, all cores", (double)head.size / (bench_seconds() - begin), "entries/s", NULL, false);
    if (!check.ok)
        bench_fail("the registry's log does not verify: %.*s", STR_ARG(check.why));
    tell("peak memory of all of this", bench_peak_mib(), "MiB", "< 128", bench_peak_mib() < 128);
    arena_release(&a);
}

static struct engine *installation(char url[320])
{
    char home[300], config[330];
    struct engine *e;
    struct buf report;
    (void)snprintf(home, sizeof(home), "%s", place("home"));
    MUST(init_named(home, STR("log.example"), STR_NONE, false, clock_now_ms(), &err));
    (void)snprintf(config, sizeof(config), "%s/expunge.yaml", home);
    (void)snprintf(url, 320, "sqlite:%s/expunge.db", home);
    buf_init(&report, 1 << 16);
    struct engine_options o = {.config_path = config, .now_ms = TIME_NONE, .flags = OPEN_WRITE};
    MUST(engine_open(&o, &e, &report, &err));
    buf_release(&report);
    e->config.audit_publish = arena_fmt(&e->arena, "%s/log", home);
    return e;
}

int main(void)
{
    const char *base = getenv("BENCH_DIR");
    char url[320];
    uint64_t number = UINT64_C(1) << 40;
    (void)snprintf(dir, sizeof(dir), "%s/audit", base ? base : "/var/tmp");
    now_ms = clock_now_ms();
    MUST(crypto_init(&err));
    MUST(dir_make(dir, 0700, &err));
    verification();
    struct engine *e = installation(url);
    uint64_t before = number;
    bulk(e->registry, &number);
    callers(url, e->keys.identifier, &e->keys.sealer, &number);
    own_log(e, number - before - 3 * bench_n(100, 2) * BULK); /* a third of the numbers went into the bare database */
    engine_close(e);
    return 0;
}
