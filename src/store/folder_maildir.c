/*
 * folder_maildir.c - messages of a maildir and its sub-folders (Maildir++), found by a header of their own.
 *
 * A locator is FOLDER/UNIQUE: the unique part of the file's name does not change when flags do, or when the message
 * moves from new to cur. FOLDER is INBOX for the top. Other messages of a thread are other contacts' and are left
 * alone. Whose a message is must stand in the first 64 KB of its header; a link in the place of a message is none of this
 * store's. Else one odd message would keep every contact of the mailbox from ever being seen whole.
 */
#include "store/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { HEADER_BYTES_MAX = 64 << 10, CONTACTS_MAX = 16 };

#define INBOX "INBOX" /* cannot be a sub-folder: those begin with '.' */
static const char *const boxes[] = {"new", "cur"};

struct search {
    const struct folder *f;
    struct store_call *call;
    const struct store_target *targets;
    size_t n;
    const struct store_sink *sink;
    bool *blind;
};

static void blind_all(const struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->blind[i] = true;
}

/* ---- headers ---- */

/* A header that goes on behind the bound, without the field the bound falls into: half an id is another id. */
static struct str without_last_field(struct str header)
{
    for (size_t i = header.n - 1; i-- > 0;)
        if (header.p[i] == '\n' && header.p[i + 1] != ' ' && header.p[i + 1] != '\t')
            return (struct str){header.p, i + 1};
    return STR_NONE;
}

/* Up to and with the empty line, or to the bound. False: it cannot be read. */
static bool read_header(int dir, const char *name, char *p, struct str *out)
{
    CLEANUP(fd_close) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    size_t n = 0;
    *out = STR_NONE;
    if (fd < 0) /* ENOENT: moved by its reader, seen in the other box; ELOOP: a link */
        return errno == ENOENT || errno == ELOOP;
    for (;;) {
        ssize_t got = read(fd, p + n, HEADER_BYTES_MAX - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        n += (size_t)got;
        struct str all = {p, n};
        const char *end = memmem(p, n, "\n\n", 2), *crlf = memmem(p, n, "\n\r\n", 3);
        if (crlf != NULL && (end == NULL || crlf < end))
            end = crlf;
        if (end != NULL)
            all.n = (size_t)(end - p) + 1;
        bool full = n == HEADER_BYTES_MAX;
        *out = end == NULL && full ? without_last_field(all) : all;
        if (end != NULL || full || got == 0)
            return true;
    }
}

/* The next field; folded lines belong to it (RFC 5322 2.2.3). */
static bool next_field(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n > 0) {
        size_t end = 0;
        for (;;) {
            const char *feed = memchr(rest->p + end, '\n', rest->n - end);
            end = feed != NULL ? (size_t)(feed - rest->p) + 1 : rest->n;
            if (end >= rest->n || (rest->p[end] != ' ' && rest->p[end] != '\t'))
                break;
        }
        struct str field = {rest->p, end};
        rest->p += end;
        rest->n -= end;
        if (str_split(field, ':', name, value)) {
            *name = str_trim(*name);
            *value = str_trim(*value);
            return true;
        }
    }
    return false;
}

static struct str without_brackets(struct str id)
{
    id = str_trim(id);
    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        return (struct str){id.p + 1, id.n - 2};
    return id;
}

/* What a message says about itself. */
struct message { struct str contacts[CONTACTS_MAX]; size_t contacts_n; struct str id; bool too_many; };

static void read_message(struct str header, struct str contact_header, struct message *m)
{
    struct str name, value;
    *m = (struct message){.contacts_n = 0};
    while (next_field(&header, &name, &value)) {
        if (str_eq_nocase(name, STR("Message-ID")) && m->id.n == 0)
            m->id = without_brackets(value);
        if (!str_eq_nocase(name, contact_header) || value.n == 0)
            continue;
        bool known = false;
        for (size_t i = 0; i < m->contacts_n; i++)
            known = known || str_eq(m->contacts[i], value);
        if (!known && m->contacts_n < CONTACTS_MAX)
            m->contacts[m->contacts_n++] = value;
        else
            m->too_many = m->too_many || !known;
    }
}

/* ---- finding ---- */

bool folder_owns_place(const struct folder *f, struct str place)
{
    return (f->maildir && (str_is(place, "maildir") || str_is(place, "email"))) ||
           (f->place.n > 0 && str_eq(place, f->place));
}

static bool names_message(const struct search *s, const struct store_target *t, struct str message_id)
{
    for (size_t i = 0; i < t->locators_n && message_id.n > 0; i++) {
        const struct locator *l = &t->locators[i];
        if (folder_owns_place(s->f, l->place) && str_eq(without_brackets(l->path), message_id))
            return true;
    }
    return false;
}

static bool is_contact(const struct message *m, struct str id)
{
    for (size_t i = 0; i < m->contacts_n; i++)
        if (str_eq(m->contacts[i], id))
            return true;
    return false;
}

/* Every contact the message names, of the source it was found for: the header says nothing of sources, and a contact of
 * another source with the same id would be named by `sources` in the configuration. */
static enum status set_owners(const struct search *s, const struct message *m, const struct store_target *target,
                              struct artefact *found, struct err *err)
{
    found->scope = m->contacts_n < 2 && !m->too_many ? SCOPE_CONTACT : SCOPE_SHARED;
    found->owners = NULL;
    found->owners_n = 0;
    if (found->scope == SCOPE_CONTACT || m->too_many)
        return OK;
    found->owners = ARENA_ARRAY(s->call->a, struct row_key, CONTACTS_MAX);
    if (found->owners == NULL)
        return ARENA_FULL(err, s->call->a);
    for (size_t i = 0; i < m->contacts_n; i++) {
        if (!s->sink->owner(s->sink->ctx, target->source, m->contacts[i], &found->owners[i])) {
            found->owners_n = 0; /* cannot tell whose else it is */
            return OK;
        }
        found->owners_n++;
    }
    return OK;
}

static struct str unique_of(const char *name)
{
    struct str s = str_of(name), unique = s, flags;
    (void)str_split(s, ':', &unique, &flags);
    return unique;
}

static enum status match_message(const struct search *s, const char *folder, const char *name, struct str header,
                                 struct err *err)
{
    struct message m;
    const char *label = strcmp(folder, ".") == 0 ? INBOX : folder;
    read_message(header, s->f->header, &m);
    struct artefact found = {.kind = KIND_EMAIL, .scope = SCOPE_CONTACT, .count = 1};
    for (size_t i = 0; i < s->n; i++) {
        if (!is_contact(&m, s->targets[i].id) && !names_message(s, &s->targets[i], m.id))
            continue;
        if (found.locator.p == NULL) {
            struct str path = arena_fmt(s->call->a, "%s/%.*s", label, STR_ARG(unique_of(name)));
            found.locator = path.p != NULL ? folder_locator(path, STR_NONE, s->call->a) : STR_NONE;
            if (found.locator.p == NULL)
                return ARENA_FULL(err, s->call->a);
        }
        TRY(set_owners(s, &m, &s->targets[i], &found, err));
        TRY(s->sink->add(s->sink->ctx, i, &found, err));
    }
    return OK;
}

static void closedir_cleanup(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

/* Takes the descriptor, also on failure. */
static DIR *stream_of(int fd)
{
    DIR *d = fdopendir(fd);
    if (d == NULL)
        fd_close(&fd);
    return d;
}

static enum status find_in_box(const struct search *s, int folder_dir, const char *folder, const char *box,
                               char *header, struct err *err)
{
    int fd;
    enum reach reach = folder_dir_open(folder_dir, box, &fd);
    CLEANUP(closedir_cleanup) DIR *d = reach == REACH_FOUND ? stream_of(fd) : NULL;
    if (d == NULL) {
        if (reach != REACH_ABSENT)
            blind_all(s);
        return OK;
    }
    const struct dirent *e;
    while (errno = 0, (e = readdir(d)) != NULL) {
        struct str text = STR_NONE;
        if (e->d_name[0] == '.')
            continue;
        if (store_call_late(s->call))
            return FAIL(err, E_RETRY, "not finished in time");
        s->call->calls++;
        if (read_header(dirfd(d), e->d_name, header, &text))
            TRY(match_message(s, folder, e->d_name, text, err));
        else
            blind_all(s);
    }
    if (errno != 0)
        blind_all(s);
    return OK;
}

/* new before cur: a message goes from the one to the other, and so is not missed between. */
static enum status find_in_folder(const struct search *s, int root, const char *folder, char *header, struct err *err)
{
    CLEANUP(fd_close) int dir = -1;
    enum reach reach = folder_dir_open(root, folder, &dir);
    if (reach == REACH_ABSENT)
        return OK;
    if (reach != REACH_FOUND) {
        blind_all(s);
        return OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        TRY(find_in_box(s, dir, folder, boxes[i], header, err));
    return OK;
}

enum status folder_maildir_find(const struct folder *f, int root, struct store_call *call,
                                const struct store_target *targets, size_t n, const struct store_sink *sink,
                                bool *blind, struct err *err)
{
    struct search s = {f, call, targets, n, sink, blind};
    char *header = arena_alloc(call->a, HEADER_BYTES_MAX);
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedir_cleanup) DIR *d = fd >= 0 ? stream_of(fd) : NULL;
    if (header == NULL)
        return ARENA_FULL(err, call->a);
    TRY(find_in_folder(&s, root, ".", header, err));
    const struct dirent *e;
    while (errno = 0, d != NULL && (e = readdir(d)) != NULL) {
        struct stat st;
        bool sub = e->d_name[0] == '.' && e->d_name[1] != '\0' && strcmp(e->d_name, "..") != 0;
        if (sub && fstatat(root, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
            TRY(find_in_folder(&s, root, e->d_name, header, err));
    }
    if (d == NULL || errno != 0)
        blind_all(&s);
    return OK;
}

/* ---- changing and reading back ---- */

/* The message's file as it is named now. */
struct spot { int dir; char name[NAME_MAX + 1]; };

static enum reach find_in(int folder_dir, const char *box, struct str unique, struct spot *out)
{
    int fd;
    enum reach reach = folder_dir_open(folder_dir, box, &fd);
    if (reach != REACH_FOUND)
        return reach;
    CLEANUP(closedir_cleanup) DIR *d = stream_of(fd);
    if (d == NULL)
        return REACH_FAILED;
    const struct dirent *e;
    while (errno = 0, (e = readdir(d)) != NULL) {
        if (!str_eq(unique_of(e->d_name), unique))
            continue;
        out->dir = fcntl(dirfd(d), F_DUPFD_CLOEXEC, 0);
        (void)snprintf(out->name, sizeof(out->name), "%s", e->d_name);
        return out->dir >= 0 ? REACH_FOUND : REACH_FAILED;
    }
    return errno == 0 ? REACH_ABSENT : REACH_FAILED;
}

/* path is FOLDER/UNIQUE. */
static enum reach find_message(int root, struct str path, struct spot *out)
{
    struct str folder, unique;
    char name[NAME_MAX + 1];
    CLEANUP(fd_close) int dir = -1;
    out->dir = -1;
    if (!str_split(path, '/', &folder, &unique) || folder.n > NAME_MAX)
        return REACH_FAILED;
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(str_is(folder, INBOX) ? STR(".") : folder));
    enum reach reach = folder_dir_open(root, name, &dir);
    if (reach != REACH_FOUND)
        return reach;
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
        reach = find_in(dir, boxes[i], unique, out);
        if (reach != REACH_ABSENT)
            return reach;
    }
    return REACH_ABSENT;
}

static enum reach remove_message(int root, struct store_call *call, struct str path, bool *linked)
{
    struct stat st;
    struct spot spot;
    enum reach reach = find_message(root, path, &spot);
    if (reach != REACH_FOUND)
        return reach;
    *linked = fstatat(spot.dir, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 1;
    call->calls++;
    int failed = unlinkat(spot.dir, spot.name, 0), errnum = errno;
    if (failed == 0 && fsync(spot.dir) != 0 && errno != EINVAL)
        reach = REACH_FAILED;
    fd_close(&spot.dir);
    return failed != 0 && errnum != ENOENT ? folder_reach_of_errno(errnum) : reach;
}

enum status folder_maildir_change(int root, struct store_call *call, struct str path, struct artefact *artefact,
                                  struct err *err)
{
    enum reach reach = REACH_FOUND;
    bool removed = false, linked = false;
    /* Again after each removal, until it is not there: it may have moved meanwhile. */
    for (int i = 0; i < 4 && reach == REACH_FOUND; i++) {
        if (!gate_open(call->gate)) {
            store_answer(artefact, OUT_HELD, "a hold may have arrived");
            return OK;
        }
        reach = remove_message(root, call, path, &linked);
        removed = removed || reach == REACH_FOUND;
        if (linked)
            TRY(store_residual(call, artefact, "hard link", TIME_NONE, err));
    }
    if (reach == REACH_ABSENT)
        store_answer(artefact, removed ? OUT_GONE : OUT_ABSENT, NULL);
    else
        folder_answer_reach(artefact, reach == REACH_FOUND ? REACH_FAILED : reach);
    return OK;
}

enum status folder_maildir_verify(int root, struct store_call *call, struct str path, struct artefact *artefact,
                                  struct err *err)
{
    (void)err;
    struct spot spot;
    enum reach reach = find_message(root, path, &spot);
    call->calls++;
    fd_close(&spot.dir);
    if (reach == REACH_DENIED)
        store_answer(artefact, OUT_UNKNOWN, "no permission to look");
    else
        folder_answer_reach(artefact, reach);
    return OK;
}
