#include "audit/verify.h"

#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#define INTENT_BYTES_MAX ((size_t)1 << 30)
enum { SCRATCH_BYTES = BUNDLE_BYTES_MAX + (64 << 10) };

/* One verification under way. Checks answer OK and set report->mismatch; another status ends it unanswered. */
struct walk {
    const char *dir;
    struct verify_report *report;
    struct tile_rows rows;
    struct meaning meaning;
    struct arena intents, bundle_bytes, tile_bytes;
    struct bundle bundle;
    struct hash leaves[TILE_WIDTH];
};

/* --- saying what is wrong --- */

static void mismatch(struct walk *w, const char *path, const char *what, const char *expected, const char *got)
{
    struct verify_mismatch *m = &w->report->mismatch;

    if (m->any)
        return;
    m->any = true;
    (void)snprintf(m->path, sizeof(m->path), "%s", path);
    (void)snprintf(m->what, sizeof(m->what), "%s", what);
    (void)snprintf(m->expected, sizeof(m->expected), "%s", expected);
    (void)snprintf(m->got, sizeof(m->got), "%s", got);
}

static void mismatch_at(struct walk *w, uint64_t index, const char *path, const char *what, const char *expected,
                        const char *got)
{
    if (!w->report->mismatch.any) {
        w->report->mismatch.has_index = true;
        w->report->mismatch.index = index;
    }
    mismatch(w, path, what, expected, got);
}

static void mismatch_hash(struct walk *w, uint64_t index, const char *path, const char *what,
                          const struct hash *expected, const struct hash *got)
{
    char text[2][2 * HASH_BYTES + 1];

    for (size_t i = 0; i < HASH_BYTES; i++) {
        (void)snprintf(text[0] + 2 * i, 3, "%02x", expected->b[i]);
        (void)snprintf(text[1] + 2 * i, 3, "%02x", got->b[i]);
    }
    mismatch_at(w, index, path, what, text[0], text[1]);
}

static bool wrong(const struct walk *w)
{
    return w->report->mismatch.any;
}

/* A file that cannot be read because it is not there or not what it should be is an answer; a failing disk is not. */
static enum status unreadable(struct walk *w, enum status status, uint64_t index, const char *path,
                              const struct err *why, struct err *err)
{
    if (status == E_ABSENT)
        mismatch_at(w, index, path, "file", "present", "missing");
    else if (status == E_LIMIT || status == E_INVALID)
        mismatch_at(w, index, path, "file", "a readable file of the right size", why->text);
    else
        return FAIL(err, status, "%s", why->text);
    return OK;
}

/* --- tiles --- */

static const char *file_of(const struct walk *w, const char *name, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", w->dir, name);

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

static void compare(struct walk *w, const struct expected *x, unsigned width, struct str bytes, const char *path)
{
    unsigned known = width < x->width ? width : x->width; /* a wider file may have been written ahead */
    size_t n = bytes_of(x, known);
    bool short_or_long = bytes.n < n || (width <= x->width && bytes.n != n) ||
                         (x->hashes && bytes.n != (size_t)width * HASH_BYTES);
    char expected[48], got[48];

    if (short_or_long) {
        (void)snprintf(expected, sizeof(expected), "%zu bytes", x->hashes ? (size_t)width * HASH_BYTES : n);
        (void)snprintf(got, sizeof(got), "%zu bytes", bytes.n);
        mismatch_at(w, entry_index(x, 0), path, "length of the file", expected, got);
    } else if (x->hashes) {
        size_t at = first_difference(x->hashes, bytes.p, known);
        struct hash there;

        if (at == known)
            return;
        memcpy(there.b, bytes.p + at * HASH_BYTES, HASH_BYTES);
        mismatch_hash(w, entry_index(x, at), path, "hash in the tile", &x->hashes[at], &there);
    } else if (memcmp(x->bundle->entry[0].p - 2, bytes.p, n) != 0) {
        mismatch_at(w, entry_index(x, 0), path, "entries in an earlier file", "those of the later one", "others");
    }
}

static enum status compare_file(struct walk *w, const struct expected *x, unsigned width, bool may_lack,
                                struct err *err)
{
    char name[TILE_PATH_MAX], path[PATH_MAX];
    struct str bytes;
    struct err why = {0};
    size_t max = x->level == TILE_ENTRIES ? (size_t)BUNDLE_BYTES_MAX : (size_t)TILE_BYTES;

    tile_path(name, x->level, x->index, width);
    if (!file_of(w, name, path))
        return FAIL(err, E_INVALID, "path too long: %s/%s", w->dir, name);
    arena_reset(&w->tile_bytes);
    enum status status = file_read(path, max, &w->tile_bytes, &bytes, &why);
    if (status == E_ABSENT && may_lack)
        return OK;
    if (status != OK)
        return unreadable(w, status, entry_index(x, 0), name, &why, err);
    compare(w, x, width, bytes, name);
    return OK;
}

/* Files left of earlier sizes: they are served for earlier checkpoints, so every byte of them counts too. */
static enum status compare_others(struct walk *w, const struct expected *x, struct err *err)
{
    char name[TILE_PATH_MAX], path[PATH_MAX];
    enum status status = OK;

    if (x->width < TILE_WIDTH)
        TRY(compare_file(w, x, TILE_WIDTH, true, err));
    tile_path(name, x->level, x->index, TILE_WIDTH);
    if (!file_of(w, name, path) || strlen(path) + 3 > sizeof(path))
        return FAIL(err, E_INVALID, "path too long: %s/%s", w->dir, name);
    memcpy(path + strlen(path), ".p", 3);
    DIR *folder = opendir(path);
    if (!folder)
        return OK;
    for (const struct dirent *d; status == OK && !wrong(w) && (d = readdir(folder)) != NULL;) {
        int64_t width;

        if (str_to_i64(str_of(d->d_name), &width) && width > 0 && width < TILE_WIDTH && width != x->width)
            status = compare_file(w, x, (unsigned)width, true, err);
    }
    (void)closedir(folder);
    return status;
}

static enum status check_tile(struct walk *w, unsigned level, uint64_t index, const struct hash *hashes,
                              unsigned width, struct err *err)
{
    struct expected x = {.level = level, .index = index, .width = width, .hashes = hashes};
    char name[TILE_PATH_MAX], path[PATH_MAX];

    /* A partial tile may have been removed once the full one is there. */
    tile_path(name, level, index, TILE_WIDTH);
    bool full_there = width < TILE_WIDTH && file_of(w, name, path) && file_exists(path);
    TRY(compare_file(w, &x, width, full_there, err));
    return wrong(w) ? OK : compare_others(w, &x, err);
}

static enum status on_full_tile(void *ctx, unsigned level, uint64_t index, const struct hash hash[TILE_WIDTH],
                                struct err *err)
{
    struct walk *w = ctx;

    /* Level 0 has been compared before its entries were looked into. */
    return wrong(w) || level == 0 ? OK : check_tile(w, level, index, hash, TILE_WIDTH, err);
}

/* --- entries --- */

static enum status check_entry(struct walk *w, uint64_t index, const char *path, struct str bytes, struct err *err)
{
    struct entry_view view;
    struct err why = {0};

    if (entry_check(bytes, &view, &why) != OK) {
        mismatch_at(w, index, path, "entry", "an entry of this format", why.text);
        return OK;
    }
    TRY(meaning_entry(&w->meaning, index, &view, err));
    w->report->entries_verified++;
    return OK;
}

static enum status read_bundle(struct walk *w, uint64_t index, unsigned width, char path[TILE_PATH_MAX],
                               struct err *err)
{
    struct str bytes;
    struct err why = {0};
    unsigned level, name_width;
    uint64_t at, first = index * TILE_WIDTH;

    arena_reset(&w->bundle_bytes);
    enum status status = tile_read(w->dir, TILE_ENTRIES, index, width, &w->bundle_bytes, &bytes, path, &why);
    if (status != OK)
        return unreadable(w, status, first, path, &why, err);
    bool named = tile_path_parse(str_of(path), &level, &at, &name_width);
    ASSERT(named);
    if (bundle_parse(bytes, &w->bundle, &why) != OK) {
        mismatch_at(w, first + w->bundle.n, path, "entry bundle", "whole entries", why.text);
    } else if (w->bundle.n != name_width) {
        char expected[32], got[32];

        (void)snprintf(expected, sizeof(expected), "%u entries", name_width);
        (void)snprintf(got, sizeof(got), "%zu entries", w->bundle.n);
        mismatch_at(w, first, path, "entry bundle", expected, got);
    }
    w->bundle.n = width; /* a wider one was written ahead of the checkpoint */
    return OK;
}

static enum status check_bundle(struct walk *w, uint64_t index, unsigned width, struct err *err)
{
    char path[TILE_PATH_MAX];
    struct tile_sink sink = {.ctx = w, .full = on_full_tile};
    struct expected x = {.level = TILE_ENTRIES, .index = index, .width = width, .bundle = &w->bundle};

    TRY(read_bundle(w, index, width, path, err));
    if (wrong(w))
        return OK;
    bundle_leaves(&w->bundle, w->leaves);
    TRY(check_tile(w, 0, index, w->leaves, width, err));
    for (size_t i = 0; i < width && !wrong(w); i++)
        TRY(check_entry(w, index * TILE_WIDTH + i, path, w->bundle.entry[i], err));
    for (size_t i = 0; i < width && !wrong(w); i++)
        TRY(tile_rows_append(&w->rows, &w->leaves[i], &sink, err));
    return wrong(w) ? OK : compare_others(w, &x, err);
}

static void check_root(struct walk *w, const char *path)
{
    struct hash root = tile_rows_root(&w->rows);

    if (!wrong(w) && !hash_eq(&root, &w->report->root)) {
        mismatch_hash(w, 0, path, "root of the tree", &w->report->root, &root);
        w->report->mismatch.has_index = false;
    }
}

static void tick(const struct verify_progress *progress, uint64_t done, uint64_t total)
{
    if (progress && progress->tick)
        progress->tick(progress->ctx, done, total);
}

static enum status check_files(struct walk *w, const struct verify_progress *progress, struct err *err)
{
    uint64_t size = w->report->size;

    for (uint64_t done = 0; done < size && !wrong(w);) {
        unsigned width = size - done < TILE_WIDTH ? (unsigned)(size - done) : TILE_WIDTH;

        TRY(check_bundle(w, done / TILE_WIDTH, width, err));
        done += width;
        tick(progress, done, size);
    }
    for (unsigned level = 1; level < TILE_LEVELS && !wrong(w); level++) {
        if (tile_partial(level, size) > 0)
            TRY(check_tile(w, level, tile_full(level, size), w->rows.row[level].hash, tile_partial(level, size), err));
    }
    check_root(w, "checkpoint");
    return OK;
}

static enum status check_source(struct walk *w, const struct entry_source *entries,
                                const struct verify_progress *progress, struct err *err)
{
    uint64_t size = w->report->size;

    for (uint64_t i = 0; i < size && !wrong(w); i++) {
        struct str bytes;

        TRY(entries->next(entries->ctx, i, &bytes, err));
        struct hash leaf = merkle_leaf(bytes);
        TRY(check_entry(w, i, "", bytes, err));
        TRY(tile_rows_append(&w->rows, &leaf, NULL, err));
        if ((i + 1) % TILE_WIDTH == 0 || i + 1 == size)
            tick(progress, i + 1, size);
    }
    check_root(w, "");
    return OK;
}

/* --- the whole --- */

static enum status open_checkpoint(struct walk *w, struct str origin, const struct note_vkey *keys, size_t n,
                                   struct arena *a, struct err *err)
{
    char path[PATH_MAX];
    struct str bytes;
    struct err why = {0};
    struct checkpoint_opened opened;
    struct buf vkey;

    if (!file_of(w, "checkpoint", path))
        return FAIL(err, E_INVALID, "path too long: %s/checkpoint", w->dir);
    enum status status = file_read(path, NOTE_BYTES_MAX, a, &bytes, &why);
    if (status != OK) {
        TRY(unreadable(w, status, 0, "checkpoint", &why, err));
        w->report->mismatch.has_index = false;
        return OK;
    }
    if (checkpoint_open(bytes, origin, keys, n, &opened, &why) != OK) {
        mismatch(w, "checkpoint", "checkpoint", "signed by a given key", why.text);
        return OK;
    }
    w->report->checkpoint_verified = true;
    w->report->origin = opened.checkpoint.origin;
    w->report->size = opened.checkpoint.size;
    w->report->root = opened.checkpoint.root;
    size_t by = 0;
    while (!(opened.signatures.by >> by & 1) || keys[by].alg != NOTE_ED25519)
        by++; /* checkpoint_open has found one */
    buf_init(&vkey, CHECKPOINT_BYTES_MAX);
    note_vkey_format(&keys[by], &vkey);
    w->report->vkey = arena_str(a, buf_view(&vkey));
    buf_release(&vkey);
    return w->report->vkey.p ? OK : ARENA_FULL(err, a);
}

static struct walk *walk_begin(struct arena *place, struct verify_report *report)
{
    struct walk *w = ARENA_NEW(place, struct walk);

    memset(report, 0, sizeof(*report));
    if (!w)
        return NULL;
    w->report = report;
    arena_init(&w->intents, INTENT_BYTES_MAX);
    arena_init(&w->bundle_bytes, SCRATCH_BYTES);
    arena_init(&w->tile_bytes, SCRATCH_BYTES);
    tile_rows_init(&w->rows);
    meaning_init(&w->meaning, &w->intents);
    return w;
}

static void walk_end(struct walk *w)
{
    w->report->meaning = w->meaning;
    w->report->meaning.slots = NULL;
    w->report->meaning.cap = 0;
    w->report->meaning.arena = NULL;
    if (meaning_test_clock(w->report->origin))
        meaning_forgive_time(&w->report->meaning);
    w->report->ok = !wrong(w) && !w->report->meaning.any;
    arena_release(&w->intents);
    arena_release(&w->bundle_bytes);
    arena_release(&w->tile_bytes);
}

enum status verify_directory(const char *dir, struct str origin, const struct note_vkey *keys, size_t n,
                             const struct verify_progress *progress, struct arena *a, struct verify_report *out,
                             struct err *err)
{
    struct arena place CLEANUP(arena_release);

    arena_init(&place, sizeof(struct walk) + 64);
    struct walk *w = walk_begin(&place, out);
    if (!w)
        return ARENA_FULL(err, &place);
    w->dir = dir;
    enum status status = open_checkpoint(w, origin, keys, n, a, err);
    if (status == OK && !wrong(w))
        status = check_files(w, progress, err);
    walk_end(w);
    out->ok = out->ok && status == OK;
    return status;
}

enum status verify_entries(const struct entry_source *entries, uint64_t size, const struct hash *root,
                           const struct verify_progress *progress, struct verify_report *out, struct err *err)
{
    struct arena place CLEANUP(arena_release);

    arena_init(&place, sizeof(struct walk) + 64);
    struct walk *w = walk_begin(&place, out);
    if (!w)
        return ARENA_FULL(err, &place);
    out->size = size;
    out->root = *root;
    enum status status = check_source(w, entries, progress, err);
    walk_end(w);
    out->ok = out->ok && status == OK;
    return status;
}
