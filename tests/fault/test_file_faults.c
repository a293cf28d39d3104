/* test_file_faults.c - the Nth call of the file system fails, SQLite's own among them: error, disk full, half a write. */
#include "tests/fault/lib/fault_story.h"

int main(void)
{
    static const struct fault faults[] = {
        {.kind = FAULT_FILE, .mode = FAULT_REFUSED},
        {.kind = FAULT_FILE, .mode = FAULT_FULL},
        {.kind = FAULT_FILE, .mode = FAULT_HALF},
        {.kind = FAULT_FILE, .mode = FAULT_FULL, .lasting = true},
    };
    return fault_suite(faults, sizeof faults / sizeof faults[0]);
}
