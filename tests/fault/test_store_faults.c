/* test_store_faults.c - the Nth call to a store fails: away, forbidden, no answer, half an answer, one forgotten. */
#include "tests/fault/lib/fault_story.h"

int main(void)
{
    static const struct fault faults[] = {
        {.kind = FAULT_STORE, .mode = FAULT_AWAY},        {.kind = FAULT_STORE, .mode = FAULT_REFUSED},
        {.kind = FAULT_STORE, .mode = FAULT_ANSWER_LOST}, {.kind = FAULT_STORE, .mode = FAULT_HALF},
        {.kind = FAULT_STORE, .mode = FAULT_FORGOTTEN},   {.kind = FAULT_STORE, .mode = FAULT_AWAY, .lasting = true},
    };
    return fault_suite(faults, sizeof faults / sizeof faults[0]);
}
