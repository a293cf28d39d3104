/* night.h - when the daily run begins (configuration: purge.at, purge.zone), and whether this night has had its own. */
#ifndef EXPUNGE_NIGHT_H
#define EXPUNGE_NIGHT_H
#include "engine/engine.h"

/* The latest beginning that is not after now. On a day that lacks the hour: the instant after the gap. */
int64_t night_latest(const struct config *c, int64_t now_ms);
/* Whether no purge has made a plan since: of several missed nights one run is left to do. */
enum status night_is_due(struct engine *e, int64_t latest_ms, bool *due, struct err *err) MUST_USE;
#endif
