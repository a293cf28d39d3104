/* yaml.c - the tree of a YAML file. Events rather than libyaml's documents, which hide aliases and drop tags. */
#include "base/yaml.h"

#include <yaml.h>

enum { DEPTH_MAX = 32 };

struct reader {
    yaml_parser_t parser;
    struct arena *a;
    struct problems *p;
    struct str content;
    bool broken; /* a syntax error or no memory: reported, nothing more can be read */
};

static int line_of(yaml_mark_t mark)
{
    return (int)mark.line + 1;
}

static int column_of(yaml_mark_t mark)
{
    return (int)mark.column + 1;
}

static void out_of_memory(struct reader *r)
{
    problem_add(r->p, 1, 1, "out of working memory");
    r->broken = true;
}

/* Characters of valid UTF-8: the bytes that continue none. */
static int character_count(struct str s)
{
    int n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* Where libyaml names a byte and not a place. */
static void problem_at_byte(struct problems *p, struct str content, size_t at, const char *text)
{
    struct str rest = {content.p, at < content.n ? at : content.n}, line;
    int lines = 1;
    while (str_split(rest, '\n', &line, &rest))
        lines++;
    problem_add(p, lines, character_count(rest) + 1, "%s", text);
}

static void syntax_error(struct reader *r)
{
    const yaml_parser_t *y = &r->parser;
    const char *problem = y->problem ? y->problem : "not YAML";
    r->broken = true;
    if (y->error == YAML_MEMORY_ERROR) {
        problem_add(r->p, 1, 1, "out of memory");
        return;
    }
    if (y->error == YAML_READER_ERROR) {
        problem_at_byte(r->p, r->content, y->problem_offset, problem);
        return;
    }
    if (strcmp(problem, "found character that cannot start any token") == 0)
        problem = "a character that cannot begin a value; a tab may not indent, and @ and ` must be quoted";
    if (y->context != NULL)
        problem_add(r->p, line_of(y->problem_mark), column_of(y->problem_mark), "%s (%s, line %d)", problem, y->context,
                    line_of(y->context_mark));
    else
        problem_add(r->p, line_of(y->problem_mark), column_of(y->problem_mark), "%s", problem);
}

/* False: nothing more to read. An event taken must be deleted. */
static bool next_event(struct reader *r, yaml_event_t *e)
{
    if (r->broken)
        return false;
    if (yaml_parser_parse(&r->parser, e))
        return true;
    syntax_error(r);
    return false;
}

static struct yaml *new_node(struct reader *r, enum yaml_type type, yaml_mark_t mark)
{
    struct yaml *y = ARENA_NEW(r->a, struct yaml);
    if (y == NULL) {
        out_of_memory(r);
        return NULL;
    }
    y->type = type;
    y->line = line_of(mark);
    y->column = column_of(mark);
    return y;
}

static void reject_marks(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    int line = line_of(e->start_mark), column = column_of(e->start_mark);
    if (anchor != NULL)
        problem_add(r->p, line, column, "anchors (&%s) are not supported: write the value where it is used", anchor);
    if (tag != NULL)
        problem_add(r->p, line, column, "tags (%s) are not supported", tag);
}

static struct yaml *read_scalar(struct reader *r, const yaml_event_t *e)
{
    reject_marks(r, e, e->data.scalar.anchor, e->data.scalar.tag);
    struct yaml *y = new_node(r, YAML_SCALAR, e->start_mark);
    if (y == NULL)
        return NULL;
    y->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    y->text = arena_str(r->a, (struct str){(const char *)e->data.scalar.value, e->data.scalar.length});
    if (y->text.p == NULL)
        out_of_memory(r);
    return y;
}

static struct yaml *read_alias(struct reader *r, const yaml_event_t *e)
{
    problem_add(r->p, line_of(e->start_mark), column_of(e->start_mark),
                "aliases (*%s) are not supported: write the value again", (const char *)e->data.alias.anchor);
    return new_node(r, YAML_SCALAR, e->start_mark);
}

static struct yaml *read_node(struct reader *r, yaml_event_t *e, int depth);

static struct yaml **append(struct yaml *parent, struct yaml **link, struct yaml *child)
{
    *link = child;
    parent->count++;
    return &child->next;
}

static void read_list(struct reader *r, struct yaml *list, int depth)
{
    struct yaml **link = &list->first;
    yaml_event_t e;
    while (next_event(r, &e)) {
        bool end = e.type == YAML_SEQUENCE_END_EVENT;
        struct yaml *child = end ? NULL : read_node(r, &e, depth);
        yaml_event_delete(&e);
        if (end)
            return;
        if (child != NULL)
            link = append(list, link, child);
    }
}

static void check_repeated(struct reader *r, const struct yaml *map, const struct yaml *key)
{
    for (const struct yaml *y = map->first; y != NULL; y = y->next) {
        if (!str_eq(y->key, key->text))
            continue;
        problem_add(r->p, key->line, key->column, "the key \"%.*s\" stands here a second time; first in line %d",
                    STR_ARG(key->text), y->key_line);
        return;
    }
}

/* The value behind a key, marked with it. NULL: broken. */
static struct yaml *read_member(struct reader *r, const struct yaml *key, int depth)
{
    yaml_event_t e;
    if (!next_event(r, &e))
        return NULL;
    struct yaml *y = read_node(r, &e, depth);
    yaml_event_delete(&e);
    if (y == NULL)
        return NULL;
    y->key = key->text;
    y->key_line = key->line;
    y->key_column = key->column;
    y->seen = ARENA_NEW(r->a, bool);
    if (y->seen == NULL)
        out_of_memory(r);
    return y;
}

static void read_map(struct reader *r, struct yaml *map, int depth)
{
    struct yaml **link = &map->first;
    yaml_event_t e;
    while (next_event(r, &e)) {
        bool end = e.type == YAML_MAPPING_END_EVENT;
        struct yaml *key = end ? NULL : read_node(r, &e, depth);
        yaml_event_delete(&e);
        if (end)
            return;
        struct yaml *value = key != NULL ? read_member(r, key, depth) : NULL;
        if (value == NULL)
            continue;
        if (key->type != YAML_SCALAR) {
            problem_at(r->p, key, "a key must be plain text");
            continue;
        }
        check_repeated(r, map, key);
        link = append(map, link, value);
    }
}

/* Recursion is bounded by DEPTH_MAX. NULL: broken. */
static struct yaml *read_node(struct reader *r, yaml_event_t *e, int depth)
{
    if (e->type == YAML_SCALAR_EVENT)
        return read_scalar(r, e);
    if (e->type == YAML_ALIAS_EVENT)
        return read_alias(r, e);
    ASSERT(e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT);
    if (depth == DEPTH_MAX) {
        problem_add(r->p, line_of(e->start_mark), column_of(e->start_mark), "nested more than %d levels deep",
                    DEPTH_MAX);
        r->broken = true;
        return NULL;
    }
    bool is_map = e->type == YAML_MAPPING_START_EVENT;
    if (is_map)
        reject_marks(r, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    else
        reject_marks(r, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
    struct yaml *y = new_node(r, is_map ? YAML_MAP : YAML_LIST, e->start_mark);
    if (y == NULL)
        return NULL;
    if (is_map)
        read_map(r, y, depth + 1);
    else
        read_list(r, y, depth + 1);
    return y;
}

static bool is_content(yaml_event_type_t type)
{
    return type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT || type == YAML_MAPPING_START_EVENT ||
           type == YAML_SEQUENCE_START_EVENT;
}

static struct yaml *read_stream(struct reader *r)
{
    struct yaml *root = NULL;
    int documents = 0;
    yaml_event_t e;
    bool end = false;
    while (!end && next_event(r, &e)) {
        end = e.type == YAML_STREAM_END_EVENT;
        if (e.type == YAML_DOCUMENT_START_EVENT && ++documents == 2)
            problem_add(r->p, line_of(e.start_mark), column_of(e.start_mark),
                        "a second document begins here; a configuration is one document");
        end |= documents == 2;
        if (!end && is_content(e.type))
            root = read_node(r, &e, 0);
        yaml_event_delete(&e);
    }
    if (documents == 0 && !r->broken)
        problem_add(r->p, 1, 1, "the file is empty");
    return r->broken ? NULL : root;
}

/* libyaml would take UTF-16 in silence. */
static bool check_utf8(struct str content, struct problems *p)
{
    if (str_is_utf8(content))
        return true;
    size_t good = 0, n = 1;
    while (n <= 4 && good + n <= content.n) { /* one character after the other */
        bool character = str_is_utf8((struct str){content.p + good, n});
        good += character ? n : 0;
        n = character ? 1 : n + 1;
    }
    problem_at_byte(p, content, good, "the file is not UTF-8 from here on: save it as UTF-8");
    return false;
}

void yaml_parse(struct str content, struct arena *a, struct yaml **out, struct problems *p)
{
    if (str_starts(content, STR("\xef\xbb\xbf")))
        content = (struct str){content.p + 3, content.n - 3};
    struct reader r = {.a = a, .p = p, .content = content};
    *out = NULL;
    if (!check_utf8(content, p))
        return;
    if (!yaml_parser_initialize(&r.parser)) {
        out_of_memory(&r);
        return;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(content.p ? content.p : ""), content.n);
    *out = read_stream(&r);
    yaml_parser_delete(&r.parser);
}
