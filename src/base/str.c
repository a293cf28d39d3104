/* str.c - the str_ functions of base.h: views compared, searched, split and read as numbers. */
#include "base/base.h"

struct str str_of(const char *nul_terminated)
{
    return nul_terminated ? (struct str){nul_terminated, strlen(nul_terminated)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str a, const char *b)
{
    return str_eq(a, str_of(b));
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    if (suffix.n == 0)
        return true;
    return s.n >= suffix.n && str_eq((struct str){s.p + (s.n - suffix.n), suffix.n}, suffix);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_find(struct str s, char c, size_t *at)
{
    const char *hit = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    if (hit == NULL)
        return false;
    *at = (size_t)(hit - s.p);
    return true;
}

bool str_split(struct str s, char sep, struct str *head, struct str *tail)
{
    size_t at;
    if (!str_find(s, sep, &at))
        return false;
    *head = (struct str){s.p, at};
    *tail = (struct str){s.p + at + 1, s.n - at - 1};
    return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t first = negative ? 1 : 0;
    if (s.n == first || (s.p[first] == '0' && s.n > 1)) /* "-0" is refused too: zero has one spelling */
        return false;
    /* Summed below zero, because INT64_MIN has no positive counterpart. */
    int64_t v = 0;
    for (size_t i = first; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, v, &v))
        return false;
    *out = v;
    return true;
}

/* Length of the well-formed sequence at p, 0 when there is none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    unsigned char lead = p[0];
    if (lead < 0x80)
        return 1;
    size_t n = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (lead == 0xe0 && p[1] < 0xa0) || (lead == 0xf0 && p[1] < 0x90);
    bool surrogate = lead == 0xed && p[1] > 0x9f;
    bool beyond = lead == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

bool str_is_utf8(struct str s)
{
    size_t i = 0;
    while (i < s.n) {
        uint64_t some[4];
        if (s.n - i >= sizeof(some)) { /* most text is ASCII: 32 bytes at a time */
            memcpy(some, s.p + i, sizeof(some));
            if (((some[0] | some[1] | some[2] | some[3]) & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof(some);
                continue;
            }
        }
        size_t n = utf8_length((const unsigned char *)s.p + i, s.n - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

bool str_match(struct str pattern, struct str s, bool nocase)
{
    size_t p = 0, i = 0, after_star = SIZE_MAX, retry_at = 0;
    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            after_star = ++p;
            retry_at = i;
        } else if (p < pattern.n &&
                   (pattern.p[p] == s.p[i] || (nocase && lower(pattern.p[p]) == lower(s.p[i])))) {
            p++;
            i++;
        } else if (after_star != SIZE_MAX) { /* let the last star swallow one byte more; earlier ones need not move */
            p = after_star;
            i = ++retry_at;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}
