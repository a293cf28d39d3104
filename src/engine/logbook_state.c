/* logbook_state.c - the log's few values in the registry, its key, its folder, and its entries read in order. */
#include "engine/logbook_state.h"

#include <stdio.h>

#include "base/file.h"
#include "base/pack.h"
#include "engine/key_rotate.h"

enum { F_ORIGIN = 1, F_CREATED = 2 };
enum { H_FRONTIER = 1, H_ROOT = 2, H_CHECKPOINT = 3, H_SIGNED = 4 };
enum { P_SIZE = 1, P_ROOT = 2, P_DIR = 3 };
enum { META_BYTES_MAX = 64 << 10, PAGE_ENTRIES = 512, PAGE_ARENA_MAX = 64 << 20 };

static enum status damaged(const char *what, struct err *err)
{
    return FAIL(err, E_IO, "the registry's record of %s is damaged: restore the registry from a backup", what);
}

static bool take_hash(struct str s, struct hash *out)
{
    if (s.n != sizeof out->b)
        return false;
    memcpy(out->b, s.p, sizeof out->b);
    return true;
}

static enum status meta_row(const char *name, uint64_t version, struct buf *b, struct arena *a, struct row *out,
                            struct err *err)
{
    TRY(buf_check(b, err));
    struct str body = arena_str(a, buf_view(b));
    if (!body.p)
        return ARENA_FULL(err, a);
    *out = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = str_of(name), .version = version, .body = body};
    return OK;
}

enum status log_identity_get(struct engine *e, struct arena *a, struct log_identity *out, struct err *err)
{
    struct log_identity log = {.created_ms = 0};
    struct str body;
    TRY(registry_meta_get(e->registry, "log", a, &body, &log.version, err));
    if (!log.version)
        return FAIL(err, E_ABSENT, "the registry has no audit log: it was not made by `expunge init`");
    struct unpack u;
    for (unpack_init(&u, body); unpack_next(&u);)
        if (u.number == F_ORIGIN && u.is_bytes)
            log.origin = u.s;
        else if (u.number == F_CREATED && !u.is_bytes)
            log.created_ms = u.i;
    if (u.bad || !log.origin.n)
        return damaged("its audit log", err);
    *out = log;
    return OK;
}

enum status log_identity_row(const struct log_identity *log, struct arena *a, struct row *out, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, META_BYTES_MAX);
    pack_str(&b, F_ORIGIN, log->origin);
    pack_int(&b, F_CREATED, log->created_ms);
    return meta_row("log", log->version, &b, a, out, err);
}

enum status log_head_get(struct engine *e, struct arena *a, struct log_head *out, struct err *err)
{
    struct log_head h = {.signed_ms = 0};
    struct str body;
    bool good = true, root = false, frontier = false;
    TRY(registry_meta_get(e->registry, "head", a, &body, &h.version, err));
    if (!h.version)
        return FAIL(err, E_ABSENT, "the registry has no audit log: it was not made by `expunge init`");
    struct unpack u;
    for (unpack_init(&u, body); unpack_next(&u);)
        if (u.number == H_FRONTIER && u.is_bytes)
            good &= frontier = frontier_unpack(u.s, &h.frontier);
        else if (u.number == H_ROOT && u.is_bytes)
            good &= root = take_hash(u.s, &h.root);
        else if (u.number == H_CHECKPOINT && u.is_bytes)
            h.checkpoint = u.s;
        else if (u.number == H_SIGNED && !u.is_bytes)
            h.signed_ms = u.i;
    if (u.bad || !good || !root || !frontier)
        return damaged("the log's head", err);
    struct hash is = frontier_root(&h.frontier);
    if (!hash_eq(&is, &h.root))
        return damaged("the log's head", err);
    *out = h;
    return OK;
}

enum status log_head_row(const struct log_head *head, struct arena *a, struct row *out, struct err *err)
{
    unsigned char packed[FRONTIER_BYTES_MAX];
    size_t n = frontier_pack(&head->frontier, packed);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, META_BYTES_MAX);
    pack_bytes(&b, H_FRONTIER, packed, n);
    pack_bytes(&b, H_ROOT, head->root.b, sizeof head->root.b);
    pack_str(&b, H_CHECKPOINT, head->checkpoint);
    pack_int(&b, H_SIGNED, head->signed_ms);
    return meta_row("head", head->version, &b, a, out, err);
}

enum status log_published_get(struct engine *e, struct arena *a, struct log_published *out, struct err *err)
{
    struct log_published p = {.size = 0};
    struct str body;
    bool good = true;
    TRY(registry_meta_get(e->registry, "published", a, &body, &p.version, err));
    struct unpack u;
    for (unpack_init(&u, body); p.version && unpack_next(&u);)
        if (u.number == P_SIZE && !u.is_bytes)
            p.size = (uint64_t)u.i;
        else if (u.number == P_ROOT && u.is_bytes)
            good &= take_hash(u.s, &p.root);
        else if (u.number == P_DIR && u.is_bytes)
            p.dir = u.s;
    if (p.version && (u.bad || !good))
        return damaged("what was published", err);
    *out = p;
    return OK;
}

enum status log_published_put(struct engine *e, const struct log_published *p, struct err *err)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, META_BYTES_MAX);
    pack_int(&b, P_SIZE, (int64_t)p->size);
    pack_bytes(&b, P_ROOT, p->root.b, sizeof p->root.b);
    pack_str(&b, P_DIR, p->dir);
    TRY(buf_check(&b, err));
    return registry_meta_put(e->registry, "published", buf_view(&b), p->version, NULL, err);
}

/* ---- key and folder ---- */

static enum status put_keys(struct engine *e, const struct audit_keys *k, struct arena *a, struct log_keys *out,
                            struct err *err)
{
    struct key_replaced r;
    char label[AUDIT_KEY_LABEL + 1];
    snprintf(label, sizeof label, "%08x", k->current.id);
    TRY(key_replaced_get(e, label, a, &r, err));
    bool announced = r.version && k->has_prepared && r.next == k->prepared.id;
    for (size_t i = 0; i < k->old_n; i++)
        out->key[out->n++] = k->old[i];
    out->key[out->n++] = k->current;
    if (announced) /* a rotation is under way, or was interrupted: its entry is in the log */
        out->key[out->n++] = k->prepared;
    out->replaced = r.version && !announced;
    return OK;
}

enum status log_keys(struct engine *e, struct str origin, struct log_keys *out, struct err *err)
{
    struct audit_keys k;
    struct arena a;
    *out = (struct log_keys){.n = 0};
    arena_init(&a, META_BYTES_MAX);
    enum status s = audit_keys_read(e->config.key_places.audit, origin, &k, err);
    if (s == OK)
        s = put_keys(e, &k, &a, out, err);
    audit_keys_wipe(&k);
    arena_release(&a);
    return s;
}

enum status log_vkeys(struct engine *e, struct str origin, struct log_vkeys *out, struct err *err)
{
    struct log_keys keys;
    enum status s = log_keys(e, origin, &keys, err);
    out->n = 0;
    for (size_t i = 0; s == OK && i < keys.n; i++)
        out->key[out->n++] = note_vkey_of(&keys.key[i]);
    explicit_bzero(&keys, sizeof keys);
    return s;
}

enum status log_vkey(struct engine *e, struct str origin, struct arena *a, struct str *text, struct err *err)
{
    struct log_vkeys keys;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, META_BYTES_MAX);
    TRY(log_vkeys(e, origin, &keys, err));
    note_vkey_format(&keys.key[keys.n - 1], &b);
    TRY(buf_check(&b, err));
    *text = arena_str(a, buf_view(&b));
    return text->p ? OK : ARENA_FULL(err, a);
}

enum status log_sign(struct engine *e, struct str origin, int64_t now_ms, struct arena *a, struct log_head *head,
                     struct err *err)
{
    struct log_keys keys;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, CHECKPOINT_BYTES_MAX);
    head->root = frontier_root(&head->frontier);
    struct checkpoint cp = {.origin = origin, .size = head->frontier.size, .root = head->root};
    enum status s = log_keys(e, origin, &keys, err);
    if (s == OK && keys.replaced)
        s = FAIL(err, E_DENIED,
                 "the audit key (%.*s) was replaced and signs no more: put back the key files as they were, or run "
                 "`expunge key rotate`",
                 STR_ARG(e->config.key_places.audit));
    if (s == OK)
        s = checkpoint_sign(&cp, keys.key, keys.n, &b, err);
    explicit_bzero(&keys, sizeof keys);
    TRY(s);
    TRY(buf_check(&b, err));
    head->checkpoint = arena_str(a, buf_view(&b));
    head->signed_ms = now_ms;
    return head->checkpoint.p ? OK : ARENA_FULL(err, a);
}

/* "r2" of ".../2026/r2"; absent for a log that was never reopened. */
static struct str reopened_part(struct str origin)
{
    struct str last = path_base(origin), number = {last.p + 1, last.n ? last.n - 1 : 0};
    int64_t n;
    return last.n > 1 && last.p[0] == 'r' && str_to_i64(number, &n) && n >= 2 ? last : STR_NONE;
}

struct str log_dir(const struct engine *e, struct str origin, struct str dir, struct arena *a)
{
    struct str base = dir.n ? dir : e->config.audit_publish, part = reopened_part(origin);
    if (!base.n)
        return STR_NONE;
    return part.n ? path_join(a, base, part) : arena_str(a, base);
}

enum status log_there_get(struct engine *e, struct str origin, struct str dir, struct arena *a, struct log_there *out,
                          struct err *err)
{
    struct log_there there = {.any = false};
    struct checkpoint_opened opened;
    struct log_vkeys keys;
    struct str path = path_join(a, dir, STR("checkpoint"));
    if (!path.p)
        return ARENA_FULL(err, a);
    enum status s = file_read(path.p, CHECKPOINT_BYTES_MAX, a, &there.text, err);
    if (s == E_ABSENT) {
        *out = there;
        return OK;
    }
    TRY(s);
    TRY(log_vkeys(e, origin, &keys, err));
    s = checkpoint_open(there.text, origin, keys.key, keys.n, &opened, err);
    if (s == E_DENIED || s == E_INVALID)
        return FAIL(err, E_DENIED,
                    "%s is not the head of this registry's log (%.*s): another log is published there, or another "
                    "key signed it. Run `expunge audit reopen`, or publish elsewhere",
                    path.p, STR_ARG(origin));
    TRY(s);
    there.any = true;
    there.size = opened.checkpoint.size;
    there.root = opened.checkpoint.root;
    *out = there;
    return OK;
}

/* ---- entries in order ---- */

void log_reader_init(struct log_reader *r, struct engine *e, uint64_t to)
{
    *r = (struct log_reader){.engine = e, .to = to};
    arena_init(&r->arena, PAGE_ARENA_MAX);
}

void log_reader_release(struct log_reader *r)
{
    arena_release(&r->arena);
}

enum status log_reader_entry(struct log_reader *r, uint64_t index, const struct entry **out, struct err *err)
{
    if (!r->page || index < r->from || index >= r->from + r->page_n) {
        uint64_t end = index + PAGE_ENTRIES < r->to ? index + PAGE_ENTRIES : r->to;
        struct entry_query q = {.from = index, .to = end, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
        arena_reset(&r->arena);
        r->page = NULL;
        TRY(registry_log_entries(r->engine->registry, &q, PAGE_ENTRIES, &r->arena, &r->page, &r->page_n, err));
        r->from = index;
        if (!r->page_n)
            r->page = NULL;
    }
    if (!r->page || r->page[index - r->from].index != index)
        return FAIL(err, E_IO, "the registry has no audit entry %llu: restore it from a backup",
                    (unsigned long long)index);
    *out = &r->page[index - r->from];
    return OK;
}

static enum status reader_next(void *ctx, uint64_t index, struct str *entry, struct err *err)
{
    const struct entry *found;
    TRY(log_reader_entry(ctx, index, &found, err));
    *entry = found->body;
    return OK;
}

struct entry_source log_reader_source(struct log_reader *r)
{
    return (struct entry_source){.ctx = r, .next = reader_next};
}

enum status log_root_at(struct engine *e, uint64_t size, struct hash *out, struct err *err)
{
    struct log_reader r;
    struct frontier f;
    enum status s = OK;
    frontier_init(&f);
    log_reader_init(&r, e, size);
    for (uint64_t i = 0; s == OK && i < size; i++) {
        const struct entry *entry;
        s = log_reader_entry(&r, i, &entry, err);
        if (s != OK)
            break;
        struct hash leaf = merkle_leaf(entry->body);
        frontier_append(&f, &leaf);
    }
    log_reader_release(&r);
    TRY(s);
    *out = frontier_root(&f);
    return OK;
}
