/*
 * pack.h - compact rows: numbered fields, each a varint or bytes, in ascending order of number.
 *
 * What a registry keeps in a row's body. A reader skips numbers it does not know, so a newer program can add fields;
 * a writer leaves out zero and absent fields. The format is (number << 1 | is_bytes) as varint, then the value:
 * zig-zag varint, or varint length and bytes. Field numbers 1..2047. A repeated number is a list.
 */
#ifndef EXPUNGE_PACK_H
#define EXPUNGE_PACK_H

#include "base/buf.h"

void pack_int(struct buf *b, unsigned number, int64_t v);         /* v == 0 writes nothing */
void pack_str(struct buf *b, unsigned number, struct str s);      /* absent writes nothing; empty is written */
void pack_bytes(struct buf *b, unsigned number, const void *p, size_t n);
void pack_buf(struct buf *b, unsigned number, const struct buf *inner); /* nested record */

struct unpack {
    const unsigned char *p, *end;
    unsigned number; /* of the current field */
    bool is_bytes;
    int64_t i;    /* when !is_bytes */
    struct str s; /* when is_bytes; points into the input */
    bool bad;     /* malformed input was met: treat the row as corrupt */
};
void unpack_init(struct unpack *u, struct str body);
bool unpack_next(struct unpack *u); /* false at the end, or when bad */

#endif
