/* docjson.c - a stream of JSON documents: where each begins and ends, and where to go on behind a bad one. */
#include "base/bracket.h"
#include "base/docstate.h"

#include <stdio.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_opening(char c)
{
    return c == '{' || c == '[';
}

/* ---- Behind a bad document ---- */

/* A document may begin on a new line, or as an object right behind a closing brace. */
static bool resync_scan(struct resync *r, const char *p, size_t *at, size_t n)
{
    for (; *at < n; (*at)++) {
        char c = p[*at];
        if (is_opening(c) && (r->line_start || (c == '{' && r->last == '}')))
            return true;
        if (c == '\n')
            r->line_start = true;
        if (is_space(c) || c == ',')
            continue;
        r->line_start = false;
        r->last = c;
    }
    return false;
}

/* Does only white space stand between the line's start and p[at]? */
static bool begins_line(const struct docstream *s, const char *p, size_t at)
{
    while (at > 0 && is_space(p[at - 1]) && p[at - 1] != '\n')
        at--;
    return at == 0 ? s->in.column == 1 : p[at - 1] == '\n';
}

/* In a document that lacks its end, others may have been swallowed. A line that begins with a bracket no further right
 * than the document itself is taken for one of them: pretty-printed inner lines stand further right. */
static size_t find_swallowed(const struct docstream *s, const char *p, size_t n)
{
    const char *feed = p, *end = p + n;
    while ((feed = memchr(feed, '\n', (size_t)(end - feed))) != NULL) {
        const char *line = ++feed;
        while (feed < end && (*feed == ' ' || *feed == '\t'))
            feed++;
        if (feed < end && is_opening(*feed) && (uint64_t)(feed - line) < s->in.column)
            return (size_t)(feed - p);
    }
    return n;
}

/* Where to go on when the document at the window's start went wrong at p[at]. What lies beyond the window is looked at
 * in the next call. */
static size_t find_next_document(struct docstream *s, size_t at)
{
    struct str window = bytestream_view(&s->in);
    size_t swallowed = find_swallowed(s, window.p, at);
    if (swallowed < at && doc_may_rewind(s, at - swallowed))
        return swallowed;
    if (at < window.n && window.p[at] == '{')
        return at;
    s->resync = (struct resync){.line_start = begins_line(s, window.p, at)};
    s->resync.active = !resync_scan(&s->resync, window.p, &at, window.n);
    return at;
}

static enum status resync_next(struct docstream *s, struct err *err)
{
    while (s->resync.active) {
        struct str window = bytestream_view(&s->in);
        size_t at = 0;
        s->resync.active = !resync_scan(&s->resync, window.p, &at, window.n);
        bytestream_skip(&s->in, at);
        if (!s->resync.active || s->in.at_end)
            break;
        TRY(bytestream_more(&s->in, err));
    }
    s->resync.active = false;
    return OK;
}

/* ---- One document ---- */

static void yield_good(struct docstream *s, struct doc *out, size_t n)
{
    doc_yield(s, out, DOC_OK, n);
    s->expected = AT_COMMA;
    if (s->ragged > 0)
        s->ragged--;
}

static void mark_ragged(struct docstream *s)
{
    s->expected = AT_COMMA;
    s->ragged = 2;
}

static void yield_broken(struct docstream *s, struct doc *out, size_t at, const char *reason)
{
    size_t n = find_next_document(s, at);
    doc_yield_bad(s, out, n, "%s", reason);
    mark_ragged(s);
}

static void yield_cut_off(struct docstream *s, struct doc *out, size_t at)
{
    if (s->in.fault[0] == '\0') {
        yield_broken(s, out, at, "the document is cut off by the end of the file");
        return;
    }
    char reason[160];
    snprintf(reason, sizeof(reason), "the document is cut off: %s", s->in.fault);
    s->fault_told = true;
    yield_broken(s, out, at, reason);
}

static void yield_too_long(struct docstream *s, struct doc *out, size_t n, uint64_t bytes, bool ended)
{
    doc_yield_bad(s, out, n, "the document has %s%llu bytes; at most %d are read", ended ? "" : "more than ",
                  (unsigned long long)bytes, DOC_BYTES_MAX);
    s->expected = AT_COMMA;
}

/* The document fills the window. Read on to its end, keeping only its beginning. */
static enum status read_overlong(struct docstream *s, struct bracket_scan *b, size_t at, struct doc *out,
                                 struct err *err)
{
    struct str kept, window = bytestream_view(&s->in);
    size_t swallowed = find_swallowed(s, window.p, at);
    if (swallowed < at && doc_may_rewind(s, at - swallowed)) {
        doc_yield_bad(s, out, swallowed, "brackets do not balance within %d bytes", DOC_BYTES_MAX);
        mark_ragged(s);
        return OK;
    }
    TRY(doc_keep_shown(s, &kept, err));
    struct byte_place place = bytestream_place(&s->in, 0);
    enum scan_end end = SCAN_MORE;
    while (end == SCAN_MORE) {
        bytestream_skip(&s->in, at);
        at = 0;
        if (s->in.at_end)
            break;
        TRY(bytestream_more(&s->in, err));
        window = bytestream_view(&s->in);
        end = bracket_scan(b, window.p, &at, window.n);
    }
    if (end == SCAN_BAD) {
        bytestream_skip(&s->in, at);
        at = find_next_document(s, 0);
    }
    if (end != SCAN_DONE)
        mark_ragged(s);
    uint64_t bytes = s->in.offset - place.offset + (end == SCAN_DONE ? at : 0);
    yield_too_long(s, out, at, bytes, end == SCAN_DONE);
    out->bytes = kept;
    out->line = place.line;
    out->column = place.column;
    out->offset = place.offset;
    return OK;
}

static enum status read_document(struct docstream *s, struct doc *out, struct err *err)
{
    struct bracket_scan b = {0};
    size_t at = 0;
    for (;;) {
        struct str window = bytestream_view(&s->in);
        enum scan_end end = bracket_scan(&b, window.p, &at, window.n);
        if (end == SCAN_DONE && at <= DOC_BYTES_MAX)
            yield_good(s, out, at);
        else if (end == SCAN_DONE)
            yield_too_long(s, out, at, at, true);
        else if (end == SCAN_BAD)
            yield_broken(s, out, at, b.reason);
        else if (window.n > DOC_BYTES_MAX)
            return read_overlong(s, &b, at, out, err);
        else if (s->in.at_end)
            yield_cut_off(s, out, window.n);
        else {
            TRY(bytestream_more(&s->in, err));
            continue;
        }
        return OK;
    }
}

/* An array's element that is no object or array: up to what cannot belong to it. */
static enum status read_scalar(struct docstream *s, struct doc *out, struct err *err)
{
    bool quoted = false, escaped = false;
    for (size_t at = 0;; at++) {
        if (at == bytestream_view(&s->in).n && !s->in.at_end && at <= DOC_BYTES_MAX)
            TRY(bytestream_more(&s->in, err));
        struct str window = bytestream_view(&s->in);
        if (at == window.n || (quoted && window.p[at] == '\n')) {
            yield_broken(s, out, at, "a value that is no object is not closed");
            return OK;
        }
        char c = window.p[at];
        if (!quoted && (is_space(c) || memchr(",[]{}", c, 5) != NULL)) {
            yield_good(s, out, at);
            return OK;
        }
        if (c == '"' && !escaped)
            quoted = !quoted;
        escaped = c == '\\' && !escaped;
    }
}

/* ---- Between documents ---- */

/* White space and byte order marks. */
static enum status skip_blanks(struct docstream *s, struct err *err)
{
    for (;;) {
        struct str window = bytestream_view(&s->in);
        size_t n = 0;
        while (n < window.n && is_space(window.p[n]))
            n++;
        bytestream_skip(&s->in, n);
        window = bytestream_view(&s->in);
        struct str head = {window.p, window.n < 3 ? window.n : 3};
        bool mark_begins = head.n > 0 && str_starts(STR("\xef\xbb\xbf"), head);
        if (mark_begins && head.n == 3)
            bytestream_skip(&s->in, 3);
        else if ((head.n > 0 && !mark_begins) || s->in.at_end)
            return OK;
        else
            TRY(bytestream_more(&s->in, err));
    }
}

/* Bytes at the top that begin no document. Brackets and commas behind a bad document are its remains. */
static bool yield_garbage(struct docstream *s, struct doc *out)
{
    struct str window = bytestream_view(&s->in);
    size_t n = 0;
    while (n < window.n && (is_space(window.p[n]) || memchr("]},", window.p[n], 3) != NULL))
        n++;
    if (n > 0 && s->ragged > 0) {
        bytestream_skip(&s->in, n);
        s->ragged = 2;
        return false;
    }
    bool utf16 = str_starts(window, STR("\xff\xfe")) || str_starts(window, STR("\xfe\xff"));
    n = 0;
    s->resync = (struct resync){.last = '}'};
    s->resync.active = !resync_scan(&s->resync, window.p, &n, window.n);
    doc_yield_bad(s, out, n, "%s",
                  utf16 ? "the text is UTF-16, which is not read: convert it to UTF-8"
                        : "this begins no JSON object or array");
    return true;
}

/* Does the object at the window's start begin with {"KEY":[ with one of the wrapper keys? SCAN_MORE: it cannot be told
 * yet. *n is behind the bracket. */
static enum scan_end match_wrapper(const struct docstream *s, struct str text, size_t *n)
{
    struct str key = STR_NONE;
    size_t at = 0;
    for (const char *part = "{\"k:["; *part != '\0'; part++) {
        if (*part == 'k') {
            size_t length;
            if (!str_find((struct str){text.p + at, text.n - at}, '"', &length))
                return SCAN_MORE;
            key = (struct str){text.p + at, length};
            at += length + 1;
            continue;
        }
        while (at < text.n && is_space(text.p[at]))
            at++;
        if (at == text.n)
            return SCAN_MORE;
        if (text.p[at++] != *part)
            return SCAN_BAD;
    }
    *n = at;
    for (const char *const *k = s->wrapper_keys; *k != NULL; k++)
        if (str_is(key, *k))
            return SCAN_DONE;
    return SCAN_BAD;
}

enum { WRAPPER_HEAD_MAX = 4096 };

static enum status find_wrapper(struct docstream *s, bool *found, size_t *n, struct err *err)
{
    enum scan_end end = SCAN_BAD;
    while (s->wrapper_keys != NULL) {
        struct str window = bytestream_view(&s->in);
        if (window.n > WRAPPER_HEAD_MAX)
            window.n = WRAPPER_HEAD_MAX;
        end = match_wrapper(s, window, n);
        if (end != SCAN_MORE || window.n == WRAPPER_HEAD_MAX || s->in.at_end)
            break;
        TRY(bytestream_more(&s->in, err));
    }
    *found = end == SCAN_DONE;
    return OK;
}

static void enter_array(struct docstream *s, size_t n, bool wrapped)
{
    s->opened = bytestream_place(&s->in, 0);
    s->in_array = true;
    s->wrapped = wrapped;
    s->expected = AT_FIRST;
    s->comma_told = false;
    bytestream_skip(&s->in, n);
}

/* The members of a wrapper behind its array are passed over. *told: they are broken, and out says so. */
static enum status skip_wrapper_rest(struct docstream *s, struct doc *out, bool *told, struct err *err)
{
    struct bracket_scan b;
    bracket_inside_object(&b);
    enum scan_end end = SCAN_MORE;
    size_t at = 0;
    while (end == SCAN_MORE) {
        struct str window = bytestream_view(&s->in);
        end = bracket_scan(&b, window.p, &at, window.n);
        if (end == SCAN_MORE && s->in.at_end)
            break;
        if (end == SCAN_BAD)
            break;
        bytestream_skip(&s->in, at);
        at = 0;
        if (end == SCAN_MORE)
            TRY(bytestream_more(&s->in, err));
    }
    *told = end != SCAN_DONE && !s->fault_told;
    if (*told && end == SCAN_BAD)
        yield_broken(s, out, at, b.reason);
    else if (*told)
        doc_yield_bad(s, out, at, "the object that begins at line %llu is not closed",
                      (unsigned long long)s->opened.line);
    return OK;
}

static void complain(struct docstream *s, struct doc *out, size_t n, const char *reason)
{
    doc_yield_bad(s, out, n, "%s, in the array that begins at line %llu", reason, (unsigned long long)s->opened.line);
}

/* An object or other value inside a top-level array. */
static enum status read_element(struct docstream *s, struct doc *out, struct err *err)
{
    if (s->expected == AT_COMMA && s->ragged == 0 && !s->comma_told) {
        s->comma_told = true; /* once an array: it may be that its end is what is missing */
        complain(s, out, 0, "a comma is missing");
        return OK;
    }
    return is_opening(bytestream_view(&s->in).p[0]) ? read_document(s, out, err) : read_scalar(s, out, err);
}

/* One step inside a top-level array; *told: out is filled. */
static enum status step_in_array(struct docstream *s, struct doc *out, bool *told, struct err *err)
{
    char c = bytestream_view(&s->in).p[0];
    bool silent = s->ragged > 0;
    *told = true;
    if (c == ']') {
        if (s->expected == AT_ELEMENT && !silent) {
            s->expected = AT_COMMA;
            complain(s, out, 0, "no value follows the last comma");
            return OK;
        }
        bytestream_skip(&s->in, 1);
        s->in_array = false;
        *told = false;
        return s->wrapped ? skip_wrapper_rest(s, out, told, err) : OK;
    }
    if (c != ',' && c != '}' && c != ':')
        return read_element(s, out, err);
    *told = !silent && (c != ',' || s->expected != AT_COMMA);
    if (*told)
        complain(s, out, 1, c == ',' ? "no value stands before a comma" : "a bracket or colon belongs to nothing");
    else
        bytestream_skip(&s->in, 1);
    if (c == ',')
        s->expected = AT_ELEMENT;
    return OK;
}

static enum status step_at_top(struct docstream *s, struct doc *out, bool *told, struct err *err)
{
    char c = bytestream_view(&s->in).p[0];
    bool wrapper = false;
    size_t n = 1;
    if (c == '{')
        TRY(find_wrapper(s, &wrapper, &n, err));
    *told = !wrapper && c != '[';
    if (!*told) {
        enter_array(s, n, wrapper);
        return OK;
    }
    if (c == '{')
        return read_document(s, out, err);
    *told = yield_garbage(s, out);
    return OK;
}

enum status docjson_next(struct docstream *s, struct doc *out, struct err *err)
{
    bool told = false;
    while (!told) {
        TRY(resync_next(s, err));
        TRY(skip_blanks(s, err));
        if (bytestream_view(&s->in).n > 0) {
            TRY(s->in_array ? step_in_array(s, out, &told, err) : step_at_top(s, out, &told, err));
        } else if (s->in_array && !s->fault_told && s->in.fault[0] == '\0') {
            s->in_array = false;
            doc_yield_bad(s, out, 0, "the array that begins at line %llu is not closed",
                          (unsigned long long)s->opened.line);
            told = true;
        } else {
            doc_yield_end(s, out);
            told = true;
        }
    }
    return OK;
}
