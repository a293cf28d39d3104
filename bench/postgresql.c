/*
 * postgresql.c - the registry in PostgreSQL: loading against psql's own \copy of the same rows into the same indexed tables, pages
 * of what is due in a small and in a large registry, claims and settlements. Started by postgresql.sh.
 */
#include "bench/lib/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/postgresql_database.h"
#include "tests/lib/registry_fixture.h"

enum { BATCH = 10000, BODY_BYTES = 700, PAGE = 1000, PAGES = 200, CLAIM = 500 };

/* What a document becomes: a chain that waits for its date, its own leg (that no other chain has it), a person. */
struct contact { unsigned char key[ROW_KEY_BYTES], subject[2 * ROW_KEY_BYTES]; char body[BODY_BYTES]; };

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void contact_make(uint64_t n, struct contact *c)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789 ,.:-_ABCDEFGHIJKLMNOPQRSTUV";
    uint64_t words[4] = {mix(n), mix(n + 1), mix(n / 3), mix(n / 3 + 7)};
    memcpy(c->key, words, ROW_KEY_BYTES);
    memcpy(c->subject, words + 2, ROW_KEY_BYTES);
    memcpy(c->subject + ROW_KEY_BYTES, words, ROW_KEY_BYTES);
    for (size_t i = 0; i < BODY_BYTES; i++)
        c->body[i] = letters[mix(n * 31 + i / 8) >> i % 8 * 6 & 63];
}

static int64_t anchor_of(uint64_t n)
{
    return INT64_C(1500000000000) + (int64_t)(n * 5000); /* records arrive about in the order of their dates */
}

static double load(struct backend *b, uint64_t from, uint64_t n)
{
    struct contact *contacts = calloc(BATCH, sizeof(*contacts));
    struct row(*rows)[3] = calloc(BATCH, sizeof(*rows));
    struct group *groups = calloc(BATCH, sizeof(*groups));
    double spent = 0;
    if (!contacts || !rows || !groups)
        bench_fail("out of memory");
    for (uint64_t done = 0; done < n; done += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            struct contact *c = &contacts[i];
            contact_make(from + done + i, c);
            struct str key = {(const char *)c->key, sizeof(c->key)};
            rows[i][0] = (struct row){.table = TABLE_CHAIN, .op = ROW_PUT, .key = key, .body = {c->body, BODY_BYTES}, .queue = QUEUE_DUE,
                                      .queue_category = (uint16_t)(mix(done + i) % 6), .queue_time_ms = anchor_of(from + done + i)};
            rows[i][1] = (struct row){.table = TABLE_LEG, .op = ROW_REMOVE, .version = VERSION_ANY, .key = key};
            rows[i][2] = (struct row){.table = TABLE_SUBJECT, .op = ROW_PUT, .version = VERSION_ANY,
                                      .key = {(const char *)c->subject, sizeof(c->subject)}, .body = STR("")};
            groups[i] = (struct group){.rows = rows[i], .rows_n = 3};
        }
        double start = bench_seconds();
        struct err err;
        if (backend_load(b, groups, BATCH, &err) != OK)
            bench_fail("%s", err.text);
        spent += bench_seconds() - start;
        for (size_t i = 0; i < BATCH; i++)
            if (groups[i].result != OK)
                bench_fail("a contact was not loaded");
    }
    free(contacts);
    free(rows);
    free(groups);
    return (double)n / spent;
}

static void hex(FILE *out, const void *p, size_t n)
{
    fputs("\\\\x", out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%02x", ((const unsigned char *)p)[i]);
}

static void write_copies(const char *chains, const char *subjects, uint64_t from, uint64_t n)
{
    FILE *chain = fopen(chains, "w"), *subject = fopen(subjects, "w");
    if (!chain || !subject)
        bench_fail("cannot write %s", chains);
    for (uint64_t i = 0; i < n; i++) {
        struct contact c;
        contact_make(from + i, &c);
        hex(chain, c.key, sizeof(c.key));
        fprintf(chain, "\t1\t%lld\t%d\t1\t", (long long)anchor_of(from + i), (int)(mix(i) % 6));
        hex(chain, c.body, BODY_BYTES);
        fputc('\n', chain);
        hex(subject, c.subject, sizeof(c.subject));
        fputs("\t1\t0\t\\\\x\n", subject);
    }
    if (fclose(chain) != 0 || fclose(subject) != 0)
        bench_fail("cannot write %s", chains);
}

static void psql(const char *url, const char *command)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("psql", "psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("psql: %s", command);
}

static double copy(const char *url, uint64_t from, uint64_t n)
{
    const char *dir = getenv("BENCH_DIR");
    char chains[300], subjects[300], sql[700];
    snprintf(chains, sizeof(chains), "%s/chains.tsv", dir ? dir : "/var/tmp");
    snprintf(subjects, sizeof(subjects), "%s/subjects.tsv", dir ? dir : "/var/tmp");
    write_copies(chains, subjects, from, n);
    double start = bench_seconds();
    snprintf(sql, sizeof(sql), "\\copy expunge.chain(key,version,time,category,queue,body) FROM '%s'", chains);
    psql(url, sql);
    snprintf(sql, sizeof(sql), "\\copy expunge.subject(key,version,number,body) FROM '%s'", subjects);
    psql(url, sql);
    double rate = (double)n / (bench_seconds() - start);
    unlink(chains);
    unlink(subjects);
    return rate;
}

static void tell(const char *what, double value, const char *unit)
{
    bench_tell(&(struct bench_figure){.what = what, .value = value, .unit = unit});
}

static void bench_load(void)
{
    uint64_t n = bench_n(500000, BATCH) / BATCH * BATCH;
    char url[POSTGRESQL_URL_MAX], other[POSTGRESQL_URL_MAX], what[120];
    struct backend b;
    struct err err;
    double ours[2], theirs[2];
    postgresql_make(other);
    if (backend_open(str_of(other), true, &b, &err) != OK)
        bench_fail("%s", err.text);
    backend_close(&b);
    postgresql_make(url);
    if (backend_open(str_of(url), true, &b, &err) != OK)
        bench_fail("%s", err.text);
    for (uint64_t round = 0; round < 2; round++) { /* side by side: what disturbs one disturbs the other */
        theirs[round] = copy(other, round * n, n);
        ours[round] = load(&b, round * n, n);
        snprintf(what, sizeof(what), "psql \\copy, into %llu contacts", (unsigned long long)(round * n));
        tell(what, theirs[round], "contacts/s");
        snprintf(what, sizeof(what), "load, the same rows and tables, into %llu contacts", (unsigned long long)(round * n));
        tell(what, ours[round], "contacts/s");
    }
    double least = ours[0] / theirs[0] < ours[1] / theirs[1] ? ours[0] / theirs[0] : ours[1] / theirs[1];
    bench_tell(&(struct bench_figure){"load as a part of psql's \\copy, the lesser", least * 100, "%", ">= 50 %", least >= 0.5});
    backend_close(&b);
    postgresql_remove(url);
    postgresql_remove(other);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A registry whose queue is paged through again and again. */
struct paged { char url[POSTGRESQL_URL_MAX]; struct backend b; struct queue_query q; uint64_t chains; double times[PAGES]; };

static double page_ms(struct paged *p)
{
    struct arena a;
    struct row *rows;
    size_t n;
    arena_init(&a, 64 << 20);
    double start = bench_seconds();
    if (backend_queue(&p->b, &p->q, PAGE, &a, &rows, &n, NULL) != OK)
        bench_fail("a page could not be read");
    double ms = (bench_seconds() - start) * 1000;
    p->q.after = n == PAGE;
    if (p->q.after) {
        p->q.after_category = rows[n - 1].queue_category;
        p->q.after_time_ms = rows[n - 1].queue_time_ms;
        memcpy(p->q.after_key.b, rows[n - 1].key.p, ROW_KEY_BYTES);
    }
    arena_release(&a);
    return ms;
}

static void fill(const char *url, uint64_t from, uint64_t to)
{
    char sql[600];
    snprintf(sql, sizeof(sql),
             "INSERT INTO expunge.chain(key,version,time,category,queue,body) SELECT decode(md5(i::text),'hex'),1,"
             "1500000000000+(hashint8(i)::bigint*7919),abs(hashint8(i+1))%%6,1,'\\x0102030405060708' FROM generate_series(%llu::bigint,%llu) i",
             (unsigned long long)from, (unsigned long long)to - 1);
    (void)postgresql_run(url, sql);
    (void)postgresql_run(url, "VACUUM ANALYZE expunge.chain");
}

static void paged_make(struct paged *p, uint64_t chains)
{
    struct err err;
    p->chains = chains;
    p->q = (struct queue_query){.queue = QUEUE_DUE, .category = 3, .until_ms = INT64_MAX};
    postgresql_make(p->url);
    if (backend_open(str_of(p->url), true, &p->b, &err) != OK)
        bench_fail("%s", err.text);
    fill(p->url, 0, chains);
}

static double paged_tell(struct paged *p)
{
    char what[120];
    qsort(p->times, PAGES, sizeof(*p->times), by_value);
    snprintf(what, sizeof(what), "page of 1,000 due, of %llu chains, median", (unsigned long long)p->chains);
    tell(what, p->times[PAGES / 2], "ms");
    backend_close(&p->b);
    postgresql_remove(p->url);
    return p->times[PAGES / 2];
}

/* A page of the one, a page of the other: what disturbs one disturbs the other. */
static void bench_pages(void)
{
    static struct paged small, large;
    paged_make(&small, bench_n(1000000, 20000));
    paged_make(&large, bench_n(10000000, 200000));
    for (int i = -PAGES / 4; i < PAGES; i++) { /* the first are not counted */
        double first = page_ms(&small), second = page_ms(&large);
        if (i >= 0) {
            small.times[i] = first;
            large.times[i] = second;
        }
    }
    double ratio = 1 / paged_tell(&small) * paged_tell(&large);
    bench_tell(&(struct bench_figure){"page, large registry to small", ratio, "x", "<= 2", ratio <= 2});
}

static void nothing_changes(void *ctx, struct chain *fresh, struct arena *a)
{
    (void)ctx, (void)fresh, (void)a;
}

struct spent { double claiming, settling; };

static void store_chains(struct registry_fixture *f, uint64_t from, struct chain *chains, struct arena *a)
{
    struct row *rows = ARENA_ARRAY(a, struct row, CLAIM);
    struct group *groups = ARENA_ARRAY(a, struct group, CLAIM);
    if (!rows || !groups)
        bench_fail("out of memory");
    for (uint64_t i = 0; i < CLAIM; i++) {
        chains[i] = fixture_chain(f, arena_fmt(a, "contact %llu", (unsigned long long)(from + i)).p);
        if (registry_chain_row(&chains[i], a, &rows[i], NULL) != OK)
            bench_fail("a chain has no row");
        groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
    }
    if (registry_load(f->r, groups, CLAIM, NULL) != OK)
        bench_fail("chains were not loaded");
    for (uint64_t i = 0; i < CLAIM; i++)
        chains[i].version = 1;
}

static void one_batch(struct registry_fixture *f, const struct row_key *worker, uint64_t from, struct arena *a, struct spent *spent)
{
    struct chain *chains = ARENA_ARRAY(a, struct chain, CLAIM);
    struct claim *claims = ARENA_ARRAY(a, struct claim, CLAIM);
    enum status *results = ARENA_ARRAY(a, enum status, CLAIM);
    struct settlement *settlements = ARENA_ARRAY(a, struct settlement, CLAIM);
    struct entry *entries = ARENA_ARRAY(a, struct entry, CLAIM);
    if (!chains || !claims || !results || !settlements || !entries)
        bench_fail("out of memory");
    store_chains(f, from, chains, a);
    double start = bench_seconds();
    if (registry_claim(f->r, worker, chains, CLAIM, 0, a, claims, results, NULL) != OK)
        bench_fail("chains were not claimed");
    spent->claiming += bench_seconds() - start;
    for (uint64_t i = 0; i < CLAIM; i++) {
        entries[i] = fixture_entry("OUTCOME");
        settlements[i] = (struct settlement){.claim = claims[i], .change = nothing_changes, .free_claim = true, .entries = &entries[i], .entries_n = 1};
        if (results[i] != OK)
            bench_fail("a chain was not claimed");
    }
    start = bench_seconds();
    if (registry_settle(f->r, settlements, CLAIM, 0, a, NULL) != OK || settlements[0].result != OK)
        bench_fail("chains were not settled");
    spent->settling += bench_seconds() - start;
}

static void bench_claims(void)
{
    uint64_t n = bench_n(100000, CLAIM) / CLAIM * CLAIM;
    struct spent spent = {0};
    struct row_key worker;
    void *state;
    if (registry_fixture_file(&state) != 0)
        bench_fail("no registry");
    struct registry_fixture *f = state;
    if (registry_worker_start(f->r, &worker, 0, 60000, STR("bench"), NULL) != OK)
        bench_fail("no worker");
    for (uint64_t done = 0; done < n; done += CLAIM) {
        struct arena a;
        arena_init(&a, 64 << 20);
        one_batch(f, &worker, done, &a, &spent);
        arena_release(&a);
    }
    tell("claims of 500, one worker", (double)n / spent.claiming, "claims/s");
    tell("settlements of 500 with an entry each", (double)n / spent.settling, "chains/s");
    (void)registry_fixture_end(&state);
}

int main(void)
{
    if (!postgresql_here())
        bench_fail("run bench/postgresql.sh");
    (void)setenv("EXPUNGE_TEST_REGISTRY", "postgresql", 1);
    bench_load();
    bench_pages();
    bench_claims();
    return 0;
}
