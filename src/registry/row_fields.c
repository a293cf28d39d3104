/* row_fields.c - members of a struct to numbered fields of a body and back. */
#include "registry/row_fields.h"

#include <assert.h>

#include "registry/backend.h"

static_assert(sizeof(enum artefact_kind) == sizeof(int), "FIELD_ENUM copies an int");

/* A time of 0 must differ from none, and none should cost nothing. */
void pack_time(struct buf *b, unsigned number, int64_t ms)
{
    if (ms != TIME_NONE)
        pack_int(b, number, ms < 0 ? ms : ms == INT64_MAX ? INT64_MIN : ms + 1);
}

int64_t unpack_time(int64_t stored)
{
    if (stored == 0)
        return TIME_NONE;
    if (stored == INT64_MIN)
        return INT64_MAX;
    return stored < 0 ? stored : stored - 1;
}

void pack_key(struct buf *b, unsigned number, const struct row_key *k)
{
    if (!row_key_is_none(k))
        pack_bytes(b, number, k->b, ROW_KEY_BYTES);
}

void unpack_key(struct unpack *u, struct row_key *out)
{
    if (!u->is_bytes || u->s.n != ROW_KEY_BYTES)
        u->bad = true;
    else
        memcpy(out->b, u->s.p, ROW_KEY_BYTES);
}

void pack_keys(struct buf *b, unsigned number, const struct row_key *keys, size_t n)
{
    if (n > 0)
        pack_bytes(b, number, keys, n * sizeof(*keys));
}

enum status unpack_keys(struct unpack *u, struct arena *a, struct row_key **out, size_t *n, struct err *err)
{
    if (!u->is_bytes || u->s.n % ROW_KEY_BYTES != 0) {
        u->bad = true;
        return OK;
    }
    size_t keys_n = u->s.n / ROW_KEY_BYTES;
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, keys_n);
    if (keys == NULL)
        return ARENA_FULL(err, a);
    if (keys_n > 0)
        memcpy(keys, u->s.p, u->s.n);
    *out = keys;
    *n = keys_n;
    return OK;
}

static void pack_member(struct buf *b, unsigned number, const struct field *f, const char *at)
{
    struct str text;
    struct row_key key;
    struct hash hash;
    int64_t i;
    int e;
    bool flag;
    static const struct hash zero;
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(&text, at, sizeof(text));
        pack_str(b, number, text);
        break;
    case FIELD_TIME:
        memcpy(&i, at, sizeof(i));
        pack_time(b, number, i);
        break;
    case FIELD_INT:
        memcpy(&i, at, sizeof(i));
        pack_int(b, number, i);
        break;
    case FIELD_BOOL:
        memcpy(&flag, at, sizeof(flag));
        pack_int(b, number, flag);
        break;
    case FIELD_KEY:
        memcpy(&key, at, sizeof(key));
        pack_key(b, number, &key);
        break;
    case FIELD_HASH:
        memcpy(&hash, at, sizeof(hash));
        if (memcmp(&hash, &zero, sizeof(hash)) != 0)
            pack_bytes(b, number, hash.b, sizeof(hash.b));
        break;
    case FIELD_ENUM:
        memcpy(&e, at, sizeof(e));
        pack_int(b, number, e);
        break;
    }
}

void fields_pack(struct buf *b, const struct field *fields, size_t n, const void *record)
{
    ASSERT(n < FIELD_LISTS);
    for (size_t i = 0; i < n; i++)
        pack_member(b, (unsigned)i + 1, &fields[i], (const char *)record + fields[i].offset);
}

static void read_member(struct unpack *u, const struct field *f, char *at)
{
    bool bytes = f->type == FIELD_TEXT || f->type == FIELD_KEY || f->type == FIELD_HASH;
    int64_t i = f->type == FIELD_TIME ? unpack_time(u->i) : u->i;
    bool flag = i != 0;
    int e = i >= 0 && i < f->limit ? (int)i : -1;
    struct row_key key;
    if (u->is_bytes != bytes || (f->type == FIELD_ENUM && e < 0)) {
        u->bad = true;
        return;
    }
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(at, &u->s, sizeof(u->s));
        break;
    case FIELD_TIME:
    case FIELD_INT:
        memcpy(at, &i, sizeof(i));
        break;
    case FIELD_BOOL:
        memcpy(at, &flag, sizeof(flag));
        break;
    case FIELD_KEY:
        unpack_key(u, &key);
        if (!u->bad)
            memcpy(at, &key, sizeof(key));
        break;
    case FIELD_HASH:
        u->bad = u->s.n != sizeof(struct hash);
        if (!u->bad)
            memcpy(at, u->s.p, sizeof(struct hash));
        break;
    case FIELD_ENUM:
        memcpy(at, &e, sizeof(e));
        break;
    }
}

static size_t member_bytes(enum field_type type)
{
    static const size_t bytes[] = {
        [FIELD_TEXT] = sizeof(struct str), [FIELD_TIME] = sizeof(int64_t),       [FIELD_INT] = sizeof(int64_t),
        [FIELD_BOOL] = sizeof(bool),       [FIELD_KEY] = sizeof(struct row_key), [FIELD_HASH] = sizeof(struct hash),
        [FIELD_ENUM] = sizeof(int),
    };
    return bytes[type];
}

void fields_clear(const struct field *fields, size_t n, void *record)
{
    static const int64_t none = TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)record + fields[i].offset;
        if (fields[i].type == FIELD_TIME)
            memcpy(at, &none, sizeof(none));
        else
            memset(at, 0, member_bytes(fields[i].type));
    }
}

bool field_read(struct unpack *u, const struct field *fields, size_t n, void *record)
{
    if (u->number < 1 || u->number > n)
        return false;
    const struct field *f = &fields[u->number - 1];
    read_member(u, f, (char *)record + f->offset);
    return true;
}

struct str key_str(const struct row_key *k)
{
    return (struct str){(const char *)k->b, ROW_KEY_BYTES};
}

enum status body_take(struct buf *b, const char *what, struct arena *a, struct str *out, struct err *err)
{
    enum status status = OK;
    if (b->failed || b->n > BODY_BYTES_MAX)
        status = FAIL(err, E_LIMIT, "%s is larger than the %d bytes a registry row may have", what, BODY_BYTES_MAX);
    else {
        struct str body = arena_str(a, b->n > 0 ? buf_view(b) : STR(""));
        if (body.p == NULL)
            status = ARENA_FULL(err, a);
        else
            *out = body;
    }
    buf_release(b);
    return status;
}

enum status fail_damaged(const char *what, struct str key, struct err *err)
{
    struct buf hex;
    buf_init(&hex, 2 * ROW_KEY_MAX + 1);
    buf_hex(&hex, key.p, key.n);
    (void)err_set(err, E_INVALID, WHERE, "the registry row of %s %.*s is damaged: restore the registry from a backup",
                  what, STR_ARG(buf_view(&hex)));
    buf_release(&hex);
    return E_INVALID;
}
