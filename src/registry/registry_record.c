/* registry_record.c - rows of one body whose meaning is the caller's. */
#include "registry/front.h"

enum status registry_record_get(struct registry *r, enum table t, struct str key, struct arena *a, struct str *body,
                                uint64_t *version, struct err *err)
{
    struct row row;
    TRY(registry_get_one(r, t, key, a, &row, err));
    *body = row.version > 0 ? row.body : STR_NONE;
    *version = row.version;
    return OK;
}

enum status registry_record_put(struct registry *r, enum table t, struct str key, struct str body, uint64_t version,
                                struct entry *entry, struct err *err)
{
    struct row row = {.table = t, .op = ROW_PUT, .key = key, .version = version, .body = body};
    return registry_commit_one(r, &row, 1, entry, err);
}

enum status registry_record_remove(struct registry *r, enum table t, struct str key, uint64_t version,
                                   struct err *err)
{
    struct row row = {.table = t, .op = ROW_REMOVE, .key = key, .version = version};
    return registry_commit_one(r, &row, 1, NULL, err);
}

enum status registry_record_page(struct registry *r, enum table t, struct str prefix, struct str after, size_t max,
                                 struct arena *a, struct row **out, size_t *n, struct err *err)
{
    return backend_page(&r->backend, t, prefix, after, max, a, out, n, err);
}
