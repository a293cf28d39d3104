/*
 * filter.c - reading filters and comparing a leg with one.
 *
 *   filter = word *(1*space word)
 *   word   = key ":" value / quote key ":" value quote
 *   key    = name / "attribute." name of an attribute, which may stand in quotes
 *   value  = run without spaces / quote anything but that quote quote
 *
 * A quote has its meaning only where a word, an attribute's name or a value begins, so that O'Brien is a value: read
 * otherwise, two such values would swallow the words between them, and a hold would cover something else.
 */
#include "model/filter.h"

enum { TEXT_BYTES_MAX = 4096, WORDS_MAX = 64 };

static const char *const key_names[] = {
    [FILTER_SOURCE] = "source",       [FILTER_CATEGORY] = "category", [FILTER_QUEUE] = "queue",
    [FILTER_AGENT] = "agent",         [FILTER_CHANNEL] = "channel",   [FILTER_DIRECTION] = "direction",
    [FILTER_DIVISION] = "division",   [FILTER_STATUS] = "status",     [FILTER_ID] = "id",
    [FILTER_ATTRIBUTE] = "attribute", [FILTER_FROM] = "from",         [FILTER_TO] = "to",
    [FILTER_SUBJECT] = "subject",
};
#define KEYS_EXPECTED                                                                                                  \
    "source, category, queue, agent, channel, direction, division, status, id, attribute.NAME, from, to or subject"

struct reader {
    struct str text;
    size_t at;  /* next byte */
    size_t end; /* of the word when that is in quotes, else of the text */
    bool in_quotes;
    struct err *err;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

static size_t column(const struct reader *r)
{
    return r->at + 1;
}

static bool at_end_of_word(const struct reader *r)
{
    return r->at == r->end || (!r->in_quotes && is_blank(r->text.p[r->at]));
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->text.n && is_blank(r->text.p[r->at]))
        r->at++;
}

/* At a quote: what stands up to the same quote. */
static enum status read_quoted(struct reader *r, struct str *out)
{
    size_t start = r->at + 1, n;
    if (!str_find((struct str){r->text.p + start, r->end - start}, r->text.p[r->at], &n))
        return FAIL(r->err, E_INVALID, "column %zu: this quote is not closed", column(r));
    *out = (struct str){r->text.p + start, n};
    r->at = start + n + 1;
    return OK;
}

static struct str read_until_colon(struct reader *r)
{
    size_t start = r->at;
    while (!at_end_of_word(r) && r->text.p[r->at] != ':')
        r->at++;
    return (struct str){r->text.p + start, r->at - start};
}

static bool key_parse(struct str s, enum filter_key *out)
{
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        if (str_eq_nocase(s, str_of(key_names[i]))) {
            *out = (enum filter_key)i;
            return true;
        }
    }
    return false;
}

static bool starts_attribute(const struct reader *r)
{
    static const struct str prefix = {"attribute.", 10};
    return r->end - r->at >= prefix.n && str_eq_nocase((struct str){r->text.p + r->at, prefix.n}, prefix);
}

static enum status read_key(struct reader *r, struct filter_word *w)
{
    size_t start = column(r);
    if (starts_attribute(r)) {
        w->key = FILTER_ATTRIBUTE;
        r->at += strlen("attribute.");
        if (r->at < r->end && is_quote(r->text.p[r->at]))
            TRY(read_quoted(r, &w->name));
        else
            w->name = read_until_colon(r);
        if (str_trim(w->name).n == 0)
            return FAIL(r->err, E_INVALID, "column %zu: an attribute needs its name: attribute.NAME:value", start);
    } else {
        struct str name = read_until_colon(r);
        if (!at_end_of_word(r) && (!key_parse(name, &w->key) || w->key == FILTER_ATTRIBUTE))
            return FAIL(r->err, E_INVALID, "column %zu: \"%.*s\" is no key of a filter; expected " KEYS_EXPECTED, start,
                        name.n < 40 ? (int)name.n : 40, name.p);
    }
    if (at_end_of_word(r) || r->text.p[r->at] != ':')
        return FAIL(r->err, E_INVALID, "column %zu: expected key:value, the key one of " KEYS_EXPECTED, start);
    r->at++;
    return OK;
}

static enum status read_value(struct reader *r, struct filter_word *w)
{
    if (at_end_of_word(r))
        return FAIL(r->err, E_INVALID, "column %zu: expected a value here; for \"has none\" write ''", column(r));
    if (is_quote(r->text.p[r->at])) {
        TRY(read_quoted(r, &w->value));
        if (!at_end_of_word(r))
            return FAIL(r->err, E_INVALID, "column %zu: expected a space behind the quote", column(r));
        return OK;
    }
    size_t start = r->at;
    while (!at_end_of_word(r))
        r->at++;
    w->value = (struct str){r->text.p + start, r->at - start};
    return OK;
}

static enum status read_word(struct reader *r, struct filter_word *w)
{
    if (!is_quote(r->text.p[r->at])) {
        TRY(read_key(r, w));
        return read_value(r, w);
    }
    struct str inside;
    struct reader inner = *r;
    TRY(read_quoted(r, &inside));
    if (!at_end_of_word(r))
        return FAIL(r->err, E_INVALID, "column %zu: expected a space behind the quote", column(r));
    inner.at++;
    inner.end = inner.at + inside.n;
    inner.in_quotes = true;
    TRY(read_key(&inner, w));
    return read_value(&inner, w);
}

static bool some_status_matches(struct str pattern)
{
    for (int s = 0; s < STATUS_COUNT; s++)
        if (str_match(pattern, str_of(contact_status_name((enum contact_status)s)), true))
            return true;
    return false;
}

/* What a key demands of its value beyond being text. */
static enum status check_value(struct filter_word *w, const struct zone *z, size_t at, struct err *err)
{
    w->time_ms = TIME_NONE;
    if (w->key == FILTER_STATUS && !some_status_matches(w->value))
        return FAIL(err, E_INVALID, "column %zu: there is no such status; expected one like ACTIVE or PURGED", at);
    if (w->key == FILTER_SUBJECT && w->value.n == 0)
        return FAIL(err, E_INVALID, "column %zu: a subject needs an identifier", at);
    if (w->key != FILTER_FROM && w->key != FILTER_TO)
        return OK;
    enum status s = time_parse(w->value, z, &w->time_ms, err);
    return s == OK || !err ? s : err_prefix(err, "column %zu: ", at);
}

static enum status parse_words(struct str text, const struct zone *z, struct arena *a, struct filter *out,
                               struct err *err)
{
    struct reader r = {.text = text, .end = text.n, .err = err};
    void *words = NULL;
    size_t cap = 0;
    for (skip_blanks(&r); r.at < text.n; skip_blanks(&r)) {
        size_t at = column(&r);
        struct filter_word w = {.name = STR_NONE};
        if (out->n == WORDS_MAX)
            return FAIL(err, E_LIMIT, "column %zu: a filter has at most %d words", at, WORDS_MAX);
        TRY(read_word(&r, &w));
        TRY(check_value(&w, z, at, err));
        if (!arena_grow(a, &words, &cap, out->n + 1, sizeof(w)))
            return ARENA_FULL(err, a);
        out->words = words;
        out->words[out->n++] = w;
    }
    if (out->n == 0)
        return FAIL(err, E_INVALID, "column 1: an empty filter; expected key:value, the key one of " KEYS_EXPECTED);
    return OK;
}

enum status filter_parse(struct str text, const struct zone *z, struct arena *a, struct filter *out, struct err *err)
{
    if (text.n > TEXT_BYTES_MAX)
        return FAIL(err, E_LIMIT, "a filter has at most %d bytes", TEXT_BYTES_MAX);
    if (!str_is_utf8(text))
        return FAIL(err, E_INVALID, "column 1: a filter is UTF-8 text");
    struct filter f = {.text = arena_str(a, text)};
    if (!arena_str_ok(f.text, text))
        return ARENA_FULL(err, a);
    TRY(parse_words(f.text, z, a, &f, err));
    *out = f;
    return OK;
}

/* What is absent or empty matches only the empty value: "queue:*" asks for a queue. */
static bool text_matches(struct str pattern, struct str s)
{
    return (pattern.n == 0) == (s.n == 0) && str_match(pattern, s, true);
}

static bool has_subject(const struct leg *leg, struct str hex)
{
    static const char digits[] = "0123456789abcdef";
    if (hex.n != (size_t)2 * ROW_KEY_BYTES)
        return false;
    for (size_t i = 0; i < leg->subjects_n; i++) {
        const unsigned char *b = leg->subjects[i].b;
        size_t k = 0;
        while (k < ROW_KEY_BYTES && hex.p[2 * k] == digits[b[k] >> 4] && hex.p[2 * k + 1] == digits[b[k] & 15])
            k++;
        if (k == ROW_KEY_BYTES)
            return true;
    }
    return false;
}

static bool word_matches(const struct filter_word *w, struct str source, const struct leg *leg,
                         enum contact_status status)
{
    switch (w->key) {
    case FILTER_SOURCE:
        return text_matches(w->value, source);
    case FILTER_CATEGORY:
        return text_matches(w->value, leg->category);
    case FILTER_QUEUE:
        return text_matches(w->value, leg->queue);
    case FILTER_AGENT:
        return text_matches(w->value, leg->agent);
    case FILTER_CHANNEL:
        return text_matches(w->value, leg->channel);
    case FILTER_DIRECTION:
        return text_matches(w->value, leg->direction);
    case FILTER_DIVISION:
        return text_matches(w->value, leg->division);
    case FILTER_STATUS:
        return status < STATUS_COUNT && str_match(w->value, str_of(contact_status_name(status)), true);
    case FILTER_ID:
        return text_matches(w->value, leg->id);
    case FILTER_ATTRIBUTE:
        return text_matches(w->value, leg_attribute(leg, w->name));
    case FILTER_FROM:
        return leg->started_ms != TIME_NONE && leg->started_ms >= w->time_ms;
    case FILTER_TO:
        return leg->started_ms != TIME_NONE && leg->started_ms < w->time_ms;
    case FILTER_SUBJECT:
        return has_subject(leg, w->value);
    }
    ASSERT(!"a filter word of no known key");
    return false;
}

bool filter_matches(const struct filter *f, struct str source, const struct leg *leg, enum contact_status status)
{
    for (size_t i = 0; i < f->n; i++)
        if (!word_matches(&f->words[i], source, leg, status))
            return false;
    return f->n > 0; /* a filter nobody compiled matches nothing */
}

struct str leg_attribute(const struct leg *leg, struct str name)
{
    for (size_t i = 0; i < leg->attributes_n; i++)
        if (str_eq(leg->attributes[i].name, name))
            return leg->attributes[i].value;
    for (size_t i = 0; i < leg->attributes_n; i++)
        if (str_eq_nocase(str_trim(leg->attributes[i].name), str_trim(name)))
            return leg->attributes[i].value;
    return STR_NONE;
}
