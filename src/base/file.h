/*
 * file.h - files written so that a crash leaves the old content or the new, never half of either.
 */
#ifndef EXPUNGE_FILE_H
#define EXPUNGE_FILE_H

#include "base/arena.h"
#include "base/buf.h"

void fd_close(int *fd); /* for CLEANUP; NULL-safe, ignores -1 */

/* For reading. E_ABSENT when there is none; E_INVALID, without waiting, for a folder, a device, a FIFO or a socket,
 * except the streams the caller has open already: /dev/stdin, /dev/fd/N. */
enum status file_open(const char *path, int *fd, struct err *err) MUST_USE;
/* For writing piece by piece, emptied or made. E_INVALID, without waiting, for a socket or a FIFO that nobody reads. */
enum status file_create(const char *path, unsigned mode, int *fd, struct err *err) MUST_USE;
/* Whole file into the arena, opened as by file_open. E_LIMIT above max. NUL-terminated behind n. */
enum status file_read(const char *path, size_t max, struct arena *a, struct str *out, struct err *err) MUST_USE;
/* Temp file beside it, fsync, rename, fsync of the folder. mode e.g. 0644, 0600. A link's target is what is replaced;
 * a device, a FIFO and /dev/stdout are written into. */
enum status file_write(const char *path, struct str content, unsigned mode, struct err *err) MUST_USE;
/* As file_write, but E_CONFLICT when the path already exists with other bytes; OK when it has the same. */
enum status file_write_once(const char *path, struct str content, unsigned mode, struct err *err) MUST_USE;
enum status dir_make(const char *path, unsigned mode, struct err *err) MUST_USE; /* with parents; existing is OK */
bool file_exists(const char *path);
bool dir_exists(const char *path);
struct str path_join(struct arena *a, struct str dir, struct str name); /* absolute name wins */
struct str path_dir(struct str path);  /* "a/b" -> "a", "b" -> "." */
struct str path_base(struct str path); /* last component */
/* Exclusive advisory lock (flock) on a file made if needed; the descriptor holds it. E_CONFLICT when another process
 * has it. Not inherited across exec. */
enum status file_lock(const char *path, int *fd, struct err *err) MUST_USE;
/* "errno text" for messages, thread-safe. */
const char *errno_text(int errnum, char *out, size_t n);

#endif
