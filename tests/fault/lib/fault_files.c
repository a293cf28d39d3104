/* fault_files.c - calls of the file system, in front of those of the C library for the program and all that it loads. */
#include "tests/fault/lib/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void *next_of(const char *name)
{
    void *real = dlsym(RTLD_NEXT, name);
    if (!real)
        abort();
    return real;
}

static int failed(void)
{
    errno = fault_mode() == FAULT_FULL ? ENOSPC : EIO;
    return -1;
}

#define FAILS(type, name, parameters, ...)                                                                             \
    type name parameters;                                                                                              \
    type name parameters                                                                                               \
    {                                                                                                                  \
        static type(*real) parameters;                                                                                 \
        if (!real)                                                                                                     \
            *(void **)&real = next_of(#name);                                                                          \
        return fault_now(FAULT_FILE) ? failed() : real(__VA_ARGS__);                                                   \
    }
FAILS(int, fsync, (int fd), fd)
FAILS(int, fdatasync, (int fd), fd)
FAILS(int, ftruncate, (int fd, off_t n), fd, n)
FAILS(int, ftruncate64, (int fd, off64_t n), fd, n)
FAILS(int, rename, (const char *from, const char *to), from, to)
FAILS(int, renameat, (int a, const char *from, int b, const char *to), a, from, b, to)
FAILS(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), a, from, b, to, flags)
FAILS(int, link, (const char *from, const char *to), from, to)
FAILS(int, unlink, (const char *path), path)
FAILS(int, unlinkat, (int dir, const char *path, int flags), dir, path, flags)
FAILS(int, rmdir, (const char *path), path)
FAILS(int, mkdir, (const char *path, mode_t mode), path, mode)
FAILS(int, mkdirat, (int dir, const char *path, mode_t mode), dir, path, mode)
FAILS(int, mkostemps, (char *path, int suffix, int flags), path, suffix, flags)
FAILS(ssize_t, read, (int fd, void *p, size_t n), fd, p, n)
FAILS(ssize_t, pread, (int fd, void *p, size_t n, off_t at), fd, p, n, at)
FAILS(ssize_t, pread64, (int fd, void *p, size_t n, off64_t at), fd, p, n, at)

/* Half of it, or nothing. */
#define WRITES(name, parameters, count, ...)                                                                           \
    ssize_t name parameters;                                                                                           \
    ssize_t name parameters                                                                                            \
    {                                                                                                                  \
        static ssize_t(*real) parameters;                                                                              \
        if (!real)                                                                                                     \
            *(void **)&real = next_of(#name);                                                                          \
        if (fd == STDERR_FILENO || !fault_now(FAULT_FILE))                                                             \
            return real(__VA_ARGS__);                                                                                  \
        if (fault_mode() != FAULT_HALF)                                                                                \
            return failed();                                                                                           \
        count = count > 1 ? count / 2 : count;                                                                         \
        return real(__VA_ARGS__);                                                                                      \
    }
WRITES(write, (int fd, const void *p, size_t n), n, fd, p, n)
WRITES(pwrite, (int fd, const void *p, size_t n, off_t at), n, fd, p, n, at)
WRITES(pwrite64, (int fd, const void *p, size_t n, off64_t at), n, fd, p, n, at)

#define OPENS(name, first, ...)                                                                                        \
    int name first;                                                                                                    \
    int name first                                                                                                     \
    {                                                                                                                  \
        static int(*real) first;                                                                                       \
        mode_t mode = 0;                                                                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                           \
            va_list ap;                                                                                                \
            va_start(ap, flags);                                                                                       \
            mode = va_arg(ap, mode_t);                                                                                 \
            va_end(ap);                                                                                                \
        }                                                                                                              \
        if (!real)                                                                                                     \
            *(void **)&real = next_of(#name);                                                                          \
        return fault_now(FAULT_FILE) ? failed() : real(__VA_ARGS__, flags, mode);                                      \
    }
OPENS(open, (const char *path, int flags, ...), path)
OPENS(open64, (const char *path, int flags, ...), path)
OPENS(openat, (int dir, const char *path, int flags, ...), dir, path)
OPENS(openat64, (int dir, const char *path, int flags, ...), dir, path)
