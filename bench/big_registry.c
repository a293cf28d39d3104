/*
 * big_registry.c - DIR [CONTACTS]: an installation in the new folder DIR whose SQLite registry holds that many contacts
 * (default fifty million), for measuring what others do to it. No measurement by itself: `make bench` prints how long it took
 * for a registry of BENCH_SCALE size.
 *
 * Rows are what ingest would have written, packed by the registry's own code; they are laid into the tables in bulk: chains
 * in order of arrival, keys sorted outside (a file for each first byte) and appended, the index of places built at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/contacts.h"
#include "registry/sqlite.h"

enum { BUCKETS = 256, CHAIN_KEY_BYTES = 24, SUBJECT_BYTES = 32 };

struct pile { FILE *files[BUCKETS]; char dir[480]; const char *name; size_t record; uint64_t n; };
struct building {
    struct engine *e;
    sqlite3 *db;
    sqlite3_stmt *chain, *leg;
    struct pile keys, subjects;
    struct arena a;
    uint64_t contacts, chains;
    int64_t now_ms;
};

static void sql(sqlite3 *db, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        bench_fail("%.60s: %s", text, why);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
        bench_fail("%s: %s", text, sqlite3_errmsg(db));
    return st;
}

static void step(sqlite3_stmt *st)
{
    if (sqlite3_step(st) != SQLITE_DONE)
        bench_fail("%s", sqlite3_errmsg(sqlite3_db_handle(st)));
    sqlite3_reset(st);
}

static void pile_open(struct pile *p, const char *dir, const char *name, size_t record)
{
    *p = (struct pile){.name = name, .record = record};
    snprintf(p->dir, sizeof p->dir, "%s", dir);
    for (int i = 0; i < BUCKETS; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s.%02x", dir, name, (unsigned)i);
        p->files[i] = fopen(path, "w+");
        if (!p->files[i])
            bench_fail("cannot write %s", path);
        (void)unlink(path);
        setvbuf(p->files[i], NULL, _IOFBF, 1 << 16);
    }
}

static void pile_add(struct pile *p, const void *record)
{
    if (fwrite(record, p->record, 1, p->files[*(const unsigned char *)record]) != 1)
        bench_fail("disk full");
    p->n++;
}

static int by_chain_key(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static int by_subject(const void *a, const void *b)
{
    return memcmp(a, b, SUBJECT_BYTES);
}

/* A file's records sorted; *n of them. The caller frees. */
static unsigned char *pile_sorted(struct pile *p, int i, size_t *n)
{
    off_t end = fseeko(p->files[i], 0, SEEK_END) == 0 ? ftello(p->files[i]) : 0;
    unsigned char *all = malloc((size_t)end + 1);
    rewind(p->files[i]);
    *n = (size_t)end / p->record;
    if (!all || fread(all, p->record, *n, p->files[i]) != *n)
        bench_fail("cannot read back what was sorted");
    qsort(all, *n, p->record, p->record == SUBJECT_BYTES ? by_subject : by_chain_key);
    fclose(p->files[i]);
    return all;
}

static void subject_add(struct building *b, const struct row_key *subject, const struct row_key *chain)
{
    unsigned char record[SUBJECT_BYTES];
    memcpy(record, subject->b, ROW_KEY_BYTES);
    memcpy(record + ROW_KEY_BYTES, chain->b, ROW_KEY_BYTES);
    pile_add(&b->subjects, record);
}

static void leg_add(struct building *b, const struct leg *leg, const struct row_key *chain)
{
    for (size_t i = 0; i < leg->subjects_n; i++)
        subject_add(b, &leg->subjects[i], chain);
    for (size_t i = 0; i < leg->locators_n; i++) {
        struct row_key k = row_key_of_locator(&b->e->registry->identifier, leg->locators[i].place, leg->locators[i].path);
        subject_add(b, &k, chain);
    }
    if (row_key_eq(&leg->key, chain))
        return;
    sqlite3_bind_blob(b->leg, 1, leg->key.b, ROW_KEY_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(b->leg, 2, chain->b, ROW_KEY_BYTES, SQLITE_STATIC);
    step(b->leg);
}

static void chain_add(struct building *b, struct leg *legs, size_t n)
{
    struct chain c = {.key = legs[0].key, .source = STR(BENCH_INSTANCE), .state = CHAIN_ACTIVE, .legs = legs, .legs_n = n,
                      .registered_ms = legs[0].registered_ms, .grace_until_ms = TIME_NONE, .claimed_ms = TIME_NONE,
                      .next_ms = TIME_NONE, .first_try_ms = TIME_NONE, .verified_ms = TIME_NONE, .verified_again_ms = TIME_NONE,
                      .purged_ms = TIME_NONE, .scrubbed_until_ms = TIME_NONE, .retained_until_ms = TIME_NONE, .risen_ms = TIME_NONE};
    struct row row;
    struct err err;
    unsigned char record[CHAIN_KEY_BYTES];
    int64_t id = (int64_t)++b->chains;
    c.mandate.accepted_ms = c.mandate.deadline_ms = TIME_NONE;
    chain_place(&c, NULL, 0, &b->e->policy, b->now_ms);
    if (registry_chain_row(&c, &b->a, &row, &err) != OK)
        bench_fail("%s", err.text);
    sqlite3_bind_int64(b->chain, 1, id);
    sqlite3_bind_blob(b->chain, 2, row.key.p, (int)row.key.n, SQLITE_STATIC);
    sqlite3_bind_int(b->chain, 3, (int)row.queue);
    sqlite3_bind_int(b->chain, 4, row.queue_category);
    sqlite3_bind_int64(b->chain, 5, row.queue_time_ms);
    sqlite3_bind_blob(b->chain, 6, row.body.p, (int)row.body.n, SQLITE_STATIC);
    step(b->chain);
    memcpy(record, c.key.b, ROW_KEY_BYTES);
    memcpy(record + ROW_KEY_BYTES, &id, sizeof id);
    pile_add(&b->keys, record);
    for (size_t i = 0; i < n; i++)
        leg_add(b, &legs[i], &c.key);
}

/* Evenly over the last eight years. */
static int64_t started_ms(const struct building *b, uint64_t i)
{
    static const int64_t years_ms = 8 * 365 * DAY_MS;
    return b->now_ms - years_ms + (int64_t)((double)years_ms * ((double)i / (double)b->contacts));
}

static void fill_chains(struct building *b)
{
    struct bench_contact contacts[2];
    struct leg legs[2];
    struct err err;
    sql(b->db, "BEGIN");
    for (uint64_t i = 0; i < b->contacts;) {
        size_t n = 0;
        do { /* the ninth of ten is followed by its transfer */
            bench_contact(i, started_ms(b, i), b->contacts / 4 + 1, &contacts[n]);
            if (bench_contact_leg(&contacts[n], b->e, &b->a, &legs[n], &err) != OK)
                bench_fail("%s", err.text);
            n++, i++;
        } while (i < b->contacts && i % 10 == 9 && n < 2);
        chain_add(b, legs, n);
        arena_reset(&b->a);
        if (b->chains % 1000000 == 0) {
            sql(b->db, "COMMIT;BEGIN");
            fprintf(stderr, "%llu chains\n", (unsigned long long)b->chains);
        }
    }
    sql(b->db, "COMMIT");
}

static void fill_keys(struct building *b)
{
    sqlite3_stmt *key = prepare(b->db, "INSERT INTO chain_key(key,id) VALUES(?1,?2)");
    sqlite3_stmt *subject = prepare(b->db, "INSERT INTO subject(key,version,number,body) VALUES(?1,1,0,x'')");
    size_t n;
    int64_t id;
    sql(b->db, "BEGIN");
    for (int f = 0; f < BUCKETS; f++) {
        unsigned char *all = pile_sorted(&b->keys, f, &n);
        for (size_t i = 0; i < n; i++) {
            sqlite3_bind_blob(key, 1, all + i * CHAIN_KEY_BYTES, ROW_KEY_BYTES, SQLITE_STATIC);
            memcpy(&id, all + i * CHAIN_KEY_BYTES + ROW_KEY_BYTES, sizeof id);
            sqlite3_bind_int64(key, 2, id);
            step(key);
        }
        free(all);
    }
    sql(b->db, "COMMIT;BEGIN");
    for (int f = 0; f < BUCKETS; f++) {
        unsigned char *all = pile_sorted(&b->subjects, f, &n);
        for (size_t i = 0; i < n; i++) {
            if (i > 0 && by_subject(all + i * SUBJECT_BYTES, all + (i - 1) * SUBJECT_BYTES) == 0)
                continue; /* both legs of a chain have it */
            sqlite3_bind_blob(subject, 1, all + i * SUBJECT_BYTES, SUBJECT_BYTES, SQLITE_STATIC);
            step(subject);
        }
        free(all);
    }
    sql(b->db, "COMMIT");
    sqlite3_finalize(key);
    sqlite3_finalize(subject);
}

/* A file nobody trusts yet: no journal. The installation's own rows come over at the end. */
static void build(struct building *b, const char *dir)
{
    char path[512], url[640];
    struct backend fresh;
    struct err err;
    snprintf(path, sizeof path, "%s/building.db", dir);
    snprintf(url, sizeof url, "sqlite:%s", path);
    if (backend_open(str_of(url), true, &fresh, &err) != OK)
        bench_fail("%s", err.text);
    backend_close(&fresh);
    if (sqlite3_open(path, &b->db) != SQLITE_OK)
        bench_fail("%s", path);
    sql(b->db, "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA cache_size=-262144;PRAGMA locking_mode=EXCLUSIVE;"
               "DROP INDEX chain_place");
    b->chain = prepare(b->db, "INSERT INTO chain(id,key,version,queue,category,time,body) VALUES(?1,?2,1,?3,?4,?5,?6)");
    b->leg = prepare(b->db, "INSERT INTO leg(key,version,number,body) VALUES(?1,1,0,?2)");
    fill_chains(b);
    sqlite3_finalize(b->chain);
    sqlite3_finalize(b->leg);
    fprintf(stderr, "keys\n");
    fill_keys(b);
    fprintf(stderr, "places\n");
    sql(b->db, "CREATE INDEX chain_place ON chain(queue, category, time, key, version) WHERE queue<>0");
    static const char *const kept[] = {"meta", "source", "opening", "policy", "task", "account", "store", "counter", "entry"};
    snprintf(url, sizeof url, "PRAGMA locking_mode=NORMAL;ATTACH '%s/expunge.db' AS own", dir);
    sql(b->db, url);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        snprintf(url, sizeof url, "INSERT INTO main.\"%s\" SELECT * FROM own.\"%s\"", kept[i], kept[i]);
        sql(b->db, url);
    }
    sql(b->db, "DETACH own");
    sqlite3_close(b->db);
}

static void put_in_place(const char *dir)
{
    static const char *const ends[] = {"-wal", "-shm", ""};
    char from[512], to[512];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(to, sizeof to, "%s/expunge.db%s", dir, ends[i]);
        (void)unlink(to);
    }
    snprintf(from, sizeof from, "%s/building.db", dir);
    if (rename(from, to) != 0)
        bench_fail("cannot rename %s", from);
}

int main(int argc, char **argv)
{
    char dir[400];
    const char *scratch = getenv("BENCH_DIR");
    if (argc < 2 && !scratch)
        bench_fail("big_registry DIR [CONTACTS]");
    snprintf(dir, sizeof dir, "%s%s", argc > 1 ? argv[1] : scratch, argc > 1 ? "" : "/big");
    uint64_t contacts = argc > 2 ? strtoull(argv[2], NULL, 10) : bench_n(argc > 1 ? 50000000 : 100000, 1000);
    if (mkdir(dir, 0700) != 0)
        bench_fail("%s is there already, or cannot be made", dir);
    static struct building b;
    b.now_ms = BENCH_NOW_MS;
    b.contacts = contacts;
    b.e = bench_engine(dir, true, b.now_ms);
    arena_init(&b.a, 64 << 20);
    pile_open(&b.keys, dir, "keys", CHAIN_KEY_BYTES);
    pile_open(&b.subjects, dir, "subjects", SUBJECT_BYTES);
    double from = bench_seconds();
    struct err err;
    if (registry_source_add(b.e->registry, STR(BENCH_INSTANCE), &err) != OK)
        bench_fail("%s", err.text);
    build(&b, dir);
    engine_close(b.e);
    put_in_place(dir);
    char what[96];
    snprintf(what, sizeof what, "registry of %llu contacts built (%llu rows by key)", (unsigned long long)contacts,
             (unsigned long long)(b.subjects.n + b.keys.n));
    bench_tell(&(struct bench_figure){what, bench_seconds() - from, "s", NULL, false});
    arena_release(&b.a);
    return 0;
}
