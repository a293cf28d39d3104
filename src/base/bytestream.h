/*
 * bytestream.h - the bytes of a file, unpacked when it is gzip, seen through a window that the reader moves forward.
 */
#ifndef EXPUNGE_BYTESTREAM_H
#define EXPUNGE_BYTESTREAM_H

#include "base/base.h"

#include <zlib.h>

struct bytestream {
    int fd;
    char *buffer;
    size_t from, to, cap, max; /* the window is buffer[from..to) */
    uint64_t offset;           /* of the window's first byte in the unpacked stream */
    uint64_t line, column;     /* of the same byte, 1-based, columns in bytes */
    bool at_end;               /* nothing will follow the window */
    char fault[120];           /* why the stream ended too soon (damaged gzip); "" when it did not */
    bool packed;
    bool member_open; /* inside a gzip member */
    z_stream z;
    unsigned char *input; /* packed bytes, from the file */
};

/* Reads the first bytes and recognises gzip. The window grows to at most window_max. fd stays the caller's. */
enum status bytestream_open(struct bytestream *s, int fd, size_t window_max, struct err *err) MUST_USE;
void bytestream_close(struct bytestream *s); /* wipes */

struct str bytestream_view(const struct bytestream *s); /* the window; valid until the next call */
/* Append at least one byte to the window, or set at_end. E_LIMIT when the window is full, E_IO when reading fails. */
enum status bytestream_more(struct bytestream *s, struct err *err) MUST_USE;
void bytestream_skip(struct bytestream *s, size_t n); /* move the window's start past n of its bytes */

/* The place of a byte of the window. */
struct byte_place {
    uint64_t offset, line, column;
};
struct byte_place bytestream_place(const struct bytestream *s, size_t at);

#endif
