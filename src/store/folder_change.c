/* folder_change.c - whole files, one at a time: removed, put away, their fields replaced, and read back. */
#include "store/folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { DOCUMENT_BYTES_MAX = 16 << 20, DOCUMENT_MEMORY_MAX = 256 << 20 };

const struct folder_entry *folder_entry_of(const struct folder *f, enum artefact_kind kind, struct str path)
{
    struct key_values any = {.day = KEY_ANY_DAY};
    const struct folder_entry *first = NULL;
    for (size_t i = 0; i < f->entries_n; i++) {
        const struct folder_entry *e = &f->entries[i];
        if (e->kind != kind || e->format == FOLDER_JSON_LINES)
            continue;
        if (key_pattern_match(&e->key, &any, path))
            return e;
        first = first == NULL ? e : first;
    }
    return first; /* a place that only a document named */
}

bool folder_held(const struct store_call *call, struct artefact *artefact)
{
    if (gate_open(call->gate))
        return false;
    store_answer(artefact, OUT_HELD, "a hold may have arrived");
    return true;
}

/* ---- restrict ---- */

/* Renames without ever replacing: what is put away already is the copy that the law wants kept. */
static int move_away(const struct folder_spot *from, const struct folder_spot *to)
{
    if (renameat2(from->dir, from->name, to->dir, to->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    return renameat(from->dir, from->name, to->dir, to->name) == 0 ? 0 : errno; /* `to` was looked at just before */
}

static int make_read_only(const struct folder_spot *s)
{
    CLEANUP(fd_close) int fd = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && fchmod(fd, 0400) == 0 ? 0 : errno;
}

static void put_away(struct store_call *call, const struct folder_spot *from, const struct folder_spot *to,
                     struct artefact *artefact)
{
    call->calls++;
    int errnum = make_read_only(from);
    if (errnum == 0)
        errnum = move_away(from, to);
    if (errnum == 0 && ((fsync(from->dir) != 0 && errno != EINVAL) || (fsync(to->dir) != 0 && errno != EINVAL)))
        errnum = errno;
    struct stat st;
    if (errnum != 0)
        folder_answer_reach(artefact, folder_reach_of_errno(errnum));
    else if (fstatat(to->dir, to->name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_ino != from->st.st_ino)
        store_answer(artefact, OUT_UNKNOWN, "put away, but it did not read back");
    else
        store_answer(artefact, OUT_RESTRICTED, NULL);
}

static void restrict_file(const struct folder *f, int root, struct store_call *call, struct str path,
                          const struct folder_places *p, struct artefact *artefact)
{
    if (p->open.reach == REACH_ABSENT && p->away.reach == REACH_FOUND) {
        store_answer(artefact, OUT_RESTRICTED, NULL);
        return;
    }
    if (p->away.reach == REACH_FOUND) {
        store_answer(artefact, OUT_UNRESTRICTED,
                     "a file of that name is restricted already; a person must compare them");
        return;
    }
    if (p->open.st.st_nlink > 1) {
        store_answer(artefact, OUT_UNRESTRICTED, "the file has another name (hard link) that stays in use");
        return;
    }
    if (folder_held(call, artefact))
        return;
    struct folder_spot to;
    folder_spot_make(root, f->restricted, path, &to);
    if (to.reach == REACH_ABSENT)
        put_away(call, &p->open, &to, artefact);
    else
        folder_answer_reach(artefact, to.reach == REACH_FOUND ? REACH_FAILED : to.reach);
    folder_spot_close(&to);
}

/* ---- pseudonymise ---- */

/* Whole, when it is not too large; p absent otherwise. */
static enum reach read_document(int fd, const struct folder_spot *s, struct arena *a, struct str *out)
{
    size_t n = 0, size = (size_t)s->st.st_size;
    if (s->st.st_size > DOCUMENT_BYTES_MAX)
        return REACH_FAILED;
    char *p = arena_alloc(a, size + 1);
    while (p != NULL && n < size) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return folder_reach_of_errno(errno);
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *out = (struct str){p, n};
    return p != NULL && n == size ? REACH_FOUND : REACH_FAILED;
}

/* The document with its fields replaced, into `out`; counts what was left to replace. False: answered. */
static bool document_fields(const struct folder_spot *s, const struct folder_entry *entry,
                            const struct store_call *call, int *fd, struct buf *out, size_t *left,
                            struct artefact *artefact)
{
    struct arena scratch;
    struct str text = STR_NONE;
    *fd = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0) {
        folder_answer_reach(artefact, folder_reach_of_errno(errno));
        return false;
    }
    arena_init(&scratch, DOCUMENT_MEMORY_MAX);
    enum reach reach = read_document(*fd, s, &scratch, &text);
    bool good = reach == REACH_FOUND && folder_json_fields(text, entry, call, &scratch, out, left, NULL) == OK;
    if (reach != REACH_FOUND)
        folder_answer_reach(artefact, reach);
    else if (!good)
        store_answer(artefact, OUT_REFUSED, "not a JSON document: its fields cannot be replaced");
    arena_release(&scratch);
    return good;
}

static void pseudonymise(const struct folder_entry *entry, struct store_call *call, const struct folder_spot *s,
                         struct artefact *artefact)
{
    CLEANUP(fd_close) int fd = -1;
    CLEANUP(buf_release) struct buf out;
    size_t left = 0;
    buf_init(&out, 2 * DOCUMENT_BYTES_MAX);
    if (!document_fields(s, entry, call, &fd, &out, &left, artefact))
        return;
    if (left == 0) {
        store_answer(artefact, OUT_PSEUDONYMISED, NULL);
        return;
    }
    if (folder_held(call, artefact))
        return;
    struct folder_rewrite r;
    call->calls++;
    if (folder_rewrite_begin(&r, s, fd) && folder_rewrite_add(&r, buf_view(&out)) && folder_rewrite_commit(&r))
        store_answer(artefact, OUT_PSEUDONYMISED, NULL);
    else
        folder_answer_reach(artefact, folder_reach_of_errno(r.error));
    folder_rewrite_release(&r);
}

static enum status pseudonymise_places(const struct folder *f, struct store_call *call, struct str path,
                                       const struct folder_places *p, struct artefact *artefact, struct err *err)
{
    const struct folder_entry *entry = folder_entry_of(f, artefact->kind, path);
    if (entry == NULL || entry->format != FOLDER_JSON || entry->fields_n == 0) {
        store_answer(artefact, OUT_REFUSED, "only JSON with stated fields can be pseudonymised here");
        return OK;
    }
    const struct folder_spot *both[] = {&p->open, &p->away};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        if (both[i]->reach != REACH_FOUND)
            continue;
        pseudonymise(entry, call, both[i], artefact);
        if (artefact->outcome != OUT_PSEUDONYMISED)
            return OK;
        if (both[i]->st.st_nlink > 1)
            TRY(store_residual(call, artefact, "hard link", TIME_NONE, err));
    }
    return OK;
}

static enum status erase_one(const struct folder *f, int root, struct store_call *call, struct str path,
                             struct artefact *artefact, struct err *err)
{
    struct folder_files x;
    struct err later;
    folder_files_begin(&x, f, root, call);
    TRY(folder_files_add(&x, path, artefact, err));
    enum status s = folder_erase_remove(&x, err);
    enum status ended = folder_erase_end(&x, s == OK ? err : &later);
    return s == OK ? ended : s;
}

enum status folder_file_change(const struct folder *f, int root, struct store_call *call, enum effect effect,
                               struct str path, struct artefact *artefact, struct err *err)
{
    if (effect == EFFECT_ERASE)
        return erase_one(f, root, call, path, artefact, err);
    CLEANUP(folder_places_close) struct folder_places p;
    folder_places_open(f, root, path, &p);
    enum reach reach = folder_places_reach(&p);
    if (reach != REACH_FOUND) {
        folder_answer_reach(artefact, reach);
        return OK;
    }
    if (effect == EFFECT_PSEUDONYMISE)
        return pseudonymise_places(f, call, path, &p, artefact, err);
    ASSERT(effect == EFFECT_RESTRICT);
    restrict_file(f, root, call, path, &p, artefact);
    return OK;
}

/* ---- verify ---- */

static void verify_fields(const struct folder *f, struct str path, const struct folder_spot *s,
                          struct artefact *artefact)
{
    CLEANUP(fd_close) int fd = -1;
    CLEANUP(buf_release) struct buf out;
    size_t left = 0;
    buf_init(&out, 2 * DOCUMENT_BYTES_MAX);
    const struct folder_entry *entry = folder_entry_of(f, artefact->kind, path);
    if (entry != NULL && document_fields(s, entry, NULL, &fd, &out, &left, artefact))
        store_answer(artefact, left == 0 ? OUT_PSEUDONYMISED : OUT_PRESENT, NULL);
    else
        store_answer(artefact, OUT_PRESENT, NULL);
}

void folder_file_verify(struct folder_hand *hand, struct folder_file *file)
{
    struct folder_places p;
    struct artefact *artefact = file->artefact;
    if (store_call_late(&hand->call)) {
        store_answer(artefact, OUT_RETRY, "out of time");
        return;
    }
    folder_ways_places(&hand->ways, file->path, &p);
    hand->call.calls += 2;
    enum reach reach = folder_places_reach(&p);
    bool open_absent = p.open.reach == REACH_ABSENT, away_found = p.away.reach == REACH_FOUND;
    if (reach == REACH_DENIED)
        store_answer(artefact, OUT_UNKNOWN, "no permission to look");
    else if (reach != REACH_FOUND)
        folder_answer_reach(artefact, reach);
    else if (artefact->effect == EFFECT_RESTRICT && open_absent && away_found)
        store_answer(artefact, (p.away.st.st_mode & 0333) == 0 ? OUT_RESTRICTED : OUT_PRESENT, NULL);
    else if (artefact->effect == EFFECT_PSEUDONYMISE && !(p.open.reach == REACH_FOUND && away_found))
        verify_fields(hand->f, file->path, away_found ? &p.away : &p.open, artefact);
    else
        store_answer(artefact, OUT_PRESENT, NULL);
}
