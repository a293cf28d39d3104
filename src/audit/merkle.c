#include "audit/merkle.h"

enum { LEVELS_AT_ONCE = 256 };

struct hash merkle_leaf(struct str entry)
{
    return sha256_2((struct str){"\x00", 1}, entry);
}

void merkle_leaves(const struct str *entries, size_t n, struct hash *leaves)
{
    sha256_each(0x00, entries, n, leaves);
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
    unsigned char block[1 + 2 * HASH_BYTES];

    block[0] = 0x01;
    memcpy(block + 1, left->b, HASH_BYTES);
    memcpy(block + 1 + HASH_BYTES, right->b, HASH_BYTES);
    return sha256((struct str){(const char *)block, sizeof(block)});
}

struct hash merkle_empty_root(void)
{
    return sha256(STR(""));
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

/* Level by level: pairs become nodes, and one that is left over at the right waits for a later level. That is the same
 * tree: its left part is the largest power of two. */
static struct hash root_by_levels(struct hash *level, size_t n)
{
    struct str pairs[LEVELS_AT_ONCE / 2];

    while (n > 1) {
        for (size_t i = 0; i < n / 2; i++)
            pairs[i] = (struct str){(const char *)level[2 * i].b, 2 * HASH_BYTES};
        struct hash left_over = level[n - 1];
        sha256_each(0x01, pairs, n / 2, level);
        if (n % 2 == 1)
            level[n / 2] = left_over;
        n = (n + 1) / 2;
    }
    return level[0];
}

struct hash merkle_root(const struct hash *leaves, size_t n)
{
    struct hash level[LEVELS_AT_ONCE];
    struct frontier f;

    if (n > 0 && n <= LEVELS_AT_ONCE) {
        memcpy(level, leaves, n * sizeof(*leaves));
        return root_by_levels(level, n);
    }
    frontier_init(&f);
    for (size_t i = 0; i < n; i++)
        frontier_append(&f, &leaves[i]);
    return frontier_root(&f);
}

/* --- frontier --- */

void frontier_init(struct frontier *f)
{
    f->size = 0;
}

void frontier_append(struct frontier *f, const struct hash *leaf)
{
    struct hash carry = *leaf;
    unsigned level = 0;

    ASSERT(f->size < MERKLE_SIZE_MAX);
    for (uint64_t rest = f->size; rest & 1; rest >>= 1)
        carry = merkle_node(&f->peak[level++], &carry);
    f->peak[level] = carry;
    f->size++;
}

struct hash frontier_root(const struct frontier *f)
{
    struct hash root = {{0}};
    bool any = false;

    if (f->size == 0)
        return merkle_empty_root();
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if (!(f->size >> level & 1))
            continue;
        root = any ? merkle_node(&f->peak[level], &root) : f->peak[level];
        any = true;
    }
    return root;
}

size_t frontier_pack(const struct frontier *f, unsigned char out[FRONTIER_BYTES_MAX])
{
    size_t n = 8;

    for (unsigned i = 0; i < 8; i++)
        out[i] = (unsigned char)(f->size >> (56 - 8 * i));
    for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
        if (!(f->size >> level & 1))
            continue;
        memcpy(out + n, f->peak[level].b, HASH_BYTES);
        n += HASH_BYTES;
    }
    return n;
}

bool frontier_unpack(struct str bytes, struct frontier *out)
{
    struct frontier f;
    size_t at = 8;

    frontier_init(&f);
    if (bytes.n < 8)
        return false;
    for (unsigned i = 0; i < 8; i++)
        f.size = f.size << 8 | (unsigned char)bytes.p[i];
    if (f.size > MERKLE_SIZE_MAX || bytes.n != 8 + HASH_BYTES * (size_t)__builtin_popcountll(f.size))
        return false;
    for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
        if (!(f.size >> level & 1))
            continue;
        memcpy(f.peak[level].b, bytes.p + at, HASH_BYTES);
        at += HASH_BYTES;
    }
    *out = f;
    return true;
}

/* --- proofs --- */

/* Level of the largest complete subtree at the left of n >= 2 leaves that is not all of them. */
static unsigned split_level(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* Root of the leaves from begin to end; begin is a multiple of the power of two at or above the width. */
static enum status range_root(const struct hash_reader *r, uint64_t begin, uint64_t end, struct hash *out,
                              struct err *err)
{
    struct hash peak[MERKLE_LEVELS + 1];
    size_t n = 0;

    while (begin < end) {
        unsigned level = 63u - (unsigned)__builtin_clzll(end - begin);

        TRY(r->read(r->ctx, level, begin >> level, &peak[n++], err));
        begin += (uint64_t)1 << level;
    }
    ASSERT(n > 0);
    struct hash root = peak[--n];
    while (n > 0)
        root = merkle_node(&peak[--n], &root);
    *out = root;
    return OK;
}

enum status merkle_read_root(const struct hash_reader *r, uint64_t size, struct hash *out, struct err *err)
{
    if (size > 0)
        return range_root(r, 0, size, out, err);
    *out = merkle_empty_root();
    return OK;
}

static void path_reverse(struct merkle_path *path)
{
    for (size_t i = 0, j = path->n; i + 1 < j; i++) {
        struct hash swap = path->hash[i];

        path->hash[i] = path->hash[--j];
        path->hash[j] = swap;
    }
}

enum status merkle_prove_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size, struct merkle_path *out,
                                   struct err *err)
{
    struct merkle_path path = {0};
    uint64_t begin = 0, end = size;

    if (index >= size || size > MERKLE_SIZE_MAX)
        return FAIL(err, E_INVALID, "entry %llu is not in a log of %llu entries", (unsigned long long)index,
                    (unsigned long long)size);
    while (end - begin > 1) {
        uint64_t middle = begin + ((uint64_t)1 << split_level(end - begin));

        if (index < middle) {
            TRY(range_root(r, middle, end, &path.hash[path.n++], err));
            end = middle;
        } else {
            TRY(range_root(r, begin, middle, &path.hash[path.n++], err));
            begin = middle;
        }
    }
    path_reverse(&path);
    *out = path;
    return OK;
}

enum status merkle_prove_consistency(const struct hash_reader *r, uint64_t old_size, uint64_t new_size,
                                     struct merkle_path *out, struct err *err)
{
    struct merkle_path path = {0};
    uint64_t begin = 0, end = new_size;

    if (old_size > new_size || new_size > MERKLE_SIZE_MAX)
        return FAIL(err, E_INVALID, "a log of %llu entries cannot begin with %llu entries",
                    (unsigned long long)new_size, (unsigned long long)old_size);
    /* RFC 6962 2.1.2 SUBPROOF, written as a loop from the root down; the old tree ends inside [begin, end). */
    while (old_size > 0 && old_size < end) {
        uint64_t middle = begin + ((uint64_t)1 << split_level(end - begin));

        if (old_size <= middle) {
            TRY(range_root(r, middle, end, &path.hash[path.n++], err));
            end = middle;
        } else {
            TRY(range_root(r, begin, middle, &path.hash[path.n++], err));
            begin = middle;
        }
    }
    if (old_size > 0 && begin > 0)
        TRY(range_root(r, begin, end, &path.hash[path.n++], err));
    path_reverse(&path);
    *out = path;
    return OK;
}

static enum status leaf_array_read(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *err)
{
    const struct leaf_array *array = ctx;
    uint64_t begin = index << level, width = (uint64_t)1 << level;

    if (begin + width > array->n)
        return FAIL(err, E_ABSENT, "no subtree %u/%llu over %zu leaves", level, (unsigned long long)index, array->n);
    *out = merkle_root(array->leaves + begin, (size_t)width);
    return OK;
}

struct hash_reader leaf_array_reader(struct leaf_array *array)
{
    return (struct hash_reader){.ctx = array, .read = leaf_array_read};
}

/* --- verification --- */

bool merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size, const struct merkle_path *path,
                             const struct hash *root)
{
    struct hash sum = *leaf;
    uint64_t at = index, last = size - 1;

    if (index >= size || size > MERKLE_SIZE_MAX || path->n > MERKLE_PATH_MAX)
        return false;
    for (size_t i = 0; i < path->n; i++) {
        if (last == 0)
            return false; /* surplus hash */
        if ((at & 1) || at == last) {
            sum = merkle_node(&path->hash[i], &sum);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            sum = merkle_node(&sum, &path->hash[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_eq(&sum, root);
}

/* RFC 9162 2.1.4.2 after its special cases: 0 < old_size < new_size, and the first hash is known. */
static bool consistency_walk(uint64_t old_size, const struct hash *old_root, uint64_t new_size,
                             const struct hash *new_root, const struct hash *first, const struct merkle_path *path,
                             size_t from)
{
    uint64_t at = old_size - 1, last = new_size - 1;
    struct hash old_sum = *first, new_sum = *first;

    while (at & 1) {
        at >>= 1;
        last >>= 1;
    }
    for (size_t i = from; i < path->n; i++) {
        if (last == 0)
            return false;
        if ((at & 1) || at == last) {
            old_sum = merkle_node(&path->hash[i], &old_sum);
            new_sum = merkle_node(&path->hash[i], &new_sum);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_sum = merkle_node(&new_sum, &path->hash[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_eq(&old_sum, old_root) && hash_eq(&new_sum, new_root);
}

bool merkle_verify_consistency(uint64_t old_size, const struct hash *old_root, uint64_t new_size,
                               const struct hash *new_root, const struct merkle_path *path)
{
    struct hash empty = merkle_empty_root();

    if (old_size > new_size || new_size > MERKLE_SIZE_MAX || path->n > MERKLE_PATH_MAX)
        return false;
    if (old_size == 0 && !hash_eq(old_root, &empty))
        return false;
    if (old_size == new_size)
        return path->n == 0 && hash_eq(old_root, new_root);
    if (old_size == 0)
        return path->n == 0; /* every tree begins with the empty one */
    if ((old_size & (old_size - 1)) == 0) /* a complete tree is its own first hash and is left out of the proof */
        return consistency_walk(old_size, old_root, new_size, new_root, old_root, path, 0);
    return path->n > 0 &&
           consistency_walk(old_size, old_root, new_size, new_root, &path->hash[0], path, 1);
}
