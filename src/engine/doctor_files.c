/* doctor_files.c - the installation as files: who can read what, what lies beside what, room, age. */
#include "engine/doctor.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "engine/logbook.h"

enum { CONFIG_BYTES_MAX = 4 << 20, NOTE_MAX = 1 << 20 };
#define ROOM_LEAST (UINT64_C(100) << 20)
#define ROOM_WANTED (UINT64_C(1) << 30)
#define KEY_OLD_MS (366 * DAY_MS)
#define PUBLISH_LATE_MS HOUR_MS

/* "sqlite:PATH" without a query; absent: no file of ours. */
static struct str registry_file(const struct doctor *d)
{
    struct str url = d->e->config.registry, scheme = STR("sqlite:"), path, query;
    if (!str_starts(url, scheme))
        return STR_NONE;
    url = (struct str){url.p + scheme.n, url.n - scheme.n};
    return arena_str(d->a, str_split(url, '?', &path, &query) ? path : url);
}

static struct str file_reference(struct str reference)
{
    struct str scheme = STR("file:");
    return str_starts(reference, scheme) ? (struct str){reference.p + scheme.n, reference.n - scheme.n} : STR_NONE;
}

/* ---- who can read what ---- */

static void check_private(struct doctor *d, const char *check, const char *path, const char *good)
{
    struct stat st;
    if (stat(path, &st) != 0)
        doctor_say(d, DOCTOR_PROBLEM, check, "%s cannot be looked at: put it back, or state where it is", path);
    else if (st.st_mode & 077)
        doctor_say(d, DOCTOR_PROBLEM, check, "%s is open to others: run `chmod go= %s`", path, path);
    else if (good)
        doctor_say(d, DOCTOR_OK, check, "%s %s", path, good);
}

static void check_keys(struct doctor *d)
{
    struct str dir = d->e->config.keys;
    char path[4096];
    check_private(d, "keys", dir.p, "is readable by its owner alone");
    DIR *keys = opendir(dir.p);
    for (const struct dirent *e; keys && (e = readdir(keys)) != NULL;)
        if (e->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", dir.p, e->d_name) < (int)sizeof path)
            check_private(d, "keys", path, NULL);
    if (keys)
        (void)closedir(keys);
}

/* A URL with a password in it. */
static bool has_password(struct str line)
{
    const char *at = memmem(line.p, line.n, "://", 3), *end = line.p + line.n;
    if (!at || line.p[0] == '#')
        return false;
    const char *colon = NULL;
    for (at += 3; at < end && !strchr(" \t/\"'@", *at); at++)
        if (*at == ':')
            colon = at;
    return at < end && *at == '@' && colon && colon + 1 < at;
}

static void check_config(struct doctor *d)
{
    struct str path = d->e->config.path, text = STR_NONE, line;
    struct stat st;
    bool secret = false;
    if (stat(path.p, &st) != 0 || file_read(path.p, CONFIG_BYTES_MAX, d->a, &text, NULL) != OK) {
        doctor_say(d, DOCTOR_WARNING, "configuration", "%s cannot be read again: others may be running with another", path.p);
        return;
    }
    if (st.st_mode & 022)
        doctor_say(d, DOCTOR_PROBLEM, "configuration", "%s can be written by others: run `chmod go-w %s`", path.p, path.p);
    for (bool more = text.n > 0; more && !secret;) {
        more = str_split(text, '\n', &line, &text);
        secret = has_password(str_trim(more ? line : text));
    }
    if (secret)
        doctor_say(d, DOCTOR_PROBLEM, "configuration", "a password stands in %s: write env:, file: or credential: instead", path.p);
    else if (!(st.st_mode & 022))
        doctor_say(d, DOCTOR_OK, "configuration", "%s can be changed by its owner alone and holds no password", path.p);
}

/* ---- what lies beside what ---- */

static bool same_disk(const char *a, const char *b)
{
    struct stat one, two;
    return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev;
}

static void check_registry_file(struct doctor *d, struct str file)
{
    struct str dir = path_dir(file), keys = d->e->config.keys;
    check_private(d, "registry file", file.p, "is readable by its owner alone");
    bool beside = str_starts(keys, dir) && (keys.n == dir.n || keys.p[dir.n] == '/');
    if (beside)
        doctor_say(d, DOCTOR_WARNING, "keys", "%.*s lies in the folder of the registry: whoever has a backup of that folder has both. "
                   "Set `keys` to a folder elsewhere, or leave it out of the backup and keep a copy apart", STR_ARG(keys));
    else
        doctor_say(d, DOCTOR_OK, "keys", "lie apart from the registry");
}

static void check_room(struct doctor *d, struct str file)
{
    char *dir = arena_cstr(d->a, path_dir(file));
    struct statvfs fs;
    if (!dir || statvfs(dir, &fs) != 0) {
        doctor_say(d, DOCTOR_WARNING, "disk", "the room of the registry's disk cannot be read");
        return;
    }
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize, whole = (uint64_t)fs.f_blocks * fs.f_frsize;
    bool tight = room < ROOM_WANTED || room < whole / 20;
    doctor_say(d, room < ROOM_LEAST ? DOCTOR_PROBLEM : tight ? DOCTOR_WARNING : DOCTOR_OK, "disk",
               tight ? "%llu MB are left of %llu at the registry: without room nothing can be erased. Make some"
                     : "%llu MB are free of %llu at the registry",
               (unsigned long long)(room >> 20), (unsigned long long)(whole >> 20));
}

/* ---- what is published ---- */

static void check_published(struct doctor *d, const char *beside)
{
    struct str dir = d->e->config.audit_publish, stands = STR_NONE;
    struct logbook_head head;
    struct err err = {.code = OK};
    if (!dir.n) {
        doctor_say(d, DOCTOR_PROBLEM, "published", "the log is published nowhere: without a copy outside this machine nobody could show "
                   "that it was changed. Set audit.publish");
        return;
    }
    if (beside && same_disk(dir.p, beside))
        doctor_say(d, DOCTOR_WARNING, "published", "%.*s is on the registry's disk: copy it to another machine after every run",
                   STR_ARG(dir));
    struct str path = path_join(d->a, dir, STR("checkpoint"));
    if (logbook_head(d->e, d->a, &head, &err) != OK)
        doctor_say(d, DOCTOR_PROBLEM, "published", "%s", err.text);
    else if (!path.p || file_read(path.p, NOTE_MAX, d->a, &stands, NULL) != OK)
        doctor_say(d, DOCTOR_PROBLEM, "published", "%.*s holds no checkpoint: `expunge audit publish`", STR_ARG(dir));
    else if (!str_eq(stands, head.checkpoint) && engine_log_now(d->e) - head.signed_ms > PUBLISH_LATE_MS)
        doctor_say(d, DOCTOR_WARNING, "published", "%.*s is behind the log: `expunge audit publish`", STR_ARG(dir));
    else
        doctor_say(d, DOCTOR_OK, "published", "the log is written to %.*s", STR_ARG(dir));
}

static void check_key_age(struct doctor *d)
{
    struct str path = file_reference(d->e->config.key_places.audit);
    struct stat st;
    char *file = path.n ? arena_cstr(d->a, path) : NULL;
    if (!file || stat(file, &st) != 0)
        return; /* kept elsewhere: its age is not known here */
    int64_t age = engine_log_now(d->e) - (int64_t)st.st_mtim.tv_sec * 1000;
    if (age > KEY_OLD_MS)
        doctor_say(d, DOCTOR_WARNING, "signing key", "signs the log for %lld days: `expunge key rotate`", (long long)(age / DAY_MS));
    else
        doctor_say(d, DOCTOR_OK, "signing key", "is younger than a year");
}

static void check_zones(struct doctor *d)
{
    bool there = dir_exists("/usr/share/zoneinfo");
    doctor_say(d, there ? DOCTOR_OK : DOCTOR_PROBLEM, "time zones",
               there ? "are installed" : "are not installed: periods end by them. Install the package tzdata");
}

void doctor_files(struct doctor *d)
{
    struct str file = registry_file(d);
    check_config(d);
    check_keys(d);
    check_key_age(d);
    if (file.n) {
        check_registry_file(d, file);
        check_room(d, file);
    }
    check_zones(d);
    check_published(d, file.n ? file.p : NULL);
}
