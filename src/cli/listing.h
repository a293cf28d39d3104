/* listing.h - columns lined up for people, and text of others made fit for a terminal. */
#ifndef EXPUNGE_LISTING_H
#define EXPUNGE_LISTING_H

#include "base/arena.h"
#include "base/buf.h"

enum { LISTING_COLUMNS_MAX = 12 };
struct listing {
    struct arena *a;
    size_t columns;
    struct str *cells; /* row by row; the heads are the first row */
    size_t n, cap;
    bool full;         /* the arena was: rows are missing, and listing_write says so */
};
/* heads ends with NULL. */
void listing_init(struct listing *t, struct arena *a, const char *const *heads);
void listing_cell(struct listing *t, struct str text); /* absent shows as "-" */
void listing_int(struct listing *t, int64_t n);
void listing_fmt(struct listing *t, const char *fmt, ...) PRINTF(2, 3);
size_t listing_rows(const struct listing *t); /* without the heads */
/* Columns of numbers alone stand right. Nothing when there are no rows. */
void listing_write(const struct listing *t, struct buf *out);

/* A copy in which whatever steers a terminal or deceives the reader (controls, line ends, direction overrides, invisible
 * characters) is written out, \n or \u202e, and bytes that are no UTF-8 are "?". */
struct str text_shown(struct arena *a, struct str s);
size_t text_width(struct str s); /* characters of UTF-8, else bytes */

#endif
