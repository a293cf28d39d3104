/* registry_commit.c - groups committed so that a caller never meets an unknown fate: OK or E_CONFLICT, in the end. */
#include "base/clock.h"
#include "registry/committer.h"
#include "registry/front.h"

enum { FATE_ROUNDS = 20, FATE_BYTES = 1 << 20, WAIT_MOST_MS = 50 };

/* Entries carry ids nobody else draws: one that is there tells that its group is. */
static enum status entry_is_there(struct backend *b, const struct entry *e, struct arena *a, bool *there,
                                  struct err *err)
{
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .id = e->id};
    struct entry *found;
    size_t n = 0;
    TRY(backend_entries(b, &q, 1, a, &found, &n, err));
    *there = n > 0;
    return OK;
}

/* Whether the row reads as this write left it. A row whose version was not stated can tell nothing. */
static enum status row_is_there(struct backend *b, const struct row *row, struct arena *a, bool *there,
                                struct err *err)
{
    struct row now;
    TRY(backend_get(b, row->table, &row->key, 1, a, &now, err));
    if (row->op == ROW_REMOVE)
        *there = now.version == 0;
    else
        *there = now.version == row->version + 1 && str_eq(now.body, row->body);
    return OK;
}

static enum status group_is_there(struct backend *b, const struct group *g, bool *there, struct err *err)
{
    struct arena a;
    enum status status = OK;
    *there = false;
    arena_init(&a, FATE_BYTES);
    if (g->entries_n > 0) {
        status = entry_is_there(b, &g->entries[0], &a, there, err);
    } else {
        for (size_t i = 0; i < g->rows_n; i++) {
            const struct row *row = &g->rows[i];
            bool condition = row->op == ROW_REMOVE && row->version == 0;
            if (row->op == ROW_ADD || row->version == VERSION_ANY || condition)
                continue;
            status = row_is_there(b, row, &a, there, err);
            break;
        }
    }
    arena_release(&a);
    return status;
}

/* The groups whose fate is not known. */
struct unknown { struct group **of; struct group *again; size_t n; };

/* Those found are OK and leave the list. */
static enum status drop_what_is_there(struct backend *b, struct unknown *u, struct err *err)
{
    size_t left = 0;
    for (size_t i = 0; i < u->n; i++) {
        bool there;
        TRY(group_is_there(b, u->of[i], &there, err));
        if (there)
            u->of[i]->result = OK;
        else
            u->of[left++] = u->of[i];
    }
    u->n = left;
    return OK;
}

/* Done again, all together: which conflicts should the first attempt have landed after all. */
static enum status do_again(struct backend *b, struct unknown *u, struct err *err)
{
    size_t left = 0;
    for (size_t i = 0; i < u->n; i++)
        u->again[i] = *u->of[i];
    TRY(backend_commit(b, u->again, u->n, err));
    for (size_t i = 0; i < u->n; i++) {
        struct group *g = u->of[i];
        bool there = false;
        g->result = u->again[i].result;
        if (g->result == E_CONFLICT)
            TRY(group_is_there(b, g, &there, err));
        if (there)
            g->result = OK;
        if (g->result == E_RETRY)
            u->of[left++] = g;
    }
    u->n = left;
    return OK;
}

static enum status settle_fates(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct unknown u = {.n = 0};
    struct arena a;
    enum status status = OK;
    int64_t wait_ms = 1;
    for (size_t i = 0; i < n; i++)
        u.n += groups[i].result == E_RETRY;
    if (u.n == 0)
        return OK;
    arena_init(&a, u.n * (sizeof(*u.of) + sizeof(*u.again)) + FATE_BYTES);
    u.of = ARENA_ARRAY(&a, struct group *, u.n);
    u.again = ARENA_ARRAY(&a, struct group, u.n);
    u.n = 0;
    for (size_t i = 0; i < n && u.of != NULL && u.again != NULL; i++)
        if (groups[i].result == E_RETRY)
            u.of[u.n++] = &groups[i];
    if (u.of == NULL || u.again == NULL)
        status = ARENA_FULL(err, &a);
    for (int round = 0; round < FATE_ROUNDS && u.n > 0 && status == OK; round++) {
        if (round > 0)
            clock_sleep_ms(wait_ms);
        wait_ms = wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : wait_ms * 2;
        status = drop_what_is_there(b, &u, err);
        if (status == OK && u.n > 0)
            status = do_again(b, &u, err);
    }
    arena_release(&a);
    return status;
}

enum status registry_commit(struct registry *r, struct group *groups, size_t n, struct err *err)
{
    if (r->committer != NULL)
        return committer_commit(r->committer, groups, n, err);
    TRY(backend_commit(&r->backend, groups, n, err));
    return settle_fates(&r->backend, groups, n, err);
}

void registry_share(struct registry *r, struct committer *c)
{
    r->committer = c;
}

enum status registry_load(struct registry *r, struct group *groups, size_t n, struct err *err)
{
    TRY(backend_load(&r->backend, groups, n, err));
    return settle_fates(&r->backend, groups, n, err);
}

enum status registry_commit_one(struct registry *r, struct row *rows, size_t rows_n, struct entry *entry,
                                struct err *err)
{
    struct group g = {.rows = rows, .rows_n = rows_n, .entries = entry, .entries_n = entry != NULL};
    TRY(registry_commit(r, &g, 1, err));
    if (g.result == E_CONFLICT)
        return FAIL(err, E_CONFLICT, "the registry was changed by somebody else meanwhile: try again");
    if (g.result == E_LIMIT)
        return FAIL(err, E_LIMIT, "this is too large for the registry: a row may have %d bytes, a change %d", BODY_BYTES_MAX,
                    GROUP_BYTES_MAX);
    if (g.result != OK)
        return FAIL(err, g.result, "the registry did not answer whether the change was made: try again");
    return OK;
}
