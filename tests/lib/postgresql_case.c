/* postgresql_case.c - see postgresql_case.h. */
#include "tests/lib/postgresql_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"

int postgresql_case_begin(void **state)
{
    struct err err = {0};
    *state = NULL;
    if (!postgresql_here())
        return 0;
    struct postgresql_case *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    arena_init(&c->a, 64 << 20);
    postgresql_make(c->url);
    if (backend_open(str_of(c->url), true, &c->b, &err) != OK)
        fail_msg("%s", err.text);
    c->s = c->b.own;
    *state = c;
    return 0;
}

int postgresql_case_end(void **state)
{
    struct postgresql_case *c = *state;
    if (c == NULL)
        return 0;
    backend_close(&c->b);
    postgresql_remove(c->url);
    arena_release(&c->a);
    free(c);
    return 0;
}

struct postgresql_case *postgresql_case(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

enum status postgresql_case_put(struct backend *b, const char *key, uint64_t version, const char *body)
{
    struct row row = {.table = TABLE_RUN, .op = ROW_PUT, .key = str_of(key), .version = version, .body = str_of(body)};
    struct group g = {.rows = &row, .rows_n = 1};
    struct err err = {0};
    if (backend_commit(b, &g, 1, &err) != OK)
        fail_msg("%s", err.text);
    return g.result;
}

uint64_t postgresql_case_version(struct postgresql_case *c, enum table t, const char *name)
{
    struct str key = str_of(name);
    struct row row;
    assert_int_equal(backend_get(&c->b, t, &key, 1, &c->a, &row, NULL), OK);
    return row.version;
}

void postgresql_case_await_lock(const struct postgresql_case *c)
{
    for (int i = 0; i < 1000; i++) {
        if (postgresql_run(c->url, "SELECT count(*) FROM pg_stat_activity WHERE datname=current_database() AND wait_event_type='Lock'") > 0)
            return;
        clock_sleep_ms(5);
    }
    fail_msg("nobody waits for a lock");
}

long long postgresql_case_terminate(const struct postgresql_case *c, const char *where)
{
    char sql[512];
    snprintf(sql, sizeof(sql), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname=current_database()"
                               " AND pid<>pg_backend_pid() AND %s", where);
    return postgresql_run(c->url, sql);
}
