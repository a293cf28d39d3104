/* csv.c - records of a CSV stream, and the fields of a record (RFC 4180). */
#include "base/docstate.h"

/* Field separators in use; docstream does not know which one the file has. */
static bool is_separator(char c)
{
    return c == ',' || c == ';' || c == '\t' || c == '|';
}

/* Where the record at the window's start stands. A quote opens only at the beginning of a field and must close at the
 * end of one: so a stray quote spoils its own line, not the file up to the next quote. */
struct record_scan {
    bool quoted;
    bool closing; /* a quote inside quotes was the last byte */
    bool at_field;
};
enum record_end { RECORD_MORE, RECORD_DONE, RECORD_BAD };

static enum record_end record_scan(struct record_scan *r, const char *p, size_t *at, size_t n)
{
    for (; *at < n; (*at)++) {
        char c = p[*at];
        if (r->closing) {
            r->closing = false;
            if (c == '"')
                continue; /* two quotes: one of the text */
            r->quoted = false;
            if (!is_separator(c) && c != '\r' && c != '\n')
                return RECORD_BAD;
        }
        if (r->quoted) {
            r->closing = c == '"';
            continue;
        }
        if (c == '\n')
            return RECORD_DONE;
        r->quoted = c == '"' && r->at_field;
        r->at_field = is_separator(c);
    }
    return RECORD_MORE;
}

static size_t end_of_line(struct str window)
{
    size_t at;
    return str_find(window, '\n', &at) ? at : window.n;
}

static void yield_record(struct docstream *s, struct doc *out, size_t n, bool feed)
{
    doc_yield(s, out, DOC_OK, n);
    if (out->bytes.n > 0 && out->bytes.p[out->bytes.n - 1] == '\r')
        out->bytes.n--;
    s->taken = n + (feed ? 1 : 0);
}

/* Gives up the record's first line only, and reads on at the next; or all that was looked at, when that was often. */
static void yield_bad_record(struct docstream *s, struct doc *out, size_t at, const char *reason)
{
    struct str window = bytestream_view(&s->in);
    size_t n = end_of_line(window);
    if (n < at && !doc_may_rewind(s, at - n))
        n = at + end_of_line((struct str){window.p + at, window.n - at});
    doc_yield_bad(s, out, n, "%s", reason);
    s->resync.active = n == window.n; /* the line goes on */
    s->taken = n + (n < window.n ? 1 : 0);
}

/* A line that fills the window. */
static enum status read_long_line(struct docstream *s, struct doc *out, struct err *err)
{
    struct str kept;
    TRY(doc_keep_shown(s, &kept, err));
    struct byte_place place = bytestream_place(&s->in, 0);
    size_t n = end_of_line(bytestream_view(&s->in));
    while (n == bytestream_view(&s->in).n && !s->in.at_end) {
        bytestream_skip(&s->in, n);
        TRY(bytestream_more(&s->in, err));
        n = end_of_line(bytestream_view(&s->in));
    }
    uint64_t bytes = s->in.offset + n - place.offset;
    bool feed = n < bytestream_view(&s->in).n;
    doc_yield_bad(s, out, n, "the line has %llu bytes; at most %d are read", (unsigned long long)bytes, DOC_BYTES_MAX);
    s->taken = n + (feed ? 1 : 0);
    out->bytes = kept;
    out->line = place.line;
    out->column = place.column;
    out->offset = place.offset;
    return OK;
}

static enum status begin_record(struct docstream *s, struct err *err)
{
    while (!s->in.at_end && bytestream_view(&s->in).n < 3)
        TRY(bytestream_more(&s->in, err));
    if (!s->started && str_starts(bytestream_view(&s->in), STR("\xef\xbb\xbf")))
        bytestream_skip(&s->in, 3);
    s->started = true;
    while (s->resync.active) { /* the rest of a bad line */
        struct str window = bytestream_view(&s->in);
        size_t n = end_of_line(window);
        s->resync.active = n == window.n && !s->in.at_end;
        bytestream_skip(&s->in, n + (n < window.n ? 1 : 0));
        if (s->resync.active)
            TRY(bytestream_more(&s->in, err));
    }
    return OK;
}

enum status doccsv_next(struct docstream *s, struct doc *out, struct err *err)
{
    TRY(begin_record(s, err));
    struct record_scan r = {.at_field = true};
    size_t at = 0;
    for (;;) {
        struct str window = bytestream_view(&s->in);
        enum record_end end = record_scan(&r, window.p, &at, window.n);
        if (end == RECORD_BAD) {
            yield_bad_record(s, out, at, "text follows a closing quote");
        } else if (end == RECORD_DONE && at <= DOC_BYTES_MAX) {
            yield_record(s, out, at, true);
        } else if (window.n > DOC_BYTES_MAX) {
            if (end_of_line(window) > DOC_BYTES_MAX)
                return read_long_line(s, out, err);
            yield_bad_record(s, out, at, "a quote is not closed within the longest record that is read");
        } else if (!s->in.at_end) {
            TRY(bytestream_more(&s->in, err));
            continue;
        } else if (window.n == 0) {
            doc_yield_end(s, out);
        } else if (s->in.fault[0] != '\0') {
            s->fault_told = true;
            doc_yield_bad(s, out, window.n, "the record is cut off: %s", s->in.fault);
        } else if (r.quoted && !r.closing) {
            yield_bad_record(s, out, at, "a quote is not closed");
        } else {
            yield_record(s, out, window.n, false);
        }
        return OK;
    }
}

/* ---- Fields ---- */

static enum status stray_quote(size_t field, struct err *err)
{
    return FAIL(err, E_INVALID, "field %zu has a quote where none may stand", field + 1);
}

/* Index of the quote that closes a field; false when none does. */
static bool closing_quote(struct str rest, size_t *end)
{
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] != '"')
            continue;
        if (i + 1 == rest.n || rest.p[i + 1] != '"') {
            *end = i;
            return true;
        }
        i++; /* two quotes: one of the text */
    }
    return false;
}

/* A quoted field; *rest stands behind its opening quote and is moved behind its closing one. */
static enum status read_quoted(struct str *rest, struct arena *a, size_t field, struct str *out, struct err *err)
{
    size_t end, n = 0;
    if (!closing_quote(*rest, &end))
        return FAIL(err, E_INVALID, "field %zu has a quote that is not closed", field + 1);
    char *copy = arena_alloc(a, end);
    if (copy == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < end; i++) {
        copy[n++] = rest->p[i];
        if (rest->p[i] == '"')
            i++;
    }
    *out = (struct str){copy, n};
    *rest = (struct str){rest->p + end + 1, rest->n - end - 1};
    return OK;
}

static enum status read_field(struct str *rest, char separator, struct arena *a, size_t field, struct str *out,
                              struct err *err)
{
    if (rest->n > 0 && rest->p[0] == '"') {
        *rest = (struct str){rest->p + 1, rest->n - 1};
        TRY(read_quoted(rest, a, field, out, err));
        return rest->n == 0 || rest->p[0] == separator ? OK : stray_quote(field, err);
    }
    size_t n = rest->n, at;
    if (str_find(*rest, separator, &at))
        n = at;
    if (str_find((struct str){rest->p, n}, '"', &at))
        return stray_quote(field, err);
    *out = arena_str(a, (struct str){rest->p, n});
    if (out->p == NULL)
        return ARENA_FULL(err, a);
    *rest = (struct str){rest->p + n, rest->n - n};
    return OK;
}

enum status csv_split(struct str record, char separator, struct arena *a, struct str **fields, size_t *n,
                      struct err *err)
{
    struct str rest = record.p ? record : STR("");
    struct str *found = NULL;
    size_t cap = 0, count = 0;
    for (;;) {
        void *grown = found;
        if (!arena_grow(a, &grown, &cap, count + 1, sizeof(*found)))
            return ARENA_FULL(err, a);
        found = grown;
        TRY(read_field(&rest, separator, a, count, &found[count], err));
        count++;
        if (rest.n == 0)
            break;
        rest = (struct str){rest.p + 1, rest.n - 1}; /* the separator */
    }
    *fields = found;
    *n = count;
    return OK;
}
