/* key_pattern.c - patterns of keys, parsed once and matched part by part. */
#include "store/key_pattern.h"

#include <stdio.h>

/* ---- parsing ---- */

static const struct { const char *name; enum key_token_type type; } names[] = {
    {"{yyyy}", KEY_YEAR}, {"{mm}", KEY_MONTH},      {"{dd}", KEY_DAY},
    {"{hh}", KEY_HOUR},   {"{contact_id}", KEY_ID}, {"{source}", KEY_SOURCE},
};

/* The token at the front of s, not empty; *n is its length. */
static enum status read_token(struct str s, struct key_token *out, size_t *n, struct err *err)
{
    if (s.p[0] == '*') {
        *out = (struct key_token){KEY_STAR, STR_NONE};
        *n = 1;
        return OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!str_starts(s, str_of(names[i].name)))
            continue;
        *out = (struct key_token){names[i].type, STR_NONE};
        *n = strlen(names[i].name);
        return OK;
    }
    if (s.p[0] == '{' || s.p[0] == '}')
        return FAIL(err, E_INVALID, "unknown {name}; there are {contact_id} {source} {yyyy} {mm} {dd} {hh}");
    size_t end = 1;
    while (end < s.n && memchr("*{}", s.p[end], 3) == NULL)
        end++;
    *out = (struct key_token){KEY_LITERAL, {s.p, end}};
    *n = end;
    return OK;
}

static enum status read_part(struct str s, struct arena *a, struct key_part *out, struct err *err)
{
    if (s.n == 0)
        return FAIL(err, E_INVALID, "an empty part: no '/' at the ends, no '//'");
    if (str_is(s, ".") || str_is(s, ".."))
        return FAIL(err, E_INVALID, "'.' and '..' are not names");
    if (str_is(s, "**")) {
        out->any_depth = true;
        return OK;
    }
    struct key_token *tokens = ARENA_ARRAY(a, struct key_token, s.n);
    if (tokens == NULL)
        return ARENA_FULL(err, a);
    out->tokens = tokens;
    while (s.n > 0) {
        size_t n = 0;
        TRY(read_token(s, &tokens[out->n], &n, err));
        if (tokens[out->n].type == KEY_STAR && out->n > 0 && tokens[out->n - 1].type == KEY_STAR)
            return FAIL(err, E_INVALID, "'**' must stand alone between two '/'");
        out->n++;
        s.p += n;
        s.n -= n;
    }
    return OK;
}

static void note_tokens(struct key_pattern *p, const struct key_part *part)
{
    for (size_t i = 0; i < part->n; i++) {
        p->has_id = p->has_id || part->tokens[i].type == KEY_ID;
        p->has_date = p->has_date || (part->tokens[i].type >= KEY_YEAR && part->tokens[i].type <= KEY_DAY);
    }
}

enum status key_pattern_parse(struct str text, struct arena *a, struct key_pattern *out, struct err *err)
{
    struct key_pattern p = {.text = arena_str(a, text)};
    struct key_part *parts = ARENA_ARRAY(a, struct key_part, KEY_PARTS_MAX);
    if (p.text.p == NULL || parts == NULL)
        return text.p == NULL ? FAIL(err, E_INVALID, "no pattern") : ARENA_FULL(err, a);
    size_t at, any_depth = 0;
    if (str_find(p.text, '\0', &at))
        return FAIL(err, E_INVALID, "a NUL byte");
    struct str rest = p.text, part;
    for (bool more = true; more; p.n++) {
        more = str_split(rest, '/', &part, &rest);
        if (p.n == KEY_PARTS_MAX)
            return FAIL(err, E_INVALID, "more than %d parts", (int)KEY_PARTS_MAX);
        TRY(read_part(more ? part : rest, a, &parts[p.n], err));
        note_tokens(&p, &parts[p.n]);
        any_depth += parts[p.n].any_depth;
    }
    if (any_depth > 1)
        return FAIL(err, E_INVALID, "only one '**'");
    p.parts = parts;
    *out = p;
    return OK;
}

/* ---- values ---- */

bool key_value_usable(struct str value)
{
    size_t at;
    return value.n > 0 && !str_find(value, '/', &at) && !str_find(value, '\0', &at);
}

static int64_t day_of(int64_t ms)
{
    return ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
}

size_t key_days(int64_t started_ms, int64_t ended_ms, int64_t now_ms, int64_t days[KEY_DAYS_MAX])
{
    days[0] = KEY_ANY_DAY;
    if (started_ms == TIME_NONE)
        return 1;
    int64_t last_ms = ended_ms == TIME_NONE ? now_ms : ended_ms;
    if (last_ms < started_ms)
        last_ms = started_ms;
    int64_t first = day_of(started_ms) - 1, last = day_of(last_ms) + 1;
    if (first < 0 || last - first >= KEY_DAYS_MAX)
        return 1;
    size_t n = 0;
    for (int64_t day = first; day <= last; day++)
        days[n++] = day;
    return n;
}

/* The number of a date token, -1 when it is open; *digits is how many it takes. */
static int date_number(enum key_token_type type, int64_t day, int *digits)
{
    *digits = type == KEY_YEAR ? 4 : 2;
    if (day == KEY_ANY_DAY || type == KEY_HOUR)
        return -1;
    struct civil c;
    ms_to_civil(day * DAY_MS, &c);
    return type == KEY_YEAR ? c.year : type == KEY_MONTH ? c.month : c.day;
}

bool key_days_differ(const struct key_pattern *p, int64_t a, int64_t b)
{
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->parts[i].n; k++) {
            enum key_token_type type = p->parts[i].tokens[k].type;
            int digits;
            if (type >= KEY_YEAR && type <= KEY_DAY && date_number(type, a, &digits) != date_number(type, b, &digits))
                return true;
        }
    }
    return false;
}

/* ---- writing ---- */

static void write_number(struct buf *out, int digits, int number)
{
    char text[16], *at = text + sizeof(text);
    for (; number > 0 || digits > 0; number /= 10, digits--)
        *--at = (char)('0' + number % 10);
    buf_add(out, at, (size_t)(text + sizeof(text) - at));
}

/* False: the token is open. */
static bool write_token(const struct key_token *t, const struct key_values *v, struct buf *out)
{
    int digits, number;
    switch (t->type) {
    case KEY_LITERAL:
        buf_str(out, t->text);
        return true;
    case KEY_ID:
        buf_str(out, v->id);
        return v->id.n > 0;
    case KEY_SOURCE:
        buf_str(out, v->source);
        return v->source.n > 0;
    case KEY_YEAR:
    case KEY_MONTH:
    case KEY_DAY:
    case KEY_HOUR:
        number = date_number(t->type, v->day, &digits);
        if (number >= 0)
            write_number(out, digits, number);
        return number >= 0;
    case KEY_STAR:
        break;
    }
    return false;
}

bool key_part_fixed(const struct key_part *part, const struct key_values *v, struct buf *out)
{
    size_t from = out->n, at;
    if (part->any_depth)
        return false;
    for (size_t i = 0; i < part->n; i++)
        if (!write_token(&part->tokens[i], v, out))
            return false;
    struct str name = {out->p + from, out->n - from};
    return name.n > 0 && !str_is(name, ".") && !str_is(name, "..") && !str_find(name, '/', &at) &&
           !str_find(name, '\0', &at);
}

void key_pattern_prefix(const struct key_pattern *p, const struct key_values *v, struct buf *out)
{
    for (size_t i = 0; i < p->n && !p->parts[i].any_depth; i++) {
        if (i > 0)
            buf_char(out, '/');
        for (size_t k = 0; k < p->parts[i].n; k++)
            if (!write_token(&p->parts[i].tokens[k], v, out))
                return;
    }
}

/* ---- matching ---- */

bool key_may_belong_to_id(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.p[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c >= 128;
}

static bool match_digits(enum key_token_type type, int64_t day, struct str s, size_t *at)
{
    int digits, number = date_number(type, day, &digits), read = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (*at >= s.n || s.p[*at] < '0' || s.p[*at] > '9')
            return false;
        read = read * 10 + (s.p[*at] - '0');
    }
    return number < 0 || read == number;
}

static bool match_bytes(struct str want, struct str s, size_t *at)
{
    if (want.n > s.n - *at || memcmp(s.p + *at, want.p, want.n) != 0)
        return false;
    *at += want.n;
    return true;
}

/* An id beside a star must be a whole token of the name. */
static bool match_id(const struct key_part *part, size_t i, struct str id, struct str s, size_t *at)
{
    bool star_before = i > 0 && part->tokens[i - 1].type == KEY_STAR;
    bool star_after = i + 1 < part->n && part->tokens[i + 1].type == KEY_STAR;
    if (star_before && *at > 0 && key_may_belong_to_id(s, *at - 1))
        return false;
    return match_bytes(id, s, at) && !(star_after && *at < s.n && key_may_belong_to_id(s, *at));
}

/* A token that is no star, at *at. */
static bool match_token(const struct key_part *part, size_t i, const struct key_values *v, struct str s, size_t *at)
{
    const struct key_token *t = &part->tokens[i];
    switch (t->type) {
    case KEY_LITERAL:
        return match_bytes(t->text, s, at);
    case KEY_ID:
        return match_id(part, i, v->id, s, at);
    case KEY_SOURCE:
        return match_id(part, i, v->source, s, at);
    case KEY_YEAR:
    case KEY_MONTH:
    case KEY_DAY:
    case KEY_HOUR:
        return match_digits(t->type, v->day, s, at);
    case KEY_STAR:
        break;
    }
    return false;
}

static bool is_star(const struct key_token *t, const struct key_values *v)
{
    return t->type == KEY_STAR || (t->type == KEY_ID && v->id.p == NULL) ||
           (t->type == KEY_SOURCE && v->source.p == NULL);
}

/* Whether a token matches depends on its place alone, so going back to the last star is enough. */
bool key_part_match(const struct key_part *part, const struct key_values *v, struct str name)
{
    if ((v->id.p != NULL && !key_value_usable(v->id)) || (v->source.p != NULL && !key_value_usable(v->source)))
        return false;
    if (part->any_depth)
        return true;
    size_t token = 0, at = 0, star = 0, star_at = 0;
    bool starred = false;
    while (token < part->n || at < name.n) {
        if (token < part->n && is_star(&part->tokens[token], v)) {
            starred = true;
            star = token++;
            star_at = at;
            continue;
        }
        size_t next = at;
        if (token < part->n && match_token(part, token, v, name, &next)) {
            token++;
            at = next;
            continue;
        }
        if (!starred || star_at >= name.n)
            return false;
        at = ++star_at;
        token = star + 1;
    }
    return true;
}

/* ---- looking up whose name it is ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What stands before an id that begins at `from` fits the token there. */
static bool id_may_begin(const struct key_id_places *p, size_t from)
{
    if (p->token == 0)
        return from == 0;
    const struct key_token *before = &p->part->tokens[p->token - 1];
    switch (before->type) {
    case KEY_LITERAL:
        return str_ends((struct str){p->name.p, from}, before->text);
    case KEY_STAR:
        return from == 0 || !key_may_belong_to_id(p->name, from - 1);
    case KEY_YEAR:
    case KEY_MONTH:
    case KEY_DAY:
    case KEY_HOUR:
        return from > 0 && is_digit(p->name.p[from - 1]);
    case KEY_ID:
    case KEY_SOURCE:
        break;
    }
    return true;
}

static bool id_may_end(const struct key_id_places *p, size_t to)
{
    if (p->token + 1 == p->part->n)
        return to == p->name.n;
    const struct key_token *after = &p->part->tokens[p->token + 1];
    switch (after->type) {
    case KEY_LITERAL:
        return str_starts((struct str){p->name.p + to, p->name.n - to}, after->text);
    case KEY_STAR:
        return to == p->name.n || !key_may_belong_to_id(p->name, to);
    case KEY_YEAR:
    case KEY_MONTH:
    case KEY_DAY:
    case KEY_HOUR:
        return to < p->name.n && is_digit(p->name.p[to]);
    case KEY_ID:
    case KEY_SOURCE:
        break;
    }
    return true;
}

bool key_id_places_begin(struct key_id_places *p, const struct key_part *part, struct str name)
{
    *p = (struct key_id_places){.part = part, .name = name};
    while (p->token < part->n && part->tokens[p->token].type != KEY_ID)
        p->token++;
    return p->token < part->n;
}

bool key_id_places_next(struct key_id_places *p, struct str *id)
{
    for (; p->from < p->name.n; p->from++, p->to = p->from) {
        if (!id_may_begin(p, p->from))
            continue;
        while (p->to < p->name.n) {
            if (!id_may_end(p, ++p->to))
                continue;
            *id = (struct str){p->name.p + p->from, p->to - p->from};
            return true;
        }
    }
    return false;
}

static bool next_part(struct str *rest, struct str *part)
{
    if (rest->p == NULL)
        return false;
    if (!str_split(*rest, '/', part, rest)) {
        *part = *rest;
        *rest = STR_NONE;
    }
    return true;
}

bool key_pattern_match(const struct key_pattern *p, const struct key_values *v, struct str key)
{
    struct str rest = key, part, deep_rest = STR_NONE;
    size_t i = 0, deep = p->n;
    if (key.n == 0)
        return false;
    for (;;) {
        if (i < p->n && p->parts[i].any_depth) {
            deep = i++;
            deep_rest = rest;
            if (i == p->n)
                return rest.p != NULL;
        }
        if (i == p->n && rest.p == NULL)
            return true;
        struct str was = rest;
        if (i < p->n && next_part(&rest, &part) && key_part_match(&p->parts[i], v, part)) {
            i++;
            continue;
        }
        rest = was;
        if (deep == p->n || !next_part(&deep_rest, &part))
            return false;
        rest = deep_rest;
        i = deep + 1;
    }
}
