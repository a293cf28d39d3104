#include "cli/listing.h"

#include <stdio.h>

static bool is_control(const unsigned char *p, size_t n)
{
    return p[0] < 0x20 || p[0] == 0x7f || (n > 1 && p[0] == 0xc2 && p[1] < 0xa0); /* C0, DEL, C1 in UTF-8 */
}

struct str text_shown(struct arena *a, struct str s)
{
    char *copy = arena_cstr(a, s);
    if (!copy)
        return s.p ? STR_NONE : s;
    bool utf8 = str_is_utf8(s);
    size_t to = 0;
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char *p = (const unsigned char *)s.p + i;
        bool control = is_control(p, s.n - i);
        if (control && *p == 0xc2)
            i++;
        copy[to++] = (char)(control || (*p >= 0x80 && !utf8) ? '?' : *p);
    }
    return (struct str){copy, to};
}

size_t text_width(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

void listing_init(struct listing *t, struct arena *a, const char *const *heads)
{
    *t = (struct listing){.a = a};
    while (heads[t->columns])
        t->columns++;
    ASSERT(t->columns > 0 && t->columns <= LISTING_COLUMNS_MAX);
    for (size_t i = 0; i < t->columns; i++)
        listing_cell(t, str_of(heads[i]));
}

void listing_cell(struct listing *t, struct str text)
{
    void *items = t->cells;
    struct str shown = text_shown(t->a, text.n ? text : STR("-"));
    if (t->full || !shown.p || !arena_grow(t->a, &items, &t->cap, t->n + 1, sizeof *t->cells)) {
        t->full = true;
        return;
    }
    t->cells = items;
    t->cells[t->n++] = shown;
}

void listing_int(struct listing *t, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    listing_cell(t, str_of(text));
}

void listing_fmt(struct listing *t, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    listing_cell(t, str_of(text));
}

size_t listing_rows(const struct listing *t)
{
    return t->n ? t->n / t->columns - 1 : 0;
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return str_is(s, "-");
    return s.n > 0;
}

static void write_row(const struct listing *t, const struct str *row, const size_t *widths, const bool *right,
                      struct buf *out)
{
    for (size_t i = 0; i < t->columns; i++) {
        size_t pad = widths[i] - text_width(row[i]);
        bool last = i + 1 == t->columns;
        for (size_t k = 0; right[i] && k < pad; k++)
            buf_char(out, ' ');
        buf_str(out, row[i]);
        for (size_t k = 0; !right[i] && !last && k < pad; k++)
            buf_char(out, ' ');
        buf_cstr(out, last ? "\n" : "  ");
    }
}

void listing_write(const struct listing *t, struct buf *out)
{
    size_t widths[LISTING_COLUMNS_MAX] = {0}, rows = listing_rows(t);
    bool right[LISTING_COLUMNS_MAX];
    for (size_t i = 0; i < t->columns; i++)
        right[i] = true;
    for (size_t k = 0; rows && k < (rows + 1) * t->columns; k++) {
        size_t column = k % t->columns, width = text_width(t->cells[k]);
        widths[column] = width > widths[column] ? width : widths[column];
        right[column] &= k < t->columns || is_number(t->cells[k]);
    }
    for (size_t k = 0; rows && k <= rows; k++)
        write_row(t, t->cells + k * t->columns, widths, right, out);
    if (t->full)
        buf_cstr(out, "(more than memory allows to show)\n");
}
