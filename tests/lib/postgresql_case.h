/* postgresql_case.h - what the tests of the PostgreSQL backend's files share: a database, the backend opened in it. */
#ifndef EXPUNGE_TEST_POSTGRESQL_CASE_H
#define EXPUNGE_TEST_POSTGRESQL_CASE_H

#include "registry/postgresql.h"
#include "tests/lib/postgresql_database.h"

struct postgresql_case { char url[POSTGRESQL_URL_MAX]; struct backend b; struct postgresql *s; struct arena a; };

/* For cmocka_unit_test_setup_teardown; *state is the case, a registry made in it. Without a server the tests are skipped. */
int postgresql_case_begin(void **state);
int postgresql_case_end(void **state);
/* The case, or skips. */
struct postgresql_case *postgresql_case(void **state);
/* One row of TABLE_RUN put by a group of its own, unless another version is stored; the group's result. */
enum status postgresql_case_put(struct backend *b, const char *key, uint64_t version, const char *body);
uint64_t postgresql_case_version(struct postgresql_case *c, enum table t, const char *key);
/* Waits until so many connections of the database wait for a lock. */
void postgresql_case_await_lock(const struct postgresql_case *c);
/* Ends every connection of the database but the one that says so; how many. */
long long postgresql_case_terminate(const struct postgresql_case *c, const char *where);

#define POSTGRESQL_TEST(t) cmocka_unit_test_setup_teardown(t, postgresql_case_begin, postgresql_case_end)

#endif
