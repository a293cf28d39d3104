/* test_registry_faults.c - the Nth call of the registry's backend fails: busy, disk gone, disk full, commits of unknown fate. */
#include "tests/fault/lib/fault_story.h"

int main(void)
{
    static const struct fault faults[] = {
        {.kind = FAULT_REGISTRY, .mode = FAULT_REFUSED},     {.kind = FAULT_REGISTRY, .mode = FAULT_AWAY},
        {.kind = FAULT_REGISTRY, .mode = FAULT_FULL},        {.kind = FAULT_REGISTRY, .mode = FAULT_ANSWER_LOST},
        {.kind = FAULT_REGISTRY, .mode = FAULT_CALL_LOST},   {.kind = FAULT_REGISTRY, .mode = FAULT_AWAY, .lasting = true},
        {.kind = FAULT_REGISTRY, .mode = FAULT_FULL, .lasting = true},
    };
    return fault_suite(faults, sizeof faults / sizeof faults[0]);
}
