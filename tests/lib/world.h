/* world.h - a small installation in a folder of its own (init with a test clock), and its engine opened. */
#ifndef EXPUNGE_TEST_WORLD_H
#define EXPUNGE_TEST_WORLD_H

#include "engine/engine.h"
#include "tests/lib/postgresql_database.h"

#define WORLD_NOW_MS INT64_C(1795226400000) /* 2026-11-21T02:00:00Z */

struct world {
    char dir[64], config[96], publish[96];
    char registry[POSTGRESQL_URL_MAX]; /* where PostgreSQL is wanted; else "": SQLite, in the folder */
    struct engine *e;
    struct arena a; /* of the test */
    struct err err;
};

/* For cmocka_unit_test_setup_teardown; *state is the world, its log published in `publish`. */
int world_begin(void **state);
int world_end(void **state);
/* Closes and opens again, at another time. Flags as in engine.h. */
void world_reopen(struct world *w, int64_t now_ms, unsigned flags);
enum status world_open(struct world *w, int64_t now_ms, unsigned flags);
void world_close(struct world *w);
/* A file in the world's folder, in the arena. */
const char *world_path(struct world *w, const char *name);
struct str world_read(struct world *w, const char *name);
void world_write(struct world *w, const char *name, const char *text);
bool world_has(struct world *w, const char *name);
/* Replaces the first `from` in a file; fails the test when there is none. */
void world_edit(struct world *w, const char *name, const char *from, const char *to);
void world_remove_tree(const char *path);
void world_copy_file(struct world *w, const char *from, const char *to);

/* Entries committed alone, and read back. */
void world_commit(struct world *w, struct entry *entry);
struct entry *world_entries(struct world *w, size_t *n);
bool str_contains(struct str s, const char *part);
/* A chain of source "connect-eu" with these ids as legs (NULL ends), the first giving the key; stored when `store`. */
struct chain world_chain(struct world *w, bool store, ...);

/* The status must be OK; says why when it is not. */
#define WORLD_OK(w, call) world_ok((w), (call), #call, __FILE__, __LINE__)
void world_ok(struct world *w, enum status s, const char *what, const char *file, int line);

#endif
