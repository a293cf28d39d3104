/* row_leg.h - one leg inside a chain's body. For row_chain.c. */
#ifndef EXPUNGE_ROW_LEG_H
#define EXPUNGE_ROW_LEG_H

#include "registry/row_fields.h"

/* `chain` is the row's key: a leg of that key leaves its own out. */
void leg_pack(struct buf *b, const struct leg *leg, const struct row_key *chain);
/* *bad: malformed. Text points into `body`. */
enum status leg_unpack(struct str body, const struct row_key *chain, struct arena *a, struct leg *out, bool *bad,
                       struct err *err) MUST_USE;

#endif
