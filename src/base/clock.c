/* clock.c - the two clocks and the pause. */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    int failed = clock_gettime(id, &t);
    ASSERT(failed == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

/* CLOCK_BOOTTIME, not CLOCK_MONOTONIC: a lease also runs out while the machine sleeps. */
int64_t clock_monotonic_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

void clock_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}
