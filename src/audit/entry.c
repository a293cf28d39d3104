#include "audit/entry.h"

#include "audit/tile.h"

#include <endian.h>

/* As str_cmp, but for its cost: names are short and differ early. */
static inline int name_cmp(const char *a, size_t a_n, struct str b)
{
    size_t n = a_n < b.n ? a_n : b.n;

    for (size_t i = 0; i < n; i++) {
        if (a[i] != b.p[i])
            return (unsigned char)a[i] < (unsigned char)b.p[i] ? -1 : 1;
    }
    return a_n < b.n ? -1 : a_n > b.n;
}

/* --- tokens: each takes itself off the front of *s, or answers false --- */

static bool take(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Length of the escape at p, 0 when it is not the one spelling of what cannot stand in a string unescaped. */
static size_t escape_length(const char *p, size_t n)
{
    if (n < 2)
        return 0;
    if (memchr("\"\\bfnrt", p[1], 7))
        return 2;
    if (n < 6 || p[1] != 'u' || p[2] != '0' || p[3] != '0' || (p[4] != '0' && p[4] != '1') || !is_hex(p[5]))
        return 0;
    bool has_letter = p[4] == '0' && memchr("89acd", p[5], 5); /* \b \t \n \f \r */
    return has_letter ? 0 : 6;
}

/* Where the eight bytes hold a quote, a backslash or a control character: the top bit of the first such byte is the lowest
 * bit set. (Borrows reach only bytes behind it.) */
static uint64_t ends_in(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';

    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((eight - ones * 0x20) & ~eight)) & tops;
}

/* How many bytes stand before the first quote, backslash or control character. */
static size_t plain_length(const char *p, size_t n)
{
    size_t i = 0;

    for (uint64_t eight; n - i >= sizeof(eight); i += sizeof(eight)) {
        memcpy(&eight, p + i, sizeof(eight));
        uint64_t ends = ends_in(le64toh(eight));
        if (ends)
            return i + (size_t)__builtin_ctzll(ends) / 8;
    }
    while (i < n && p[i] != '"' && p[i] != '\\' && (unsigned char)p[i] >= 0x20)
        i++;
    return i;
}

/* A string; *out is what stands between the quotes. *plain: it has no escapes. */
static bool take_string(struct str *s, struct str *out, bool *plain)
{
    size_t i = 1;

    *plain = true;
    if (s->n < 2 || s->p[0] != '"')
        return false;
    while ((i += plain_length(s->p + i, s->n - i)) < s->n && s->p[i] != '"') {
        size_t step = 0;

        if (s->p[i] == '\\')
            step = escape_length(s->p + i, s->n - i);
        if (step == 0)
            return false;
        *plain = false;
        i += step;
    }
    if (i >= s->n)
        return false;
    *out = (struct str){s->p + 1, i - 1};
    *s = (struct str){s->p + i + 1, s->n - i - 1};
    return true;
}

static bool take_plain(struct str *s, struct str *out)
{
    bool plain;

    return take_string(s, out, &plain) && plain;
}

static inline bool take_integer(struct str *s, int64_t *out)
{
    size_t n = 0;

    while (n < s->n && (s->p[n] == '-' || (s->p[n] >= '0' && s->p[n] <= '9')))
        n++;
    if (!str_to_i64((struct str){s->p, n}, out))
        return false;
    *s = (struct str){s->p + n, s->n - n};
    return true;
}

static bool take_word(struct str *s, struct str word)
{
    if (!str_starts(*s, word))
        return false;
    *s = (struct str){s->p + word.n, s->n - word.n};
    return true;
}

static bool ends_value(const struct str *s)
{
    return s->n == 0 || s->p[0] == ',' || s->p[0] == '}' || s->p[0] == ']';
}

/* Any value, its inside unchecked: the form of the field checks that. */
static bool take_value(struct str *s, struct str *out)
{
    const char *begin = s->p;
    size_t depth = 0;
    struct str text;
    bool plain;

    do {
        if (s->n == 0)
            return false;
        char c = s->p[0];
        if (c == '"') {
            if (!take_string(s, &text, &plain))
                return false;
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth-- == 0)
            return false;
        s->p++;
        s->n--;
    } while (depth > 0 || !ends_value(s));
    *out = (struct str){begin, (size_t)(s->p - begin)};
    return true;
}

/* --- forms --- */

enum { CODE_MAX = 128, TEXT_MAX = 1024, NAME_MAX_BYTES = 128 };

/* Without a way out before the end, so that the compiler takes many digits at once. */
static bool hex_ok(struct str s, size_t digits)
{
    unsigned char wrong = 0;

    if (s.n != digits)
        return false;
    for (size_t at = 0; at < digits; at += 16) {
        for (size_t i = 0; i < 16; i++) {
            unsigned char c = (unsigned char)s.p[at + i];

            wrong |= (unsigned char)((unsigned char)(c - '0') > 9) & (unsigned char)((unsigned char)(c - 'a') > 5);
        }
    }
    return wrong == 0;
}

static bool code_ok(struct str s)
{
    /* A-Z a-z 0-9 . _ : / @ + - ( ) and space, a bit each */
    static const uint64_t CODE[2] = {UINT64_C(0x07ffeb0100000000), UINT64_C(0x07fffffe87ffffff)};

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c >= 128 || !(CODE[c / 64] >> c % 64 & 1))
            return false;
    }
    return s.n > 0 && s.n <= CODE_MAX;
}

static bool take_text(struct str *s)
{
    struct str text;
    bool plain;

    return take_string(s, &text, &plain) && text.n > 0 && text.n <= TEXT_MAX;
}

/* What stands between the quotes of a string that stands alone or in a list. None of these forms allows a quote or an escape. */
static bool item_ok(const struct entry_field *f, struct str s)
{
    switch (f->form) {
    case FORM_ID:
    case FORM_IDS:
        return hex_ok(s, 32);
    case FORM_HASH:
    case FORM_HASHES:
        return hex_ok(s, 64);
    case FORM_CODE:
        return code_ok(s);
    case FORM_ENUM:
    case FORM_ENUMS:
        return entry_value_listed(f->values, s);
    case FORM_NAMES:
        return s.n > 0 && s.n <= NAME_MAX_BYTES;
    case FORM_INT:
    case FORM_COUNT:
    case FORM_TIME:
    case FORM_BOOL:
    case FORM_TEXT:
    case FORM_COUNTS:
    case FORM_TIMES:
    case FORM_OUTCOMES:
    case FORM_RESIDUALS:
    case FORM_COUNT_OF:
        break;
    }
    return false;
}

static bool take_item(struct str *s, const struct entry_field *f, struct str *out)
{
    return take_plain(s, out) && item_ok(f, *out);
}

/* A value that is one string, whole. */
static bool take_whole(struct str *s, const struct entry_field *f)
{
    struct str inside = {s->p + 1, s->n - 2};

    if (s->n < 2 || s->p[0] != '"' || s->p[s->n - 1] != '"' || !item_ok(f, inside))
        return false;
    *s = (struct str){s->p + s->n, 0};
    return true;
}

static bool take_list(struct str *s, const struct entry_field *f)
{
    struct str before = STR_NONE, item;

    if (!take(s, '['))
        return false;
    if (take(s, ']'))
        return true;
    do {
        if (!take_item(s, f, &item) || (before.p && str_cmp(before, item) >= 0))
            return false;
        before = item;
    } while (take(s, ','));
    return take(s, ']');
}

static bool take_count(struct str *s)
{
    int64_t v;

    return take_integer(s, &v) && v >= 0;
}

static bool take_outcomes(struct str *s, const char *outcomes);

/* An object whose members are counts, or objects of counts by outcome. `listed` limits the names. */
static bool take_counts(struct str *s, const char *listed, const char *outcomes)
{
    struct str before = STR_NONE, name;

    if (!take(s, '{'))
        return false;
    if (take(s, '}'))
        return true;
    do {
        if (!take_plain(s, &name) || name.n == 0 || name.n > NAME_MAX_BYTES || !take(s, ':') ||
            (before.p && str_cmp(before, name) >= 0) || (listed && !entry_value_listed(listed, name)))
            return false;
        if (!(outcomes ? take_outcomes(s, outcomes) : take_count(s)))
            return false;
        before = name;
    } while (take(s, ','));
    return take(s, '}');
}

static bool take_outcomes(struct str *s, const char *outcomes)
{
    return take_counts(s, outcomes, NULL);
}

static bool take_residuals(struct str *s)
{
    struct str kind, store;

    if (!take(s, '['))
        return false;
    if (take(s, ']'))
        return true;
    do {
        if (!take_word(s, STR("{\"kind\":")) || !take_plain(s, &kind) || !code_ok(kind))
            return false;
        if (take_word(s, STR(",\"store\":")) && (!take_plain(s, &store) || store.n == 0 || store.n > NAME_MAX_BYTES))
            return false;
        if (!take_word(s, STR(",\"until\":")) || !(take_word(s, STR("null")) || take_count(s)) || !take(s, '}'))
            return false;
    } while (take(s, ','));
    return take(s, ']');
}

/* *s is one value as take_value has found it. */
static bool take_form(struct str *s, const struct entry_field *f)
{
    int64_t v;

    if ((f->flags & FIELD_NULLABLE) && take_word(s, STR("null")))
        return true;
    switch (f->form) {
    case FORM_INT:
        return take_integer(s, &v);
    case FORM_COUNT:
    case FORM_TIME:
        return take_count(s);
    case FORM_BOOL:
        return take_word(s, STR("true")) || take_word(s, STR("false"));
    case FORM_ID:
    case FORM_HASH:
    case FORM_CODE:
    case FORM_ENUM:
        return take_whole(s, f);
    case FORM_TEXT:
        return take_text(s);
    case FORM_ENUMS:
    case FORM_NAMES:
    case FORM_IDS:
    case FORM_HASHES:
        return take_list(s, f);
    case FORM_COUNTS:
    case FORM_TIMES:
        return take_counts(s, NULL, NULL);
    case FORM_OUTCOMES:
        return take_counts(s, NULL, f->values);
    case FORM_RESIDUALS:
        return take_residuals(s);
    case FORM_COUNT_OF:
        break;
    }
    return false;
}

/* --- the entry --- */

#define SHOWN(s) ((s).n < 64 ? (int)(s).n : 64), (s).p /* for "%.*s" */

static enum status split_fields(struct str bytes, struct entry_view *e, struct err *err)
{
    struct str rest = bytes;

    if (bytes.n > ENTRY_BYTES_MAX)
        return FAIL(err, E_INVALID, "entry is longer than %d bytes", ENTRY_BYTES_MAX);
    if (!str_is_utf8(bytes))
        return FAIL(err, E_INVALID, "entry is not UTF-8");
    if (!take(&rest, '{'))
        return FAIL(err, E_INVALID, "entry is not a JSON object");
    e->n = 0;
    do {
        struct str *name = &e->name[e->n];

        if (e->n == ENTRY_FIELDS_MAX)
            return FAIL(err, E_INVALID, "entry has more than %d fields", ENTRY_FIELDS_MAX);
        if (!take_plain(&rest, name) || !take(&rest, ':') || !take_value(&rest, &e->value[e->n]))
            return FAIL(err, E_INVALID, "entry is malformed at byte %zu", (size_t)(rest.p - bytes.p));
        if (e->n > 0 && name_cmp(e->name[e->n - 1].p, e->name[e->n - 1].n, *name) >= 0)
            return FAIL(err, E_INVALID, "fields are not in order, or one stands twice: %.*s", SHOWN(*name));
        e->n++;
    } while (take(&rest, ','));
    if (!take(&rest, '}') || rest.n > 0)
        return FAIL(err, E_INVALID, "entry does not end with its object, at byte %zu", (size_t)(rest.p - bytes.p));
    return OK;
}

/* Where a walk through a type's fields stands; it goes along with the entry's, both being sorted. */
struct cursor {
    const struct entry_spec *spec;
    size_t at;
};

/* Passes the fields before `name` (absent: all that are left), none of which may be required. */
static enum status pass_before(struct cursor *c, struct str name, const struct entry_view *e, struct err *err)
{
    for (; c->at < c->spec->n; c->at++) {
        const struct entry_field *f = &c->spec->fields[c->at];

        if (name.p && name_cmp(f->name, f->name_n, name) >= 0)
            break;
        if (f->flags & FIELD_REQUIRED)
            return FAIL(err, E_INVALID, "%s entry lacks the field %s", entry_type_name(e->type), f->name);
    }
    return OK;
}

static const struct entry_field *take_field(struct cursor *c, struct str name)
{
    if (c->at < c->spec->n && name_cmp(c->spec->fields[c->at].name, c->spec->fields[c->at].name_n, name) == 0)
        return &c->spec->fields[c->at++];
    return NULL;
}

static enum status check_fields(const struct entry_view *e, struct err *err)
{
    struct cursor common = {.spec = entry_spec_of(ENTRY_NONE)}, own = {.spec = entry_spec_of(e->type)};

    for (size_t i = 0; i < e->n; i++) {
        struct str name = e->name[i], value = e->value[i];

        TRY(pass_before(&own, name, e, err));
        TRY(pass_before(&common, name, e, err));
        const struct entry_field *f = take_field(&own, name);
        if (!f)
            f = take_field(&common, name);
        if (!f)
            return FAIL(err, E_INVALID, "%s entry has an unknown field (number %zu, %.*s)", own.spec->name, i + 1,
                        SHOWN(name));
        if (!take_form(&value, f) || value.n > 0)
            return FAIL(err, E_INVALID, "%s entry: the value of %s is not of the form \"%s\"", own.spec->name, f->name,
                        entry_form_text(f->form));
    }
    TRY(pass_before(&own, STR_NONE, e, err));
    return pass_before(&common, STR_NONE, e, err);
}

enum status entry_check(struct str bytes, struct entry_view *out, struct err *err)
{
    int64_t version;

    out->type = ENTRY_NONE;
    TRY(split_fields(bytes, out, err));
    if (!entry_integer(out, "v", &version) || version != ENTRY_VERSION)
        return FAIL(err, E_INVALID, "entry is not of format version %d", ENTRY_VERSION);
    if (!entry_type_parse(entry_string(out, "type"), &out->type))
        return FAIL(err, E_INVALID, "entry has no type, or an unknown one");
    return check_fields(out, err);
}

struct str entry_raw(const struct entry_view *e, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < e->n; i++) {
        if (e->name[i].n == n && memcmp(e->name[i].p, name, n) == 0)
            return e->value[i];
    }
    return STR_NONE;
}

struct str entry_string(const struct entry_view *e, const char *name)
{
    struct str raw = entry_raw(e, name);

    return raw.n >= 2 && raw.p[0] == '"' ? (struct str){raw.p + 1, raw.n - 2} : STR_NONE;
}

bool entry_integer(const struct entry_view *e, const char *name, int64_t *out)
{
    struct str raw = entry_raw(e, name);

    return raw.p && str_to_i64(raw, out);
}

bool entry_member(struct str *rest, struct str *name, struct str *value)
{
    if (!take(rest, '{') && !take(rest, ','))
        return false;
    return take_plain(rest, name) && take(rest, ':') && take_value(rest, value);
}
