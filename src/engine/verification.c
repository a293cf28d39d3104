/* verification.c - `expunge verify`: what should be gone is read back again; nothing is changed in any store. */
#include "engine/ledger.h"
#include "engine/logbook.h"
#include "engine/purge.h"

enum { PAGE = 1000, PROBE_CHAINS = 200 };

struct verifying {
    struct working_run work;
    struct arena *a;
};

/* Rules 2.15, 2.21: only what is erased or being erased is read back, not before it has settled, and only while the
 * ledger still knows what to look for. The others are answered with `why`. */
static enum status may_verify(struct engine *e, const struct chain *c, struct arena *a, bool *yes, struct str *why,
                              struct err *err)
{
    struct ledger known;
    *yes = false;
    if (!c->version || (c->state != CHAIN_ERASED && c->state != CHAIN_ERASING)) {
        *why = STR("is not erased: there is nothing to read back");
        return OK;
    }
    if (c->state == CHAIN_ERASING) {
        *yes = c->submitted_any && (c->next_ms == TIME_NONE || c->next_ms <= engine_now(e));
        *why = STR("is being erased and has not settled in every store yet");
        return OK;
    }
    enum status s = ledger_get(e, &c->key, a, &known, err);
    *yes = s == OK;
    *why = STR("its ledger has ended: nobody knows any more what to look for");
    return s == E_ABSENT ? OK : s;
}

static void tell_skipped(struct tally *t, const struct chain *c, const struct row_key *key, struct str why)
{
    struct visit_result r = {.chain = *key,
                             .source = c->source,
                             .did = VISIT_KEPT,
                             .why = why,
                             .until_ms = TIME_NONE,
                             .status = STATUS_COUNT};
    struct str first = c->version && c->legs_n ? c->legs[0].id : STR_NONE;
    if (first.n) {
        r.ids = &first;
        r.ids_n = 1;
    }
    tally_add(t, &r);
}

static enum status verify_chunk(struct verifying *v, const struct row_key *keys, size_t n, struct arena *a,
                                struct err *err)
{
    struct engine *e = v->work.engine;
    struct row_key going[VISIT_CHAINS_MAX];
    size_t going_n = 0;
    struct chain *chains = ARENA_ARRAY(a, struct chain, n);
    if (!chains)
        return ARENA_FULL(err, a);
    TRY(registry_chains(e->registry, keys, n, a, chains, err));
    for (size_t i = 0; i < n; i++) {
        bool yes;
        struct str why;
        TRY(may_verify(e, &chains[i], a, &yes, &why, err));
        if (yes)
            going[going_n++] = keys[i];
        else
            tell_skipped(v->work.tally, &chains[i], &keys[i], why);
    }
    return visit_batch(&v->work, going, NULL, going_n, NULL, false, true, FUNC_NONE, err);
}

static enum status verify_keys(struct verifying *v, const struct row_key *keys, size_t n, struct err *err)
{
    for (size_t at = 0; at < n; at += VISIT_CHAINS_MAX) {
        struct arena a;
        arena_init(&a, 256 << 20);
        enum status s = verify_chunk(v, keys + at, n - at < VISIT_CHAINS_MAX ? n - at : VISIT_CHAINS_MAX, &a, err);
        arena_release(&a);
        TRY(s);
    }
    return OK;
}

static uint64_t random_below(uint64_t n)
{
    uint64_t r, most = UINT64_MAX - UINT64_MAX % n;
    do
        crypto_random(&r, sizeof r);
    while (r >= most);
    return r % n;
}

/* One page of a queue, in keys; *n below PAGE: the last. */
static enum status next_page(struct verifying *v, struct queue_query *q, struct arena *a, struct queue_line **lines,
                             size_t *n, struct err *err)
{
    TRY(registry_queue(v->work.engine->registry, q, PAGE, a, lines, n, err));
    if (*n) {
        const struct queue_line *last = &(*lines)[*n - 1];
        q->after = true;
        q->after_category = last->category;
        q->after_time_ms = last->time_ms;
        q->after_key = last->chain;
    }
    return OK;
}

static enum status verify_due(struct verifying *v, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_VERIFY, .category = -1, .until_ms = engine_now(v->work.engine)};
    enum status s = OK;
    for (size_t n = PAGE; s == OK && n == PAGE;) {
        struct arena a;
        struct queue_line *lines;
        arena_init(&a, 8 << 20);
        s = next_page(v, &q, &a, &lines, &n, err);
        struct row_key *keys = ARENA_ARRAY(&a, struct row_key, n + 1);
        if (s == OK && !keys)
            s = ARENA_FULL(err, &a);
        for (size_t i = 0; s == OK && i < n; i++)
            keys[i] = lines[i].chain;
        if (s == OK)
            s = verify_keys(v, keys, n, err);
        arena_release(&a);
    }
    return s;
}

/* Every chain the ledger knows is as likely as any other: reservoir sampling over the whole ledger. */
static enum status verify_sample(struct verifying *v, uint64_t wanted, int64_t until_ms, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_LEDGER, .category = -1, .until_ms = until_ms};
    struct row_key *chosen = ARENA_ARRAY(v->a, struct row_key, (size_t)wanted);
    uint64_t seen = 0;
    enum status s = chosen ? OK : ARENA_FULL(err, v->a);
    for (size_t n = PAGE; s == OK && n == PAGE;) {
        struct arena a;
        struct queue_line *lines;
        arena_init(&a, 8 << 20);
        s = next_page(v, &q, &a, &lines, &n, err);
        for (size_t i = 0; s == OK && i < n; i++, seen++) {
            uint64_t at = seen < wanted ? seen : random_below(seen + 1);
            if (at < wanted)
                chosen[at] = lines[i].chain;
        }
        arena_release(&a);
    }
    TRY(s);
    v->work.tally->given = seen < wanted ? seen : wanted;
    return verify_keys(v, chosen, (size_t)v->work.tally->given, err);
}

static enum status work(struct verifying *v, const struct verify_options *o, struct err *err)
{
    TRY(verify_keys(v, o->chains, o->chains_n, err));
    if (o->due)
        TRY(verify_due(v, err));
    return o->sample ? verify_sample(v, o->sample, INT64_MAX, err) : OK;
}

enum status verify_run(struct engine *e, const struct verify_options *o, struct tally *t, struct arena *a,
                       struct err *err)
{
    struct run_record run;
    struct logbook_head head;
    struct verifying v = {.work = {.engine = e, .tally = t, .run = &run}, .a = a};
    TRY(run_new(e, "verify", a, &run, err));
    t->run = run.id;
    TRY(tally_init(t, e, a, err));
    TRY(clock_check(e, err));
    TRY(worker_begin(e, &v.work.worker, err));
    enum status s = work(&v, o, err);
    worker_end(e, &v.work.worker);
    TRY(s);
    TRY(logbook_integrate(e, err));
    return e->config.audit_publish.n ? logbook_publish(e, STR_NONE, a, &head, err) : OK;
}

/* Its time, so that many runs a day probe once. *due false: not a day ago. */
static enum status probe_is_due(struct engine *e, struct arena *a, bool *due, struct err *err)
{
    struct str text;
    uint64_t version;
    int64_t last, now = engine_now(e);
    TRY(registry_meta_get(e->registry, "probed", a, &text, &version, err));
    *due = !text.n || time_parse(text, zone_utc(), &last, NULL) != OK || now - last >= DAY_MS || last > now;
    if (!*due)
        return OK;
    enum status s = registry_meta_put(e->registry, "probed", time_str(now, a), version, NULL, err);
    *due = s == OK;
    return s == E_CONFLICT ? OK : s; /* another run has just begun its own */
}

enum status verify_probe(const struct working_run *w, struct arena *a, struct err *err)
{
    struct tally t = {.given = 0};
    struct verifying v = {.work = *w, .a = a};
    bool due;
    TRY(probe_is_due(w->engine, a, &due, err));
    if (!due)
        return OK;
    v.work.tally = &t;
    TRY(tally_init(&t, w->engine, a, err));
    return verify_sample(&v, PROBE_CHAINS, engine_now(w->engine) - DAY_MS, err);
}

enum status verify_these(const struct working_run *w, const struct row_key *keys, size_t n, struct err *err)
{
    struct verifying v = {.work = *w};
    return verify_keys(&v, keys, n, err);
}
