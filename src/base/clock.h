/* clock.h - the only module that reads a clock (rule 2.3). Everything else takes `now_ms` as a value. */
#ifndef EXPUNGE_CLOCK_H
#define EXPUNGE_CLOCK_H
#include "base/base.h"
int64_t clock_now_ms(void);       /* UTC, milliseconds since 1970-01-01 */
int64_t clock_monotonic_ms(void); /* for leases inside one process and for measuring */
void clock_sleep_ms(int64_t ms);
#endif
