/* `ID` or `SOURCE/ID`, as people give it, to the contacts it names (product.md section 1, contact). */
#include "engine/engine.h"

enum { SOURCES_MAX = 10000 };

struct resolving { struct engine *e; struct arena *a; struct found_contact *out; size_t n, cap; };

static enum status try_source(struct resolving *r, struct str source, struct str id, struct err *err)
{
    struct row_key contact = engine_contact_key(r->e, source, id), chain;
    struct chain row;
    TRY(registry_chain_of(r->e->registry, &contact, 1, r->a, &chain, err));
    TRY(registry_chains(r->e->registry, &chain, 1, r->a, &row, err));
    if (!row.version || (!chain_leg(&row, &contact) && row.state != CHAIN_ANNOUNCED))
        return OK;
    for (size_t i = 0; i < r->n; i++)
        if (row_key_eq(&r->out[i].contact, &contact))
            return OK;
    void *items = r->out;
    if (!arena_grow(r->a, &items, &r->cap, r->n + 1, sizeof *r->out))
        return ARENA_FULL(err, r->a);
    r->out = items;
    r->out[r->n++] = (struct found_contact){source, id, contact, chain};
    return OK;
}

/* The instance id a configured label stands for; else the text itself. */
static struct str source_of(const struct engine *e, struct str given)
{
    const struct source_config *s = config_source(&e->config, given);
    return s && s->instance.n ? s->instance : given;
}

enum status engine_resolve(struct engine *e, struct str given, struct str source, struct arena *a, struct found_contact **out,
                           size_t *n, struct err *err)
{
    if (!given.n || given.n > ID_BYTES_MAX * 2)
        return FAIL(err, E_INVALID, "a contact id has 1 to %d bytes", ID_BYTES_MAX);
    struct resolving r = {.e = e, .a = a};
    struct str head, tail;
    if (source.n) {
        TRY(try_source(&r, source_of(e, source), given, err));
    } else {
        struct str *sources;
        size_t sources_n;
        TRY(registry_sources(e->registry, a, &sources, &sources_n, err));
        for (size_t i = 0; i < sources_n && i < SOURCES_MAX; i++)
            TRY(try_source(&r, sources[i], given, err));
        if (str_split(given, '/', &head, &tail) && tail.n && head.n)
            TRY(try_source(&r, source_of(e, head), tail, err));
    }
    *out = r.out;
    *n = r.n;
    return OK;
}
