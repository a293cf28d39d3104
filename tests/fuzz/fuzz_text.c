/*
 * fuzz_text.c - small things everything rests on, each against another way to do it: UTF-8 against the C library, '*'
 * against plain recursion, numbers against strtoll, hex and base64 against writing them back, packed fields.
 */
#include "base/pack.h"
#include "tests/fuzz/lib/fuzz.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

static void utf8(struct str s)
{
    char out[8192 * 4], *in = (char *)(uintptr_t)s.p, *to = out;
    size_t in_n = s.n, out_n = sizeof out;
    if (s.n > 8192 || s.n == 0)
        return;
    iconv_t cd = iconv_open("UTF-32LE", "UTF-8");
    HOLDS(cd != (iconv_t)-1);
    bool good = iconv(cd, &in, &in_n, &to, &out_n) != (size_t)-1;
    (void)iconv_close(cd);
    HOLDS(str_is_utf8(s) == good);
}

static bool matches(struct str pattern, struct str s)
{
    if (pattern.n == 0)
        return s.n == 0;
    struct str rest = {pattern.p + 1, pattern.n - 1};
    if (pattern.p[0] != '*')
        return s.n > 0 && s.p[0] == pattern.p[0] && matches(rest, (struct str){s.p + 1, s.n - 1});
    for (size_t i = 0; i <= s.n; i++)
        if (matches(rest, (struct str){s.p + i, s.n - i}))
            return true;
    return false;
}

static void number(struct str s)
{
    char text[64], *end, back[32];
    int64_t v;
    if (s.n == 0 || s.n >= sizeof text)
        return;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    errno = 0;
    long long expected = strtoll(text, &end, 10);
    (void)snprintf(back, sizeof back, "%lld", expected);
    /* One spelling: what the number prints as. */
    HOLDS(str_to_i64(s, &v) == (errno == 0 && *end == '\0' && str_is(s, back)));
    if (str_to_i64(s, &v))
        HOLDS(v == expected);
}

static void encodings(struct str s)
{
    unsigned char out[8192];
    size_t n = sizeof out;
    struct buf b;
    buf_init(&b, 1 << 20);
    if (base64_decode(s, out, &n)) {
        buf_base64(&b, out, n);
        HOLDS(str_eq(buf_view(&b), s));
    }
    buf_clear(&b);
    n = sizeof out;
    if (hex_decode(s, out, &n)) {
        buf_hex(&b, out, n);
        HOLDS(str_eq_nocase(buf_view(&b), s));
    }
    buf_clear(&b);
    buf_base64(&b, s.n ? s.p : "", s.n);
    n = sizeof out;
    if (s.n < sizeof out)
        HOLDS(base64_decode(buf_view(&b), out, &n) && n == s.n && (n == 0 || memcmp(out, s.p, n) == 0));
    buf_release(&b);
}

/* Fields read and packed again read the same. */
static void fields(struct str s)
{
    struct unpack u, v;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (unpack_init(&u, s); unpack_next(&u);)
        u.is_bytes ? pack_str(&b, u.number, u.s) : pack_int(&b, u.number, u.i);
    unpack_init(&u, s);
    unpack_init(&v, buf_view(&b));
    while (unpack_next(&u))
        if (u.is_bytes || u.i != 0)
            HOLDS(unpack_next(&v) && u.number == v.number && u.is_bytes == v.is_bytes && u.i == v.i && str_eq(u.s, v.s));
    HOLDS(!unpack_next(&v) && !v.bad);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size}, pattern = s, text = s;
    struct arena a;
    utf8(s);
    number(s);
    encodings(s);
    fields(s);
    if (size < 24 && str_split(s, '\n', &pattern, &text))
        HOLDS(str_match(pattern, text, false) == matches(pattern, text));
    arena_init(&a, 1 << 20);
    struct str copy = arena_str(&a, s);
    HOLDS(str_eq(copy, s) && str_cmp(copy, s) == 0);
    arena_release(&a);
    return 0;
}
