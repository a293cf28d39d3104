/* logbook.c - new entries taken into the tree, the head signed and stored; an old copy of a registry recognised. */
#include "engine/logbook.h"

#include "base/clock.h"
#include "engine/logbook_state.h"

enum { WORK_ARENA_MAX = 8 << 20, ROUNDS_MAX = 50 };

enum status logbook_create(struct engine *e, struct str origin, struct err *err)
{
    struct arena a;
    struct row rows[2];
    struct log_head head = {.version = 0};
    struct log_identity log = {.origin = origin, .created_ms = engine_log_now(e)};
    arena_init(&a, WORK_ARENA_MAX);
    frontier_init(&head.frontier);
    enum status s = log_sign(e, origin, log.created_ms, &a, &head, err);
    if (s == OK)
        s = log_identity_row(&log, &a, &rows[0], err);
    if (s == OK)
        s = log_head_row(&head, &a, &rows[1], err);
    if (s == OK) {
        struct group g = {.rows = rows, .rows_n = ARRAY_LEN(rows)};
        s = registry_commit(e->registry, &g, 1, err);
        if (s == OK && g.result != OK)
            s = FAIL(err, g.result, "the registry has an audit log already");
    }
    arena_release(&a);
    return s;
}

enum status logbook_head(struct engine *e, struct arena *a, struct logbook_head *out, struct err *err)
{
    struct log_identity log;
    struct log_head head;
    struct str vkey;
    TRY(log_identity_get(e, a, &log, err));
    TRY(log_head_get(e, a, &head, err));
    TRY(log_vkey(e, log.origin, a, &vkey, err));
    *out = (struct logbook_head){.size = head.frontier.size,
                                 .root = head.root,
                                 .checkpoint = head.checkpoint,
                                 .origin = log.origin,
                                 .vkey = vkey,
                                 .signed_ms = head.signed_ms};
    return OK;
}

/* ---- integration ---- */

static enum status extend(struct engine *e, uint64_t size, struct frontier *f, struct err *err)
{
    struct log_reader r;
    enum status s = OK;
    log_reader_init(&r, e, size);
    while (s == OK && f->size < size) {
        const struct entry *entry;
        s = log_reader_entry(&r, f->size, &entry, err);
        if (s != OK)
            break;
        struct hash leaf = merkle_leaf(entry->body);
        frontier_append(f, &leaf);
    }
    log_reader_release(&r);
    return s;
}

/* E_CONFLICT: somebody else has moved the head. */
static enum status integrate_once(struct engine *e, uint64_t size, struct arena *a, bool *done, struct err *err)
{
    struct log_identity log;
    struct log_head head;
    struct row row;
    TRY(log_identity_get(e, a, &log, err));
    TRY(log_head_get(e, a, &head, err));
    *done = head.frontier.size >= size;
    if (*done)
        return OK;
    TRY(extend(e, size, &head.frontier, err));
    TRY(log_sign(e, log.origin, engine_log_now(e), a, &head, err));
    TRY(log_head_row(&head, a, &row, err));
    struct group g = {.rows = &row, .rows_n = 1};
    TRY(registry_commit(e->registry, &g, 1, err));
    *done = g.result == OK;
    return OK;
}

enum status logbook_integrate(struct engine *e, struct err *err)
{
    struct arena a;
    uint64_t size;
    bool done = false;
    TRY(logbook_check_behind(e, err)); /* an old copy signs nothing */
    TRY(registry_log_size(e->registry, &size, err));
    arena_init(&a, WORK_ARENA_MAX);
    enum status s = OK;
    for (int round = 0; s == OK && !done && round < ROUNDS_MAX; round++) {
        arena_reset(&a);
        s = integrate_once(e, size, &a, &done, err);
        if (s == OK && !done)
            clock_sleep_ms(1 + round);
    }
    arena_release(&a);
    if (s == OK && !done)
        return FAIL(err, E_RETRY, "the log's head is being moved by others all the time: try again");
    return s;
}

/* ---- an old copy (rule 2.30) ---- */

static enum status behind(const struct log_there *there, uint64_t size, struct str dir, struct err *err)
{
    if (there->size > size)
        return FAIL(err, E_DENIED,
                    "this registry is behind what it has published (%llu entries here, %llu in %.*s): it is an "
                    "old copy. Run `expunge audit reopen`",
                    (unsigned long long)size, (unsigned long long)there->size, STR_ARG(dir));
    return FAIL(err, E_DENIED,
                "this registry is behind what it has published (its first %llu entries are others than those in "
                "%.*s): it is an old copy that went on. Run `expunge audit reopen`",
                (unsigned long long)there->size, STR_ARG(dir));
}

/* Nothing is published there. Had this registry published there before, a disk is not mounted or somebody removed the folder:
 * whether it is an old copy cannot be said, and what is unknown is not believed. */
static enum status check_unpublished(struct engine *e, struct str dir, struct arena *a, struct err *err)
{
    struct log_published mine;
    TRY(log_published_get(e, a, &mine, err));
    if (!mine.version || !mine.size || !str_eq(mine.dir, dir))
        return OK;
    return FAIL(err, E_DENIED,
                "what this registry has published (%llu entries, in %.*s) is not there, so it may be an old copy: mount or "
                "restore that folder. If it is lost for good, set audit.publish to another one",
                (unsigned long long)mine.size, STR_ARG(dir));
}

static enum status check_behind(struct engine *e, struct arena *a, struct err *err)
{
    struct log_identity log;
    struct log_head head;
    struct log_published mine;
    struct log_there there;
    uint64_t size;
    TRY(log_identity_get(e, a, &log, err));
    struct str dir = log_dir(e, log.origin, STR_NONE, a);
    if (!dir.n)
        return OK;
    /* In this order: what is published is in the registry before. */
    TRY(log_there_get(e, log.origin, dir, a, &there, err));
    if (!there.any)
        return check_unpublished(e, dir, a, err);
    TRY(registry_log_size(e->registry, &size, err));
    if (there.size > size)
        return behind(&there, size, dir, err);
    TRY(log_published_get(e, a, &mine, err));
    TRY(log_head_get(e, a, &head, err));
    struct hash root = mine.root;
    if (head.frontier.size == there.size)
        root = head.root;
    else if (!mine.version || mine.size != there.size || !str_eq(mine.dir, dir))
        TRY(log_root_at(e, there.size, &root, err));
    return hash_eq(&root, &there.root) ? OK : behind(&there, size, dir, err);
}

enum status logbook_check_behind(struct engine *e, struct err *err)
{
    struct arena a;
    arena_init(&a, WORK_ARENA_MAX);
    enum status s = check_behind(e, &a, err);
    arena_release(&a);
    return s;
}
