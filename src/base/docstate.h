/*
 * docstate.h - inside of docstream.h: what docstream.c, docjson.c and csv.c share. For nobody else.
 */
#ifndef EXPUNGE_DOCSTATE_H
#define EXPUNGE_DOCSTATE_H

#include "base/bytestream.h"
#include "base/docstream.h"

enum { DOC_SHOWN_MAX = 64 << 10 }; /* of a bad document */

/* Looking for the next document behind a bad one. */
struct resync {
    bool active;
    bool line_start; /* only white space since the last line break */
    char last;       /* last byte that is neither white space nor comma */
};

struct docstream {
    struct bytestream in;
    enum stream_shape shape;
    const char *const *wrapper_keys;
    size_t taken; /* bytes of the last document, still in the window */
    bool started, fault_told;
    uint64_t rewound; /* bytes read twice to find documents inside bad ones; bounded, see may_rewind */
    struct resync resync;
    char *shown; /* DOC_SHOWN_MAX bytes of a document that does not fit into the window */

    bool in_array, wrapped;   /* inside a top-level array; it stands in a wrapper object */
    enum { AT_FIRST, AT_COMMA, AT_ELEMENT } expected;
    bool comma_told;          /* that one is missing in this array */
    struct byte_place opened; /* the array, or the wrapper */
    int ragged;               /* above 0: a bad document left brackets and commas behind that are not news */
};

enum status docjson_next(struct docstream *s, struct doc *out, struct err *err) MUST_USE;
enum status doccsv_next(struct docstream *s, struct doc *out, struct err *err) MUST_USE;

/* The window's first n bytes as a document of this kind, to be taken off at the next call. */
void doc_yield(struct docstream *s, struct doc *out, enum doc_kind kind, size_t n);
/* As DOC_BAD; the stream's own fault, when it has one and the reason is its end, is told instead. */
void doc_yield_bad(struct docstream *s, struct doc *out, size_t n, const char *fmt, ...) PRINTF(4, 5);
/* Nothing is left: DOC_END, or first the stream's own fault. */
void doc_yield_end(struct docstream *s, struct doc *out);
/* May reading go back by so many bytes? Keeps the work linear in the size of the input. */
bool doc_may_rewind(struct docstream *s, size_t n);
/* Keeps the window's first bytes aside, as far as they may be shown. */
enum status doc_keep_shown(struct docstream *s, struct str *kept, struct err *err) MUST_USE;

#endif
