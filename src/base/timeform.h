/*
 * timeform.h - the many spellings of a time in vendors' documents (shared reference input-data, section 2).
 *
 * time_form_parse recognises, without guessing: RFC 3339 / ISO 8601 with Z, +00:00, +0000 or -05:00, any number of
 * fraction digits, one-digit day or month as Genesys mocks have them; epoch seconds or milliseconds as number or string
 * (>= 10^11 is milliseconds), seconds with a fraction; RFC 2822. A value without any zone is E_INVALID unless a zone
 * is given. A text that is no time is E_INVALID. Plausibility is judged elsewhere (time_plausible).
 */
#ifndef EXPUNGE_TIMEFORM_H
#define EXPUNGE_TIMEFORM_H
#include "base/calendar.h"
enum status time_form_parse(struct str s, const struct zone *if_none, int64_t *out, struct err *err) MUST_USE;
/* A stated format for CSV: %Y %y %m %d %H %I %M %S %f %p %b %B %z %Z(literal UTC/GMT) %s(epoch s) %Q(epoch ms) %%;
 * one- or two-digit fields are accepted; anything left over is an error. Local times are taken in z. */
enum status time_format_check(struct str format, struct err *err) MUST_USE;
enum status time_format_parse(struct str s, struct str format, const struct zone *z, int64_t *out,
                              struct err *err) MUST_USE;
/* Rule 2.2: not before 2000-01-01 and not more than 5 minutes after now. */
bool time_plausible(int64_t ms, int64_t now_ms);
#endif
