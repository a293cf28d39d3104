/*
 * zone.h - time zones by their IANA names ("UTC", "Europe/London").
 *
 * A zone stays valid for the process; compare by pointer. Thread-safe. "UTC" needs no zone files. The other zones come
 * from the C library, which knows one zone at a time by the variable TZ of the environment: open zones before starting
 * threads that read the environment.
 */
#ifndef EXPUNGE_ZONE_H
#define EXPUNGE_ZONE_H

#include "base/base.h"

struct civil;
struct zone;
enum status zone_open(struct str name, const struct zone **out, struct err *err) MUST_USE; /* E_INVALID: unknown */
struct str zone_name(const struct zone *z);
const struct zone *zone_utc(void);
void zone_civil(const struct zone *z, int64_t ms, struct civil *out); /* local wall clock of an instant */
/* Skipped hour: the instant after the gap; repeated hour: the earlier one. */
int64_t zone_instant(const struct zone *z, const struct civil *local);
/* As zone_instant(zone_civil(ms)) but never decreasing as ms increases: the second pass of a repeated hour reads as
 * the end of that hour. */
void zone_civil_forward(const struct zone *z, int64_t ms, struct civil *out);

#endif
