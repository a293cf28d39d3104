/* opening.h - what the commitments of a chain are made of: the texts behind them (journal.h has the openings). */
#ifndef EXPUNGE_OPENING_H
#define EXPUNGE_OPENING_H

#include "engine/journal.h"

/* SOURCE/ID of the opening's i-th contact; the text itself when there is no source. p NULL: the arena is full. */
struct str opening_contact_value(const struct opening *o, size_t i, struct arena *a);
/* What commitments to the chain stand for: SOURCE/ID of its initial contact, else of the first known when the opening
 * was made; the row key in hex while no id is known. */
struct str opening_chain_value(const struct opening *o, struct arena *a);

#endif
