#include "audit/entry.h"

#include "audit/tile.h"

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

/* A string; *out is what stands between the quotes. *plain: it has no escapes. */
static bool take_string(struct str *s, struct str *out, bool *plain)
{
    size_t i = 1;

    *plain = true;
    if (s->n < 2 || s->p[0] != '"')
        return false;
    while (i < s->n && s->p[i] != '"') {
        size_t step = 1;

        if ((unsigned char)s->p[i] < 0x20)
            return false;
        if (s->p[i] == '\\') {
            *plain = false;
            step = escape_length(s->p + i, s->n - i);
            if (step == 0)
                return false;
        }
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

static bool take_integer(struct str *s, int64_t *out)
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
    } while (depth > 0 || (s->n > 0 && s->p[0] != ',' && s->p[0] != '}' && s->p[0] != ']'));
    *out = (struct str){begin, (size_t)(s->p - begin)};
    return true;
}

/* --- forms --- */

enum { CODE_MAX = 128, TEXT_MAX = 1024, NAME_MAX_BYTES = 128 };

static bool hex_ok(struct str s, size_t digits)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_hex(s.p[i]))
            return false;
    }
    return s.n == digits;
}

static bool code_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              memchr("._:/@+-() ", c, 10)))
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

/* One string that stands alone or in a list. */
static bool take_item(struct str *s, const struct entry_field *f, struct str *out)
{
    if (!take_plain(s, out))
        return false;
    switch (f->form) {
    case FORM_ID:
    case FORM_IDS:
        return hex_ok(*out, 32);
    case FORM_HASH:
    case FORM_HASHES:
        return hex_ok(*out, 64);
    case FORM_CODE:
        return code_ok(*out);
    case FORM_ENUM:
    case FORM_ENUMS:
        return entry_value_listed(f->values, *out);
    case FORM_NAMES:
        return out->n > 0 && out->n <= NAME_MAX_BYTES;
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

static bool take_form(struct str *s, const struct entry_field *f)
{
    struct str item;
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
        return take_item(s, f, &item);
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
        if (e->n > 0 && str_cmp(e->name[e->n - 1], *name) >= 0)
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

        if (name.p && str_cmp(str_of(f->name), name) >= 0)
            break;
        if (f->flags & FIELD_REQUIRED)
            return FAIL(err, E_INVALID, "%s entry lacks the field %s", entry_type_name(e->type), f->name);
    }
    return OK;
}

static const struct entry_field *take_field(struct cursor *c, struct str name)
{
    if (c->at < c->spec->n && str_is(name, c->spec->fields[c->at].name))
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
    struct str wanted = str_of(name);

    for (size_t i = 0; i < e->n; i++) {
        if (str_eq(e->name[i], wanted))
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
