/*
 * key_claims.c - the other ids a name may hold. Ids are opaque text: "call_2_1.wav" found for the id "call" may be the
 * contact "call_2"'s. Only the registry knows whether there is one; here every id is named that the pattern would also
 * read out of this name.
 */
#include "store/key_pattern.h"

static bool has_star_around_id(const struct key_part *part, bool *before, bool *after)
{
    *before = *after = false;
    for (size_t i = 0; i < part->n; i++)
        if (part->tokens[i].type == KEY_ID) {
            *before = i > 0 && part->tokens[i - 1].type == KEY_STAR;
            *after = i + 1 < part->n && part->tokens[i + 1].type == KEY_STAR;
        }
    return *before || *after;
}

static bool tell(struct str name, size_t from, size_t to, struct str id, key_claim_fn *fn, void *ctx)
{
    struct str other = {name.p + from, to - from};
    return other.n <= id.n || fn(ctx, other);
}

/* Every longer run that begins or ends where a name's token does. False: fn asked to stop. */
static bool claims_at(struct str name, size_t at, struct str id, bool before, bool after, key_claim_fn *fn, void *ctx)
{
    size_t end = at + id.n;
    for (size_t to = end + 1; after && to <= name.n; to++)
        if ((to == name.n || !key_may_belong_to_id(name, to)) && !tell(name, at, to, id, fn, ctx))
            return false;
    for (size_t from = at; before && from-- > 0;)
        if ((from == 0 || !key_may_belong_to_id(name, from - 1)) && !tell(name, from, end, id, fn, ctx))
            return false;
    return true;
}

bool key_claims(const struct key_pattern *p, struct str id, struct str key, key_claim_fn *fn, void *ctx)
{
    struct str rest = key, name;
    for (size_t part = 0; key.n && id.n; part++) {
        bool last = !str_split(rest, '/', &name, &rest);
        if (last)
            name = rest;
        bool before = true, after = true; /* behind a "**" nobody can say which part a name is */
        bool aligned = true;
        for (size_t i = 0; i <= part && i < p->n; i++)
            aligned &= !p->parts[i].any_depth;
        if (!aligned || (part < p->n && has_star_around_id(&p->parts[part], &before, &after)))
            for (size_t at = 0; at + id.n <= name.n; at++)
                if (memcmp(name.p + at, id.p, id.n) == 0 && !claims_at(name, at, id, before, after, fn, ctx))
                    return false;
        if (last)
            break;
    }
    return true;
}
