/* crew.c - threads started, and waited for. */
#include "base/crew.h"

#include <pthread.h>
#include <stdbool.h>

struct member {
    pthread_t thread;
    bool started;
    size_t number;
    void (*work)(void *ctx, size_t member);
    void *ctx;
};

static void *run_member(void *arg)
{
    const struct member *m = arg;
    m->work(m->ctx, m->number);
    return NULL;
}

void crew_run(size_t members, void (*work)(void *ctx, size_t member), void *ctx)
{
    struct member crew[CREW_MAX];
    size_t threads = members < CREW_MAX ? members : CREW_MAX;
    for (size_t i = 1; i < threads; i++) {
        crew[i] = (struct member){.number = i, .work = work, .ctx = ctx};
        crew[i].started = pthread_create(&crew[i].thread, NULL, run_member, &crew[i]) == 0;
    }
    if (members > 0)
        work(ctx, 0);
    for (size_t i = 1; i < members; i++)
        if (i >= threads || !crew[i].started)
            work(ctx, i);
    for (size_t i = 1; i < threads; i++)
        if (crew[i].started)
            (void)pthread_join(crew[i].thread, NULL); /* joinable and ours: it cannot fail */
}
