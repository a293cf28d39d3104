/* folder_rewrite.c - new content in place of a file, whole or not at all; the fields of a JSON document replaced. */
#include "store/folder.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { REWRITE_PART_BYTES = 256 << 10, REWRITE_BYTES_MAX = 16 << 20 };

static bool fail(struct folder_rewrite *r, int errnum)
{
    r->error = errnum;
    return false;
}

/* Whether the name still stands for the file we have read, as we have read it. */
static bool unchanged(const struct folder_rewrite *r)
{
    struct stat is, name;
    const struct stat *was = &r->spot->st;
    return fstat(r->source, &is) == 0 && fstatat(r->spot->dir, r->spot->name, &name, AT_SYMLINK_NOFOLLOW) == 0 &&
           is.st_ino == was->st_ino && is.st_dev == was->st_dev && name.st_ino == was->st_ino &&
           name.st_dev == was->st_dev && is.st_size == was->st_size && is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
           is.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

bool folder_rewrite_begin(struct folder_rewrite *r, const struct folder_spot *spot, int source)
{
    *r = (struct folder_rewrite){.spot = spot, .source = source, .fd = -1};
    buf_init(&r->out, REWRITE_BYTES_MAX);
    /* The lock keeps the engine's other workers away, so that the temporary name is ours. */
    if (flock(source, LOCK_EX | LOCK_NB) != 0)
        return fail(r, errno == EWOULDBLOCK ? EAGAIN : errno);
    if (!unchanged(r))
        return fail(r, EAGAIN);
    (void)snprintf(r->temp, sizeof(r->temp), ".%.200s.%llx.expunge-tmp", spot->name,
                   (unsigned long long)spot->st.st_ino);
    (void)unlinkat(spot->dir, r->temp, 0); /* of a run that crashed */
    r->fd = openat(spot->dir, r->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return r->fd >= 0 || fail(r, errno);
}

static bool flush(struct folder_rewrite *r)
{
    struct str rest = buf_view(&r->out);
    while (rest.n > 0) {
        ssize_t put = write(r->fd, rest.p, rest.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(r, errno);
        rest.p += put;
        rest.n -= (size_t)put;
    }
    buf_clear(&r->out);
    return true;
}

bool folder_rewrite_add(struct folder_rewrite *r, struct str bytes)
{
    buf_str(&r->out, bytes);
    if (r->out.failed)
        return fail(r, EFBIG);
    return r->out.n < REWRITE_PART_BYTES || flush(r);
}

bool folder_rewrite_commit(struct folder_rewrite *r)
{
    const struct stat *was = &r->spot->st;
    struct stat made;
    if (!flush(r))
        return false;
    if (fstat(r->fd, &made) != 0)
        return fail(r, errno);
    if ((made.st_uid != was->st_uid || made.st_gid != was->st_gid) && fchown(r->fd, was->st_uid, was->st_gid) != 0)
        return fail(r, errno);
    if (fchmod(r->fd, was->st_mode & 07777) != 0 || fsync(r->fd) != 0)
        return fail(r, errno);
    if (!unchanged(r))
        return fail(r, EAGAIN);
    if (renameat(r->spot->dir, r->temp, r->spot->dir, r->spot->name) != 0)
        return fail(r, errno);
    r->temp[0] = '\0';
    return fsync(r->spot->dir) == 0 || errno == EINVAL || fail(r, errno);
}

void folder_rewrite_release(struct folder_rewrite *r)
{
    if (r->fd >= 0 && r->temp[0] != '\0')
        (void)unlinkat(r->spot->dir, r->temp, 0);
    fd_close(&r->fd);
    (void)flock(r->source, LOCK_UN);
    buf_release(&r->out);
}

/* ---- JSON ---- */

struct replacing {
    const struct folder_entry *entry;
    const struct store_call *call; /* NULL: only count */
    struct json_writer w;
    size_t left;
    bool full;
};

static bool is_field(const struct replacing *r, struct str key)
{
    for (size_t i = 0; i < r->entry->fields_n; i++)
        if (str_eq(key, r->entry->fields[i]))
            return true;
    return false;
}

static void write_scalar(struct replacing *r, const struct json *j, bool replace)
{
    struct str text = json_text(j), pseudonym;
    if (!replace || text.n == 0 || store_is_pseudonym(text)) {
        if (j->type == JSON_STRING)
            jw_string(&r->w, text);
        else
            jw_raw(&r->w, j->type == JSON_NUMBER ? text
                                                 : str_of(j->type == JSON_TRUE    ? "true"
                                                          : j->type == JSON_FALSE ? "false"
                                                                                  : "null"));
        return;
    }
    r->left++;
    pseudonym = r->call != NULL ? store_pseudonym(r->call, text) : text;
    r->full = r->full || pseudonym.p == NULL;
    jw_string(&r->w, pseudonym);
}

static void write_value(struct replacing *r, const struct json *j, bool replace) /* depth: JSON_DEPTH_MAX */
{
    if (j->type != JSON_OBJECT && j->type != JSON_ARRAY) {
        write_scalar(r, j, replace);
        return;
    }
    if (j->type == JSON_OBJECT)
        jw_object(&r->w);
    else
        jw_array(&r->w);
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        if (j->type == JSON_OBJECT)
            jw_key_str(&r->w, child->key);
        write_value(r, child, replace || (j->type == JSON_OBJECT && is_field(r, child->key)));
    }
    jw_end(&r->w);
}

enum status folder_json_fields(struct str text, const struct folder_entry *entry, const struct store_call *call,
                               struct arena *scratch, struct buf *out, size_t *left, struct err *err)
{
    const struct json *j;
    TRY(json_parse(text, scratch, &j, err));
    struct replacing r = {.entry = entry, .call = call};
    jw_init(&r.w, out, 0);
    write_value(&r, j, false);
    if (r.full)
        return ARENA_FULL(err, scratch);
    *left = r.left;
    return buf_check(out, err);
}
