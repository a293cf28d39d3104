/* key_range.h - the keys of one page, [from, end), as a backend's index is asked for them. */
#ifndef EXPUNGE_KEY_RANGE_H
#define EXPUNGE_KEY_RANGE_H

#include "registry/backend.h"

struct key_range { unsigned char from[ROW_KEY_MAX + 1], end[ROW_KEY_MAX + 1]; size_t from_n, end_n; };
/* Keys that start with `prefix` and are > `after` (absent: all of them). */
void key_range_of(struct str prefix, struct str after, struct key_range *out);
/* Views into the range. */
struct str key_range_from(const struct key_range *r);
struct str key_range_end(const struct key_range *r);

#endif
