#include "audit/tile_dir.h"
#include "base/file.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ENTRIES = 700 };
static struct hash leaves[ENTRIES];
static char dir[64];

static struct str entry(uint64_t i, char out[32])
{
    return (struct str){out, (size_t)snprintf(out, 32, "entry number %llu", (unsigned long long)i)};
}

/* Gives the entries; fails at `fail_at`, counts. */
struct source {
    char text[32];
    uint64_t fail_at, asked_first;
    unsigned asked;
};

static enum status next(void *ctx, uint64_t index, struct str *out, struct err *err)
{
    struct source *s = ctx;

    if (index == s->fail_at)
        return FAIL(err, E_IO, "made to fail");
    if (s->asked++ == 0)
        s->asked_first = index;
    *out = entry(index, s->text);
    return OK;
}

static struct tree_head head_of(uint64_t size)
{
    return (struct tree_head){.size = size, .root = merkle_root(leaves, (size_t)size)};
}

static enum status extend(uint64_t from, uint64_t to, struct source *s)
{
    struct tree_head old = head_of(from), new = head_of(to);
    struct entry_source source = {.ctx = s, .next = next};
    struct err err;

    return tiles_extend(dir, &old, &new, &source, &err);
}

static enum status grow(uint64_t from, uint64_t to)
{
    struct source s = {.fail_at = UINT64_MAX};

    return extend(from, to, &s);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int each_setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/tile_dir-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    for (size_t i = 0; i < ENTRIES; i++) {
        char text[32];

        leaves[i] = merkle_leaf(entry(i, text));
    }
    return mkdtemp(dir) ? 0 : 1;
}

static int each_teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

static const char *file(const char *name)
{
    static char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void overwrite(const char *name, size_t at, char c)
{
    FILE *f = fopen(file(name), "r+b");

    assert_non_null(f);
    assert_int_equal(fseek(f, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc(c, f), (unsigned char)c);
    assert_int_equal(fclose(f), 0);
}

static void proofs_from_the_folder(uint64_t size)
{
    struct hash root = merkle_root(leaves, (size_t)size);
    static struct tile_reader tiles;
    struct arena a;
    struct err err;

    arena_init(&a, 1 << 20);
    tile_reader_init(&tiles, dir, size, &a);
    struct hash_reader reader = tile_hash_reader(&tiles);
    for (uint64_t i = 0; i < size; i += 37) {
        struct merkle_path path;

        assert_int_equal(merkle_prove_inclusion(&reader, i, size, &path, &err), OK);
        assert_true(merkle_verify_inclusion(&leaves[i], i, size, &path, &root));
    }
    arena_release(&a);
}

static void a_log_grows_by_any_steps(void **state)
{
    (void)state;
    static const uint64_t SIZES[] = {0, 1, 5, 255, 256, 257, 512, 600, ENTRIES};

    for (size_t i = 0; i + 1 < ARRAY_LEN(SIZES); i++) {
        assert_int_equal(grow(SIZES[i], SIZES[i + 1]), OK);
        proofs_from_the_folder(SIZES[i + 1]);
    }
    assert_true(file_exists(file("tile/0/000")) && file_exists(file("tile/entries/000")));
    assert_true(file_exists(file("tile/0/000.p/5"))); /* still served for the checkpoint of size 5 */
    assert_true(file_exists(file("tile/1/000.p/1")) && file_exists(file("tile/1/000.p/2")));
    assert_false(file_exists(file("tile/0/001.p/0")) || file_exists(file("tile/0/001.p/256")));
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++)
        proofs_from_the_folder(SIZES[i]);
    assert_int_equal(grow(0, ENTRIES), OK); /* everything again: compared, not rewritten */
}

static void only_the_last_bundle_is_read_again(void **state)
{
    (void)state;
    struct source s = {.fail_at = UINT64_MAX};

    assert_int_equal(grow(0, 600), OK);
    assert_int_equal(extend(600, 610, &s), OK);
    assert_true(s.asked_first == 512 && s.asked == 98);
}

static void a_crash_at_any_entry_is_repaired_by_repeating(void **state)
{
    (void)state;
    assert_int_equal(grow(0, 250), OK);
    for (uint64_t at = 250; at < ENTRIES; at += 90) {
        struct source s = {.fail_at = at};

        assert_int_equal(extend(250, ENTRIES, &s), E_IO);
    }
    assert_int_equal(grow(250, ENTRIES), OK);
    proofs_from_the_folder(ENTRIES);
}

static void other_bytes_are_never_written_over(void **state)
{
    (void)state;
    assert_int_equal(grow(0, 300), OK);
    overwrite("tile/0/000", 100, 'x');
    assert_int_equal(grow(0, 300), E_CONFLICT);
    assert_int_equal(grow(300, 310), OK); /* does not need that tile, and leaves it to verification */
    overwrite("tile/1/000.p/1", 3, 'x');
    assert_int_equal(grow(310, 320), E_CONFLICT);
}

static void damage_and_wrong_heads_are_noticed(void **state)
{
    (void)state;
    struct source s = {.fail_at = UINT64_MAX};
    struct entry_source source = {.ctx = &s, .next = next};
    struct tree_head none = head_of(0), old = head_of(300), wrong = {.size = 310, .root = leaves[0]};
    struct err err;

    assert_int_equal(tiles_extend(dir, &none, &wrong, &source, &err), E_CONFLICT);
    assert_false(file_exists(file("tile/1/000.p/1"))); /* nothing is published under a wrong root */
    assert_int_equal(grow(300, 310), E_ABSENT);
    assert_int_equal(grow(0, 300), OK);
    assert_int_equal(tiles_extend(dir, &old, &wrong, &source, &err), E_CONFLICT);
    old.root = leaves[1];
    wrong = head_of(310);
    assert_int_equal(tiles_extend(dir, &old, &wrong, &source, &err), E_CONFLICT);
    assert_int_equal(grow(310, 300), E_INVALID);
    assert_int_equal(truncate(file("tile/1/000.p/1"), 31), 0);
    assert_int_equal(grow(300, 310), E_CONFLICT);
}

static void the_full_tile_serves_where_the_partial_one_is_gone(void **state)
{
    (void)state;
    struct arena a;
    struct str bytes;
    struct err err;
    char path[TILE_PATH_MAX];

    assert_int_equal(grow(0, 200), OK);
    assert_int_equal(grow(200, 300), OK);
    assert_int_equal(unlink(file("tile/0/000.p/200")), 0);
    proofs_from_the_folder(200);
    arena_init(&a, 1 << 20);
    assert_int_equal(tile_read(dir, 0, 0, 200, &a, &bytes, path, &err), OK);
    assert_string_equal(path, "tile/0/000");
    assert_int_equal(bytes.n, TILE_BYTES);
    assert_int_equal(tile_read(dir, 0, 7, 200, &a, &bytes, path, &err), E_ABSENT);
    assert_string_equal(path, "tile/0/007.p/200");
    arena_release(&a);
}

static void proofs_beyond_the_log_are_refused(void **state)
{
    (void)state;
    static struct tile_reader tiles;
    struct arena a;
    struct hash h;
    struct err err;

    assert_int_equal(grow(0, 300), OK);
    arena_init(&a, 1 << 20);
    tile_reader_init(&tiles, dir, 300, &a);
    struct hash_reader reader = tile_hash_reader(&tiles);
    assert_int_equal(reader.read(reader.ctx, 0, 299, &h, &err), OK);
    assert_true(hash_eq(&h, &leaves[299]));
    assert_int_equal(reader.read(reader.ctx, 0, 300, &h, &err), E_INVALID);
    assert_int_equal(reader.read(reader.ctx, 0, 512, &h, &err), E_INVALID);
    assert_int_equal(reader.read(reader.ctx, 9, 0, &h, &err), E_INVALID);
    arena_release(&a);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, each_setup, each_teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_log_grows_by_any_steps),
        EACH(only_the_last_bundle_is_read_again),
        EACH(a_crash_at_any_entry_is_repaired_by_repeating),
        EACH(other_bytes_are_never_written_over),
        EACH(damage_and_wrong_heads_are_noticed),
        EACH(the_full_tile_serves_where_the_partial_one_is_gone),
        EACH(proofs_beyond_the_log_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
