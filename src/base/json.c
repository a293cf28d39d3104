/* json.c - the reader: one pass, strings left where they are unless an escape forces a copy. */
#include "base/json.h"

#include <stdlib.h>

enum { NODES_AT_ONCE = 32, KEYS_COMPARED_PAIRWISE = 16, KEYS_HASHED = 128 };

struct reader {
    const char *start, *at, *end;
    struct arena *a, *strings;
    struct json *nodes; /* taken from the arena, not yet used */
    size_t nodes_left;
    unsigned depth;
    struct err *err;
};

/* Line and column are counted only when they are needed. */
static enum status fail_at(const struct reader *r, const char *at, enum status code, const char *reason)
{
    size_t line = 1;
    const char *line_start = r->start, *hit;
    while ((hit = memchr(line_start, '\n', (size_t)(at - line_start))) != NULL) {
        line++;
        line_start = hit + 1;
    }
    return FAIL(r->err, code, "%zu:%zu: %s", line, (size_t)(at - line_start) + 1, reason);
}

static enum status bad(const struct reader *r, const char *reason)
{
    return fail_at(r, r->at, E_INVALID, r->at == r->end ? "the document ends too early" : reason);
}

static struct json *new_node(struct reader *r)
{
    if (r->nodes_left == 0) {
        r->nodes = ARENA_ARRAY(r->a, struct json, NODES_AT_ONCE);
        if (r->nodes == NULL)
            return NULL;
        r->nodes_left = NODES_AT_ONCE;
    }
    r->nodes_left--;
    return r->nodes++;
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* The high bit of each byte that is c; may also mark a byte above one that is. */
static uint64_t bytes_equal(uint64_t word, unsigned char c)
{
    uint64_t x = word ^ (UINT64_C(0x0101010101010101) * c);
    return (x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        uint64_t control = (word - UINT64_C(0x2020202020202020)) & ~word;
        uint64_t stop = (control | word) & UINT64_C(0x8080808080808080);
        if ((stop | bytes_equal(word, '"') | bytes_equal(word, '\\')) != 0)
            break;
        p += 8;
    }
    while (p < end && is_plain((unsigned char)*p))
        p++;
    return p;
}

static bool hex4(struct reader *r, uint32_t *out)
{
    if (r->end - r->at < 4)
        return false;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        char c = r->at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return false;
        v = v * 16 + digit;
    }
    r->at += 4;
    *out = v;
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *to++ = (char)((0xf0u << (3 - more)) | (c >> (6 * more)));
    while (more-- > 0)
        *to++ = (char)(0x80 | ((c >> (6 * more)) & 0x3f));
    return to;
}

/* Behind "\u". Characters beyond U+FFFF come as two halves. */
static enum status read_unicode(struct reader *r, char **to)
{
    uint32_t c, low;
    if (!hex4(r, &c))
        return bad(r, "\\u needs four hexadecimal digits");
    if (c >= 0xdc00 && c <= 0xdfff)
        return bad(r, "the second half of a character stands without the first");
    if (c >= 0xd800 && c <= 0xdbff) {
        if (!take(r, '\\') || !take(r, 'u') || !hex4(r, &low) || low < 0xdc00 || low > 0xdfff)
            return bad(r, "the first half of a character stands without the second");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, c);
    return OK;
}

static enum status read_escape(struct reader *r, char **to)
{
    static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    if (take(r, 'u'))
        return read_unicode(r, to);
    const char *letter = r->at < r->end ? memchr(letters, *r->at, sizeof(letters) - 1) : NULL;
    if (letter == NULL)
        return bad(r, "unknown escape in a string");
    r->at++;
    *(*to)++ = meaning[letter - letters];
    return OK;
}

/* Where the string ends, and whether it can stay where it is. r->at stands behind the opening quote. */
static enum status find_end(struct reader *r, const char **end, bool *escaped)
{
    const char *p = r->at;
    bool wide = false;
    *escaped = false;
    for (;;) {
        p = skip_plain(p, r->end);
        if (p == r->end)
            return fail_at(r, p, E_INVALID, "a string is not closed");
        if (*p == '"')
            break;
        if ((unsigned char)*p < 0x20)
            return fail_at(r, p, E_INVALID, "a control character stands in a string");
        *escaped |= *p == '\\';
        wide |= (unsigned char)*p >= 0x80;
        p += *p == '\\' && r->end - p > 1 ? 2 : 1;
    }
    if (wide && !str_is_utf8((struct str){r->at, (size_t)(p - r->at)}))
        return bad(r, "the string is not UTF-8");
    *end = p;
    return OK;
}

static enum status read_string(struct reader *r, struct str *out)
{
    const char *end = r->at;
    bool escaped;
    TRY(find_end(r, &end, &escaped));
    if (!escaped) {
        *out = (struct str){r->at, (size_t)(end - r->at)};
        r->at = end + 1;
        return OK;
    }
    char *copy = arena_alloc(r->strings, (size_t)(end - r->at)), *to = copy;
    if (copy == NULL)
        return ARENA_FULL(r->err, r->strings);
    while (r->at < end) {
        if (take(r, '\\'))
            TRY(read_escape(r, &to));
        else
            *to++ = *r->at++;
    }
    r->at = end + 1;
    *out = (struct str){copy, (size_t)(to - copy)};
    return OK;
}

static bool skip_digits(struct reader *r)
{
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > first;
}

static enum status read_number(struct reader *r, struct json *j)
{
    const char *first = r->at;
    take(r, '-');
    if (!take(r, '0') && !skip_digits(r))
        return bad(r, "not a JSON value");
    if (take(r, '.') && !skip_digits(r))
        return bad(r, "a number needs a digit behind its point");
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        if (!skip_digits(r))
            return bad(r, "a number needs a digit in its exponent");
    }
    j->type = JSON_NUMBER;
    j->text = (struct str){first, (size_t)(r->at - first)};
    return OK;
}

static enum status read_word(struct reader *r, struct json *j, struct str word, enum json_type type)
{
    if (!str_starts((struct str){r->at, (size_t)(r->end - r->at)}, word))
        return bad(r, "not a JSON value");
    r->at += word.n;
    j->type = type;
    return OK;
}

static int by_key(const void *a, const void *b)
{
    const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
    return str_cmp(x->key, y->key);
}

static enum status reject_repeated(const struct reader *r, const struct json *twice)
{
    bool in_text = twice->key.p >= r->start && twice->key.p <= r->end;
    return fail_at(r, in_text ? twice->key.p - 1 : r->at, E_INVALID, "a key stands twice in one object");
}

static enum status check_keys_sorted(struct reader *r, const struct json *object)
{
    const struct json **all = ARENA_ARRAY(r->a, const struct json *, object->count);
    if (all == NULL)
        return ARENA_FULL(r->err, r->a);
    size_t n = 0;
    for (const struct json *j = object->first; j != NULL; j = j->next)
        all[n++] = j;
    qsort(all, n, sizeof(*all), by_key);
    for (size_t i = 1; i < n; i++)
        if (str_eq(all[i - 1]->key, all[i]->key))
            return reject_repeated(r, all[i - 1]->key.p > all[i]->key.p ? all[i - 1] : all[i]);
    return OK;
}

/* The records of vendors have some fifty members: a table on the stack, at least half of it empty. */
static enum status check_keys_hashed(const struct reader *r, const struct json *object)
{
    const struct json *slots[2 * KEYS_HASHED] = {NULL};
    for (const struct json *j = object->first; j != NULL; j = j->next) {
        uint32_t h = 2166136261u; /* FNV-1a */
        for (size_t i = 0; i < j->key.n; i++)
            h = (h ^ (unsigned char)j->key.p[i]) * 16777619u;
        size_t at = (h ^ h >> 16) % ARRAY_LEN(slots);
        for (; slots[at] != NULL; at = (at + 1) % ARRAY_LEN(slots))
            if (str_eq(slots[at]->key, j->key))
                return reject_repeated(r, j);
        slots[at] = j;
    }
    return OK;
}

static enum status check_keys(struct reader *r, const struct json *object)
{
    if (object->count > KEYS_HASHED)
        return check_keys_sorted(r, object);
    if (object->count > KEYS_COMPARED_PAIRWISE)
        return check_keys_hashed(r, object);
    for (const struct json *j = object->first; j != NULL; j = j->next)
        for (const struct json *k = object->first; k != j; k = k->next)
            if (str_eq(j->key, k->key))
                return reject_repeated(r, j);
    return OK;
}

static enum status read_value(struct reader *r, struct json *j);

static enum status read_key(struct reader *r, struct json *child)
{
    skip_space(r);
    if (!take(r, '"'))
        return bad(r, "a key in double quotes is expected");
    TRY(read_string(r, &child->key));
    skip_space(r);
    return take(r, ':') ? OK : bad(r, "':' is expected behind a key");
}

/* The children of an array or object whose opening bracket has been read. */
static enum status read_children(struct reader *r, struct json *parent, char close)
{
    struct json **link = &parent->first;
    skip_space(r);
    if (take(r, close))
        return OK;
    do {
        struct json *child = new_node(r);
        if (child == NULL)
            return ARENA_FULL(r->err, r->a);
        if (parent->type == JSON_OBJECT)
            TRY(read_key(r, child));
        TRY(read_value(r, child));
        *link = child;
        link = &child->next;
        parent->count++;
        skip_space(r);
    } while (take(r, ','));
    if (!take(r, close))
        return bad(r, close == '}' ? "',' or '}' is expected" : "',' or ']' is expected");
    return parent->type == JSON_OBJECT ? check_keys(r, parent) : OK;
}

static enum status read_container(struct reader *r, struct json *j, enum json_type type)
{
    if (r->depth == JSON_DEPTH_MAX)
        return fail_at(r, r->at, E_LIMIT, "nested more than " STRINGIFY(64) " levels deep");
    _Static_assert(JSON_DEPTH_MAX == 64, "the text above names it");
    r->depth++;
    r->at++;
    j->type = type;
    TRY(read_children(r, j, type == JSON_OBJECT ? '}' : ']'));
    r->depth--;
    return OK;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static enum status read_value(struct reader *r, struct json *j)
{
    skip_space(r);
    switch (r->at < r->end ? *r->at : '\0') {
    case '{':
        return read_container(r, j, JSON_OBJECT);
    case '[':
        return read_container(r, j, JSON_ARRAY);
    case '"':
        r->at++;
        j->type = JSON_STRING;
        return read_string(r, &j->text);
    case 't':
        return read_word(r, j, STR("true"), JSON_TRUE);
    case 'f':
        return read_word(r, j, STR("false"), JSON_FALSE);
    case 'n':
        return read_word(r, j, STR("null"), JSON_NULL);
    default:
        return read_number(r, j);
    }
}

enum status json_parse(struct str text, struct arena *a, const struct json **out, struct err *err)
{
    return json_parse_apart(text, a, a, out, err);
}

enum status json_parse_apart(struct str text, struct arena *nodes, struct arena *a, const struct json **out, struct err *err)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = (struct str){text.p + 3, text.n - 3};
    const char *p = text.p ? text.p : "";
    struct reader r = {.start = p, .at = p, .end = p + text.n, .a = nodes, .strings = a, .err = err};
    struct json *root = new_node(&r);
    if (root == NULL)
        return ARENA_FULL(err, nodes);
    TRY(read_value(&r, root));
    skip_space(&r);
    if (r.at < r.end)
        return bad(&r, "something follows the document");
    *out = root;
    return OK;
}

static const struct json *child_named(const struct json *object, struct str key)
{
    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *j = object->first; j != NULL; j = j->next)
        if (j->key.n == key.n && memcmp(j->key.p, key.p, key.n) == 0)
            return j;
    return NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    return child_named(object, str_of(key));
}

const struct json *json_path(const struct json *j, const char *dotted)
{
    struct str rest = str_of(dotted), key;
    while (str_split(rest, '.', &key, &rest))
        j = child_named(j, key);
    return child_named(j, rest);
}

struct str json_string(const struct json *j)
{
    return j != NULL && j->type == JSON_STRING ? j->text : STR_NONE;
}

struct str json_text(const struct json *j)
{
    return j != NULL && (j->type == JSON_STRING || j->type == JSON_NUMBER) ? j->text : STR_NONE;
}

bool json_int(const struct json *j, int64_t *out)
{
    if (j == NULL || j->type != JSON_NUMBER)
        return false;
    if (str_eq(j->text, STR("-0"))) {
        *out = 0;
        return true;
    }
    return str_to_i64(j->text, out);
}

bool json_true(const struct json *j)
{
    return j != NULL && j->type == JSON_TRUE;
}
