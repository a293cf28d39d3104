#include "engine/plan_hands.h"
#include "engine/epoch.h"
#include "registry/committer.h"
#include <pthread.h>
#include <stdlib.h>

enum { HAND_ARENA_MAX = 8 << 20 };

struct hand {
    struct plan_hands *of;
    pthread_t thread;
    bool started;
    struct engine *engine;
    struct working_run work;
    struct run_record run; /* read by it alone */
    struct tally tally;
    struct arena a;
    _Atomic uint64_t done;
    enum status status;
    struct err err;
};
struct plan_hands {
    struct working_run *main;
    struct committer *committer;
    pthread_mutex_t telling;
    void (*on_contact)(void *ctx, const struct visit_result *r); /* as the tally had it */
    void *ctx;
    struct hand *hands;
    size_t n;
};

static void tell(void *ctx, const struct visit_result *r)
{
    struct plan_hands *h = ctx;
    pthread_mutex_lock(&h->telling);
    h->on_contact(h->ctx, r);
    pthread_mutex_unlock(&h->telling);
}

/* ---- in the hand's thread ---- */

static bool time_is_up(const struct working_run *w)
{
    return w->stop_ms && engine_now(w->engine) >= w->stop_ms;
}

static enum status work_shares(struct hand *h, struct err *err)
{
    struct plan_work p;
    struct err later;
    bool more = true, ended;
    enum status s = OK;
    plan_begin(&p, &h->work);
    while (s == OK && more && !time_is_up(&h->work)) {
        s = plan_step(&p, &more, err);
        h->done = h->tally.considered;
    }
    enum status left = plan_leave(&p, &ended, s == OK ? err : &later);
    return s == OK ? left : s;
}

static enum status work(struct hand *h, struct err *err)
{
    struct epoch_thread *epoch = NULL;
    TRY(worker_begin(h->engine, &h->work.worker, err));
    enum status s = epoch_start(h->engine, &epoch, err);
    if (s == OK)
        s = work_shares(h, err);
    epoch_stop(&epoch);
    worker_end(h->engine, &h->work.worker);
    return s;
}

static void *run(void *arg)
{
    struct hand *h = arg;
    h->status = work(h, &h->err);
    return NULL;
}

/* ---- in the purge's ---- */

static void release(struct plan_hands *h)
{
    for (size_t i = 0; i < h->n; i++) {
        engine_close(h->hands[i].engine);
        arena_release(&h->hands[i].a);
    }
    if (h->on_contact) {
        h->main->tally->on_contact = h->on_contact;
        h->main->tally->ctx = h->ctx;
    }
    h->main->beside = NULL;
    registry_share(h->main->engine->registry, NULL);
    committer_close(h->committer);
    pthread_mutex_destroy(&h->telling);
    free(h->hands);
    free(h);
}

static enum status open_committer(struct plan_hands *h, struct err *err)
{
    const struct engine *e = h->main->engine;
    struct registry *r;
    TRY(registry_open(e->config.registry, false, e->keys.identifier, &e->keys.sealer, &r, err));
    enum status s = committer_new(r, &h->committer, err);
    if (s != OK)
        registry_close(r);
    return s;
}

static bool same_world(const struct engine *a, const struct engine *b)
{
    bool same = str_eq(a->policy.version, b->policy.version) && a->stores_n == b->stores_n;
    for (size_t i = 0; same && i < a->stores_n; i++)
        same = str_eq(a->store_names[i], b->store_names[i]);
    return same;
}

/* Opened as this process was: the same file, account and clock. */
static enum status open_hand(struct plan_hands *h, struct hand *hand, struct err *err)
{
    const struct engine *e = h->main->engine;
    const struct engine_options o = {.config_path = e->config.path.p, .now_ms = e->fixed_now_ms, .flags = OPEN_STORES | OPEN_WRITE, .by = e->actor.claim};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 20);
    arena_init(&hand->a, HAND_ARENA_MAX);
    TRY(engine_open(&o, &hand->engine, &report, err));
    if (!same_world(e, hand->engine))
        return FAIL(err, E_CONFLICT, "the retention schedule or the stores were changed while the purge began: run it again");
    hand->of = h;
    hand->run = *h->main->run;
    hand->work = (struct working_run){.engine = hand->engine, .run = &hand->run, .tally = &hand->tally, .stop_ms = h->main->stop_ms};
    if (h->on_contact)
        hand->tally = (struct tally){.on_contact = tell, .ctx = h};
    registry_share(hand->engine->registry, h->committer);
    return tally_init(&hand->tally, hand->engine, &hand->a, err);
}

static enum status open_all(struct plan_hands *h, size_t n, struct err *err)
{
    TRY(open_committer(h, err));
    h->hands = calloc(n, sizeof *h->hands);
    if (!h->hands)
        return FAIL(err, E_LIMIT, "out of memory");
    for (; h->n < n; h->n++) {
        enum status s = open_hand(h, &h->hands[h->n], err);
        if (s != OK) {
            h->n++; /* what it has is released too */
            return s;
        }
    }
    return OK;
}

enum status plan_hands_begin(struct working_run *w, size_t n, struct plan_hands **out, struct err *err)
{
    struct plan_hands *h = calloc(1, sizeof *h);
    if (!h)
        return FAIL(err, E_LIMIT, "out of memory");
    h->main = w;
    h->on_contact = w->tally->on_contact;
    h->ctx = w->tally->ctx;
    pthread_mutex_init(&h->telling, NULL);
    enum status s = open_all(h, n, err);
    if (s != OK) {
        release(h);
        return s;
    }
    if (h->on_contact) {
        w->tally->on_contact = tell;
        w->tally->ctx = h;
    }
    registry_share(w->engine->registry, h->committer);
    w->beside = h;
    for (size_t i = 0; i < n; i++) /* one that cannot be started leaves its shares to the others */
        h->hands[i].started = pthread_create(&h->hands[i].thread, NULL, run, &h->hands[i]) == 0;
    *out = h;
    return OK;
}

uint64_t plan_hands_done(const struct plan_hands *h)
{
    uint64_t done = 0;
    for (size_t i = 0; h && i < h->n; i++)
        done += h->hands[i].done;
    return done;
}

enum status plan_hands_end(struct plan_hands *h, struct plan_work *p, struct err *err)
{
    enum status s = OK;
    if (!h)
        return OK;
    for (size_t i = 0; i < h->n; i++) {
        struct hand *hand = &h->hands[i];
        if (!hand->started)
            continue;
        (void)pthread_join(hand->thread, NULL); /* joinable and ours: it cannot fail */
        plan_beside(p, &hand->tally);
        if (s == OK && hand->status != OK)
            s = FAIL(err, hand->status, "%s", hand->err.text);
    }
    release(h);
    return s;
}
