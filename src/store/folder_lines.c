/* folder_lines.c - archives of JSON lines: each contact's own lines counted, taken out, or their fields replaced. */
#include "store/folder.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUSY_MS = 2000, BUSY_STEP_MS = 10, LINE_BYTES_MAX = 4 << 20, READ_BYTES = 256 << 10, LINE_MEMORY_MAX = 64 << 20 };

/* ---- reading lines ---- */

struct reader { int fd; struct buf window; size_t from; bool at_end; int error; };

static void read_more(struct reader *r)
{
    static const size_t limit = READ_BYTES;
    char part[64 << 10];
    if (r->from > limit) {
        memmove(r->window.p, r->window.p + r->from, r->window.n - r->from);
        r->window.n -= r->from;
        r->from = 0;
    }
    ssize_t got;
    do
        got = read(r->fd, part, sizeof(part));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        r->error = errno;
    else if (got == 0)
        r->at_end = true;
    else
        buf_add(&r->window, part, (size_t)got);
    if (r->window.failed)
        r->error = EFBIG; /* a line too long to be one */
}

/* With its line feed, if it has one. False at the end, or on error. */
static bool next_line(struct reader *r, struct str *line)
{
    size_t seen = 0;
    for (;;) {
        struct str rest = r->window.n > 0 ? (struct str){r->window.p + r->from, r->window.n - r->from} : STR("");
        const char *end = rest.n > seen ? memchr(rest.p + seen, '\n', rest.n - seen) : NULL;
        if (end != NULL || (r->at_end && rest.n > 0)) {
            *line = (struct str){rest.p, end != NULL ? (size_t)(end - rest.p) + 1 : rest.n};
            r->from += line->n;
            return true;
        }
        if (r->at_end || r->error != 0)
            return false;
        seen = rest.n;
        read_more(r);
    }
}

static bool reader_open(struct reader *r, const struct folder_spot *s)
{
    unsigned char magic[2];
    *r = (struct reader){.fd = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    buf_init(&r->window, LINE_BYTES_MAX + 2 * READ_BYTES);
    if (r->fd < 0)
        r->error = errno;
    else if (pread(r->fd, magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b)
        r->error = EMEDIUMTYPE; /* packed: cannot be searched as lines */
    return r->error == 0;
}

static void reader_close(struct reader *r)
{
    fd_close(&r->fd);
    buf_release(&r->window);
}

/* ---- whose line it is ---- */

static bool holds(struct str line, struct str text)
{
    return memmem(line.p, line.n, text.p, text.n) != NULL;
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct folder_lines *)a)->id, ((const struct folder_lines *)b)->id);
}

const struct folder_lines *folder_lines_of(const struct folder_lines *lines, size_t n, struct str id)
{
    struct folder_lines wanted = {.id = id};
    return bsearch(&wanted, lines, n, sizeof(*lines), by_id);
}

/* A line that cannot be read counts as unclear for each contact it may speak of. */
static void note_unclear(struct str line, struct folder_lines *lines, size_t n)
{
    bool escaped = memchr(line.p, '\\', line.n) != NULL;
    for (size_t i = 0; i < n; i++)
        lines[i].unclear = lines[i].unclear || escaped || holds(line, lines[i].id);
}

/* The one whose line it is, of n sorted by id; NULL: none of them. */
static struct folder_lines *owner_of(struct str line, const struct folder_entry *entry, struct arena *scratch,
                                     struct folder_lines *lines, size_t n)
{
    const struct json *j;
    char field[256];
    if (str_trim(line).n == 0)
        return NULL;
    if (n == 1 && memchr(line.p, '\\', line.n) == NULL && !holds(line, lines[0].id))
        return NULL; /* only an escape could hide it */
    if (json_parse(str_trim(line), scratch, &j, NULL) != OK) {
        note_unclear(line, lines, n);
        return NULL;
    }
    ASSERT(entry->id_field.n < sizeof(field));
    memcpy(field, entry->id_field.p, entry->id_field.n);
    field[entry->id_field.n] = '\0';
    struct folder_lines wanted = {.id = json_text(json_path(j, field))};
    return wanted.id.n == 0 ? NULL : bsearch(&wanted, lines, n, sizeof(*lines), by_id);
}

/* ---- counting ---- */

static enum status count_line(struct str line, const struct folder_entry *entry, struct arena *scratch,
                              struct folder_lines *lines, size_t n, struct err *err)
{
    arena_reset(scratch);
    struct folder_lines *owner = owner_of(line, entry, scratch, lines, n);
    if (owner == NULL)
        return OK;
    owner->count++;
    if (entry->fields_n == 0)
        return OK;
    CLEANUP(buf_release) struct buf out;
    size_t left = 0;
    buf_init(&out, 2 * LINE_BYTES_MAX);
    TRY(folder_json_fields(str_trim(line), entry, NULL, scratch, &out, &left, err));
    owner->left += (int64_t)left;
    return OK;
}

enum status folder_lines_count(int root, struct str path, const struct folder_entry *entry, struct store_call *call,
                               struct folder_lines *lines, size_t n, enum reach *reach, struct err *err)
{
    struct folder_spot s;
    struct reader r = {.fd = -1};
    struct arena scratch;
    struct str line;
    enum status status = OK;
    qsort(lines, n, sizeof(*lines), by_id);
    for (size_t i = 0; i < n; i++)
        lines[i].count = lines[i].left = 0;
    arena_init(&scratch, LINE_MEMORY_MAX);
    folder_spot_open(root, STR_NONE, path, &s);
    *reach = s.reach;
    call->calls++;
    if (s.reach == REACH_FOUND && reader_open(&r, &s)) {
        while (status == OK && next_line(&r, &line))
            status = count_line(line, entry, &scratch, lines, n, err);
    }
    if (r.error != 0)
        *reach = folder_reach_of_errno(r.error);
    if (s.reach == REACH_FOUND)
        reader_close(&r);
    folder_spot_close(&s);
    arena_release(&scratch);
    return status;
}

/* ---- changing ---- */

struct changing {
    const struct folder_entry *entry;
    struct store_call *call;
    enum effect effect;
    struct folder_lines *lines;
    size_t n;
    struct folder_rewrite rewrite;
    int64_t touched;
};

/* The line as it is to be: itself, nothing, or with its fields replaced. */
static enum status copy_line(struct changing *c, struct str line, struct arena *scratch, struct err *err)
{
    arena_reset(scratch);
    struct folder_lines *owner = owner_of(line, c->entry, scratch, c->lines, c->n);
    if (owner == NULL) {
        (void)folder_rewrite_add(&c->rewrite, line);
        return OK;
    }
    owner->count++;
    if (c->effect == EFFECT_ERASE) {
        c->touched++;
        return OK;
    }
    CLEANUP(buf_release) struct buf out;
    size_t left = 0;
    buf_init(&out, 2 * LINE_BYTES_MAX);
    TRY(folder_json_fields(str_trim(line), c->entry, c->call, scratch, &out, &left, err));
    c->touched += (int64_t)left;
    if (left > 0 && str_ends(line, STR("\n")))
        buf_char(&out, '\n');
    (void)folder_rewrite_add(&c->rewrite, left > 0 ? buf_view(&out) : line);
    return OK;
}

static void answer_all(struct folder_lines *lines, size_t n, enum outcome outcome, const char *note)
{
    for (size_t i = 0; i < n; i++)
        store_answer(lines[i].artefact, outcome, note);
}

static void answer_reach_all(struct folder_lines *lines, size_t n, int errnum)
{
    for (size_t i = 0; i < n; i++)
        folder_answer_reach(lines[i].artefact, folder_reach_of_errno(errnum));
}

static enum status answer_done(struct changing *c, bool linked, struct err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        struct folder_lines *l = &c->lines[i];
        if (l->unclear)
            store_answer(l->artefact, OUT_UNKNOWN, "a line of the archive that is not JSON may be about the contact");
        else if (l->count == 0)
            store_answer(l->artefact, OUT_ABSENT, NULL);
        else
            store_answer(l->artefact, c->effect == EFFECT_ERASE ? OUT_GONE : OUT_PSEUDONYMISED, NULL);
        if (linked && l->count > 0)
            TRY(store_residual(c->call, l->artefact, "hard link", TIME_NONE, err));
    }
    return OK;
}

static enum status rewrite_lines(struct changing *c, struct reader *r, const struct folder_spot *s, struct err *err)
{
    struct arena scratch;
    struct str line;
    enum status status = OK;
    arena_init(&scratch, LINE_MEMORY_MAX);
    while (status == OK && c->rewrite.error == 0 && next_line(r, &line))
        status = copy_line(c, line, &scratch, err);
    arena_release(&scratch);
    if (status != OK)
        return status;
    int errnum = r->error != 0 ? r->error : c->rewrite.error;
    if (errnum == 0 && c->touched > 0 && !gate_open(c->call->gate)) {
        answer_all(c->lines, c->n, OUT_HELD, "a hold may have arrived");
        return OK;
    }
    if (errnum == 0 && c->touched > 0 && !folder_rewrite_commit(&c->rewrite))
        errnum = c->rewrite.error;
    if (errnum == 0)
        return answer_done(c, s->st.st_nlink > 1, err);
    answer_reach_all(c->lines, c->n, errnum);
    return OK;
}

/* *busy: another visit is rewriting the archive, or has just done so; nothing was done, nothing answered. */
static enum status change_archive(int root, struct str path, struct changing *c, bool *busy, struct err *err)
{
    struct folder_spot s;
    struct reader r = {.fd = -1};
    enum status status = OK;
    *busy = false;
    c->rewrite = (struct folder_rewrite){.fd = -1};
    c->touched = 0;
    folder_spot_open(root, STR_NONE, path, &s);
    c->call->calls++;
    if (s.reach != REACH_FOUND) {
        for (size_t i = 0; i < c->n; i++)
            folder_answer_reach(c->lines[i].artefact, s.reach);
    } else {
        if (reader_open(&r, &s) && folder_rewrite_begin(&c->rewrite, &s, r.fd))
            status = rewrite_lines(c, &r, &s, err);
        else if (r.error == 0 && c->rewrite.error == EAGAIN)
            *busy = true;
        else
            answer_reach_all(c->lines, c->n, r.error != 0 ? r.error : c->rewrite.error);
        if (c->rewrite.spot != NULL)
            folder_rewrite_release(&c->rewrite);
        reader_close(&r);
    }
    folder_spot_close(&s);
    return status;
}

enum status folder_lines_change(int root, struct str path, const struct folder_entry *entry, struct store_call *call,
                                enum effect effect, struct folder_lines *lines, size_t n, struct err *err)
{
    struct changing c = {entry, call, effect, lines, n, {.fd = -1}, 0};
    bool busy = true;
    if (effect == EFFECT_RESTRICT || (effect == EFFECT_PSEUDONYMISE && entry->fields_n == 0)) {
        bool restricting = effect == EFFECT_RESTRICT;
        answer_all(lines, n, restricting ? OUT_UNRESTRICTED : OUT_REFUSED,
                   restricting ? "lines of a shared archive cannot be put away" : "no fields are stated for this kind");
        return OK;
    }
    qsort(lines, n, sizeof(*lines), by_id);
    TRY(change_archive(root, path, &c, &busy, err));
    for (int waited_ms = 0; busy && waited_ms < BUSY_MS && !store_call_late(call); waited_ms += BUSY_STEP_MS) {
        clock_sleep_ms(BUSY_STEP_MS);
        TRY(change_archive(root, path, &c, &busy, err));
    }
    if (busy)
        answer_reach_all(lines, n, EAGAIN);
    return OK;
}
