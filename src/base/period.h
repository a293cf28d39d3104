/*
 * period.h - ISO 8601 calendar durations, and what they make of an instant (rules 2.1, 2.4).
 *
 * period_add_back and period_add_keep never decrease when their start increases, so that "due" is the same question
 * asked of a contact (add <= now) and of an index (start <= cut-off). Two details follow from that, and only there is
 * the wall clock not kept: a day that the target month lacks becomes the last millisecond of that month (back) or the
 * first of the next (keep); and a start in the second pass of a repeated hour counts as the end of that hour.
 */
#ifndef EXPUNGE_PERIOD_H
#define EXPUNGE_PERIOD_H

#include "base/arena.h"

struct zone;

/* An ISO 8601 calendar duration: PnYnMnWnD, also PTnHnMnS; at least one part; no fractions, no sign; at most 1000
 * years (E_LIMIT). A week is seven days. */
struct period {
    int years, months, days;
    int64_t ms;
    bool set;
};
enum status period_parse(struct str s, struct period *out, struct err *err) MUST_USE;
struct str period_text(const struct period *p, struct arena *a); /* absent when not set */
/* Shorter (-1), equal (0), longer (1), by the length added to 2001-01-01: for comparing configured periods. */
int period_cmp(const struct period *a, const struct period *b);

/* All below: p is set; TIME_NONE in, TIME_NONE out. */

/* Rule 2.1. start + p on the calendar of z, wall clock kept; a day the month lacks clamps back to its last (erase) */
int64_t period_add_back(int64_t start_ms, const struct period *p, const struct zone *z);
/* ... or forward to the first of the next month, and then to the END of that local day (the next local midnight):
 * the exclusive instant until which `keep` binds. */
int64_t period_add_keep(int64_t start_ms, const struct period *p, const struct zone *z);
/* now - p, exactly: period_add_back(x) <= now if and only if x <= the result. For "due" range scans. */
int64_t period_cutoff(int64_t now_ms, const struct period *p, const struct zone *z);
int64_t period_cutoff_keep(int64_t now_ms, const struct period *p, const struct zone *z);

#endif
