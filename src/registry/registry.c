/* registry.c - a registry opened and recognised; its small values and sources. */
#include "registry/registry.h"

#include <stdlib.h>

#include "registry/front.h"

enum { META_BYTES = 1 << 20, PAGE_ROWS = 500 };

static const struct str meta_check = {"identifier_check", 16}, meta_instance = {"instance", 8},
                        meta_epoch = {"epoch", 5}, meta_schema = {"schema", 6};

/* By 1 to 2^31: after a database has lost its last moments, counting on by ones would come to an epoch that a worker has
 * read before, and open the gate of its permit again. */
struct row epoch_row(void)
{
    uint32_t step;
    crypto_random(&step, sizeof(step));
    return (struct row){.table = TABLE_META, .op = ROW_ADD, .key = meta_epoch, .version = VERSION_ANY,
                        .add = (int64_t)(step >> 1) + 1};
}

enum status registry_get_one(struct registry *r, enum table t, struct str key, struct arena *a, struct row *out,
                             struct err *err)
{
    return backend_get(&r->backend, t, &key, 1, a, out, err);
}

/* What the key makes of a fixed text: tells a wrong key, and nothing about the right one. */
static struct hash check_value(const struct hmac_key *identifier)
{
    return hmac(identifier, STR("expunge: check value of the identifier key"));
}

static enum status meta_create(struct registry *r, struct err *err)
{
    struct hash check = check_value(&r->identifier);
    unsigned char instance[16];
    crypto_random(instance, sizeof(instance));
    struct row rows[] = {
        {.table = TABLE_META, .op = ROW_PUT, .key = meta_schema, .body = STR("1")},
        {.table = TABLE_META, .op = ROW_PUT, .key = meta_check, .body = {(const char *)check.b, sizeof(check.b)}},
        {.table = TABLE_META, .op = ROW_PUT, .key = meta_instance, .body = {(const char *)instance, sizeof(instance)}},
        epoch_row(),
    };
    return registry_commit_one(r, rows, ARRAY_LEN(rows), NULL, err);
}

static enum status meta_compare(struct registry *r, struct arena *a, struct err *err)
{
    struct row check, schema;
    struct hash expected = check_value(&r->identifier);
    TRY(registry_get_one(r, TABLE_META, meta_schema, a, &schema, err));
    TRY(registry_get_one(r, TABLE_META, meta_check, a, &check, err));
    if (check.version == 0 || schema.version == 0)
        return FAIL(err, E_INVALID, "the registry was not created to its end: remove it and run `expunge init`, or `expunge registry copy`, again");
    if (!str_is(schema.body, "1"))
        return FAIL(err, E_UNSUPPORTED, "the registry was written by a newer expunge (rows of schema %.*s)",
                    STR_ARG(schema.body));
    if (check.body.n != HASH_BYTES || !bytes_equal(check.body.p, expected.b, HASH_BYTES))
        return FAIL(err, E_DENIED, "the identifier key is not the one this registry was created with: nothing in it "
                                   "can be found by another; put the right key back");
    return OK;
}

enum status registry_open(struct str url, bool create, const unsigned char identifier[KEY_BYTES],
                          const struct sealer *sealer, struct registry **out, struct err *err)
{
    struct registry *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    hmac_key_init(&r->identifier, identifier);
    r->sealer = sealer;
    enum status status = backend_open(url, create, &r->backend, err);
    if (status == OK && create) {
        status = meta_create(r, err);
    } else if (status == OK) {
        struct arena a;
        arena_init(&a, META_BYTES);
        status = meta_compare(r, &a, err);
        arena_release(&a);
    }
    if (status != OK)
        registry_close(r);
    else
        *out = r;
    return status;
}

void registry_close(struct registry *r)
{
    if (r == NULL)
        return;
    backend_close(&r->backend);
    explicit_bzero(&r->identifier, sizeof(r->identifier));
    free(r);
}

enum status registry_epoch(struct registry *r, uint64_t *epoch, struct err *err)
{
    struct arena a;
    struct row row;
    arena_init(&a, 1 << 16);
    enum status status = registry_get_one(r, TABLE_META, meta_epoch, &a, &row, err);
    arena_release(&a);
    if (status != OK)
        return status;
    if (row.version == 0) /* without it no hold would be noticed */
        return FAIL(err, E_INVALID, "the registry has lost its hold epoch: restore it from a backup");
    *epoch = (uint64_t)row.add;
    return OK;
}

enum status registry_meta_get(struct registry *r, const char *name, struct arena *a, struct str *out,
                              uint64_t *version, struct err *err)
{
    return registry_record_get(r, TABLE_META, str_of(name), a, out, version, err);
}

enum status registry_meta_put(struct registry *r, const char *name, struct str value, uint64_t version,
                              struct entry *entry, struct err *err)
{
    return registry_record_put(r, TABLE_META, str_of(name), value, version, entry, err);
}

static int source_order(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

enum status registry_sources(struct registry *r, struct arena *a, struct str **out, size_t *n, struct err *err)
{
    struct str *names = NULL, after = STR_NONE;
    size_t names_n = 0, cap = 0, rows_n;
    do {
        struct row *rows;
        TRY(backend_page(&r->backend, TABLE_SOURCE, STR(""), after, PAGE_ROWS, a, &rows, &rows_n, err));
        if (!arena_grow(a, (void **)&names, &cap, names_n + rows_n, sizeof(*names)))
            return ARENA_FULL(err, a);
        for (size_t i = 0; i < rows_n; i++)
            names[names_n++] = rows[i].body;
        if (rows_n > 0)
            after = rows[rows_n - 1].key;
    } while (rows_n == PAGE_ROWS);
    if (names_n > 1)
        qsort(names, names_n, sizeof(*names), source_order);
    *out = names;
    *n = names_n;
    return OK;
}

/* A name may be longer than a key: its hash is the key, the name the body. */
enum status registry_source_add(struct registry *r, struct str source, struct err *err)
{
    struct hash key = sha256(source);
    struct row row = {.table = TABLE_SOURCE, .op = ROW_PUT, .key = {(const char *)key.b, HASH_BYTES}, .body = source};
    struct group g = {.rows = &row, .rows_n = 1};
    struct arena a;
    struct row now;
    if (source.n == 0)
        return FAIL(err, E_INVALID, "a source has no name");
    arena_init(&a, META_BYTES);
    enum status status = registry_get_one(r, TABLE_SOURCE, row.key, &a, &now, err);
    if (status == OK && now.version == 0)
        status = registry_commit(r, &g, 1, err); /* a conflict: somebody else has just added it */
    arena_release(&a);
    return status;
}
