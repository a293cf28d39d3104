/* config_seen.c - the settings that safety rests on, compared with those last seen. */
#include "engine/config_seen.h"

#include "engine/record.h"

enum { SETTINGS_MAX = 16, LIST_MAX = 1 << 20, WORK_ARENA_MAX = 8 << 20 };

struct settings {
    struct arena a;
    const char *names[SETTINGS_MAX]; /* sorted, as the log lists them */
    struct hash hashes[SETTINGS_MAX];
    size_t n;
};

static void take(struct settings *s, const char *name, struct str value)
{
    ASSERT(s->n < SETTINGS_MAX);
    s->names[s->n] = name;
    s->hashes[s->n++] = sha256_2(str_of(name), value);
}

static void take_int(struct settings *s, const char *name, int64_t n)
{
    take(s, name, arena_fmt(&s->a, "%lld", (long long)n));
}

static enum status take_lists(struct settings *s, const struct config *c, struct err *err)
{
    CLEANUP(buf_release) struct buf sources, stores;
    buf_init(&sources, LIST_MAX);
    buf_init(&stores, LIST_MAX);
    for (size_t i = 0; i < c->sources_n; i++)
        buf_fmt(&sources, "%.*s %.*s\n", STR_ARG(c->sources[i].name), STR_ARG(c->sources[i].type));
    for (size_t i = 0; i < c->stores_n; i++) {
        const struct yaml *type = yaml_get(c->stores[i].node, "type");
        buf_fmt(&stores, "%.*s %.*s\n", STR_ARG(c->stores[i].name), STR_ARG(type ? type->text : STR("")));
    }
    TRY(buf_check(&sources, err));
    TRY(buf_check(&stores, err));
    take(s, "sources", buf_view(&sources));
    take(s, "stores", buf_view(&stores));
    return OK;
}

static enum status settings_now(struct settings *s, const struct config *c, struct err *err)
{
    take(s, "approval.delay", period_text(&c->approval_delay, &s->a));
    take(s, "audit.publish", c->audit_publish);
    take_int(s, "guard.floor", c->guard_floor);
    take_int(s, "guard.times", c->guard_times);
    take(s, "own.openings", period_text(&c->own_openings, &s->a));
    take(s, "own.quarantine", period_text(&c->own_quarantine, &s->a));
    take(s, "own.results", period_text(&c->own_results, &s->a));
    take(s, "own.tombstones", period_text(&c->own_tombstones, &s->a));
    TRY(take_lists(s, c, err));
    take_int(s, "strict_places", c->strict_places);
    take_int(s, "strict_sources", c->strict_sources);
    return OK;
}

/* Empty when nothing comparable was seen before. */
static size_t differing(const struct settings *s, struct str before, struct str *out)
{
    size_t n = 0;
    if (before.n != s->n * HASH_BYTES)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(before.p + i * HASH_BYTES, s->hashes[i].b, HASH_BYTES) != 0)
            out[n++] = str_of(s->names[i]);
    return n;
}

static enum status changed_entry(struct engine *e, struct settings *s, struct str before, struct str now,
                                 struct entry *out, struct err *err)
{
    struct record r;
    struct str names[SETTINGS_MAX];
    struct hash digest = sha256(now), previous = sha256(before);
    record_begin(&r, e, ENTRY_CONFIG_CHANGED, engine_now(e), &s->a);
    record_hash(&r, "digest", &digest);
    record_names(&r, "keys", names, differing(s, before, names));
    if (before.n)
        record_hash(&r, "previous", &previous);
    else
        record_null(&r, "previous");
    return record_finish(&r, NULL, out, err);
}

static enum status compare(struct engine *e, struct settings *s, struct err *err)
{
    struct str before;
    struct entry entry;
    uint64_t version;
    TRY(settings_now(s, &e->config, err));
    struct str now = {(const char *)s->hashes, s->n * HASH_BYTES};
    TRY(registry_meta_get(e->registry, "config", &s->a, &before, &version, err));
    if (str_eq(before, now))
        return OK;
    TRY(changed_entry(e, s, before, now, &entry, err));
    enum status status = registry_meta_put(e->registry, "config", now, version, &entry, err);
    return status == E_CONFLICT ? OK : status; /* another process has just seen it, too */
}

enum status config_seen(struct engine *e, struct err *err)
{
    struct settings s = {.n = 0};
    arena_init(&s.a, WORK_ARENA_MAX);
    enum status status = compare(e, &s, err);
    arena_release(&s.a);
    return status;
}
