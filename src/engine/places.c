#include "engine/places.h"

enum { PLACES_MAX = 16 };

static bool store_wants(const struct engine *e, struct str source, const struct locator *l)
{
    for (size_t s = 0; s < e->stores_n; s++)
        if (store_owns(e->stores[s], source, l))
            return true;
    return false;
}

static enum status add_place(struct residual *list, size_t *n, struct str place, struct arena *a, struct err *err)
{
    struct str kind = arena_fmt(a, "place not configured: %.*s", STR_ARG(place));
    if (!kind.p)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i].kind, kind))
            return OK;
    list[(*n)++] = (struct residual){kind, TIME_NONE};
    return OK;
}

enum status places_without_store(const struct engine *e, struct str source, const struct leg *legs, size_t n, struct arena *a,
                                 struct residual **out, size_t *out_n, struct err *err)
{
    *out = NULL;
    *out_n = 0;
    for (size_t s = 0; s < e->stores_n; s++)
        if (!e->stores[s])
            return OK;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < legs[i].locators_n && *out_n < PLACES_MAX; k++) {
            if (store_wants(e, source, &legs[i].locators[k]))
                continue;
            if (!*out && !(*out = ARENA_ARRAY(a, struct residual, PLACES_MAX)))
                return ARENA_FULL(err, a);
            TRY(add_place(*out, out_n, legs[i].locators[k].place, a, err));
        }
    return OK;
}
