/* folder_world.c - a temporary folder with files in it. */
#include "tests/lib/folder_world.h"

#include "base/file.h"

#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void folder_path(const struct folder_world *w, const char *path, char out[512])
{
    assert_true(snprintf(out, 512, "%s/%s", w->dir, path) < 512);
}

void folder_world_make(struct folder_world *w)
{
    (void)snprintf(w->dir, sizeof(w->dir), "/tmp/expunge-test-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    folder_put(w, ".mounted", "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    return type == FTW_D && (st->st_mode & 0700) != 0700 ? chmod(path, 0700) : 0;
}

void folder_world_remove(struct folder_world *w)
{
    (void)nftw(w->dir, open_up, 16, FTW_PHYS);
    assert_int_equal(nftw(w->dir, remove_one, 16, FTW_PHYS | FTW_DEPTH), 0);
}

void folder_put(const struct folder_world *w, const char *path, const char *content)
{
    char full[512], dir[512];
    struct err err;
    folder_path(w, path, full);
    struct str parent = path_dir(str_of(full));
    (void)snprintf(dir, sizeof(dir), "%.*s", STR_ARG(parent));
    assert_int_equal(dir_make(dir, 0700, &err), OK);
    FILE *f = fopen(full, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content, 1, strlen(content), f), strlen(content));
    assert_int_equal(fclose(f), 0);
}

bool folder_has(const struct folder_world *w, const char *path)
{
    char full[512];
    struct stat st;
    folder_path(w, path, full);
    return lstat(full, &st) == 0;
}

const char *folder_read(const struct folder_world *w, const char *path, char out[65536])
{
    char full[512];
    folder_path(w, path, full);
    FILE *f = fopen(full, "rb");
    size_t n = f != NULL ? fread(out, 1, 65535, f) : 0;
    if (f != NULL)
        (void)fclose(f);
    out[n] = '\0';
    return out;
}

size_t folder_files(const struct folder_world *w)
{
    char *const roots[] = {(char *)(uintptr_t)w->dir, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    size_t n = 0;
    assert_non_null(tree);
    for (FTSENT *e; (e = fts_read(tree)) != NULL;)
        n += e->fts_info == FTS_F && strcmp(e->fts_name, ".mounted") != 0;
    assert_int_equal(fts_close(tree), 0);
    return n;
}
