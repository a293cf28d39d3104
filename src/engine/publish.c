/* publish.c - the log as a folder that others can verify: tiles first, the signed head last (rule 2.30). */
#include "base/clock.h"
#include "base/file.h"
#include "engine/embedded.h"
#include "engine/logbook_state.h"

enum { LOCK_WAIT_MS = 10000, LOCK_STEP_MS = 20, TEXT_MAX = 1 << 20 };

static const char verify_text[] =
    "How to check this audit log without trusting who wrote it\n"
    "==========================================================\n"
    "\n"
    "Log:          %.*s\n"
    "Verifier key: %.*s\n"
    "\n"
    "Compare the verifier key with the copy you were given by another way; without that this folder proves only that "
    "it\n"
    "is consistent with itself. Formats: RFC 6962 tree, C2SP tlog-tiles, tlog-checkpoint and signed-note (Ed25519);\n"
    "audit-format.md in this folder has every byte. It proves what was recorded, in which order, and that nothing was\n"
    "changed since; it does not prove that data is gone: a read-back is the operator's word.\n"
    "\n"
    "Everything at once, with the program or with the independent script of its source tree (Python, nothing else "
    "needed):\n"
    "\n"
    "    expunge audit verify DIR --vkey '%.*s'\n"
    "    python3 verify_log.py DIR --vkey '%.*s'\n"
    "\n"
    "By hand, in this folder, the signature:\n"
    "\n"
    "    VKEY='%.*s'\n"
    "    sed '/^$/,$d' checkpoint > /tmp/body\n"
    "    tail -n 1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > /tmp/sig\n"
    "    ( printf '302a300506032b6570032100' | xxd -r -p\n"
    "      printf %%s \"${VKEY##*+}\" | head -c 44 | base64 -d | tail -c 32 ) > /tmp/pub.der\n"
    "    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey /tmp/pub.der -in /tmp/body -sigfile /tmp/sig\n"
    "\n"
    "and the first entry's place in the tree: its leaf hash is SHA-256 of a zero byte and its bytes, and the first 32\n"
    "bytes of tile/0/000 (or tile/0/000.p/N):\n"
    "\n"
    "    f=$(ls -d tile/entries/000 tile/entries/000.p/* 2>/dev/null | tail -n 1); n=$((0x$(head -c 2 \"$f\" | xxd "
    "-p)))\n"
    "    ( printf '\\000'; tail -c +3 \"$f\" | head -c \"$n\" ) | sha256sum\n"
    "    head -c 32 \"$(echo \"$f\" | sed s/entries/0/)\" | xxd -p -c 32\n";

static enum status write_texts(struct str dir, const struct logbook_head *head, struct arena *a, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_fmt(&b, verify_text, STR_ARG(head->origin), STR_ARG(head->vkey), STR_ARG(head->vkey), STR_ARG(head->vkey),
            STR_ARG(head->vkey));
    TRY(buf_check(&b, err));
    struct str verify = path_join(a, dir, STR("VERIFY.txt")), format = path_join(a, dir, STR("audit-format.md"));
    if (!verify.p || !format.p)
        return ARENA_FULL(err, a);
    TRY(file_write(verify.p, buf_view(&b), 0644, err));
    struct str text = {embedded_audit_format, (size_t)(embedded_audit_format_end - embedded_audit_format)};
    return file_write(format.p, text, 0644, err);
}

/* One publisher at a time: two would each be right, but the older head could be written last. */
static enum status lock(struct str dir, struct arena *a, int *fd, struct err *err)
{
    struct str path = path_join(a, dir, STR(".lock"));
    if (!path.p)
        return ARENA_FULL(err, a);
    for (int waited = 0;; waited += LOCK_STEP_MS) {
        enum status s = file_lock(path.p, fd, err);
        if (s != E_CONFLICT)
            return s;
        if (waited >= LOCK_WAIT_MS)
            return FAIL(err, E_RETRY, "another process is publishing the log to %.*s", STR_ARG(dir));
        clock_sleep_ms(LOCK_STEP_MS);
    }
}

static enum status write_tiles(struct engine *e, const char *dir, const struct log_there *there, bool everything,
                               const struct logbook_head *head, struct err *err)
{
    struct log_reader reader;
    struct tree_head old = {.size = there->size, .root = there->root}, is = {head->size, head->root};
    if (!there->any || everything)
        old = (struct tree_head){0, merkle_empty_root()};
    log_reader_init(&reader, e, head->size);
    struct entry_source entries = log_reader_source(&reader);
    enum status s = tiles_extend(dir, &old, &is, &entries, err);
    if (s == E_ABSENT) { /* somebody removed files: write and compare everything */
        old = (struct tree_head){0, merkle_empty_root()};
        s = tiles_extend(dir, &old, &is, &entries, err);
    }
    log_reader_release(&reader);
    return s;
}

static enum status remember(struct engine *e, const struct logbook_head *head, struct str dir, struct arena *a,
                            struct err *err)
{
    struct log_published p;
    TRY(log_published_get(e, a, &p, err));
    if (p.version && p.size == head->size && hash_eq(&p.root, &head->root) && str_eq(p.dir, dir))
        return OK;
    p.size = head->size;
    p.root = head->root;
    p.dir = dir;
    enum status s = log_published_put(e, &p, err);
    return s == E_CONFLICT ? OK : s; /* another publisher has; a check then computes the root itself */
}

static enum status publish_locked(struct engine *e, struct str dir, bool configured, bool everything, struct arena *a,
                                  struct logbook_head *out, struct err *err)
{
    struct log_there there;
    struct logbook_head head;
    struct str checkpoint = path_join(a, dir, STR("checkpoint"));
    if (!checkpoint.p)
        return ARENA_FULL(err, a);
    TRY(logbook_head(e, a, &head, err));
    TRY(log_there_get(e, head.origin, dir, a, &there, err));
    if (there.any && there.size > head.size)
        return FAIL(err, E_DENIED,
                    "%.*s holds %llu entries, this registry %llu: it is an old copy. Run `expunge audit reopen`",
                    STR_ARG(dir), (unsigned long long)there.size, (unsigned long long)head.size);
    TRY(write_tiles(e, dir.p, &there, everything, &head, err));
    TRY(write_texts(dir, &head, a, err));
    TRY(file_write(checkpoint.p, head.checkpoint, 0644, err));
    if (configured)
        TRY(remember(e, &head, dir, a, err));
    *out = head;
    return OK;
}

enum status logbook_publish(struct engine *e, struct str dir, struct arena *a, struct logbook_head *out,
                            struct err *err)
{
    struct log_identity log;
    bool everything = dir.n > 0, configured = !dir.n || str_eq(dir, e->config.audit_publish);
    CLEANUP(fd_close) int fd = -1;
    TRY(logbook_integrate(e, err));
    TRY(log_identity_get(e, a, &log, err));
    dir = log_dir(e, log.origin, dir, a);
    if (!dir.n)
        return FAIL(err, E_INVALID, "no folder to publish to: name one, or set audit.publish in the configuration");
    TRY(dir_make(dir.p, 0755, err));
    TRY(lock(dir, a, &fd, err));
    return publish_locked(e, dir, configured, everything, a, out, err);
}
