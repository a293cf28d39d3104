/* test_shared_vectors.c - tree, proofs, tiles and bundles against merkle.json (tests/lib/shared_vectors.h). */
#include "audit/tile_dir.h"
#include "base/file.h"
#include "tests/lib/shared_vectors.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct vectors vectors;

#define SKIP_WITHOUT_VECTORS                                                                                           \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (!vectors.root)                                                                                             \
            skip();                                                                                                    \
    } while (0)

static void inclusion_vectors(const struct json *list, const struct hash_reader *r)
{
    for (const struct json *v = list->first; v; v = v->next) {
        uint64_t index = need_number(v, "index"), size = need_number(v, "size");
        struct merkle_path want = vectors_path(need(v, "path")), got = {0};
        struct hash leaf, root;
        struct err err;

        assert_int_equal(merkle_prove_inclusion(r, index, size, &got, &err), OK);
        same_path(&vectors, &got, &want);
        assert_int_equal(r->read(r->ctx, 0, index, &leaf, &err), OK);
        assert_int_equal(merkle_read_root(r, size, &root, &err), OK);
        assert_true(merkle_verify_inclusion(&leaf, index, size, &want, &root));
        vectors.checked++;
    }
}

static void consistency_vectors(const struct json *list, const struct hash_reader *r)
{
    for (const struct json *v = list->first; v; v = v->next) {
        uint64_t old_size = need_number(v, "old"), new_size = need_number(v, "new");
        struct merkle_path want = vectors_path(need(v, "path")), got = {0};
        struct hash old_root, new_root;
        struct err err;

        assert_int_equal(merkle_prove_consistency(r, old_size, new_size, &got, &err), OK);
        same_path(&vectors, &got, &want);
        assert_int_equal(merkle_read_root(r, old_size, &old_root, &err), OK);
        assert_int_equal(merkle_read_root(r, new_size, &new_root, &err), OK);
        assert_true(merkle_verify_consistency(old_size, &old_root, new_size, &new_root, &want));
        vectors.checked++;
    }
}

static void root_vectors(const struct json *roots, const struct hash_reader *r)
{
    for (const struct json *v = roots->first; v; v = v->next) {
        int64_t size;
        struct hash want = vectors_hash(json_string(v)), got;
        struct err err;

        assert_true(str_to_i64(v->key, &size));
        assert_int_equal(merkle_read_root(r, (uint64_t)size, &got, &err), OK);
        same_hash(&vectors, &got, &want);
    }
}

static void reference_tree(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *ref = need(vectors.root, "reference");
    const struct json *hashes = need(ref, "leaf_hashes")->first;
    struct hash leaves[8];
    size_t n = 0;

    for (const struct json *v = need(ref, "leaves")->first; v; v = v->next, hashes = hashes->next) {
        struct hash want = vectors_hash(json_string(hashes));

        assert_true(n < ARRAY_LEN(leaves));
        leaves[n] = merkle_leaf(vectors_bytes(&vectors, json_string(v)));
        same_hash(&vectors, &leaves[n++], &want);
    }
    struct leaf_array array = {.leaves = leaves, .n = n};
    struct hash_reader reader = leaf_array_reader(&array);
    root_vectors(need(ref, "roots"), &reader);
    inclusion_vectors(need(ref, "inclusion"), &reader);
    consistency_vectors(need(ref, "consistency"), &reader);
}

static void generated_tree(void **state)
{
    SKIP_WITHOUT_VECTORS;
    struct hash_reader reader = generated_reader(&vectors);
    const struct json *gen = need(vectors.root, "generated");

    root_vectors(need(gen, "roots"), &reader);
    inclusion_vectors(need(gen, "inclusion"), &reader);
    consistency_vectors(need(gen, "consistency"), &reader);
}

static void inclusion_must_fail(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *f = need(need(vectors.root, "generated"), "inclusion_must_fail");
    struct hash_reader reader = generated_reader(&vectors);
    struct hash root;
    struct err err;

    assert_int_equal(merkle_read_root(&reader, need_number(f, "root_of_size"), &root, &err), OK);
    for (const struct json *v = need(f, "cases")->first; v; v = v->next) {
        struct merkle_path path = vectors_path(need(v, "path"));
        uint64_t index = need_number(v, "index");
        const struct hash *leaf = index == 69999 ? &vectors.level[0][69999] : &vectors.level[0][12345];

        assert_false(merkle_verify_inclusion(leaf, index, need_number(v, "size"), &path, &root));
        vectors.must_fail++;
    }
}

static void tile_paths(void **state)
{
    SKIP_WITHOUT_VECTORS;
    for (const struct json *v = need(vectors.root, "tile_paths")->first; v; v = v->next) {
        struct str want = need_text(v, "path");
        unsigned l = TILE_ENTRIES, parsed_level, width;
        uint64_t index;
        char path[TILE_PATH_MAX];

        if (need(v, "level")->type == JSON_NUMBER)
            l = (unsigned)need_number(v, "level");
        tile_path(path, l, need_number(v, "index"), (unsigned)need_number(v, "width"));
        assert_true(str_is(want, path));
        assert_true(tile_path_parse(want, &parsed_level, &index, &width));
        assert_true(parsed_level == l && index == need_number(v, "index") && width == need_number(v, "width"));
        vectors.checked++;
    }
}

static void entry_bundles(void **state)
{
    SKIP_WITHOUT_VECTORS;
    const struct json *b = need(vectors.root, "entry_bundle");
    struct str want = vectors_bytes(&vectors, need_text(b, "bundle"));
    const struct json *hashes = need(b, "leaf_hashes")->first;
    struct hash leaves[TILE_WIDTH];
    struct bundle bundle;
    struct buf buf;
    struct err err;

    buf_init(&buf, BUNDLE_BYTES_MAX);
    for (const struct json *v = need(b, "entries")->first; v; v = v->next)
        bundle_add(&buf, vectors_bytes(&vectors, json_string(v)));
    assert_true(str_eq(buf_view(&buf), want));
    assert_int_equal(bundle_parse(want, &bundle, &err), OK);
    bundle_leaves(&bundle, leaves);
    for (size_t i = 0; i < bundle.n; i++, hashes = hashes->next) {
        struct hash h = vectors_hash(json_string(hashes));

        same_hash(&vectors, &leaves[i], &h);
    }
    assert_null(hashes);
    for (const struct json *v = need(b, "must_fail")->first; v; v = v->next) {
        assert_int_equal(bundle_parse(vectors_bytes(&vectors, need_text(v, "bundle")), &bundle, &err), E_INVALID);
        vectors.must_fail++;
    }
    buf_clear(&buf);
    static char big[ENTRY_BYTES_MAX];
    memset(big, 'A', sizeof(big));
    bundle_add(&buf, (struct str){big, sizeof(big)});
    struct hash leaf = merkle_leaf((struct str){big, sizeof(big)});
    struct hash h = vectors_hash(need_text(need(b, "max_entry"), "leaf_hash"));
    same_hash(&vectors, &leaf, &h);
    assert_memory_equal(buf.p, "\xff\xff", 2);
    buf_release(&buf);
}

/* --- tile folders --- */

static unsigned files_found;

static int count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path;
    (void)st;
    (void)ftw;
    files_found += type == FTW_F;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static enum status generated_next(void *ctx, uint64_t index, struct str *entry, struct err *err)
{
    (void)err;
    *entry = generated_entry(index, ctx);
    return OK;
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static size_t log_files(uint64_t size, char **out)
{
    size_t n = 0;

    for (unsigned l = 0; l <= TILE_LEVELS; l++) {
        unsigned l_or_entries = l == TILE_LEVELS ? (unsigned)TILE_ENTRIES : l;

        for (uint64_t i = 0; i <= tile_full(l_or_entries, size); i++) {
            unsigned width = i < tile_full(l_or_entries, size) ? TILE_WIDTH : tile_partial(l_or_entries, size);

            if (width == 0)
                continue;
            assert_non_null(out[n] = arena_alloc(&vectors.memory, TILE_PATH_MAX));
            tile_path(out[n++], l_or_entries, i, width);
        }
    }
    qsort(out, n, sizeof(*out), by_text);
    return n;
}

static void check_log(const struct json *log, const char *dir)
{
    uint64_t size = need_number(log, "size");
    char *files[1024], full[PATH_MAX];
    struct buf manifest;
    struct err err;
    size_t n = log_files(size, files);

    assert_int_equal(n, need_number(log, "file_count"));
    buf_init(&manifest, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        struct str content;

        (void)snprintf(full, sizeof(full), "%s/%s", dir, files[i]);
        assert_int_equal(file_read(full, BUNDLE_BYTES_MAX, &vectors.memory, &content, &err), OK);
        struct hash h = sha256(content);
        buf_hex(&manifest, h.b, HASH_BYTES);
        buf_fmt(&manifest, "  %s\n", files[i]);
    }
    for (const struct json *f = need(log, "files")->first; f; f = f->next) {
        struct str path = need_text(f, "path"), sum = need_text(f, "sha256");
        char line[256];

        (void)snprintf(line, sizeof(line), "%.*s  %.*s\n", STR_ARG(sum), STR_ARG(path));
        assert_non_null(strstr(manifest.p, line));
        vectors.checked++;
    }
    struct hash got = sha256(buf_view(&manifest)), want = vectors_hash(need_text(log, "manifest_sha256"));
    same_hash(&vectors, &got, &want);
    buf_release(&manifest);
    files_found = 0;
    assert_int_equal(nftw(dir, count_file, 16, FTW_PHYS), 0);
    assert_int_equal(files_found, n);
}

static void tile_folders(void **state)
{
    SKIP_WITHOUT_VECTORS;
    char entry[32];
    struct entry_source source = {.ctx = entry, .next = generated_next};
    struct hash_reader reader = generated_reader(&vectors);

    for (const struct json *log = need(need(vectors.root, "tiles"), "logs")->first; log; log = log->next) {
        char dir[64];
        struct tree_head none = {.size = 0, .root = merkle_empty_root()}, head = {.size = need_number(log, "size")};
        struct err err;

        (void)snprintf(dir, sizeof(dir), "%s/vectors-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert_non_null(mkdtemp(dir));
        assert_int_equal(merkle_read_root(&reader, head.size, &head.root, &err), OK);
        assert_int_equal(tiles_extend(dir, &none, &head, &source, &err), OK);
        check_log(log, dir);
        assert_int_equal(nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH), 0);
    }
}

static int setup(void **state)
{
    (void)state;
    vectors_open(&vectors, "merkle.json", GENERATED_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_close(&vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_tree),
        cmocka_unit_test(generated_tree),
        cmocka_unit_test(inclusion_must_fail),
        cmocka_unit_test(tile_paths),
        cmocka_unit_test(entry_bundles),
        cmocka_unit_test(tile_folders),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
