#include "tests/lib/registry_fixture.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

const unsigned char fixture_identifier_key[KEY_BYTES] = {1, 2, 3};
static const unsigned char seal_key[KEY_BYTES] = {9};

static enum status fixture_seal(void *ctx, const char *purpose, int64_t at_ms, struct str plain, struct arena *a,
                                struct str *out, struct err *err)
{
    (void)ctx;
    (void)at_ms;
    return seal(seal_key, plain, str_of(purpose), a, out, err);
}

static enum status fixture_unseal(void *ctx, const char *purpose, struct str sealed, struct arena *a, struct str *out,
                                  struct err *err)
{
    (void)ctx;
    return unseal(seal_key, sealed, str_of(purpose), a, out, err);
}

static int fixture_start(void **state, bool on_file)
{
    struct registry_fixture *f = calloc(1, sizeof(*f));
    struct err err = {0};
    assert_non_null(f);
    assert_int_equal(crypto_init(&err), OK);
    f->sealer = (struct sealer){.seal = fixture_seal, .unseal = fixture_unseal};
    if (on_file && postgresql_wanted()) {
        postgresql_make(f->url);
    } else if (on_file) {
        snprintf(f->dir, sizeof(f->dir), "/tmp/expunge-registry-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->url, sizeof(f->url), "sqlite:%s/r.db", f->dir);
    } else {
        snprintf(f->url, sizeof(f->url), "sqlite::memory:");
    }
    arena_init(&f->a, 256 << 20);
    if (registry_open(str_of(f->url), true, fixture_identifier_key, &f->sealer, &f->r, &err) != OK)
        fail_msg("%s", err.text);
    *state = f;
    return 0;
}

int registry_fixture_memory(void **state)
{
    return fixture_start(state, false);
}

int registry_fixture_file(void **state)
{
    return fixture_start(state, true);
}

int registry_fixture_end(void **state)
{
    struct registry_fixture *f = *state;
    registry_close(f->r);
    arena_release(&f->a);
    if (f->dir[0] != '\0') {
        unlink(strchr(f->url, '/'));
        rmdir(f->dir);
    } else if (str_starts(str_of(f->url), STR("postgresql:"))) {
        postgresql_remove(f->url);
    }
    free(f);
    return 0;
}

struct registry *registry_fixture_again(const struct registry_fixture *f)
{
    struct registry *r;
    ASSERT(registry_open(str_of(f->url), false, fixture_identifier_key, &f->sealer, &r, NULL) == OK);
    return r;
}

struct row_key fixture_key(const struct registry_fixture *f, const char *id)
{
    return row_key_of_contact(&f->r->identifier, STR("connect-eu"), str_of(id));
}

struct chain fixture_chain(const struct registry_fixture *f, const char *id)
{
    struct row row = {.table = TABLE_CHAIN, .version = 1, .body = STR("")};
    struct row_key key = fixture_key(f, id);
    struct chain c;
    struct arena a;
    arena_init(&a, 1 << 12);
    row.key = (struct str){(const char *)key.b, ROW_KEY_BYTES};
    ASSERT(registry_chain_read(&row, &a, &c, NULL) == OK); /* every field as absent */
    arena_release(&a);
    c.version = 0;
    c.source = STR("connect-eu");
    c.queue = QUEUE_DUE;
    c.queue_category = 1;
    c.queue_time_ms = INT64_C(1700000000000);
    return c;
}

void fixture_store(struct registry *r, struct chain *c)
{
    struct arena a;
    struct group g = {.result = E_CONFLICT};
    arena_init(&a, 4 << 20);
    for (int i = 0; i < 100 && g.result != OK; i++) {
        struct row row;
        ASSERT(registry_chain_row(c, &a, &row, NULL) == OK);
        g = (struct group){.rows = &row, .rows_n = 1};
        ASSERT(registry_commit(r, &g, 1, NULL) == OK);
    }
    ASSERT(g.result == OK);
    c->version++;
    arena_release(&a);
}

struct chain fixture_read(struct registry *r, const struct row_key *key, struct arena *a)
{
    struct chain c;
    ASSERT(registry_chains(r, key, 1, a, &c, NULL) == OK);
    return c;
}

struct entry fixture_entry(const char *type)
{
    struct entry e = {.type = str_of(type), .at_ms = 5, .actor = STR("os:tester@host"), .body = STR("{}")};
    crypto_random(e.id, sizeof(e.id));
    return e;
}
