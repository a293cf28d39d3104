/* sqlite_open.c - a registry file made, opened, recognised. */
#include "registry/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

enum { PATH_BYTES_MAX = 4000, BUSY_MS = 2000, UNDO_BYTES_MAX = 8 << 20 };

/* Sorts take the cache's size again; mapped pages count as resident and gain nothing. secure_delete overwrites what is
 * removed: a blanked row must not live on in free pages. */
static const char pragmas[] = "PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA cache_size=-24576;"
                              "PRAGMA mmap_size=0;PRAGMA temp_store=FILE;PRAGMA wal_autocheckpoint=20000;"
                              "PRAGMA trusted_schema=OFF;";

static const char entry_schema[] =
    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, type BLOB NOT NULL, at INTEGER NOT NULL,"
    " actor BLOB NOT NULL, subject BLOB, body BLOB NOT NULL) STRICT;"
    "CREATE INDEX entry_subject ON entry(subject) WHERE subject IS NOT NULL;"
    "CREATE INDEX entry_at ON entry(at);";

static void rows_schema(struct buf *b, const char *name, const char *suffix, bool places)
{
    buf_fmt(b, "CREATE TABLE \"%s%s\"(key BLOB NOT NULL PRIMARY KEY, version INTEGER NOT NULL, %s, body BLOB NOT NULL)"
            " WITHOUT ROWID, STRICT;", name, suffix,
            places ? "queue INTEGER NOT NULL, category INTEGER NOT NULL, time INTEGER NOT NULL" : "number INTEGER NOT NULL");
}

/* Chains are kept in order of arrival, so that a load appends and a walk reads on; their keys lead to them from trees of
 * their own. Other rows are found by key alone. */
static void table_schema(struct buf *b, enum table t)
{
    static const char *const suffix[LEVELS + 1] = {"", "_0", "_1"};
    const char *name = table_name(t);
    size_t trees = sqlite_level_name(t) ? ARRAY_LEN(suffix) : 1;
    if (t == TABLE_CHAIN)
        buf_cstr(b, "CREATE TABLE chain(id INTEGER PRIMARY KEY, key BLOB NOT NULL, version INTEGER NOT NULL, queue INTEGER NOT NULL,"
                    " category INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL) STRICT;");
    for (size_t i = 0; i < trees; i++) {
        if (t == TABLE_CHAIN)
            buf_fmt(b, "CREATE TABLE chain_key%s(key BLOB NOT NULL PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID, STRICT;", suffix[i]);
        else
            rows_schema(b, name, suffix[i], table_has_places(t));
    }
    if (table_has_places(t))
        buf_fmt(b, "CREATE INDEX %s_place ON \"%s\"(queue, category, time, key, version) WHERE queue<>0;", name, name);
}

/* How many rows a level holds (at least: those removed by key are not counted), and up to which key it has sunk. */
static const char level_schema[] =
    "CREATE TABLE level(name TEXT NOT NULL PRIMARY KEY, held INTEGER NOT NULL, cursor BLOB NOT NULL) WITHOUT ROWID, STRICT;";

static enum status make_schema(struct sqlite *s, struct err *err)
{
    struct buf b;
    buf_init(&b, 16384);
    buf_cstr(&b, "BEGIN IMMEDIATE;");
    for (enum table t = 0; t < TABLE_COUNT; t++)
        table_schema(&b, t);
    buf_cstr(&b, level_schema);
    buf_cstr(&b, entry_schema);
    buf_fmt(&b, "PRAGMA application_id=%d;PRAGMA user_version=%d;COMMIT;", SQLITE_APPLICATION_ID,
            SQLITE_SCHEMA_VERSION);
    enum status status = buf_check(&b, err);
    if (status == OK)
        status = sqlite_exec(s, b.p, err);
    buf_release(&b);
    if (status != OK)
        sqlite_rollback(s);
    return status;
}

static enum status read_text(struct sqlite *s, const char *sql, char *out, size_t n, struct err *err)
{
    sqlite3_stmt *st;
    TRY(sqlite_prepare(s, sql, &st, err));
    int rc = sqlite3_step(st);
    const unsigned char *text = rc == SQLITE_ROW ? sqlite3_column_text(st, 0) : NULL;
    sqlite3_snprintf((int)n, out, "%s", text ? (const char *)text : "");
    sqlite3_finalize(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : sqlite_fail(s, rc, "open", err);
}

static enum status read_number(struct sqlite *s, const char *sql, int64_t *out, struct err *err)
{
    char text[32];
    TRY(read_text(s, sql, text, sizeof(text), err));
    return str_to_i64(str_of(text), out) ? OK : FAIL(err, E_INVALID, "%s is damaged: %s", s->path, sql);
}

static enum status recognise(struct sqlite *s, struct err *err)
{
    int64_t application, version, objects;
    TRY(read_number(s, "PRAGMA application_id", &application, err));
    TRY(read_number(s, "PRAGMA user_version", &version, err));
    TRY(read_number(s, "SELECT count(*) FROM sqlite_schema", &objects, err));
    if (objects == 0 && s->memory)
        return FAIL(err, E_ABSENT, "no registry at %s: run `expunge init`", s->path);
    if (objects == 0)
        return FAIL(err, E_INVALID, "%s is empty: remove it and run `expunge init`", s->path);
    if (application != SQLITE_APPLICATION_ID)
        return FAIL(err, E_INVALID, "%s is an SQLite database, but not an Expunge registry", s->path);
    if (version > SQLITE_SCHEMA_VERSION)
        return FAIL(err, E_UNSUPPORTED, "%s was written by a newer expunge (schema %lld, this one knows %d)", s->path,
                    (long long)version, SQLITE_SCHEMA_VERSION);
    if (version < SQLITE_SCHEMA_VERSION)
        return FAIL(err, E_UNSUPPORTED, "%s was written by an earlier expunge (schema %lld, this one knows %d): make a new registry "
                    "with `expunge init`", s->path, (long long)version, SQLITE_SCHEMA_VERSION);
    return OK;
}

static enum status settings(struct sqlite *s, bool create, struct err *err)
{
    char mode[16];
    sqlite3_busy_timeout(s->db, BUSY_MS);
    if (create)
        TRY(sqlite_exec(s, "PRAGMA page_size=4096", err));
    else
        TRY(recognise(s, err)); /* before anything is written into a file that may be somebody else's */
    TRY(read_text(s, "PRAGMA journal_mode=WAL", mode, sizeof(mode), err));
    if (!s->memory && !str_is(str_of(mode), "wal"))
        return FAIL(err, E_IO, "%s: its file system cannot keep a write-ahead log; use a local disk", s->path);
    return sqlite_exec(s, pragmas, err);
}

static bool name_is_plain(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && name[n] == '\0';
}

/* ":memory:" belongs to one connection; "memory:NAME" is shared by the process while one is open. */
static enum status connect_to(struct sqlite *s, struct err *err)
{
    static const char shared[] = "memory:";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    char uri[PATH_BYTES_MAX + 64];
    const char *file = s->path;
    if (str_starts(str_of(s->path), str_of(shared))) {
        const char *name = s->path + strlen(shared);
        if (!name_is_plain(name))
            return FAIL(err, E_INVALID, "%s: a name in memory has letters, digits, - and _ only", s->path);
        sqlite3_snprintf(sizeof(uri), uri, "file:%s?mode=memory&cache=shared", name);
        file = uri;
        flags |= SQLITE_OPEN_URI | SQLITE_OPEN_CREATE;
    }
    int rc = sqlite3_open_v2(file, &s->db, flags, NULL);
    if (rc != SQLITE_OK)
        return sqlite_fail(s, rc, "open", err);
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return FAIL(err, E_DENIED, "cannot write %s: it is read-only for this user", s->path);
    return OK;
}

/* Made here, not by SQLite, so that nobody else can read it at any moment. */
static enum status make_file(const struct sqlite *s, struct err *err)
{
    char text[128];
    int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        fd_close(&fd);
        return OK;
    }
    if (errno == EEXIST)
        return FAIL(err, E_CONFLICT, "%s exists already; it was not touched", s->path);
    enum status code = errno == EACCES || errno == EPERM || errno == EROFS ? E_DENIED
                       : errno == ENOSPC || errno == EDQUOT                ? E_LIMIT
                                                                           : E_IO;
    return FAIL(err, code, "cannot create %s: %s", s->path, errno_text(errno, text, sizeof(text)));
}

static enum status require_file(const struct sqlite *s, struct err *err)
{
    struct stat st;
    char text[128];
    if (stat(s->path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return FAIL(err, E_INVALID, "%s is not a file", s->path);
        return OK;
    }
    if (errno == ENOENT)
        return FAIL(err, E_ABSENT, "no registry at %s: run `expunge init`", s->path);
    return FAIL(err, errno == EACCES ? E_DENIED : E_IO, "cannot open %s: %s", s->path,
                errno_text(errno, text, sizeof(text)));
}

static enum status create_schema(struct sqlite *s, struct err *err)
{
    int64_t objects;
    TRY(read_number(s, "SELECT count(*) FROM sqlite_schema", &objects, err));
    if (objects != 0) /* only a shared memory can have been made before */
        return FAIL(err, E_CONFLICT, "%s exists already; it was not touched", s->path);
    TRY(settings(s, true, err));
    return make_schema(s, err);
}

static enum status open_all(struct sqlite *s, bool create, struct err *err)
{
    bool made = false;
    if (!s->memory) {
        TRY(create ? make_file(s, err) : require_file(s, err));
        made = create;
    }
    enum status status = connect_to(s, err);
    if (status == OK)
        status = create ? create_schema(s, err) : settings(s, false, err);
    if (status != OK && made)
        (void)unlink(s->path); /* ours, and empty */
    return status;
}

static void release(struct sqlite *s)
{
    sqlite_finalize(s);
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

/* Every group is a savepoint, whose undo log is kept in memory up to here: SQLite's own limit of 64 KB sends it into a file, and
 * from then on every page of every group is written there first. Only before SQLite's first use in the process. */
static void keep_undo_in_memory(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, UNDO_BYTES_MAX); /* refused: it is slower, and nothing else */
}

enum status sqlite_open(struct str url, bool create, struct backend *b, struct err *err)
{
    static pthread_once_t first = PTHREAD_ONCE_INIT;
    (void)pthread_once(&first, keep_undo_in_memory);
    if (url.n == 0 || url.n > PATH_BYTES_MAX || memchr(url.p, '\0', url.n) != NULL)
        return FAIL(err, E_INVALID, "sqlite: must be followed by a path of 1 to %d bytes", PATH_BYTES_MAX);
    struct sqlite *s = calloc(1, sizeof(*s));
    char *path = strndup(url.p, url.n);
    if (s == NULL || path == NULL) {
        free(s);
        free(path);
        return FAIL(err, E_LIMIT, "out of memory");
    }
    s->path = path;
    s->level_max[0] = LEVEL_0_MAX;
    s->level_max[1] = LEVEL_1_MAX;
    s->memory = str_is(url, ":memory:") || str_starts(url, STR("memory:"));
    enum status status = open_all(s, create, err);
    if (status != OK)
        release(s);
    else
        b->own = s;
    return status;
}

void sqlite_close(struct backend *b)
{
    release(b->own);
    b->own = NULL;
}
