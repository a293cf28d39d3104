/*
 * backend_postgresql.c - the registry in a PostgreSQL database: a table per enum table, entries in the same transaction and
 * numbered behind it. postgresql_schema.c has the tables, postgresql_sql.c the statements, postgresql_connect.c the
 * connection, postgresql_read.c, postgresql_write.c, postgresql_entries.c the rest.
 */
#include "registry/postgresql.h"

#include <stdlib.h>

#include "registry/backends.h"

static enum status postgresql_open(struct str url, bool create, struct backend *b, struct err *err)
{
    struct postgresql *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    enum status status = postgresql_address(url, s, err);
    if (status == OK)
        status = create ? postgresql_schema_create(s, err) : postgresql_schema_check(s, err);
    if (status != OK)
        postgresql_release(s);
    else
        b->own = s;
    return status;
}

static void postgresql_close(struct backend *b)
{
    postgresql_release(b->own);
    b->own = NULL;
}

enum check_column { CHECK_MS, CHECK_VERSION, CHECK_FSYNC, CHECK_COMMIT, CHECK_STANDBYS };

/* What an administrator should know: where a change that was confirmed could be lost, and who may read along. */
static enum status describe(const struct postgresql *s, const PGresult *r, struct arena *a, struct backend_state *out,
                            struct err *err)
{
    bool unsafe = strcmp(PQgetvalue(r, 0, CHECK_FSYNC), "on") != 0;
    bool alone = PQgetvalue(r, 0, CHECK_STANDBYS)[0] == '\0';
    bool local = str_starts(str_of(PQhost(s->db)), STR("/"));
    if (!str_to_i64(str_of(PQgetvalue(r, 0, CHECK_MS)), &out->server_ms))
        return FAIL(err, E_INVALID, "%s does not tell its time", s->place);
    out->what = arena_fmt(a, "PostgreSQL %s, %s, synchronous_commit %s%s%s%s", PQgetvalue(r, 0, CHECK_VERSION), s->place,
                          PQgetvalue(r, 0, CHECK_COMMIT),
                          alone ? ", no synchronous standby: what is confirmed is on one machine" : "",
                          unsafe ? ", fsync is OFF: a crash of the server loses confirmed changes" : "",
                          local || PQsslInUse(s->db) ? "" : ", NOT encrypted on the way (sslmode=verify-full)");
    return out->what.p ? OK : ARENA_FULL(err, a);
}

/* A transaction that writes, undone, finds a missing right. */
static enum status postgresql_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    struct postgresql *s = b->own;
    PGresult *r;
    TRY(postgresql_ready(s, err));
    TRY(postgresql_exec(s, "BEGIN;INSERT INTO task(key,version,number,body) VALUES('\\x00ff',1,0,'') ON CONFLICT DO NOTHING;"
                           "ROLLBACK", NULL, err));
    TRY(postgresql_exec(s, "SELECT (extract(epoch FROM clock_timestamp())*1000)::bigint,split_part(current_setting("
                           "'server_version'),' ',1),current_setting('fsync'),current_setting('synchronous_commit'),"
                           "current_setting('synchronous_standby_names')", &r, err));
    struct backend_state state;
    enum status status = describe(s, r, a, &state, err);
    PQclear(r);
    if (status == OK)
        *out = state;
    return status;
}

static enum status postgresql_backup(struct backend *b, struct str path, struct err *err)
{
    const struct postgresql *s = b->own;
    (void)path;
    return FAIL(err, E_UNSUPPORTED, "a registry in PostgreSQL is backed up by the database's own tools: pg_dump "
                                    "--schema=expunge of %s, or a base backup with its write-ahead log", s->place);
}

const struct backend_driver backend_postgresql = {
    .scheme = "postgresql",
    .help = "postgresql://USER@HOST:PORT/DATABASE - the schema \"expunge\" of a database; for several machines",
    .open = postgresql_open,
    .close = postgresql_close,
    .check = postgresql_check,
    .get = postgresql_get,
    .page = postgresql_page,
    .walk = postgresql_walk,
    .queue = postgresql_queue,
    .commit = postgresql_commit,
    .load = postgresql_commit,
    .number = postgresql_number,
    .entries = postgresql_entries,
    .forget = postgresql_forget,
    .backup = postgresql_backup,
};
