/* folder_sync.c - a removal is durable when its folder is: each folder that changed is synced once. */
#include "store/folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Some file systems cannot sync a folder and need not (EINVAL). */
static bool sync_now(int dir)
{
    return fsync(dir) == 0 || errno == EINVAL;
}

static bool remember(struct folder_sync *s, int dir, const struct stat *st)
{
    if (s->n == FOLDER_SYNC_MAX)
        return false;
    int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return false;
    s->dirs[s->n++] = (struct folder_sync_dir){st->st_dev, st->st_ino, fd};
    return true;
}

bool folder_sync_add(struct folder_sync *s, int dir)
{
    struct stat st, root;
    if (fstat(dir, &st) != 0 || fstat(s->root, &root) != 0) {
        s->failed = !sync_now(dir) || s->failed;
        return false;
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->dirs[i].inode == st.st_ino && s->dirs[i].device == st.st_dev)
            return true;
    if ((s->whole && st.st_dev == root.st_dev) || remember(s, dir, &st))
        return true;
    if (st.st_dev == root.st_dev)
        s->whole = true;
    else /* another file system is mounted there: root's sync would not reach it */
        s->failed = !sync_now(dir) || s->failed;
    return st.st_dev == root.st_dev;
}

void folder_sync_join(struct folder_sync *s, struct folder_sync *from)
{
    s->whole = s->whole || from->whole;
    s->failed = s->failed || from->failed;
    for (size_t i = 0; i < from->n; i++) {
        (void)folder_sync_add(s, from->dirs[i].fd); /* all has happened: what it cannot remember it syncs now */
        fd_close(&from->dirs[i].fd);
    }
    *from = (struct folder_sync){.root = from->root};
}

bool folder_sync_end(struct folder_sync *s)
{
    struct stat root;
    bool good = !s->failed, known = fstat(s->root, &root) == 0;
    if (s->whole && syncfs(s->root) != 0)
        good = false;
    for (size_t i = 0; i < s->n; i++) {
        bool done = s->whole && known && s->dirs[i].device == root.st_dev;
        if (!done && !sync_now(s->dirs[i].fd))
            good = false;
        fd_close(&s->dirs[i].fd);
    }
    *s = (struct folder_sync){.root = s->root};
    return good;
}
