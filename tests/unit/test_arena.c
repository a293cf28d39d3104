/* test_arena.c - caps, alignment, zeroing, copies. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>


static bool all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 8 << 20);
    unsigned char *before = NULL;
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(all_zero(p, size));
        memset(p, 0xee, size);
        if (before != NULL)
            assert_int_equal(before[0], 0xee);
        before = p;
    }
    arena_release(&a);
}

static void the_cap_is_exact(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 32));
    assert_null(arena_alloc(&a, 33));
    assert_non_null(arena_alloc(&a, 32)); /* a refusal takes nothing */
    assert_null(arena_alloc(&a, 1));
    assert_int_equal(a.used, 64);
    struct err err = {.code = OK};
    assert_int_equal(ARENA_FULL(&err, &a), E_LIMIT);
    assert_non_null(strstr(err.text, "64 bytes"));
    arena_release(&a);
    arena_init(&a, SIZE_MAX);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 15));
    arena_release(&a);
}

static void reset_wipes_and_serves_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            unsigned char *p = arena_alloc(&a, 1000);
            assert_non_null(p);
            assert_true(all_zero(p, 1000));
            memset(p, 0xff, 1000);
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
        assert_int_equal(a.cap, 1 << 20);
    }
    assert_non_null(arena_alloc(&a, 1 << 20)); /* the whole cap is there again */
    arena_release(&a);
    arena_release(&a);
    arena_release(NULL);
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 10)); /* a released arena may be used again */
    arena_release(&a);
}

static void arrays_check_overflow(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    assert_null(arena_array(&a, 8, SIZE_MAX / 4));
    uint64_t *p = ARENA_ARRAY(&a, uint64_t, 10);
    assert_non_null(p);
    p[9] = 1;
    assert_non_null(ARENA_ARRAY(&a, uint64_t, 0)); /* an empty array is not a full arena */
    assert_non_null(ARENA_NEW(&a, struct str));
    arena_release(&a);
}

static void grow_keeps_what_is_there(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64 << 10);
    void *items = NULL;
    size_t cap = 0, n = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(arena_grow(&a, &items, &cap, n + 1, sizeof(uint32_t)));
        ((uint32_t *)items)[n++] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(((uint32_t *)items)[i], i);
    assert_true(cap >= 1000 && cap < 2100);
    void *same = items;
    size_t cap_before = cap;
    assert_false(arena_grow(&a, &items, &cap, 1 << 20, sizeof(uint32_t)));
    assert_false(arena_grow(&a, &items, &cap, SIZE_MAX, sizeof(uint32_t)));
    assert_ptr_equal(items, same); /* untouched */
    assert_int_equal(cap, cap_before);
    arena_release(&a);
}

static void copies_end_in_nul_and_keep_absence(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256);
    struct str s = arena_str(&a, STR("hello"));
    assert_true(str_is(s, "hello"));
    assert_int_equal(s.p[5], '\0');
    assert_true(arena_str_ok(s, STR("hello")));
    assert_null(arena_str(&a, STR_NONE).p);
    assert_true(arena_str_ok(STR_NONE, STR_NONE));
    struct str empty = arena_str(&a, STR(""));
    assert_non_null(empty.p);
    assert_int_equal(empty.n, 0);
    assert_string_equal(arena_cstr(&a, STR("c")), "c");
    assert_null(arena_cstr(&a, STR_NONE));
    struct str fmt = arena_fmt(&a, "%s-%d", "id", 42);
    assert_true(str_is(fmt, "id-42"));
    char big[400] = {0};
    struct str present = {big, sizeof(big)};
    struct str none = arena_str(&a, present);
    assert_null(none.p);
    assert_int_equal(none.n, 0);
    assert_false(arena_str_ok(none, present));
    assert_null(arena_fmt(&a, "%300d", 1).p);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_is_exact),
        cmocka_unit_test(reset_wipes_and_serves_again),
        cmocka_unit_test(arrays_check_overflow),
        cmocka_unit_test(grow_keeps_what_is_there),
        cmocka_unit_test(copies_end_in_nul_and_keep_absence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
