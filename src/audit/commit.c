#include "audit/commit.h"

#include "base/buf.h"

#include <stdlib.h>

enum { FIELD_MAX = 64 };
static const char LABEL[] = "erasure-audit/v1/";

struct hash commit_key(const unsigned char secret[KEY_BYTES], struct str entry_id, struct str field)
{
    char message[FIELD_MAX + 1 + FIELD_MAX];

    ASSERT(entry_id.n > 0 && entry_id.n <= FIELD_MAX && field.n > 0 && field.n <= FIELD_MAX);
    memcpy(message, entry_id.p, entry_id.n);
    message[entry_id.n] = '\0';
    memcpy(message + entry_id.n + 1, field.p, field.n);
    return hmac_raw(secret, KEY_BYTES, (struct str){message, entry_id.n + 1 + field.n});
}

struct hash commit_with_key(const struct hash *key, struct str field, struct str value)
{
    struct buf message;

    ASSERT(field.n > 0 && field.n <= FIELD_MAX);
    buf_init(&message, sizeof(LABEL) + field.n + value.n + 1);
    buf_str(&message, (struct str){LABEL, sizeof(LABEL) - 1});
    buf_str(&message, field);
    buf_char(&message, '\0');
    buf_str(&message, value);
    ASSERT(!message.failed); /* a commitment to half a value would open to nothing */
    struct hash out = hmac_raw(key->b, HASH_BYTES, buf_view(&message));
    buf_release(&message);
    return out;
}

struct hash commitment(const unsigned char secret[KEY_BYTES], struct str entry_id, struct str field, struct str value)
{
    struct hash key = commit_key(secret, entry_id, field);
    struct hash out = commit_with_key(&key, field, value);

    explicit_bzero(&key, sizeof(key));
    return out;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

void commit_sort(struct hash *set, size_t n)
{
    if (n > 1)
        qsort(set, n, sizeof(*set), by_bytes);
}

static struct hash commit_leaf(const struct hash *member)
{
    return merkle_leaf((struct str){(const char *)member->b, HASH_BYTES});
}

static void sorted_leaves(struct hash *set, size_t n, struct hash *leaves)
{
    commit_sort(set, n);
    for (size_t i = 0; i < n; i++)
        leaves[i] = commit_leaf(&set[i]);
}

struct hash commit_root(struct hash *set, size_t n, struct hash *leaves)
{
    sorted_leaves(set, n, leaves);
    return merkle_root(leaves, n);
}

enum status commit_path(struct hash *set, size_t n, struct hash *leaves, const struct hash *member, uint64_t *index,
                        struct merkle_path *out, struct err *err)
{
    sorted_leaves(set, n, leaves);
    const struct hash *found = n > 0 ? bsearch(member, set, n, sizeof(*set), by_bytes) : NULL;
    if (!found)
        return FAIL(err, E_ABSENT, "the commitment is not one of the %zu of the set", n);

    struct leaf_array array = {.leaves = leaves, .n = n};
    struct hash_reader reader = leaf_array_reader(&array);
    uint64_t at = (uint64_t)(found - set);
    TRY(merkle_prove_inclusion(&reader, at, n, out, err));
    *index = at;
    return OK;
}

bool commit_path_verify(const struct hash *member, uint64_t index, uint64_t n, const struct merkle_path *path,
                        const struct hash *root)
{
    struct hash leaf = commit_leaf(member);

    return merkle_verify_inclusion(&leaf, index, n, path, root);
}
