/* postgresql_params.c - parameters as PostgreSQL's binary protocol has them: integers in network order, arrays of one
 * dimension with a length before each item (src/backend/utils/adt/arrayfuncs.c, array_recv). */
#include "registry/postgresql.h"

enum { OID_BYTEA = 17, OID_INT8 = 20 };

void params_init(struct params *p)
{
    *p = (struct params){.n = 0};
}

void params_release(struct params *p)
{
    for (int i = 0; i < p->n; i++)
        buf_release(&p->bytes[i]);
    p->n = 0;
}

static void add_big_endian(struct buf *b, uint64_t v, size_t bytes)
{
    unsigned char out[8];
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
    buf_add(b, out, bytes);
}

static struct buf *next_param(struct params *p)
{
    ASSERT(p->n < PARAMS_MAX);
    buf_init(&p->bytes[p->n], PARAM_BYTES_MAX);
    return &p->bytes[p->n++];
}

static struct buf *this_param(struct params *p)
{
    ASSERT(p->n > 0);
    return &p->bytes[p->n - 1];
}

void param_int(struct params *p, int64_t v)
{
    add_big_endian(next_param(p), (uint64_t)v, 8);
}

void param_bytes(struct params *p, struct str s)
{
    struct buf *b = next_param(p);
    p->null[p->n - 1] = s.p == NULL;
    buf_str(b, s);
}

void param_array(struct params *p, bool bytes, size_t n)
{
    struct buf *b = next_param(p);
    ASSERT(n <= INT32_MAX);
    add_big_endian(b, n > 0 ? 1 : 0, 4); /* dimensions */
    add_big_endian(b, 1, 4);             /* there may be NULLs */
    add_big_endian(b, bytes ? OID_BYTEA : OID_INT8, 4);
    if (n == 0)
        return;
    add_big_endian(b, n, 4);
    add_big_endian(b, 1, 4); /* the first index */
}

void param_item_int(struct params *p, int64_t v)
{
    add_big_endian(this_param(p), 8, 4);
    add_big_endian(this_param(p), (uint64_t)v, 8);
}

void param_item_bytes(struct params *p, struct str s)
{
    add_big_endian(this_param(p), s.n, 4);
    buf_str(this_param(p), s);
}

void param_item_null(struct params *p)
{
    add_big_endian(this_param(p), UINT32_MAX, 4);
}

enum status params_check(const struct params *p, struct err *err)
{
    for (int i = 0; i < p->n; i++)
        TRY(buf_check(&p->bytes[i], err));
    return OK;
}
