/* jsonwrite.c - the writer of json.h. */
#include "base/calendar.h"
#include "base/json.h"

void jw_init(struct json_writer *w, struct buf *b, int indent)
{
    *w = (struct json_writer){.b = b, .indent = indent};
}

static void new_line(struct json_writer *w)
{
    if (w->indent == 0)
        return;
    buf_char(w->b, '\n');
    for (unsigned i = 0; i < w->depth * (unsigned)w->indent; i++)
        buf_char(w->b, ' ');
}

/* Before a key, an element or the whole document. */
static void separate(struct json_writer *w)
{
    if (w->comma[w->depth])
        buf_char(w->b, ',');
    w->comma[w->depth] = true;
    if (w->depth > 0)
        new_line(w);
}

static void before_value(struct json_writer *w)
{
    if (!w->after_key) {
        ASSERT(w->depth == 0 ? !w->comma[0] : w->close[w->depth] == ']');
        separate(w);
    }
    w->after_key = false;
}

static void open_container(struct json_writer *w, char open, char close)
{
    before_value(w);
    buf_char(w->b, open);
    ASSERT(w->depth + 1 < ARRAY_LEN(w->comma));
    w->depth++;
    w->comma[w->depth] = false;
    w->close[w->depth] = close;
}

void jw_object(struct json_writer *w)
{
    open_container(w, '{', '}');
}

void jw_array(struct json_writer *w)
{
    open_container(w, '[', ']');
}

void jw_end(struct json_writer *w)
{
    ASSERT(w->depth > 0 && !w->after_key);
    bool any = w->comma[w->depth];
    char close = w->close[w->depth--];
    if (any)
        new_line(w);
    buf_char(w->b, close);
}

static void write_control(struct buf *b, unsigned char c)
{
    static const char letters[] = "btn\0fr"; /* \b \t \n - \f \r are 8..13 */
    if (c >= 8 && c <= 13 && c != 11)
        buf_fmt(b, "\\%c", letters[c - 8]);
    else
        buf_fmt(b, "\\u%04x", c);
}

/* Of the sequence at p; 0 when it is not UTF-8. */
static size_t utf8_length(const char *p, size_t left)
{
    for (size_t n = 1; n <= 4 && n <= left; n++)
        if (str_is_utf8((struct str){p, n}))
            return n;
    return 0;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void write_string(struct buf *b, struct str s)
{
    bool clean = str_is_utf8(s);
    buf_char(b, '"');
    for (size_t i = 0; i < s.n;) {
        size_t run = i;
        while (run < s.n && is_plain((unsigned char)s.p[run]) && (clean || (unsigned char)s.p[run] < 0x80))
            run++;
        buf_add(b, s.p + i, run - i);
        i = run;
        if (i == s.n)
            break;
        unsigned char c = (unsigned char)s.p[i];
        size_t n = c >= 0x80 ? utf8_length(s.p + i, s.n - i) : 0;
        if (c >= 0x80 && n == 0)
            buf_cstr(b, "\xef\xbf\xbd"); /* U+FFFD, the replacement character */
        else if (c >= 0x80)
            buf_add(b, s.p + i, n);
        else if (c < 0x20)
            write_control(b, c);
        else
            buf_fmt(b, "\\%c", c);
        i += n > 0 ? n : 1;
    }
    buf_char(b, '"');
}

void jw_key(struct json_writer *w, const char *key)
{
    jw_key_str(w, str_of(key));
}

void jw_key_str(struct json_writer *w, struct str key)
{
    ASSERT(!w->after_key && w->depth > 0 && w->close[w->depth] == '}');
    separate(w);
    write_string(w->b, key);
    buf_cstr(w->b, w->indent > 0 ? ": " : ":");
    w->after_key = true;
}

void jw_string(struct json_writer *w, struct str s)
{
    if (s.p == NULL) {
        jw_null(w);
        return;
    }
    before_value(w);
    write_string(w->b, s);
}

void jw_cstr(struct json_writer *w, const char *s)
{
    jw_string(w, str_of(s));
}

void jw_int(struct json_writer *w, int64_t v)
{
    char text[24], *at = text + sizeof text;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    before_value(w);
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (v < 0)
        *--at = '-';
    buf_add(w->b, at, (size_t)(text + sizeof text - at));
}

void jw_bool(struct json_writer *w, bool v)
{
    before_value(w);
    buf_cstr(w->b, v ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
    before_value(w);
    buf_cstr(w->b, "null");
}

void jw_time(struct json_writer *w, int64_t ms)
{
    char text[32];
    time_text(ms, text);
    jw_string(w, ms == TIME_NONE ? STR_NONE : str_of(text));
}

void jw_key_string(struct json_writer *w, const char *key, struct str s)
{
    jw_key(w, key);
    jw_string(w, s);
}

void jw_key_int(struct json_writer *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_int(w, v);
}

void jw_key_bool(struct json_writer *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_key_time(struct json_writer *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    jw_time(w, ms);
}

void jw_raw(struct json_writer *w, struct str json)
{
    before_value(w);
    buf_str(w->b, json);
}
