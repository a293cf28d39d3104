/* postgresql_schema.c - the schema made, recognised, brought up to date. Each step is SQL that is run once, in one
 * transaction with the note that it was. */
#include "registry/postgresql.h"

#include <stdlib.h>

/* Rows change all the time, and a page is read from the index alone only where vacuum has been: it comes early. */
#define VACUUM_EARLY "autovacuum_vacuum_scale_factor=0.02,autovacuum_vacuum_insert_scale_factor=0.02,autovacuum_analyze_scale_factor=0.05"

static void table_sql(struct buf *b, enum table t)
{
    const char *name = table_name(t);
    bool places = table_has_places(t);
    buf_fmt(b, "CREATE TABLE \"%s\"(%s,key bytea PRIMARY KEY CHECK(length(key) BETWEEN 1 AND %d),body bytea NOT NULL)"
               " WITH(" VACUUM_EARLY ");",
            name, places ? "version bigint NOT NULL,time bigint NOT NULL,category integer NOT NULL,queue smallint NOT NULL"
                         : "version bigint NOT NULL,number bigint NOT NULL",
            ROW_KEY_MAX);
    if (places)
        buf_fmt(b, "CREATE INDEX %s_place ON \"%s\"(queue,category,time,key) INCLUDE(version) WHERE queue<>0;", name, name);
}

static void rows_step(struct buf *b)
{
    for (enum table t = 0; t < TABLE_COUNT; t++)
        table_sql(b, t);
}

/* `entry` is written once and never moved; what an integrator writes for it is its position. The key on the position is
 * the fence: of two that number at once, one fails. */
static void log_step(struct buf *b)
{
    buf_cstr(b, "CREATE TABLE entry(seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,at bigint NOT NULL,id bytea NOT NULL"
                " UNIQUE CHECK(length(id)=16),type bytea NOT NULL,actor bytea NOT NULL,subject bytea,body bytea NOT NULL)"
                " WITH(" VACUUM_EARLY ");"
                "CREATE INDEX entry_subject ON entry(subject) WHERE subject IS NOT NULL;"
                "CREATE INDEX entry_at ON entry(at);"
                "CREATE TABLE pending(seq bigint PRIMARY KEY) WITH(autovacuum_vacuum_scale_factor=0,autovacuum_vacuum_threshold=20000);"
                "CREATE TABLE log(position bigint PRIMARY KEY CHECK(position>=0),seq bigint NOT NULL UNIQUE)"
                " WITH(" VACUUM_EARLY ");");
}

/* Steps are appended, never changed: a registry out there has taken the earlier ones. */
static void (*const steps[POSTGRESQL_SCHEMA_VERSION])(struct buf *b) = {rows_step, log_step};

static enum status take_steps(struct postgresql *s, const char *first, size_t version, const char *last, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 64 << 10);
    buf_cstr(&b, first);
    for (size_t i = version; i < ARRAY_LEN(steps); i++) {
        steps[i](&b);
        buf_fmt(&b, "INSERT INTO migration(version) VALUES(%zu);", i + 1);
    }
    buf_cstr(&b, last);
    TRY(buf_check(&b, err));
    return postgresql_exec(s, b.p, NULL, err);
}

/* A number, as text; -1: none. */
static enum status ask(struct postgresql *s, const char *sql, int64_t *out, struct err *err)
{
    PGresult *r;
    TRY(postgresql_exec(s, sql, &r, err));
    *out = -1;
    if (PQntuples(r) == 1 && !PQgetisnull(r, 0, 0))
        (void)str_to_i64(str_of(PQgetvalue(r, 0, 0)), out);
    PQclear(r);
    return OK;
}

/* 1: there is a schema of that name, 2: and it has our table of migrations. */
static enum status look(struct postgresql *s, int64_t *out, struct err *err)
{
    return ask(s, "SELECT count(*)+count(to_regclass('expunge.migration')) FROM pg_namespace WHERE nspname='expunge'", out,
               err);
}

enum status postgresql_schema_create(struct postgresql *s, struct err *err)
{
    int64_t found;
    TRY(postgresql_ready(s, err));
    TRY(postgresql_exec(s, "BEGIN;SELECT pg_advisory_xact_lock(hashtext('expunge.schema'))", NULL, err)); /* one maker at a time */
    TRY(look(s, &found, err));
    if (found > 0)
        return FAIL(err, E_CONFLICT, "%s has a schema \"expunge\" already; it was not touched", s->place);
    enum status status = take_steps(s, "CREATE SCHEMA expunge;CREATE TABLE expunge.migration(version integer PRIMARY KEY,"
                                       "at timestamptz NOT NULL DEFAULT now());",
                                    0, "COMMIT", err);
    if (status == E_DENIED) /* in the server's words, which name what is missing */
        return err_prefix(err, "a role that may create a schema in the database is needed to make a registry: ");
    return status;
}

static enum status bring_up_to_date(struct postgresql *s, int64_t version, struct err *err)
{
    /* Another process may be at it: whoever comes second finds it done. */
    TRY(postgresql_exec(s, "BEGIN;LOCK TABLE migration IN EXCLUSIVE MODE", NULL, err));
    TRY(ask(s, "SELECT max(version) FROM migration", &version, err));
    return take_steps(s, "", (size_t)(version < 0 ? 0 : version), "COMMIT", err);
}

enum status postgresql_schema_check(struct postgresql *s, struct err *err)
{
    int64_t found, version;
    TRY(postgresql_ready(s, err));
    TRY(look(s, &found, err));
    if (found == 0)
        return FAIL(err, E_ABSENT, "no registry at %s: run `expunge init --registry`", s->place);
    if (found == 1)
        return FAIL(err, E_INVALID, "%s has a schema \"expunge\" that is not an Expunge registry", s->place);
    TRY(ask(s, "SELECT max(version) FROM migration", &version, err));
    if (version > POSTGRESQL_SCHEMA_VERSION)
        return FAIL(err, E_UNSUPPORTED, "%s was written by a newer expunge (schema %lld, this one knows %d)", s->place,
                    (long long)version, POSTGRESQL_SCHEMA_VERSION);
    return version < POSTGRESQL_SCHEMA_VERSION ? bring_up_to_date(s, version, err) : OK;
}
