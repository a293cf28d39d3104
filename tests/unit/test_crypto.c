/* test_crypto.c - published vectors, and what must not open or verify. */
#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/buf.h"

static bool hash_is(struct hash h, const char *hex)
{
    struct buf b;
    buf_init(&b, 100);
    buf_hex(&b, h.b, sizeof(h.b));
    bool same = str_is(buf_view(&b), hex);
    buf_release(&b);
    return same;
}

static void from_hex(const char *hex, void *out, size_t n)
{
    size_t got = n;
    assert_true(hex_decode(str_of(hex), out, &got));
    assert_int_equal(got, n);
}

/* FIPS 180-4 examples. */
static void sha256_vectors(void **state)
{
    (void)state;
    assert_true(hash_is(sha256(STR_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    const char *abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_true(hash_is(sha256(STR("abc")), abc));
    assert_true(hash_is(sha256_2(STR("a"), STR("bc")), abc));
    assert_true(hash_is(sha256_3(STR("a"), STR(""), STR("bc")), abc));
    assert_true(hash_is(sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
}

/* RFC 4231 section 4. */
static void hmac_vectors(void **state)
{
    (void)state;
    unsigned char key[131];
    memset(key, 0x0b, sizeof(key));
    assert_true(hash_is(hmac_raw(key, 20, STR("Hi There")),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
    assert_true(hash_is(hmac_raw("Jefe", 4, STR("what do ya want for nothing?")),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    memset(key, 0xaa, sizeof(key));
    assert_true(hash_is(hmac_raw(key, 131, STR("Test Using Larger Than Block-Size Key - Hash Key First")),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

/* OpenSSL's own HMAC is the judge, for every length around the block borders. */
static void hmac_agrees_with_openssl(void **state)
{
    (void)state;
    unsigned char key[KEY_BYTES], message[300];
    crypto_random(key, sizeof(key));
    crypto_random(message, sizeof(message));
    struct hmac_key k;
    hmac_key_init(&k, key);
    assert_memory_equal(k.raw, key, sizeof(key));
    for (size_t n = 0; n <= sizeof(message); n++) {
        struct str m = {(const char *)message, n};
        unsigned char expected[HASH_BYTES];
        assert_non_null(HMAC(EVP_sha256(), key, KEY_BYTES, message, n, expected, NULL));
        struct hash h = hmac(&k, m);
        assert_memory_equal(h.b, expected, HASH_BYTES);
        h = hmac_raw(key, sizeof(key), m);
        assert_memory_equal(h.b, expected, HASH_BYTES);
    }
}

static void parts_are_length_prefixed(void **state)
{
    (void)state;
    unsigned char key[KEY_BYTES] = {1, 2, 3};
    struct hmac_key k;
    hmac_key_init(&k, key);
    struct hash one = hmac_parts(&k, (const struct str[]){STR("ab"), STR("c")}, 2);
    struct hash two = hmac_parts(&k, (const struct str[]){STR("a"), STR("bc")}, 2);
    assert_memory_not_equal(one.b, two.b, HASH_BYTES);
    struct hash same = hmac(&k, STR("\0\0\0\0\0\0\0\x02" "ab\0\0\0\0\0\0\0\x01" "c"));
    assert_memory_equal(one.b, same.b, HASH_BYTES);
    struct hash none = hmac_parts(&k, NULL, 0), empty = hmac(&k, STR(""));
    assert_memory_equal(none.b, empty.b, HASH_BYTES);
}

static void sealed_bytes_open_only_unchanged(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64 << 10);
    unsigned char key[KEY_BYTES];
    crypto_random(key, sizeof(key));
    struct str sealed, again, plain;
    assert_int_equal(seal(key, STR("secret"), STR("row 1"), &a, &sealed, NULL), OK);
    assert_int_equal(sealed.n, 6 + SEAL_OVERHEAD);
    assert_int_equal(seal(key, STR("secret"), STR("row 1"), &a, &again, NULL), OK);
    assert_memory_not_equal(sealed.p, again.p, sealed.n);
    assert_int_equal(unseal(key, sealed, STR("row 1"), &a, &plain, NULL), OK);
    assert_true(str_is(plain, "secret"));

    struct err err = {.code = OK};
    assert_int_equal(unseal(key, sealed, STR("row 2"), &a, &plain, &err), E_DENIED);
    assert_int_equal(err.code, E_DENIED);
    char *bent = arena_cstr(&a, sealed);
    for (size_t i = 0; i < sealed.n; i++) {
        bent[i] ^= 1;
        assert_int_equal(unseal(key, (struct str){bent, sealed.n}, STR("row 1"), &a, &plain, NULL), E_DENIED);
        bent[i] ^= 1;
    }
    for (size_t n = 0; n < sealed.n; n++)
        assert_int_equal(unseal(key, (struct str){bent, n}, STR("row 1"), &a, &plain, NULL), E_DENIED);
    key[31] ^= 0x80;
    assert_int_equal(unseal(key, sealed, STR("row 1"), &a, &plain, NULL), E_DENIED);
    assert_true(str_is(plain, "secret")); /* failures wrote nothing */
    arena_release(&a);
}

static void sealing_nothing_and_without_memory(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    unsigned char key[KEY_BYTES] = {7};
    struct str sealed = STR_NONE, plain = STR_NONE;
    assert_int_equal(seal(key, STR(""), STR_NONE, &a, &sealed, NULL), OK);
    assert_int_equal(sealed.n, SEAL_OVERHEAD);
    assert_int_equal(unseal(key, sealed, STR_NONE, &a, &plain, NULL), OK);
    assert_true(plain.n == 0 && plain.p != NULL);
    assert_int_equal(seal(key, STR("x"), STR_NONE, &a, &plain, NULL), E_LIMIT);
    assert_int_equal(unseal(key, sealed, STR_NONE, &a, &plain, NULL), E_LIMIT);
    arena_release(&a);
}

/* RFC 8032 section 7.1, test 2 and test 1. */
static void ed25519_vectors(void **state)
{
    (void)state;
    unsigned char seed[KEY_BYTES], pub[KEY_BYTES], expected[SIG_BYTES], sig[SIG_BYTES];
    from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed, sizeof(seed));
    from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", expected, KEY_BYTES);
    ed25519_public(seed, pub);
    assert_memory_equal(pub, expected, KEY_BYTES);
    from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
             expected, SIG_BYTES);
    ed25519_sign(seed, STR("\x72"), sig);
    assert_memory_equal(sig, expected, SIG_BYTES);
    assert_true(ed25519_verify(pub, STR("\x72"), sig));
    assert_false(ed25519_verify(pub, STR("\x73"), sig));
    assert_false(ed25519_verify(pub, STR(""), sig));
    sig[63] ^= 1;
    assert_false(ed25519_verify(pub, STR("\x72"), sig));

    from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed, sizeof(seed));
    ed25519_public(seed, pub);
    ed25519_sign(seed, STR_NONE, sig);
    from_hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
             "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
             expected, SIG_BYTES);
    assert_memory_equal(sig, expected, SIG_BYTES);
    assert_true(ed25519_verify(pub, STR_NONE, sig));
}

static void comparing_and_random(void **state)
{
    (void)state;
    assert_true(bytes_equal("abc", "abc", 3));
    assert_false(bytes_equal("abc", "abd", 3));
    assert_true(bytes_equal("abc", "abd", 2));
    assert_true(bytes_equal(NULL, NULL, 0));
    unsigned char one[32] = {0}, two[32] = {0};
    crypto_random(one, sizeof(one));
    crypto_random(two, sizeof(two));
    assert_memory_not_equal(one, two, sizeof(one));
    assert_int_equal(crypto_init(NULL), OK); /* repeatable */
}

static int start(void **state)
{
    (void)state;
    return crypto_init(NULL) == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(hmac_vectors),
        cmocka_unit_test(hmac_agrees_with_openssl),
        cmocka_unit_test(parts_are_length_prefixed),
        cmocka_unit_test(sealed_bytes_open_only_unchanged),
        cmocka_unit_test(sealing_nothing_and_without_memory),
        cmocka_unit_test(ed25519_vectors),
        cmocka_unit_test(comparing_and_random),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
