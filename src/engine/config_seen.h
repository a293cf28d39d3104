/* config_seen.h - what the configuration says about safety is in the log: each change once, at the next writing command. */
#ifndef EXPUNGE_CONFIG_SEEN_H
#define EXPUNGE_CONFIG_SEEN_H

#include "engine/engine.h"

/* Writes CONFIG_CHANGED when guard, approval delay, publishing, periods of the engine's own records, strictness, sources
 * or stores (names and types) are others than when they were last seen; it names which. Nothing is written else. */
enum status config_seen(struct engine *e, struct err *err) MUST_USE;

#endif
