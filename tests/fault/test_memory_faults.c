/* test_memory_faults.c - the Nth allocation fails: that one, or it and all behind it. */
#include "tests/fault/lib/fault_story.h"

int main(void)
{
    static const struct fault faults[] = {
        {.kind = FAULT_MEMORY, .mode = FAULT_PLAIN},
        {.kind = FAULT_MEMORY, .mode = FAULT_PLAIN, .lasting = true},
    };
    return fault_suite(faults, sizeof faults / sizeof faults[0]);
}
