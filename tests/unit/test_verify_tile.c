/* test_verify_tile.c - one tile compared: what is right, what is wrong first, what cannot be said. (Whole logs: test_verify.) */
#include "audit/verify_tile.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char dir[64], path[PATH_MAX];
static struct hash hashes[TILE_WIDTH];
static struct verify_mismatch mismatch;
static struct arena scratch;
static struct tile_check check = {.dir = dir, .mismatch = &mismatch, .scratch = &scratch};

static const char *file(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int each_setup(void **state)
{
    (void)state;
    struct err err;
    (void)snprintf(dir, sizeof(dir), "/tmp/verify-tile-XXXXXX");
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < TILE_WIDTH; i++)
        hashes[i] = merkle_leaf((struct str){(const char *)&i, sizeof(i)});
    assert_int_equal(dir_make(file("tile/0/000.p"), 0755, &err), OK);
    arena_init(&scratch, TILE_CHECK_BYTES);
    mismatch = (struct verify_mismatch){.any = false};
    return 0;
}

static int each_teardown(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"tile/0/000", "tile/0/000.p/7", "tile/0/000.p/9", "tile/0/000.p/12"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
        (void)unlink(file(NAMES[i]));
    assert_int_equal(rmdir(file("tile/0/000.p")), 0);
    assert_int_equal(rmdir(file("tile/0")), 0);
    assert_int_equal(rmdir(file("tile")), 0);
    assert_int_equal(rmdir(dir), 0);
    arena_release(&scratch);
    return 0;
}

static void put(const char *name, size_t width)
{
    struct err err;
    struct str bytes = {(const char *)hashes[0].b, width * HASH_BYTES};
    assert_int_equal(file_write(file(name), bytes, 0644, &err), OK);
}

static void says(unsigned width, bool wrong)
{
    struct err err;
    mismatch = (struct verify_mismatch){.any = false};
    assert_int_equal(tile_check_hashes(&check, 0, 0, hashes, width, &err), OK);
    assert_int_equal(mismatch.any, wrong);
}

static void a_tile_and_the_files_it_grew_from(void **state)
{
    (void)state;
    put("tile/0/000.p/7", 7);
    put("tile/0/000.p/9", 9);
    says(9, false);
    put("tile/0/000.p/12", 12); /* written ahead */
    says(9, false);
    put("tile/0/000", TILE_WIDTH);
    says(TILE_WIDTH, false);
    says(12, false);
    assert_int_equal(unlink(file("tile/0/000.p/12")), 0); /* the full one has taken its place */
    says(12, false);
    assert_int_equal(unlink(file("tile/0/000")), 0);
    says(12, true);
    assert_string_equal(mismatch.path, "tile/0/000.p/12");
    assert_string_equal(mismatch.got, "missing");
}

static void the_first_difference_is_named(void **state)
{
    (void)state;
    put("tile/0/000.p/9", 9);
    hashes[5].b[3] ^= 1;
    hashes[8].b[0] ^= 1;
    says(9, true);
    assert_true(mismatch.has_index && mismatch.index == 5);
    assert_string_equal(mismatch.what, "hash in the tile");
    assert_int_equal(strlen(mismatch.expected), 64);
    mismatch_at(&mismatch, 1, "other", "later", "", ""); /* only the first counts */
    assert_true(mismatch.index == 5 && strcmp(mismatch.what, "hash in the tile") == 0);
}

static void a_disk_that_fails_is_no_answer(void **state)
{
    (void)state;
    struct err err, why = {.code = E_IO, .text = "disk"};
    assert_int_equal(mismatch_unreadable(&mismatch, E_IO, 3, "f", &why, &err), E_IO);
    assert_string_equal(err.text, "disk");
    assert_false(mismatch.any);
    assert_int_equal(mismatch_unreadable(&mismatch, E_LIMIT, 3, "f", &why, &err), OK);
    assert_true(mismatch.any && mismatch.index == 3);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, each_setup, each_teardown)
    const struct CMUnitTest tests[] = {EACH(a_tile_and_the_files_it_grew_from), EACH(the_first_difference_is_named),
                                       EACH(a_disk_that_fails_is_no_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
