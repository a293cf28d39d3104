/*
 * option.h - settings declared as rows in a table beside the code that serves them. Configuration reading, help,
 * man page and docs/options.md all come from the rows.
 */
#ifndef EXPUNGE_OPTION_H
#define EXPUNGE_OPTION_H

#include "base/calendar.h"
#include "base/yaml.h"

enum option_type {
    OPT_TEXT,   /* char text */
    OPT_PATH,   /* text; relative paths are taken from the configuration file's folder */
    OPT_SECRET, /* text that must be env:, file: or credential: */
    OPT_INT, OPT_BOOL, OPT_PERIOD,
    OPT_CHOICE, /* one of `choices`, space separated */
    OPT_LIST,   /* list of text */
    OPT_YAML    /* the driver reads the node itself (artefacts:, tables:) and reports its own problems */
};
struct option {
    const char *name;
    enum option_type type;
    bool required;
    const char *preset;  /* default, as it would be written; NULL: none */
    const char *choices; /* OPT_CHOICE; for OPT_INT "min max" */
    const char *help;    /* one sentence */
};
/* The values of one table, by name. Filled by options_read. */
struct option_value {
    const struct option *option;
    const struct yaml *node; /* NULL: from the preset or absent */
    struct str text;
    int64_t number; /* INT, BOOL */
    struct period period;
    struct str *list;
    size_t list_n;
    bool present;
};
struct options { struct option_value *values; size_t n; struct str base_dir; };

/* Read `map` by `table` (ends with name NULL). Keys in `also` (may be NULL, ends with NULL) are known to somebody
 * else. Every problem is reported; *out is usable only when no problem was added. */
enum status options_read(const struct yaml *map, const struct option *table, const char *const *also, struct str base_dir,
                         struct arena *a, struct problems *p, struct options *out, struct err *err) MUST_USE;
const struct option_value *option_of(const struct options *o, const char *name); /* asserts the name is in the table */
struct str option_text(const struct options *o, const char *name);
int64_t option_int(const struct options *o, const char *name);
bool option_bool(const struct options *o, const char *name);

#endif
