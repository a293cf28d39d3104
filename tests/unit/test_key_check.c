/* Keys that are not this registry's (2.29). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/audit_keys.h"
#include "engine/key_check.h"
#include "engine/key_rotate.h"
#include "tests/lib/world.h"

#include <unistd.h>

static void foreign_pseudonym_key_is_refused(void **state)
{
    struct world *w = *state;
    world_close(w);
    world_copy_file(w, "keys/pseudonym.key", "kept.key");
    world_write(w, "keys/pseudonym.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_DENIED);
    assert_non_null(strstr(w->err.text, "pseudonym.key"));
    world_copy_file(w, "kept.key", "keys/pseudonym.key");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
}

static void foreign_audit_key_is_refused_before_anything_is_signed(void **state)
{
    struct world *w = *state;
    world_close(w);
    world_copy_file(w, "keys/audit.key", "kept.key");
    assert_int_equal(unlink(world_path(w, "keys/audit.key")), 0);
    WORLD_OK(w, audit_key_make(world_path(w, "keys/audit.key"), STR("foreign.example/log"), &w->err));
    assert_int_equal(world_open(w, WORLD_NOW_MS, OPEN_WRITE), E_DENIED);
    assert_non_null(strstr(w->err.text, "audit.key"));
    world_copy_file(w, "kept.key", "keys/audit.key");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
}

static void rotated_key_is_the_registrys_own(void **state)
{
    struct world *w = *state;
    const struct period overlap = {.days = 1, .set = true};
    struct key_rotation done;
    for (int i = 0; i < 2; i++) {
        WORLD_OK(w, key_rotate(w->e, &overlap, &w->a, &done, &w->err));
        uint64_t destroyed;
        world_reopen(w, WORLD_NOW_MS + (i + 1) * 3 * DAY_MS, OPEN_WRITE);
        WORLD_OK(w, key_rotate_follow_up(w->e, &w->a, &destroyed, &w->err));
        world_reopen(w, WORLD_NOW_MS + (i + 1) * 3 * DAY_MS, OPEN_WRITE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(foreign_pseudonym_key_is_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(foreign_audit_key_is_refused_before_anything_is_signed, world_begin, world_end),
        cmocka_unit_test_setup_teardown(rotated_key_is_the_registrys_own, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
