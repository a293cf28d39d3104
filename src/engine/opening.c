/*
 * opening.c - what shows a commitment's meaning: one secret per chain, matter or request, with the texts committed.
 *
 * ids[0] is what the chain's own commitment stands for and never moves: ids found later are put behind it. A chain of
 * which no id is known (any more) is committed to by its row key.
 */
#include "engine/opening.h"

#include "base/pack.h"

enum { F_SECRET = 1, F_SOURCE = 2, F_ID = 3 };

static enum status opening_unpack(struct str plain, struct arena *a, struct opening *o, struct err *err)
{
    struct unpack u;
    size_t cap = 0;
    bool secret = false;
    for (unpack_init(&u, plain); unpack_next(&u);) {
        if (u.number == F_SECRET && u.is_bytes && u.s.n == KEY_BYTES) {
            memcpy(o->secret, u.s.p, KEY_BYTES);
            secret = true;
        } else if (u.number == F_SOURCE && u.is_bytes) {
            o->source = u.s;
        } else if (u.number == F_ID && u.is_bytes) {
            void *items = o->ids;
            if (!arena_grow(a, &items, &cap, o->ids_n + 1, sizeof *o->ids))
                return ARENA_FULL(err, a);
            o->ids = items;
            o->ids[o->ids_n++] = u.s;
        }
    }
    if (u.bad || !secret)
        return FAIL(err, E_IO, "an opening is damaged: restore the registry from a backup");
    return OK;
}

enum status opening_get(struct engine *e, const struct row_key *owner, struct arena *a, struct opening *out,
                        struct err *err)
{
    struct opening o = {.owner = *owner};
    struct str plain;
    TRY(registry_opening_get(e->registry, owner, a, &plain, &o.version, err));
    if (!o.version)
        return FAIL(err, E_ABSENT, "there is no opening (any more): nobody can say what these commitments stand for");
    TRY(opening_unpack(plain, a, &o, err));
    *out = o;
    return OK;
}

/* The stored one, or a new secret. */
static enum status opening_begin(struct engine *e, const struct row_key *owner, struct arena *a, struct opening *o,
                                 struct err *err)
{
    struct str plain;
    *o = (struct opening){.owner = *owner};
    TRY(registry_opening_get(e->registry, owner, a, &plain, &o->version, err));
    if (o->version)
        return opening_unpack(plain, a, o, err);
    crypto_random(o->secret, sizeof o->secret);
    return OK;
}

static bool opening_has(const struct opening *o, struct str id)
{
    for (size_t i = 0; i < o->ids_n; i++)
        if (str_eq(o->ids[i], id))
            return true;
    return false;
}

/* The leg that names the chain comes first, when it is there. */
static const struct leg *leg_at(const struct chain *c, size_t i)
{
    size_t first = 0;
    while (first < c->legs_n && !row_key_eq(&c->legs[first].key, &c->key))
        first++;
    if (first == c->legs_n)
        return &c->legs[i];
    return i == 0 ? &c->legs[first] : &c->legs[i <= first ? i - 1 : i];
}

enum status opening_of_chain(struct engine *e, const struct chain *c, struct arena *a, struct opening *out,
                             struct err *err)
{
    struct opening o;
    TRY(opening_begin(e, &c->key, a, &o, err));
    struct str *ids = ARENA_ARRAY(a, struct str, o.ids_n + c->legs_n + 1);
    if (!ids)
        return ARENA_FULL(err, a);
    if (o.ids_n)
        memcpy(ids, o.ids, o.ids_n * sizeof *ids);
    o.ids = ids;
    for (size_t i = 0; i < c->legs_n; i++) {
        struct str id = leg_at(c, i)->id;
        if (!id.n || opening_has(&o, id))
            continue;
        o.ids[o.ids_n++] = id;
        o.changed = true;
    }
    if (!o.source.n && c->source.n) {
        o.source = c->source;
        o.changed = true;
    }
    *out = o;
    return OK;
}

enum status opening_of_text(struct engine *e, const struct row_key *owner, struct str text, struct arena *a,
                            struct opening *out, struct err *err)
{
    struct opening o;
    TRY(opening_begin(e, owner, a, &o, err));
    if (!o.ids_n) {
        o.ids = ARENA_NEW(a, struct str);
        if (!o.ids)
            return ARENA_FULL(err, a);
        o.ids[o.ids_n++] = text;
        o.changed = true;
    }
    *out = o;
    return OK;
}

enum status opening_row(struct engine *e, const struct opening *o, int64_t now_ms, struct arena *a, struct row *row,
                        bool *needed, struct err *err)
{
    if (!o->changed && o->version) {
        *needed = false;
        return OK;
    }
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    pack_bytes(&b, F_SECRET, o->secret, sizeof o->secret);
    pack_str(&b, F_SOURCE, o->source);
    for (size_t i = 0; i < o->ids_n; i++)
        pack_str(&b, F_ID, o->ids[i]);
    TRY(buf_check(&b, err));
    TRY(registry_opening_row(e->registry, &o->owner, buf_view(&b), o->version, now_ms, a, row, err));
    *needed = true;
    return OK;
}

struct str opening_contact_value(const struct opening *o, size_t i, struct arena *a)
{
    ASSERT(i < o->ids_n);
    return o->source.n ? arena_fmt(a, "%.*s/%.*s", STR_ARG(o->source), STR_ARG(o->ids[i])) : o->ids[i];
}

struct str opening_chain_value(const struct opening *o, struct arena *a)
{
    return o->ids_n ? opening_contact_value(o, 0, a) : row_key_hex(&o->owner, a);
}
