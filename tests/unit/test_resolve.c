/* Ids as people give them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { YOUNG = 30 };

static void bare_qualified_and_labelled_ids(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "with/slash", NULL, YOUNG, NULL, NULL));
    struct found_contact *found;
    size_t n;
    const char *given[] = {"c-1", CENTRE_SOURCE "/c-1", "with/slash", CENTRE_SOURCE "/with/slash"};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        WORLD_OK(w, engine_resolve(w->e, str_of(given[i]), STR_NONE, &w->a, &found, &n, &w->err));
        assert_int_equal(n, 1);
        assert_true(str_is(found[0].source, CENTRE_SOURCE));
    }
    WORLD_OK(w, engine_resolve(w->e, STR("c-1"), STR("elsewhere"), &w->a, &found, &n, &w->err));
    assert_int_equal(n, 0);
    assert_int_equal(engine_resolve(w->e, STR(""), STR_NONE, &w->a, &found, &n, &w->err), E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bare_qualified_and_labelled_ids, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
