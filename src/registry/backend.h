/*
 * backend.h - the registry backend contract: rows stored, compared, paged. What a claim or a hold MEANS is written once,
 * in the front files of this folder (registry.h); a backend knows nothing of it.
 *
 * Everything is a row of a table: a key of 1..64 bytes, a version, a body, and for rows that wait for something a place
 * in one queue. Written for the weakest database: every operation is one conditional write of a small group, one
 * consistent read by key, one page of one index that may be stale, or one step of a walk. SQLite: a table per enum table.
 * PostgreSQL: the same. DynamoDB: partition key = table and the first 16 bytes of the key (small tables: the table alone),
 * sort key = a length byte and the rest of the key, which may be empty; the queue a sparse index.
 *
 * One struct backend belongs to one thread at a time. What is OK is durable: it survives the loss of any one machine of
 * the database (PostgreSQL: a synchronous standby, where there is a standby at all; `check` says so when it is not).
 */
#ifndef EXPUNGE_BACKEND_H
#define EXPUNGE_BACKEND_H

#include "base/arena.h"
#include "base/option.h"
#include "model/contact.h"

enum table { /* stored numbers: append only. small: `page` may run over the whole table (table_is_small); of others only the
              * rows that share a prefix of 16 bytes or more are paged, and `walk` goes through all. */
    TABLE_META /* small: schema, epoch, head, origin */, TABLE_SOURCE /* small: number <-> name */,
    TABLE_CHAIN, TABLE_LEG /* contact key -> chain key, where they differ */, TABLE_SUBJECT /* subject hash + chain key */,
    TABLE_WORK /* chain key + part: artefacts between intent and PURGED */, TABLE_LEDGER /* chain key: sealed */,
    TABLE_OPENING /* owner key: sealed */, TABLE_HOLD /* small */, TABLE_MEMBER /* matter key + chain key */,
    TABLE_REQUEST /* small: request key */, TABLE_WORKER /* small: lease */, TABLE_POLICY /* small: version */,
    TABLE_PLAN /* run id + chunk */, TABLE_RUN /* small: run id */, TABLE_APPROVAL /* digest */, TABLE_TASK /* small */,
    TABLE_QUARANTINE /* small */,
    TABLE_ACCOUNT /* small */, TABLE_STORE /* small: stores that ever held something */, TABLE_COUNTER,
    TABLE_INTENT /* entry id: the chains it names */, TABLE_COUNT
};
enum { ROW_KEY_MAX = 64, BODY_BYTES_MAX = 380 << 10, WALK_BYTES_MAX = 256,
       GROUP_ITEMS_MAX = 100 /* rows and entries */, GROUP_ROWS_MAX = 90, GROUP_BYTES_MAX = 3584 << 10 /* keys and bodies */ };

/* PUT leaves version + 1 (1 when it was absent) and `add` as the number: never PUT a row others ADD to. REMOVE with version
 * 0 is a condition alone: nothing must be there. ADD heeds no version and has no body: it adds `add` to the stored number,
 * which it makes when absent; not for TABLE_CHAIN and TABLE_LEDGER. A row that was removed and made again starts at
 * version 1: a version tells apart the states of one life of a row, not two lives. COPY is the PUT of `registry copy`: nothing
 * may be there, and it leaves version + 1 all the same. */
enum row_op { ROW_PUT, ROW_REMOVE, ROW_ADD, ROW_COPY };
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

#define INDEX_PENDING UINT64_MAX
/* An audit entry that commits with its rows. Columns beside the body are for finding it; they are not the log. */
struct entry {
    unsigned char id[16];
    struct str body;     /* exact bytes, hashed as stored */
    struct str type;
    int64_t at_ms;
    struct str actor;
    struct row_key subject; /* owner of its opening (chain, matter, request); zero: none; blanked with the opening */
    uint64_t index;      /* entries(): position in the log; INDEX_PENDING: none yet. commit: ignored */
};

/* All or nothing, independent of its neighbours. Within one call no key is named twice, in whichever group, but by ADD:
 * several groups may add to one row. An entry whose id is there already makes the group E_CONFLICT.
 * Conditions hold at the commit, not only when they were looked at: of two groups that each demand absent what the other
 * makes, at most one is OK, on every isolation level (PostgreSQL: both insert the row, in order; the index lets one wait). */
struct group {
    struct row *rows;
    size_t rows_n;
    struct entry *entries;
    size_t entries_n;
    enum status result; /* OK; E_CONFLICT: some version was another; E_RETRY: unknown fate, read again; E_LIMIT: too large
                         * for GROUP_ or BODY_ limits, nothing of it was handed over, nor ever can be */
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
                     const unsigned char *id; /* the one entry of these 16 bytes, pending ones too; NULL: any */ };
/* Where a walk has come. Zeroed: at its start. The bytes mean something to the backend alone, in any later process too. */
struct walk { unsigned char at[WALK_BYTES_MAX]; size_t n; bool done; };

struct backend_driver {
    const char *scheme; /* "sqlite", "postgresql", "dynamodb" */
    const char *help;
    /* `url` behind "scheme:". create: make it, E_CONFLICT when it exists; else E_ABSENT when it does not. A newer schema
     * is E_UNSUPPORTED. Messages name the file or host, never a password. Disk full, read-only, locked: said clearly. */
    enum status (*open)(struct str url, bool create, struct backend *b, struct err *err);
    void (*close)(struct backend *b);
    enum status (*check)(struct backend *b, struct arena *a, struct backend_state *out, struct err *err);
    /* out[i] for keys[i], version 0 when absent; any n, keys may repeat; bodies in the arena. Consistent: what was OK before
     * the call is seen. And what one group wrote is seen whole: once any answer to anybody has shown a part of it, every
     * later get shows the rest. (One call with many keys may meet a group half-way: its answers came one after another.) */
    enum status (*get)(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                       struct row *out, struct err *err);
    /* Rows whose key starts with `prefix` and is > `after` (absent: from the first), ascending; at most max. Consistent,
     * row by row: only small tables and prefixes of 16 bytes or more are asked for. Fewer than max: those were the last. */
    enum status (*page)(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                        struct arena *a, struct row **out, size_t *n, struct err *err);
    /* The next rows of a whole table, in no order, at most max; none does not mean the end, w->done does. From zeroed to
     * done, every row that is there all the time comes at least once, though never twice in one answer. May be stale. */
    enum status (*walk)(struct backend *b, enum table table, struct walk *w, size_t max, struct arena *a,
                        struct row **out, size_t *n, struct err *err);
    /* Rows of one queue (of TABLE_CHAIN, or TABLE_LEDGER for QUEUE_LEDGER) in order (category, time, key); at most max. May be
     * stale: a row may be missing, stand in an old place (also in both), carry an old version; `get` tells. */
    enum status (*queue)(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out,
                         size_t *n, struct err *err);
    /* Each group all or nothing, each with its result. Entries are numbered or left pending (see number). The status is
     * not OK only when nothing was done: E_RETRY (busy, try again), E_IO, E_LIMIT (disk full), ... Once any group may have
     * been done, the status is OK and each result tells; what was cut off by a lost connection has E_RETRY. */
    enum status (*commit)(struct backend *b, struct group *groups, size_t n, struct err *err);
    /* Bulk ingest: as commit with many groups at once (tens of thousands of rows), tuned for that. */
    enum status (*load)(struct backend *b, struct group *groups, size_t n, struct err *err);
    /* Give pending entries their positions, 0, 1, ... without gaps. OK: every entry whose group was OK before this call has
     * its position, whoever gave it; *size: positions given so far. When A's group was OK before B's was handed to commit,
     * A stands before B. Several may call it at once. SQLite: commit has done it. */
    enum status (*number)(struct backend *b, uint64_t *size, struct err *err);
    /* At most max entries, in order of position. Only `id` finds pending ones, and is consistent. *looked_to: the query is
     * answered from `from` up to here (newest_first: from `to` down to here): a filter that matches little may end early. */
    enum status (*entries)(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out,
                           size_t *n, uint64_t *looked_to, struct err *err);
    /* Blank the `subject` column of every entry of this owner, pending ones too (their opening was destroyed). *n: how many
     * it blanked. May be repeated, and is: an index that lags hides some the first time. */
    enum status (*forget)(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err);
    /* A consistent copy into `path` (backup). E_UNSUPPORTED: use the database's own tool. */
    enum status (*backup)(struct backend *b, struct str path, struct err *err);
};
extern const struct backend_driver *const backend_drivers[]; /* ends with NULL; from backends.h */

/* Splits "scheme:rest" and opens. Remembers nothing. */
enum status backend_open(struct str url, bool create, struct backend *out, struct err *err) MUST_USE;
void backend_close(struct backend *b);
bool backend_scheme_known(struct str url);
/* In "scheme://user:password@host" or as a parameter: such an address is a secret. */
bool backend_url_has_password(struct str url);
bool table_is_small(enum table t);
bool table_has_places(enum table t); /* its rows stand in queues: TABLE_CHAIN, TABLE_LEDGER */
const char *table_name(enum table t); /* of letters alone */
/* The sum GROUP_BYTES_MAX bounds. */
size_t group_bytes(const struct group *g);
/* Thin checked calls: arguments asserted (a key named twice, a page of what may not be paged), E_RETRY repeated with
 * back-off for at most 10 s. Groups too large get their result here, their neighbours are committed. */
enum status backend_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a, struct row *out, struct err *err) MUST_USE;
enum status backend_page(struct backend *b, enum table t, struct str prefix, struct str after, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;
enum status backend_walk(struct backend *b, enum table t, struct walk *w, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;
enum status backend_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out, size_t *n, struct err *err) MUST_USE;
enum status backend_commit(struct backend *b, struct group *groups, size_t n, struct err *err) MUST_USE;
enum status backend_load(struct backend *b, struct group *groups, size_t n, struct err *err) MUST_USE;
enum status backend_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err) MUST_USE;
enum status backend_number(struct backend *b, uint64_t *size, struct err *err) MUST_USE;
/* Goes on until max are found or everything was looked at: fewer than max are all. */
enum status backend_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a, struct entry **out, size_t *n, struct err *err) MUST_USE;
/* n may be NULL. */
enum status backend_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err) MUST_USE;
enum status backend_backup(struct backend *b, struct str path, struct err *err) MUST_USE;

#endif
