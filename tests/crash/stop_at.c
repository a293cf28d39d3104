/*
 * stop_at.c - a library to preload: the program it is loaded into dies by SIGKILL at its Nth call that changes a file, or sends
 * something to a server.
 *
 * EXPUNGE_STOP_AT=N: before that call; N+: right after it. EXPUNGE_STOP_COUNT=FILE: how many such calls a whole run makes.
 * Calls of libraries (SQLite's among them) count, whatever the thread.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic long calls;
static long stop_at;
static bool stop_after;

__attribute__((constructor)) static void read_orders(void)
{
    const char *at = getenv("EXPUNGE_STOP_AT");
    stop_at = at ? strtol(at, NULL, 10) : 0;
    stop_after = at && strchr(at, '+');
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("EXPUNGE_STOP_COUNT");
    FILE *f = path ? fopen(path, "we") : NULL;
    if (!f)
        return;
    (void)fprintf(f, "%ld\n", atomic_load(&calls));
    (void)fclose(f);
}

static void die(void)
{
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

/* The number of this call, which it dies before when so told. */
static long before(void)
{
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (number == stop_at && !stop_after)
        die();
    return number;
}

static void after(long number)
{
    if (number == stop_at && stop_after)
        die();
}

#define CHANGES(type, name, parameters, ...)                                                                           \
    __attribute__((visibility("default"))) type name parameters;                                                       \
    type name parameters                                                                                               \
    {                                                                                                                  \
        static type(*real) parameters;                                                                                 \
        if (!real)                                                                                                     \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                 \
        long number = before();                                                                                        \
        type result = real(__VA_ARGS__);                                                                               \
        after(number);                                                                                                 \
        return result;                                                                                                 \
    }

CHANGES(ssize_t, write, (int fd, const void *p, size_t n), fd, p, n)
CHANGES(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), fd, p, n, at)
CHANGES(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), fd, p, n, at)
CHANGES(ssize_t, writev, (int fd, const struct iovec *v, int n), fd, v, n)
CHANGES(ssize_t, send, (int fd, const void *p, size_t n, int flags), fd, p, n, flags)
CHANGES(int, fsync, (int fd), fd)
CHANGES(int, fdatasync, (int fd), fd)
CHANGES(int, ftruncate, (int fd, off_t n), fd, n)
CHANGES(int, ftruncate64, (int fd, off64_t n), fd, n)
CHANGES(int, rename, (const char *from, const char *to), from, to)
CHANGES(int, renameat, (int a, const char *from, int b, const char *to), a, from, b, to)
CHANGES(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), a, from, b, to, flags)
CHANGES(int, link, (const char *from, const char *to), from, to)
CHANGES(int, linkat, (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
CHANGES(int, unlink, (const char *path), path)
CHANGES(int, unlinkat, (int dir, const char *path, int flags), dir, path, flags)
CHANGES(int, rmdir, (const char *path), path)
CHANGES(int, mkdir, (const char *path, mode_t mode), path, mode)
CHANGES(int, mkdirat, (int dir, const char *path, mode_t mode), dir, path, mode)
CHANGES(int, mkstemp, (char *path), path)
CHANGES(int, mkostemps, (char *path, int suffix, int flags), path, suffix, flags)

/* Only those that may make or empty a file. */
#define OPENS(name, first, ...)                                                                                        \
    __attribute__((visibility("default"))) int name first;                                                             \
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
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                 \
        long number = flags & (O_CREAT | O_TRUNC) ? before() : 0;                                                      \
        int fd = real(__VA_ARGS__, flags, mode);                                                                       \
        if (number)                                                                                                    \
            after(number);                                                                                             \
        return fd;                                                                                                     \
    }
OPENS(open, (const char *path, int flags, ...), path)
OPENS(open64, (const char *path, int flags, ...), path)
OPENS(openat, (int dir, const char *path, int flags, ...), dir, path)
OPENS(openat64, (int dir, const char *path, int flags, ...), dir, path)
