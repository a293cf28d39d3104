#include "cli/ids.h"

#include <errno.h>
#include <unistd.h>

#include "base/docstream.h"
#include "base/file.h"

enum { LINE_BYTES_MAX = 64 << 10, LINE_ARENA_MAX = 8 << 20 };

struct reading {
    enum status (*add)(void *ctx, struct str id, struct err *err);
    void *ctx;
    struct arena arena; /* of one line */
    bool begun, is_csv;
    char separator;
    size_t column;
    unsigned long number;
};

static bool names_ids(struct str field)
{
    static const char *const names[] = {"id",         "contact_id",      "contactid",
                                        "contact id", "conversation_id", "conversationid"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(str_trim(field), str_of(names[i])))
            return true;
    return false;
}

/* Which column holds the ids must never be a guess: the wrong one erases other contacts. */
static enum status one_column(struct reading *r, const struct str *fields, size_t n, struct err *err)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (!names_ids(fields[i]))
            continue;
        if (found++)
            return FAIL(err, E_INVALID, "both %.*s and %.*s could be the column of the ids: keep one of them",
                        STR_ARG(fields[r->column]), STR_ARG(fields[i]));
        r->column = i;
    }
    return found ? OK
                 : FAIL(err, E_INVALID, "a first line with a comma is a header, and none of its columns is called id "
                                        "or contact_id");
}

static bool some_column(const struct str *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (names_ids(fields[i]))
            return true;
    return false;
}

static enum status read_header(struct reading *r, struct str line, struct err *err)
{
    static const char others[] = {';', '\t'};
    struct str *fields;
    size_t n, at;
    if (str_is(line, "id") || str_is(line, "contact_id")) {
        r->is_csv = true;
        r->separator = ',';
        return OK;
    }
    for (size_t i = 0; i < sizeof others; i++)
        if (str_find(line, others[i], &at) && csv_split(line, others[i], &r->arena, &fields, &n, NULL) == OK &&
            some_column(fields, n)) {
            r->is_csv = true;
            r->separator = others[i];
            return one_column(r, fields, n, err);
        }
    if (!str_find(line, ',', &at))
        return OK;
    r->is_csv = true;
    r->separator = ',';
    TRY(csv_split(line, ',', &r->arena, &fields, &n, err));
    return one_column(r, fields, n, err);
}

static enum status take_record(struct reading *r, struct str line, struct err *err)
{
    struct str *fields;
    size_t n;
    TRY(csv_split(line, r->separator, &r->arena, &fields, &n, err));
    if (n <= r->column)
        return FAIL(err, E_INVALID, "the line has %zu fields; the id is field %zu", n, r->column + 1);
    if (!fields[r->column].n)
        return FAIL(err, E_INVALID, "the id is empty");
    return r->add(r->ctx, fields[r->column], err);
}

static enum status take_line(struct reading *r, struct str line, struct err *err)
{
    r->number++;
    if (r->number == 1 && str_starts(line, STR("\xef\xbb\xbf"))) {
        line.p += 3;
        line.n -= 3;
    }
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (!line.n)
        return OK;
    bool header = !r->begun;
    r->begun = true;
    arena_reset(&r->arena);
    enum status s = header ? read_header(r, line, err) : OK;
    if (s == OK && !(header && r->is_csv))
        s = r->is_csv ? take_record(r, line, err) : r->add(r->ctx, line, err);
    return s == OK ? OK : err_prefix(err, "line %lu", r->number);
}

static enum status take_lines(struct reading *r, char *p, size_t *n, bool last, struct err *err)
{
    struct str rest = {p, *n}, line;
    while (str_split(rest, '\n', &line, &rest))
        TRY(take_line(r, line, err));
    if (rest.n >= LINE_BYTES_MAX)
        return FAIL(err, E_INVALID, "line %lu: longer than %d bytes, which no id is", r->number + 1, LINE_BYTES_MAX);
    if (last)
        return rest.n ? take_line(r, rest, err) : OK;
    memmove(p, rest.p, rest.n);
    *n = rest.n;
    return OK;
}

enum status ids_read(int fd, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx, struct err *err)
{
    struct reading r = {.add = add, .ctx = ctx};
    char block[2 * LINE_BYTES_MAX], why[128];
    size_t n = 0;
    bool last = false;
    enum status s = OK;
    arena_init(&r.arena, LINE_ARENA_MAX);
    while (s == OK && !last) {
        ssize_t got = read(fd, block + n, sizeof block - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            s = FAIL(err, errno == EISDIR ? E_INVALID : E_IO, "cannot be read: %s", errno_text(errno, why, sizeof why));
            break;
        }
        n += (size_t)got;
        last = got == 0;
        s = take_lines(&r, block, &n, last, err);
    }
    arena_release(&r.arena);
    return s;
}

enum status ids_read_path(const char *path, enum status (*add)(void *ctx, struct str id, struct err *err), void *ctx,
                          struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    CLEANUP(fd_close) int opened = -1;
    if (!standard)
        TRY(file_open(path, &opened, err));
    enum status s = ids_read(standard ? STDIN_FILENO : opened, add, ctx, err);
    return s == OK ? OK : err_prefix(err, "%s", standard ? "standard input" : path);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

const char *ids_spaces(struct str id)
{
    bool at_start = id.n && is_space(id.p[0]), at_end = id.n && is_space(id.p[id.n - 1]);
    return at_start && at_end ? "it has a space at its start and its end"
           : at_start         ? "it has a space at its start"
           : at_end           ? "it has a space at its end"
                              : "";
}
