/*
 * fuzz_pattern.c - key patterns. Lines: pattern, id, source, key. What matches begins with the prefix and holds the id
 * where key_id_places says; an id that is a part of another's name never matches; an id is no pattern.
 */
#include "store/key_pattern.h"
#include "tests/fuzz/lib/fuzz.h"

static void prefix_is_true(const struct key_pattern *p, const struct key_values *v, struct str key)
{
    struct buf prefix;
    buf_init(&prefix, 1 << 20);
    key_pattern_prefix(p, v, &prefix);
    HOLDS(str_starts(key, buf_view(&prefix)));
    buf_release(&prefix);
}

static void part_is_true(const struct key_part *part, const struct key_values *v, struct str name)
{
    struct buf fixed;
    struct key_id_places places;
    struct str id;
    bool named = false;
    buf_init(&fixed, 1 << 20);
    bool match = !part->any_depth && key_part_match(part, v, name);
    if (!part->any_depth && key_part_fixed(part, v, &fixed))
        HOLDS(match == str_eq(buf_view(&fixed), name) || name.n == 0);
    if (match && v->id.n && key_id_places_begin(&places, part, name)) {
        while (key_id_places_next(&places, &id))
            named |= str_eq(id, v->id);
        HOLDS(named);
    }
    buf_release(&fixed);
}

struct claims { const struct key_pattern *p; struct key_values v; struct str key, id; size_t n; };

/* Every id claimed is longer, and holds the one that was asked for. */
static bool claimed(void *ctx, struct str other)
{
    struct claims *c = ctx;
    HOLDS(other.n > c->id.n && other.p >= c->key.p && other.p + other.n <= c->key.p + c->key.n);
    return ++c->n < 1000;
}

/* Whoever else the pattern reads out of this key is claimed, when the id is a part of it at its start or end. */
static void claims_are_true(const struct key_pattern *p, const struct key_values *v, struct str key)
{
    struct claims c = {p, *v, key, v->id, 0};
    (void)key_claims(p, v->id, key, claimed, &c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena a;
    struct key_pattern p;
    struct err err;
    struct str text = fuzz_until(&input, '\n');
    struct key_values v = {fuzz_until(&input, '\n'), fuzz_until(&input, '\n'), KEY_ANY_DAY};
    arena_init(&a, 4 << 20);
    if (text.n < 512 && input.n < 512 && v.id.n < 300 && key_pattern_parse(text, &a, &p, &err) == OK) {
        if (!key_value_usable(v.id))
            v.id = STR_NONE;
        if (!key_value_usable(v.source))
            v.source = STR_NONE;
        if (key_pattern_match(&p, &v, input)) {
            HOLDS(input.n > 0);
            prefix_is_true(&p, &v, input);
            if (v.id.n && p.has_id) {
                HOLDS(memmem(input.p, input.n, v.id.p, v.id.n) != NULL);
                claims_are_true(&p, &v, input);
            }
            struct key_values any = {STR_NONE, STR_NONE, KEY_ANY_DAY};
            HOLDS(key_pattern_match(&p, &any, input)); /* absent: any */
        }
        struct str rest = input, name;
        for (size_t i = 0; i < p.n && rest.n; i++) {
            name = fuzz_until(&rest, '/');
            part_is_true(&p.parts[i], &v, name);
        }
    }
    arena_release(&a);
    return 0;
}
