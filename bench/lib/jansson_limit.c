/* jansson_limit.c - see jansson_limit.h. */
#include "bench/lib/jansson_limit.h"

#include <jansson.h>

bool jansson_reads(const char *text, size_t n)
{
    json_error_t why;
    json_t *tree = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    bool read = tree != NULL;
    json_decref(tree);
    return read;
}
