/* fuzz.c - what the targets share. */
#include "tests/fuzz/lib/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

_Noreturn void fuzz_broken(const char *what, const char *where, const char *detail)
{
    fprintf(stderr, "does not hold at %s: %s%s%s\n", where, what, detail[0] ? ": " : "", detail);
    abort();
}

unsigned fuzz_byte(struct str *input)
{
    if (input->n == 0)
        return 0;
    unsigned char byte = (unsigned char)input->p[0];
    *input = (struct str){input->p + 1, input->n - 1};
    return byte;
}

struct str fuzz_until(struct str *input, char sep)
{
    struct str all = *input, head;
    if (str_split(all, sep, &head, input))
        return head;
    *input = (struct str){all.p + all.n, 0};
    return all;
}

static void write_whole(int fd, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        HOLDS(n > 0);
        bytes = (struct str){bytes.p + n, bytes.n - (size_t)n};
    }
}

int fuzz_fd(struct str bytes)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    HOLDS(fd >= 0);
    write_whole(fd, bytes);
    HOLDS(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static char dir[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void remove_dir(void)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_dir(void)
{
    if (dir[0] == '\0') {
        (void)snprintf(dir, sizeof dir, "%s/expunge-fuzz-XXXXXX", dir_exists("/dev/shm") ? "/dev/shm" : "/tmp");
        HOLDS(mkdtemp(dir) != NULL);
        HOLDS(atexit(remove_dir) == 0);
    }
    return dir;
}

void fuzz_dir_path(const char *name, char out[256])
{
    HOLDS(snprintf(out, 256, "%s/%s", fuzz_dir(), name) < 256);
}

void fuzz_put(const char *name, struct str bytes)
{
    char path[256];
    fuzz_dir_path(name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0);
    write_whole(fd, bytes);
    close(fd);
}

struct str fuzz_get(const char *name, struct arena *a)
{
    char path[256];
    struct str bytes = STR_NONE;
    fuzz_dir_path(name, path);
    IGNORE(file_read(path, 64 << 20, a, &bytes, NULL)); /* absent says it */
    return bytes;
}
