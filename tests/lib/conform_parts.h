/* conform_parts.h - what the files of the backends' conformance suite share. */
#ifndef EXPUNGE_TEST_CONFORM_PARTS_H
#define EXPUNGE_TEST_CONFORM_PARTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "registry/registry.h"
#include "tests/lib/conform_backend.h"

enum { TRIES = 300, THREADS = 3 };

struct world {
    const struct conform *c;
    struct registry r; /* a shell around the backend: registry_commit looks up unknown fates */
    struct arena a;
};

static inline void commit(struct world *w, struct group *groups, size_t n)
{
    struct err err = {0};
    if (registry_commit(&w->r, groups, n, &err) != OK)
        fail_msg("%s: %s", w->c->name, err.text);
}

static inline void commit_ok(struct world *w, struct group g)
{
    for (int i = 0; i < TRIES; i++) {
        commit(w, &g, 1);
        if (g.result == OK || !w->c->weak)
            break;
    }
    assert_int_equal(g.result, OK);
}

static inline void commit_conflict(struct world *w, struct group g)
{
    commit(w, &g, 1);
    assert_int_equal(g.result, E_CONFLICT);
}

static inline struct row put(enum table t, struct str key, uint64_t version, struct str body)
{
    return (struct row){.table = t, .op = ROW_PUT, .key = key, .version = version, .body = body};
}

static inline struct row rid(enum table t, struct str key, uint64_t version)
{
    return (struct row){.table = t, .op = ROW_REMOVE, .key = key, .version = version};
}

static inline struct group one(struct row *row)
{
    return (struct group){.rows = row, .rows_n = 1};
}

static inline struct row get(struct world *w, enum table t, struct str key)
{
    struct row row;
    struct err err = {0};
    assert_int_equal(backend_get(&w->r.backend, t, &key, 1, &w->a, &row, &err), OK);
    return row;
}

static inline struct entry entry_of(unsigned char id, struct str type, int64_t at_ms, struct str actor)
{
    return (struct entry){.id = {id, 1}, .type = type, .at_ms = at_ms, .actor = actor, .body = STR("{\"entry\":1}")};
}

static inline void world_open(struct world *w, const struct conform *c, bool create)
{
    *w = (struct world){.c = c};
    arena_init(&w->a, 64 << 20);
    c->open(c->ctx, create, &w->r.backend);
}

static inline void world_close(struct world *w)
{
    backend_close(&w->r.backend);
    arena_release(&w->a);
}

/* conform_race.c: several connections at once. */
void conform_race(void **state);
void conform_each_demands_the_other_absent(void **state);
void conform_groups_are_seen_whole(void **state);

#endif
