/* pack.c - rows of numbered fields, written and read. */
#include "base/pack.h"

enum { NUMBER_MAX = 2047, VARINT_BYTES_MAX = 10 };

static void put_varint(struct buf *b, uint64_t v)
{
    unsigned char bytes[VARINT_BYTES_MAX];
    size_t n = 0;
    while (v >= 0x80) {
        bytes[n++] = (unsigned char)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (unsigned char)v;
    buf_add(b, bytes, n);
}

static void put_key(struct buf *b, unsigned number, bool is_bytes)
{
    ASSERT(number >= 1 && number <= NUMBER_MAX);
    put_varint(b, (uint64_t)number << 1 | is_bytes);
}

/* Zig-zag: small negative numbers stay short. */
static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t u)
{
    return (int64_t)(u >> 1 ^ ((u & 1) != 0 ? UINT64_MAX : 0));
}

void pack_int(struct buf *b, unsigned number, int64_t v)
{
    if (v == 0)
        return;
    put_key(b, number, false);
    put_varint(b, zigzag(v));
}

void pack_str(struct buf *b, unsigned number, struct str s)
{
    if (s.p == NULL)
        return;
    put_key(b, number, true);
    put_varint(b, s.n);
    buf_str(b, s);
}

void pack_bytes(struct buf *b, unsigned number, const void *p, size_t n)
{
    pack_str(b, number, (struct str){p, n});
}

void pack_buf(struct buf *b, unsigned number, const struct buf *inner)
{
    if (inner->failed) /* half a nested record must not look like a whole one */
        b->failed = true;
    pack_str(b, number, buf_view(inner));
}

void unpack_init(struct unpack *u, struct str body)
{
    *u = (struct unpack){.p = (const unsigned char *)body.p};
    u->end = body.n > 0 ? u->p + body.n : u->p;
}

static bool get_varint(struct unpack *u, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 7 * VARINT_BYTES_MAX && u->p < u->end; shift += 7) {
        unsigned char byte = *u->p++;
        if (shift == 63 && byte > 1) /* the tenth byte has room for one bit */
            return false;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool next_field(struct unpack *u)
{
    uint64_t key, v;
    if (!get_varint(u, &key) || !get_varint(u, &v))
        return false;
    if (key >> 1 < 1 || key >> 1 > NUMBER_MAX || key >> 1 < u->number) /* ascending, or this is no row of ours */
        return false;
    u->number = (unsigned)(key >> 1);
    u->is_bytes = (key & 1) != 0;
    u->i = 0;
    u->s = STR_NONE;
    if (!u->is_bytes) {
        u->i = unzigzag(v);
        return true;
    }
    if (v > (uint64_t)(u->end - u->p))
        return false;
    u->s = (struct str){(const char *)u->p, (size_t)v};
    u->p += v;
    return true;
}

bool unpack_next(struct unpack *u)
{
    if (u->bad || u->p == u->end)
        return false;
    u->bad = !next_field(u);
    return !u->bad;
}
