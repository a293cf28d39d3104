#include "audit/tile_dir.h"

#include "base/file.h"

#include <limits.h>
#include <stdio.h>

enum { FILE_MODE = 0644, DIR_MODE = 0755 };

static enum status full_path(const char *dir, unsigned level, uint64_t index, unsigned width, char out[PATH_MAX],
                             struct err *err)
{
    char name[TILE_PATH_MAX];

    tile_path(name, level, index, width);
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? OK : FAIL(err, E_INVALID, "path too long: %s/%s", dir, name);
}

/* --- reading --- */

enum status tile_read(const char *dir, unsigned level, uint64_t index, unsigned width, struct arena *a,
                      struct str *bytes, char path[TILE_PATH_MAX], struct err *err)
{
    char file[PATH_MAX];
    enum status status = E_ABSENT;

    for (unsigned w = width; status == E_ABSENT; w = TILE_WIDTH) {
        TRY(full_path(dir, level, index, w, file, err));
        tile_path(path, level, index, w);
        status = file_read(file, level == TILE_ENTRIES ? BUNDLE_BYTES_MAX : TILE_BYTES, a, bytes, err);
        if (w == TILE_WIDTH)
            break;
    }
    if (status == E_ABSENT)
        tile_path(path, level, index, width);
    return status;
}

/* Exactly `width` hashes of a tile file, which may hold more when it is the full one. */
static enum status read_hashes(const char *dir, unsigned level, uint64_t index, unsigned width, struct arena *a,
                               struct hash out[TILE_WIDTH], struct err *err)
{
    struct str bytes;
    char path[TILE_PATH_MAX];

    arena_reset(a);
    TRY(tile_read(dir, level, index, width, a, &bytes, path, err));
    if (bytes.n < (size_t)width * HASH_BYTES || bytes.n % HASH_BYTES != 0)
        return FAIL(err, E_CONFLICT, "%s/%s is cut short: %zu bytes", dir, path, bytes.n);
    memcpy(out, bytes.p, (size_t)width * HASH_BYTES);
    return OK;
}

void tile_reader_init(struct tile_reader *r, const char *dir, uint64_t size, struct arena *arena)
{
    r->dir = dir;
    r->size = size;
    r->arena = arena;
    for (size_t level = 0; level < TILE_LEVELS; level++)
        r->held[level].any = false;
}

/* Makes held[level] hold this tile. */
static enum status hold_tile(struct tile_reader *r, unsigned level, uint64_t index, struct err *err)
{
    struct tile_held *held = &r->held[level];
    unsigned width = index < tile_full(level, r->size) ? TILE_WIDTH : tile_partial(level, r->size);

    if (held->any && held->index == index)
        return OK;
    held->any = false;
    if (width == 0 || index > tile_full(level, r->size))
        return FAIL(err, E_INVALID, "no tile %u/%llu in a log of %llu entries", level, (unsigned long long)index,
                    (unsigned long long)r->size);
    TRY(read_hashes(r->dir, level, index, width, r->arena, held->hash, err));
    held->n = width;
    held->index = index;
    held->any = true;
    return OK;
}

static enum status reader_subtree(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *err)
{
    struct tile_reader *r = ctx;
    unsigned tile_level = level / 8, inside = level % 8;
    uint64_t first = index << inside; /* among the hashes of tile_level */
    size_t width = (size_t)1 << inside, at = (size_t)(first % TILE_WIDTH);

    ASSERT(tile_level < TILE_LEVELS);
    TRY(hold_tile(r, tile_level, first / TILE_WIDTH, err));
    const struct tile_held *tile = &r->held[tile_level];
    if (at + width > tile->n)
        return FAIL(err, E_INVALID, "subtree %u/%llu is not complete in this log", level, (unsigned long long)index);
    *out = merkle_root(tile->hash + at, width);
    return OK;
}

struct hash_reader tile_hash_reader(struct tile_reader *r)
{
    return (struct hash_reader){.ctx = r, .read = reader_subtree};
}

/* --- writing --- */

struct tile_writer {
    const char *dir;
    char made[PATH_MAX]; /* the folder made last: most files go where the one before went */
    struct buf bundle;
    struct tile_rows rows;
};

static enum status put(struct tile_writer *w, unsigned level, uint64_t index, unsigned width, struct str content,
                       struct err *err)
{
    char path[PATH_MAX], folder[PATH_MAX];

    TRY(full_path(w->dir, level, index, width, path, err));
    struct str parent = path_dir(str_of(path));
    ASSERT(parent.n < sizeof(folder));
    memcpy(folder, parent.p, parent.n);
    folder[parent.n] = '\0';
    if (strcmp(folder, w->made) != 0) {
        TRY(dir_make(folder, DIR_MODE, err));
        memcpy(w->made, folder, parent.n + 1);
    }
    return file_write_once(path, content, FILE_MODE, err);
}

static enum status put_row(struct tile_writer *w, unsigned level, uint64_t index, const struct hash *hash,
                           unsigned width, struct err *err)
{
    return put(w, level, index, width, (struct str){(const char *)hash, (size_t)width * HASH_BYTES}, err);
}

static enum status on_full(void *ctx, unsigned level, uint64_t index, const struct hash hash[TILE_WIDTH],
                           struct err *err)
{
    struct tile_writer *w = ctx;

    if (level == 0) { /* the entries first: a tile never speaks of entries that are not there */
        TRY(buf_check(&w->bundle, err));
        TRY(put(w, TILE_ENTRIES, index, TILE_WIDTH, buf_view(&w->bundle), err));
        buf_clear(&w->bundle);
    }
    return put_row(w, level, index, hash, TILE_WIDTH, err);
}

static enum status append_range(struct tile_writer *w, uint64_t end, const struct entry_source *entries,
                                struct err *err)
{
    struct tile_sink sink = {.ctx = w, .full = on_full};

    while (w->rows.size < end) {
        struct str entry;

        TRY(entries->next(entries->ctx, w->rows.size, &entry, err));
        if (entry.n > ENTRY_BYTES_MAX)
            return FAIL(err, E_LIMIT, "entry %llu is longer than %d bytes", (unsigned long long)w->rows.size,
                        ENTRY_BYTES_MAX);
        struct hash leaf = merkle_leaf(entry);
        bundle_add(&w->bundle, entry);
        TRY(buf_check(&w->bundle, err));
        TRY(tile_rows_append(&w->rows, &leaf, &sink, err));
    }
    return OK;
}

/* The rows above the entries, as they were at `size`, which is a multiple of TILE_WIDTH. */
static enum status load_rows(struct tile_writer *w, uint64_t size, struct err *err)
{
    struct arena scratch CLEANUP(arena_release);
    enum status status = OK;

    arena_init(&scratch, 4 * TILE_BYTES);
    w->rows.size = size;
    for (unsigned level = 1; level < TILE_LEVELS && status == OK; level++) {
        unsigned width = tile_partial(level, size);

        w->rows.row[level].n = width;
        if (width > 0)
            status = read_hashes(w->dir, level, tile_full(level, size), width, &scratch, w->rows.row[level].hash, err);
    }
    return status;
}

static enum status check_root(const struct tile_writer *w, const struct tree_head *head, const char *which,
                              struct err *err)
{
    struct hash root = tile_rows_root(&w->rows);

    ASSERT(w->rows.size == head->size);
    return hash_eq(&root, &head->root)
               ? OK
               : FAIL(err, E_CONFLICT, "the %s log of %llu entries in %s does not have the root it should have", which,
                      (unsigned long long)head->size, w->dir);
}

static enum status put_partials(struct tile_writer *w, struct err *err)
{
    uint64_t size = w->rows.size;

    if (tile_partial(0, size) > 0)
        TRY(put(w, TILE_ENTRIES, tile_full(0, size), tile_partial(0, size), buf_view(&w->bundle), err));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        unsigned width = tile_partial(level, size);

        if (width > 0)
            TRY(put_row(w, level, tile_full(level, size), w->rows.row[level].hash, width, err));
    }
    return OK;
}

static enum status extend(struct tile_writer *w, const struct tree_head *old, const struct tree_head *new,
                          const struct entry_source *entries, struct err *err)
{
    TRY(load_rows(w, old->size - old->size % TILE_WIDTH, err));
    TRY(append_range(w, old->size, entries, err)); /* less than a tile: writes nothing */
    TRY(check_root(w, old, "published", err));
    TRY(append_range(w, new->size, entries, err));
    TRY(check_root(w, new, "new", err));
    return put_partials(w, err);
}

enum status tiles_extend(const char *dir, const struct tree_head *old, const struct tree_head *new,
                         const struct entry_source *entries, struct err *err)
{
    struct arena place CLEANUP(arena_release);

    arena_init(&place, sizeof(struct tile_writer) + 64);
    if (old->size > new->size || new->size > MERKLE_SIZE_MAX)
        return FAIL(err, E_INVALID, "a log of %llu entries cannot shrink to %llu", (unsigned long long)old->size,
                    (unsigned long long)new->size);
    struct tile_writer *w = ARENA_NEW(&place, struct tile_writer);
    if (!w)
        return ARENA_FULL(err, &place);
    w->dir = dir;
    buf_init(&w->bundle, BUNDLE_BYTES_MAX + 1);
    tile_rows_init(&w->rows);
    enum status status = extend(w, old, new, entries, err);
    buf_release(&w->bundle);
    return status;
}
