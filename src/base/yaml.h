/*
 * yaml.h - a YAML file as a tree whose every node knows its place (libyaml's events).
 *
 * One document per file; no anchors, aliases or tags; duplicate keys are errors. Columns are counted in characters.
 * Errors are collected in a list, not returned one at a time: a configuration reports all of them in one pass (rule of
 * product.md section 4).
 */
#ifndef EXPUNGE_YAML_H
#define EXPUNGE_YAML_H

#include "base/arena.h"
#include "base/buf.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };
struct yaml {
    enum yaml_type type;
    int line, column; /* 1-based */
    struct str text;  /* SCALAR */
    bool quoted;
    struct str key; /* inside a map */
    int key_line, key_column;
    bool *seen; /* inside a map: yaml_get was asked for it */
    struct yaml *first, *next;
    size_t count;
};

/* file:line:col: message lines, in order of place. `count` also counts what the arena had no room for. */
struct problems {
    struct arena *a;
    struct str file;
    struct problem { int line, column; struct str message; struct problem *next; } *first;
    size_t count;
};
void problems_init(struct problems *p, struct arena *a, struct str file);
void problem_add(struct problems *p, int line, int column, const char *fmt, ...) PRINTF(4, 5);
void problem_at(struct problems *p, const struct yaml *node, const char *fmt, ...) PRINTF(3, 4);
void problems_print(const struct problems *p, struct buf *b); /* sorted by place */

/* Parses; syntax errors and duplicate keys go to `p` and *out is then NULL (syntax, or nothing there) or what could be
 * read. The tree does not point into `content`. */
void yaml_parse(struct str content, struct arena *a, struct yaml **out, struct problems *p);

/* Reading a map: each get marks the key as known; yaml_unknown then reports those that are neither marked nor in
 * `known` (may be NULL), with the nearest known name. Given NULL or no map, they answer NULL and report nothing. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
void yaml_unknown(const struct yaml *map, const char *const *known, struct problems *p); /* list ends with NULL */
bool yaml_is_null(const struct yaml *y); /* unquoted null, ~ or empty */
/* Typed reads; NULL node answers false silently; a wrong type reports and answers false. Numbers: decimal digits,
 * unquoted, no leading zero ("010" is an error that says why). Booleans: true/false only. */
bool yaml_string(const struct yaml *y, struct problems *p, struct str *out);
bool yaml_int(const struct yaml *y, int64_t min, int64_t max, struct problems *p, int64_t *out);
bool yaml_bool(const struct yaml *y, struct problems *p, bool *out);
bool yaml_expect(const struct yaml *y, enum yaml_type type, struct problems *p); /* reports when it is another */

#endif
