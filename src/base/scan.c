/* scan.c - see scan.h. */
#include "base/scan.h"

static void advance(struct str *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

bool scan_char(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    advance(s, 1);
    return true;
}

static size_t digit_count(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

bool scan_digits(struct str *s, size_t least, size_t most, int *out)
{
    ASSERT(most <= 9);
    size_t n = digit_count(*s);
    if (n < least)
        return false;
    if (n > most)
        n = most;
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (s->p[i] - '0');
    advance(s, n);
    *out = v;
    return true;
}

bool scan_fraction_ms(struct str *s, int *ms)
{
    size_t n = digit_count(*s);
    if (n == 0)
        return false;
    int v = 0;
    for (size_t i = 0; i < 3; i++)
        v = v * 10 + (i < n ? s->p[i] - '0' : 0);
    advance(s, n);
    *ms = v;
    return true;
}

bool scan_offset(struct str *s, bool loose, int *minutes)
{
    struct str at = *s;
    if (scan_char(&at, 'Z') || scan_char(&at, 'z')) {
        *s = at;
        *minutes = 0;
        return true;
    }
    bool west = scan_char(&at, '-');
    int hour, minute = 0;
    if ((!west && !scan_char(&at, '+')) || !scan_digits(&at, 2, 2, &hour))
        return false;
    bool colon = scan_char(&at, ':');
    if (!colon && !loose)
        return false;
    if (!scan_digits(&at, 2, 2, &minute) && (colon || !loose || digit_count(at) > 0))
        return false;
    if (hour > 23 || minute > 59 || digit_count(at) > 0)
        return false;
    *s = at;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

/* One of names[0..n), or its first three letters: its index, or -1. */
static int scan_name(struct str *s, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        struct str whole = str_of(names[i]), start = {names[i], 3};
        struct str name = s->n >= whole.n && str_eq_nocase((struct str){s->p, whole.n}, whole) ? whole : start;
        if (s->n >= name.n && str_eq_nocase((struct str){s->p, name.n}, name)) {
            advance(s, name.n);
            return i;
        }
    }
    return -1;
}

bool scan_month(struct str *s, int *month)
{
    static const char *const names[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
    int i = scan_name(s, names, ARRAY_LEN(names));
    if (i >= 0)
        *month = i + 1;
    return i >= 0;
}

bool scan_weekday(struct str *s)
{
    static const char *const names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    return scan_name(s, names, ARRAY_LEN(names)) >= 0;
}
