/* actor.c - who is acting; accounts as small records, their tokens as hashes. */
#include "engine/actor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/journal.h"

enum { ACCOUNTS_MAX = 100000, PAGE = 500, NAME_MAX_BYTES = 64, TOKEN_BYTES = 32, TOKEN_DIGITS = 43, HOST_BYTES = 256 };
static const char TOKEN_PREFIX[] = "exp_";

/* ---- the record ---- */

static enum status account_write(const struct account *u, struct buf *b, struct err *err)
{
    struct json_writer w;
    CLEANUP(buf_release) struct buf hex;
    buf_init(&hex, 2 * HASH_BYTES + 1);
    buf_hex(&hex, u->token.b, sizeof u->token.b);
    jw_init(&w, b, 0);
    jw_object(&w);
    jw_key_int(&w, "created", u->created_ms);
    jw_key_bool(&w, "disabled", u->disabled);
    jw_key_string(&w, "id", u->id);
    jw_key_string(&w, "name", u->name);
    jw_key_string(&w, "role", u->role);
    jw_key_string(&w, "token", buf_view(&hex));
    jw_end(&w);
    return buf_check(b, err);
}

static enum status account_read(struct str body, struct arena *a, struct account *out, struct err *err)
{
    const struct json *j;
    size_t n = sizeof out->token.b;
    TRY(json_parse(body, a, &j, err));
    *out = (struct account){.id = json_string(json_get(j, "id")),
                            .name = json_string(json_get(j, "name")),
                            .role = json_string(json_get(j, "role")),
                            .disabled = json_true(json_get(j, "disabled"))};
    if (!out->id.n || !json_int(json_get(j, "created"), &out->created_ms) ||
        !hex_decode(json_string(json_get(j, "token")), out->token.b, &n) || n != sizeof out->token.b)
        return FAIL(err, E_IO, "an account's record is damaged: restore the registry from a backup");
    return OK;
}

enum status account_list(struct engine *e, struct arena *a, struct account **out, size_t *n, struct err *err)
{
    struct account *list = NULL;
    size_t list_n = 0, cap = 0, rows_n;
    struct str after = STR_NONE;
    do {
        struct row *rows;
        TRY(registry_record_page(e->registry, TABLE_ACCOUNT, STR_NONE, after, PAGE, a, &rows, &rows_n, err));
        void *items = list;
        if (list_n > ACCOUNTS_MAX || !arena_grow(a, &items, &cap, list_n + rows_n + 1, sizeof *list))
            return FAIL(err, E_LIMIT, "more accounts than can be listed");
        list = items;
        for (size_t i = 0; i < rows_n; i++)
            TRY(account_read(rows[i].body, a, &list[list_n++], err));
        if (rows_n)
            after = rows[rows_n - 1].key;
    } while (rows_n == PAGE);
    *out = list;
    *n = list_n;
    return OK;
}

struct str actor_text(const struct account *accounts, size_t n, struct str id, struct str claim, struct arena *a)
{
    struct str name = id;
    for (size_t i = 0; i < n; i++)
        if (id.n && str_eq(accounts[i].id, id))
            name = accounts[i].name;
    return claim.n ? arena_fmt(a, "%.*s (%.*s)", STR_ARG(claim), STR_ARG(name)) : name;
}

/* ---- who it is ---- */

static enum status actor_by_token(struct engine *e, struct str token, struct err *err)
{
    struct account *list;
    size_t n;
    struct hash h = sha256(token);
    TRY(account_list(e, &e->arena, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (!bytes_equal(list[i].token.b, h.b, sizeof h.b))
            continue;
        if (list[i].disabled)
            return FAIL(err, E_DENIED, "the account of EXPUNGE_TOKEN is disabled");
        e->actor.id = list[i].id;
        e->actor.role = list[i].role;
        e->actor.identified = true;
        return OK;
    }
    return FAIL(err, E_DENIED,
                "EXPUNGE_TOKEN names no account here: unset it, or ask for a new one (`expunge user add`)");
}

static enum status actor_of_system(struct engine *e, struct err *err)
{
    char host[HOST_BYTES] = "", text[4096], number[32];
    struct passwd entry, *found = NULL;
    if (gethostname(host, sizeof host - 1) != 0 || !host[0])
        memcpy(host, "localhost", sizeof "localhost");
    snprintf(number, sizeof number, "%lu", (unsigned long)getuid());
    bool named = getpwuid_r(getuid(), &entry, text, sizeof text, &found) == 0 && found;
    e->actor.id = arena_fmt(&e->arena, "os:%s@%s", named ? found->pw_name : number, host);
    e->actor.role = STR(ROLE_LOCAL);
    return e->actor.id.p ? OK : ARENA_FULL(err, &e->arena);
}

enum status actor_find(struct engine *e, struct str by, struct err *err)
{
    const char *token = getenv("EXPUNGE_TOKEN");
    e->actor = (struct actor){.claim = arena_str(&e->arena, by)};
    if (!arena_str_ok(e->actor.claim, by))
        return ARENA_FULL(err, &e->arena);
    return token && token[0] ? actor_by_token(e, str_of(token), err) : actor_of_system(e, err);
}

/* ---- changes ---- */

static bool name_good(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7F)
            return false;
    return name.n >= 1 && name.n <= NAME_MAX_BYTES && str_is_utf8(name);
}

static enum status put(struct engine *e, const struct account *u, uint64_t version, const char *change, struct arena *a,
                       struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    struct entry entry;
    struct journal_fact facts[] = {{.name = "change", .text = str_of(change)},
                                   {.name = "roles", .text = u->role},
                                   {.name = "setting", .text = STR("Users")},
                                   {.name = "user", .text = u->id}};
    buf_init(&b, 1 << 16);
    TRY(account_write(u, &b, err));
    TRY(journal_plain(e, "USER_CHANGED", facts, ARRAY_LEN(facts), NULL, engine_now(e), a, &entry, err));
    return registry_record_put(e->registry, TABLE_ACCOUNT, u->name, buf_view(&b), version, &entry, err);
}

/* "exp_" and 43 digits of base64url: 32 random bytes. */
static struct str new_token(struct arena *a)
{
    unsigned char raw[TOKEN_BYTES];
    CLEANUP(buf_release) struct buf b;
    crypto_random(raw, sizeof raw);
    buf_init(&b, 128);
    buf_cstr(&b, TOKEN_PREFIX);
    buf_base64(&b, raw, sizeof raw);
    explicit_bzero(raw, sizeof raw);
    ASSERT(!b.failed && b.n == sizeof TOKEN_PREFIX - 1 + TOKEN_DIGITS + 1);
    b.n--; /* the padding */
    for (size_t i = 0; i < b.n; i++)
        b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
    return arena_str(a, buf_view(&b));
}

static struct str new_id(struct arena *a)
{
    unsigned char raw[8];
    crypto_random(raw, sizeof raw);
    uint64_t n;
    memcpy(&n, raw, sizeof n);
    return arena_fmt(a, "user-%016llx", (unsigned long long)n);
}

enum status account_add(struct engine *e, struct str name, struct str role, struct arena *a, struct str *token,
                        struct err *err)
{
    struct str body;
    uint64_t version;
    if (!name_good(name))
        return FAIL(err, E_INVALID, "an account's name is 1 to %d bytes without spaces", NAME_MAX_BYTES);
    if (!role_known(role))
        return FAIL(err, E_INVALID,
                    "there is no role '%.*s'; one of: viewer, supervisor, privacy-operator, "
                    "privacy-approver, legal, auditor, administrator",
                    STR_ARG(role));
    TRY(registry_record_get(e->registry, TABLE_ACCOUNT, name, a, &body, &version, err));
    if (version)
        return FAIL(err, E_CONFLICT, "an account '%.*s' exists already", STR_ARG(name));
    struct str secret = new_token(a);
    struct account u = {
        .id = new_id(a), .name = name, .role = role, .token = sha256(secret), .created_ms = engine_now(e)};
    if (!secret.p || !u.id.p)
        return ARENA_FULL(err, a);
    TRY(put(e, &u, 0, "added", a, err));
    *token = secret;
    return OK;
}

enum status account_disable(struct engine *e, struct str name, struct arena *a, struct err *err)
{
    struct str body;
    uint64_t version;
    struct account u;
    TRY(registry_record_get(e->registry, TABLE_ACCOUNT, name, a, &body, &version, err));
    if (!version)
        return FAIL(err, E_ABSENT, "there is no account '%.*s'", STR_ARG(name));
    TRY(account_read(body, a, &u, err));
    if (u.disabled)
        return OK;
    u.disabled = true;
    return put(e, &u, version, "disabled", a, err);
}
