/* postgresql_connect.c - an address, a connection to it, and what every session is set to. */
#include "registry/postgresql.h"

#include <stdlib.h>

enum { URL_BYTES_MAX = 4000 };

/* What the address does not say. A server that is gone is noticed in under a minute. */
static const char *const presets[][2] = {
    {"connect_timeout", "5"},      {"keepalives_idle", "10"},         {"keepalives_interval", "5"},
    {"keepalives_count", "3"},     {"tcp_user_timeout", "30000"},     {"fallback_application_name", "expunge"},
};

/* Every access is by key or along an index, and plans that are good for a small table are not made anew for a large one. Compiling
 * and sorting of whole tables are of no use here. A lock that is not had in five seconds is asked for again by the front. */
static const char session[] =
    "SET search_path=expunge,pg_catalog;SET statement_timeout='60s';SET lock_timeout='5s';"
    "SET idle_in_transaction_session_timeout='60s';SET plan_cache_mode=force_generic_plan;SET jit=off;SET enable_seqscan=off;"
    "SET enable_bitmapscan=off;SET enable_hashjoin=off;SET enable_mergejoin=off;SET work_mem='64MB';SET bytea_output=hex;"
    "SELECT CASE WHEN current_setting('synchronous_commit')='remote_apply' THEN '' ELSE"
    " set_config('synchronous_commit','on',false) END";

/* Nothing of what libpq says about a bad address is shown: it repeats the address. */
static enum status fail_address(struct err *err)
{
    return FAIL(err, E_INVALID, "this is not an address of a PostgreSQL database: postgresql://USER@HOST:PORT/DATABASE, see "
                                "\"Connection URIs\" in its manual");
}

static struct str option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0 && options->val != NULL)
            return str_of(options->val);
    return STR_NONE;
}

static enum status name_place(const PQconninfoOption *options, struct postgresql *s, struct err *err)
{
    struct str host = option_value(options, "host"), port = option_value(options, "port"),
               name = option_value(options, "dbname");
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, URL_BYTES_MAX);
    buf_fmt(&b, "postgresql://%.*s%s%.*s/%.*s", STR_ARG(host), port.n ? ":" : "", STR_ARG(port), STR_ARG(name));
    TRY(buf_check(&b, err));
    s->place = strdup(b.p);
    return s->place ? OK : FAIL(err, E_LIMIT, "out of memory");
}

enum status postgresql_address(struct str url, struct postgresql *s, struct err *err)
{
    if (url.n == 0 || url.n > URL_BYTES_MAX || memchr(url.p, '\0', url.n) != NULL)
        return fail_address(err);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, URL_BYTES_MAX + 16);
    buf_cstr(&b, "postgresql:");
    buf_str(&b, url);
    TRY(buf_check(&b, err));
    s->conninfo = strdup(b.p);
    if (s->conninfo == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    PQconninfoOption *options = PQconninfoParse(s->conninfo, NULL);
    if (options == NULL)
        return fail_address(err);
    enum status status = name_place(options, s, err);
    PQconninfoFree(options);
    return status;
}

/* Where the password belongs to nobody, or the database is not there, trying again helps nobody. */
static enum status fail_connect(struct postgresql *s, struct err *err)
{
    static const char *const refusals[] = {"authentication failed", "does not exist", "no pg_hba.conf entry",
                                           "permission denied", "is not permitted to log in"};
    const char *text = PQerrorMessage(s->db);
    bool refused = PQconnectionNeedsPassword(s->db) == 1;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        refused |= strstr(text, refusals[i]) != NULL;
    struct str line = str_trim(str_of(text)), head, tail;
    if (str_split(line, '\n', &head, &tail))
        line = head;
    enum status status = refused ? FAIL(err, E_DENIED, "%s does not let us in: %.*s", s->place, STR_ARG(line))
                                 : FAIL(err, E_RETRY, "cannot reach %s: %.*s", s->place, STR_ARG(line));
    postgresql_drop(s);
    return status;
}

static void say_nothing(void *ctx, const PGresult *r)
{
    (void)ctx;
    (void)r;
}

/* A commit that reached the server although its answer did not may wait for a standby still. One of our own, behind it in the
 * server's log, ends when that one is durable. */
static enum status settle_what_was_unsure(struct postgresql *s, struct err *err)
{
    if (s->unsure)
        TRY(postgresql_exec(s, "SELECT pg_logical_emit_message(true,'expunge','')", NULL, err));
    s->unsure = false;
    return OK;
}

enum status postgresql_ready(struct postgresql *s, struct err *err)
{
    const char *keywords[ARRAY_LEN(presets) + 4], *values[ARRAY_LEN(presets) + 4];
    size_t n = 0;
    if (s->db != NULL && PQstatus(s->db) == CONNECTION_OK)
        return OK;
    postgresql_drop(s);
    for (; n < ARRAY_LEN(presets); n++) {
        keywords[n] = presets[n][0];
        values[n] = presets[n][1];
    }
    keywords[n] = "dbname"; /* the whole address: what it says counts more than what stands before it, less than what follows */
    values[n++] = s->conninfo;
    keywords[n] = "target_session_attrs"; /* a standby lags behind: it may not know of a hold */
    values[n++] = "read-write";
    keywords[n] = "client_encoding";
    values[n++] = "UTF8";
    keywords[n] = values[n] = NULL;
    s->db = PQconnectdbParams(keywords, values, 1);
    if (s->db == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    if (PQstatus(s->db) != CONNECTION_OK)
        return fail_connect(s, err);
    PQsetNoticeReceiver(s->db, say_nothing, NULL);
    if (PQsetnonblocking(s->db, 1) != 0)
        return postgresql_fail(s, NULL, "use", err);
    TRY(postgresql_exec(s, session, NULL, err));
    return settle_what_was_unsure(s, err);
}

void postgresql_drop(struct postgresql *s)
{
    PQfinish(s->db); /* of NULL: nothing */
    s->db = NULL;
    memset(s->row_prepared, 0, sizeof(s->row_prepared));
    memset(s->prepared, 0, sizeof(s->prepared));
}

void postgresql_release(struct postgresql *s)
{
    postgresql_drop(s);
    if (s->conninfo != NULL)
        explicit_bzero(s->conninfo, strlen(s->conninfo));
    free(s->conninfo);
    free(s->place);
    free(s);
}
