/*
 * backend.h - the registry backend contract: rows stored, compared, paged. What a claim or a hold MEANS is written once,
 * in the front files of this folder (registry.h); a backend knows nothing of it.
 *
 * Everything is a row of a table: a key of 1..64 bytes, a version, a body, and for rows that wait for something a place
 * in one queue. Written for the weakest database: every operation is one conditional write of a small group, one
 * consistent read by key, or one page of one index that may be stale. SQLite: a table per enum table. PostgreSQL: the
 * same. DynamoDB: partition key = table and first 16 bytes of the key, sort key = the rest; the queue a sparse index.
 *
 * One struct backend belongs to one thread at a time.
 */
#ifndef EXPUNGE_BACKEND_H
#define EXPUNGE_BACKEND_H

#include "base/arena.h"
#include "base/option.h"
#include "model/contact.h"

enum table { /* stored numbers: append only. `page` over a whole table is allowed only where marked small. */
    TABLE_META /* small: schema, epoch, head, origin */, TABLE_SOURCE /* small: number <-> name */,
    TABLE_CHAIN, TABLE_LEG /* contact key -> chain key, where they differ */, TABLE_SUBJECT /* subject hash + chain key */,
    TABLE_WORK /* chain key + part: artefacts between intent and PURGED */, TABLE_LEDGER /* chain key: sealed */,
    TABLE_OPENING /* owner key: sealed */, TABLE_HOLD /* small */, TABLE_MEMBER /* matter key + chain key */,
    TABLE_REQUEST /* request key */, TABLE_WORKER /* small: lease */, TABLE_POLICY /* small: version */,
    TABLE_PLAN /* digest + chunk */, TABLE_RUN /* run id */, TABLE_APPROVAL /* digest */, TABLE_TASK, TABLE_QUARANTINE,
    TABLE_ACCOUNT /* small */, TABLE_STORE /* small: stores that ever held something */, TABLE_COUNTER,
    TABLE_INTENT /* entry id: the chains it names */, TABLE_COUNT
};
enum { ROW_KEY_MAX = 64, GROUP_ROWS_MAX = 100, BODY_BYTES_MAX = 380 << 10 };

/* PUT leaves version + 1 (1 when it was absent) and `add` as the number. REMOVE with version 0 is a condition alone:
 * nothing must be there. ADD heeds no version; with an empty body it adds `add` to the stored number, which it makes when
 * absent; not for TABLE_CHAIN and TABLE_LEDGER. One group names a key once. */
enum row_op { ROW_PUT, ROW_REMOVE, ROW_ADD };
#define VERSION_ANY UINT64_MAX /* write whatever is there */
struct row {
    enum table table;
    enum row_op op;
    struct str key;
    uint64_t version;    /* commit: what must be stored now (0: nothing). get: what is (0: absent) */
    struct str body;
    int64_t add;         /* ROW_ADD; get: the number */
    enum chain_queue queue; /* QUEUE_NONE: in no queue */
    uint16_t queue_category;
    int64_t queue_time_ms;
};

/* An audit entry that commits with its rows. Columns beside the body are for finding it; they are not the log. */
struct entry {
    unsigned char id[16];
    struct str body;     /* exact bytes, hashed as stored */
    struct str type;
    int64_t at_ms;
    struct str actor;
    struct row_key subject; /* owner of its opening (chain, matter, request); zero: none; blanked with the opening */
    uint64_t index;      /* entries(): position in the log. commit: ignored */
};

/* All or nothing, independent of its neighbours, which it must neither name the rows of nor rely on. An entry whose id is
 * there already makes the group E_CONFLICT. */
struct group {
    struct row *rows;
    size_t rows_n;
    struct entry *entries;
    size_t entries_n;
    enum status result; /* OK, E_CONFLICT (some version was another), or E_RETRY (unknown fate: read again) */
};

struct backend {
    const struct backend_driver *driver;
    void *own;
};
struct backend_state { int64_t server_ms; /* its clock; TIME_NONE: embedded, same machine */ struct str what; /* for people */ };

struct queue_query {
    enum chain_queue queue;
    int category;             /* -1: every category, one after another */
    int64_t until_ms;         /* rows with time <= until */
    bool after; uint16_t after_category; int64_t after_time_ms; struct row_key after_key; /* strictly after this place */
    bool bodies;              /* false: key, version and place only (a covering index serves it) */
};
struct entry_query { uint64_t from, to; /* [from, to); UINT64_MAX: to the end */ const struct row_key *subject; /* NULL: any */
                     struct str type; /* absent: any */ struct str actor;
                     int64_t from_ms, to_ms; /* [from_ms, to_ms); TIME_NONE: open */
                     bool newest_first;
                     const unsigned char *id; /* the one entry of these 16 bytes, consistently read; NULL: any */ };

struct backend_driver {
    const char *scheme; /* "sqlite", "postgresql", "dynamodb" */
    const char *help;
    /* `url` behind "scheme:". create: make it, E_CONFLICT when it exists; else E_ABSENT when it does not. A newer schema
     * is E_UNSUPPORTED. Messages name the file or host, never a password. Disk full, read-only, locked: said clearly. */
    enum status (*open)(struct str url, bool create, struct backend *b, struct err *err);
    void (*close)(struct backend *b);
    enum status (*check)(struct backend *b, struct arena *a, struct backend_state *out, struct err *err);
    /* Consistent. out[i] for keys[i]; version 0 when absent. Bodies in the arena. */
    enum status (*get)(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                       struct row *out, struct err *err);
    /* Rows whose key starts with `prefix` and is > `after` (absent: from the first), ascending; at most max. */
    enum status (*page)(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                        struct arena *a, struct row **out, size_t *n, struct err *err);
    /* Rows of one queue (of TABLE_CHAIN, or TABLE_LEDGER for QUEUE_LEDGER) in order (category, time, key); at most max. */
    enum status (*queue)(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out,
                         size_t *n, struct err *err);
    /* Each group all or nothing; durable when it returns OK. Entries are numbered or left pending (see number). The
     * status is E_RETRY (busy, try again: nothing was done), E_IO, E_LIMIT (disk full: nothing was done), ... */
    enum status (*commit)(struct backend *b, struct group *groups, size_t n, struct err *err);
    /* Bulk ingest: as commit with many groups at once (tens of thousands of rows), tuned for that. */
    enum status (*load)(struct backend *b, struct group *groups, size_t n, struct err *err);
    /* Give pending entries their positions; one caller at a time wins. SQLite: commit has done it. *size: entries now. */
    enum status (*number)(struct backend *b, uint64_t *size, struct err *err);
    enum status (*entries)(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out,
                           size_t *n, struct err *err);
    /* Blank the `subject` column of entries of this owner (their opening was destroyed). */
    enum status (*forget)(struct backend *b, const struct row_key *subject, struct err *err);
    /* A consistent copy into `path` (backup). E_UNSUPPORTED: use the database's own tool. */
    enum status (*backup)(struct backend *b, struct str path, struct err *err);
};
extern const struct backend_driver *const backend_drivers[]; /* ends with NULL; from backends.h */

/* Splits "scheme:rest" and opens. Remembers nothing. */
enum status backend_open(struct str url, bool create, struct backend *out, struct err *err) MUST_USE;
void backend_close(struct backend *b);
/* Thin checked calls: sizes asserted, GROUP_ROWS_MAX enforced, E_RETRY repeated with back-off for at most 10 s. */
enum status backend_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a, struct row *out, struct err *err) MUST_USE;
enum status backend_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;
enum status backend_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;
enum status backend_commit(struct backend *b, struct group *groups, size_t n, struct err *err) MUST_USE;
enum status backend_load(struct backend *b, struct group *groups, size_t n, struct err *err) MUST_USE;
enum status backend_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err) MUST_USE;
enum status backend_number(struct backend *b, uint64_t *size, struct err *err) MUST_USE;
enum status backend_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out, size_t *n, struct err *err) MUST_USE;
enum status backend_forget(struct backend *b, const struct row_key *subject, struct err *err) MUST_USE;
enum status backend_backup(struct backend *b, struct str path, struct err *err) MUST_USE;

#endif
