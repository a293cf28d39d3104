#include "engine/restore.h"
#include "base/pack.h"
#include "engine/stores_view.h"

enum { F_AS_OF = 1, F_DECLARED, F_ACTOR, F_RISEN, F_ID };
enum { PAGE = 500, PAGE_ARENA_MAX = 256 << 20 };

static const char *meta_name(struct str store, struct arena *a)
{
    return arena_fmt(a, "closed:%.*s", STR_ARG(store)).p;
}

static enum status restore_write(struct engine *e, struct restore *r, struct entry *entry, struct arena *a, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    const char *name = meta_name(r->store, a);
    buf_init(&b, 4096);
    pack_int(&b, F_AS_OF, r->as_of_ms);
    pack_int(&b, F_DECLARED, r->declared_ms);
    pack_str(&b, F_ACTOR, r->actor);
    pack_int(&b, F_RISEN, (int64_t)r->risen);
    pack_str(&b, F_ID, r->id);
    TRY(buf_check(&b, err));
    if (!name)
        return ARENA_FULL(err, a);
    TRY(registry_meta_put(e->registry, name, buf_view(&b), r->version, entry, err));
    r->version++;
    return OK;
}

/* r->version 0: never declared. An empty value: declared once, over now. */
static enum status restore_read(struct engine *e, struct str store, struct arena *a, struct restore *r, bool *open, struct err *err)
{
    struct str body;
    struct unpack u;
    const char *name = meta_name(store, a);
    *r = (struct restore){.store = store};
    *open = true;
    if (!name)
        return ARENA_FULL(err, a);
    TRY(registry_meta_get(e->registry, name, a, &body, &r->version, err));
    for (unpack_init(&u, body); unpack_next(&u);) {
        *open = false;
        if (u.number == F_AS_OF)
            r->as_of_ms = u.i;
        else if (u.number == F_DECLARED)
            r->declared_ms = u.i;
        else if (u.number == F_ACTOR)
            r->actor = u.s;
        else if (u.number == F_RISEN)
            r->risen = (uint64_t)u.i;
        else if (u.number == F_ID)
            r->id = u.s;
    }
    return u.bad ? FAIL(err, E_IO, "the declaration of a restore of %.*s is damaged", STR_ARG(store)) : OK;
}

enum status restore_store_closed(struct engine *e, struct str store, struct arena *a, bool *closed, struct err *err)
{
    struct restore r;
    bool open;
    TRY(restore_read(e, store, a, &r, &open, err));
    *closed = !open;
    return OK;
}

static enum status declared_entry(struct engine *e, const struct restore *r, struct arena *a, struct entry *out, struct err *err)
{
    const struct journal_fact facts[] = {
        {.name = "as_of", .number = r->as_of_ms, .is_number = true},
        {.name = "n", .number = (int64_t)r->risen, .is_number = true},
        {.name = "store", .text = r->store},
    };
    return journal_plain(e, "RESTORE_DECLARED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, out, err);
}

enum status restore_declare(struct engine *e, struct str store, int64_t as_of_ms, struct arena *a, struct restore *out, struct err *err)
{
    struct restore r;
    struct entry entry;
    bool open;
    int64_t now = engine_now(e);
    if (!store_is_duty(e, store))
        return FAIL(err, E_ABSENT, "no store \"%.*s\" (see `expunge store list`)", STR_ARG(store));
    if (as_of_ms > now)
        return FAIL(err, E_INVALID, "--as-of lies in the future: it is the time of the backup that was restored");
    TRY(restore_read(e, store, a, &r, &open, err));
    r.as_of_ms = open || as_of_ms < r.as_of_ms ? as_of_ms : r.as_of_ms;
    r.declared_ms = now;
    r.actor = e->actor.id;
    r.id = open ? arena_fmt(a, "restore-%.*s-%.*s", STR_ARG(store), STR_ARG(time_str(now, a))) : r.id;
    r.risen = open ? 0 : r.risen;
    if (!r.id.p)
        return ARENA_FULL(err, a);
    TRY(restore_write(e, &r, NULL, a, err)); /* closed first: a crash leaves it closed, never forgotten */
    TRY(restore_rise(e, &r, r.as_of_ms - RESTORE_MARGIN_MS, err));
    TRY(declared_entry(e, &r, a, &entry, err));
    TRY(restore_write(e, &r, &entry, a, err));
    r.remaining = r.risen;
    *out = r;
    return OK;
}

/* ---- what remains ---- */

static enum status count_queue(struct engine *e, enum chain_queue queue, struct restore *list, size_t n, struct err *err)
{
    struct queue_query q = {.queue = queue, .category = -1, .until_ms = INT64_MAX};
    struct arena page;
    enum status s = OK;
    arena_init(&page, PAGE_ARENA_MAX);
    for (size_t got = PAGE; s == OK && got == PAGE; arena_reset(&page)) {
        struct queue_line *lines;
        s = registry_queue(e->registry, &q, PAGE, &page, &lines, &got, err);
        struct row_key *keys = s == OK ? ARENA_ARRAY(&page, struct row_key, got + 1) : NULL;
        struct chain *chains = s == OK ? ARENA_ARRAY(&page, struct chain, got + 1) : NULL;
        if (s != OK || !keys || !chains) {
            s = s == OK ? ARENA_FULL(err, &page) : s;
            break;
        }
        for (size_t i = 0; i < got; i++)
            keys[i] = lines[i].chain;
        s = registry_chains(e->registry, keys, got, &page, chains, err);
        for (size_t i = 0; s == OK && i < got; i++)
            for (size_t k = 0; k < n; k++)
                if (str_eq(chains[i].mandate.run_id, list[k].id) && chains[i].verified_ms == TIME_NONE) {
                    list[k].remaining++;
                    list[k].stopped += queue == QUEUE_PARKED || queue == QUEUE_REVIEW || queue == QUEUE_WAKE;
                }
        if (got) {
            q.after = true;
            q.after_category = lines[got - 1].category;
            q.after_time_ms = lines[got - 1].time_ms;
            q.after_key = lines[got - 1].chain;
        }
    }
    arena_release(&page);
    return s;
}

enum status restore_status(struct engine *e, struct arena *a, struct restore **out, size_t *n, struct err *err)
{
    static const enum chain_queue queues[] = {QUEUE_RISEN, QUEUE_RETRY, QUEUE_VERIFY, QUEUE_PARKED, QUEUE_REVIEW, QUEUE_WAKE, QUEUE_REQUEST, QUEUE_DOWN};
    struct restore *list = ARENA_ARRAY(a, struct restore, e->stores_n + 1);
    size_t count = 0;
    if (!list)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < e->stores_n; i++) {
        bool open;
        TRY(restore_read(e, e->store_names[i], a, &list[count], &open, err));
        count += !open;
    }
    for (size_t i = 0; count && i < ARRAY_LEN(queues); i++)
        TRY(count_queue(e, queues[i], list, count, err));
    *out = list;
    *n = count;
    return OK;
}

enum status restore_follow_up(struct engine *e, struct arena *a, struct err *err)
{
    struct restore *list;
    size_t n;
    TRY(restore_status(e, a, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct entry entry;
        const char *name = meta_name(list[i].store, a);
        const struct journal_fact facts[] = {{.name = "change", .text = STR("opened")},
                                             {.name = "n", .number = (int64_t)list[i].risen, .is_number = true},
                                             {.name = "store", .text = list[i].store}};
        if (list[i].remaining)
            continue;
        if (!name)
            return ARENA_FULL(err, a);
        TRY(journal_plain(e, "STORE_CHANGED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, &entry, err));
        TRY(registry_meta_put(e->registry, name, STR(""), list[i].version, &entry, err));
    }
    return OK;
}
