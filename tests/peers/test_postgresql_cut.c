/* Connections that break at any moment: the whole conformance suite through a proxy that cuts, and the one moment that matters
 * most, a commit that is done while its answer is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "registry/registry.h"
#include "tests/lib/conform_backend.h"
#include "tests/lib/postgresql_case.h"
#include "tests/lib/postgresql_proxy.h"

struct broken { char url[POSTGRESQL_URL_MAX], through[POSTGRESQL_URL_MAX]; struct postgresql_proxy proxy; unsigned cuts; uint64_t seed; };

/* Made by the straight way: a maker whose answer is lost is told that somebody has made it. */
static void open_broken(void *ctx, bool create, struct backend *out)
{
    struct broken *x = ctx;
    struct err err = {0};
    if (create) {
        struct backend made;
        postgresql_make(x->url);
        if (backend_open(str_of(x->url), true, &made, &err) != OK)
            fail_msg("%s", err.text);
        backend_close(&made);
        postgresql_proxy_start(&x->proxy, x->url, ++x->seed);
        atomic_store(&x->proxy.cut_per_mille, 15);
        postgresql_proxy_url(&x->proxy, x->url, x->through);
    }
    if (backend_open(str_of(x->through), false, out, &err) != OK)
        fail_msg("%s", err.text);
}

static void remove_broken(void *ctx)
{
    struct broken *x = ctx;
    x->cuts += atomic_load(&x->proxy.cuts);
    postgresql_proxy_stop(&x->proxy);
    postgresql_remove(x->url);
}

/* Done, and the answer lost: the driver says that it does not know, the front finds it done, and nothing is done twice. */
static void test_the_answer_is_lost(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct postgresql_proxy proxy;
    char through[POSTGRESQL_URL_MAX];
    struct registry r = {0};
    struct row rows[] = {{.table = TABLE_RUN, .op = ROW_PUT, .key = STR("a"), .body = STR("x")},
                         {.table = TABLE_COUNTER, .op = ROW_ADD, .key = STR("n"), .add = 1}};
    struct entry e = {.id = {1}, .body = STR("body"), .type = STR("RUN"), .at_ms = 1, .actor = STR("a")};
    struct group g = {.rows = rows, .rows_n = 2, .entries = &e, .entries_n = 1};
    postgresql_proxy_start(&proxy, c->url, 1);
    postgresql_proxy_url(&proxy, c->url, through);
    assert_int_equal(backend_open(str_of(through), false, &r.backend, NULL), OK);
    atomic_store(&proxy.swallow_commit, true);
    assert_int_equal(r.backend.driver->commit(&r.backend, &g, 1, NULL), OK);
    assert_int_equal(g.result, E_RETRY);
    assert_false(atomic_load(&proxy.swallow_commit));
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "a"), 1); /* it was done */
    e.id[0] = 2;
    rows[0].version = 1;
    atomic_store(&proxy.swallow_commit, true);
    assert_int_equal(registry_commit(&r, &g, 1, NULL), OK);
    assert_int_equal(g.result, OK);
    assert_false(atomic_load(&proxy.swallow_commit));
    assert_int_equal(postgresql_case_version(c, TABLE_RUN, "a"), 2);
    assert_int_equal(postgresql_run(c->url, "SELECT number FROM expunge.counter"), 2);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.entry"), 2);
    backend_close(&r.backend);
    postgresql_proxy_stop(&proxy);
}

/* A log that was numbered, and the answer lost: numbered once. */
static void test_numbered_once(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    struct postgresql_proxy proxy;
    char through[POSTGRESQL_URL_MAX];
    struct backend b;
    struct entry e = {.id = {1}, .body = STR("body"), .type = STR("RUN"), .at_ms = 1, .actor = STR("a")};
    struct group g = {.entries = &e, .entries_n = 1};
    uint64_t size = 0;
    assert_int_equal(backend_commit(&c->b, &g, 1, NULL), OK);
    postgresql_proxy_start(&proxy, c->url, 1);
    postgresql_proxy_url(&proxy, c->url, through);
    assert_int_equal(backend_open(str_of(through), false, &b, NULL), OK);
    atomic_store(&proxy.swallow_commit, true);
    assert_int_equal(backend_number(&b, &size, NULL), OK);
    assert_false(atomic_load(&proxy.swallow_commit));
    assert_int_equal(size, 1);
    assert_int_equal(postgresql_run(c->url, "SELECT count(*) FROM expunge.log"), 1);
    backend_close(&b);
    postgresql_proxy_stop(&proxy);
}

static void test_it_was_cut(void **state)
{
    const struct broken *x = *state;
    print_message("# %u connections were cut\n", x->cuts);
    assert_true(x->cuts > 20);
}

int main(void)
{
    static struct broken x = {.seed = 1};
    const struct CMUnitTest alone[] = {POSTGRESQL_TEST(test_the_answer_is_lost), POSTGRESQL_TEST(test_numbered_once)};
    const struct CMUnitTest behind[] = {cmocka_unit_test_prestate(test_it_was_cut, &x)};
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    if (!postgresql_here())
        return failed;
    failed += conform_backend(&(struct conform){"postgresql behind a line that breaks", &x, open_broken, remove_broken, true});
    return failed + cmocka_run_group_tests(behind, NULL, NULL);
}
