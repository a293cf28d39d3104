/*
 * fuzz_tile.c - tile paths, bundles, packed frontiers have one spelling; a tree of the bundle's entries has the same
 * root by every way, and proofs of it verify for their leaf alone. First byte: which.
 */
#include "audit/tile.h"
#include "tests/fuzz/lib/fuzz.h"

static void path_has_one_spelling(struct str path)
{
    unsigned level, width;
    uint64_t index;
    char again[TILE_PATH_MAX];
    if (!tile_path_parse(path, &level, &index, &width))
        return;
    tile_path(again, level, index, width);
    HOLDS(str_eq(path, str_of(again)));
}

static void frontier_has_one_spelling(struct str bytes)
{
    struct frontier f;
    unsigned char again[FRONTIER_BYTES_MAX];
    if (!frontier_unpack(bytes, &f))
        return;
    size_t n = frontier_pack(&f, again);
    HOLDS(str_eq(bytes, (struct str){(const char *)again, n}));
}

static void proofs_hold(const struct hash *leaves, size_t n, size_t at, const struct hash *root)
{
    struct leaf_array array = {leaves, n};
    struct hash_reader reader = leaf_array_reader(&array);
    struct merkle_path path;
    struct err err;
    struct hash part = merkle_root(leaves, at + 1);
    HOLDS_OK(merkle_prove_inclusion(&reader, at, n, &path, &err), &err);
    HOLDS(merkle_verify_inclusion(&leaves[at], at, n, &path, root));
    for (size_t other = 0; other < n; other++)
        HOLDS(hash_eq(&leaves[at], &leaves[other]) || !merkle_verify_inclusion(&leaves[at], other, n, &path, root));
    HOLDS_OK(merkle_prove_consistency(&reader, at + 1, n, &path, &err), &err);
    HOLDS(merkle_verify_consistency(at + 1, &part, n, root, &path));
    struct hash wrong = *root;
    wrong.b[at % HASH_BYTES] ^= 1;
    HOLDS(!merkle_verify_consistency(at + 1, &part, n, &wrong, &path));
}

static void bundle_has_one_spelling(struct str bytes, size_t at)
{
    static struct bundle b;
    static struct hash leaves[TILE_WIDTH];
    struct frontier f;
    struct buf again;
    if (bundle_parse(bytes, &b, NULL) != OK)
        return;
    HOLDS(b.n >= 1 && b.n <= TILE_WIDTH);
    buf_init(&again, BUNDLE_BYTES_MAX);
    frontier_init(&f);
    bundle_leaves(&b, leaves);
    for (size_t i = 0; i < b.n; i++) {
        struct hash leaf = merkle_leaf(b.entry[i]);
        HOLDS(hash_eq(&leaf, &leaves[i]));
        frontier_append(&f, &leaf);
        bundle_add(&again, b.entry[i]);
    }
    HOLDS(str_eq(buf_view(&again), bytes));
    struct hash root = merkle_root(leaves, b.n), by_frontier = frontier_root(&f);
    HOLDS(hash_eq(&root, &by_frontier));
    proofs_hold(leaves, b.n, at % b.n, &root);
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    unsigned which = fuzz_byte(&input);
    if (which % 4 == 0)
        path_has_one_spelling(input);
    else if (which % 4 == 1)
        frontier_has_one_spelling(input);
    else
        bundle_has_one_spelling(input, which >> 2);
    return 0;
}
