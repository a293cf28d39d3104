#include "engine/stores_view.h"
#include "engine/journal.h"
#include "engine/restore.h"

enum { CHECK_MS = 60000, STORES_MAX = 1000 };

/* TABLE_STORE bodies: "found TIME", or "retired TIME by ACTOR: why". */
static struct row *row_of(struct row *rows, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(rows[i].key, name))
            return &rows[i];
    return NULL;
}

static bool is_retired(const struct row *row)
{
    return row && str_starts(row->body, STR("retired"));
}

static size_t place_of(const struct engine *e, struct str name)
{
    size_t i = 0;
    while (i < e->stores_n && !str_eq(e->store_names[i], name))
        i++;
    return i;
}

bool store_is_duty(const struct engine *e, struct str name)
{
    return place_of(e, name) < e->stores_n;
}

static void line_of_row(struct store_line *l, const struct row *row)
{
    struct str word, rest;
    if (!row || !str_split(row->body, ' ', &word, &rest))
        return;
    l->held = true;
    l->retired = is_retired(row);
    if (l->retired)
        l->why = rest;
    else if (time_parse(rest, zone_utc(), &l->held_ms, NULL) != OK)
        l->held_ms = TIME_NONE;
}

enum status stores_list(struct engine *e, struct arena *a, struct store_line **out, size_t *n, struct err *err)
{
    struct row *rows;
    size_t rows_n, count = 0;
    TRY(registry_record_page(e->registry, TABLE_STORE, STR_NONE, STR_NONE, STORES_MAX, a, &rows, &rows_n, err));
    struct store_line *list = ARENA_ARRAY(a, struct store_line, e->stores_n + rows_n + 1);
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < e->stores_n; i++) {
        const struct store *s = e->stores[i];
        struct store_line *l = &list[count++];
        *l = (struct store_line){.name = e->store_names[i], .configured = i < e->config.stores_n, .up = s != NULL, .why = e->store_down[i],
                                 .held_ms = TIME_NONE};
        if (s) {
            l->type = str_of(s->driver->name);
            l->backup_age = s->backup_age;
            l->kinds = s->kinds;
            l->kinds_n = s->kinds_n;
        }
        line_of_row(l, row_of(rows, rows_n, l->name));
        TRY(restore_store_closed(e, l->name, a, &l->closed, err));
    }
    for (size_t i = 0; i < rows_n; i++)
        if (is_retired(&rows[i]) && !store_is_duty(e, rows[i].key)) {
            list[count] = (struct store_line){.name = rows[i].key, .held_ms = TIME_NONE};
            line_of_row(&list[count++], &rows[i]);
        }
    *out = list;
    *n = count;
    return OK;
}

enum status stores_retired(struct engine *e, struct arena *a, struct store_retired **out, size_t *n, struct err *err)
{
    struct row *rows;
    size_t rows_n;
    *n = 0;
    TRY(registry_record_page(e->registry, TABLE_STORE, STR_NONE, STR_NONE, STORES_MAX, a, &rows, &rows_n, err));
    *out = ARENA_ARRAY(a, struct store_retired, rows_n + 1);
    if (!*out)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++) {
        struct str word, rest, at, who;
        if (!is_retired(&rows[i]) || store_is_duty(e, rows[i].key))
            continue;
        struct store_retired *r = &(*out)[(*n)++];
        r->name = rows[i].key;
        if (!str_split(rows[i].body, ' ', &word, &rest) || !str_split(rest, ' ', &at, &who) ||
            time_parse(at, zone_utc(), &r->at_ms, NULL) != OK)
            return FAIL(err, E_IO, "the record of store \"%.*s\" is damaged", STR_ARG(r->name));
    }
    return OK;
}

static enum status examine(struct engine *e, size_t i, struct arena *a, struct store_examined *out)
{
    int64_t now = engine_now(e);
    struct err why = {.code = OK};
    *out = (struct store_examined){.name = e->store_names[i], .why = e->store_down[i], .check = {.server_ms = TIME_NONE}, .skew_ms = TIME_NONE};
    if (!e->stores[i])
        return OK;
    struct store_call call = {.now_ms = now, .deadline_ms = now + CHECK_MS, .a = a};
    out->reached = store_check(e->stores[i], &call, &out->check, &why) == OK;
    if (!out->reached)
        out->why = arena_fmt(a, "%s", why.text);
    if (out->check.server_ms != TIME_NONE && e->fixed_now_ms == TIME_NONE)
        out->skew_ms = out->check.server_ms - now;
    out->good = out->reached;
    for (size_t k = 0; k < out->check.n; k++)
        out->good &= out->check.findings[k].good;
    return OK;
}

enum status stores_check(struct engine *e, struct str name, struct arena *a, struct store_examined **out, size_t *n, struct err *err)
{
    struct store_examined *list = ARENA_ARRAY(a, struct store_examined, e->stores_n + 1);
    size_t count = 0;
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < e->stores_n; i++)
        if (!name.n || str_eq(name, e->store_names[i]))
            TRY(examine(e, i, a, &list[count++]));
    if (name.n && !count)
        return FAIL(err, E_ABSENT, "no store \"%.*s\" is configured (see `expunge store list`)", STR_ARG(name));
    *out = list;
    *n = count;
    return OK;
}

enum status store_retire(struct engine *e, struct str name, struct str why, struct arena *a, struct err *err)
{
    struct str body, actor = e->actor.id;
    uint64_t version;
    struct entry entry;
    int64_t now = engine_now(e);
    size_t at = place_of(e, name);
    if (!why.n)
        return FAIL(err, E_INVALID, "say why the store is given up: --reason");
    if (at < e->config.stores_n)
        return FAIL(err, E_CONFLICT, "store \"%.*s\" is configured: take it out of %.*s first", STR_ARG(name), STR_ARG(e->config.path));
    TRY(registry_record_get(e->registry, TABLE_STORE, name, a, &body, &version, err));
    if (!version)
        return FAIL(err, E_ABSENT, "nothing was ever found in a store \"%.*s\"", STR_ARG(name));
    if (str_starts(body, STR("retired")))
        return FAIL(err, E_CONFLICT, "store \"%.*s\" is retired already", STR_ARG(name));
    struct str text = arena_fmt(a, "retired %.*s by %.*s: %.*s", STR_ARG(time_str(now, a)), STR_ARG(actor), STR_ARG(why));
    const struct journal_fact facts[] = {{.name = "change", .text = STR("retired")}, {.name = "store", .text = name}};
    if (!text.p)
        return ARENA_FULL(err, a);
    TRY(journal_plain(e, "STORE_CHANGED", facts, ARRAY_LEN(facts), NULL, now, a, &entry, err));
    return registry_record_put(e->registry, TABLE_STORE, name, text, version, &entry, err);
}

enum status stores_remember(struct engine *e, struct str name, struct err *err)
{
    size_t at = place_of(e, name);
    if (at < e->stores_n && e->store_remembered && e->store_remembered[at])
        return OK;
    struct arena a;
    struct str body;
    uint64_t version;
    arena_init(&a, 1 << 20);
    enum status s = registry_record_get(e->registry, TABLE_STORE, name, &a, &body, &version, err);
    if (s == OK && (!version || str_starts(body, STR("retired")))) {
        struct str text = arena_fmt(&a, "found %.*s", STR_ARG(time_str(engine_now(e), &a)));
        s = registry_record_put(e->registry, TABLE_STORE, name, text, version, NULL, err);
        s = s == E_CONFLICT ? OK : s; /* another process has just noted it */
    }
    arena_release(&a);
    if (s == OK && !e->store_remembered)
        e->store_remembered = ARENA_ARRAY(&e->arena, bool, e->stores_n + 1);
    if (s == OK && e->store_remembered && at < e->stores_n)
        e->store_remembered[at] = true;
    return s;
}
