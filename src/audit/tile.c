#include "audit/tile.h"

#include <stdio.h>

/* --- paths --- */

void tile_path(char out[TILE_PATH_MAX], unsigned level, uint64_t index, unsigned width)
{
    unsigned group[7];
    size_t groups = 0;
    char *p = out, *end = out + TILE_PATH_MAX;

    ASSERT(level <= TILE_ENTRIES && width >= 1 && width <= TILE_WIDTH);
    do {
        group[groups++] = (unsigned)(index % 1000);
        index /= 1000;
    } while (index > 0);
    if (level == TILE_ENTRIES)
        p += snprintf(p, (size_t)(end - p), "tile/entries/");
    else
        p += snprintf(p, (size_t)(end - p), "tile/%u/", level);
    while (groups-- > 1)
        p += snprintf(p, (size_t)(end - p), "x%03u/", group[groups]);
    p += snprintf(p, (size_t)(end - p), "%03u", group[0]);
    if (width < TILE_WIDTH)
        p += snprintf(p, (size_t)(end - p), ".p/%u", width);
    ASSERT(p < end);
}

static bool parse_small(struct str s, int64_t max, unsigned *out)
{
    int64_t v;

    if (!str_to_i64(s, &v) || v < 0 || v > max)
        return false;
    *out = (unsigned)v;
    return true;
}

bool tile_path_parse(struct str path, unsigned *level, uint64_t *index, unsigned *width)
{
    struct str part, rest;
    unsigned l = TILE_ENTRIES, w = TILE_WIDTH;
    uint64_t n = 0;
    char again[TILE_PATH_MAX];

    if (path.n >= TILE_PATH_MAX || !str_split(path, '/', &part, &rest) || !str_is(part, "tile") ||
        !str_split(rest, '/', &part, &rest))
        return false;
    if (!str_is(part, "entries") && !parse_small(part, TILE_ENTRIES - 1, &l))
        return false;
    for (size_t i = 0; i < rest.n && rest.p[i] != '.'; i++) {
        char c = rest.p[i];

        if (c >= '0' && c <= '9' &&
            (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(c - '0'), &n)))
            return false;
    }
    if (str_split(rest, '.', &part, &rest) &&
        (!str_starts(rest, STR("p/")) || !parse_small((struct str){rest.p + 2, rest.n - 2}, TILE_WIDTH - 1, &w) ||
         w == 0))
        return false;
    /* Every accepted path has one spelling. */
    tile_path(again, l, n, w);
    if (!str_is(path, again))
        return false;
    *level = l;
    *index = n;
    *width = w;
    return true;
}

/* How many hashes a level holds; entries are counted as level 0. */
static uint64_t level_hashes(unsigned level, uint64_t size)
{
    if (level == TILE_ENTRIES)
        level = 0;
    return level < TILE_LEVELS ? size >> (8 * level) : 0;
}

uint64_t tile_full(unsigned level, uint64_t size)
{
    return level_hashes(level, size) / TILE_WIDTH;
}

unsigned tile_partial(unsigned level, uint64_t size)
{
    return (unsigned)(level_hashes(level, size) % TILE_WIDTH);
}

/* --- bundles --- */

void bundle_add(struct buf *bundle, struct str entry)
{
    ASSERT(entry.n <= ENTRY_BYTES_MAX);
    buf_char(bundle, (char)(entry.n >> 8));
    buf_char(bundle, (char)(entry.n & 0xFF));
    buf_str(bundle, entry);
}

bool bundle_next(struct str *rest, struct str *entry)
{
    if (rest->n < 2)
        return false;
    size_t n = (size_t)(unsigned char)rest->p[0] << 8 | (unsigned char)rest->p[1];
    if (rest->n - 2 < n)
        return false;
    *entry = (struct str){rest->p + 2, n};
    *rest = (struct str){rest->p + 2 + n, rest->n - 2 - n};
    return true;
}

enum status bundle_parse(struct str bytes, struct bundle *out, struct err *err)
{
    out->n = 0;
    while (bytes.n > 0) {
        if (out->n == TILE_WIDTH)
            return FAIL(err, E_INVALID, "entry bundle holds more than %d entries", TILE_WIDTH);
        if (!bundle_next(&bytes, &out->entry[out->n]))
            return FAIL(err, E_INVALID, "entry bundle is cut short in its entry %zu", out->n);
        out->n++;
    }
    return out->n > 0 ? OK : FAIL(err, E_INVALID, "entry bundle is empty");
}

void bundle_leaves(const struct bundle *b, struct hash leaves[TILE_WIDTH])
{
    merkle_leaves(b->entry, b->n, leaves);
}

/* --- rows --- */

void tile_rows_init(struct tile_rows *rows)
{
    rows->size = 0;
    for (size_t level = 0; level < TILE_LEVELS; level++)
        rows->row[level].n = 0;
}

/* The tree's peaks lie in the rows: of a row of w hashes, one peak for every bit set in w. */
struct hash tile_rows_root(const struct tile_rows *rows)
{
    struct hash root = merkle_empty_root();
    bool any = false;

    for (size_t level = 0; level < TILE_LEVELS; level++) {
        const struct tile_row *row = &rows->row[level];
        size_t end = row->n;

        while (end > 0) {
            size_t width = end & -end;
            struct hash peak = merkle_root(&row->hash[end - width], width);

            root = any ? merkle_node(&peak, &root) : peak;
            any = true;
            end -= width;
        }
    }
    return root;
}

/* `hash` is the root of the next complete subtree over TILE_WIDTH^level entries. */
static enum status append_at(struct tile_rows *rows, unsigned level, const struct hash *hash,
                             const struct tile_sink *sink, struct err *err)
{
    struct hash carry = *hash;

    ASSERT(rows->size < MERKLE_SIZE_MAX - TILE_WIDTH);
    rows->size += (uint64_t)1 << (8 * level);
    for (; level < TILE_LEVELS; level++) {
        struct tile_row *row = &rows->row[level];

        row->hash[row->n++] = carry;
        if (row->n < TILE_WIDTH)
            break;
        if (sink)
            TRY(sink->full(sink->ctx, level, tile_full(level, rows->size) - 1, row->hash, err));
        carry = merkle_root(row->hash, TILE_WIDTH);
        row->n = 0;
    }
    return OK;
}

enum status tile_rows_append(struct tile_rows *rows, const struct hash *leaf, const struct tile_sink *sink,
                             struct err *err)
{
    return append_at(rows, 0, leaf, sink, err);
}

enum status tile_rows_append_tile(struct tile_rows *rows, const struct hash *root, const struct tile_sink *sink,
                                  struct err *err)
{
    ASSERT(rows->row[0].n == 0);
    return append_at(rows, 1, root, sink, err);
}
