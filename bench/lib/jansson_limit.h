/* jansson_limit.h - jansson's reader alone, as a limit to compare with. Apart, since its names are json.h's too. */
#ifndef EXPUNGE_BENCH_JANSSON_LIMIT_H
#define EXPUNGE_BENCH_JANSSON_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

bool jansson_reads(const char *text, size_t n);

#endif
