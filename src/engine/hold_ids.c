/* hold_ids.c - a hold by ids: which contacts are named, what is not registered yet, what else belongs to them. */
#include "engine/hold_parts.h"

#include <stdlib.h>

struct named { struct str given, source, id; struct row_key contact; };

static bool source_is_known(struct engine *e, struct str name, const struct str *sources, size_t n)
{
    if (config_source(&e->config, name))
        return true;
    for (size_t i = 0; i < n; i++)
        if (str_eq(sources[i], name))
            return true;
    return false;
}

static struct str instance_of(struct engine *e, struct str name)
{
    const struct source_config *s = config_source(&e->config, name);
    return s && s->instance.n ? s->instance : name;
}

/* Of which source a contact will be that nobody has heard of yet: --source, its prefix, or the only one there is. */
static enum status announced_source(struct engine *e, struct str given, struct str source, struct arena *a, struct named *out,
                                    struct err *err)
{
    struct str *sources, head, tail;
    size_t n;
    out->id = given;
    if (source.n) {
        if (e->config.strict_sources && !config_source(&e->config, source))
            return FAIL(err, E_INVALID, "\"%.*s\" is not a configured source", STR_ARG(source));
        out->source = instance_of(e, source);
        return OK;
    }
    TRY(registry_sources(e->registry, a, &sources, &n, err));
    if (str_split(given, '/', &head, &tail) && tail.n && head.n && source_is_known(e, head, sources, n)) {
        out->source = instance_of(e, head);
        out->id = tail;
        return OK;
    }
    if (e->config.sources_n != 1)
        return FAIL(err, E_INVALID, "%.*s is not registered yet, and nothing says which source it belongs to: use --source",
                    STR_ARG(given));
    out->source = instance_of(e, e->config.sources[0].name);
    return OK;
}

static enum status naming_add(struct engine *e, struct naming *x, const struct named *c, struct arena *a, struct err *err)
{
    size_t cap = x->cap;
    void *members = x->members, *given = x->given;
    if (c->id.n > ID_BYTES_MAX)
        return FAIL(err, E_INVALID, "a contact id has at most %d bytes", ID_BYTES_MAX);
    if (!arena_grow(a, &members, &cap, x->n + 1, sizeof *x->members) || !arena_grow(a, &given, &x->cap, x->n + 1, sizeof *x->given))
        return ARENA_FULL(err, a);
    x->members = members;
    x->given = given;
    struct str text = arena_str(a, c->given), source = arena_str(a, c->source);
    if (!text.p || !source.p)
        return ARENA_FULL(err, a);
    x->members[x->n] = (struct hold_member){.contact = engine_contact_key(e, c->source, c->id), .source = source};
    x->given[x->n++] = text;
    return OK;
}

/* An id of several sources names them all: held too much can be released, held too little is lost. */
static enum status name_one(struct engine *e, const struct hold_order *o, struct str given, struct arena *scratch, struct arena *a,
                            struct naming *x, struct err *err)
{
    struct found_contact *found;
    struct named c = {.given = given};
    size_t n;
    TRY(engine_resolve(e, given, o->source, scratch, &found, &n, err));
    if (!n) {
        TRY(announced_source(e, given, o->source, scratch, &c, err));
        TRY(registry_source_add(e->registry, c.source, err)); /* so that it is found by its id alone */
        return naming_add(e, x, &c, a, err);
    }
    if (n > 1)
        TRY(names_add(&x->ambiguous, given, a, err));
    for (size_t i = 0; i < n; i++) {
        c.source = found[i].source;
        c.id = found[i].id;
        TRY(naming_add(e, x, &c, a, err));
    }
    return OK;
}

static int by_contact(const void *a, const void *b)
{
    const struct hold_member *x = a, *y = b;
    return memcmp(x->contact.b, y->contact.b, ROW_KEY_BYTES);
}

/* Each contact once, in the order of keys; `given` follows its member. */
static enum status each_once(struct naming *x, struct arena *a, struct err *err)
{
    struct str *given = ARENA_ARRAY(a, struct str, x->n + 1);
    size_t kept = 0;
    if (!given)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < x->n; i++)
        memcpy(x->members[i].chain.b, &i, sizeof i); /* where its text stands, until its chain is known */
    qsort(x->members, x->n, sizeof *x->members, by_contact);
    for (size_t i = 0; i < x->n; i++) {
        size_t at;
        memcpy(&at, x->members[i].chain.b, sizeof at);
        if (kept && row_key_eq(&x->members[kept - 1].contact, &x->members[i].contact))
            continue;
        given[kept] = x->given[at];
        x->members[kept++] = x->members[i];
    }
    x->given = given;
    x->n = kept;
    return OK;
}

enum status naming_read(struct engine *e, const struct hold_order *o, struct arena *a, struct naming *out, struct err *err)
{
    struct arena scratch;
    enum status s = OK;
    arena_init(&scratch, HOLD_SCRATCH_MAX);
    *out = (struct naming){0};
    for (size_t i = 0; i < o->ids_n && s == OK; i++) {
        s = name_one(e, o, o->ids[i], &scratch, a, out, err);
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    if (s != OK)
        return s;
    names_settle(&out->ambiguous);
    return each_once(out, a, err);
}

/* Legs of one chain share its row, so one round may hold only some of them: as long as a round holds any, go on. */
static enum status hold_page(struct engine *e, struct hold_member *members, size_t n, const struct row_key *matter, int64_t now_ms,
                             struct arena *scratch, struct err *err)
{
    size_t left = n, before;
    struct hold_member *pending = ARENA_ARRAY(scratch, struct hold_member, n + 1);
    if (!pending)
        return ARENA_FULL(err, scratch);
    memcpy(pending, members, n * sizeof *members);
    do {
        before = left;
        TRY(registry_hold_members(e->registry, matter, true, now_ms, TIME_NONE, pending, left, scratch, err));
        left = 0;
        for (size_t i = 0; i < before; i++) {
            struct hold_member done = pending[i];
            if (done.result != OK) {
                pending[left++] = done;
                continue;
            }
            struct hold_member *at = bsearch(&done, members, n, sizeof *members, by_contact);
            ASSERT(at);
            *at = done;
        }
    } while (left && left < before);
    return left ? FAIL(err, E_RETRY, "%zu contacts are not held: their rows change too fast; apply the hold again", left) : OK;
}

enum status naming_hold(struct engine *e, const struct naming *x, const struct row_key *matter, int64_t now_ms, struct err *err)
{
    struct arena scratch;
    enum status s = OK;
    arena_init(&scratch, HOLD_SCRATCH_MAX);
    for (size_t done = 0; done < x->n && s == OK; done += HOLD_PAGE) {
        size_t n = x->n - done < HOLD_PAGE ? x->n - done : HOLD_PAGE;
        s = hold_page(e, x->members + done, n, matter, now_ms, &scratch, err);
        arena_reset(&scratch);
        if (e->progress.tick)
            e->progress.tick(e->progress.ctx, "holding", done + n, x->n);
    }
    arena_release(&scratch);
    return s;
}

static bool is_named(const struct naming *x, const struct row_key *contact)
{
    struct hold_member key = {.contact = *contact};
    return bsearch(&key, x->members, x->n, sizeof *x->members, by_contact) != NULL;
}

/* A link names another chain; it is shown when that is registered. */
static enum status look_at_link(struct engine *e, struct naming *x, struct str source, struct str id, struct arena *scratch,
                                struct arena *a, struct err *err)
{
    struct row_key contact = engine_contact_key(e, source, id), key;
    struct chain other;
    if (is_named(x, &contact))
        return OK;
    TRY(registry_chain_of(e->registry, &contact, 1, scratch, &key, err));
    TRY(registry_chains(e->registry, &key, 1, scratch, &other, err));
    return chain_leg(&other, &contact) ? names_add(&x->related, id, a, err) : OK;
}

static enum status look_at_relatives(struct engine *e, struct naming *x, const struct chain *c, struct arena *scratch,
                                     struct arena *a, struct err *err)
{
    for (size_t i = 0; i < c->legs_n; i++) {
        const struct leg *leg = &c->legs[i];
        if (leg->id.n && !is_named(x, &leg->key))
            TRY(names_add(&x->related, leg->id, a, err));
        for (size_t k = 0; k < leg->related_n; k++)
            TRY(look_at_link(e, x, c->source, leg->related[k], scratch, a, err));
    }
    return OK;
}

static enum status look_at_page(struct engine *e, struct naming *x, size_t from, size_t n, struct arena *scratch, struct arena *a,
                                struct met *m, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(scratch, struct row_key, n);
    struct chain *chains = ARENA_ARRAY(scratch, struct chain, n);
    if (!keys || !chains)
        return ARENA_FULL(err, scratch);
    for (size_t i = 0; i < n; i++)
        keys[i] = x->members[from + i].chain;
    TRY(registry_chains(e->registry, keys, n, scratch, chains, err));
    for (size_t i = 0; i < n; i++) {
        struct str given = x->given[from + i];
        bool pending = !chain_leg(&chains[i], &x->members[from + i].contact) && chains[i].state != CHAIN_ERASED;
        if (pending)
            TRY(names_add(&x->pending, given, a, err));
        TRY(met_add(e, m, &chains[i], given, a, err));
        m->covered -= pending;
        TRY(look_at_relatives(e, x, &chains[i], scratch, a, err));
    }
    return OK;
}

enum status naming_look(struct engine *e, struct naming *x, struct arena *a, struct met *m, struct err *err)
{
    struct arena scratch;
    enum status s = OK;
    arena_init(&scratch, HOLD_SCRATCH_MAX);
    for (size_t done = 0; done < x->n && s == OK; done += HOLD_PAGE) {
        s = look_at_page(e, x, done, x->n - done < HOLD_PAGE ? x->n - done : HOLD_PAGE, &scratch, a, m, err);
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    names_settle(&x->pending);
    names_settle(&x->related);
    return s;
}
