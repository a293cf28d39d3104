/*
 * bracket.h - where a JSON document ends, without reading what it says.
 *
 * Follows strings and brackets only, so it costs a fraction of parsing and any depth is fine; that the document is JSON
 * is for json_parse to find. It stops early at what no JSON document can contain and a missing end brings about: a
 * bracket closed by one of the other kind, a line break in a string, an opening bracket where no value may begin.
 */
#ifndef EXPUNGE_BRACKET_H
#define EXPUNGE_BRACKET_H

#include "base/base.h"

enum { BRACKETS_TRACKED = 1024 }; /* deeper ones are counted, not told apart */

struct bracket_scan {
    size_t depth;
    bool in_string;
    char last; /* the last byte outside strings that is no white space */
    uint64_t objects[BRACKETS_TRACKED / 64]; /* bit set: this level is an object */
    const char *reason; /* with SCAN_BAD */
};
enum scan_end { SCAN_MORE, SCAN_DONE, SCAN_BAD };

/* Goes on at p[*at], in front of n bytes. SCAN_DONE: *at is behind the bracket that closes the first one. SCAN_BAD: *at
 * is the offending byte. SCAN_MORE: call again with *at as it is and more bytes behind. All zero at the start. */
enum scan_end bracket_scan(struct bracket_scan *b, const char *p, size_t *at, size_t n);
/* Continue behind an array inside an object whose opening brackets were taken by somebody else. */
void bracket_inside_object(struct bracket_scan *b);

#endif
