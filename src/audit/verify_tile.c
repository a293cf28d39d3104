#include "audit/verify_tile.h"

#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

/* --- saying what is wrong --- */

void mismatch_set(struct verify_mismatch *m, const char *path, const char *what, const char *expected, const char *got)
{
    if (m->any)
        return;
    m->any = true;
    (void)snprintf(m->path, sizeof(m->path), "%s", path);
    (void)snprintf(m->what, sizeof(m->what), "%s", what);
    (void)snprintf(m->expected, sizeof(m->expected), "%s", expected);
    (void)snprintf(m->got, sizeof(m->got), "%s", got);
}

void mismatch_at(struct verify_mismatch *m, uint64_t index, const char *path, const char *what, const char *expected,
                 const char *got)
{
    if (!m->any) {
        m->has_index = true;
        m->index = index;
    }
    mismatch_set(m, path, what, expected, got);
}

void mismatch_hash(struct verify_mismatch *m, uint64_t index, const char *path, const char *what,
                   const struct hash *expected, const struct hash *got)
{
    char text[2][2 * HASH_BYTES + 1];

    for (size_t i = 0; i < HASH_BYTES; i++) {
        (void)snprintf(text[0] + 2 * i, 3, "%02x", expected->b[i]);
        (void)snprintf(text[1] + 2 * i, 3, "%02x", got->b[i]);
    }
    mismatch_at(m, index, path, what, text[0], text[1]);
}

enum status mismatch_unreadable(struct verify_mismatch *m, enum status status, uint64_t index, const char *path,
                                const struct err *why, struct err *err)
{
    if (status == E_ABSENT)
        mismatch_at(m, index, path, "file", "present", "missing");
    else if (status == E_LIMIT || status == E_INVALID)
        mismatch_at(m, index, path, "file", "a readable file of the right size", why->text);
    else
        return FAIL(err, status, "%s", why->text);
    return OK;
}

/* --- tiles --- */

static const char *file_of(const struct tile_check *c, const char *name, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", c->dir, name);

    return n > 0 && n < PATH_MAX ? out : NULL;
}

/* Number of the first hash that differs, `n` when none does. */
static size_t first_difference(const struct hash *a, const char *b, size_t n)
{
    size_t i = 0;

    while (i < n && memcmp(a[i].b, b + i * HASH_BYTES, HASH_BYTES) == 0)
        i++;
    return i;
}

/* The bytes a tile or bundle must begin with, and where the first `width` items end. */
struct expected {
    unsigned level;
    uint64_t index;
    unsigned width;
    const struct hash *hashes; /* of a tile */
    const struct bundle *bundle;
};

static size_t bytes_of(const struct expected *x, unsigned width)
{
    if (x->hashes)
        return (size_t)width * HASH_BYTES;
    const struct str *last = &x->bundle->entry[width - 1];
    return (size_t)(last->p + last->n - (x->bundle->entry[0].p - 2));
}

static uint64_t entry_index(const struct expected *x, size_t item)
{
    unsigned shift = x->level == TILE_ENTRIES ? 0 : 8 * x->level;

    return (x->index * TILE_WIDTH + item) << shift;
}

static void compare(const struct tile_check *c, const struct expected *x, unsigned width, struct str bytes, const char *path)
{
    unsigned known = width < x->width ? width : x->width; /* a wider file may have been written ahead */
    size_t n = bytes_of(x, known);
    bool short_or_long = bytes.n < n || (width <= x->width && bytes.n != n) ||
                         (x->hashes && bytes.n != (size_t)width * HASH_BYTES);
    char expected[48], got[48];

    if (short_or_long) {
        (void)snprintf(expected, sizeof(expected), "%zu bytes", x->hashes ? (size_t)width * HASH_BYTES : n);
        (void)snprintf(got, sizeof(got), "%zu bytes", bytes.n);
        mismatch_at(c->mismatch, entry_index(x, 0), path, "length of the file", expected, got);
    } else if (x->hashes) {
        size_t at = first_difference(x->hashes, bytes.p, known);
        struct hash there;

        if (at == known)
            return;
        memcpy(there.b, bytes.p + at * HASH_BYTES, HASH_BYTES);
        mismatch_hash(c->mismatch, entry_index(x, at), path, "hash in the tile", &x->hashes[at], &there);
    } else if (memcmp(x->bundle->entry[0].p - 2, bytes.p, n) != 0) {
        mismatch_at(c->mismatch, entry_index(x, 0), path, "entries in an earlier file", "those of the later one", "others");
    }
}

static enum status compare_file(const struct tile_check *c, const struct expected *x, unsigned width, bool may_lack,
                                struct err *err)
{
    char name[TILE_PATH_MAX], path[PATH_MAX];
    struct str bytes;
    struct err why = {0};
    size_t max = x->level == TILE_ENTRIES ? (size_t)BUNDLE_BYTES_MAX : (size_t)TILE_BYTES;

    tile_path(name, x->level, x->index, width);
    if (!file_of(c, name, path))
        return FAIL(err, E_INVALID, "path too long: %s/%s", c->dir, name);
    arena_reset(c->scratch);
    enum status status = file_read(path, max, c->scratch, &bytes, &why);
    if (status == E_ABSENT && may_lack)
        return OK;
    if (status != OK)
        return mismatch_unreadable(c->mismatch, status, entry_index(x, 0), name, &why, err);
    compare(c, x, width, bytes, name);
    return OK;
}

/* Files left of earlier sizes: they are served for earlier checkpoints, so every byte of them counts too. */
static enum status compare_others(const struct tile_check *c, const struct expected *x, struct err *err)
{
    char name[TILE_PATH_MAX], path[PATH_MAX];
    enum status status = OK;

    if (x->width < TILE_WIDTH)
        TRY(compare_file(c, x, TILE_WIDTH, true, err));
    tile_path(name, x->level, x->index, TILE_WIDTH);
    if (!file_of(c, name, path) || strlen(path) + 3 > sizeof(path))
        return FAIL(err, E_INVALID, "path too long: %s/%s", c->dir, name);
    memcpy(path + strlen(path), ".p", 3);
    DIR *folder = opendir(path);
    if (!folder)
        return OK;
    for (const struct dirent *d; status == OK && !c->mismatch->any && (d = readdir(folder)) != NULL;) {
        int64_t width;

        if (str_to_i64(str_of(d->d_name), &width) && width > 0 && width < TILE_WIDTH && width != x->width)
            status = compare_file(c, x, (unsigned)width, true, err);
    }
    (void)closedir(folder);
    return status;
}

enum status tile_check_hashes(const struct tile_check *c, unsigned level, uint64_t index, const struct hash *hashes,
                              unsigned width, struct err *err)
{
    struct expected x = {.level = level, .index = index, .width = width, .hashes = hashes};
    char name[TILE_PATH_MAX], path[PATH_MAX];

    /* A partial tile may have been removed once the full one is there. */
    tile_path(name, level, index, TILE_WIDTH);
    bool full_there = width < TILE_WIDTH && file_of(c, name, path) && file_exists(path);
    TRY(compare_file(c, &x, width, full_there, err));
    return c->mismatch->any ? OK : compare_others(c, &x, err);
}

enum status tile_check_bundle(const struct tile_check *c, uint64_t index, const struct bundle *bundle, unsigned width,
                              struct err *err)
{
    struct expected x = {.level = TILE_ENTRIES, .index = index, .width = width, .bundle = bundle};

    return compare_others(c, &x, err);
}
