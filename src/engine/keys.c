#include "engine/keys.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "engine/audit_keys.h"

enum status key_check_private(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return FAIL(err, errno == ENOENT ? E_ABSENT : E_IO, "key %s cannot be read: %s", path, strerror(errno));
    if (st.st_mode & 077)
        return FAIL(err, E_DENIED, "key %s can be read by others: run `chmod 600 %s`", path, path);
    return OK;
}

enum status key_read_text(struct str reference, struct arena *a, struct str *out, struct err *err)
{
    struct str file = STR("file:");
    if (str_starts(reference, file)) {
        const char *path = arena_cstr(a, (struct str){reference.p + file.n, reference.n - file.n});
        if (!path)
            return ARENA_FULL(err, a);
        TRY(key_check_private(path, err));
    }
    TRY(secret_read(reference, STR("/"), a, out, err));
    *out = str_trim(*out);
    return OK;
}

/* 64 hex digits. */
static enum status read_key(struct str reference, unsigned char out[KEY_BYTES], struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 18);
    struct str text;
    size_t n = KEY_BYTES;
    enum status s = key_read_text(reference, &a, &text, err);
    if (s == OK && (!hex_decode(text, out, &n) || n != KEY_BYTES))
        s = FAIL(err, E_INVALID, "key %.*s is damaged: 64 hexadecimal digits are expected", STR_ARG(reference));
    arena_release(&a);
    return s;
}

static enum status read_key_file(const char *path, unsigned char out[KEY_BYTES], struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    struct str reference = arena_fmt(&a, "file:%s", path);
    enum status s = reference.p ? read_key(reference, out, err) : ARENA_FULL(err, &a);
    arena_release(&a);
    return s;
}

static enum status write_key(const char *path, struct err *err)
{
    unsigned char key[KEY_BYTES];
    crypto_random(key, sizeof key);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    buf_hex(&b, key, sizeof key);
    buf_char(&b, '\n');
    explicit_bzero(key, sizeof key);
    return file_write_once(path, buf_view(&b), 0600, err);
}

enum status keys_make(struct str dir, struct str origin, struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    const char *identifier = path_join(&a, dir, STR("identifier.key")).p;
    const char *pseudonym = path_join(&a, dir, STR("pseudonym.key")).p;
    const char *audit = path_join(&a, dir, STR("audit.key")).p;
    const char *seal_dir = path_join(&a, dir, STR("seal")).p;
    enum status s = OK;
    if (file_exists(identifier))
        s = FAIL(err, E_CONFLICT, "%s exists already: keys are never overwritten (losing one loses the registry)", identifier);
    if (s == OK)
        s = dir_make(arena_cstr(&a, dir), 0700, err);
    if (s == OK)
        s = dir_make(seal_dir, 0700, err);
    if (s == OK)
        s = write_key(identifier, err);
    if (s == OK && !file_exists(pseudonym))
        s = write_key(pseudonym, err);
    if (s == OK && !file_exists(audit))
        s = audit_key_make(audit, origin, err);
    arena_release(&a);
    return s;
}

static struct str reference_in(struct str dir, const char *name, struct arena *a)
{
    struct str path = path_join(a, dir, str_of(name));
    return path.p ? arena_fmt(a, "file:%.*s", STR_ARG(path)) : STR_NONE;
}

enum status key_places_in(struct str dir, struct arena *a, struct key_places *out, struct err *err)
{
    *out = (struct key_places){.identifier = reference_in(dir, "identifier.key", a),
                               .pseudonym = reference_in(dir, "pseudonym.key", a),
                               .audit = reference_in(dir, "audit.key", a),
                               .seal = path_join(a, dir, STR("seal"))};
    return out->identifier.p && out->pseudonym.p && out->audit.p && out->seal.p ? OK : ARENA_FULL(err, a);
}

/* PURPOSE-YYYY-MM.key */
static struct str seal_path(const struct keys *k, const char *purpose, int64_t at_ms, struct arena *a)
{
    struct civil c;
    ms_to_civil(at_ms, &c);
    return path_join(a, k->seal_dir, arena_fmt(a, "%s-%04d-%02d.key", purpose, c.year, c.month));
}

static struct str aad_of(const char *purpose, struct str month, struct arena *a)
{
    return arena_fmt(a, "expunge/seal/v1/%s/%.*s", purpose, STR_ARG(month));
}

/* Keys once read are kept: a batch seals hundreds of bodies of one month. */
static enum status seal_key(struct keys *k, const char *purpose, struct str month, const char *path, bool make,
                            unsigned char out[KEY_BYTES], struct err *err)
{
    for (size_t i = 0; i < k->cached_n; i++)
        if (str_is((struct str){k->cached[i].name, strlen(k->cached[i].name)}, path)) {
            memcpy(out, k->cached[i].key, KEY_BYTES);
            return OK;
        }
    if (!file_exists(path)) {
        if (!make)
            return FAIL(err, E_ABSENT, "the key that sealed this %s (month %.*s) was destroyed", purpose, STR_ARG(month));
        enum status s = write_key(path, err);
        if (s != OK && s != E_CONFLICT) /* another process has just made it */
            return s;
    }
    TRY(read_key_file(path, out, err));
    struct cached_key *slot = &k->cached[k->cached_n < KEYS_CACHED_MAX ? k->cached_n++ : 0];
    slot->name = arena_cstr(&k->arena, str_of(path));
    memcpy(slot->key, out, KEY_BYTES);
    return slot->name ? OK : ARENA_FULL(err, &k->arena);
}

/* A sealed body starts with its month, "YYYY-MM", so that the key is found again without trying. */
static enum status sealer_seal(void *ctx, const char *purpose, int64_t at_ms, struct str plain, struct arena *a, struct str *out, struct err *err)
{
    struct keys *k = ctx;
    struct str path = seal_path(k, purpose, at_ms, a);
    if (!path.p)
        return ARENA_FULL(err, a);
    struct civil c;
    ms_to_civil(at_ms, &c);
    struct str month = arena_fmt(a, "%04d-%02d", c.year, c.month), sealed;
    unsigned char key[KEY_BYTES];
    TRY(seal_key(k, purpose, month, path.p, true, key, err));
    enum status s = seal(key, plain, aad_of(purpose, month, a), a, &sealed, err);
    explicit_bzero(key, sizeof key);
    TRY(s);
    char *p = arena_alloc(a, month.n + sealed.n);
    if (!p)
        return ARENA_FULL(err, a);
    memcpy(p, month.p, month.n);
    memcpy(p + month.n, sealed.p, sealed.n);
    *out = (struct str){p, month.n + sealed.n};
    return OK;
}

static enum status sealer_unseal(void *ctx, const char *purpose, struct str sealed, struct arena *a, struct str *out, struct err *err)
{
    enum { MONTH = 7 };
    struct keys *k = ctx;
    if (sealed.n < MONTH + SEAL_OVERHEAD)
        return FAIL(err, E_INVALID, "a sealed %s is damaged", purpose);
    struct str month = {sealed.p, MONTH};
    struct str path = path_join(a, k->seal_dir, arena_fmt(a, "%s-%.*s.key", purpose, STR_ARG(month)));
    if (!path.p)
        return ARENA_FULL(err, a);
    unsigned char key[KEY_BYTES];
    TRY(seal_key(k, purpose, month, path.p, false, key, err));
    enum status s = unseal(key, (struct str){sealed.p + MONTH, sealed.n - MONTH}, aad_of(purpose, month, a), a, out, err);
    explicit_bzero(key, sizeof key);
    return s;
}

enum status keys_destroy_seal(struct keys *k, const char *purpose, int64_t month_ms, struct err *err)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    const char *path = seal_path(k, purpose, month_ms, &a).p;
    enum status s = OK;
    if (!path || (unlink(path) != 0 && errno != ENOENT))
        s = FAIL(err, E_IO, "key %s cannot be destroyed: %s", path ? path : purpose, strerror(errno));
    k->cached_n = 0;
    explicit_bzero(k->cached, sizeof k->cached);
    arena_release(&a);
    return s;
}

/* It is read for every signature; here only whether it is there and nobody else's to read. */
static enum status look_at_audit_key(struct str reference, struct err *err)
{
    struct arena a;
    struct str text;
    arena_init(&a, 1 << 18);
    enum status s = key_read_text(reference, &a, &text, err);
    arena_release(&a);
    return s;
}

enum status keys_open(const struct key_places *places, struct keys *out, struct err *err)
{
    *out = (struct keys){.cached_n = 0};
    arena_init(&out->arena, 1 << 20);
    out->seal_dir = arena_str(&out->arena, places->seal);
    if (!out->seal_dir.p)
        return ARENA_FULL(err, &out->arena);
    enum status s = read_key(places->identifier, out->identifier, err);
    if (s == E_ABSENT)
        return FAIL(err, E_ABSENT, "no key at %.*s: `expunge init` makes the keys; restore them if they were lost",
                    STR_ARG(places->identifier));
    TRY(s);
    TRY(read_key(places->pseudonym, out->pseudonym, err));
    hmac_key_init(&out->pseudonym_key, out->pseudonym);
    TRY(look_at_audit_key(places->audit, err));
    if (!dir_exists(out->seal_dir.p))
        return FAIL(err, E_ABSENT, "the folder of the seal keys, %s, is not there: restore it, or make it with mode 0700",
                    out->seal_dir.p);
    out->sealer = (struct sealer){.ctx = out, .seal = sealer_seal, .unseal = sealer_unseal};
    return OK;
}

void keys_close(struct keys *k)
{
    explicit_bzero(k->identifier, sizeof k->identifier);
    explicit_bzero(k->pseudonym, sizeof k->pseudonym);
    explicit_bzero(&k->pseudonym_key, sizeof k->pseudonym_key);
    explicit_bzero(k->cached, sizeof k->cached);
    arena_release(&k->arena);
}

struct str keys_pseudonym(void *keys, struct str value, struct arena *a)
{
    enum { DIGITS = 20 };
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    struct keys *k = keys;
    struct hash h = hmac(&k->pseudonym_key, value);
    char text[4 + DIGITS];
    memcpy(text, "PSN-", 4);
    for (size_t i = 0; i < DIGITS; i++)
        text[4 + i] = alphabet[h.b[i] & 31];
    return arena_str(a, (struct str){text, sizeof text});
}
