/* registry_parts.c - what is longer than a row may be: rows numbered from 0, the first of which says how many there are, so
 * that they are read by key. */
#include "registry/front.h"

enum { KEY_BYTES_OF_PART = ROW_KEY_BYTES + 4 };

enum status part_key(const struct row_key *owner, uint64_t part, struct arena *a, struct str *out, struct err *err)
{
    unsigned char *key = arena_alloc(a, KEY_BYTES_OF_PART);
    if (key == NULL)
        return ARENA_FULL(err, a);
    memcpy(key, owner->b, ROW_KEY_BYTES);
    for (unsigned i = 0; i < 4; i++)
        key[ROW_KEY_BYTES + i] = (unsigned char)(part >> (24 - 8 * i));
    *out = (struct str){(const char *)key, KEY_BYTES_OF_PART};
    return OK;
}

static uint64_t parts_of(struct str body)
{
    struct unpack u;
    unpack_init(&u, body);
    while (unpack_next(&u))
        if (u.number == PART_COUNT && !u.is_bytes && u.i > 0 && u.i <= PARTS_MAX)
            return (uint64_t)u.i;
    return 0;
}

/* One attempt. *torn: somebody wrote them anew meanwhile. */
static enum status read_once(struct registry *r, enum table t, struct str first, const struct row_key *owner,
                             struct arena *a, struct row **rows, size_t *n, bool *torn, struct err *err)
{
    struct row head, again;
    *torn = false;
    TRY(registry_get_one(r, t, first, a, &head, err));
    size_t parts = head.version > 0 ? (size_t)parts_of(head.body) : 0;
    if (head.version > 0 && parts == 0)
        return fail_damaged("a list in parts", first, err);
    struct row *all = ARENA_ARRAY(a, struct row, parts + 1);
    struct str *keys = ARENA_ARRAY(a, struct str, parts + 1);
    if (all == NULL || keys == NULL)
        return ARENA_FULL(err, a);
    all[0] = head;
    for (size_t i = 1; i < parts; i++)
        TRY(part_key(owner, i, a, &keys[i], err));
    if (parts > 1) {
        TRY(backend_get(&r->backend, t, keys + 1, parts - 1, a, all + 1, err));
        TRY(registry_get_one(r, t, first, a, &again, err)); /* what one group wrote is seen whole: this one tells */
        *torn = again.version != head.version;
    }
    for (size_t i = 1; i < parts && !*torn; i++)
        if (all[i].version == 0)
            return fail_damaged("a list in parts", keys[i], err);
    *rows = all;
    *n = parts;
    return OK;
}

enum status parts_get(struct registry *r, enum table t, struct str first, const struct row_key *owner, struct arena *a,
                      struct row **rows, size_t *n, struct err *err)
{
    bool torn = true;
    for (int i = 0; i < CONFLICT_ROUNDS && torn; i++)
        TRY(read_once(r, t, first, owner, a, rows, n, &torn, err));
    return torn ? FAIL(err, E_RETRY, "a contact's record is being written faster than it can be read: try again") : OK;
}
