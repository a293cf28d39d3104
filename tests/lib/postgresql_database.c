/* postgresql_database.c - see postgresql_database.h. */
#include "tests/lib/postgresql_database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char variable[] = "EXPUNGE_TEST_POSTGRESQL";

bool postgresql_here(void)
{
    if (getenv(variable) != NULL)
        return true;
    fprintf(stderr, "no PostgreSQL to test on: %s is not set (make peers starts one)\n", variable);
    return false;
}

bool postgresql_wanted(void)
{
    const char *registry = getenv("EXPUNGE_TEST_REGISTRY");
    return registry != NULL && strcmp(registry, "postgresql") == 0;
}

/* "postgresql://host/NAME?...": where NAME begins, and behind it. */
static void find_name(const char *url, const char **begin, const char **end)
{
    const char *authority = strstr(url, "://");
    assert_non_null(authority);
    *begin = strchr(authority + 3, '/');
    assert_non_null(*begin);
    ++*begin;
    *end = *begin + strcspn(*begin, "?");
}

static void say_nothing(void *ctx, const char *notice)
{
    (void)ctx;
    (void)notice;
}

long long postgresql_run(const char *url, const char *sql)
{
    PGconn *db = PQconnectdb(url);
    long long value = 0;
    if (PQstatus(db) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(db));
    PQsetNoticeProcessor(db, say_nothing, NULL);
    PGresult *result = PQexec(db, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(db));
    if (status == PGRES_TUPLES_OK && PQntuples(result) > 0)
        value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(db);
    return value;
}

void postgresql_make(char url[POSTGRESQL_URL_MAX])
{
    static int made;
    const char *server = getenv(variable), *begin, *end;
    char name[64], sql[128];
    assert_non_null(server);
    snprintf(name, sizeof(name), "expunge_test_%ld_%d", (long)getpid(), ++made);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    (void)postgresql_run(server, sql);
    find_name(server, &begin, &end);
    int n = snprintf(url, POSTGRESQL_URL_MAX, "%.*s%s%s", (int)(begin - server), server, name, end);
    assert_in_range(n, 1, POSTGRESQL_URL_MAX - 1);
}

void postgresql_remove(const char *url)
{
    const char *begin, *end;
    char sql[192];
    find_name(url, &begin, &end);
    snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %.*s WITH (FORCE)", (int)(end - begin), begin);
    (void)postgresql_run(getenv(variable), sql);
}
