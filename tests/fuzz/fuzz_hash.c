/*
 * fuzz_hash.c - hashes and keyed hashes against the library's one-shot functions; many at once, also where they overwrite
 * their own texts. Lines are texts; the first byte is the one that stands before them.
 */
#include "base/crypto.h"
#include "tests/fuzz/lib/fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { TEXTS_MAX = 64, SAME_BYTES = 48 };

static struct hash library(unsigned char first, bool has_first, struct str s)
{
    struct hash out;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    HOLDS(c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1);
    HOLDS(!has_first || EVP_DigestUpdate(c, &first, 1) == 1);
    HOLDS(EVP_DigestUpdate(c, s.p, s.n) == 1 && EVP_DigestFinal_ex(c, out.b, NULL) == 1);
    EVP_MD_CTX_free(c);
    return out;
}

static bool same(struct hash a, struct hash b)
{
    return memcmp(a.b, b.b, HASH_BYTES) == 0;
}

static void many(unsigned char first, struct str input)
{
    struct str texts[TEXTS_MAX];
    struct hash out[TEXTS_MAX];
    size_t n = 0;
    while (input.n > 0 && n < TEXTS_MAX)
        texts[n++] = fuzz_until(&input, '\n');
    sha256_each(first, texts, n, out);
    for (size_t i = 0; i < n; i++)
        HOLDS(same(out[i], library(first, true, texts[i])));
}

/* Texts of one length in a row, their hashes written over them. */
static void in_place(unsigned char first, struct str input)
{
    unsigned char bytes[TEXTS_MAX * SAME_BYTES] = {0};
    struct str texts[TEXTS_MAX];
    struct hash expected[TEXTS_MAX];
    size_t n = input.n / SAME_BYTES < TEXTS_MAX ? input.n / SAME_BYTES : TEXTS_MAX;
    if (n > 0)
        memcpy(bytes, input.p, n * SAME_BYTES);
    for (size_t i = 0; i < n; i++) {
        texts[i] = (struct str){(const char *)bytes + i * SAME_BYTES, SAME_BYTES};
        expected[i] = library(first, true, texts[i]);
    }
    sha256_each(first, texts, n, (struct hash *)(void *)bytes);
    for (size_t i = 0; i < n; i++)
        HOLDS(memcmp(bytes + i * HASH_BYTES, expected[i].b, HASH_BYTES) == 0);
}

static void keyed(struct str input)
{
    unsigned char key[KEY_BYTES] = {0};
    struct hmac_key k;
    struct hash expected;
    unsigned n = 0;
    memcpy(key, input.p, input.n < KEY_BYTES ? input.n : KEY_BYTES);
    hmac_key_init(&k, key);
    HOLDS(HMAC(EVP_sha256(), key, KEY_BYTES, (const unsigned char *)input.p, input.n, expected.b, &n) != NULL && n == HASH_BYTES);
    HOLDS(same(hmac(&k, input), expected) && same(hmac_raw(key, KEY_BYTES, input), expected));
    HOLDS(HMAC(EVP_sha256(), input.p, (int)input.n, key, KEY_BYTES, expected.b, &n) != NULL);
    HOLDS(same(hmac_raw(input.p, input.n, (struct str){(const char *)key, KEY_BYTES}), expected));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct err err;
    HOLDS_OK(crypto_init(&err), &err);
    unsigned char first = (unsigned char)fuzz_byte(&input);
    if (!size)
        return 0;
    struct str head = {input.p, input.n / 3}, tail = {input.p + head.n, input.n - head.n};
    HOLDS(same(sha256(input), library(0, false, input)) && same(sha256_2(head, tail), library(0, false, input)));
    many(first, input);
    in_place(first, input);
    keyed(input);
    return 0;
}
