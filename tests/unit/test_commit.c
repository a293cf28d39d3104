#include "audit/commit.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ENTRY_ID STR("000102030405060708090a0b0c0d0e0f")

static void secret_of(unsigned char secret[KEY_BYTES])
{
    for (unsigned char i = 0; i < KEY_BYTES; i++)
        secret[i] = i;
}

static void is_hex(const struct hash *h, const char *hex)
{
    unsigned char want[HASH_BYTES];
    size_t n = sizeof(want);

    assert_true(hex_decode(str_of(hex), want, &n));
    assert_memory_equal(h->b, want, n);
}

/* Computed with Python's hmac module from the formulas in docs/audit-format.md. */
static void known_answer(void **state)
{
    (void)state;
    unsigned char secret[KEY_BYTES];

    secret_of(secret);
    struct hash key = commit_key(secret, ENTRY_ID, STR(COMMIT_CONTACT_ID));
    struct hash direct = commitment(secret, ENTRY_ID, STR(COMMIT_CONTACT_ID), STR("contact 1"));
    struct hash by_key = commit_with_key(&key, STR(COMMIT_CONTACT_ID), STR("contact 1"));
    is_hex(&key, "9bb1f3e79cbf80b2b432931fc3d387a463c1beb3e4d306fb09ca08d17d890b01");
    is_hex(&direct, "4682d2f5bb9b4ed6c5b17d9acf47b0a483ca85a9ff623f7aae4796fc41cf394d");
    assert_true(hash_eq(&direct, &by_key));
}

static void everything_that_differs_makes_another_commitment(void **state)
{
    (void)state;
    unsigned char secret[KEY_BYTES], other[KEY_BYTES] = {1};
    struct hash h[6];

    secret_of(secret);
    h[0] = commitment(secret, ENTRY_ID, STR("chain"), STR("a"));
    h[1] = commitment(other, ENTRY_ID, STR("chain"), STR("a"));
    h[2] = commitment(secret, STR("ff0102030405060708090a0b0c0d0e0f"), STR("chain"), STR("a"));
    h[3] = commitment(secret, ENTRY_ID, STR("matter"), STR("a"));
    h[4] = commitment(secret, ENTRY_ID, STR("chain"), STR("b"));
    h[5] = commitment(secret, ENTRY_ID, STR("chain"), STR(""));
    for (size_t i = 0; i < ARRAY_LEN(h); i++) {
        for (size_t j = i + 1; j < ARRAY_LEN(h); j++)
            assert_false(hash_eq(&h[i], &h[j]));
    }
}

static void long_values_are_committed_whole(void **state)
{
    (void)state;
    static char text[100000];
    struct hash key = {{7}};
    struct str value = {text, sizeof(text)};
    struct hash a = commit_with_key(&key, STR("reason"), value), b;

    text[sizeof(text) - 1] = 'x';
    b = commit_with_key(&key, STR("reason"), value);
    assert_false(hash_eq(&a, &b));
}

static void one_of_a_set_can_be_shown(void **state)
{
    (void)state;
    enum { N = 21 };
    struct hash set[N], leaves[N], sorted[N], root, again;
    struct err err;

    for (size_t i = 0; i < N; i++)
        sorted[i] = set[i] = sha256((struct str){(const char *)&i, sizeof(i)});
    root = commit_root(sorted, N, leaves);
    for (size_t i = 0; i + 1 < N; i++)
        assert_true(memcmp(sorted[i].b, sorted[i + 1].b, HASH_BYTES) < 0);
    for (size_t i = 0; i < N; i++) {
        struct hash shuffled[N];
        struct merkle_path path;
        uint64_t index;

        memcpy(shuffled, set, sizeof(set));
        assert_int_equal(commit_path(shuffled, N, leaves, &set[i], &index, &path, &err), OK);
        assert_true(hash_eq(&sorted[index], &set[i]));
        assert_true(commit_path_verify(&set[i], index, N, &path, &root));
        assert_false(commit_path_verify(&set[(i + 1) % N], index, N, &path, &root));
        assert_false(commit_path_verify(&set[i], index, N - 1, &path, &leaves[0]));
    }
    struct hash stranger = {{1}};
    struct merkle_path path;
    uint64_t index;
    assert_int_equal(commit_path(sorted, N, leaves, &stranger, &index, &path, &err), E_ABSENT);
    assert_int_equal(commit_path(sorted, 0, leaves, &stranger, &index, &path, &err), E_ABSENT);
    again = commit_root(set, N, leaves); /* the order given does not matter */
    assert_true(hash_eq(&again, &root));
    again = commit_root(set, 0, leaves);
    root = merkle_empty_root();
    assert_true(hash_eq(&again, &root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),
        cmocka_unit_test(everything_that_differs_makes_another_commitment),
        cmocka_unit_test(long_values_are_committed_whole),
        cmocka_unit_test(one_of_a_set_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
