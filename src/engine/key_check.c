#include "engine/key_check.h"

#include "engine/audit_keys.h"
#include "engine/logbook_state.h"

enum { MARK_BYTES = 16, MARKS_MAX = 64, ARENA_BYTES = 1 << 20 };
static const char meta_pseudonym[] = "pseudonym-check", meta_audit[] = "audit-keys";

static struct hash pseudonym_check(const struct engine *e)
{
    return hmac(&e->keys.pseudonym_key, STR("expunge: check value of the pseudonym key"));
}

/* Of the public key alone: a reopened log has another name, and with it other key ids. */
static struct hash audit_mark(const struct note_skey *key)
{
    return sha256((struct str){(const char *)key->pub, sizeof key->pub});
}

static bool knows(struct str marks, const struct note_skey *key)
{
    struct hash mark = audit_mark(key);
    for (size_t at = 0; at + MARK_BYTES <= marks.n; at += MARK_BYTES)
        if (memcmp(marks.p + at, mark.b, MARK_BYTES) == 0)
            return true;
    return false;
}

static enum status add(struct engine *e, const struct note_skey *key, struct arena *a, struct err *err)
{
    struct str marks;
    uint64_t version;
    struct hash mark = audit_mark(key);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, MARKS_MAX * MARK_BYTES);
    TRY(registry_meta_get(e->registry, meta_audit, a, &marks, &version, err));
    if (knows(marks, key))
        return OK;
    size_t old = marks.n < (MARKS_MAX - 1) * MARK_BYTES ? 0 : MARK_BYTES; /* the oldest gives way */
    buf_add(&b, marks.p + old, marks.n - old);
    buf_add(&b, mark.b, MARK_BYTES);
    TRY(buf_check(&b, err));
    return registry_meta_put(e->registry, meta_audit, buf_view(&b), version, NULL, err);
}

enum status key_check_add(struct engine *e, const struct note_skey *key, struct err *err)
{
    struct arena a;
    arena_init(&a, ARENA_BYTES);
    enum status s = add(e, key, &a, err);
    arena_release(&a);
    return s;
}

enum status key_check_add_current(struct engine *e, struct str origin, struct err *err)
{
    struct audit_keys keys;
    enum status s = audit_keys_read(e->config.key_places.audit, origin, &keys, err);
    if (s == OK)
        s = key_check_add(e, &keys.current, err);
    audit_keys_wipe(&keys);
    return s;
}

enum status key_check_create(struct engine *e, struct str origin, struct err *err)
{
    struct hash check = pseudonym_check(e);
    TRY(registry_meta_put(e->registry, meta_pseudonym, (struct str){(const char *)check.b, HASH_BYTES}, 0, NULL, err));
    return key_check_add_current(e, origin, err);
}

enum status key_check_pseudonym(struct engine *e, struct err *err)
{
    struct hash expected = pseudonym_check(e);
    struct str check;
    uint64_t version;
    TRY(registry_meta_get(e->registry, meta_pseudonym, &e->arena, &check, &version, err));
    if (!version || (check.n == HASH_BYTES && bytes_equal(check.p, expected.b, HASH_BYTES)))
        return OK;
    return FAIL(err, E_DENIED, "the pseudonym key (%.*s) is not the one this registry was created with: the same person would get another "
                               "pseudonym; put the right key back", STR_ARG(e->config.key_places.pseudonym));
}

static enum status check_audit(struct engine *e, struct arena *a, struct audit_keys *keys, struct err *err)
{
    struct log_identity log;
    struct str marks;
    uint64_t version;
    TRY(log_identity_get(e, a, &log, err));
    TRY(registry_meta_get(e->registry, meta_audit, a, &marks, &version, err));
    TRY(audit_keys_read(e->config.key_places.audit, log.origin, keys, err));
    bool known = !version || knows(marks, &keys->current);
    for (size_t i = 0; i < keys->old_n; i++) /* a registry put back from before a rotation */
        known |= knows(marks, &keys->old[i]);
    if (known)
        return OK;
    return FAIL(err, E_DENIED, "the audit key (%.*s) never signed this registry's log: put the right key back (an old copy of the registry "
                               "goes on with `expunge audit reopen`)", STR_ARG(e->config.key_places.audit));
}

enum status key_check_audit(struct engine *e, struct err *err)
{
    struct audit_keys keys = {.old_n = 0};
    struct arena a;
    arena_init(&a, ARENA_BYTES);
    enum status s = check_audit(e, &a, &keys, err);
    audit_keys_wipe(&keys);
    arena_release(&a);
    return s;
}
