/* audit_keys.c - signing keys in files: read together, replaced without a gap, destroyed. */
#include "engine/audit_keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/keys.h"

enum { KEY_FILE_MAX = 4096, PATHS_MAX = 1 << 18, READS_MAX = 5 };
static const char GONE[] = ".gone";

static enum status fail(const char *what, const char *path, struct err *err)
{
    char text[128];
    return FAIL(err, errno == ENOENT ? E_ABSENT : E_IO, "cannot %s %s: %s", what, path,
                errno_text(errno, text, sizeof text));
}

/* ---- names ---- */

bool audit_keys_are_files(struct str where)
{
    return str_starts(where, STR("file:"));
}

static struct str current_path(struct str where)
{
    enum { BEFORE = sizeof "file:" - 1 };
    ASSERT(audit_keys_are_files(where));
    return (struct str){where.p + BEFORE, where.n - BEFORE};
}

struct str audit_keys_dir(struct str where)
{
    return audit_keys_are_files(where) ? path_dir(current_path(where)) : STR_NONE;
}

/* "audit" of .../audit.key: what the others' names begin with. */
static struct str stem_of(struct str where)
{
    struct str name = path_base(current_path(where)), end = STR(".key");
    if (name.n > end.n && str_ends(name, end))
        name.n -= end.n;
    return name;
}

static const char *current_in(struct str where, struct arena *a)
{
    return arena_cstr(a, current_path(where));
}

/* audit-LABEL.key, audit-new.key */
static const char *beside(struct str where, const char *label, struct arena *a)
{
    struct str stem = stem_of(where);
    return path_join(a, audit_keys_dir(where), arena_fmt(a, "%.*s-%s.key", STR_ARG(stem), label)).p;
}

static enum status sync_dir(struct str where, struct arena *a, struct err *err)
{
    const char *path = arena_cstr(a, audit_keys_dir(where));
    if (!path)
        return ARENA_FULL(err, a);
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) != 0 ? fail("flush folder", path, err) : OK;
}

/* ---- reading ---- */

static enum status read_key(struct str reference, struct str name, struct note_skey *out, struct err *err)
{
    struct arena a;
    struct str text;
    struct note_skey stored;
    arena_init(&a, PATHS_MAX);
    enum status s = key_read_text(reference, &a, &text, err);
    if (s == OK && note_skey_parse(text, &stored, err) != OK)
        s = err_prefix(err, "key %.*s: ", STR_ARG(reference));
    if (s == OK)
        note_skey_init(out, name, NOTE_ED25519, stored.seed);
    explicit_bzero(&stored, sizeof stored);
    arena_release(&a);
    return s;
}

static enum status read_key_file(const char *path, struct str name, struct note_skey *out, struct err *err)
{
    struct arena a;
    arena_init(&a, PATHS_MAX);
    struct str reference = path ? arena_fmt(&a, "file:%s", path) : STR_NONE; /* NULL: there was no memory for it */
    enum status s = reference.p ? read_key(reference, name, out, err) : ARENA_FULL(err, &a);
    arena_release(&a);
    return s;
}

/* audit-0123abcd.key, and with the tail of what is being destroyed. */
static bool is_old(struct str stem, const char *file, const char *tail, char label[AUDIT_KEY_LABEL + 1])
{
    struct str name = str_of(file), end = str_of(tail);
    if (name.n != stem.n + 1 + AUDIT_KEY_LABEL + end.n || !str_starts(name, stem) || file[stem.n] != '-' || !str_ends(name, end))
        return false;
    memcpy(label, file + stem.n + 1, AUDIT_KEY_LABEL);
    label[AUDIT_KEY_LABEL] = '\0';
    return strspn(label, "0123456789abcdef") == AUDIT_KEY_LABEL;
}

static enum status add_old(struct audit_keys *k, const char *path, const char *label, struct str name, struct err *err)
{
    struct note_skey key;
    size_t at = k->old_n;
    enum status s = read_key_file(path, name, &key, err);
    if (s == E_ABSENT || (s == OK && key.id == k->current.id)) { /* destroyed meanwhile; being replaced just now */
        explicit_bzero(&key, sizeof key);
        return OK;
    }
    if (s == OK && at == AUDIT_KEYS_OLD_MAX)
        s = FAIL(err, E_LIMIT, "more than %d replaced audit keys lie beside %s", AUDIT_KEYS_OLD_MAX, path);
    for (; s == OK && at > 0 && strcmp(k->label[at - 1], label) > 0; at--) {
        k->old[at] = k->old[at - 1];
        memcpy(k->label[at], k->label[at - 1], sizeof k->label[at]);
    }
    if (s == OK) {
        k->old[at] = key;
        memcpy(k->label[at], label, sizeof k->label[at]);
        k->old_n++;
    }
    explicit_bzero(&key, sizeof key);
    return s;
}

static enum status read_old(struct str where, struct str name, struct arena *a, struct audit_keys *k, struct err *err)
{
    char label[AUDIT_KEY_LABEL + 1];
    enum status s = OK;
    const char *dir = arena_cstr(a, audit_keys_dir(where));
    if (!dir)
        return ARENA_FULL(err, a);
    DIR *d = opendir(dir);
    if (!d)
        return fail("list", dir, err);
    for (struct dirent *one; s == OK && (one = readdir(d));)
        if (is_old(stem_of(where), one->d_name, ".key", label))
            s = add_old(k, beside(where, label, a), label, name, err);
    closedir(d);
    return s;
}

static enum status read_all(struct str where, struct str name, struct arena *a, struct audit_keys *k, struct err *err)
{
    audit_keys_wipe(k);
    TRY(read_key(where, name, &k->current, err));
    TRY(read_old(where, name, a, k, err));
    enum status s = read_key_file(beside(where, "new", a), name, &k->prepared, err);
    k->has_prepared = s == OK && k->prepared.id != k->current.id;
    return s == E_ABSENT ? OK : s;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Replaced while we read, the set would lack one: what changes audit.key's name or links changes its ctime or inode. */
enum status audit_keys_read(struct str where, struct str name, struct audit_keys *out, struct err *err)
{
    struct arena a;
    struct stat before, after;
    enum status s = E_RETRY;
    *out = (struct audit_keys){.old_n = 0};
    if (!note_name_ok(name))
        return FAIL(err, E_INVALID, "'%.*s' cannot name a log: no spaces, no '+'", STR_ARG(name));
    if (!audit_keys_are_files(where))
        return read_key(where, name, &out->current, err);
    arena_init(&a, PATHS_MAX);
    const char *current = current_in(where, &a);
    if (!current)
        s = ARENA_FULL(err, &a);
    for (int i = 0; current && i < READS_MAX; i++) {
        if (stat(current, &before) != 0) {
            s = fail("read", current, err);
            break;
        }
        s = read_all(where, name, &a, out, err);
        if (stat(current, &after) == 0 && same_file(&before, &after))
            break;
    }
    arena_release(&a);
    return s;
}

void audit_keys_wipe(struct audit_keys *k)
{
    explicit_bzero(k, sizeof *k);
}

/* ---- changing ---- */

enum status audit_key_make(const char *path, struct str name, struct err *err)
{
    unsigned char seed[KEY_BYTES];
    struct note_skey key;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, KEY_FILE_MAX);
    if (!note_name_ok(name))
        return FAIL(err, E_INVALID, "'%.*s' cannot name a log: no spaces, no '+'", STR_ARG(name));
    crypto_random(seed, sizeof seed);
    note_skey_init(&key, name, NOTE_ED25519, seed);
    note_skey_format(&key, &b);
    buf_char(&b, '\n');
    explicit_bzero(seed, sizeof seed);
    explicit_bzero(&key, sizeof key);
    TRY(buf_check(&b, err));
    return file_write_once(path, buf_view(&b), 0600, err);
}

enum status audit_keys_prepare(struct str where, struct str name, struct err *err)
{
    struct arena a;
    arena_init(&a, PATHS_MAX);
    const char *path = beside(where, "new", &a);
    enum status s = !path ? ARENA_FULL(err, &a) : file_exists(path) ? OK : audit_key_make(path, name, err);
    arena_release(&a);
    return s;
}

/* A second name first, then the new key over the old one: the old bytes stay in their one place, where they can be
 * overwritten later. */
enum status audit_keys_switch(struct str where, const char *label, struct err *err)
{
    struct arena a;
    enum status s = OK;
    arena_init(&a, PATHS_MAX);
    const char *current = current_in(where, &a), *prepared = beside(where, "new", &a);
    const char *old = beside(where, label, &a);
    if (!current || !prepared || !old)
        s = ARENA_FULL(err, &a);
    if (s == OK && link(current, old) != 0 && errno != EEXIST)
        s = fail("keep the replaced key as", old, err);
    if (s == OK)
        s = sync_dir(where, &a, err);
    if (s == OK && rename(prepared, current) != 0)
        s = fail("replace", current, err);
    if (s == OK)
        s = sync_dir(where, &a, err);
    arena_release(&a);
    return s;
}

static enum status overwrite(const char *path, struct err *err)
{
    static const char zeros[KEY_FILE_MAX];
    struct stat st;
    CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0)
        return fail("destroy", path, err);
    size_t n = st.st_size < KEY_FILE_MAX ? (size_t)st.st_size : KEY_FILE_MAX;
    if (write(fd, zeros, n) != (ssize_t)n || fsync(fd) != 0)
        return fail("overwrite", path, err);
    return unlink(path) == 0 ? OK : fail("remove", path, err);
}

/* Under another name before it is overwritten: a reader sees a whole key or none. */
enum status audit_keys_destroy(struct str where, const char *label, struct err *err)
{
    struct arena a;
    char found[AUDIT_KEY_LABEL + 1];
    enum status s = OK;
    arena_init(&a, PATHS_MAX);
    const char *old = beside(where, label, &a), *dir = arena_cstr(&a, audit_keys_dir(where));
    const char *gone = old ? arena_fmt(&a, "%s%s", old, GONE).p : NULL, *ending = arena_fmt(&a, ".key%s", GONE).p;
    if (!gone || !dir || !ending)
        s = ARENA_FULL(err, &a);
    if (s == OK && rename(old, gone) != 0 && errno != ENOENT)
        s = fail("destroy", old, err);
    DIR *d = s == OK ? opendir(dir) : NULL;
    if (s == OK && !d)
        s = fail("list", dir, err);
    for (struct dirent *one; s == OK && (one = readdir(d));)
        if (is_old(stem_of(where), one->d_name, ending, found)) {
            const char *path = path_join(&a, str_of(dir), str_of(one->d_name)).p;
            s = path ? overwrite(path, err) : ARENA_FULL(err, &a);
        }
    if (d)
        closedir(d);
    if (s == OK)
        s = sync_dir(where, &a, err);
    arena_release(&a);
    return s;
}
