#include "tests/lib/shared_vectors.h"

#include "base/file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void load(struct vectors *v, const char *name)
{
    const char *shared = getenv("EXPUNGE_SHARED");
    char path[PATH_MAX];
    struct str text;
    struct err err;

    (void)snprintf(path, sizeof(path), "%s/vectors/%s", shared ? shared : "../shared", name);
    if (!file_exists(path)) {
        print_message("SKIPPED: %s is not there; set EXPUNGE_SHARED to the folder that holds vectors/\n", path);
        return;
    }
    assert_int_equal(file_read(path, 1 << 20, &v->memory, &text, &err), OK);
    assert_int_equal(json_parse(text, &v->memory, &v->root, &err), OK);
}

static void generate(struct vectors *v, size_t leaves)
{
    v->leaves = leaves;
    for (size_t l = 0; l < GENERATED_LEVELS; l++) {
        v->level[l] = calloc((leaves >> l) + 1, sizeof(struct hash));
        assert_non_null(v->level[l]);
    }
    for (size_t i = 0; i < leaves; i++) {
        char text[32];

        v->level[0][i] = merkle_leaf(generated_entry(i, text));
    }
    for (size_t l = 1; l < GENERATED_LEVELS; l++) {
        for (size_t i = 0; i < leaves >> l; i++)
            v->level[l][i] = merkle_node(&v->level[l - 1][2 * i], &v->level[l - 1][2 * i + 1]);
    }
}

void vectors_open(struct vectors *v, const char *name, size_t leaves)
{
    struct err err;

    memset(v, 0, sizeof(*v));
    arena_init(&v->memory, 64 << 20);
    assert_int_equal(crypto_init(&err), OK);
    load(v, name);
    if (v->root)
        generate(v, leaves);
}

void vectors_close(struct vectors *v)
{
    if (v->root)
        print_message("shared vectors: %u values checked, %u must-fail cases rejected\n", v->checked, v->must_fail);
    for (size_t l = 0; l < GENERATED_LEVELS; l++)
        free(v->level[l]);
    arena_release(&v->memory);
}

const struct json *need(const struct json *j, const char *key)
{
    const struct json *found = json_get(j, key);

    if (!found)
        fail_msg("the vectors have no \"%s\"", key);
    return found;
}

uint64_t need_number(const struct json *j, const char *key)
{
    int64_t n = -1;

    assert_true(json_int(need(j, key), &n));
    return (uint64_t)n;
}

struct str need_text(const struct json *j, const char *key)
{
    return json_string(need(j, key));
}

struct str vectors_bytes(struct vectors *v, struct str hex)
{
    size_t n = hex.n / 2;
    unsigned char *p = arena_alloc(&v->memory, n + 1);

    assert_non_null(p);
    assert_true(hex_decode(hex, p, &n));
    return (struct str){(const char *)p, n};
}

struct hash vectors_hash(struct str hex)
{
    struct hash h;
    size_t n = sizeof(h.b);

    assert_true(hex_decode(hex, h.b, &n));
    assert_int_equal(n, sizeof(h.b));
    return h;
}

struct merkle_path vectors_path(const struct json *list)
{
    struct merkle_path path = {0};

    for (const struct json *h = list->first; h; h = h->next) {
        assert_true(path.n < MERKLE_PATH_MAX);
        path.hash[path.n++] = vectors_hash(json_string(h));
    }
    return path;
}

void same_hash(struct vectors *v, const struct hash *a, const struct hash *b)
{
    assert_memory_equal(a->b, b->b, HASH_BYTES);
    v->checked++;
}

void same_path(struct vectors *v, const struct merkle_path *a, const struct merkle_path *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        same_hash(v, &a->hash[i], &b->hash[i]);
}

struct str generated_entry(uint64_t i, char out[32])
{
    int n = snprintf(out, 32, "entry-%llu", (unsigned long long)i);

    return (struct str){out, (size_t)n};
}

static enum status generated_read(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *err)
{
    const struct vectors *v = ctx;

    (void)err;
    assert_true(level < GENERATED_LEVELS && index < (uint64_t)v->leaves >> level);
    *out = v->level[level][index];
    return OK;
}

struct hash_reader generated_reader(struct vectors *v)
{
    return (struct hash_reader){.ctx = v, .read = generated_read};
}
