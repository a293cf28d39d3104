/* key_rotate.c - the key that signs the log is replaced; the old one signs beside it, then is destroyed. */
#include "engine/key_rotate.h"

#include <stdio.h>

#include "base/file.h"
#include "base/pack.h"
#include "engine/audit_keys.h"
#include "engine/journal.h"
#include "engine/key_check.h"
#include "engine/logbook_state.h"

enum { R_UNTIL = 1, R_NEXT = 2, OVERLAP_DAYS_DEFAULT = 30, NAME_BYTES = 32 };

struct rotating {
    struct engine *e;
    struct arena *a;
    struct log_identity log;
    struct audit_keys keys;
    char label[AUDIT_KEY_LABEL + 1]; /* of the current key's file, once it is replaced */
    struct key_replaced replaced;    /* what is known of the current key */
};

static void label_of(uint32_t id, char out[AUDIT_KEY_LABEL + 1])
{
    snprintf(out, AUDIT_KEY_LABEL + 1, "%08x", id);
}

static void meta_name(const char *label, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "audit-key-%s", label);
}

enum status key_replaced_get(struct engine *e, const char *label, struct arena *a, struct key_replaced *out,
                             struct err *err)
{
    char name[NAME_BYTES];
    struct str body;
    struct unpack u;
    *out = (struct key_replaced){.until_ms = TIME_NONE};
    meta_name(label, name);
    TRY(registry_meta_get(e->registry, name, a, &body, &out->version, err));
    for (unpack_init(&u, body); out->version && unpack_next(&u);)
        if (u.number == R_UNTIL && !u.is_bytes)
            out->until_ms = u.i;
        else if (u.number == R_NEXT && !u.is_bytes)
            out->next = (uint32_t)u.i;
    return u.bad ? FAIL(err, E_IO, "the registry's record of a replaced key is damaged: restore it from a backup") : OK;
}

static enum status replaced_put(struct engine *e, const char *label, const struct key_replaced *r, struct entry *entry,
                                struct err *err)
{
    char name[NAME_BYTES];
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 64);
    pack_int(&b, R_UNTIL, r->until_ms);
    pack_int(&b, R_NEXT, r->next);
    TRY(buf_check(&b, err));
    meta_name(label, name);
    return registry_meta_put(e->registry, name, buf_view(&b), r->version, entry, err);
}

static enum status lock(struct engine *e, struct arena *a, int *fd, struct err *err)
{
    struct str path = path_join(a, audit_keys_dir(e->config.key_places.audit), STR("audit.lock"));
    if (!path.p)
        return ARENA_FULL(err, a);
    enum status s = file_lock(path.p, fd, err);
    return s == E_CONFLICT ? FAIL(err, E_CONFLICT, "another rotation of the audit key is under way") : s;
}

static enum status look(struct rotating *r, struct err *err)
{
    TRY(log_identity_get(r->e, r->a, &r->log, err));
    TRY(audit_keys_read(r->e->config.key_places.audit, r->log.origin, &r->keys, err));
    label_of(r->keys.current.id, r->label);
    return key_replaced_get(r->e, r->label, r->a, &r->replaced, err);
}

/* A rotation was announced in the log, and a crash came before the files were exchanged. */
static bool interrupted(const struct rotating *r)
{
    return r->replaced.version && r->keys.has_prepared && r->replaced.next == r->keys.prepared.id;
}

static enum status vkey_text(const struct note_skey *key, struct arena *a, struct str *out, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    struct note_vkey vkey = note_vkey_of(key);
    buf_init(&b, CHECKPOINT_BYTES_MAX);
    note_vkey_format(&vkey, &b);
    TRY(buf_check(&b, err));
    *out = arena_str(a, buf_view(&b));
    return out->p ? OK : ARENA_FULL(err, a);
}

/* ---- rotation ---- */

static enum status announce(struct rotating *r, const struct period *overlap, const struct key_rotation *k,
                            struct err *err)
{
    struct entry entry;
    const struct journal_fact facts[] = {{.name = "key", .text = STR("audit")},
                                         {.name = "previous", .text = k->previous},
                                         {.name = "setting", .text = STR("Keys")},
                                         {.name = "vkey", .text = k->vkey}};
    r->replaced.until_ms = period_add_back(k->at_ms, overlap, r->e->policy.zone);
    r->replaced.next = r->keys.prepared.id;
    TRY(journal_plain(r->e, "KEY_ROTATED", facts, ARRAY_LEN(facts), NULL, k->at_ms, r->a, &entry, err));
    return replaced_put(r->e, r->label, &r->replaced, &entry, err);
}

static enum status prepare(struct rotating *r, struct err *err)
{
    TRY(look(r, err));
    if (r->keys.old_n == AUDIT_KEYS_OLD_MAX)
        return FAIL(err, E_LIMIT, "%d replaced keys are still in their overlap: wait until one is destroyed",
                    AUDIT_KEYS_OLD_MAX);
    TRY(audit_keys_prepare(r->e->config.key_places.audit, r->log.origin, err));
    TRY(look(r, err));
    return r->keys.has_prepared ? key_check_add(r->e, &r->keys.prepared, err) : OK;
}

static enum status rotate(struct rotating *r, const struct period *overlap, struct key_rotation *out, struct err *err)
{
    struct engine *e = r->e;
    struct logbook_head head;
    TRY(prepare(r, err));
    *out = (struct key_rotation){.origin = r->log.origin, .at_ms = engine_now(e)};
    TRY(vkey_text(&r->keys.current, r->a, &out->previous, err));
    TRY(vkey_text(&r->keys.prepared, r->a, &out->vkey, err));
    if (!interrupted(r))
        TRY(announce(r, overlap, out, err));
    out->until_ms = r->replaced.until_ms;
    TRY(audit_keys_switch(e->config.key_places.audit, r->label, err));
    TRY(logbook_integrate(e, err));
    out->published = e->config.audit_publish.n > 0;
    if (out->published)
        TRY(logbook_publish(e, STR_NONE, r->a, &head, err));
    else
        TRY(logbook_head(e, r->a, &head, err));
    out->size = head.size;
    return OK;
}

enum status key_rotate(struct engine *e, const struct period *overlap, struct arena *a, struct key_rotation *out,
                       struct err *err)
{
    struct rotating r = {.e = e, .a = a};
    CLEANUP(fd_close) int fd = -1;
    struct str where = e->config.key_places.audit;
    if (!audit_keys_are_files(where))
        return FAIL(err, E_UNSUPPORTED, "the audit key is kept as %.*s: rotate it where it is kept. Put it into a file, name that under "
                                        "`keys:` as audit: file:PATH, rotate, and keep the new key where the old one was", STR_ARG(where));
    TRY(logbook_check_behind(e, err));
    TRY(lock(e, a, &fd, err));
    enum status s = rotate(&r, overlap, out, err);
    audit_keys_wipe(&r.keys);
    return s;
}

/* ---- housekeeping ---- */

/* What others read is signed by the key that stays: then nobody needs the old one. */
static enum status published_by_current(struct rotating *r, bool *yes, struct err *err)
{
    struct checkpoint_opened opened;
    struct str text, dir = log_dir(r->e, r->log.origin, STR_NONE, r->a);
    struct note_vkey current = note_vkey_of(&r->keys.current);
    *yes = true;
    if (!dir.n)
        return OK;
    struct str path = path_join(r->a, dir, STR("checkpoint"));
    if (!path.p)
        return ARENA_FULL(err, r->a);
    enum status s = file_read(path.p, CHECKPOINT_BYTES_MAX, r->a, &text, err);
    if (s == E_ABSENT)
        return OK;
    TRY(s);
    *yes = checkpoint_open(text, r->log.origin, &current, 1, &opened, NULL) == OK;
    return OK;
}

static enum status follow_one(struct rotating *r, const char *label, uint64_t *destroyed, struct err *err)
{
    const struct period overlap = {.days = OVERLAP_DAYS_DEFAULT, .set = true};
    int64_t now = engine_now(r->e);
    struct key_replaced known;
    bool yes;
    TRY(key_replaced_get(r->e, label, r->a, &known, err));
    if (!known.version) { /* this registry is older than the folder of keys */
        known.until_ms = period_add_back(now, &overlap, r->e->policy.zone);
        return replaced_put(r->e, label, &known, NULL, err);
    }
    if (now < known.until_ms)
        return OK;
    TRY(logbook_integrate(r->e, err)); /* what was written in the overlap is signed by both */
    TRY(published_by_current(r, &yes, err));
    if (!yes)
        return OK;
    TRY(audit_keys_destroy(r->e->config.key_places.audit, label, err));
    ++*destroyed;
    return OK;
}

static enum status follow_up(struct rotating *r, uint64_t *destroyed, struct err *err)
{
    TRY(look(r, err));
    if (interrupted(r)) {
        TRY(audit_keys_switch(r->e->config.key_places.audit, r->label, err));
        TRY(look(r, err));
    }
    for (size_t i = 0; i < r->keys.old_n; i++)
        TRY(follow_one(r, r->keys.label[i], destroyed, err));
    return OK;
}

enum status key_rotate_follow_up(struct engine *e, struct arena *a, uint64_t *destroyed, struct err *err)
{
    struct rotating r = {.e = e, .a = a};
    CLEANUP(fd_close) int fd = -1;
    *destroyed = 0;
    if (!audit_keys_are_files(e->config.key_places.audit))
        return OK;
    enum status s = lock(e, a, &fd, err);
    if (s == E_CONFLICT)
        return OK; /* whoever rotates just now does it */
    if (s == OK)
        s = follow_up(&r, destroyed, err);
    audit_keys_wipe(&r.keys);
    return s;
}
