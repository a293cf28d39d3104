/* setup.c - the list of drivers; a store made from its entry of the configuration, connected and released. */
#include "store/store.h"

#include <stdlib.h>

enum { STORE_ARENA_BYTES = 64 << 20 };

#define STORE_DRIVER(name) extern const struct store_driver store_##name;
#include "store/drivers.h"
#undef STORE_DRIVER

#define STORE_DRIVER(name) &store_##name,
const struct store_driver *const store_drivers[] = {
#include "store/drivers.h"
    NULL};
#undef STORE_DRIVER

const struct option store_common_options[] = {
    {.name = "type", .type = OPT_TEXT, .required = true, .help = "the driver that serves this store"},
    {.name = "backup_age",
     .type = OPT_PERIOD,
     .help = "how old the oldest backup of this store gets: until then a copy of what is erased remains in it"},
    {.name = "sources",
     .type = OPT_LIST,
     .help = "the sources whose contacts lie here, when two sources may use the same id: [acme-connect]; absent: all"},
    {.name = NULL}};

const struct store_driver *store_driver_named(struct str name)
{
    for (size_t i = 0; store_drivers[i] != NULL; i++)
        if (str_is(name, store_drivers[i]->name))
            return store_drivers[i];
    return NULL;
}

static void report_type(const struct yaml *node, struct str name, struct str type, struct problems *p)
{
    struct str known = STR("");
    for (size_t i = 0; store_drivers[i] != NULL; i++)
        known = arena_fmt(p->a, "%.*s%s%s", STR_ARG(known), i > 0 ? ", " : "", store_drivers[i]->name);
    problem_at(p, node, "store '%.*s': there is no type '%.*s'; choose one of: %.*s", STR_ARG(name),
               STR_ARG(type), STR_ARG(known));
}

/* The driver's own rows and the common ones as one table, because each alone would call the other's keys unknown. */
static const struct option *whole_table(const struct store_driver *driver, struct arena *a)
{
    size_t own = 0;
    while (driver->options[own].name != NULL)
        own++;
    struct option *table = ARENA_ARRAY(a, struct option, own + ARRAY_LEN(store_common_options));
    if (table == NULL)
        return NULL;
    memcpy(table, driver->options, own * sizeof(*table));
    memcpy(table + own, store_common_options, sizeof(store_common_options));
    return table;
}

static enum status configure(struct store *store, const struct yaml *node, struct str base_dir, struct problems *p,
                             struct err *err)
{
    struct arena *a = &store->arena;
    const struct option *table = whole_table(store->driver, a);
    if (table == NULL)
        return ARENA_FULL(err, a);
    size_t before = p->count;
    TRY(options_read(node, table, NULL, base_dir, a, p, &store->options, err));
    store->backup_age = option_of(&store->options, "backup_age")->period;
    store->sources = option_of(&store->options, "sources")->list;
    store->sources_n = option_of(&store->options, "sources")->list_n;
    TRY(store->driver->configure(store, p, err));
    if (p->count == before && store->kinds_n == 0)
        problem_at(p, node, "store '%.*s' holds no kind of artefact", STR_ARG(store->name));
    return OK;
}

enum status store_configure(struct str name, const struct yaml *node, struct str base_dir, struct problems *p,
                            struct store **out, struct err *err)
{
    *out = NULL;
    if (!yaml_expect(node, YAML_MAP, p))
        return OK;
    struct str type = STR_NONE;
    if (!yaml_string(yaml_get(node, "type"), p, &type)) {
        problem_at(p, node, "store '%.*s': 'type' is missing", STR_ARG(name));
        return OK;
    }
    const struct store_driver *driver = store_driver_named(type);
    if (driver == NULL) {
        report_type(yaml_get(node, "type"), name, type, p);
        return OK;
    }
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    arena_init(&store->arena, STORE_ARENA_BYTES);
    store->driver = driver;
    store->name = arena_str(&store->arena, name);
    enum status s = arena_str_ok(store->name, name) ? configure(store, node, base_dir, p, err)
                                                    : ARENA_FULL(err, &store->arena);
    if (s != OK) {
        store_close(store);
        return s;
    }
    *out = store;
    return OK;
}

enum status store_open(struct store *store, struct err *err)
{
    if (store->driver->open(store, err) != OK)
        return err_prefix(err, "store %.*s", STR_ARG(store->name));
    return OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store->driver->close(store);
    arena_release(&store->arena);
    free(store);
}

static enum stage stage_of(const struct store_kind *kind)
{
    if (kind->stage == STAGE_RECORD)
        return STAGE_RECORD;
    switch ((int)kind->kind) {
    case KIND_PROFILE:
    case KIND_INDEX_DOCUMENT:
    case KIND_WAREHOUSE_ROW:
    case KIND_EVENT_RECORD:
    case KIND_EXPORT:
        return STAGE_DERIVED; /* rule 2.15: the system of record emits these again when it is scrubbed */
    default:
        return kind->stage;
    }
}

enum status store_kind_add(struct store *store, const struct store_kind *kind, struct err *err)
{
    for (size_t i = 0; i < store->kinds_n; i++) {
        struct store_kind *k = &store->kinds[i];
        if (k->kind != kind->kind)
            continue;
        k->effects |= kind->effects;
        k->settle_ms = kind->settle_ms > k->settle_ms ? kind->settle_ms : k->settle_ms;
        k->late_ms = kind->late_ms > k->late_ms ? kind->late_ms : k->late_ms;
        return OK;
    }
    if (store->kinds == NULL)
        store->kinds = ARENA_ARRAY(&store->arena, struct store_kind, KIND_COUNT);
    if (store->kinds == NULL)
        return ARENA_FULL(err, &store->arena);
    ASSERT(store->kinds_n < KIND_COUNT);
    store->kinds[store->kinds_n] = *kind;
    store->kinds[store->kinds_n++].stage = stage_of(kind);
    return OK;
}

const struct store_kind *store_kind_of(const struct store *store, enum artefact_kind kind)
{
    for (size_t i = 0; i < store->kinds_n; i++)
        if (store->kinds[i].kind == kind)
            return &store->kinds[i];
    return NULL;
}
