#include "engine/engine.h"
#include "base/clock.h"
#include "engine/actor.h"
#include "engine/key_check.h"
#include "engine/logbook.h"
#include <stdatomic.h>
#include <stdlib.h>

enum { ENGINE_ARENA_MAX = 256 << 20, HOLDS_ARENA_MAX = 64 << 20 };

int64_t engine_now(const struct engine *e)
{
    return e->fixed_now_ms != TIME_NONE ? e->fixed_now_ms : clock_now_ms();
}

bool engine_is_preview(const struct engine *e)
{
    return e->fixed_now_ms != TIME_NONE && !e->test_clock;
}

int64_t engine_log_now(const struct engine *e)
{
    return engine_is_preview(e) ? clock_now_ms() : engine_now(e);
}

static int64_t watch_clock(void *ctx)
{
    return engine_now(ctx);
}

static enum status read_policy(struct engine *e, struct err *err)
{
    struct str version, body;
    uint64_t at;
    TRY(registry_meta_get(e->registry, "policy", &e->arena, &version, &at, err));
    if (!at)
        return FAIL(err, E_INVALID, "the registry was not created to its end: remove it, its keys and expunge.yaml, and run "
                                    "`expunge init` again");
    TRY(registry_record_get(e->registry, TABLE_POLICY, version, &e->arena, &body, &at, err));
    if (!at)
        return FAIL(err, E_IO, "policy version %.*s is missing from the registry", STR_ARG(version));
    TRY(policy_load(body, &e->arena, &e->policy, err));
    struct str armed;
    TRY(registry_meta_get(e->registry, "armed", &e->arena, &armed, &at, err));
    e->disarmed = at == 0;
    e->config_differs = !str_eq(e->policy.version, e->config.policy.version);
    return OK;
}

static enum status set_clock(struct engine *e, const struct engine_options *o, struct err *err)
{
    struct str test;
    uint64_t at;
    TRY(registry_meta_get(e->registry, "test_clock", &e->arena, &test, &at, err));
    e->test_clock = at != 0;
    if (o->now_ms != TIME_NONE && !o->read_only_now && !e->test_clock)
        return FAIL(err, E_INVALID, "--now changes nothing for real: it serves --dry-run, explain, simulate and reports; "
                                    "only a registry made by `init --test-clock` takes it");
    e->fixed_now_ms = o->now_ms;
    return OK;
}

static void store_is_down(struct engine *e, size_t i, const char *why)
{
    store_close(e->stores[i]);
    e->stores[i] = NULL;
    e->store_down[i] = arena_fmt(&e->arena, "%s", why);
}

/* The configuration says label; contacts carry what their documents say. */
static void name_sources(const struct engine *e, struct store *store)
{
    for (size_t i = 0; store && i < store->sources_n; i++) {
        const struct source_config *s = config_source(&e->config, store->sources[i]);
        if (s && s->instance.n)
            store->sources[i] = s->instance;
    }
}

static enum status open_stores(struct engine *e, bool connect, struct err *err)
{
    size_t n = e->config.stores_n, known_n = 0;
    struct row *known;
    e->stores_connected = connect;
    TRY(registry_record_page(e->registry, TABLE_STORE, STR_NONE, STR_NONE, 1000, &e->arena, &known, &known_n, err));
    e->stores = ARENA_ARRAY(&e->arena, struct store *, n + known_n + 1);
    e->store_names = ARENA_ARRAY(&e->arena, struct str, n + known_n + 1);
    e->store_down = ARENA_ARRAY(&e->arena, struct str, n + known_n + 1);
    if (!e->stores || !e->store_names || !e->store_down)
        return ARENA_FULL(err, &e->arena);
    for (size_t i = 0; i < n; i++) {
        struct problems p;
        struct err why = {.code = OK};
        problems_init(&p, &e->arena, e->config.path);
        e->store_names[i] = e->config.stores[i].name;
        e->store_down[i] = STR_NONE;
        e->stores_n = i + 1;
        TRY(store_configure(e->store_names[i], e->config.stores[i].node, e->config.dir, &p, &e->stores[i], err));
        name_sources(e, e->stores[i]);
        if (connect && store_open(e->stores[i], &why) != OK)
            store_is_down(e, i, why.text);
    }
    /* Rule 2.23: a store that ever held an artefact stays a duty until `store retire` says why. */
    for (size_t k = 0; k < known_n; k++) {
        bool configured = false;
        for (size_t i = 0; i < n; i++)
            configured |= str_eq(e->store_names[i], known[k].key);
        if (configured || str_starts(known[k].body, STR("retired")))
            continue;
        e->store_names[e->stores_n] = known[k].key;
        e->stores[e->stores_n] = NULL;
        e->store_down[e->stores_n++] = STR("is no longer configured; put it back, or say why with `expunge store retire`");
    }
    return OK;
}

static enum status open_parts(struct engine *e, const struct engine_options *o, struct buf *report, struct err *err)
{
    TRY(config_load(o->config_path, &e->config, report, err));
    TRY(keys_open(&e->config.key_places, &e->keys, err));
    TRY(registry_open(e->config.registry, false, e->keys.identifier, &e->keys.sealer, &e->registry, err));
    TRY(key_check_pseudonym(e, err));
    TRY(read_policy(e, err));
    TRY(set_clock(e, o, err));
    TRY(actor_find(e, o->by, err));
    TRY(open_stores(e, (o->flags & OPEN_STORES) != 0, err));
    if (o->flags & OPEN_WRITE) {
        TRY(key_check_audit(e, err));
        TRY(logbook_check_behind(e, err));
    }
    return OK;
}

enum status engine_open(const struct engine_options *o, struct engine **out, struct buf *report, struct err *err)
{
    TRY(crypto_init(err));
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return FAIL(err, E_LIMIT, "out of memory");
    arena_init(&e->arena, ENGINE_ARENA_MAX);
    arena_init(&e->hold_arena, HOLDS_ARENA_MAX);
    e->fixed_now_ms = TIME_NONE;
    e->progress = o->progress;
    e->watch.clock = watch_clock;
    e->watch.clock_ctx = e;
    e->watch.stale_after_ms = 1000;
    enum status s = open_parts(e, o, report, err);
    if (s != OK) {
        engine_close(e);
        return s;
    }
    *out = e;
    return OK;
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->stores_n; i++)
        store_close(e->stores[i]);
    registry_close(e->registry);
    keys_close(&e->keys);
    arena_release(&e->hold_arena);
    arena_release(&e->arena);
    config_release(&e->config);
    free(e);
}

enum status engine_policy(struct engine *e, struct err *err)
{
    struct arena a;
    struct str version;
    uint64_t at;
    arena_init(&a, 64 << 10);
    enum status s = registry_meta_get(e->registry, "policy", &a, &version, &at, err);
    bool same = s != OK || str_eq(version, e->policy.version);
    arena_release(&a);
    return same ? s : read_policy(e, err);
}

struct store *engine_store(const struct engine *e, struct str name)
{
    for (size_t i = 0; i < e->stores_n; i++)
        if (str_eq(e->store_names[i], name))
            return e->stores[i];
    return NULL;
}

enum status engine_holds(struct engine *e, uint64_t *epoch, struct err *err)
{
    uint64_t now;
    TRY(registry_epoch(e->registry, &now, err));
    if (!e->holds || now != e->holds_epoch) {
        arena_reset(&e->hold_arena);
        e->holds = NULL;
        struct hold *holds;
        size_t n;
        TRY(registry_holds(e->registry, &e->hold_arena, &holds, &n, err));
        for (size_t i = 0; i < n; i++)
            if (holds[i].scope == HOLD_FILTER)
                TRY(filter_parse(holds[i].filter_text, e->config.zone, &e->hold_arena, &holds[i].filter, err));
        e->holds = holds ? holds : ARENA_NEW(&e->hold_arena, struct hold);
        e->holds_n = n;
        e->holds_epoch = now;
    }
    if (epoch)
        *epoch = now;
    return OK;
}

struct row_key engine_contact_key(const struct engine *e, struct str source, struct str id)
{
    return row_key_of_contact(&e->registry->identifier, source, id);
}
