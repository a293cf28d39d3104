/*
 * folder_crew.c - whole files by several threads: removing one is little work and much waiting for the disk, so many wait at
 * the same time.
 */
#include "store/folder.h"

#include "base/crew.h"

#include <stdatomic.h>

void folder_files_begin(struct folder_files *x, const struct folder *f, int root, struct store_call *call)
{
    *x = (struct folder_files){.f = f, .root = root, .call = call, .sync = {.root = root}};
}

enum status folder_files_add(struct folder_files *x, struct str path, struct artefact *artefact, struct err *err)
{
    void *files = x->files;
    if (!arena_grow(x->call->a, &files, &x->cap, x->n + 1, sizeof(*x->files)))
        return ARENA_FULL(err, x->call->a);
    x->files = files;
    x->files[x->n++] = (struct folder_file){.artefact = artefact, .path = path};
    return OK;
}

struct shift {
    struct folder_files *x;
    struct folder_hand *hands;
    _Atomic size_t next;
    void (*work)(struct folder_hand *hand, struct folder_file *file);
};

/* Whoever is free takes the next file. */
static void take_files(void *ctx, size_t member)
{
    struct shift *shift = ctx;
    struct folder_hand *hand = &shift->hands[member];
    size_t i;
    while ((i = atomic_fetch_add(&shift->next, 1)) < shift->x->n)
        shift->work(hand, &shift->x->files[i]);
}

enum status folder_files_each(struct folder_files *x, void (*work)(struct folder_hand *hand, struct folder_file *file),
                              struct err *err)
{
    size_t threads = x->f->threads < x->n ? x->f->threads : x->n;
    threads = threads > CREW_MAX ? CREW_MAX : threads < 1 ? 1 : threads;
    struct shift shift = {.x = x, .hands = ARENA_ARRAY(x->call->a, struct folder_hand, threads), .work = work};
    if (shift.hands == NULL)
        return ARENA_FULL(err, x->call->a);
    for (size_t i = 0; i < threads; i++) {
        struct folder_hand *hand = &shift.hands[i];
        hand->f = x->f;
        hand->call = *x->call;
        hand->call.a = NULL;
        hand->call.calls = 0;
        hand->sync.root = x->root;
        folder_ways_begin(&hand->ways, x->f, x->root);
    }
    crew_run(threads, take_files, &shift);
    for (size_t i = 0; i < threads; i++) {
        struct folder_hand *hand = &shift.hands[i];
        x->call->calls += hand->call.calls;
        folder_sync_join(&x->sync, &hand->sync);
        folder_ways_end(&hand->ways);
    }
    return OK;
}
