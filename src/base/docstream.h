/*
 * docstream.h - a byte stream cut into documents, in bounded memory.
 *
 * Input may be plain or gzip (recognised by its first bytes, also several members), with byte order marks. JSON:
 * documents one a line, run together without separators, or wrapped in top-level arrays of any length; an array's
 * elements are yielded one by one, and so are the elements of a top-level object's array when the object's FIRST
 * key is one of `wrapper_keys` (e.g. "conversations", "Records"). CSV: records with quoted line breaks.
 *
 * A document that is too long or whose brackets do not balance yields DOC_BAD with place and reason, and reading goes
 * on at the next line that starts a document, so that one bad document costs no other.
 */
#ifndef EXPUNGE_DOCSTREAM_H
#define EXPUNGE_DOCSTREAM_H

#include "base/arena.h"

enum { DOC_BYTES_MAX = 4 << 20 };
enum doc_kind { DOC_END, DOC_OK, DOC_BAD };
struct doc {
    enum doc_kind kind;
    struct str bytes;      /* valid until the next call; for DOC_BAD the first bytes of it, at most 64 KB */
    uint64_t line, column; /* of its first byte, 1-based */
    uint64_t offset;       /* of its first byte in the unpacked stream */
    char reason[160];      /* DOC_BAD */
};
enum stream_shape { STREAM_JSON, STREAM_CSV };

struct docstream;
/* Reads fd (not closed by us). `wrapper_keys` ends with NULL; may be NULL. */
enum status docstream_open(int fd, enum stream_shape shape, const char *const *wrapper_keys, struct docstream **out,
                           struct err *err) MUST_USE;
/* As docstream_guess and docstream_open in one, for pipes too; *head is valid until the first docstream_next. */
enum status docstream_open_any(int fd, const char *const *wrapper_keys, struct docstream **out, struct str *head,
                               struct err *err) MUST_USE;
enum stream_shape docstream_shape(const struct docstream *s);
void docstream_close(struct docstream **s);
enum status docstream_next(struct docstream *s, struct doc *out, struct err *err) MUST_USE; /* E_IO: reading failed */
/* Looks at the first bytes without consuming: '{' or '[' -> STREAM_JSON, else STREAM_CSV. *head: the first 64 KB,
 * unpacked. E_UNSUPPORTED when fd is no file that can be read twice (a pipe): use docstream_open_any. */
enum status docstream_guess(int fd, enum stream_shape *out, struct str *head, struct arena *a,
                            struct err *err) MUST_USE;

/* One CSV record (RFC 4180, separator stated) into fields in the arena. E_INVALID: stray quote. */
enum status csv_split(struct str record, char separator, struct arena *a, struct str **fields, size_t *n,
                      struct err *err) MUST_USE;
#endif
