/* problems.c - the list of everything wrong with a configuration, kept in order of place. */
#include "base/buf.h"
#include "base/yaml.h"

#include <stdio.h>

void problems_init(struct problems *p, struct arena *a, struct str file)
{
    *p = (struct problems){.a = a, .file = file};
}

static bool comes_before(const struct problem *x, int line, int column)
{
    return x->line < line || (x->line == line && x->column <= column);
}

/* A message quotes keys and values of the file and stays one line. */
static void keep_to_a_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
}

static void insert(struct problems *p, int line, int column, const char *fmt, va_list ap)
{
    char text[512];
    vsnprintf(text, sizeof(text), fmt, ap);
    keep_to_a_line(text);
    for (const struct problem *x = p->first; x != NULL; x = x->next)
        if (x->line == line && x->column == column && str_is(x->message, text))
            return; /* two readers of one section found the same */
    p->count++;
    struct problem *added = ARENA_NEW(p->a, struct problem);
    if (added == NULL)
        return; /* still counted, so the configuration stays refused */
    added->line = line;
    added->column = column;
    added->message = arena_str(p->a, str_of(text));
    struct problem **link = &p->first;
    while (*link != NULL && comes_before(*link, line, column))
        link = &(*link)->next;
    added->next = *link;
    *link = added;
}

void problem_add(struct problems *p, int line, int column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    insert(p, line, column, fmt, ap);
    va_end(ap);
}

void problem_at(struct problems *p, const struct yaml *node, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    insert(p, node ? node->line : 1, node ? node->column : 1, fmt, ap);
    va_end(ap);
}

void problems_print(const struct problems *p, struct buf *b)
{
    size_t shown = 0;
    for (const struct problem *x = p->first; x != NULL; x = x->next, shown++)
        buf_fmt(b, "%.*s:%d:%d: %.*s\n", STR_ARG(p->file), x->line, x->column, STR_ARG(x->message));
    if (shown < p->count)
        buf_fmt(b, "%.*s: and %zu more\n", STR_ARG(p->file), p->count - shown);
}
