#include "audit/verify_tile.h"
#include "base/file.h"
#include "base/ordered.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define INTENT_BYTES_MAX ((size_t)1 << 30)

/* What one thread reads into. */
struct place {
    struct arena bundle_bytes, tile_bytes;
    struct bundle bundle;
};
/* What a thread has found out about the entries of one bundle. */
struct block {
    unsigned width;
    struct hash root;               /* of TILE_WIDTH entries */
    struct hash leaves[TILE_WIDTH]; /* of fewer */
    struct meaning_fact facts[TILE_WIDTH];
    size_t facts_n; /* entries read, up to the mismatch */
    struct verify_mismatch mismatch;
};

/* One verification under way. Checks answer OK and set a mismatch; another status ends it unanswered. */
struct walk {
    const char *dir;                   /* or */
    const struct entry_blocks *blocks; /* entries from elsewhere */
    struct place *places;
    unsigned threads;
    const struct verify_how *how;
    /* What is taken in order, in the caller's thread. */
    struct verify_report *report;
    struct tile_rows rows;
    struct meaning meaning;
    struct arena tile_bytes;
};

/* --- one bundle, in any thread --- */

static enum status read_bundle(struct walk *w, struct place *p, struct block *b, uint64_t index,
                               char path[TILE_PATH_MAX], struct err *err)
{
    struct str bytes;
    struct err why = {0};
    unsigned level, name_width;
    uint64_t at, first = index * TILE_WIDTH;

    arena_reset(&p->bundle_bytes);
    enum status status = tile_read(w->dir, TILE_ENTRIES, index, b->width, &p->bundle_bytes, &bytes, path, &why);
    if (status != OK)
        return mismatch_unreadable(&b->mismatch, status, first, path, &why, err);
    bool named = tile_path_parse(str_of(path), &level, &at, &name_width);
    ASSERT(named);
    if (bundle_parse(bytes, &p->bundle, &why) != OK) {
        mismatch_at(&b->mismatch, first + p->bundle.n, path, "entry bundle", "whole entries", why.text);
    } else if (p->bundle.n != name_width) {
        char expected[32], got[32];

        (void)snprintf(expected, sizeof(expected), "%u entries", name_width);
        (void)snprintf(got, sizeof(got), "%zu entries", p->bundle.n);
        mismatch_at(&b->mismatch, first, path, "entry bundle", expected, got);
    }
    p->bundle.n = b->width; /* a wider one was written ahead of the checkpoint */
    return OK;
}

static void read_facts(struct place *p, struct block *b, uint64_t first, const char *path)
{
    struct entry_view view;
    struct err why = {0};

    for (; b->facts_n < b->width; b->facts_n++) {
        if (entry_check(p->bundle.entry[b->facts_n], &view, &why) != OK) {
            mismatch_at(&b->mismatch, first + b->facts_n, path, "entry", "an entry of this format", why.text);
            return;
        }
        meaning_read(&view, &b->facts[b->facts_n]);
    }
}

static enum status check_files(struct walk *w, struct place *p, struct block *b, uint64_t index, struct err *err)
{
    char path[TILE_PATH_MAX];
    struct tile_check check = {.dir = w->dir, .mismatch = &b->mismatch, .scratch = &p->tile_bytes};

    TRY(read_bundle(w, p, b, index, path, err));
    if (b->mismatch.any)
        return OK;
    bundle_leaves(&p->bundle, b->leaves);
    TRY(tile_check_hashes(&check, 0, index, b->leaves, b->width, err));
    if (!b->mismatch.any)
        read_facts(p, b, index * TILE_WIDTH, path);
    return b->mismatch.any ? OK : tile_check_bundle(&check, index, &p->bundle, b->width, err);
}

static enum status check_block(void *ctx, unsigned thread, uint64_t index, void *result, struct err *err)
{
    struct walk *w = ctx;
    struct place *p = &w->places[thread];
    struct block *b = result;
    uint64_t first = index * TILE_WIDTH, left = w->report->size - first;

    b->width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
    b->facts_n = 0;
    b->mismatch.any = b->mismatch.has_index = false;
    if (w->dir) {
        TRY(check_files(w, p, b, index, err));
    } else {
        p->bundle.n = b->width;
        TRY(w->blocks->read(w->blocks->ctx, thread, first, b->width, p->bundle.entry, err));
        bundle_leaves(&p->bundle, b->leaves);
        read_facts(p, b, first, "");
    }
    if (b->width == TILE_WIDTH && !b->mismatch.any)
        b->root = merkle_root(b->leaves, TILE_WIDTH);
    return OK;
}

/* --- in order --- */

static struct tile_check upper_tiles(struct walk *w)
{
    return (struct tile_check){.dir = w->dir, .mismatch = &w->report->mismatch, .scratch = &w->tile_bytes};
}

static enum status on_full_tile(void *ctx, unsigned level, uint64_t index, const struct hash hash[TILE_WIDTH],
                                struct err *err)
{
    struct walk *w = ctx;
    struct tile_check check = upper_tiles(w);

    return w->report->mismatch.any ? OK : tile_check_hashes(&check, level, index, hash, TILE_WIDTH, err);
}

static enum status take_block(void *ctx, uint64_t index, void *result, bool *enough, struct err *err)
{
    struct walk *w = ctx;
    const struct block *b = result;
    struct tile_sink sink = {.ctx = w, .full = on_full_tile};
    uint64_t first = index * TILE_WIDTH;

    for (size_t i = 0; i < b->facts_n; i++)
        TRY(meaning_take(&w->meaning, first + i, &b->facts[i], err));
    w->report->entries_verified += b->facts_n;
    if (b->mismatch.any)
        w->report->mismatch = b->mismatch;
    else if (b->width == TILE_WIDTH)
        TRY(tile_rows_append_tile(&w->rows, &b->root, w->dir ? &sink : NULL, err));
    else
        for (unsigned i = 0; i < b->width; i++)
            TRY(tile_rows_append(&w->rows, &b->leaves[i], NULL, err));
    *enough = w->report->mismatch.any;
    if (w->how && w->how->tick)
        w->how->tick(w->how->ctx, first + b->width, w->report->size);
    return OK;
}

static enum status check_last_tiles(struct walk *w, struct err *err)
{
    uint64_t size = w->report->size;
    struct tile_check check = upper_tiles(w);

    for (unsigned level = 1; level < TILE_LEVELS && w->dir && !check.mismatch->any; level++) {
        unsigned width = tile_partial(level, size);

        if (width > 0)
            TRY(tile_check_hashes(&check, level, tile_full(level, size), w->rows.row[level].hash, width, err));
    }
    return OK;
}

static void check_root(struct walk *w)
{
    struct verify_report *r = w->report;

    if (r->mismatch.any)
        return;
    struct hash root = tile_rows_root(&w->rows);
    if (hash_eq(&root, &r->root))
        return;
    mismatch_hash(&r->mismatch, 0, w->dir ? "checkpoint" : "", "root of the tree", &r->root, &root);
    r->mismatch.has_index = false;
}

static enum status check_all(struct walk *w, struct err *err)
{
    struct ordered run = {.ctx = w,
                          .pieces = (w->report->size + TILE_WIDTH - 1) / TILE_WIDTH,
                          .threads = w->threads,
                          .result_bytes = sizeof(struct block),
                          .work = check_block,
                          .take = take_block};

    TRY(ordered_run(&run, err));
    TRY(check_last_tiles(w, err));
    check_root(w);
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
    struct verify_mismatch *m = &w->report->mismatch;
    int length = snprintf(path, sizeof(path), "%s/checkpoint", w->dir);

    if (length < 0 || (size_t)length >= sizeof(path))
        return FAIL(err, E_INVALID, "path too long: %s/checkpoint", w->dir);
    enum status status = file_read(path, NOTE_BYTES_MAX, a, &bytes, &why);
    if (status != OK) {
        TRY(mismatch_unreadable(m, status, 0, "checkpoint", &why, err));
        m->has_index = false;
        return OK;
    }
    if (checkpoint_open(bytes, origin, keys, n, &opened, &why) != OK) {
        mismatch_set(m, "checkpoint", "checkpoint", "signed by a given key", why.text);
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

static enum status walk_begin(struct walk *w, const struct verify_how *how, struct verify_report *report,
                              struct err *err)
{
    unsigned wanted = how && how->threads ? how->threads : ordered_threads();

    memset(report, 0, sizeof(*report));
    w->report = report;
    w->how = how;
    w->threads = wanted < ORDERED_THREADS_MAX ? wanted : ORDERED_THREADS_MAX;
    if (w->blocks && w->threads > w->blocks->threads)
        w->threads = w->blocks->threads;
    arena_init(&w->tile_bytes, TILE_CHECK_BYTES);
    tile_rows_init(&w->rows);
    meaning_init(&w->meaning, INTENT_BYTES_MAX);
    w->places = calloc(w->threads, sizeof(*w->places));
    if (!w->places)
        return FAIL(err, E_LIMIT, "out of memory");
    for (unsigned i = 0; i < w->threads; i++) {
        arena_init(&w->places[i].bundle_bytes, TILE_CHECK_BYTES);
        arena_init(&w->places[i].tile_bytes, TILE_CHECK_BYTES);
    }
    return OK;
}

static void walk_end(struct walk *w)
{
    struct verify_report *r = w->report;

    r->open_n = meaning_open_intents(&w->meaning, r->open, VERIFY_OPEN_MAX);
    meaning_release(&w->meaning);
    r->meaning = w->meaning;
    if (meaning_test_clock(r->origin))
        meaning_forgive_time(&r->meaning);
    r->ok = !r->mismatch.any && !r->meaning.any;
    for (unsigned i = 0; w->places && i < w->threads; i++) {
        arena_release(&w->places[i].bundle_bytes);
        arena_release(&w->places[i].tile_bytes);
    }
    free(w->places);
    arena_release(&w->tile_bytes);
    free(w);
}

static struct walk *walk_new(struct err *err)
{
    struct walk *w = calloc(1, sizeof(*w));

    if (!w)
        (void)FAIL(err, E_LIMIT, "out of memory");
    return w;
}

enum status verify_directory(const char *dir, struct str origin, const struct note_vkey *keys, size_t n,
                             const struct verify_how *how, struct arena *a, struct verify_report *out,
                             struct err *err)
{
    struct walk *w = walk_new(err);

    if (!w)
        return E_LIMIT;
    w->dir = dir;
    enum status status = walk_begin(w, how, out, err);
    if (status == OK)
        status = open_checkpoint(w, origin, keys, n, a, err);
    if (status == OK && !out->mismatch.any)
        status = check_all(w, err);
    walk_end(w);
    out->ok = out->ok && status == OK;
    return status;
}

enum status verify_entries(const struct entry_blocks *blocks, uint64_t size, const struct hash *root,
                           const struct verify_how *how, struct verify_report *out, struct err *err)
{
    struct walk *w = walk_new(err);

    if (!w)
        return E_LIMIT;
    w->blocks = blocks;
    enum status status = walk_begin(w, how, out, err);
    out->size = size;
    out->root = *root;
    if (status == OK)
        status = check_all(w, err);
    walk_end(w);
    out->ok = out->ok && status == OK;
    return status;
}
