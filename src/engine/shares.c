#include "engine/shares.h"
#include "base/pack.h"
#include "engine/plan.h"
#include "engine/visit.h"

enum { PAGE = 1000, PAGE_ARENA_MAX = 16 << 20, ROW_ARENA_MAX = 64 << 10, TRIES = 1000 };
enum { S_WORKER = 1, S_WORKED };
enum { P_LEFT = 1, P_CONSIDERED, P_PURGED, P_FAILED, P_HELD, P_PARTIAL };

uint64_t share_lines(uint64_t planned)
{
    static const uint64_t sizes[] = {PLAN_CHUNK_LINES, 5000, 2500, 1000, 500};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (planned / sizes[i] >= SHARES_WANTED)
            return sizes[i];
    return SHARE_LINES_LEAST;
}

/* ---- rows ---- */

static struct str share_key(struct str run_id, uint64_t number, struct arena *a)
{
    return arena_fmt(a, "%.*s:s%08llu", STR_ARG(run_id), (unsigned long long)number);
}

static struct str part_row_key(struct str run_id, const struct row_key *worker, struct arena *a)
{
    struct buf b;
    buf_init(&b, ROW_KEY_MAX);
    buf_str(&b, run_id);
    buf_cstr(&b, ":w");
    buf_add(&b, worker->b, ROW_KEY_BYTES);
    struct str key = arena_str(a, buf_view(&b));
    buf_release(&b);
    return key;
}

static void share_pack(const struct share *s, struct buf *b)
{
    if (!row_key_is_none(&s->worker))
        pack_bytes(b, S_WORKER, s->worker.b, ROW_KEY_BYTES);
    pack_int(b, S_WORKED, (int64_t)s->worked);
}

static void share_span(const struct run_record *run, uint64_t number, struct share *out)
{
    *out = (struct share){.number = number, .first = number * run->share_lines};
    uint64_t rest = run->planned - out->first;
    out->lines = rest < run->share_lines ? rest : run->share_lines;
}

static enum status damaged(struct str run_id, struct err *err)
{
    return FAIL(err, E_IO, "the shares of run %.*s are damaged in the registry", STR_ARG(run_id));
}

static enum status share_read(const struct run_record *run, const struct row *row, struct share *out, struct err *err)
{
    struct unpack u;
    int64_t number;
    size_t head = run->id.n + 2;
    struct str digits = {row->key.p + head, row->key.n - head};
    while (digits.n > 1 && digits.p[0] == '0')
        digits = (struct str){digits.p + 1, digits.n - 1};
    if (!str_to_i64(digits, &number) || number < 0 || (uint64_t)number * run->share_lines >= run->planned)
        return damaged(run->id, err);
    share_span(run, (uint64_t)number, out);
    out->version = row->version;
    for (unpack_init(&u, row->body); unpack_next(&u);) {
        if (u.number == S_WORKER && u.s.n == ROW_KEY_BYTES)
            memcpy(out->worker.b, u.s.p, ROW_KEY_BYTES);
        else if (u.number == S_WORKED)
            out->worked = (uint64_t)u.i;
    }
    return u.bad || out->worked > out->lines ? damaged(run->id, err) : OK;
}

static void part_pack(const struct part *p, struct buf *b)
{
    const uint64_t counts[] = {p->considered, p->purged, p->failed, p->held, p->partial};
    pack_int(b, P_LEFT, p->left);
    for (unsigned i = 0; i < ARRAY_LEN(counts); i++)
        pack_int(b, P_CONSIDERED + i, (int64_t)counts[i]);
}

static enum status part_read(struct str run_id, const struct row *row, struct part *out, struct err *err)
{
    *out = (struct part){.version = row->version};
    uint64_t *const counts[] = {&out->considered, &out->purged, &out->failed, &out->held, &out->partial};
    struct unpack u;
    if (row->key.n != run_id.n + 2 + ROW_KEY_BYTES)
        return damaged(run_id, err);
    memcpy(out->worker.b, row->key.p + run_id.n + 2, ROW_KEY_BYTES);
    for (unpack_init(&u, row->body); unpack_next(&u);) {
        if (u.number == P_LEFT)
            out->left = u.i != 0;
        else if (u.number >= P_CONSIDERED && u.number <= P_PARTIAL)
            *counts[u.number - P_CONSIDERED] = (uint64_t)u.i;
    }
    return u.bad ? damaged(run_id, err) : OK;
}

/* Share, part, or both in one group; versions are kept up. E_CONFLICT: somebody else has written one of them. */
static enum status write_rows(struct engine *e, struct str run_id, struct share *s, struct part *p, struct err *err)
{
    struct arena a;
    struct row rows[2];
    struct buf bodies[2];
    size_t n = 0;
    arena_init(&a, ROW_ARENA_MAX);
    buf_init(&bodies[0], 1024);
    buf_init(&bodies[1], 1024);
    if (s) {
        share_pack(s, &bodies[n]);
        rows[n++] = (struct row){.table = TABLE_PLAN, .op = ROW_PUT, .key = share_key(run_id, s->number, &a), .version = s->version};
    }
    if (p) {
        part_pack(p, &bodies[n]);
        rows[n++] = (struct row){.table = TABLE_PLAN, .op = ROW_PUT, .key = part_row_key(run_id, &p->worker, &a), .version = p->version};
    }
    struct group g = {.rows = rows, .rows_n = n};
    enum status st = OK;
    for (size_t i = 0; i < n && st == OK; i++) {
        rows[i].body = buf_view(&bodies[i]);
        st = rows[i].key.p ? buf_check(&bodies[i], err) : ARENA_FULL(err, &a);
    }
    if (st == OK)
        st = registry_commit(e->registry, &g, 1, err);
    if (st == OK && g.result != OK)
        st = FAIL(err, g.result, "another worker has taken over this share of the plan");
    if (st == OK && s)
        s->version++;
    if (st == OK && p)
        p->version++;
    buf_release(&bodies[0]);
    buf_release(&bodies[1]);
    arena_release(&a);
    return st;
}

/* ---- leases ---- */

/* Shares are begun in order: those that have a row are the first ones. */
struct looking {
    const struct run_record *run;
    uint64_t begun, worked;
    struct share *open; /* begun, not over */
    size_t open_n, open_cap;
};

static enum status look(struct engine *e, struct looking *l, struct arena *a, struct err *err)
{
    struct str prefix = arena_fmt(a, "%.*s:s", STR_ARG(l->run->id)), after = STR_NONE;
    for (size_t n = PAGE; n == PAGE;) {
        struct row *rows;
        TRY(registry_record_page(e->registry, TABLE_PLAN, prefix, after, PAGE, a, &rows, &n, err));
        for (size_t i = 0; i < n; i++) {
            struct share s;
            TRY(share_read(l->run, &rows[i], &s, err));
            l->begun = s.number + 1;
            l->worked += s.worked;
            after = rows[i].key;
            if (s.worked == s.lines)
                continue;
            if (!arena_grow(a, (void **)&l->open, &l->open_cap, l->open_n + 1, sizeof *l->open))
                return ARENA_FULL(err, a);
            l->open[l->open_n++] = s;
        }
    }
    return OK;
}

/* Those whose worker lives are taken off the list. */
static enum status leave_the_living(struct engine *e, struct looking *l, const struct row_key *worker, struct arena *a, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, l->open_n + 1);
    bool *alive = ARENA_ARRAY(a, bool, l->open_n + 1);
    size_t kept = 0;
    if (!keys || !alive)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < l->open_n; i++)
        keys[i] = l->open[i].worker;
    TRY(registry_workers_alive(e->registry, keys, l->open_n, engine_now(e), a, alive, err));
    for (size_t i = 0; i < l->open_n; i++)
        if (row_key_is_none(&keys[i]) || row_key_eq(&keys[i], worker) || !alive[i])
            l->open[kept++] = l->open[i];
    l->open_n = kept;
    return OK;
}

static enum status lease_once(struct engine *e, const struct run_record *run, const struct row_key *worker, struct share *out,
                              bool *found, bool *over, struct arena *a, struct err *err)
{
    struct looking l = {.run = run};
    TRY(look(e, &l, a, err));
    *over = l.worked >= run->planned;
    *found = false;
    if (*over)
        return OK;
    TRY(leave_the_living(e, &l, worker, a, err));
    if (l.open_n)
        *out = l.open[0];
    else if (l.begun * run->share_lines < run->planned)
        share_span(run, l.begun, out);
    else
        return OK;
    out->worker = *worker;
    TRY(write_rows(e, run->id, out, NULL, err));
    *found = true;
    return OK;
}

enum status share_lease(struct engine *e, const struct run_record *run, const struct row_key *worker, struct share *out, bool *found,
                        bool *over, struct err *err)
{
    struct arena a;
    enum status s = E_CONFLICT;
    *over = !run->planned;
    *found = false;
    if (*over)
        return OK;
    ASSERT(run->share_lines);
    arena_init(&a, PAGE_ARENA_MAX);
    for (int i = 0; s == E_CONFLICT && i < TRIES; i++) { /* each conflict is somebody else's lease */
        arena_reset(&a);
        s = lease_once(e, run, worker, out, found, over, &a, err);
    }
    arena_release(&a);
    return s;
}

enum status share_worked(struct engine *e, const struct run_record *run, struct share *s, uint64_t n, struct part *part, struct err *err)
{
    s->worked += n;
    ASSERT(s->worked <= s->lines);
    return write_rows(e, run->id, s, part, err);
}

enum status share_give_back(struct engine *e, const struct run_record *run, struct share *s, struct err *err)
{
    s->worker = (struct row_key){{0}};
    enum status st = write_rows(e, run->id, s, NULL, err);
    return st == E_CONFLICT ? OK : st; /* somebody has it already */
}

enum status part_put(struct engine *e, const struct run_record *run, struct part *part, struct err *err)
{
    return write_rows(e, run->id, NULL, part, err);
}

enum status part_join(struct engine *e, const struct run_record *run, const struct row_key *worker, struct part *out, struct err *err)
{
    struct arena a;
    struct row row = {.table = TABLE_PLAN};
    arena_init(&a, ROW_ARENA_MAX);
    row.key = part_row_key(run->id, worker, &a);
    enum status s = row.key.p ? registry_record_get(e->registry, TABLE_PLAN, row.key, &a, &row.body, &row.version, err) : ARENA_FULL(err, &a);
    if (s == OK)
        s = part_read(run->id, &row, out, err);
    bool in = s == OK && out->version && !out->left;
    arena_release(&a);
    if (s != OK || in)
        return s;
    out->left = false;
    return part_put(e, run, out, err);
}

/* ---- sums ---- */

static enum status read_parts(struct engine *e, struct str run_id, struct arena *a, struct part **out, bool **alive, size_t *n, struct err *err)
{
    struct row *rows;
    TRY(registry_record_page(e->registry, TABLE_PLAN, arena_fmt(a, "%.*s:w", STR_ARG(run_id)), STR_NONE, PAGE, a, &rows, n, err));
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, *n + 1);
    *out = ARENA_ARRAY(a, struct part, *n + 1);
    *alive = ARENA_ARRAY(a, bool, *n + 1);
    if (!keys || !*out || !*alive)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < *n; i++) {
        TRY(part_read(run_id, &rows[i], &(*out)[i], err));
        keys[i] = (*out)[i].worker;
    }
    return registry_workers_alive(e->registry, keys, *n, engine_now(e), a, *alive, err);
}

static enum status sum_parts(struct engine *e, struct str run_id, struct shares_sum *out, struct arena *a, struct err *err)
{
    struct part *parts;
    bool *alive;
    TRY(read_parts(e, run_id, a, &parts, &alive, &out->parts_n, err));
    for (size_t i = 0; i < out->parts_n; i++) {
        const struct part *p = &parts[i];
        out->done.considered += p->considered;
        out->done.purged += p->purged;
        out->done.failed += p->failed;
        out->done.held += p->held;
        out->done.partial += p->partial;
        out->left &= p->left || !alive[i];
        out->lost |= !p->left && !alive[i];
        out->alive |= !p->left && alive[i];
    }
    return OK;
}

enum status parts_bury(struct engine *e, struct str run_id, struct err *err)
{
    struct arena a;
    struct part *parts;
    bool *alive;
    size_t n = 0;
    const struct run_record run = {.id = run_id};
    arena_init(&a, PAGE_ARENA_MAX);
    enum status s = read_parts(e, run_id, &a, &parts, &alive, &n, err);
    for (size_t i = 0; s == OK && i < n; i++) {
        if (parts[i].left || alive[i])
            continue;
        parts[i].left = true;
        s = part_put(e, &run, &parts[i], err);
        if (s == E_CONFLICT)
            s = OK; /* it lives after all, or another has just said so */
    }
    arena_release(&a);
    return s;
}

static enum status sum_worked(struct engine *e, struct str run_id, struct shares_sum *out, struct arena *a, struct err *err)
{
    struct str prefix = arena_fmt(a, "%.*s:s", STR_ARG(run_id)), after = STR_NONE;
    for (size_t n = PAGE; n == PAGE;) {
        struct row *rows;
        TRY(registry_record_page(e->registry, TABLE_PLAN, prefix, after, PAGE, a, &rows, &n, err));
        for (size_t i = 0; i < n; i++) {
            struct unpack u;
            after = rows[i].key;
            for (unpack_init(&u, rows[i].body); unpack_next(&u);)
                out->worked += u.number == S_WORKED ? (uint64_t)u.i : 0;
            if (u.bad)
                return damaged(run_id, err);
        }
    }
    return OK;
}

enum status shares_sum(struct engine *e, struct str run_id, struct shares_sum *out, struct err *err)
{
    struct arena a;
    *out = (struct shares_sum){.left = true};
    arena_init(&a, PAGE_ARENA_MAX);
    enum status s = sum_worked(e, run_id, out, &a, err);
    if (s == OK)
        s = sum_parts(e, run_id, out, &a, err);
    arena_release(&a);
    return s;
}

/* A chunk is 240 KB: few at a time. */
static enum status forget_page(struct engine *e, struct str run_id, char mark, size_t *n, struct arena *a, struct err *err)
{
    enum { AT_ONCE = 20 };
    struct row *rows;
    struct str prefix = arena_fmt(a, "%.*s%c", STR_ARG(run_id), mark);
    if (!prefix.p)
        return ARENA_FULL(err, a);
    TRY(registry_record_page(e->registry, TABLE_PLAN, prefix, STR_NONE, AT_ONCE, a, &rows, n, err));
    for (size_t i = 0; i < *n; i++)
        TRY(registry_record_remove(e->registry, TABLE_PLAN, rows[i].key, rows[i].version, err));
    return OK;
}

enum status shares_forget(struct engine *e, struct str run_id, struct err *err)
{
    struct arena a;
    enum status s = OK;
    const char marks[] = {'/', ':'};
    arena_init(&a, PAGE_ARENA_MAX);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        for (size_t n = 1; s == OK && n;) {
            arena_reset(&a);
            s = forget_page(e, run_id, marks[i], &n, &a, err);
        }
    arena_release(&a);
    return s;
}
