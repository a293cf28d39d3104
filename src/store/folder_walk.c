/*
 * folder_walk.c - one walk for many contacts: each folder is opened and read once, whoever looks for something in it.
 */
#include "store/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WALK_PATH_MAX = 8192, WALK_SCRATCH_BYTES = 16 << 20 };

/* Those who are still looking, in one folder. */
struct party {
    const struct folder_seeker **seekers;
    size_t n;
    const struct folder_seeker **picked; /* room for those of them that go on into one folder */
    unsigned depth;
    size_t *met; /* per seeker: the number of the name it was last picked for */
};

static enum status walk_part(struct folder_walk *w, int dir, size_t part, const struct party *party, struct err *err);

static void blind_all(struct folder_walk *w, const struct party *party)
{
    for (size_t i = 0; i < party->n; i++)
        w->blind[party->seekers[i]->target] = true;
}

/* Appends "/name"; answers the length to go back to. */
static size_t path_push(struct folder_walk *w, const char *name)
{
    size_t was = w->path.n;
    if (was > 0)
        buf_char(&w->path, '/');
    buf_cstr(&w->path, name);
    return was;
}

static void path_pop(struct folder_walk *w, size_t was)
{
    w->path.n = was;
}

static enum status report(struct folder_walk *w, const struct party *party, int dir, const char *name, struct err *err)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (folder_reach_of_errno(errno) != REACH_ABSENT)
            blind_all(w, party);
        return OK;
    }
    if (S_ISDIR(st.st_mode)) { /* named like the file it should be: what lies in it nobody has looked at */
        blind_all(w, party);
        return OK;
    }
    size_t was = path_push(w, name);
    enum status s = w->path.failed ? FAIL(err, E_LIMIT, "a path longer than %d bytes", (int)WALK_PATH_MAX) : OK;
    struct str path = buf_view(&w->path);
    for (size_t i = 0; i < party->n && s == OK && !str_eq(path, w->control); i++)
        s = w->found(w->ctx, party->seekers[i]->target, path, &st, err);
    path_pop(w, was);
    return s;
}

/* Another disk mounted below the store may be an empty one: it counts as seen only with a control file of its own. */
static bool mounted_truthfully(const struct folder_walk *w, int dir, int next)
{
    struct stat here, there, control;
    struct str name = path_base(w->control);
    char text[NAME_MAX + 1];
    if (fstat(dir, &here) != 0 || fstat(next, &there) != 0)
        return false;
    if (here.st_dev == there.st_dev)
        return true;
    (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
    return fstatat(next, text, &control, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum status enter(struct folder_walk *w, const struct party *party, int dir, const char *name, size_t part,
                         struct err *err)
{
    CLEANUP(fd_close) int next = -1;
    if (w->path.n == 0 && str_is(w->skip, name))
        return OK;
    enum reach reach = folder_dir_open(dir, name, &next);
    if (reach == REACH_ABSENT)
        return OK;
    if (reach != REACH_FOUND || party->depth + 1 >= FOLDER_DEPTH_MAX || !mounted_truthfully(w, dir, next)) {
        blind_all(w, party);
        return OK;
    }
    size_t was = path_push(w, name);
    struct party below = {party->seekers, party->n, NULL, party->depth + 1, NULL};
    enum status s = walk_part(w, next, part, &below, err);
    path_pop(w, was);
    return s;
}

static void closedir_cleanup(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

/* A stream of its own position; NULL with errno. */
static DIR *stream_of(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    DIR *d = fdopendir(fd);
    if (d == NULL)
        fd_close(&fd);
    return d;
}

/* The next name that is not "." or ".."; NULL at the end, *failed when that is no end. */
static const struct dirent *next_name(DIR *d, bool *failed)
{
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        *failed = e == NULL && errno != 0;
        if (e == NULL || (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0))
            return e;
    }
}

static enum status each_name(struct folder_walk *w, const struct party *party, int dir, size_t part,
                             enum status (*visit)(struct folder_walk *, const struct party *, int,
                                                  const struct dirent *, size_t, struct err *),
                             struct err *err)
{
    if (store_call_late(w->call))
        return FAIL(err, E_RETRY, "not finished in time");
    w->call->calls++;
    CLEANUP(closedir_cleanup) DIR *d = stream_of(dir);
    bool failed = d == NULL;
    const struct dirent *e;
    while (!failed && (e = next_name(d, &failed)) != NULL)
        TRY(visit(w, party, dir, e, part, err));
    if (failed)
        blind_all(w, party);
    return OK;
}

static bool is_folder(int dir, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN)
        return e->d_type == DT_DIR;
    return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Anything may lie behind a link to a folder; one to a file matters only to whom its own name fits. */
static bool leads_to_folder(int dir, const struct dirent *e)
{
    struct stat st;
    return fstatat(dir, e->d_name, &st, 0) == 0 ? S_ISDIR(st.st_mode) : errno != ENOENT && errno != ELOOP;
}

/* Below "**": every folder is entered. */
static enum status visit_any(struct folder_walk *w, const struct party *party, int dir, const struct dirent *e,
                             size_t part, struct err *err)
{
    if (is_folder(dir, e))
        return enter(w, party, dir, e->d_name, part, err);
    if (part + 1 == w->pattern->n)
        return report(w, party, dir, e->d_name, err);
    if (leads_to_folder(dir, e))
        blind_all(w, party);
    return OK;
}

static int by_id(const void *a, const void *b)
{
    const struct folder_seeker *const *x = a, *const *y = b;
    return str_cmp((*x)->values.id, (*y)->values.id);
}

static int by_day_and_source(const void *a, const void *b)
{
    const struct key_values *x = &(*(const struct folder_seeker *const *)a)->values;
    const struct key_values *y = &(*(const struct folder_seeker *const *)b)->values;
    return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : str_cmp(x->source, y->source);
}

/* Below the first folder they mostly are in order already. */
static void put_in_order(struct party *party, int (*order)(const void *, const void *))
{
    size_t i = 1;
    while (i < party->n && order(&party->seekers[i - 1], &party->seekers[i]) <= 0)
        i++;
    if (i < party->n)
        qsort(party->seekers, party->n, sizeof(const struct folder_seeker *), order);
}

static size_t first_with_id(const struct party *party, struct str id)
{
    size_t low = 0, high = party->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(party->seekers[middle]->values.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A name holds few runs of bytes that may be an id: they are looked up, so that a folder's names and the seekers are
 * not compared each with each. */
static void pick_by_id(struct folder_walk *w, struct key_id_places *places, const struct party *party,
                       struct party *match)
{
    struct str id;
    w->names++;
    while (key_id_places_next(places, &id)) {
        for (size_t i = first_with_id(party, id); i < party->n && str_eq(party->seekers[i]->values.id, id); i++) {
            if (party->met[i] == w->names || !key_part_match(places->part, &party->seekers[i]->values, places->name))
                continue;
            party->met[i] = w->names;
            match->seekers[match->n++] = party->seekers[i];
        }
    }
}

/* Without an id in the part, those of one day and source, who stand together, get one answer. */
static void pick_by_day(const struct key_part *part, const struct party *party, struct str name, struct party *match)
{
    bool fits = false;
    for (size_t i = 0; i < party->n; i++) {
        if (i == 0 || by_day_and_source(&party->seekers[i - 1], &party->seekers[i]) != 0)
            fits = key_part_match(part, &party->seekers[i]->values, name);
        if (fits)
            match->seekers[match->n++] = party->seekers[i];
    }
}

static enum status visit_open(struct folder_walk *w, const struct party *party, int dir, const struct dirent *e,
                              size_t part, struct err *err)
{
    struct party match = {party->picked, 0, NULL, party->depth, NULL};
    struct key_id_places places;
    if (key_id_places_begin(&places, &w->pattern->parts[part], str_of(e->d_name)))
        pick_by_id(w, &places, party, &match);
    else
        pick_by_day(&w->pattern->parts[part], party, str_of(e->d_name), &match);
    if (match.n == 0)
        return OK;
    return part + 1 == w->pattern->n ? report(w, &match, dir, e->d_name, err)
                                     : enter(w, &match, dir, e->d_name, part + 1, err);
}

/* A seeker whose next part can only be this one name. */
struct fixed { struct str name; const struct folder_seeker *seeker; };

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct fixed *)a)->name, ((const struct fixed *)b)->name);
}

static enum status walk_fixed(struct folder_walk *w, int dir, size_t part, const struct party *party,
                              struct fixed *fixed, size_t n, struct err *err)
{
    struct party same = {party->picked, 0, NULL, party->depth, NULL};
    qsort(fixed, n, sizeof(*fixed), by_name);
    for (size_t i = 0; i < n; i += same.n) {
        for (same.n = 0; i + same.n < n && str_eq(fixed[i].name, fixed[i + same.n].name); same.n++)
            same.seekers[same.n] = fixed[i + same.n].seeker;
        w->call->calls++;
        TRY(part + 1 == w->pattern->n ? report(w, &same, dir, fixed[i].name.p, err)
                                      : enter(w, &same, dir, fixed[i].name.p, part + 1, err));
    }
    return OK;
}

/* Those who know the next name go straight to it; for the others the folder is read. */
static enum status walk_names(struct folder_walk *w, int dir, size_t part, const struct party *party,
                              struct arena *scratch, struct err *err)
{
    struct fixed *fixed = ARENA_ARRAY(scratch, struct fixed, party->n);
    struct party open_ended = {ARENA_ARRAY(scratch, const struct folder_seeker *, party->n), 0,
                               ARENA_ARRAY(scratch, const struct folder_seeker *, party->n), party->depth,
                               ARENA_ARRAY(scratch, size_t, party->n)};
    if (fixed == NULL || open_ended.seekers == NULL || open_ended.picked == NULL || open_ended.met == NULL)
        return ARENA_FULL(err, scratch);
    size_t fixed_n = 0;
    CLEANUP(buf_release) struct buf name;
    buf_init(&name, NAME_MAX);
    for (size_t i = 0; i < party->n; i++) {
        const struct folder_seeker *s = party->seekers[i];
        buf_clear(&name);
        if (!key_part_fixed(&w->pattern->parts[part], &s->values, &name)) {
            open_ended.seekers[open_ended.n++] = s;
        } else if (!name.failed) { /* longer than any name: not there */
            fixed[fixed_n] = (struct fixed){arena_str(scratch, buf_view(&name)), s};
            if (fixed[fixed_n++].name.p == NULL)
                return ARENA_FULL(err, scratch);
        }
    }
    TRY(walk_fixed(w, dir, part, &open_ended, fixed, fixed_n, err));
    if (open_ended.n == 0)
        return OK;
    struct key_id_places places;
    put_in_order(&open_ended, key_id_places_begin(&places, &w->pattern->parts[part], STR("")) ? by_id
                                                                                             : by_day_and_source);
    return each_name(w, &open_ended, dir, part, visit_open, err);
}

static enum status walk_part(struct folder_walk *w, int dir, size_t part, const struct party *party, struct err *err)
{
    if (w->pattern->parts[part].any_depth) {
        if (part + 1 < w->pattern->n)
            TRY(walk_part(w, dir, part + 1, party, err));
        return each_name(w, party, dir, part, visit_any, err);
    }
    struct arena scratch;
    arena_init(&scratch, WALK_SCRATCH_BYTES);
    enum status s = walk_names(w, dir, part, party, &scratch, err);
    arena_release(&scratch);
    return s;
}

enum status folder_walk(struct folder_walk *w, int root, const struct folder_seeker *seekers, size_t n, struct err *err)
{
    struct party party = {ARENA_ARRAY(w->call->a, const struct folder_seeker *, n), n, NULL, 0, NULL};
    if (n == 0)
        return OK;
    if (party.seekers == NULL)
        return ARENA_FULL(err, w->call->a);
    for (size_t i = 0; i < n; i++) {
        ASSERT(seekers[i].values.id.p != NULL); /* looked up, so it must be known */
        party.seekers[i] = &seekers[i];
    }
    put_in_order(&party, by_id);
    w->names = 0;
    buf_init(&w->path, WALK_PATH_MAX);
    enum status s = walk_part(w, root, 0, &party, err);
    buf_release(&w->path);
    return s;
}
