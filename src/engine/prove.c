/* prove.c - that one entry stands in the log, as a .tlog-proof. */
#include "audit/proof.h"
#include "base/file.h"
#include "engine/logbook_state.h"

/* Without a published folder the hashes are computed from every entry; up to here that is a matter of seconds. */
enum { LEAVES_MAX = 4 << 20, TILES_ARENA_MAX = 64 << 20 };

struct proving {
    struct engine *engine;
    struct log_identity log;
    struct str checkpoint; /* the proof is in the tree of this one */
    uint64_t size;
    struct merkle_path path;
};

static enum status prove_from_folder(struct proving *p, struct str dir, uint64_t index, struct err *err)
{
    struct arena tiles;
    struct tile_reader reader;
    arena_init(&tiles, TILES_ARENA_MAX);
    tile_reader_init(&reader, dir.p, p->size, &tiles);
    struct hash_reader hashes = tile_hash_reader(&reader);
    enum status s = merkle_prove_inclusion(&hashes, index, p->size, &p->path, err);
    arena_release(&tiles);
    return s;
}

static enum status published(struct proving *p, struct str dir, uint64_t index, struct arena *a, struct err *err)
{
    struct log_there there;
    struct logbook_head head;
    TRY(log_there_get(p->engine, p->log.origin, dir, a, &there, err));
    if (!there.any || there.size <= index) {
        TRY(logbook_publish(p->engine, STR_NONE, a, &head, err));
        TRY(log_there_get(p->engine, p->log.origin, dir, a, &there, err));
    }
    p->size = there.size;
    p->checkpoint = there.text;
    return prove_from_folder(p, dir, index, err);
}

static enum status prove_from_leaves(struct proving *p, struct hash *leaves, uint64_t index, struct err *err)
{
    struct log_reader reader;
    enum status s = OK;
    log_reader_init(&reader, p->engine, p->size);
    for (uint64_t i = 0; s == OK && i < p->size; i++) {
        const struct entry *entry;
        s = log_reader_entry(&reader, i, &entry, err);
        if (s == OK)
            leaves[i] = merkle_leaf(entry->body);
    }
    log_reader_release(&reader);
    TRY(s);
    struct leaf_array array = {.leaves = leaves, .n = (size_t)p->size};
    struct hash_reader hashes = leaf_array_reader(&array);
    return merkle_prove_inclusion(&hashes, index, p->size, &p->path, err);
}

static enum status unpublished(struct proving *p, uint64_t index, struct arena *a, struct err *err)
{
    struct log_head head;
    struct arena work;
    TRY(log_head_get(p->engine, a, &head, err));
    p->size = head.frontier.size;
    p->checkpoint = head.checkpoint;
    if (p->size > LEAVES_MAX)
        return FAIL(err, E_UNSUPPORTED, "a log of %llu entries is proved from its published folder: set audit.publish",
                    (unsigned long long)p->size);
    arena_init(&work, (LEAVES_MAX + 1) * sizeof(struct hash));
    struct hash *leaves = ARENA_ARRAY(&work, struct hash, (size_t)p->size + 1);
    enum status s = leaves ? prove_from_leaves(p, leaves, index, err) : ARENA_FULL(err, &work);
    arena_release(&work);
    return s;
}

/* A proof that does not verify is never handed out. */
static enum status checked(struct proving *p, uint64_t index, struct str text, struct err *err)
{
    struct log_reader reader;
    const struct entry *entry;
    struct log_vkeys keys;
    struct proof_opened opened;
    TRY(log_vkeys(p->engine, p->log.origin, &keys, err));
    log_reader_init(&reader, p->engine, index + 1);
    enum status s = log_reader_entry(&reader, index, &entry, err);
    if (s == OK) {
        struct hash leaf = merkle_leaf(entry->body);
        s = proof_verify(text, &leaf, p->log.origin, keys.key, keys.n, &opened, err);
    }
    log_reader_release(&reader);
    return s == OK || !err ? s : err_prefix(err, "the log does not prove its entry %llu: ", (unsigned long long)index);
}

enum status logbook_prove(struct engine *e, uint64_t index, struct arena *a, struct str *out, struct err *err)
{
    struct proving p = {.engine = e};
    CLEANUP(buf_release) struct buf b;
    uint64_t size;
    buf_init(&b, PROOF_BYTES_MAX);
    TRY(registry_log_size(e->registry, &size, err));
    if (index >= size)
        return FAIL(err, E_ABSENT, "the log has %llu entries; there is no entry %llu", (unsigned long long)size,
                    (unsigned long long)index);
    TRY(logbook_integrate(e, err));
    TRY(log_identity_get(e, a, &p.log, err));
    struct str dir = log_dir(e, p.log.origin, STR_NONE, a);
    if (dir.n)
        TRY(published(&p, dir, index, a, err));
    else
        TRY(unpublished(&p, index, a, err));
    struct tlog_proof proof = {.index = index, .path = p.path, .checkpoint = p.checkpoint};
    proof_format(&proof, &b);
    TRY(buf_check(&b, err));
    struct str text = arena_str(a, buf_view(&b));
    if (!text.p)
        return ARENA_FULL(err, a);
    TRY(checked(&p, index, text, err));
    *out = text;
    return OK;
}
