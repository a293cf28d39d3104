/* phone.h - a telephone number, as any system writes it, to E.164. */
#ifndef EXPUNGE_PHONE_H
#define EXPUNGE_PHONE_H

#include "base/arena.h"

/* "+442079460958" from "+44 (0)20 7946 0958", "tel:+44-20-7946-0958;ext=12", "%2B44...", "0044...", or with `country`
 * (ISO 3166 alpha-2; absent or unknown: international numbers only) from "020 7946 0958". An extension is dropped.
 * E_INVALID: withheld, a service number, no number. The number itself is never in the error's text. */
enum status phone_normalise(struct str raw, struct str country, struct arena *a, struct str *out,
                            struct err *err) MUST_USE;
/* Words that systems write where there is no caller or customer: "anonymous", "unknown", ... Any case, trimmed. */
bool is_withheld_word(struct str s);
/* What stands between the last '<' and the '>' behind it ("Name <x>"), else s; trimmed. */
struct str inside_angles(struct str s);

#endif
