/*
 * merkle.h - the SHA-256 tree of RFC 6962 section 2.1: hashes, roots, proofs and their verification.
 *
 *     leaf = SHA-256(0x00 || entry)    node = SHA-256(0x01 || left || right)    empty tree = SHA-256("")
 *
 * A tree of n leaves splits at the largest power of two below n. "Subtree (level, index)" is the complete subtree over
 * the leaves index * 2^level to (index + 1) * 2^level - 1.
 */
#ifndef EXPUNGE_AUDIT_MERKLE_H
#define EXPUNGE_AUDIT_MERKLE_H

#include "base/crypto.h"

enum {
    MERKLE_LEVELS = 63, /* tree sizes are below 2^63 */
    MERKLE_PATH_MAX = 64,
    FRONTIER_BYTES_MAX = 8 + MERKLE_LEVELS * HASH_BYTES
};
#define MERKLE_SIZE_MAX ((uint64_t)INT64_MAX)

struct hash merkle_leaf(struct str entry);
void merkle_leaves(const struct str *entries, size_t n, struct hash *leaves); /* several at once: faster */
struct hash merkle_node(const struct hash *left, const struct hash *right);
struct hash merkle_empty_root(void);
struct hash merkle_root(const struct hash *leaves, size_t n); /* over leaf hashes; linear time, constant memory */
bool hash_eq(const struct hash *a, const struct hash *b);

/* The roots of the complete subtrees a tree consists of: all that is needed to append to it and to know its root. */
struct frontier {
    uint64_t size;
    struct hash peak[MERKLE_LEVELS]; /* peak[l] means something when bit l of size is set */
};

void frontier_init(struct frontier *f);
void frontier_append(struct frontier *f, const struct hash *leaf);
struct hash frontier_root(const struct frontier *f);
/* 8 bytes size, big-endian, then the peaks, largest subtree first. Returns the bytes written. */
size_t frontier_pack(const struct frontier *f, unsigned char out[FRONTIER_BYTES_MAX]);
/* False, *out untouched: the length does not fit the size. */
bool frontier_unpack(struct str bytes, struct frontier *out) MUST_USE;

/* Where proofs read a tree from. `read` gives the hash of subtree (level, index); it is asked only for subtrees that
 * are complete in the tree of the size the proof speaks of. */
struct hash_reader {
    void *ctx;
    enum status (*read)(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *err);
};

struct merkle_path {
    size_t n;
    struct hash hash[MERKLE_PATH_MAX];
};

enum status merkle_read_root(const struct hash_reader *r, uint64_t size, struct hash *out, struct err *err) MUST_USE;
/* Hashes from the leaf's sibling to the root's child. E_INVALID: index is not below size. */
enum status merkle_prove_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size, struct merkle_path *out,
                                   struct err *err) MUST_USE;
/* That the tree of new_size begins with the tree of old_size. E_INVALID: old_size above new_size. */
enum status merkle_prove_consistency(const struct hash_reader *r, uint64_t old_size, uint64_t new_size,
                                     struct merkle_path *out, struct err *err) MUST_USE;

/* A reader over leaf hashes in memory, for small trees. */
struct leaf_array {
    const struct hash *leaves;
    size_t n;
};
struct hash_reader leaf_array_reader(struct leaf_array *array);

/* Strict, RFC 9162 sections 2.1.3.2 and 2.1.4.2: surplus hashes, missing hashes and impossible sizes are false. */
bool merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size, const struct merkle_path *path,
                             const struct hash *root) MUST_USE;
bool merkle_verify_consistency(uint64_t old_size, const struct hash *old_root, uint64_t new_size,
                               const struct hash *new_root, const struct merkle_path *path) MUST_USE;

#endif
