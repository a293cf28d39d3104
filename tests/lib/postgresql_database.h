/*
 * postgresql_database.h - a database for each test, on the server that EXPUNGE_TEST_POSTGRESQL names. `make peers` starts one
 * (tests/peers/postgresql.sh); a suite that is run by hand without it is skipped, and says so.
 */
#ifndef EXPUNGE_TEST_POSTGRESQL_DATABASE_H
#define EXPUNGE_TEST_POSTGRESQL_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

enum { POSTGRESQL_URL_MAX = 512 };

/* False: nothing is there; said on standard error. For skip(). */
bool postgresql_here(void);
/* Whether suites that run on any registry are to run on PostgreSQL: EXPUNGE_TEST_REGISTRY=postgresql. */
bool postgresql_wanted(void);
/* A new, empty database; its URL. Fails the test when it cannot be made. */
void postgresql_make(char url[POSTGRESQL_URL_MAX]);
/* Connections to it are cut. */
void postgresql_remove(const char *url);
/* Statements run in the database by a connection of their own; the first value of the last, as a number (0: none). */
long long postgresql_run(const char *url, const char *sql);

#endif
