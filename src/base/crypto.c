/*
 * crypto.c - hashes by OpenSSL, signatures, sealing and random numbers by libsodium.
 *
 * SHA-256 goes through OpenSSL's block functions, deprecated in 3.0 but kept: the EVP interface costs about three
 * times as much on the short inputs that keys, leaves and identifiers are, and lets no midstate be stored.
 */
#include "base/crypto.h"

#include <endian.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sodium.h>

#include "base/sha256ni.h"

enum { BLOCK_BYTES = 64, TWO_BLOCKS_MAX = 32 /* longer messages one by one: nothing is gained there */ };

_Static_assert(HASH_BYTES == SHA256_DIGEST_LENGTH && BLOCK_BYTES == SHA256_CBLOCK, "SHA-256");
_Static_assert(sizeof(((SHA256_CTX *)NULL)->h) == sizeof(((struct hmac_key *)NULL)->inner), "midstate");
_Static_assert(SEAL_OVERHEAD ==
                   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "seal");
_Static_assert(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES && KEY_BYTES == crypto_sign_SEEDBYTES &&
                   KEY_BYTES == crypto_sign_PUBLICKEYBYTES && SIG_BYTES == crypto_sign_BYTES,
               "sizes");

enum status crypto_init(struct err *err)
{
    return sodium_init() < 0 ? FAIL(err, E_IO, "the system gives no random numbers (libsodium did not start)") : OK;
}

void crypto_random(void *p, size_t n)
{
    randombytes_buf(p, n);
}

static void add(SHA256_CTX *c, struct str s)
{
    if (s.n > 0)
        (void)SHA256_Update(c, s.p, s.n);
}

static struct hash finish(SHA256_CTX *c)
{
    struct hash h;
    (void)SHA256_Final(h.b, c);
    return h;
}

struct hash sha256_3(struct str a, struct str b, struct str c)
{
    SHA256_CTX ctx;
    (void)SHA256_Init(&ctx);
    add(&ctx, a);
    add(&ctx, b);
    add(&ctx, c);
    return finish(&ctx);
}

struct hash sha256_2(struct str a, struct str b)
{
    return sha256_3(a, b, STR_NONE);
}

struct hash sha256(struct str s)
{
    return sha256_3(s, STR_NONE, STR_NONE);
}

/* ---- many short messages ---- */

/* The message as blocks: the first byte, the text, and the padding of FIPS 180-4, section 5.1.1. */
static void lay_out(unsigned char first, struct str text, unsigned char *blocks, size_t blocks_n)
{
    size_t end = blocks_n * BLOCK_BYTES;
    uint64_t bits = 8 * ((uint64_t)text.n + 1);
    blocks[0] = first;
    if (text.n > 0)
        memcpy(blocks + 1, text.p, text.n);
    memset(blocks + 1 + text.n, 0, end - 1 - text.n);
    blocks[1 + text.n] = 0x80;
    bits = htobe64(bits);
    memcpy(blocks + end - sizeof(bits), &bits, sizeof(bits));
}

static struct hash hash_of_state(const uint32_t state[8])
{
    struct hash h;
    for (size_t i = 0; i < HASH_BYTES / 4; i++) {
        uint32_t word = htobe32(state[i]);
        memcpy(h.b + 4 * i, &word, sizeof(word));
    }
    return h;
}

static void hash_two(unsigned char first, const struct str *a, const struct str *b, size_t blocks, struct hash out[2])
{
    static const uint32_t begin[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char room[2][TWO_BLOCKS_MAX * BLOCK_BYTES];
    uint32_t state[2][8];
    memcpy(state[0], begin, sizeof(begin));
    memcpy(state[1], begin, sizeof(begin));
    lay_out(first, *a, room[0], blocks);
    lay_out(first, *b, room[1], blocks);
    sha256ni_two(state[0], room[0], state[1], room[1], blocks);
    out[0] = hash_of_state(state[0]);
    out[1] = hash_of_state(state[1]);
}

/* Messages of as many blocks go together: each waits for the next of its length. */
static void each_in_twos(unsigned char first, const struct str *texts, size_t n, struct hash *out)
{
    size_t waiting[TWO_BLOCKS_MAX + 1]; /* index + 1 of the one that waits; 0: none */
    memset(waiting, 0, sizeof(waiting));
    for (size_t i = 0; i < n; i++) {
        size_t blocks = (1 + texts[i].n + 1 + 8 + BLOCK_BYTES - 1) / BLOCK_BYTES;
        struct hash both[2];
        if (blocks > TWO_BLOCKS_MAX) {
            out[i] = sha256_2((struct str){(const char *)&first, 1}, texts[i]);
        } else if (waiting[blocks] == 0) {
            waiting[blocks] = i + 1;
        } else {
            size_t before = waiting[blocks] - 1;
            hash_two(first, &texts[before], &texts[i], blocks, both);
            out[before] = both[0];
            out[i] = both[1];
            waiting[blocks] = 0;
        }
    }
    for (size_t blocks = 1; blocks <= TWO_BLOCKS_MAX; blocks++)
        if (waiting[blocks] > 0) /* nobody came */
            out[waiting[blocks] - 1] = sha256_2((struct str){(const char *)&first, 1}, texts[waiting[blocks] - 1]);
}

void sha256_each(unsigned char first, const struct str *texts, size_t n, struct hash *out)
{
    if (sha256ni_available() && n > 1) {
        each_in_twos(first, texts, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = sha256_2((struct str){(const char *)&first, 1}, texts[i]);
}

static void midstate(const unsigned char key[BLOCK_BYTES], unsigned char pad, uint32_t out[8])
{
    unsigned char block[BLOCK_BYTES];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    SHA256_CTX c;
    (void)SHA256_Init(&c);
    (void)SHA256_Update(&c, block, sizeof(block));
    memcpy(out, c.h, sizeof(c.h));
    explicit_bzero(block, sizeof(block));
    explicit_bzero(&c, sizeof(c));
}

/* A hash that has already swallowed one block, the padded key. */
static void resume(SHA256_CTX *c, const uint32_t state[8])
{
    (void)SHA256_Init(c);
    memcpy(c->h, state, sizeof(c->h));
    c->Nl = BLOCK_BYTES * 8;
}

static struct hash hmac_finish(const struct hmac_key *k, SHA256_CTX *inner)
{
    struct hash h = finish(inner);
    SHA256_CTX outer;
    resume(&outer, k->outer);
    (void)SHA256_Update(&outer, h.b, sizeof(h.b));
    return finish(&outer);
}

static void expand(struct hmac_key *k, const unsigned char block[BLOCK_BYTES])
{
    midstate(block, 0x36, k->inner);
    midstate(block, 0x5c, k->outer);
}

void hmac_key_init(struct hmac_key *k, const unsigned char key[KEY_BYTES])
{
    unsigned char block[BLOCK_BYTES] = {0};
    memcpy(block, key, KEY_BYTES);
    memcpy(k->raw, key, KEY_BYTES);
    expand(k, block);
    explicit_bzero(block, sizeof(block));
}

struct hash hmac(const struct hmac_key *k, struct str message)
{
    SHA256_CTX c;
    resume(&c, k->inner);
    add(&c, message);
    return hmac_finish(k, &c);
}

struct hash hmac_parts(const struct hmac_key *k, const struct str *parts, size_t n)
{
    SHA256_CTX c;
    resume(&c, k->inner);
    for (size_t i = 0; i < n; i++) {
        unsigned char length[8];
        for (size_t at = 0; at < sizeof(length); at++)
            length[at] = (unsigned char)((uint64_t)parts[i].n >> (56 - 8 * at));
        (void)SHA256_Update(&c, length, sizeof(length));
        add(&c, parts[i]);
    }
    return hmac_finish(k, &c);
}

struct hash hmac_raw(const void *key, size_t key_n, struct str message)
{
    unsigned char block[BLOCK_BYTES] = {0};
    if (key_n > sizeof(block)) {
        struct hash h = sha256((struct str){key, key_n});
        memcpy(block, h.b, sizeof(h.b));
    } else if (key_n > 0) {
        memcpy(block, key, key_n);
    }
    struct hmac_key k = {.raw = {0}};
    expand(&k, block);
    struct hash h = hmac(&k, message);
    explicit_bzero(block, sizeof(block));
    explicit_bzero(&k, sizeof(k));
    return h;
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.p;
}

enum status seal(const unsigned char key[KEY_BYTES], struct str plain, struct str aad, struct arena *a, struct str *out,
                 struct err *err)
{
    unsigned char *nonce = plain.n > SIZE_MAX - SEAL_OVERHEAD ? NULL : arena_alloc(a, plain.n + SEAL_OVERHEAD);
    if (nonce == NULL)
        return ARENA_FULL(err, a);
    size_t nonce_n = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    crypto_random(nonce, nonce_n);
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + nonce_n, NULL, bytes_of(plain), plain.n,
                                                            bytes_of(aad), aad.n, NULL, nonce, key);
    ASSERT(failed == 0);
    *out = (struct str){(const char *)nonce, plain.n + SEAL_OVERHEAD};
    return OK;
}

enum status unseal(const unsigned char key[KEY_BYTES], struct str sealed, struct str aad, struct arena *a,
                   struct str *out, struct err *err)
{
    if (sealed.n < SEAL_OVERHEAD)
        return FAIL(err, E_DENIED, "sealed bytes are cut short (%zu of at least %d)", sealed.n, (int)SEAL_OVERHEAD);
    size_t n = sealed.n - SEAL_OVERHEAD;
    unsigned char *plain = arena_alloc(a, n + 1);
    if (plain == NULL)
        return ARENA_FULL(err, a);
    const unsigned char *nonce = bytes_of(sealed);
    size_t nonce_n = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + nonce_n, sealed.n - nonce_n,
                                                   bytes_of(aad), aad.n, nonce, key) != 0)
        return FAIL(err, E_DENIED, "sealed bytes do not open: another key, changed bytes, or moved from their place");
    *out = (struct str){(const char *)plain, n};
    return OK;
}

void ed25519_public(const unsigned char seed[KEY_BYTES], unsigned char pub[KEY_BYTES])
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_seed_keypair(pub, secret, seed);
    explicit_bzero(secret, sizeof(secret));
}

void ed25519_sign(const unsigned char seed[KEY_BYTES], struct str message, unsigned char sig[SIG_BYTES])
{
    unsigned char pub[KEY_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_seed_keypair(pub, secret, seed);
    (void)crypto_sign_detached(sig, NULL, bytes_of(message), message.n, secret);
    explicit_bzero(secret, sizeof(secret));
}

bool ed25519_verify(const unsigned char pub[KEY_BYTES], struct str message, const unsigned char sig[SIG_BYTES])
{
    return crypto_sign_verify_detached(sig, bytes_of(message), message.n, pub) == 0;
}

bool bytes_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || sodium_memcmp(a, b, n) == 0;
}
