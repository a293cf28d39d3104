/*
 * shared_vectors.h - reads vectors made without this program: $EXPUNGE_SHARED/vectors/ (default ../shared, beside the
 * repository), and holds the tree that most of them speak of.
 */
#ifndef EXPUNGE_TESTS_SHARED_VECTORS_H
#define EXPUNGE_TESTS_SHARED_VECTORS_H

#include "audit/merkle.h"
#include "base/json.h"

enum { GENERATED_MAX = 1000000, GENERATED_LEVELS = 20 };

struct vectors {
    struct arena memory;
    const struct json *root; /* NULL: the file is not there, and that has been said */
    unsigned checked, must_fail;
    size_t leaves;
    struct hash *level[GENERATED_LEVELS]; /* complete subtrees over generated_entry(0..) */
};

/* Loads the file and makes `leaves` entries of the generated tree (0: none). Fails the test on anything but absence. */
void vectors_open(struct vectors *v, const char *name, size_t leaves);
void vectors_close(struct vectors *v); /* prints what was counted */

/* The member must be there. */
const struct json *need(const struct json *j, const char *key);
uint64_t need_number(const struct json *j, const char *key);
struct str need_text(const struct json *j, const char *key);

struct str vectors_bytes(struct vectors *v, struct str hex);
struct hash vectors_hash(struct str hex);
struct merkle_path vectors_path(const struct json *list);
void same_hash(struct vectors *v, const struct hash *a, const struct hash *b); /* counts */
void same_path(struct vectors *v, const struct merkle_path *a, const struct merkle_path *b);

struct str generated_entry(uint64_t i, char out[32]);
struct hash_reader generated_reader(struct vectors *v);

#endif
