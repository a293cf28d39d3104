#include "audit/tile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void paths_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        unsigned level;
        uint64_t index;
        unsigned width;
        const char *path;
    } CASES[] = {
        {0, 0, 256, "tile/0/000"},
        {0, 0, 1, "tile/0/000.p/1"},
        {0, 1234067, 256, "tile/0/x001/x234/067"},
        {TILE_ENTRIES, 999999, 7, "tile/entries/x999/999.p/7"},
        {2, 1000, 255, "tile/2/x001/000.p/255"},
        {63, 0, 256, "tile/63/000"},
        {0, UINT64_MAX, 1, "tile/0/x018/x446/x744/x073/x709/x551/615.p/1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        char path[TILE_PATH_MAX];
        unsigned level, width;
        uint64_t index;

        tile_path(path, CASES[i].level, CASES[i].index, CASES[i].width);
        assert_string_equal(path, CASES[i].path);
        assert_true(tile_path_parse(str_of(path), &level, &index, &width));
        assert_true(level == CASES[i].level && index == CASES[i].index && width == CASES[i].width);
    }
}

static void other_spellings_are_no_paths(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/data/000",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/", "tile/0/000.p", "tile/0/000.p/01", "tile/0/000.q/1",
        "tile/0/x000/001", "tile/0/001/000", "tile/0/x001", "tile/0/000/", "tile/0/../1", "tile/0/0000",
        "tile/0/x099/x999/x999/x999/x999/x999/x999/999", "tiles/0/000", "tile/0/000.p/1.p/1",
        "tile/0/000tile/0/000tile/0/000tile/0/000tile/0/000tile/0/000tile",
    };
    unsigned level, width;
    uint64_t index;

    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_false(tile_path_parse(str_of(BAD[i]), &level, &index, &width));
}

static void widths_of_size_70000(void **state)
{
    (void)state;
    assert_true(tile_full(0, 70000) == 273 && tile_partial(0, 70000) == 112);
    assert_true(tile_full(TILE_ENTRIES, 70000) == 273 && tile_partial(TILE_ENTRIES, 70000) == 112);
    assert_true(tile_full(1, 70000) == 1 && tile_partial(1, 70000) == 17);
    assert_true(tile_full(2, 70000) == 0 && tile_partial(2, 70000) == 1);
    assert_true(tile_full(3, 70000) == 0 && tile_partial(3, 70000) == 0);
    assert_true(tile_full(1, 256) == 0 && tile_partial(1, 256) == 1 && tile_partial(0, 256) == 0);
    assert_true(tile_full(8, MERKLE_SIZE_MAX) == 0 && tile_partial(8, MERKLE_SIZE_MAX) == 0);
}

static void bundles_come_apart_as_they_were_put_together(void **state)
{
    (void)state;
    static char big[ENTRY_BYTES_MAX];
    struct str entries[] = {STR(""), STR("a"), {big, sizeof(big)}};
    struct bundle bundle;
    struct hash leaves[TILE_WIDTH];
    struct buf buf;
    struct err err;

    buf_init(&buf, BUNDLE_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        bundle_add(&buf, entries[i]);
    assert_int_equal(buf.n, 2 + 3 + 2 + ENTRY_BYTES_MAX);
    assert_memory_equal(buf.p, "\0\0\0\1a\xff\xff", 7);
    assert_int_equal(bundle_parse(buf_view(&buf), &bundle, &err), OK);
    assert_int_equal(bundle.n, 3);
    bundle_leaves(&bundle, leaves);
    for (size_t i = 0; i < bundle.n; i++) {
        struct hash leaf = merkle_leaf(entries[i]);

        assert_true(str_eq(bundle.entry[i], entries[i]));
        assert_true(hash_eq(&leaves[i], &leaf));
    }
    assert_int_equal(bundle_parse((struct str){buf.p, buf.n - 1}, &bundle, &err), E_INVALID);
    assert_int_equal(bundle_parse((struct str){buf.p, 3}, &bundle, &err), E_INVALID);
    assert_int_equal(bundle_parse(STR(""), &bundle, &err), E_INVALID);
    buf_clear(&buf);
    for (size_t i = 0; i < TILE_WIDTH; i++)
        bundle_add(&buf, STR("e"));
    assert_int_equal(bundle_parse(buf_view(&buf), &bundle, &err), OK);
    bundle_add(&buf, STR("e"));
    assert_int_equal(bundle_parse(buf_view(&buf), &bundle, &err), E_INVALID);
    buf_release(&buf);
}

struct seen {
    size_t full[TILE_LEVELS];
    struct hash first_of_level_1;
};

static enum status see(void *ctx, unsigned level, uint64_t index, const struct hash hash[TILE_WIDTH], struct err *err)
{
    struct seen *seen = ctx;

    (void)err;
    assert_int_equal(index, seen->full[level]);
    seen->full[level]++;
    if (level == 1)
        seen->first_of_level_1 = hash[0];
    return OK;
}

static void rows_have_the_root_of_the_tree(void **state)
{
    (void)state;
    static struct tile_rows rows, by_tiles;
    static struct hash first[TILE_WIDTH], part[TILE_WIDTH];
    struct frontier f;
    struct seen seen = {{0}, {{0}}};
    struct tile_sink sink = {.ctx = &seen, .full = see};
    struct err err;

    tile_rows_init(&rows);
    tile_rows_init(&by_tiles);
    frontier_init(&f);
    for (uint64_t i = 0; i < 65536 + 300; i++) {
        struct hash leaf = merkle_leaf((struct str){(const char *)&i, sizeof(i)});

        if (i % 1021 == 0 || i < 20 || i == 256 || i == 65536) {
            struct hash a = frontier_root(&f), b = tile_rows_root(&rows);

            assert_true(hash_eq(&a, &b));
        }
        if (i < TILE_WIDTH)
            first[i] = leaf;
        frontier_append(&f, &leaf);
        assert_int_equal(tile_rows_append(&rows, &leaf, &sink, &err), OK);
        part[i % TILE_WIDTH] = leaf;
        if ((i + 1) % TILE_WIDTH == 0) { /* the same by whole tiles */
            struct hash root = merkle_root(part, TILE_WIDTH);

            assert_int_equal(tile_rows_append_tile(&by_tiles, &root, NULL, &err), OK);
            root = tile_rows_root(&by_tiles);
            struct hash is = tile_rows_root(&rows);
            assert_true(by_tiles.size == i + 1 && hash_eq(&root, &is));
        }
    }
    struct hash subtree = merkle_root(first, TILE_WIDTH);
    assert_true(seen.full[0] == 257 && seen.full[1] == 1 && seen.full[2] == 0);
    assert_true(hash_eq(&seen.first_of_level_1, &subtree));
    assert_true(rows.row[0].n == 44 && rows.row[1].n == 1 && rows.row[2].n == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_the_specification),
        cmocka_unit_test(other_spellings_are_no_paths),
        cmocka_unit_test(widths_of_size_70000),
        cmocka_unit_test(bundles_come_apart_as_they_were_put_together),
        cmocka_unit_test(rows_have_the_root_of_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
