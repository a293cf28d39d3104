#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/contact_view.h"
#include "tests/lib/centre.h"

static struct location locate(struct world *w, const char *id)
{
    struct found_contact *found;
    struct location l;
    size_t n;
    WORLD_OK(w, engine_resolve(w->e, str_of(id), STR_NONE, &w->a, &found, &n, &w->err));
    assert_int_equal(n, 1);
    WORLD_OK(w, contact_locate(w->e, &found[0], &w->a, &l, &w->err));
    return l;
}

static void test_before_and_after(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct location l = locate(w, "c-1");
    assert_true(l.whole);
    assert_int_equal(l.items_n, 2);
    assert_true(l.items[0].there && l.items[1].there);
    assert_int_equal(l.items[0].recorded, OUT_UNKNOWN);
    centre_arm(w);
    centre_purge(w, false);
    l = locate(w, "c-1");
    assert_int_equal(l.items_n, 2);
    assert_false(l.items[0].there || l.items[1].there);
    assert_int_equal(l.items[0].recorded, OUT_GONE);
    centre_files(w, "c-1", 900); /* came back */
    l = locate(w, "c-1");
    assert_int_equal(l.items_n, 2);
    assert_true(l.items[0].there && l.items[0].recorded == OUT_GONE);
}

static void test_store_away(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    world_remove_tree(world_path(w, "artefacts"));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct location l = locate(w, "c-1");
    assert_false(l.whole);
    assert_int_equal(l.stores_n, 1);
    assert_true(l.stores[0].saw == SEARCH_AWAY || l.stores[0].saw == SEARCH_UNSURE);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_before_and_after), IN_WORLD(test_store_away)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
