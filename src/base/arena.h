/*
 * arena.h - memory of one batch or request: taken piece by piece, wiped and given back all at once.
 *
 * An arena has a cap; reaching it, or the machine's end of memory, makes arena_alloc return NULL, which callers turn
 * into E_LIMIT (ARENA_FULL). Not thread-safe: one arena belongs to one thread at a time.
 */
#ifndef EXPUNGE_ARENA_H
#define EXPUNGE_ARENA_H

#include "base/base.h"

struct arena_block;
struct arena {
    struct arena_block *head, *spare; /* spare: wiped, to be used again */
    size_t used;
    size_t cap;
};

void arena_init(struct arena *a, size_t cap_bytes);
void arena_release(struct arena *a); /* explicit_bzero on every block, then free; NULL-safe, repeatable */
void arena_reset(struct arena *a);   /* wipe and keep the cap; memory may be kept for reuse, never more than was in use at once */

void *arena_alloc(struct arena *a, size_t bytes) MUST_USE; /* zeroed, aligned to 16; NULL when full */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), sizeof(type), (n)))
void *arena_array(struct arena *a, size_t size, size_t n) MUST_USE; /* overflow-checked */
/* Grow an arena array by doubling: *items holds *cap slots of `size`; ensures room for `need`. False when full. */
bool arena_grow(struct arena *a, void **items, size_t *cap, size_t need, size_t size) MUST_USE;

/* Copies; the result is NUL-terminated behind its n bytes. Absent in, absent out. p is NULL when the arena is full
 * and s was present: check with arena_str_ok. */
struct str arena_str(struct arena *a, struct str s);
bool arena_str_ok(struct str copy, struct str original); /* false: the arena was full */
char *arena_cstr(struct arena *a, struct str s);
struct str arena_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
#define ARENA_FULL(err, a) FAIL((err), E_LIMIT, "out of working memory (limit %zu bytes)", (a)->cap)

#endif
