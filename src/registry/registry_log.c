/* registry_log.c - the log's entries as the registry keeps them. */
#include "registry/registry.h"

enum status registry_log_size(struct registry *r, uint64_t *size, struct err *err)
{
    return backend_number(&r->backend, size, err);
}

enum status registry_log_entries(struct registry *r, const struct entry_query *q, size_t max, struct arena *a,
                                 struct entry **out, size_t *n, struct err *err)
{
    return backend_entries(&r->backend, q, max, a, out, n, err);
}
