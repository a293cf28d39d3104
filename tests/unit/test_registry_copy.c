/* test_registry_copy.c - a registry moved: all of it, as it was, or nothing that opens. */
#include "engine/registry_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "engine/audit_view.h"
#include "tests/lib/centre.h"

/* Where the world's registry is, and a place for the copy: of the other kind where PostgreSQL is wanted. */
struct places { struct str from, to; char database[POSTGRESQL_URL_MAX]; };

static struct places places_of(struct world *w)
{
    struct places p = {.to = arena_fmt(&w->a, "sqlite:%s/copy.db", w->dir)};
    p.from = w->registry[0] ? str_of(w->registry) : arena_fmt(&w->a, "sqlite:%s/expunge.db", w->dir);
    return p;
}

static void fill(struct world *w)
{
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    for (int i = 0; i < 60; i++) {
        const char *id = arena_fmt(&w->a, "c-%d", i).p;
        centre_ingest(w, centre_record(w, id, NULL, i % 2 ? 800 : 10, NULL, NULL));
        centre_files(w, id, i % 2 ? 800 : 10);
    }
    centre_hold(w, "CASE", "c-1");
    centre_purge(w, false);
    world_close(w);
}

static void point_at(struct world *w, struct str registry)
{
    char old[POSTGRESQL_URL_MAX + 16];
    if (w->registry[0])
        snprintf(old, sizeof(old), "registry: \"%s\"", w->registry);
    else
        snprintf(old, sizeof(old), "registry: sqlite:expunge.db");
    world_edit(w, "expunge.yaml", old, arena_fmt(&w->a, "registry: \"%.*s\"", STR_ARG(registry)).p);
}

/* The copy is used in the place of the first: what was purged is known as such, the held contact is held, the log verifies. */
static void everything_is_there_as_it_was(void **state)
{
    struct world *w = *state;
    struct copy_report r = {.entries = 0}, back = {.entries = 0};
    struct places p = places_of(w);
    struct audit_check check;
    fill(w);
    WORLD_OK(w, registry_copy(p.from, p.to, NULL, &r, &w->err));
    assert_int_equal(r.tables[TABLE_CHAIN].rows, 60);
    assert_true(r.tables[TABLE_LEDGER].rows > 0 && r.tables[TABLE_META].rows > 3 && r.entries > 60);
    if (postgresql_wanted()) { /* and the way back, into a new database */
        postgresql_make(p.database);
        WORLD_OK(w, registry_copy(p.to, str_of(p.database), NULL, &back, &w->err));
        assert_memory_equal(&r, &back, sizeof(r));
        postgresql_remove(p.database);
    }
    point_at(w, p.to);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS + HOUR_MS, OPEN_STORES | OPEN_WRITE));
    assert_int_equal(centre_status(w, "c-3"), STATUS_PURGED);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_status(w, "c-2"), STATUS_ACTIVE);
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    assert_true(check.ok);
    (void)centre_purge(w, false); /* it goes on */
    assert_true(centre_has_files(w, "c-1", 800) && centre_has_files(w, "c-2", 10));
}

static void nothing_is_copied_over(void **state)
{
    struct world *w = *state;
    struct copy_report r;
    struct places p = places_of(w);
    world_close(w);
    assert_int_equal(registry_copy(p.from, p.from, NULL, &r, &w->err), E_CONFLICT);
    WORLD_OK(w, registry_copy(p.from, p.to, NULL, &r, &w->err));
    assert_int_equal(registry_copy(p.from, p.to, NULL, &r, &w->err), E_CONFLICT);
    assert_int_equal(registry_copy(STR("sqlite:/nowhere/x.db"), arena_fmt(&w->a, "sqlite:%s/other.db", w->dir), NULL, &r, &w->err), E_ABSENT);
    assert_false(world_has(w, "other.db"));
}

/* Somebody writes to the first while it is copied: it is noticed, and what was made does not open. */
static void tick_writes(void *ctx, const char *what, uint64_t done, uint64_t total)
{
    struct world *w = ctx;
    (void)done, (void)total;
    if (w->e != NULL && str_is(str_of(what), "entries copied")) {
        WORLD_OK(w, registry_meta_put(w->e->registry, "surprise", STR("x"), 0, NULL, &w->err));
        world_close(w);
    }
}

static void a_half_copy_does_not_open(void **state)
{
    struct world *w = *state;
    struct copy_report r;
    struct places p = places_of(w);
    struct progress progress = {w, tick_writes};
    assert_int_equal(registry_copy(p.from, p.to, &progress, &r, &w->err), E_CONFLICT);
    assert_non_null(strstr(w->err.text, "meta"));
    point_at(w, p.to);
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_INVALID);
    assert_non_null(strstr(w->err.text, "not created to its end"));
    assert_int_equal(registry_copy(p.from, p.to, NULL, &r, &w->err), E_CONFLICT); /* nor is it gone on with */
    struct str again = arena_fmt(&w->a, "sqlite:%s/again.db", w->dir);
    assert_int_equal(registry_copy(p.to, again, NULL, &r, &w->err), E_INVALID); /* nor copied */
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(everything_is_there_as_it_was), WORLD_TEST(nothing_is_copied_over),
                                       WORLD_TEST(a_half_copy_does_not_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
