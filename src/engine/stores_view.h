/*
 * stores_view.h - the stores as people see them, and which of them ever held something (rule 2.23).
 */
#ifndef EXPUNGE_STORES_VIEW_H
#define EXPUNGE_STORES_VIEW_H

#include "engine/engine.h"

struct store_line {
    struct str name, type;      /* type absent: no longer configured */
    bool configured, up, closed, retired, held /* something was found in it at some time */;
    struct str why;             /* down, or retired: why */
    struct period backup_age;
    const struct store_kind *kinds;
    size_t kinds_n;
    int64_t held_ms;            /* first time something was found */
};
/* Configured stores in their order, then those that are gone from the configuration. */
enum status stores_list(struct engine *e, struct arena *a, struct store_line **out, size_t *n, struct err *err) MUST_USE;

struct store_examined { struct str name; bool reached; struct str why; struct store_check check; int64_t skew_ms; /* TIME_NONE */ bool good; };
/* Asks the stores themselves (they must be open). name absent: all. E_ABSENT: no store of this name is configured. */
enum status stores_check(struct engine *e, struct str name, struct arena *a, struct store_examined **out, size_t *n, struct err *err) MUST_USE;

/* The duty to a store that is out of the configuration ends, for the stated reason; logged. Its contacts are finished by the
 * next run, what was there is answered as attested. E_CONFLICT: still configured, or retired before. E_ABSENT: unknown. */
enum status store_retire(struct engine *e, struct str name, struct str why, struct arena *a, struct err *err) MUST_USE;

/* Given up without having been read to the end: whoever was registered before and not purged has no read-back there. */
struct store_retired { struct str name; int64_t at_ms; };
enum status stores_retired(struct engine *e, struct arena *a, struct store_retired **out, size_t *n, struct err *err) MUST_USE;

/* Notes durably, once, that this store held an artefact: from then on it is a duty. Cheap to call again. */
enum status stores_remember(struct engine *e, struct str name, struct err *err) MUST_USE;
/* Neither configured nor a remembered duty: retired, or never seen. */
bool store_is_duty(const struct engine *e, struct str name);

#endif
