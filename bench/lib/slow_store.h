/* slow_store.h - the first store of a world as one far away: every call takes 20 ms, and a batch of 500 contacts needs 20 calls. */
#ifndef EXPUNGE_BENCH_SLOW_STORE_H
#define EXPUNGE_BENCH_SLOW_STORE_H

#include "engine/engine.h"

enum { SLOW_CALL_MS = 20 };
/* What every process sees: one artefact a contact, there or gone, by the number its id ends with; and how many calls. */
struct slow_world { uint64_t calls, changes; size_t n; unsigned char there[]; };

struct slow_world *slow_world(size_t n); /* shared with processes forked later */
/* Until the engine is closed. */
void slow_store(struct engine *e, struct slow_world *w);

#endif
