/* key_range.c - see key_range.h. */
#include "registry/key_range.h"

/* The least key above every key with this prefix: one longer than any key when there is none. */
static void end_behind(struct str prefix, struct key_range *out)
{
    size_t n = prefix.n;
    if (n > 0)
        memcpy(out->end, prefix.p, n);
    while (n > 0 && out->end[n - 1] == 0xff)
        n--;
    if (n > 0)
        out->end[n - 1]++;
    else
        memset(out->end, 0xff, sizeof(out->end));
    out->end_n = n > 0 ? n : sizeof(out->end);
}

void key_range_of(struct str prefix, struct str after, struct key_range *out)
{
    bool behind = after.p != NULL && str_cmp(after, prefix) >= 0;
    struct str from = behind ? after : prefix;
    ASSERT(from.n <= ROW_KEY_MAX && prefix.n <= ROW_KEY_MAX);
    if (from.n > 0)
        memcpy(out->from, from.p, from.n);
    out->from[from.n] = 0; /* the least key above `after` is one zero longer */
    out->from_n = from.n + behind;
    end_behind(prefix, out);
}

struct str key_range_from(const struct key_range *r)
{
    return (struct str){(const char *)r->from, r->from_n};
}

struct str key_range_end(const struct key_range *r)
{
    return (struct str){(const char *)r->end, r->end_n};
}
