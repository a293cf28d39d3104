/* fault.c - see fault.h. */
#include "tests/fault/lib/fault.h"

#include <stdatomic.h>

static struct fault armed;
static _Atomic long calls, hits;

void fault_arm(const struct fault *fault)
{
    armed = *fault;
    atomic_store(&calls, 0);
    atomic_store(&hits, 0);
}

void fault_disarm(void)
{
    armed.kind = FAULT_NONE;
}

long fault_calls(void)
{
    return atomic_load(&calls);
}

long fault_hits(void)
{
    return atomic_load(&hits);
}

enum fault_mode fault_mode(void)
{
    return armed.mode;
}

bool fault_now(enum fault_kind kind)
{
    if (armed.kind != kind)
        return false;
    long number = atomic_fetch_add(&calls, 1) + 1;
    bool fails = armed.at > 0 && (number == armed.at || (armed.lasting && number > armed.at));
    if (fails)
        atomic_fetch_add(&hits, 1);
    return fails;
}
