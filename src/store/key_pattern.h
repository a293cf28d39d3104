/*
 * key_pattern.h - where a kind of artefact lies: "rec/{yyyy}/{mm}/{dd}/{contact_id}*".
 *
 * Parts are separated by '/'. In a part: bytes that stand for themselves, {yyyy} {mm} {dd} {hh} of a UTC day,
 * {contact_id}, {source}, and '*' for any run of bytes within the part. A part "**" stands for any number of parts,
 * also none; at the end for at least one.
 *
 * An id is matched as the bytes it is, never as a pattern: no id reaches another folder or another contact. Beside a
 * '*' it must end where the name's token ends: "{contact_id}*" with the id abc matches abc.wav and abc_1.wav, never
 * abcd.wav or abc-2.wav, because letters, digits, '-' and bytes above 127 may belong to an id.
 */
#ifndef EXPUNGE_KEY_PATTERN_H
#define EXPUNGE_KEY_PATTERN_H

#include "base/buf.h"
#include "base/calendar.h"

enum { KEY_PARTS_MAX = 32, KEY_DAYS_MAX = 100 };

enum key_token_type { KEY_LITERAL, KEY_YEAR, KEY_MONTH, KEY_DAY, KEY_HOUR, KEY_ID, KEY_SOURCE, KEY_STAR };
struct key_token { enum key_token_type type; struct str text; };
struct key_part { const struct key_token *tokens; size_t n; bool any_depth; /* "**" */ };
struct key_pattern {
    const struct key_part *parts;
    size_t n;
    bool has_id;
    bool has_date;
    struct str text;
};
/* E_INVALID says what is wrong: an empty part, "..", a leading '/', an unknown {name}, a second "**", a NUL. */
enum status key_pattern_parse(struct str text, struct arena *a, struct key_pattern *out, struct err *err) MUST_USE;

/* What a pattern is filled with. */
enum { KEY_ANY_DAY = -1 };
struct key_values {
    struct str id, source; /* absent: any */
    int64_t day;           /* days since 1970-01-01; KEY_ANY_DAY: any digits */
};
/* Whether an id or source can be (part of) a name at all: not empty, no '/', no NUL. Where it cannot, nothing is known.
 */
bool key_value_usable(struct str value);

/* The days on which artefacts of a contact may be filed: the day before its start to the day after its end (now, when
 * the end is unknown), because vendors date by connect time. KEY_ANY_DAY alone when the start is unknown or they are
 * too many. */
size_t key_days(int64_t started_ms, int64_t ended_ms, int64_t now_ms, int64_t days[KEY_DAYS_MAX]);
/* False when days a and b fill the pattern in the same way (it names months only, or no date). */
bool key_days_differ(const struct key_pattern *p, int64_t a, int64_t b);

/* The part written out, when it can only be this one name: false when it holds something open or what it gives is no
 * name
 * ("", "."", ".."). */
bool key_part_fixed(const struct key_part *part, const struct key_values *v, struct buf *out);
bool key_part_match(const struct key_part *part, const struct key_values *v, struct str name);
/* Every run of bytes in a name that could be the part's first {contact_id}, each once: whose id equals none of them
 * cannot match. No promise the other way: key_part_match decides. */
struct key_id_places { const struct key_part *part; struct str name; size_t token, from, to; };
bool key_id_places_begin(struct key_id_places *p, const struct key_part *part, struct str name); /* false: has no id */
bool key_id_places_next(struct key_id_places *p, struct str *id);
/* A whole key, parts separated by '/'. */
bool key_pattern_match(const struct key_pattern *p, const struct key_values *v, struct str key);
/* The longest beginning every matching key has: for listing a store that lists by prefix. */
void key_pattern_prefix(const struct key_pattern *p, const struct key_values *v, struct buf *out);

/* Whether the byte at `at` may be part of an id beside a star: the one rule where a name's token ends. */
bool key_may_belong_to_id(struct str s, size_t at);

/* key_claims.c: every longer id that the pattern would read out of a key it matched for `id` ("call" in "call_2_1.wav":
 * call_2, call_2_1, call_2_1.wav). False: fn answered false, and nothing more is told. */
typedef bool key_claim_fn(void *ctx, struct str other_id); /* a function, no struct */
bool key_claims(const struct key_pattern *p, struct str id, struct str key, key_claim_fn *fn, void *ctx);

#endif
