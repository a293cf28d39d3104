/* The reference tree is that of RFC 6962 implementations: eight leaves whose hashes and roots are public facts. */
#include "audit/merkle.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const LEAF_HEX[8] = {
    "",         "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
};
static const char *const ROOT_HEX[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static struct hash hash_of(const char *hex)
{
    struct hash h;
    size_t n = sizeof(h.b);

    assert_true(hex_decode(str_of(hex), h.b, &n));
    return h;
}

static void reference_leaves(struct hash leaves[8])
{
    for (size_t i = 0; i < 8; i++) {
        unsigned char entry[16];
        size_t n = sizeof(entry);

        assert_true(hex_decode(str_of(LEAF_HEX[i]), entry, &n));
        leaves[i] = merkle_leaf((struct str){(const char *)entry, n});
    }
}

static void many_leaves(struct hash *leaves, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char entry[2] = {(unsigned char)(i >> 8), (unsigned char)i};

        leaves[i] = merkle_leaf((struct str){(const char *)entry, 2});
    }
}

static void roots_of_the_reference_tree(void **state)
{
    (void)state;
    struct hash leaves[8];
    struct frontier f;

    reference_leaves(leaves);
    frontier_init(&f);
    for (size_t n = 0; n <= 8; n++) {
        struct hash want = hash_of(ROOT_HEX[n]), all = merkle_root(leaves, n), grown = frontier_root(&f);

        assert_true(hash_eq(&all, &want));
        assert_true(hash_eq(&grown, &want));
        if (n < 8)
            frontier_append(&f, &leaves[n]);
    }
}

/* Up to 256 leaves are done level by level, more by a frontier: the same tree, at every size around the border. */
static void a_root_is_a_root_however_it_is_computed(void **state)
{
    (void)state;
    static struct hash leaves[600];
    struct frontier f;

    frontier_init(&f);
    for (size_t n = 0; n < ARRAY_LEN(leaves); n++) {
        struct hash all = merkle_root(leaves, n), grown = frontier_root(&f);

        assert_true(hash_eq(&all, &grown));
        leaves[n] = merkle_leaf((struct str){(const char *)&n, sizeof(n)});
        frontier_append(&f, &leaves[n]);
    }
}

static void leaves_at_once_are_leaves(void **state)
{
    (void)state;
    struct str entries[] = {STR(""), STR("a"), STR("bc"), STR_NONE, STR("d")};
    struct hash leaves[ARRAY_LEN(entries)];

    merkle_leaves(entries, ARRAY_LEN(entries), leaves);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        struct hash one = merkle_leaf(entries[i]);

        assert_true(hash_eq(&one, &leaves[i]));
    }
}

static void frontier_survives_packing(void **state)
{
    (void)state;
    struct hash leaves[40];
    struct frontier f, again;
    unsigned char bytes[FRONTIER_BYTES_MAX];

    many_leaves(leaves, ARRAY_LEN(leaves));
    frontier_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
        size_t n = frontier_pack(&f, bytes);
        struct str packed = {(const char *)bytes, n};
        struct hash a, b;

        assert_int_equal(n, 8 + 32 * __builtin_popcountll(i));
        assert_true(frontier_unpack(packed, &again));
        a = frontier_root(&f);
        b = frontier_root(&again);
        assert_true(again.size == i && hash_eq(&a, &b));
        assert_false(frontier_unpack((struct str){packed.p, packed.n - 1}, &again));
        frontier_append(&f, &leaves[i]);
        frontier_append(&again, &leaves[i]);
        a = frontier_root(&f);
        b = frontier_root(&again);
        assert_true(hash_eq(&a, &b));
    }
}

static void frontier_refuses_bytes_that_do_not_fit(void **state)
{
    (void)state;
    struct frontier f = {.size = 7};
    char bytes[8 + 64 * 32];

    memset(bytes, 0xFF, sizeof(bytes));
    assert_false(frontier_unpack(STR_NONE, &f));
    assert_false(frontier_unpack((struct str){bytes, sizeof(bytes)}, &f)); /* size above 2^63 */
    memset(bytes, 0, 8);
    assert_false(frontier_unpack((struct str){bytes, 40}, &f)); /* a peak of an empty tree */
    assert_int_equal(f.size, 7);
}

static void every_inclusion_proof_up_to_70(void **state)
{
    (void)state;
    struct hash leaves[70];
    struct err err;

    many_leaves(leaves, ARRAY_LEN(leaves));
    for (uint64_t size = 1; size <= ARRAY_LEN(leaves); size++) {
        struct leaf_array array = {.leaves = leaves, .n = (size_t)size};
        struct hash_reader reader = leaf_array_reader(&array);
        struct hash root = merkle_root(leaves, (size_t)size);

        for (uint64_t index = 0; index < size; index++) {
            struct merkle_path path = {0};

            assert_int_equal(merkle_prove_inclusion(&reader, index, size, &path, &err), OK);
            assert_true(merkle_verify_inclusion(&leaves[index], index, size, &path, &root));
            assert_false(merkle_verify_inclusion(&leaves[index], index + 1, size, &path, &root));
            assert_false(merkle_verify_inclusion(&leaves[(index + 1) % 70], index, size, &path, &root));
            path.n++;
            assert_false(merkle_verify_inclusion(&leaves[index], index, size, &path, &root));
            path.n -= 2;
            assert_false(size > 1 && merkle_verify_inclusion(&leaves[index], index, size, &path, &root));
        }
    }
}

static void every_consistency_proof_up_to_40(void **state)
{
    (void)state;
    struct hash leaves[40];
    struct leaf_array array = {.leaves = leaves, .n = ARRAY_LEN(leaves)};
    struct hash_reader reader = leaf_array_reader(&array);
    struct err err;

    many_leaves(leaves, ARRAY_LEN(leaves));
    for (size_t new_size = 0; new_size <= ARRAY_LEN(leaves); new_size++) {
        struct hash new_root = merkle_root(leaves, new_size);

        for (size_t old_size = 0; old_size <= new_size; old_size++) {
            struct hash old_root = merkle_root(leaves, old_size), other = leaves[39];
            struct merkle_path path = {0};

            assert_int_equal(merkle_prove_consistency(&reader, old_size, new_size, &path, &err), OK);
            assert_true(merkle_verify_consistency(old_size, &old_root, new_size, &new_root, &path));
            assert_false(merkle_verify_consistency(old_size, &other, new_size, &new_root, &path));
            assert_false(old_size > 0 && merkle_verify_consistency(old_size, &old_root, new_size, &other, &path));
            if (path.n > 0) {
                path.hash[0].b[7] ^= 1;
                assert_false(merkle_verify_consistency(old_size, &old_root, new_size, &new_root, &path));
                path.hash[0].b[7] ^= 1;
                path.n--;
                assert_false(merkle_verify_consistency(old_size, &old_root, new_size, &new_root, &path));
                path.n++;
            }
            path.hash[path.n++] = other;
            assert_false(merkle_verify_consistency(old_size, &old_root, new_size, &new_root, &path));
        }
    }
}

static void impossible_questions_are_refused(void **state)
{
    (void)state;
    struct hash leaves[3], root;
    struct leaf_array array = {.leaves = leaves, .n = 3};
    struct hash_reader reader = leaf_array_reader(&array);
    struct merkle_path path = {0};
    struct err err;

    many_leaves(leaves, 3);
    root = merkle_root(leaves, 3);
    assert_int_equal(merkle_prove_inclusion(&reader, 3, 3, &path, &err), E_INVALID);
    assert_int_equal(merkle_prove_inclusion(&reader, 0, 0, &path, &err), E_INVALID);
    assert_int_equal(merkle_prove_inclusion(&reader, 0, 9, &path, &err), E_ABSENT);
    assert_int_equal(merkle_prove_consistency(&reader, 3, 2, &path, &err), E_INVALID);
    assert_false(merkle_verify_inclusion(&root, 0, 0, &path, &root));
    assert_false(merkle_verify_inclusion(&root, 0, UINT64_MAX, &path, &root));
    assert_false(merkle_verify_consistency(4, &root, 3, &root, &path));
    path.n = MERKLE_PATH_MAX + 1;
    assert_false(merkle_verify_inclusion(&root, 0, 2, &path, &root));
    assert_int_equal(merkle_read_root(&reader, 0, &root, &err), OK);
    struct hash empty = hash_of(ROOT_HEX[0]);
    assert_true(hash_eq(&root, &empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_a_root_however_it_is_computed),
        cmocka_unit_test(leaves_at_once_are_leaves),
        cmocka_unit_test(roots_of_the_reference_tree),
        cmocka_unit_test(frontier_survives_packing),
        cmocka_unit_test(frontier_refuses_bytes_that_do_not_fit),
        cmocka_unit_test(every_inclusion_proof_up_to_70),
        cmocka_unit_test(every_consistency_proof_up_to_40),
        cmocka_unit_test(impossible_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
