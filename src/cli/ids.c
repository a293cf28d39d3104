#include "cli/ids.h"

#include "base/docstream.h"

static bool names_ids(struct str field)
{
    static const char *const names[] = {"id",         "contact_id",      "contactid",
                                        "contact id", "conversation_id", "conversationid"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(str_trim(field), str_of(names[i])))
            return true;
    return false;
}

struct csv_shape {
    bool is_csv;
    char separator;
    size_t column;
};

/* A header is a line with a field that names ids. A lone "id" line is a header of one column. */
static struct csv_shape shape_of(struct str line, struct arena *a)
{
    static const char separators[] = {',', ';', '\t'};
    for (size_t i = 0; i < sizeof separators; i++) {
        struct str *fields;
        size_t n;
        if (csv_split(line, separators[i], a, &fields, &n, NULL) != OK)
            continue;
        for (size_t k = 0; k < n; k++)
            if (names_ids(fields[k]))
                return (struct csv_shape){true, separators[i], k};
    }
    return (struct csv_shape){false, ',', 0};
}

static enum status take_record(struct str line, const struct csv_shape *shape, struct arena *a, struct str *id,
                               struct err *err)
{
    struct str *fields;
    size_t n;
    TRY(csv_split(line, shape->separator, a, &fields, &n, err));
    if (n <= shape->column)
        return FAIL(err, E_INVALID, "the line has %zu fields; the id is field %zu", n, shape->column + 1);
    *id = fields[shape->column];
    return OK;
}

enum status ids_read(struct str content, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx,
                     struct arena *a, struct err *err)
{
    struct csv_shape shape = {false, ',', 0};
    bool first = true;
    if (str_starts(content, STR("\xef\xbb\xbf"))) {
        content.p += 3;
        content.n -= 3;
    }
    for (unsigned long number = 1; content.n; number++) {
        struct str line, id;
        if (!str_split(content, '\n', &line, &content)) {
            line = content;
            content.n = 0;
        }
        line = id = str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (first)
            shape = shape_of(line, a);
        enum status s = first && shape.is_csv ? OK : shape.is_csv ? take_record(line, &shape, a, &id, err) : OK;
        if (s == OK && !(first && shape.is_csv))
            s = add(ctx, id, err);
        if (s != OK)
            return err_prefix(err, "line %lu", number);
        first = false;
    }
    return OK;
}
