/* arena.c - a list of zeroed blocks, the newest first; only the newest is allocated from. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t size, used; /* of bytes[]; what lies behind `used` is zero */
    _Alignas(ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t cap_bytes)
{
    *a = (struct arena){.cap = cap_bytes};
}

static void blocks_free(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *next = b->next;
        explicit_bzero(b->bytes, b->used);
        free(b);
        b = next;
    }
}

void arena_release(struct arena *a)
{
    if (a == NULL)
        return;
    blocks_free(a->head);
    blocks_free(a->spare);
    a->head = a->spare = NULL;
    a->used = 0;
}

/* Blocks of the largest ordinary size are kept, wiped: a batch follows a batch. The newest is kept whatever its size. */
void arena_reset(struct arena *a)
{
    a->used = 0;
    if (a->head == NULL)
        return;
    struct arena_block *next = a->head->next;
    explicit_bzero(a->head->bytes, a->head->used);
    a->head->used = 0;
    a->head->next = NULL;
    while (next != NULL) {
        struct arena_block *b = next;
        next = b->next;
        if (b->size != BLOCK_MAX) {
            b->next = NULL;
            blocks_free(b);
            continue;
        }
        explicit_bzero(b->bytes, b->used);
        b->used = 0;
        b->next = a->spare;
        a->spare = b;
    }
}

static bool block_add(struct arena *a, size_t bytes)
{
    size_t size = a->head != NULL ? a->head->size * 2 : BLOCK_MIN;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < bytes)
        size = bytes;
    struct arena_block *b = size == BLOCK_MAX ? a->spare : NULL;
    if (b != NULL)
        a->spare = b->next;
    else if ((b = calloc(1, sizeof(*b) + size)) == NULL)
        return false;
    b->size = size;
    b->next = a->head;
    a->head = b;
    return true;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes == 0) /* so that an empty array is not mistaken for a full arena */
        bytes = 1;
    if (bytes > a->cap || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (bytes > a->cap - a->used)
        return NULL;
    if ((a->head == NULL || bytes > a->head->size - a->head->used) && !block_add(a, bytes))
        return NULL;
    unsigned char *p = a->head->bytes + a->head->used;
    a->head->used += bytes;
    a->used += bytes;
    return p;
}

void *arena_array(struct arena *a, size_t size, size_t n)
{
    size_t bytes;
    return __builtin_mul_overflow(size, n, &bytes) ? NULL : arena_alloc(a, bytes);
}

bool arena_grow(struct arena *a, void **items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return true;
    size_t more = *cap <= SIZE_MAX / 2 ? *cap * 2 : need;
    if (more < 8)
        more = 8;
    if (more < need)
        more = need;
    void *p = arena_array(a, size, more);
    if (p == NULL)
        return false;
    if (*cap > 0)
        memcpy(p, *items, *cap * size);
    *items = p;
    *cap = more;
    return true;
}

struct str arena_str(struct arena *a, struct str s)
{
    const char *p = arena_cstr(a, s);
    return p ? (struct str){p, s.n} : STR_NONE;
}

bool arena_str_ok(struct str copy, struct str original)
{
    return copy.p != NULL || original.p == NULL;
}

char *arena_cstr(struct arena *a, struct str s)
{
    if (s.p == NULL || s.n == SIZE_MAX)
        return NULL;
    char *p = arena_alloc(a, s.n + 1); /* the NUL is there: memory comes zeroed */
    if (p != NULL)
        memcpy(p, s.p, s.n);
    return p;
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (p != NULL)
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return p ? (struct str){p, (size_t)n} : STR_NONE;
}
