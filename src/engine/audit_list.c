/* audit_list.c - the lines that a filter asks for. */
#include <stdlib.h>

#include "audit/entry_types.h"
#include "engine/actor.h"
#include "engine/audit_view.h"
#include "engine/journal.h"

enum { PAGE = 500, MAX_PRESET = 1000, PAGE_ARENA_MAX = 128 << 20, OF_CONTACT_MAX = 100000 };

struct listing {
    struct engine *engine;
    const struct audit_filter *filter;
    struct arena *a;
    struct arena page;
    struct str user; /* as an actor stands in entries */
    struct audit_line *lines;
    size_t n, cap, max;
    bool more;
};

/* ---- the filter ---- */

static enum status type_check(struct str type, struct err *err)
{
    enum { KNOWN_MAX = 480, SHOWN_MAX = 40 };
    enum entry_type known;
    if (!type.n || entry_type_parse(type, &known))
        return OK;
    CLEANUP(buf_release) struct buf names;
    buf_init(&names, KNOWN_MAX);
    for (unsigned t = ENTRY_NONE + 1; t < ENTRY_TYPE_COUNT; t++)
        buf_fmt(&names, "%s%s", names.n ? ", " : "", entry_type_name((enum entry_type)t));
    return FAIL(err, E_INVALID, "no entry has the type %.*s: %.*s", (int)(type.n < SHOWN_MAX ? type.n : SHOWN_MAX), type.p,
                STR_ARG(buf_view(&names)));
}

static enum status functionality_check(struct str f, struct err *err)
{
    enum { KNOWN_MAX = 240, SHOWN_MAX = 40 };
    CLEANUP(buf_release) struct buf names;
    buf_init(&names, KNOWN_MAX);
    for (unsigned i = FUNC_NONE + 1; i <= FUNC_RESTRICT; i++) {
        const char *name = functionality_name((enum functionality)i);
        if (!f.n || str_eq_nocase(f, str_of(name)))
            return OK;
        buf_fmt(&names, "%s%s", names.n ? ", " : "", name);
    }
    return FAIL(err, E_INVALID, "there is no functionality \"%.*s\": %.*s", (int)(f.n < SHOWN_MAX ? f.n : SHOWN_MAX), f.p,
                STR_ARG(buf_view(&names)));
}

enum status audit_filter_check(const struct audit_filter *f, struct err *err)
{
    TRY(type_check(f->type, err));
    return functionality_check(f->functionality, err);
}

/* An account is asked for by its name; entries know its id. */
static enum status find_user(struct listing *l, struct err *err)
{
    struct account *accounts;
    size_t n;
    l->user = l->filter->user;
    if (!l->user.n)
        return OK;
    TRY(account_list(l->engine, l->a, &accounts, &n, err));
    for (size_t i = 0; i < n; i++)
        if (str_eq(accounts[i].name, l->filter->user))
            l->user = accounts[i].id;
    return OK;
}

/* Before its contacts are looked up: what the bytes say. */
static bool matches(const struct listing *l, const struct entry *entry)
{
    const struct audit_filter *f = l->filter;
    struct entry_view view;
    if (l->user.n && !str_eq(entry->actor, l->user))
        return false;
    if (f->type.n && !str_eq(entry->type, f->type))
        return false;
    if ((f->from_ms != TIME_NONE && entry->at_ms < f->from_ms) || (f->to_ms != TIME_NONE && entry->at_ms >= f->to_ms))
        return false;
    if (f->has_after && (f->newest_first ? entry->index >= f->after : entry->index <= f->after))
        return false;
    if (!f->functionality.n)
        return true;
    return entry_check(entry->body, &view, NULL) == OK &&
           str_eq_nocase(entry_string(&view, "functionality"), f->functionality);
}

static enum status add_line(struct listing *l, const struct entry *entry, struct err *err)
{
    void *items = l->lines;
    if (l->n == l->max) {
        l->more = true;
        return OK;
    }
    if (!arena_grow(l->a, &items, &l->cap, l->n + 1, sizeof *l->lines))
        return ARENA_FULL(err, l->a);
    l->lines = items;
    TRY(audit_line_of(l->engine, entry, l->a, &l->lines[l->n], err));
    l->n++;
    return OK;
}

static enum status list_page(struct listing *l, struct entry_query *q, bool *end, struct err *err)
{
    struct entry *entries;
    size_t n;
    arena_reset(&l->page);
    TRY(registry_log_entries(l->engine->registry, q, PAGE, &l->page, &entries, &n, err));
    for (size_t i = 0; i < n && !l->more; i++)
        if (matches(l, &entries[i]))
            TRY(add_line(l, &entries[i], err));
    *end = n < PAGE || l->more;
    if (n && l->filter->newest_first)
        q->to = entries[n - 1].index;
    else if (n)
        q->from = entries[n - 1].index + 1;
    return OK;
}

static enum status list_all(struct listing *l, struct err *err)
{
    const struct audit_filter *f = l->filter;
    struct entry_query q = {.to = UINT64_MAX,
                            .type = f->type,
                            .actor = l->user,
                            .from_ms = f->from_ms,
                            .to_ms = f->to_ms,
                            .newest_first = f->newest_first};
    if (f->has_after && f->newest_first)
        q.to = f->after;
    else if (f->has_after)
        q.from = f->after + 1;
    for (bool end = false; !end;)
        TRY(list_page(l, &q, &end, err));
    return OK;
}

/* ---- of one contact ---- */

struct of_contact {
    struct listing *l;
    struct row_key *chains;
    size_t chains_n, chains_cap;
    struct entry *found;
    size_t n, cap;
};

static enum status add_chain(struct of_contact *c, const struct row_key *key, struct err *err)
{
    for (size_t i = 0; i < c->chains_n; i++)
        if (row_key_eq(&c->chains[i], key))
            return OK;
    void *items = c->chains;
    if (!arena_grow(c->l->a, &items, &c->chains_cap, c->chains_n + 1, sizeof *c->chains))
        return ARENA_FULL(err, c->l->a);
    c->chains = items;
    c->chains[c->chains_n++] = *key;
    return OK;
}

/* The chains the id names now, and, for rows that are no longer kept, those it named alone. */
static enum status chains_of(struct of_contact *c, struct err *err)
{
    struct engine *e = c->l->engine;
    struct str given = c->l->filter->contact, *sources, head, tail;
    struct found_contact *found;
    size_t n;
    TRY(engine_resolve(e, given, c->l->filter->source, c->l->a, &found, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(add_chain(c, &found[i].chain, err));
    TRY(registry_sources(e->registry, c->l->a, &sources, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct row_key key = engine_contact_key(e, sources[i], given);
        TRY(add_chain(c, &key, err));
    }
    if (str_split(given, '/', &head, &tail) && head.n && tail.n) {
        struct row_key key = engine_contact_key(e, head, tail);
        TRY(add_chain(c, &key, err));
    }
    return OK;
}

static enum status keep_entry(struct of_contact *c, const struct entry *entry, struct err *err)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->found[i].index == entry->index)
            return OK;
    void *items = c->found;
    if (c->n >= OF_CONTACT_MAX)
        return FAIL(err, E_LIMIT, "more than %d entries name this contact", OF_CONTACT_MAX);
    if (!arena_grow(c->l->a, &items, &c->cap, c->n + 1, sizeof *c->found))
        return ARENA_FULL(err, c->l->a);
    c->found = items;
    c->found[c->n++] = *entry;
    return OK;
}

/* A batch's intent names its chains only by a root: it is found by the entries that answer it. */
static enum status keep_intent(struct of_contact *c, const struct entry *answer, struct err *err)
{
    struct entry_view view;
    unsigned char id[16];
    size_t id_n = sizeof id, n;
    struct entry *intent;
    TRY(entry_check(answer->body, &view, err));
    if (!hex_decode(entry_string(&view, "intent"), id, &id_n) || id_n != sizeof id)
        return OK;
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .id = id};
    TRY(registry_log_entries(c->l->engine->registry, &q, 1, c->l->a, &intent, &n, err));
    return n ? keep_entry(c, &intent[0], err) : OK;
}

static enum status entries_of_chain(struct of_contact *c, const struct row_key *chain, struct err *err)
{
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .subject = chain};
    struct entry *entries;
    size_t n;
    do {
        TRY(registry_log_entries(c->l->engine->registry, &q, PAGE, c->l->a, &entries, &n, err));
        for (size_t i = 0; i < n; i++) {
            TRY(keep_entry(c, &entries[i], err));
            TRY(keep_intent(c, &entries[i], err));
        }
        if (n)
            q.from = entries[n - 1].index + 1;
    } while (n == PAGE);
    return OK;
}

static int oldest_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static enum status list_of_contact(struct listing *l, struct err *err)
{
    struct of_contact c = {.l = l};
    TRY(chains_of(&c, err));
    for (size_t i = 0; i < c.chains_n; i++)
        TRY(entries_of_chain(&c, &c.chains[i], err));
    if (!c.n)
        return FAIL(err, E_ABSENT, "no audit entry is about contact %.*s", STR_ARG(l->filter->contact));
    qsort(c.found, c.n, sizeof *c.found, oldest_first);
    for (size_t i = 0; i < c.n && !l->more; i++) {
        const struct entry *entry = &c.found[l->filter->newest_first ? c.n - 1 - i : i];
        if (matches(l, entry))
            TRY(add_line(l, entry, err));
    }
    return OK;
}

enum status audit_list(struct engine *e, const struct audit_filter *f, struct arena *a, struct audit_line **out,
                       size_t *n, bool *more, struct err *err)
{
    struct listing l = {.engine = e, .filter = f, .a = a, .max = f->max ? f->max : MAX_PRESET};
    uint64_t size;
    arena_init(&l.page, PAGE_ARENA_MAX);
    enum status s = registry_log_size(e->registry, &size, err); /* what a command that died left pending is listed too */
    if (s == OK)
        s = find_user(&l, err);
    if (s == OK)
        s = f->contact.n ? list_of_contact(&l, err) : list_all(&l, err);
    arena_release(&l.page);
    TRY(s);
    *out = l.lines;
    *n = l.n;
    *more = l.more;
    return OK;
}
