/* registry_fixture.h - a registry to test on: in memory or on a file, with a sealer and chains ready made. */
#ifndef EXPUNGE_TEST_REGISTRY_FIXTURE_H
#define EXPUNGE_TEST_REGISTRY_FIXTURE_H

#include "registry/registry.h"
#include "tests/lib/postgresql_database.h"

struct registry_fixture {
    char dir[64], url[POSTGRESQL_URL_MAX];
    struct sealer sealer;
    struct registry *r;
    struct arena a;
};
extern const unsigned char fixture_identifier_key[KEY_BYTES];

/* For cmocka_unit_test_setup_teardown; *state is the fixture. */
int registry_fixture_memory(void **state); /* one connection only */
int registry_fixture_file(void **state); /* in a database where PostgreSQL is wanted */
int registry_fixture_end(void **state);
/* Another registry on the fixture's database (a file). */
struct registry *registry_fixture_again(const struct registry_fixture *f);

/* An active chain of one contact in QUEUE_DUE, nothing unusual about it; not stored. */
struct chain fixture_chain(const struct registry_fixture *f, const char *id);
struct row_key fixture_key(const struct registry_fixture *f, const char *id);
/* Stores it (its version says whether anew) and sets its new version. Retries what a weak backend makes up. */
void fixture_store(struct registry *r, struct chain *c);
struct chain fixture_read(struct registry *r, const struct row_key *key, struct arena *a);
/* An entry with an id of its own. */
struct entry fixture_entry(const char *type);

#endif
