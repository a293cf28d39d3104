/*
 * filter.h - `key:value` words joined by spaces, all must hold (product.md section 3). Values may hold '*' and quotes.
 * Keys: source, category, queue, agent, channel, direction, division, status, id, attribute.NAME, from, to (dates of
 * the interaction's start: from inclusive, to exclusive; RFC 3339 or YYYY-MM-DD in the zone), and subject (only where
 * the caller hashes it first: it puts the subject's row_key_hex in the word's value; a value in clear matches nothing).
 * Text compares without ASCII case. `attribute.NAME:*` matches when present and not empty, and so does `*` for the
 * other texts; only the empty value ('') matches what is absent. Quotes go around a value, around an attribute's name
 * (attribute.'LOB name':x) or around the whole word ("attribute.LOB name:x"); elsewhere a quote is an ordinary byte.
 */
#ifndef EXPUNGE_FILTER_H
#define EXPUNGE_FILTER_H

#include "model/contact.h"

enum filter_key {
    FILTER_SOURCE, FILTER_CATEGORY, FILTER_QUEUE, FILTER_AGENT, FILTER_CHANNEL, FILTER_DIRECTION, FILTER_DIVISION,
    FILTER_STATUS, FILTER_ID, FILTER_ATTRIBUTE, FILTER_FROM, FILTER_TO, FILTER_SUBJECT
};
struct filter_word { enum filter_key key; struct str name; /* of an attribute */ struct str value; int64_t time_ms; };
struct filter { struct filter_word *words; size_t n; struct str text; };

/* E_INVALID with the place (column, 1-based) and what is expected. An empty filter is E_INVALID. Dates in zone z. */
enum status filter_parse(struct str text, const struct zone *z, struct arena *a, struct filter *out, struct err *err) MUST_USE;
/* One leg of a chain from `source`. FILTER_STATUS compares with `status` (STATUS_COUNT: not known, matches nothing). */
bool filter_matches(const struct filter *f, struct str source, const struct leg *leg, enum contact_status status);
/* The attribute value that a `category: "{attribute.NAME}"` template takes; absent when there is none. */
struct str leg_attribute(const struct leg *leg, struct str name); /* exact name first, then without case and trimmed */

#endif
