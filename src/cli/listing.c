#include "cli/listing.h"

#include <stdio.h>

/* Code point of the UTF-8 character at p and its length. */
static unsigned code_at(const unsigned char *p, size_t *n)
{
    *n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    unsigned code = *n == 1 ? p[0] : p[0] & (0x7fu >> *n);
    for (size_t i = 1; i < *n; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

/* Controls move the cursor; the others change what is read: order of writing, invisible, line ends. */
static bool is_deceptive(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

static void put_escaped(struct buf *b, unsigned code)
{
    switch (code) {
    case '\n':
        buf_cstr(b, "\\n");
        break;
    case '\r':
        buf_cstr(b, "\\r");
        break;
    case '\t':
        buf_cstr(b, "\\t");
        break;
    default:
        buf_fmt(b, "\\u%04x", code);
    }
}

struct str text_shown(struct arena *a, struct str s)
{
    CLEANUP(buf_release) struct buf b;
    bool utf8 = str_is_utf8(s);
    buf_init(&b, 6 * s.n + 1);
    if (!s.p)
        return s;
    for (size_t i = 0, n = 1; i < s.n; i += n) {
        const unsigned char *p = (const unsigned char *)s.p + i;
        bool broken = !utf8 && *p >= 0x80;
        unsigned code = code_at(broken ? (const unsigned char *)"?" : p, &n);
        if (is_deceptive(code))
            put_escaped(&b, code);
        else
            buf_str(&b, broken ? STR("?") : (struct str){s.p + i, n});
    }
    return b.failed ? STR_NONE : arena_str(a, b.n ? buf_view(&b) : STR(""));
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
