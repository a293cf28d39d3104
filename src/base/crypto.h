/*
 * crypto.h - the only caller of OpenSSL (hashes) and libsodium (signatures, sealing, random).
 *
 * All functions are thread-safe after crypto_init. Keys are wiped by their owners with explicit_bzero.
 */
#ifndef EXPUNGE_CRYPTO_H
#define EXPUNGE_CRYPTO_H

#include "base/arena.h"

enum { HASH_BYTES = 32, KEY_BYTES = 32, SIG_BYTES = 64, SEAL_OVERHEAD = 24 + 16 };

enum status crypto_init(struct err *err) MUST_USE; /* once, before anything else here */

void crypto_random(void *p, size_t n);

struct hash { unsigned char b[HASH_BYTES]; };
/* SHA-256 of the parts one after another. */
struct hash sha256(struct str s);
struct hash sha256_2(struct str a, struct str b);
struct hash sha256_3(struct str a, struct str b, struct str c);
/* out[i]: SHA-256 of the byte `first` and texts[i]. Two at a time where the processor can, which halves the time; for
 * leaves and nodes of a tree. Of texts that are all
 * of one length `out` may lie where they lie, each hash at or before the start of its text. */
void sha256_each(unsigned char first, const struct str *texts, size_t n, struct hash *out);

/* HMAC-SHA-256 with a key expanded once. Const after init, so one may serve several threads. */
struct hmac_key { uint32_t inner[8], outer[8]; unsigned char raw[KEY_BYTES]; };
void hmac_key_init(struct hmac_key *k, const unsigned char key[KEY_BYTES]);
struct hash hmac(const struct hmac_key *k, struct str message);
/* Over several parts, each preceded by its length as 8 big-endian bytes, so that ("ab","c") differs from ("a","bc"). */
struct hash hmac_parts(const struct hmac_key *k, const struct str *parts, size_t n);
struct hash hmac_raw(const void *key, size_t key_n, struct str message); /* any key length (RFC 2104) */

/* XChaCha20-Poly1305, random nonce in front. `aad` binds the place it belongs to. Output: SEAL_OVERHEAD + plain.n. */
enum status seal(const unsigned char key[KEY_BYTES], struct str plain, struct str aad, struct arena *a, struct str *out,
                 struct err *err) MUST_USE;
/* E_DENIED when the key, the bytes or the aad are not what was sealed. */
enum status unseal(const unsigned char key[KEY_BYTES], struct str sealed, struct str aad, struct arena *a,
                   struct str *out, struct err *err) MUST_USE;

/* Ed25519, RFC 8032. seed is 32 bytes. */
void ed25519_public(const unsigned char seed[KEY_BYTES], unsigned char pub[KEY_BYTES]);
void ed25519_sign(const unsigned char seed[KEY_BYTES], struct str message, unsigned char sig[SIG_BYTES]);
bool ed25519_verify(const unsigned char pub[KEY_BYTES], struct str message, const unsigned char sig[SIG_BYTES]);

bool bytes_equal(const void *a, const void *b, size_t n); /* constant time */

#endif
