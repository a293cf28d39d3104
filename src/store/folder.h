/*
 * folder.h - the parts of the folder driver: a directory tree, archives of JSON lines in it, or a maildir.
 *
 * Everything happens beneath one descriptor of the store's folder, opened for a call after the control file was seen
 * through it. Symbolic links are never followed. A locator is the path beneath the folder with '%' and '#' written %25
 * and %23; a contact's lines in an archive add "#" and the contact's id. It stays the same when the file is restricted.
 */
#ifndef EXPUNGE_FOLDER_H
#define EXPUNGE_FOLDER_H

#include "store/key_pattern.h"
#include "store/store.h"

#include <limits.h>
#include <sys/stat.h>

enum folder_format { FOLDER_FILE, FOLDER_TEXT, FOLDER_JSON, FOLDER_JSON_LINES };
struct folder_entry {
    enum artefact_kind kind;
    enum scope scope;
    enum folder_format format;
    struct key_pattern key;
    struct str id_field; /* JSON_LINES: dotted name of the field that holds the contact's id */
    struct str *fields;  /* JSON, JSON_LINES: names of the fields that are pseudonymised */
    size_t fields_n;
};
struct folder {
    struct str path, control, restricted;
    struct str place;  /* what documents call this store; may be absent */
    struct str header; /* maildir: holds the contact's id */
    bool maildir;
    size_t threads;    /* at whole files; 0 as 1 */
    struct folder_entry *entries;
    size_t entries_n;
};

/* ---- folder_path.c: names beneath the folder ---- */

/* E_RETRY "not mounted" when the folder or its control file is not there. */
enum status folder_root_open(const struct folder *f, int *root, struct err *err) MUST_USE;
bool folder_path_safe(struct str path); /* relative, no empty part, ".", ".." or NUL */

enum reach { REACH_ABSENT, REACH_FOUND, REACH_LINK /* a symbolic link is in the way */, REACH_DENIED, REACH_FAILED };
enum reach folder_reach_of_errno(int errnum);
/* What is to be answered for an artefact that could not be reached or changed. */
void folder_answer_reach(struct artefact *artefact, enum reach reach);

/* One name in a folder that is open. REACH_LINK: the name itself may be one. */
struct folder_spot {
    int dir; /* -1: not open */
    bool borrowed; /* dir is its way's */
    char name[NAME_MAX + 1];
    struct stat st;
    enum reach reach;
};
void folder_spot_close(struct folder_spot *s);
/* `under` (absent: none) is a folder in front of path. FOUND: a regular file. FAILED: it is something else. */
void folder_spot_open(int root, struct str under, struct str path, struct folder_spot *out);
/* As open, for a spot to be made: folders that are missing are made, 0700. */
void folder_spot_make(int root, struct str under, struct str path, struct folder_spot *out);
enum reach folder_dir_open(int dir, const char *name, int *out);

/* The way to a folder, gone once for all names in it that are looked at one after another. Belongs to one thread and one
 * call: what is moved or made meanwhile the next call sees. */
struct folder_way {
    int root; /* the caller's */
    struct str under;
    int dir; /* -1: not open */
    enum reach reach;
    bool gone;   /* to path */
    bool synced; /* its folder is remembered as changed: folder_erase.c */
    size_t path_n;
    char path[PATH_MAX];
};
void folder_way_begin(struct folder_way *w, int root, struct str under);
void folder_way_end(struct folder_way *w);
/* As folder_spot_open; the spot lasts until the way is used again. */
void folder_way_spot(struct folder_way *w, struct str path, struct folder_spot *out);

/* A file may stand in its place, be put away, or both: restricted, and delivered again since. */
struct folder_places { struct folder_spot open, away; };
void folder_places_open(const struct folder *f, int root, struct str path, struct folder_places *out);
void folder_places_close(struct folder_places *p);
/* Both ways at once: in its place and put away. */
struct folder_ways { struct folder_way open, away; };
void folder_ways_begin(struct folder_ways *w, const struct folder *f, int root);
void folder_ways_end(struct folder_ways *w);
void folder_ways_places(struct folder_ways *w, struct str path, struct folder_places *out); /* as folder_way_spot */
/* FOUND: in one of them at least; ABSENT: in neither; else why that cannot be said. */
enum reach folder_places_reach(const struct folder_places *p);

struct str folder_locator(struct str path, struct str id, struct arena *a); /* id absent: a whole file */
/* False: no locator of ours. *id is absent for a whole file. */
bool folder_locator_read(struct str locator, struct arena *a, struct str *path, struct str *id);

/* ---- folder_walk.c: files that match a pattern, for many contacts in one walk ---- */

struct folder_seeker { size_t target; struct key_values values; };
enum { FOLDER_DEPTH_MAX = 48 };
struct folder_walk {
    struct store_call *call;
    const struct key_pattern *pattern;
    struct str skip; /* a name at the top that is not entered */
    struct str control;
    bool *blind; /* per target: something may lie where we could not look */
    void *ctx;
    enum status (*found)(void *ctx, size_t target, struct str path, const struct stat *st, struct err *err);
    struct buf path; /* this and the rest: the walk's own */
    size_t names;    /* looked up so far */
};
/* Every seeker has an id. Calls found for every (seeker's target, file); links and special files too. May repeat.
 * E_RETRY: out of time. */
enum status folder_walk(struct folder_walk *w, int root, const struct folder_seeker *seekers, size_t n,
                        struct err *err) MUST_USE;

/* ---- folder_find.c: all artefacts of many contacts in a tree ---- */

enum status folder_tree_find(const struct store *store, int root, struct store_call *call,
                             const struct store_target *targets, size_t n, const struct store_sink *sink, bool *blind,
                             struct err *err) MUST_USE;
bool folder_is_archive(const struct folder *f, struct str path);

/* ---- folder_rewrite.c: new content in place of a file, whole or not at all; JSON fields replaced ---- */

struct folder_rewrite {
    const struct folder_spot *spot;
    int source; /* the file as it is, locked: the caller's */
    int fd;
    char temp[NAME_MAX + 1];
    struct buf out;
    int error;
};
/* All answer false on failure and `error` is the errno; EAGAIN: another process is at the file, or has changed it. */
bool folder_rewrite_begin(struct folder_rewrite *r, const struct folder_spot *spot, int source);
bool folder_rewrite_add(struct folder_rewrite *r, struct str bytes);
bool folder_rewrite_commit(struct folder_rewrite *r);
void folder_rewrite_release(struct folder_rewrite *r); /* removes what was not committed */

/* Writes the document with the fields' values (and whatever scalars are beneath them) as pseudonyms. call NULL: only
 * counts. *left counts values that are no pseudonym. E_INVALID: not JSON. */
enum status folder_json_fields(struct str text, const struct folder_entry *entry, const struct store_call *call,
                               struct arena *scratch, struct buf *out, size_t *left, struct err *err) MUST_USE;

/* ---- folder_sync.c: changed folders made durable, each once ---- */

enum { FOLDER_SYNC_MAX = 16 };
/* All zero but for root: nothing to sync. */
struct folder_sync {
    int root; /* the caller's */
    struct folder_sync_dir { dev_t device; ino_t inode; int fd; } dirs[FOLDER_SYNC_MAX];
    size_t n;
    bool whole;  /* too many: root's file system is synced instead */
    bool failed;
};
/* After the change; the descriptor stays the caller's. True: whatever else changes in that folder before the end is synced too. */
bool folder_sync_add(struct folder_sync *s, int dir);
/* What `from` remembers is s's to sync; from is as new. */
void folder_sync_join(struct folder_sync *s, struct folder_sync *from);
/* False: what changed may not be on disk. s can be used again. */
bool folder_sync_end(struct folder_sync *s) MUST_USE;

/* ---- folder_crew.c: whole files, many at a time, by as many threads as the folder has ---- */

struct folder_file {
    struct artefact *artefact;
    struct str path;
    bool removed, linked, absent; /* folder_erase.c */
};
/* In order of path, so that a thread stays in one folder. Paths live until the end. */
struct folder_files {
    const struct folder *f;
    int root;
    struct store_call *call;
    struct folder_file *files;
    size_t n, cap;
    struct folder_sync sync;
};
void folder_files_begin(struct folder_files *x, const struct folder *f, int root, struct store_call *call);
enum status folder_files_add(struct folder_files *x, struct str path, struct artefact *artefact, struct err *err) MUST_USE;
/* One of the threads. Its call is a copy with the same gate and deadline, and without memory. */
struct folder_hand {
    const struct folder *f;
    struct store_call call;
    struct folder_ways ways;
    struct folder_sync sync; /* goes into x->sync when all have ended */
};
/* Calls work for every file, each once, and comes back when all are done. */
enum status folder_files_each(struct folder_files *x, void (*work)(struct folder_hand *hand, struct folder_file *file),
                              struct err *err) MUST_USE;

/* ---- folder_erase.c: whole files removed ---- */

/* Removes all: what was removed is OUT_UNKNOWN until the end. The gate is asked before each. */
enum status folder_erase_remove(struct folder_files *x, struct err *err) MUST_USE;
/* Syncs what changed, reads back and answers. To be called whatever remove answered; nothing to do: OK. */
enum status folder_erase_end(struct folder_files *x, struct err *err) MUST_USE;

/* ---- folder_change.c: whole files, one at a time ---- */

/* False when the gate is open; else answers OUT_HELD. */
bool folder_held(const struct store_call *call, struct artefact *artefact);
const struct folder_entry *folder_entry_of(const struct folder *f, enum artefact_kind kind, struct str path);
/* Any effect on data; to erase many, folder_erase_remove. */
enum status folder_file_change(const struct folder *f, int root, struct store_call *call, enum effect effect,
                               struct str path, struct artefact *artefact, struct err *err) MUST_USE;
/* For folder_files_each. */
void folder_file_verify(struct folder_hand *hand, struct folder_file *file);

/* ---- folder_lines.c: archives of JSON lines that several contacts share ---- */

/* One contact's lines in one archive. */
struct folder_lines { struct str id; int64_t count, left; bool unclear; struct artefact *artefact; };
const struct folder_lines *folder_lines_of(const struct folder_lines *lines, size_t n,
                                           struct str id); /* sorted by id */
/* Reads the archive once and counts every id's lines; `left` counts values that are no pseudonym. *reach other than
 * FOUND: it could not be read (compressed archives: FAILED). */
enum status folder_lines_count(int root, struct str path, const struct folder_entry *entry, struct store_call *call,
                               struct folder_lines *lines, size_t n, enum reach *reach, struct err *err) MUST_USE;
/* Erases or pseudonymises the ids' lines in one rewriting and sets their artefacts' outcomes. Ids are distinct in both;
 * both sort `lines` by id. */
enum status folder_lines_change(int root, struct str path, const struct folder_entry *entry, struct store_call *call,
                                enum effect effect, struct folder_lines *lines, size_t n, struct err *err) MUST_USE;

/* ---- folder_maildir.c: one file a message ---- */

/* What documents call this store: its `place`; a maildir is also "maildir" and "email" to them. */
bool folder_owns_place(const struct folder *f, struct str place);

enum status folder_maildir_find(const struct folder *f, int root, struct store_call *call,
                                const struct store_target *targets, size_t n, const struct store_sink *sink,
                                bool *blind, struct err *err) MUST_USE;
enum status folder_maildir_change(int root, struct store_call *call, struct str path, struct artefact *artefact,
                                  struct err *err) MUST_USE;
enum status folder_maildir_verify(int root, struct store_call *call, struct str path, struct artefact *artefact,
                                  struct err *err) MUST_USE;

#endif
