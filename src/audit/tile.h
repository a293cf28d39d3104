/*
 * tile.h - C2SP tlog-tiles v0.1.0: paths, entry bundles, and the tree as rows of tiles.
 *
 *     checkpoint                   signed note, the only file that is ever replaced
 *     tile/<L>/<N>                 256 hashes of level L * 8
 *     tile/<L>/<N>.p/<W>           the first W of them, 1 to 255, while there are no more
 *     tile/entries/<N>[.p/<W>]     the entries under tile/0/<N>: each a big-endian uint16 length and its bytes
 *
 * N is written in groups of three digits, all but the last with an x in front: 1234067 is x001/x234/067.
 */
#ifndef EXPUNGE_AUDIT_TILE_H
#define EXPUNGE_AUDIT_TILE_H

#include "audit/merkle.h"
#include "base/buf.h"

enum {
    TILE_WIDTH = 256,
    TILE_BYTES = TILE_WIDTH * HASH_BYTES,
    TILE_LEVELS = 8,  /* 2^63 leaves need no more */
    TILE_ENTRIES = 64, /* stands for "entries" where a level is asked for; real levels are 0 to 63 */
    TILE_PATH_MAX = 64,
    ENTRY_BYTES_MAX = 65535,
    BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)
};

/* width 1 to 256; 256 is the full tile. Relative to the log's folder, NUL-terminated. */
void tile_path(char out[TILE_PATH_MAX], unsigned level, uint64_t index, unsigned width);
/* Strict: only what tile_path writes is true. */
bool tile_path_parse(struct str path, unsigned *level, uint64_t *index, unsigned *width) MUST_USE;
/* In a log of `size` entries: full tiles of a level, and the width of the partial one behind them (0: none). */
uint64_t tile_full(unsigned level, uint64_t size);
unsigned tile_partial(unsigned level, uint64_t size);

/* --- entry bundles --- */

void bundle_add(struct buf *bundle, struct str entry); /* at most ENTRY_BYTES_MAX */
/* Takes the first entry off *rest. False: the bundle is cut short. Stop when rest is empty. */
bool bundle_next(struct str *rest, struct str *entry) MUST_USE;
struct bundle {
    size_t n;
    struct str entry[TILE_WIDTH];
};
/* E_INVALID: cut short, or not 1 to 256 entries. */
enum status bundle_parse(struct str bytes, struct bundle *out, struct err *err) MUST_USE;
void bundle_leaves(const struct bundle *b, struct hash leaves[TILE_WIDTH]); /* where verification spends its time */

/* --- the tree as rows of hashes, one row per tile level: bounded memory for a log of any size --- */

struct tile_rows {
    uint64_t size;
    struct tile_row {
        size_t n; /* hashes of the tile being filled */
        struct hash hash[TILE_WIDTH];
    } row[TILE_LEVELS];
};

void tile_rows_init(struct tile_rows *rows);
struct hash tile_rows_root(const struct tile_rows *rows);
/* Called with each tile as it becomes full, lower levels first. */
struct tile_sink {
    void *ctx;
    enum status (*full)(void *ctx, unsigned level, uint64_t index, const struct hash hash[TILE_WIDTH], struct err *err);
};
enum status tile_rows_append(struct tile_rows *rows, const struct hash *leaf, const struct tile_sink *sink,
                             struct err *err) MUST_USE;
/* A whole tile of leaves, of which only the root (merkle_root) is needed; the sink is not called for it. */
enum status tile_rows_append_tile(struct tile_rows *rows, const struct hash *root, const struct tile_sink *sink,
                                  struct err *err) MUST_USE;

#endif
