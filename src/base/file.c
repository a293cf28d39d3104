/* file.c - whole files read, replaced, written once; folders; locks; paths. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
    if (fd == NULL || *fd < 0)
        return;
    (void)close(*fd);
    *fd = -1;
}

const char *errno_text(int errnum, char *out, size_t n)
{
    char scratch[128];
    const char *text = errnum == ENOSPC   ? "disk full"
                       : errnum == EDQUOT ? "disk full (quota exceeded)"
                       : errnum == EROFS  ? "read-only file system"
                                          : strerror_r(errnum, scratch, sizeof(scratch));
    (void)snprintf(out, n, "%s", text);
    return out;
}

static enum status status_of(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return E_ABSENT;
    case EACCES:
    case EPERM:
        return E_DENIED;
    case ENAMETOOLONG:
    case EISDIR:
    case ELOOP:
        return E_INVALID;
    default:
        return E_IO;
    }
}

/* Takes errno. `what` completes "cannot ... PATH". */
static enum status fail(const char *what, const char *path, struct err *err)
{
    int errnum = errno;
    char text[128];
    return FAIL(err, status_of(errnum), "cannot %s %s: %s", what, path, errno_text(errnum, text, sizeof(text)));
}

static ssize_t read_some(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Not by size alone: pipes and /proc have none, and a file may grow meanwhile. */
static enum status read_all(int fd, const char *path, size_t expected, size_t max, struct arena *a, struct str *out,
                            struct err *err)
{
    void *p = NULL;
    size_t cap = 0, n = 0;
    for (;;) {
        if (n == cap && !arena_grow(a, &p, &cap, n == 0 ? expected + 1 : n + 1, 1))
            return ARENA_FULL(err, a);
        ssize_t got = read_some(fd, (char *)p + n, cap - n);
        if (got < 0)
            return fail("read", path, err);
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > max)
            return FAIL(err, E_LIMIT, "%s is larger than %zu bytes", path, max);
    }
    *out = (struct str){p, n}; /* n < cap, and arena memory is zero: the NUL is there */
    return OK;
}

/* /dev/stdin and what a shell's <(...) and >(...) stand for: streams that the caller already has open. */
static bool names_a_stream(const char *path)
{
    struct str s = str_of(path);
    return str_starts(s, STR("/dev/std")) || str_starts(s, STR("/dev/fd/")) || str_starts(s, STR("/proc/self/fd/"));
}

static enum status make_blocking(int fd, const char *path, struct err *err)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0 ? fail("open", path, err) : OK;
}

/* Not blocking while it opens: a FIFO that nobody writes to would hold the program for ever. */
static enum status open_for_reading(const char *path, int *out, struct stat *st, struct err *err)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, st) != 0)
        return fail("read", path, err);
    if (S_ISDIR(st->st_mode))
        return FAIL(err, E_INVALID, "cannot read %s: it is a folder", path);
    if (!S_ISREG(st->st_mode) && !names_a_stream(path))
        return FAIL(err, E_INVALID, "cannot read %s: it is not a regular file", path);
    TRY(make_blocking(fd, path, err));
    *out = fd;
    fd = -1;
    return OK;
}

enum status file_open(const char *path, int *fd, struct err *err)
{
    struct stat st;
    return open_for_reading(path, fd, &st, err);
}

enum status file_read(const char *path, size_t max, struct arena *a, struct str *out, struct err *err)
{
    CLEANUP(fd_close) int fd = -1;
    struct stat st;
    TRY(open_for_reading(path, &fd, &st, err));
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        return FAIL(err, E_LIMIT, "%s is larger than %zu bytes", path, max);
    size_t expected = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 4095;
    return read_all(fd, path, expected, max, a, out, err);
}

/* dir as a C string. */
static bool dir_of(const char *path, char out[PATH_MAX])
{
    struct str dir = path_dir(str_of(path));
    int n = snprintf(out, PATH_MAX, "%.*s", STR_ARG(dir));
    return n > 0 && n < PATH_MAX;
}

/* Makes the names in the folder of `path` durable. */
static enum status sync_dir_of(const char *path, struct err *err)
{
    char dir[PATH_MAX];
    if (!dir_of(path, dir))
        return FAIL(err, E_INVALID, "path too long: %s", path);
    CLEANUP(fd_close) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail("open folder", dir, err);
    if (fsync(fd) != 0 && errno != EINVAL) /* EINVAL: a file system without it */
        return fail("flush folder", dir, err);
    return OK;
}

static enum status write_all(int fd, struct str content, const char *path, struct err *err)
{
    while (content.n > 0) {
        ssize_t put = write(fd, content.p, content.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail("write", path, err);
        content.p += put;
        content.n -= (size_t)put;
    }
    return OK;
}

/* The content, durable, under a name of its own beside `path`; nothing is left behind on failure. */
static enum status write_temp(const char *path, struct str content, unsigned mode, char temp[PATH_MAX], struct err *err)
{
    int n = snprintf(temp, PATH_MAX, "%s.XXXXXX.tmp", path);
    if (n < 0 || n >= PATH_MAX)
        return FAIL(err, E_INVALID, "path too long: %s", path);
    CLEANUP(fd_close) int fd = mkostemps(temp, 4, O_CLOEXEC);
    if (fd < 0)
        return fail("write", path, err);
    enum status s = fchmod(fd, (mode_t)mode) != 0 ? fail("set the mode of", path, err)
                                                  : write_all(fd, content, path, err);
    if (s == OK && fsync(fd) != 0)
        s = fail("write", path, err);
    if (s == OK) {
        int failed = close(fd);
        fd = -1;
        if (failed != 0) /* network file systems report a full disk here */
            s = fail("write", path, err);
    }
    if (s != OK)
        (void)unlink(temp);
    return s;
}

static enum status open_for_writing(const char *path, int flags, unsigned mode, int *out, struct err *err)
{
    CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, (mode_t)mode);
    if (fd < 0 && errno == ENXIO)
        return FAIL(err, E_INVALID, "cannot write %s: it is a socket, or a FIFO that nobody reads", path);
    if (fd < 0)
        return fail("write", path, err);
    TRY(make_blocking(fd, path, err));
    *out = fd;
    fd = -1;
    return OK;
}

enum status file_create(const char *path, unsigned mode, int *fd, struct err *err)
{
    return open_for_writing(path, O_CREAT | O_TRUNC, mode, fd, err);
}

/* Into a device, a FIFO or a stream that is there: these are written to, never replaced. */
static enum status write_into(const char *path, struct str content, struct err *err)
{
    CLEANUP(fd_close) int fd = -1;
    TRY(open_for_writing(path, O_APPEND, 0, &fd, err));
    return write_all(fd, content, path, err);
}

static enum status replace(const char *path, struct str content, unsigned mode, struct err *err)
{
    char temp[PATH_MAX];
    TRY(write_temp(path, content, mode, temp, err));
    if (rename(temp, path) != 0) {
        enum status s = fail("replace", path, err);
        (void)unlink(temp);
        return s;
    }
    return sync_dir_of(path, err);
}

enum status file_write(const char *path, struct str content, unsigned mode, struct err *err)
{
    char target[PATH_MAX];
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? replace(path, content, mode, err) : fail("write", path, err);
    bool is_link = S_ISLNK(st.st_mode);
    if (is_link && stat(path, &st) != 0)
        return fail("follow the link", path, err);
    if (S_ISBLK(st.st_mode))
        return FAIL(err, E_INVALID, "cannot write %s: it is a disk", path);
    if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || names_a_stream(path)))
        return write_into(path, content, err);
    if (is_link && !realpath(path, target))
        return fail("follow the link", path, err);
    return replace(is_link ? target : path, content, mode, err);
}

static enum status same_content(int fd, const char *path, struct str content, bool *same, struct err *err)
{
    char part[16 << 10];
    size_t at = 0;
    for (;;) {
        ssize_t got = read_some(fd, part, sizeof(part));
        if (got < 0)
            return fail("read", path, err);
        if (got == 0)
            break;
        if ((size_t)got > content.n - at || memcmp(part, content.p + at, (size_t)got) != 0) {
            *same = false;
            return OK;
        }
        at += (size_t)got;
    }
    *same = at == content.n;
    return OK;
}

/* E_ABSENT: not there yet. */
static enum status check_written(const char *path, struct str content, struct err *err)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO holds nothing yet */
    if (fd < 0)
        return fail("read", path, err);
    bool same;
    TRY(same_content(fd, path, content, &same, err));
    if (!same)
        return FAIL(err, E_CONFLICT, "%s already exists with other content", path);
    /* Its writer may have crashed before it was durable. */
    if (fsync(fd) != 0)
        return fail("flush", path, err);
    return sync_dir_of(path, err);
}

enum status file_write_once(const char *path, struct str content, unsigned mode, struct err *err)
{
    enum status s = check_written(path, content, NULL);
    if (s != E_ABSENT)
        return s == OK ? OK : check_written(path, content, err);
    char temp[PATH_MAX];
    TRY(write_temp(path, content, mode, temp, err));
    /* link, because rename would replace what another process wrote in between */
    bool linked = link(temp, path) == 0, taken = !linked && errno == EEXIST;
    s = linked ? sync_dir_of(path, err) : taken ? check_written(path, content, err) : fail("write", path, err);
    (void)unlink(temp);
    return s;
}

static enum status make_one(const char *path, unsigned mode, struct err *err)
{
    if (mkdir(path, (mode_t)mode) == 0)
        return sync_dir_of(path, err);
    int why = errno;
    if (dir_exists(path)) /* asked in any case: an existing mount point may answer EROFS or EACCES before EEXIST */
        return OK;
    if (why == EEXIST)
        return FAIL(err, E_INVALID, "cannot make folder %s: a file is in the way", path);
    errno = why;
    return fail("make folder", path, err);
}

enum status dir_make(const char *path, unsigned mode, struct err *err)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part))
        return FAIL(err, E_INVALID, "cannot make a folder from a path of %zu bytes", n);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i < n; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        TRY(make_one(part, mode, err));
        part[i] = '/';
    }
    return make_one(part, mode, err);
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

bool dir_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct str path_join(struct arena *a, struct str dir, struct str name)
{
    if (dir.n == 0 || str_starts(name, STR("/")))
        return arena_str(a, name.p ? name : STR(""));
    const char *slash = dir.p[dir.n - 1] == '/' ? "" : "/";
    return arena_fmt(a, "%.*s%s%.*s", STR_ARG(dir), slash, STR_ARG(name));
}

static struct str without_slashes(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

struct str path_base(struct str path)
{
    path = without_slashes(path);
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/' && path.n > 1)
            return (struct str){path.p + i, path.n - i};
    return path;
}

struct str path_dir(struct str path)
{
    path = without_slashes(path);
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return n == 0 ? STR(".") : without_slashes((struct str){path.p, n});
}

enum status file_lock(const char *path, int *fd, struct err *err)
{
    CLEANUP(fd_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return fail("lock", path, err);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return FAIL(err, E_CONFLICT, "%s is locked: another process is using it", path);
        return fail("lock", path, err);
    }
    *fd = lock;
    lock = -1;
    return OK;
}
