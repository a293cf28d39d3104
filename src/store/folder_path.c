/* folder_path.c - names beneath the store's folder, reached one part at a time and never through a symbolic link. */
#include "store/folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum status folder_root_open(const struct folder *f, int *root, struct err *err)
{
    char why[128];
    CLEANUP(fd_close) int fd = open(f->path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return FAIL(err, E_DENIED, "cannot open folder %.*s: %s", STR_ARG(f->path),
                    errno_text(errno, why, sizeof(why)));
    if (fd < 0)
        return FAIL(err, E_RETRY, "store is not mounted: folder %.*s: %s", STR_ARG(f->path),
                    errno_text(errno, why, sizeof(why)));
    struct folder_spot control;
    folder_spot_open(fd, STR_NONE, f->control, &control);
    enum reach reach = control.reach;
    folder_spot_close(&control);
    if (reach == REACH_DENIED)
        return FAIL(err, E_DENIED, "cannot reach control file %.*s in %.*s", STR_ARG(f->control), STR_ARG(f->path));
    if (reach != REACH_FOUND)
        return FAIL(err, E_RETRY, "store is not mounted: control file %.*s is not in %.*s", STR_ARG(f->control),
                    STR_ARG(f->path));
    *root = fd;
    fd = -1;
    return OK;
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

bool folder_path_safe(struct str path)
{
    size_t at;
    struct str rest = path, part;
    if (path.n == 0 || str_find(path, '\0', &at))
        return false;
    while (next_part(&rest, &part))
        if (part.n == 0 || part.n > NAME_MAX || str_is(part, ".") || str_is(part, ".."))
            return false;
    return true;
}

enum reach folder_reach_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return REACH_ABSENT;
    case ELOOP:
        return REACH_LINK;
    case EACCES:
    case EPERM:
    case EROFS:
        return REACH_DENIED;
    default:
        return REACH_FAILED;
    }
}

void folder_answer_reach(struct artefact *artefact, enum reach reach)
{
    switch (reach) {
    case REACH_ABSENT:
        store_answer(artefact, OUT_ABSENT, NULL);
        break;
    case REACH_LINK:
        store_answer(artefact, OUT_UNKNOWN, "a symbolic link stands there and is not followed; a person must look");
        break;
    case REACH_DENIED:
        store_answer(artefact, OUT_REFUSED, "the folder may not be changed: read-only, or no permission");
        break;
    case REACH_FAILED:
        store_answer(artefact, OUT_RETRY, "the file system answered with an error");
        break;
    case REACH_FOUND:
        store_answer(artefact, OUT_PRESENT, NULL);
        break;
    }
}

enum reach folder_dir_open(int dir, const char *name, int *out)
{
    struct stat st;
    *out = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*out >= 0)
        return REACH_FOUND;
    int errnum = errno;
    if (errnum == ENOTDIR && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        return REACH_LINK; /* O_DIRECTORY answers before O_NOFOLLOW does */
    return folder_reach_of_errno(errnum);
}

void folder_spot_close(struct folder_spot *s)
{
    if (!s->borrowed)
        fd_close(&s->dir);
}

/* One step down; with `make`, into a folder made if needed. */
static enum reach step(int *dir, struct str part, bool make)
{
    char name[NAME_MAX + 1];
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(part));
    if (make && mkdirat(*dir, name, 0700) != 0 && errno != EEXIST)
        return folder_reach_of_errno(errno);
    int next;
    enum reach reach = folder_dir_open(*dir, name, &next);
    if (reach != REACH_FOUND)
        return reach;
    if (make && fsync(*dir) != 0 && errno != EINVAL) {
        fd_close(&next);
        return REACH_FAILED;
    }
    fd_close(dir);
    *dir = next;
    return REACH_FOUND;
}

/* Leaves s->dir at the folder of the last part, s->name that part. */
static void descend(int root, struct str under, struct str path, bool make, struct folder_spot *s)
{
    struct str rest = path, part;
    *s = (struct folder_spot){.dir = fcntl(root, F_DUPFD_CLOEXEC, 0), .reach = REACH_FAILED};
    if (!folder_path_safe(path) || s->dir < 0)
        return;
    s->reach = REACH_FOUND;
    if (under.n > 0)
        s->reach = step(&s->dir, under, make);
    while (s->reach == REACH_FOUND && next_part(&rest, &part) && rest.p != NULL)
        s->reach = step(&s->dir, part, make);
    if (s->reach == REACH_FOUND)
        (void)snprintf(s->name, sizeof(s->name), "%.*s", STR_ARG(part));
}

static void look(struct folder_spot *s)
{
    if (s->reach != REACH_FOUND)
        return;
    if (fstatat(s->dir, s->name, &s->st, AT_SYMLINK_NOFOLLOW) != 0)
        s->reach = folder_reach_of_errno(errno);
    else if (S_ISLNK(s->st.st_mode))
        s->reach = REACH_LINK;
    else if (!S_ISREG(s->st.st_mode))
        s->reach = REACH_FAILED;
}

void folder_spot_open(int root, struct str under, struct str path, struct folder_spot *out)
{
    descend(root, under, path, false, out);
    look(out);
}

void folder_spot_make(int root, struct str under, struct str path, struct folder_spot *out)
{
    descend(root, under, path, true, out);
    look(out);
}

/* ---- many names, one way ---- */

void folder_way_begin(struct folder_way *w, int root, struct str under)
{
    w->root = root;
    w->under = under;
    w->dir = -1;
    w->gone = w->synced = false;
    w->path_n = 0;
}

void folder_way_end(struct folder_way *w)
{
    fd_close(&w->dir);
    w->gone = false;
}

static bool is_gone_to(const struct folder_way *w, struct str path)
{
    return w->gone && w->path_n == path.n && (path.n == 0 || memcmp(w->path, path.p, path.n) == 0);
}

static void go(struct folder_way *w, struct str path)
{
    struct str rest = path.n > 0 ? path : STR_NONE, part;
    fd_close(&w->dir);
    w->dir = fcntl(w->root, F_DUPFD_CLOEXEC, 0);
    w->reach = w->dir < 0 ? REACH_FAILED : REACH_FOUND;
    if (w->reach == REACH_FOUND && w->under.n > 0)
        w->reach = step(&w->dir, w->under, false);
    while (w->reach == REACH_FOUND && next_part(&rest, &part))
        w->reach = step(&w->dir, part, false);
    w->gone = path.n <= sizeof(w->path); /* else it is gone anew for each name */
    w->synced = false;
    w->path_n = path.n;
    if (w->gone && path.n > 0)
        memcpy(w->path, path.p, path.n);
}

void folder_way_spot(struct folder_way *w, struct str path, struct folder_spot *out)
{
    *out = (struct folder_spot){.dir = -1, .borrowed = true, .reach = REACH_FAILED};
    if (!folder_path_safe(path))
        return;
    struct str name = path_base(path), folder = {path.p, path.n - name.n};
    folder.n -= folder.n > 0; /* the slash */
    if (!is_gone_to(w, folder))
        go(w, folder);
    out->reach = w->reach;
    if (w->reach != REACH_FOUND)
        return;
    out->dir = w->dir;
    (void)snprintf(out->name, sizeof(out->name), "%.*s", STR_ARG(name));
    look(out);
}

void folder_ways_begin(struct folder_ways *w, const struct folder *f, int root)
{
    folder_way_begin(&w->open, root, STR_NONE);
    folder_way_begin(&w->away, root, f->restricted);
}

void folder_ways_end(struct folder_ways *w)
{
    folder_way_end(&w->open);
    folder_way_end(&w->away);
}

void folder_ways_places(struct folder_ways *w, struct str path, struct folder_places *out)
{
    folder_way_spot(&w->open, path, &out->open);
    folder_way_spot(&w->away, path, &out->away);
}

void folder_places_open(const struct folder *f, int root, struct str path, struct folder_places *out)
{
    folder_spot_open(root, STR_NONE, path, &out->open);
    folder_spot_open(root, f->restricted, path, &out->away);
}

void folder_places_close(struct folder_places *p)
{
    folder_spot_close(&p->open);
    folder_spot_close(&p->away);
}

enum reach folder_places_reach(const struct folder_places *p)
{
    const enum reach both[] = {p->open.reach, p->away.reach};
    for (size_t i = 0; i < ARRAY_LEN(both); i++)
        if (both[i] != REACH_FOUND && both[i] != REACH_ABSENT)
            return both[i];
    return both[0] == REACH_FOUND ? REACH_FOUND : both[1];
}

struct str folder_locator(struct str path, struct str id, struct arena *a)
{
    size_t n = 0, specials = 0;
    for (size_t i = 0; i < path.n; i++)
        specials += path.p[i] == '%' || path.p[i] == '#';
    char *p = arena_alloc(a, path.n + 2 * specials + 1 + id.n + 1);
    if (p == NULL)
        return STR_NONE;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '%' || path.p[i] == '#') {
            memcpy(p + n, path.p[i] == '%' ? "%25" : "%23", 3);
            n += 3;
        } else {
            p[n++] = path.p[i];
        }
    }
    if (id.p != NULL) {
        p[n++] = '#';
        memcpy(p + n, id.p, id.n);
        n += id.n;
    }
    return (struct str){p, n};
}

bool folder_locator_read(struct str locator, struct arena *a, struct str *path, struct str *id)
{
    struct str name = locator;
    *id = STR_NONE;
    (void)str_split(locator, '#', &name, id);
    char *p = arena_alloc(a, name.n + 1);
    if (p == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        struct str rest = {name.p + i, name.n - i};
        bool percent = str_starts(rest, STR("%25")), hash = str_starts(rest, STR("%23"));
        if (rest.p[0] == '%' && !percent && !hash)
            return false;
        p[n++] = percent ? '%' : hash ? '#' : rest.p[0];
        i += percent || hash ? 2 : 0;
    }
    *path = (struct str){p, n};
    return folder_path_safe(*path) && (id->p == NULL || id->n > 0);
}
