/*
 * commit.h - keyed commitments: what is personal stands in an entry as 32 bytes that mean nothing without a key.
 *
 *     key        = HMAC-SHA-256(secret, entry id || 0x00 || field)
 *     commitment = HMAC-SHA-256(key, "erasure-audit/v1/" || field || 0x00 || value)
 *
 * The secret is 32 random bytes, one per chain, matter or request, sealed in its opening and never derived from
 * anything: once the opening is destroyed no guess at the value can be tested. The entry id is the 32 hex digits as
 * they stand in the entry, so that openssl can repeat the computation. Showing one key opens one field of one entry.
 */
#ifndef EXPUNGE_AUDIT_COMMIT_H
#define EXPUNGE_AUDIT_COMMIT_H

#include "audit/merkle.h"

/* Fields used by entries. */
#define COMMIT_CONTACT_ID "contact-id" /* value: SOURCE/ID of the contact */
#define COMMIT_CHAIN "chain"           /* value: SOURCE/ID of the chain's initial contact */
#define COMMIT_MATTER "matter"         /* value: the matter reference */
#define COMMIT_REASON "reason"         /* value: free text */
#define COMMIT_SUBJECT "subject"       /* value: the identifier, normalised */

struct hash commit_key(const unsigned char secret[KEY_BYTES], struct str entry_id, struct str field);
struct hash commit_with_key(const struct hash *key, struct str field, struct str value);
struct hash commitment(const unsigned char secret[KEY_BYTES], struct str entry_id, struct str field, struct str value);

/* Sorts the commitments bytewise, in place: their order then says nothing about what they stand for. */
void commit_sort(struct hash *set, size_t n);
/* RFC 6962 root over the sorted set, each commitment an entry of 32 bytes. `leaves` is scratch for n hashes. */
struct hash commit_root(struct hash *set, size_t n, struct hash *leaves);
/* How to show that one commitment is in the set behind a root. E_ABSENT: it is not. */
enum status commit_path(struct hash *set, size_t n, struct hash *leaves, const struct hash *member, uint64_t *index,
                        struct merkle_path *out, struct err *err) MUST_USE;
bool commit_path_verify(const struct hash *member, uint64_t index, uint64_t n, const struct merkle_path *path,
                        const struct hash *root) MUST_USE;

#endif
