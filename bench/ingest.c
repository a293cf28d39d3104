/*
 * ingest.c - contact records of about 2.5 KB from NDJSON into SQLite registries of growing size: ours on one core and on two,
 * the plain inserts of the same rows, and what the readers alone can do.
 *
 * The plain baseline: the rows that ingest made, ready in memory, inserted straightforwardly into the same tables of the same
 * registry with the same settings and batches; no look-ups, no documents, no log. BENCH_BIG names a folder with (or for) a
 * registry of fifty million contacts, some 45 GB; without it the largest has ten million.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/contacts.h"
#include "bench/lib/jansson_limit.h"
#include "engine/batch.h"
#include "registry/sqlite.h"

static const uint64_t GROUND = UINT64_C(1) << 40; /* contact numbers no registry was built with */

struct run { const char *dir; char file[480]; uint64_t contacts, customers; double seconds, cpu_us, peak_mib; };

/* The next `n` numbers nobody has used, as a file of documents. */
static void write_documents(struct run *r, uint64_t n)
{
    static uint64_t next;
    CLEANUP(buf_release) struct buf b;
    struct bench_contact c;
    buf_init(&b, 1 << 16);
    snprintf(r->file, sizeof r->file, "%s/documents.ndjson", r->dir);
    FILE *f = fopen(r->file, "w");
    if (!f)
        bench_fail("cannot write %s", r->file);
    r->contacts = n;
    for (uint64_t i = 0; i < n; i++) {
        bench_contact(GROUND + next++, BENCH_NOW_MS - 3 * DAY_MS + (int64_t)(2 * DAY_MS * i / n), r->customers, &c);
        buf_clear(&b);
        bench_contact_json(&c, &b);
        if (fwrite(b.p, b.n, 1, f) != 1)
            bench_fail("disk full");
    }
    fclose(f);
    int fd = open(r->file, O_RDONLY); /* in memory, as what has just come in is */
    posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
    close(fd);
}

/* User and system, of this process so far. */
static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}
static double cpu_from; /* when a measurement began */
static double begin(void)
{
    cpu_from = cpu_seconds();
    return bench_seconds();
}

/* In a process of its own, so that its memory is its own. */
static void apart(struct run *r, double (*measure)(struct run *, unsigned), unsigned how)
{
    int ends[2];
    double out[3];
    if (pipe(ends) != 0)
        bench_fail("no pipe");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        out[0] = measure(r, how);
        out[1] = bench_peak_mib();
        out[2] = cpu_seconds() - cpu_from;
        _exit(write(ends[1], out, sizeof out) == (ssize_t)sizeof out ? 0 : 1);
    }
    close(ends[1]);
    int status;
    if (pid < 0 || read(ends[0], out, sizeof out) != (ssize_t)sizeof out || waitpid(pid, &status, 0) != pid || status != 0)
        bench_fail("a measurement did not come to its end");
    close(ends[0]);
    r->seconds = out[0];
    r->peak_mib = out[1];
    r->cpu_us = out[2] * 1e6 / (double)r->contacts;
}

static double ours(struct run *r, unsigned threads)
{
    struct engine *e = bench_engine(r->dir, false, BENCH_NOW_MS);
    struct ingest_options o = {.format = STR("auto"), .source = STR(BENCH_INSTANCE), .threads = threads};
    struct ingest_report report = {.read = 0};
    struct err err;
    double from = begin();
    if (ingest_path(e, r->file, &o, &report, &err) != OK)
        bench_fail("%s", err.text);
    if (report.registered != r->contacts)
        bench_fail("%llu of %llu registered", (unsigned long long)report.registered, (unsigned long long)r->contacts);
    double took = bench_seconds() - from;
    engine_close(e);
    return took;
}

/* ---- plain inserts ---- */
struct kept { struct row *rows; size_t n, cap; struct arena a; };
static struct kept kept;
static enum status keep_rows(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    (void)b, (void)err;
    for (size_t i = 0; i < n; i++) {
        groups[i].result = OK;
        for (size_t k = 0; k < groups[i].rows_n; k++) {
            struct row row = groups[i].rows[k];
            if (row.op != ROW_PUT)
                continue;
            row.key = arena_str(&kept.a, row.key);
            row.body = arena_str(&kept.a, row.body.p ? row.body : STR(""));
            if (!row.key.p || !row.body.p || !arena_grow(&kept.a, (void **)&kept.rows, &kept.cap, kept.n + 1, sizeof row))
                bench_fail("too many rows to keep in memory");
            kept.rows[kept.n++] = row;
        }
    }
    return OK;
}

static void bare_row(sqlite3_stmt *const st[4], const struct row *row)
{
    sqlite3_stmt *to = row->table == TABLE_CHAIN ? st[0] : row->table == TABLE_LEG ? st[2] : st[3];
    sqlite_bind_str(to, 1, row->key);
    sqlite_bind_str(to, 2, row->body);
    if (row->table == TABLE_CHAIN) {
        sqlite3_bind_int(to, 3, (int)row->queue);
        sqlite3_bind_int(to, 4, row->queue_category);
        sqlite3_bind_int64(to, 5, row->queue_time_ms);
    }
    if (sqlite3_step(to) != SQLITE_DONE)
        bench_fail("plain insert: %s", sqlite3_errmsg(sqlite3_db_handle(to)));
    sqlite3_reset(to);
    if (row->table != TABLE_CHAIN)
        return;
    sqlite_bind_str(st[1], 1, row->key);
    if (sqlite3_step(st[1]) != SQLITE_DONE)
        bench_fail("plain insert: %s", sqlite3_errmsg(sqlite3_db_handle(to)));
    sqlite3_reset(st[1]);
}

static double bare(struct run *r, unsigned unused)
{
    static const char *const text[] = {
        "INSERT INTO chain(key,version,queue,category,time,body) VALUES(?1,1,?3,?4,?5,?2)",
        "INSERT INTO chain_key(key,id) VALUES(?1,last_insert_rowid()) ON CONFLICT DO NOTHING", /* a chain of two batches */
        "INSERT INTO leg(key,version,number,body) VALUES(?1,1,0,?2) ON CONFLICT DO NOTHING",
        "INSERT INTO subject(key,version,number,body) VALUES(?1,1,0,?2) ON CONFLICT DO NOTHING",
    };
    (void)unused;
    struct engine *e = bench_engine(r->dir, false, BENCH_NOW_MS);
    struct backend_driver driver = *e->registry->backend.driver;
    const struct backend_driver *real = e->registry->backend.driver;
    struct ingest_options o = {.format = STR("auto"), .source = STR(BENCH_INSTANCE), .threads = 1};
    struct ingest_report report = {.read = 0};
    struct err err;
    struct sqlite *s = e->registry->backend.own;
    sqlite3_stmt *st[4];
    arena_init(&kept.a, (size_t)8 << 30);
    driver.load = keep_rows;
    e->registry->backend.driver = &driver;
    if (ingest_path(e, r->file, &o, &report, &err) != OK)
        bench_fail("%s", err.text);
    e->registry->backend.driver = real;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        if (sqlite_prepare(s, text[i], &st[i], &err) != OK)
            bench_fail("%s", err.text);
    double from = begin();
    size_t in_batch = 0;
    for (size_t i = 0; i < kept.n; i++) {
        if ((i == 0 || in_batch == BATCH_ARRIVALS_MAX) && sqlite_exec(s, i == 0 ? "BEGIN IMMEDIATE" : "COMMIT;BEGIN IMMEDIATE", &err) != OK)
            bench_fail("%s", err.text);
        in_batch = in_batch == BATCH_ARRIVALS_MAX ? 0 : in_batch;
        in_batch += kept.rows[i].table == TABLE_CHAIN;
        bare_row(st, &kept.rows[i]);
    }
    if (sqlite_exec(s, "COMMIT", &err) != OK)
        bench_fail("%s", err.text);
    double took = bench_seconds() - from;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        sqlite3_finalize(st[i]);
    engine_close(e);
    return took;
}

/* ---- readers alone ---- */
static double readers(struct run *r, unsigned jansson)
{
    int fd = open(r->file, O_RDONLY);
    struct docstream *stream;
    struct doc doc = {.kind = DOC_OK};
    struct arena a;
    struct err err;
    const struct json *tree;
    if (fd < 0 || docstream_open(fd, STREAM_JSON, intake_wrapper_keys, &stream, &err) != OK)
        bench_fail("%s", r->file);
    arena_init(&a, 64 << 20);
    double from = begin();
    while (docstream_next(stream, &doc, &err) == OK && doc.kind == DOC_OK) {
        if (jansson ? !jansson_reads(doc.bytes.p, doc.bytes.n) : json_parse(doc.bytes, &a, &tree, &err) != OK)
            bench_fail("a document does not read");
        arena_reset(&a);
    }
    double took = bench_seconds() - from;
    docstream_close(&stream);
    close(fd);
    return took;
}

static void tell(const char *what, uint64_t registry, double value, const char *unit, const char *goal, bool met)
{
    char line[96];
    snprintf(line, sizeof line, "%s, %.3g M there", what, (double)registry / 1e6);
    bench_tell(&(struct bench_figure){line, value, unit, goal, met});
}

static void measure(const char *dir, uint64_t registry, uint64_t n)
{
    struct run r = {.dir = dir, .customers = registry / 4 + 1000};
    write_documents(&r, n);
    apart(&r, ours, 1);
    double one = (double)n / r.seconds;
    tell("ingest, one core", registry, one, "contacts/s", ">= 15000", one >= 15000);
    tell("  processor time each", registry, r.cpu_us, "us", NULL, false);
    tell("  resident at most", registry, r.peak_mib, "MiB", "< 128", r.peak_mib < 128);
    write_documents(&r, n);
    apart(&r, ours, 2);
    double both = (double)n / r.seconds;
    tell("ingest, both cores", registry, both, "contacts/s", NULL, false);
    tell("  processor time each", registry, r.cpu_us, "us", NULL, false);
    tell("  resident at most", registry, r.peak_mib, "MiB", "< 128", r.peak_mib < 128);
    write_documents(&r, n);
    apart(&r, bare, 0);
    double plain = (double)n / r.seconds;
    tell("plain inserts of the same rows", registry, plain, "contacts/s", NULL, false);
    tell("  processor time each", registry, r.cpu_us, "us", NULL, false);
    tell("  both cores against plain", registry, 100 * both / plain, "%", ">= 40", both >= 0.4 * plain);
    (void)unlink(r.file);
}

static void measure_readers(const char *dir, uint64_t n)
{
    struct run r = {.dir = dir, .customers = 1000};
    struct stat st;
    write_documents(&r, n);
    if (stat(r.file, &st) != 0)
        bench_fail("%s", r.file);
    bench_tell(&(struct bench_figure){"documents, each", (double)st.st_size / (double)n, "bytes", NULL, false});
    apart(&r, readers, 0);
    bench_tell(&(struct bench_figure){"limit: our strict reader alone, one core", (double)n / r.seconds, "documents/s", NULL, false});
    apart(&r, readers, 1);
    bench_tell(&(struct bench_figure){"limit: jansson alone, one core", (double)n / r.seconds, "documents/s", NULL, false});
    (void)unlink(r.file);
}

int main(void)
{
    const char *scratch = getenv("BENCH_DIR"), *big = getenv("BENCH_BIG");
    const uint64_t sizes[] = {0, bench_n(1000000, 1000), bench_n(10000000, 2000)};
    uint64_t n = bench_n(200000, 2000);
    char dir[400];
    if (!scratch)
        bench_fail("BENCH_DIR is not set");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        snprintf(dir, sizeof dir, "%s/ingest-%zu", scratch, i);
        if (sizes[i])
            bench_registry(dir, sizes[i]);
        else if (mkdir(dir, 0700) == 0)
            engine_close(bench_engine(dir, true, BENCH_NOW_MS));
        if (i == 0)
            measure_readers(dir, n);
        measure(dir, sizes[i], n);
    }
    if (big) {
        bench_registry(big, 50000000);
        measure(big, 50000000, n);
    }
    return 0;
}
