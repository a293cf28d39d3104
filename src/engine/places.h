/*
 * places.h - places that documents name and no configured store looks at: nothing there was searched or erased.
 */
#ifndef EXPUNGE_PLACES_H
#define EXPUNGE_PLACES_H

#include "engine/engine.h"

/* Each place once, as a residual "place not configured: PLACE" without a date; at most 16. None while a store is down:
 * it may be the one that owns it. */
enum status places_without_store(const struct engine *e, struct str source, const struct leg *legs, size_t n, struct arena *a,
                                 struct residual **out, size_t *out_n, struct err *err) MUST_USE;

#endif
