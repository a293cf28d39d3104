/*
 * backend_sqlite.c - the registry in one SQLite file: a table per enum table, entries in the same transaction.
 * sqlite_open.c has the schema, sqlite_sql.c the statements, sqlite_read.c, sqlite_write.c, sqlite_entries.c the rest.
 */
#include "registry/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "registry/backends.h"

/* Taking the write lock and giving it back finds a read-only disk and a missing right. */
static enum status sqlite_check(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    struct sqlite *s = b->own;
    TRY(sqlite_run(s, SQL_BEGIN_WRITE, err));
    sqlite_rollback(s);
    struct str what = arena_fmt(a, "SQLite %s, %s", sqlite3_libversion(), s->path);
    if (what.p == NULL)
        return ARENA_FULL(err, a);
    *out = (struct backend_state){.server_ms = TIME_NONE, .what = what};
    return OK;
}

static enum status fail_path(const char *doing, const char *path, struct err *err)
{
    int cause = errno;
    char text[128];
    enum status code = cause == EEXIST ? E_CONFLICT : cause == EACCES || cause == EROFS ? E_DENIED : E_IO;
    return FAIL(err, code, "cannot %s %s: %s", doing, path, errno_text(cause, text, sizeof(text)));
}

static enum status sync_path(const char *path, int flags, struct err *err)
{
    int fd CLEANUP(fd_close) = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail_path("write", path, err);
    return OK;
}

static enum status copy_into(struct sqlite *s, const char *path, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_prepare(s, "VACUUM INTO ?1", &st, err));
    sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC);
    enum status status = sqlite_step(s, st, "copy", &found, err);
    sqlite3_finalize(st);
    return status == OK || !err ? status : err_prefix(err, "backup to %s", path);
}

/* Made under the name FILE.part: who finds FILE has a whole copy, wherever an earlier one was cut off. */
static enum status make_part(const char *part, const char *file, struct err *err)
{
    int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return FAIL(err, E_CONFLICT, "%s exists: another backup is being written there, or one was cut off: then remove it", part);
    if (fd < 0)
        return fail_path("create", file, err);
    fd_close(&fd);
    return OK;
}

/* Nothing is replaced. A file system that cannot promise that is asked first. */
static enum status put_in_place(const char *part, const char *file, struct err *err)
{
    int moved = renameat2(AT_FDCWD, part, AT_FDCWD, file, RENAME_NOREPLACE);
    if (moved != 0 && errno == EINVAL && !file_exists(file))
        moved = rename(part, file);
    return moved == 0 ? OK : fail_path("create", file, err);
}

/* VACUUM INTO reads one snapshot while writers go on, and leaves out free pages; it accepts an empty file. */
static enum status backup_into(struct sqlite *s, const char *file, const char *part, const char *dir, struct err *err)
{
    if (file_exists(file))
        return FAIL(err, E_CONFLICT, "cannot create %s: it exists, and a backup replaces nothing", file);
    TRY(make_part(part, file, err));
    enum status status = copy_into(s, part, err);
    if (status == OK)
        status = sync_path(part, 0, err);
    if (status == OK)
        status = put_in_place(part, file, err);
    if (status != OK) {
        (void)unlink(part);
        return status;
    }
    return sync_path(dir, O_DIRECTORY, err);
}

static enum status sqlite_backup(struct backend *b, struct str path, struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    char *file = arena_cstr(&a, path);
    char *dir = arena_cstr(&a, path_dir(path));
    struct str part = arena_fmt(&a, "%.*s.part", STR_ARG(path));
    enum status status = file != NULL && dir != NULL && part.p != NULL
                             ? backup_into(b->own, file, part.p, dir, err)
                             : FAIL(err, E_INVALID, "the path of a backup is missing or too long");
    arena_release(&a);
    return status;
}

const struct backend_driver backend_sqlite = {
    .scheme = "sqlite",
    .help = "sqlite:PATH - one file on a local disk; several processes of one machine may share it",
    .open = sqlite_open,
    .close = sqlite_close,
    .check = sqlite_check,
    .get = sqlite_get,
    .page = sqlite_page,
    .walk = sqlite_walk,
    .queue = sqlite_queue,
    .commit = sqlite_commit,
    .load = sqlite_load,
    .number = sqlite_number,
    .entries = sqlite_entries,
    .forget = sqlite_forget,
    .backup = sqlite_backup,
};
