#include "engine/late_store.h"
#include "base/pack.h"

#define LAST_CONFIGURED_META "stores_last"

enum { F_SINCE = 1, F_DONE, F_AFTER_TIME, F_AFTER_KEY };

static const char *meta_name(struct str store, struct arena *a)
{
    return arena_fmt(a, "searched:%.*s", STR_ARG(store)).p;
}

enum status late_store_get(struct engine *e, struct str name, struct arena *a, struct late_store *out, struct err *err)
{
    struct late_store s = {.name = name, .since_ms = TIME_NONE, .done_ms = TIME_NONE, .at = {.queue = QUEUE_LEDGER, .category = -1}};
    struct str body;
    struct unpack u;
    const char *meta = meta_name(name, a);
    if (!meta)
        return ARENA_FULL(err, a);
    TRY(registry_meta_get(e->registry, meta, a, &body, &s.version, err));
    for (unpack_init(&u, body); unpack_next(&u);) {
        if (u.number == F_SINCE)
            s.since_ms = u.i;
        else if (u.number == F_DONE)
            s.done_ms = u.i;
        else if (u.number == F_AFTER_TIME)
            s.at.after_time_ms = u.i;
        else if (u.number == F_AFTER_KEY && u.s.n == ROW_KEY_BYTES) {
            s.at.after = true;
            memcpy(s.at.after_key.b, u.s.p, ROW_KEY_BYTES);
        }
    }
    s.at.until_ms = s.since_ms;
    *out = s;
    return u.bad ? FAIL(err, E_IO, "what was searched in store %.*s is damaged", STR_ARG(name)) : OK;
}

static enum status late_store_put(struct engine *e, struct late_store *s, struct arena *a, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    const char *meta = meta_name(s->name, a);
    buf_init(&b, 256);
    if (!meta)
        return ARENA_FULL(err, a);
    pack_int(&b, F_SINCE, s->since_ms);
    if (s->done_ms != TIME_NONE)
        pack_int(&b, F_DONE, s->done_ms);
    if (s->at.after) {
        pack_int(&b, F_AFTER_TIME, s->at.after_time_ms);
        pack_str(&b, F_AFTER_KEY, (struct str){(const char *)s->at.after_key.b, ROW_KEY_BYTES});
    }
    TRY(buf_check(&b, err));
    TRY(registry_meta_put(e->registry, meta, buf_view(&b), s->version, NULL, err));
    s->version++;
    return OK;
}

static enum status names_configured(const struct engine *e, struct arena *a, struct str *out, struct err *err)
{
    *out = STR("\n");
    for (size_t i = 0; i < e->config.stores_n && out->p; i++)
        *out = arena_fmt(a, "%.*s%.*s\n", STR_ARG(*out), STR_ARG(e->store_names[i]));
    return out->p ? OK : ARENA_FULL(err, a);
}

/* One that was out of the configuration, and that nobody waited for because nothing had been found in it or it was retired:
 * what was purged meanwhile was purged without it, as if it were new. */
static enum status was_missed(struct engine *e, struct str name, struct str last, struct arena *a, bool *missed, struct err *err)
{
    struct str body, line = arena_fmt(a, "\n%.*s\n", STR_ARG(name));
    uint64_t version;
    *missed = false;
    if (!line.p)
        return ARENA_FULL(err, a);
    if (!last.n || memmem(last.p, last.n, line.p, line.n))
        return OK;
    TRY(registry_record_get(e->registry, TABLE_STORE, name, a, &body, &version, err));
    *missed = !version || str_starts(body, STR("retired"));
    return OK;
}

static enum status note_stores(struct engine *e, struct arena *a, struct err *err)
{
    struct queue_query any = {.queue = QUEUE_LEDGER, .category = -1, .until_ms = INT64_MAX};
    struct queue_line *lines;
    size_t n;
    struct str last, now_configured;
    uint64_t last_version;
    TRY(registry_queue(e->registry, &any, 1, a, &lines, &n, err));
    TRY(registry_meta_get(e->registry, LAST_CONFIGURED_META, a, &last, &last_version, err));
    TRY(names_configured(e, a, &now_configured, err));
    for (size_t i = 0; i < e->config.stores_n; i++) {
        struct late_store s;
        TRY(late_store_get(e, e->store_names[i], a, &s, err));
        bool missed;
        TRY(was_missed(e, s.name, last, a, &missed, err));
        if (s.version && !missed)
            continue;
        s.at = (struct queue_query){.queue = QUEUE_LEDGER, .category = -1};
        s.since_ms = engine_now(e);
        s.done_ms = n ? TIME_NONE : s.since_ms;
        enum status st = late_store_put(e, &s, a, err);
        if (st != OK && st != E_CONFLICT) /* another run has just noted it */
            return st;
    }
    if (str_eq(last, now_configured))
        return OK;
    enum status st = registry_meta_put(e->registry, LAST_CONFIGURED_META, now_configured, last_version, NULL, err);
    return st == E_CONFLICT ? OK : st; /* the next run compares again */
}

enum status late_stores_note(struct engine *e, struct err *err)
{
    struct arena a;
    arena_init(&a, 8 << 20);
    enum status s = note_stores(e, &a, err);
    arena_release(&a);
    return s;
}

/* *on: the whole batch was seen, and there may be more. */
static enum status search_batch(const struct working_run *w, struct late_store *s, size_t store, struct arena *a, bool *on, struct err *err)
{
    struct tally t = {.given = 0};
    struct working_run work = *w;
    struct queue_line *lines;
    size_t n;
    *on = false;
    TRY(registry_queue(w->engine->registry, &s->at, VISIT_CHAINS_MAX, a, &lines, &n, err));
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, n + 1);
    if (!keys)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        keys[i] = lines[i].chain;
    work.tally = &t;
    TRY(tally_init(&t, w->engine, a, err));
    TRY(verify_these(&work, keys, n, err));
    if (t.stores[store].errors)
        return OK; /* the next run begins with this batch again */
    if (n) {
        s->at.after = true;
        s->at.after_category = lines[n - 1].category;
        s->at.after_time_ms = lines[n - 1].time_ms;
        s->at.after_key = lines[n - 1].chain;
    }
    *on = n == VISIT_CHAINS_MAX;
    if (!*on)
        s->done_ms = engine_now(w->engine);
    return late_store_put(w->engine, s, a, err);
}

enum status late_stores_search(const struct working_run *w, struct arena *a, struct err *err)
{
    struct engine *e = w->engine;
    for (size_t i = 0; i < e->config.stores_n; i++) {
        struct late_store s;
        TRY(late_store_get(e, e->store_names[i], a, &s, err));
        bool on = e->stores[i] && s.since_ms != TIME_NONE && s.done_ms == TIME_NONE;
        while (on && (!w->stop_ms || engine_now(e) < w->stop_ms)) {
            struct arena page;
            arena_init(&page, 8 << 20);
            enum status st = search_batch(w, &s, i, &page, &on, err);
            arena_release(&page);
            TRY(st);
        }
    }
    return OK;
}
