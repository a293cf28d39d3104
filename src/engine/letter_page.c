/* letter_page.c - see letter_page.h. */
#include "engine/letter_page.h"

enum { WIDTH = 76, PIECE_MAX = 1 << 16 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\nbody { font: 1rem/1.5 Georgia, serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #222; }\n"
    "h1 { font-size: 1.4rem; }\nh2 { font-size: 1.1rem; margin-top: 2rem; }\nli { margin: 0.3rem 0; }\n"
    "@media print { body { margin: 0; max-width: none; } }\n</style>\n</head>\n<body>\n";

static size_t columns(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* Words on lines of WIDTH; a longer word has a line of its own. Control characters read as spaces. */
static void add_wrapped(struct buf *b, struct str s, const char *first, const char *then)
{
    size_t at = 0, column = strlen(first);
    bool begun = false;
    buf_cstr(b, first);
    while (at < s.n) {
        size_t start = at;
        while (at < s.n && (unsigned char)s.p[at] > ' ')
            at++;
        struct str word = {s.p + start, at - start};
        while (at < s.n && (unsigned char)s.p[at] <= ' ')
            at++;
        if (!word.n)
            continue;
        if (begun && column + 1 + columns(word) > WIDTH) {
            buf_char(b, '\n');
            buf_cstr(b, then);
            column = strlen(then);
            begun = false;
        }
        if (begun)
            buf_char(b, ' ');
        buf_str(b, word);
        column += columns(word) + begun;
        begun = true;
    }
    buf_char(b, '\n');
}

static void list(struct letter_page *p, bool open)
{
    if (p->in_list == open)
        return;
    p->in_list = open;
    if (p->html)
        buf_cstr(p->b, open ? "<ul>\n" : "</ul>\n");
    else if (open)
        buf_char(p->b, '\n');
}

static void element(struct letter_page *p, const char *name, struct str text)
{
    buf_fmt(p->b, "<%s>", name);
    buf_html(p->b, text);
    buf_fmt(p->b, "</%s>\n", name);
}

void page_begin(struct letter_page *p, struct buf *b, bool html, const char *title)
{
    *p = (struct letter_page){.b = b, .html = html};
    if (html) {
        buf_cstr(b, head);
        buf_html(b, str_of(title));
        buf_cstr(b, style);
        element(p, "h1", str_of(title));
    } else {
        add_wrapped(b, str_of(title), "", "");
    }
}

void page_end(struct letter_page *p)
{
    list(p, false);
    if (p->html)
        buf_cstr(p->b, "</body>\n</html>\n");
}

void page_heading(struct letter_page *p, const char *text)
{
    list(p, false);
    if (p->html) {
        element(p, "h2", str_of(text));
        return;
    }
    buf_fmt(p->b, "\n%s\n", text);
    for (size_t i = columns(str_of(text)); i > 0; i--)
        buf_char(p->b, '-');
    buf_char(p->b, '\n');
}

static void write_piece(struct letter_page *p, bool item, const char *fmt, va_list ap)
{
    CLEANUP(buf_release) struct buf text;
    buf_init(&text, PIECE_MAX);
    buf_vfmt(&text, fmt, ap);
    p->b->failed |= text.failed;
    list(p, item);
    if (p->html) {
        element(p, item ? "li" : "p", buf_view(&text));
    } else if (item) {
        add_wrapped(p->b, buf_view(&text), "  - ", "    ");
    } else {
        buf_char(p->b, '\n');
        add_wrapped(p->b, buf_view(&text), "", "");
    }
}

void page_paragraph(struct letter_page *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_piece(p, false, fmt, ap);
    va_end(ap);
}

void page_item(struct letter_page *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_piece(p, true, fmt, ap);
    va_end(ap);
}
