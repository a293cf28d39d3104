/* bracket.c - see bracket.h. */
#include "base/bracket.h"

static bool is_object(const struct bracket_scan *b)
{
    size_t level = b->depth - 1;
    return (b->objects[level / 64] >> (level % 64) & 1) != 0;
}

static void set_level(struct bracket_scan *b, bool object)
{
    size_t level = b->depth - 1;
    uint64_t bit = UINT64_C(1) << (level % 64);
    if (object)
        b->objects[level / 64] |= bit;
    else
        b->objects[level / 64] &= ~bit;
}

void bracket_inside_object(struct bracket_scan *b)
{
    *b = (struct bracket_scan){.depth = 1, .last = ']'};
    set_level(b, true);
}

static bool may_open(const struct bracket_scan *b)
{
    if (b->depth == 0)
        return true;
    if (b->depth > BRACKETS_TRACKED)
        return b->last == ':' || b->last == ',' || b->last == '[';
    return is_object(b) ? b->last == ':' : b->last == '[' || b->last == ',';
}

static bool open_bracket(struct bracket_scan *b, char c)
{
    if (!may_open(b)) {
        b->reason = "brackets do not balance: a bracket opens where no value may begin";
        return false;
    }
    b->depth++;
    if (b->depth <= BRACKETS_TRACKED)
        set_level(b, c == '{');
    return true;
}

static bool close_bracket(struct bracket_scan *b, char c)
{
    if (b->depth <= BRACKETS_TRACKED && is_object(b) != (c == '}')) {
        b->reason = c == '}' ? "brackets do not balance: '}' closes '['" : "brackets do not balance: ']' closes '{'";
        return false;
    }
    b->depth--;
    return true;
}

/* The end of a string, a backslash or a line break; n when there is none. */
static size_t find_string_stop(const char *p, size_t at, size_t n)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    while (n - at >= 8) { /* eight bytes at a time; x ^ (ones * c) has a zero byte where x has c */
        uint64_t word;
        memcpy(&word, p + at, sizeof(word));
        uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\'), feed = word ^ (ones * '\n');
        if ((((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((feed - ones) & ~feed)) & highs)
            break;
        at += 8;
    }
    while (at < n && p[at] != '"' && p[at] != '\\' && p[at] != '\n')
        at++;
    return at;
}

/* Inside a string; leaves it behind its closing quote. */
static enum scan_end string_scan(struct bracket_scan *b, const char *p, size_t *at, size_t n)
{
    for (;;) {
        *at = find_string_stop(p, *at, n);
        if (*at == n)
            return SCAN_MORE;
        if (p[*at] == '\n') {
            b->reason = "a string is not closed on its line";
            return SCAN_BAD;
        }
        if (p[*at] == '"') {
            (*at)++;
            b->in_string = false;
            return SCAN_DONE;
        }
        if (n - *at < 2 || p[*at + 1] == '\n') { /* a backslash hides no line break */
            if (n - *at < 2)
                return SCAN_MORE;
            (*at)++;
            continue;
        }
        *at += 2;
    }
}

enum { OTHER, SPACE, BRACKET };
static const unsigned char class_of[256] = {[' '] = SPACE, ['\n'] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE,
                                            ['{'] = BRACKET, ['['] = BRACKET, ['}'] = BRACKET, [']'] = BRACKET};

enum scan_end bracket_scan(struct bracket_scan *b, const char *p, size_t *at, size_t n)
{
    size_t i = *at;
    for (;;) {
        if (b->in_string) {
            enum scan_end end = string_scan(b, p, &i, n);
            *at = i;
            if (end != SCAN_DONE)
                return end;
        }
        while (i < n && p[i] != '"') {
            char c = p[i];
            bool good = true;
            if (class_of[(unsigned char)c] == OTHER) {
                b->last = c;
                i++;
                continue;
            }
            if (class_of[(unsigned char)c] == SPACE) {
                i++;
                continue;
            }
            if (c == '{' || c == '[')
                good = open_bracket(b, c);
            else if (c == '}' || c == ']')
                good = close_bracket(b, c);
            if (!good || ((c == '}' || c == ']') && b->depth == 0)) {
                *at = good ? i + 1 : i;
                return good ? SCAN_DONE : SCAN_BAD;
            }
            b->last = c;
            i++;
        }
        *at = i;
        if (i == n)
            return SCAN_MORE;
        b->in_string = true;
        b->last = '"';
        i++;
    }
}
