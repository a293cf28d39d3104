/*
 * tile_dir.h - a log in a folder (tile.h says how it lies there): written so that a crash does no harm, and read.
 */
#ifndef EXPUNGE_AUDIT_TILE_DIR_H
#define EXPUNGE_AUDIT_TILE_DIR_H

#include "audit/tile.h"

/* --- writing --- */

struct tree_head {
    uint64_t size;
    struct hash root;
};
/* Where entries come from, asked in ascending order; the bytes stay valid until the next call. */
struct entry_source {
    void *ctx;
    enum status (*next)(void *ctx, uint64_t index, struct str *entry, struct err *err);
};
/* Makes the folder that holds the log `old` (size 0: nothing yet) hold `new` too: bundles, tiles of every level and
 * the partial ones, each durable before this returns. Does not touch `checkpoint`: the caller publishes that after.
 *
 * May be repeated after a crash at any point with the same arguments, or with old.size 0, which writes and compares
 * everything. Files of earlier sizes stay. Reads entries from the start of old's last bundle. At most about 17 MB.
 * E_CONFLICT: a file is there with other bytes, or old or new do not have the root they are said to have; E_ABSENT: a
 * file of old is missing (repeat with old.size 0). */
enum status tiles_extend(const char *dir, const struct tree_head *old, const struct tree_head *new,
                         const struct entry_source *entries, struct err *err) MUST_USE;

/* --- reading --- */

/* Proofs from a folder: keeps the last tile of each level, so that one proof reads each tile once. */
struct tile_reader {
    const char *dir;
    uint64_t size;
    struct arena *arena;
    struct tile_held {
        bool any;
        uint64_t index;
        size_t n;
        struct hash hash[TILE_WIDTH];
    } held[TILE_LEVELS];
};
/* The tree of `size` in this folder. The arena is used for reading and may be full of paths afterwards. */
void tile_reader_init(struct tile_reader *r, const char *dir, uint64_t size, struct arena *arena);
struct hash_reader tile_hash_reader(struct tile_reader *r);
/* The bytes of tile or bundle (level, index) of a log of this size: the partial file, else the full one that replaced
 * it, which may hold more than asked for. E_ABSENT: neither. `path` tells which was read. */
enum status tile_read(const char *dir, unsigned level, uint64_t index, unsigned width, struct arena *a,
                      struct str *bytes, char path[TILE_PATH_MAX], struct err *err) MUST_USE;

#endif
