/* registry_worker.c - workers: a row with a lease each. */
#include "registry/front.h"

enum { PAGE_ROWS = 500, ROW_BYTES = 1 << 16 };

struct worker_row { int64_t lease_until_ms; struct str what; };
#define AT(type, member) {type, offsetof(struct worker_row, member), 0}
static const struct field worker_fields[] = {AT(FIELD_TIME, lease_until_ms), AT(FIELD_TEXT, what)};

static enum status worker_put(struct registry *r, const struct row_key *worker, const struct worker_row *w,
                              uint64_t version, struct err *err)
{
    struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    fields_pack(&b, worker_fields, ARRAY_LEN(worker_fields), w);
    enum status status = buf_check(&b, err);
    if (status == OK) {
        struct row row = {.table = TABLE_WORKER, .op = ROW_PUT, .key = key_str(worker), .version = version,
                          .body = buf_view(&b)};
        status = registry_commit_one(r, &row, 1, NULL, err);
    }
    buf_release(&b);
    return status;
}

static enum status worker_read(const struct row *row, struct worker_row *out, struct err *err)
{
    struct worker_row w;
    struct unpack u;
    fields_clear(worker_fields, ARRAY_LEN(worker_fields), &w);
    unpack_init(&u, row->body);
    while (unpack_next(&u))
        (void)field_read(&u, worker_fields, ARRAY_LEN(worker_fields), &w);
    if (u.bad || row->key.n != ROW_KEY_BYTES || w.lease_until_ms == TIME_NONE)
        return fail_damaged("worker", row->key, err);
    *out = w;
    return OK;
}

static bool lease_is_dead(int64_t lease_until_ms, int64_t now_ms)
{
    return now_ms - WORKER_DEAD_AFTER_MS > lease_until_ms;
}

enum status registry_worker_start(struct registry *r, struct row_key *worker, int64_t now_ms, int64_t lease_ms,
                                  struct str what, struct err *err)
{
    struct row_key key;
    struct worker_row w = {.lease_until_ms = now_ms + lease_ms, .what = what};
    ASSERT(lease_ms > 0);
    crypto_random(key.b, sizeof(key.b));
    TRY(worker_put(r, &key, &w, 0, err));
    *worker = key;
    return OK;
}

static enum status worker_renew(struct registry *r, const struct row_key *worker, int64_t now_ms, int64_t lease_ms,
                                struct arena *a, struct err *err)
{
    struct row row;
    struct worker_row w;
    TRY(registry_get_one(r, TABLE_WORKER, key_str(worker), a, &row, err));
    if (row.version > 0)
        TRY(worker_read(&row, &w, err));
    if (row.version == 0 || lease_is_dead(w.lease_until_ms, now_ms))
        return FAIL(err, E_CONFLICT, "this worker was silent for too long and was taken for dead: start it again");
    w.lease_until_ms = now_ms + lease_ms;
    return worker_put(r, worker, &w, row.version, err);
}

enum status registry_worker_renew(struct registry *r, const struct row_key *worker, int64_t now_ms, int64_t lease_ms,
                                  struct err *err)
{
    struct arena a;
    arena_init(&a, ROW_BYTES);
    enum status status = worker_renew(r, worker, now_ms, lease_ms, &a, err);
    arena_release(&a);
    return status;
}

enum status registry_worker_stop(struct registry *r, const struct row_key *worker, struct err *err)
{
    return registry_record_remove(r, TABLE_WORKER, key_str(worker), VERSION_ANY, err);
}

enum status registry_workers(struct registry *r, struct arena *a, struct registry_worker **out, size_t *n,
                             struct err *err)
{
    struct registry_worker *workers = NULL;
    struct str after = STR_NONE;
    size_t workers_n = 0, cap = 0, rows_n;
    do {
        struct row *rows;
        TRY(backend_page(&r->backend, TABLE_WORKER, STR(""), after, PAGE_ROWS, a, &rows, &rows_n, err));
        if (!arena_grow(a, (void **)&workers, &cap, workers_n + rows_n, sizeof(*workers)))
            return ARENA_FULL(err, a);
        for (size_t i = 0; i < rows_n; i++) {
            struct worker_row w;
            TRY(worker_read(&rows[i], &w, err));
            struct registry_worker *one = &workers[workers_n++];
            *one = (struct registry_worker){.lease_until_ms = w.lease_until_ms, .what = w.what};
            memcpy(one->key.b, rows[i].key.p, ROW_KEY_BYTES);
            after = rows[i].key;
        }
    } while (rows_n == PAGE_ROWS);
    *out = workers;
    *n = workers_n;
    return OK;
}

enum status worker_states(struct registry *r, const struct row_key *keys, size_t n, int64_t now_ms, struct arena *a,
                          struct worker_state *out, struct err *err)
{
    struct str *names = ARENA_ARRAY(a, struct str, n);
    struct row *rows = ARENA_ARRAY(a, struct row, n);
    if (names == NULL || rows == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        names[i] = key_str(&keys[i]);
    TRY(backend_get(&r->backend, TABLE_WORKER, names, n, a, rows, err));
    for (size_t i = 0; i < n; i++) {
        struct worker_row w = {.lease_until_ms = TIME_NONE};
        if (rows[i].version > 0)
            TRY(worker_read(&rows[i], &w, err));
        out[i] = (struct worker_state){.key = keys[i], .version = rows[i].version, .lease_until_ms = w.lease_until_ms,
                                       .alive = rows[i].version > 0 && !lease_is_dead(w.lease_until_ms, now_ms)};
    }
    return OK;
}

enum status registry_workers_alive(struct registry *r, const struct row_key *workers, size_t n, int64_t now_ms,
                                   struct arena *a, bool *alive, struct err *err)
{
    struct worker_state *states = ARENA_ARRAY(a, struct worker_state, n);
    if (states == NULL)
        return ARENA_FULL(err, a);
    TRY(worker_states(r, workers, n, now_ms, a, states, err));
    for (size_t i = 0; i < n; i++)
        alive[i] = states[i].alive;
    return OK;
}

/* Judging by the clock alone would let a worker with a late clock renew beside whoever took its chains. */
enum status worker_bury(struct registry *r, struct worker_state *w, struct err *err)
{
    struct row row = {.table = TABLE_WORKER, .op = ROW_REMOVE, .key = key_str(&w->key), .version = w->version};
    struct group g = {.rows = &row, .rows_n = 1};
    ASSERT(!w->alive);
    if (w->version == 0)
        return OK;
    TRY(registry_commit(r, &g, 1, err));
    w->alive = g.result != OK;
    if (!w->alive)
        w->version = 0;
    return OK;
}
