/*
 * scan.h - taking numbers, literals and offsets from the front of a text. What does not match is left where it is.
 */
#ifndef EXPUNGE_SCAN_H
#define EXPUNGE_SCAN_H

#include "base/base.h"

bool scan_char(struct str *s, char c);
/* Between `least` and `most` (at most 9) decimal digits, as many as there are. */
bool scan_digits(struct str *s, size_t least, size_t most, int *out) MUST_USE;
/* One or more digits behind a decimal point, as milliseconds; what is finer is cut off. */
bool scan_fraction_ms(struct str *s, int *ms) MUST_USE;
/* "Z", "z", "+01:00", "+0100" and, when `loose`, "+01", as minutes east of Greenwich. RFC 3339 is the strict form:
 * with colon. */
bool scan_offset(struct str *s, bool loose, int *minutes) MUST_USE;
/* An English name in front, whole or its first three letters, without case. */
bool scan_month(struct str *s, int *month) MUST_USE; /* 1..12 */
bool scan_weekday(struct str *s);

#endif
