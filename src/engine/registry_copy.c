/* registry_copy.c - see registry_copy.h. */
#include "engine/registry_copy.h"

#include "registry/backend.h"

enum { AT_ONCE = 2000, ENTRIES_PER_GROUP = 50, BATCH_BYTES = 192 << 20, ROW_BYTES_MAX = BODY_BYTES_MAX + 256,
       BYTES_AT_ONCE = 32 << 20 };

/* Copied last of all: registry_open asks for it. */
static const struct str last_row = {"schema", 6};

struct copying {
    struct backend from, to;
    const struct progress *progress;
    struct arena a; /* of one batch */
    struct buf packed;
    struct copy_report report;
    uint64_t done;
};

static void tick(struct copying *c, const char *what, uint64_t n)
{
    c->done += n;
    if (c->progress && c->progress->tick)
        c->progress->tick(c->progress->ctx, what, c->done, 0);
}

static bool is_last(const struct row *row)
{
    return row->table == TABLE_META && str_eq(row->key, last_row);
}

static void pack_number(struct buf *b, uint64_t v)
{
    buf_add(b, &v, sizeof(v));
}

static void pack_text(struct buf *b, struct str s)
{
    pack_number(b, s.n);
    buf_str(b, s);
}

static enum status add_row(struct copying *c, const struct row *row, struct copy_sum *sum, struct err *err)
{
    buf_clear(&c->packed);
    pack_text(&c->packed, row->key);
    pack_text(&c->packed, row->body);
    const uint64_t number = table_has_places(row->table) ? 0 : (uint64_t)row->add; /* a place stands where others have a number */
    const uint64_t numbers[] = {row->version, number, row->queue, row->queue_category, (uint64_t)row->queue_time_ms};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        pack_number(&c->packed, numbers[i]);
    TRY(buf_check(&c->packed, err));
    struct hash h = sha256(buf_view(&c->packed));
    for (size_t i = 0; i < ARRAY_LEN(sum->sum); i++) {
        uint64_t word;
        memcpy(&word, h.b + 8 * i, sizeof(word));
        sum->sum[i] += word;
    }
    sum->rows++;
    return OK;
}

static enum status fail_changed(const char *what, struct err *err)
{
    return FAIL(err, E_CONFLICT, "%s: the registry is not what was copied from it: somebody writes to it, or to the copy. Stop "
                                 "every process that uses it, remove the copy, and begin again", what);
}

/* Each a group of its own, loaded as a document's rows are. */
static enum status put_rows(struct copying *c, struct row *rows, size_t n, struct err *err)
{
    struct group *groups = ARENA_ARRAY(&c->a, struct group, n);
    if (!groups)
        return ARENA_FULL(err, &c->a);
    for (size_t i = 0; i < n; i++) {
        rows[i].op = ROW_COPY;
        rows[i].version--;
        groups[i] = (struct group){.rows = &rows[i], .rows_n = 1};
    }
    TRY(backend_load(&c->to, groups, n, err));
    for (size_t i = 0; i < n; i++)
        if (groups[i].result != OK)
            return groups[i].result == E_RETRY ? FAIL(err, E_IO, "the connection to the copy was lost: remove it, and begin again")
                                               : fail_changed(table_name(rows[i].table), err);
    return OK;
}

/* How many of a full page may be asked for, so that the bodies of one stay within BYTES_AT_ONCE. */
static size_t page_size(enum table t)
{
    return t == TABLE_LEDGER || t == TABLE_WORK || t == TABLE_PLAN || t == TABLE_INTENT || t == TABLE_QUARANTINE
               ? BYTES_AT_ONCE / BODY_BYTES_MAX
               : AT_ONCE;
}

/* Walks a table of `b` to its end; into the copy when `put`. */
static enum status walk_table(struct copying *c, struct backend *b, enum table t, bool put, const char *what,
                              struct copy_sum *sum, struct err *err)
{
    struct walk w = {.n = 0};
    *sum = (struct copy_sum){.rows = 0};
    while (!w.done) {
        struct row *rows;
        size_t n, kept = 0;
        arena_reset(&c->a);
        TRY(backend_walk(b, t, &w, page_size(t), &c->a, &rows, &n, err));
        for (size_t i = 0; i < n; i++) {
            if (is_last(&rows[i]))
                continue;
            TRY(add_row(c, &rows[i], sum, err));
            rows[kept++] = rows[i];
        }
        if (put && kept > 0)
            TRY(put_rows(c, rows, kept, err));
        tick(c, what, n);
    }
    return OK;
}

static enum status copy_tables(struct copying *c, struct err *err)
{
    for (enum table t = 0; t < TABLE_COUNT; t++)
        TRY(walk_table(c, &c->from, t, true, "rows copied", &c->report.tables[t], err));
    return OK;
}

static enum status put_entries(struct copying *c, struct entry *entries, size_t n, struct err *err)
{
    struct group *groups = ARENA_ARRAY(&c->a, struct group, n / ENTRIES_PER_GROUP + 1);
    size_t groups_n = 0;
    if (!groups)
        return ARENA_FULL(err, &c->a);
    for (size_t i = 0; i < n; i += ENTRIES_PER_GROUP)
        groups[groups_n++] = (struct group){.entries = &entries[i], .entries_n = n - i < ENTRIES_PER_GROUP ? n - i : ENTRIES_PER_GROUP};
    for (size_t i = 0; i < groups_n; i++) { /* one after another: their order is the log */
        TRY(backend_load(&c->to, &groups[i], 1, err));
        if (groups[i].result != OK)
            return FAIL(err, E_IO, "an entry of the log could not be copied: remove the copy, and begin again");
    }
    return OK;
}

static enum status log_page(struct copying *c, struct backend *b, uint64_t from, struct entry **out, size_t *n, struct err *err)
{
    struct entry_query q = {.from = from, .to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    return backend_entries(b, &q, AT_ONCE / 4, &c->a, out, n, err);
}

static enum status copy_log(struct copying *c, struct err *err)
{
    uint64_t size;
    size_t n = 0;
    TRY(backend_number(&c->from, &size, err));
    for (uint64_t at = 0; at < size; at += n) {
        struct entry *entries;
        arena_reset(&c->a);
        TRY(log_page(c, &c->from, at, &entries, &n, err));
        if (n == 0)
            return fail_changed("log", err);
        TRY(put_entries(c, entries, n, err));
        tick(c, "entries copied", n);
    }
    return backend_number(&c->to, &c->report.entries, err);
}

static bool entries_equal(const struct entry *x, const struct entry *y)
{
    return memcmp(x->id, y->id, sizeof(x->id)) == 0 && str_eq(x->body, y->body) && str_eq(x->type, y->type) && x->at_ms == y->at_ms &&
           str_eq(x->actor, y->actor) && row_key_eq(&x->subject, &y->subject) && x->index == y->index;
}

/* Entry by entry, and the root that both logs have then. */
static enum status compare_logs(struct copying *c, struct err *err)
{
    struct frontier f;
    size_t n, copied_n;
    uint64_t size;
    frontier_init(&f);
    TRY(backend_number(&c->from, &size, err));
    if (size != c->report.entries)
        return fail_changed("log", err);
    for (uint64_t at = 0; at < size; at += n) {
        struct entry *entries, *copied;
        arena_reset(&c->a);
        TRY(log_page(c, &c->from, at, &entries, &n, err));
        TRY(log_page(c, &c->to, at, &copied, &copied_n, err));
        if (n == 0 || copied_n != n)
            return fail_changed("log", err);
        for (size_t i = 0; i < n; i++) {
            if (!entries_equal(&entries[i], &copied[i]))
                return fail_changed("log", err);
            struct hash leaf = merkle_leaf(copied[i].body);
            frontier_append(&f, &leaf);
        }
        tick(c, "entries compared", n);
    }
    c->report.log_root = frontier_root(&f);
    return OK;
}

static bool sums_equal(const struct copy_sum *x, const struct copy_sum *y)
{
    return x->rows == y->rows && memcmp(x->sum, y->sum, sizeof(x->sum)) == 0;
}

static enum status compare_tables(struct copying *c, struct err *err)
{
    for (enum table t = 0; t < TABLE_COUNT; t++) {
        struct copy_sum again, copied;
        TRY(walk_table(c, &c->from, t, false, "rows compared", &again, err));
        TRY(walk_table(c, &c->to, t, false, "rows compared", &copied, err));
        if (!sums_equal(&again, &c->report.tables[t]) || !sums_equal(&copied, &c->report.tables[t]))
            return fail_changed(table_name(t), err);
    }
    return OK;
}

/* From here on the copy opens. */
static enum status seal_copy(struct copying *c, struct err *err)
{
    struct row row;
    arena_reset(&c->a);
    TRY(backend_get(&c->from, TABLE_META, &last_row, 1, &c->a, &row, err));
    if (row.version == 0)
        return FAIL(err, E_INVALID, "what is to be copied is not a whole registry itself");
    TRY(put_rows(c, &row, 1, err));
    c->report.tables[TABLE_META].rows++;
    return OK;
}

static enum status copy_all(struct copying *c, struct err *err)
{
    struct row row;
    TRY(backend_get(&c->from, TABLE_META, &last_row, 1, &c->a, &row, err));
    if (row.version == 0)
        return FAIL(err, E_INVALID, "what is to be copied was not made to its end, or is a copy that was not");
    TRY(copy_tables(c, err));
    TRY(copy_log(c, err));
    TRY(compare_tables(c, err));
    TRY(compare_logs(c, err));
    return seal_copy(c, err);
}

enum status registry_copy(struct str from, struct str to, const struct progress *progress, struct copy_report *out,
                          struct err *err)
{
    struct copying c = {.progress = progress};
    arena_init(&c.a, BATCH_BYTES);
    buf_init(&c.packed, ROW_BYTES_MAX);
    enum status s = backend_open(from, false, &c.from, err);
    if (s == OK)
        s = backend_open(to, true, &c.to, err);
    if (s == OK)
        s = copy_all(&c, err);
    backend_close(&c.to);
    backend_close(&c.from);
    buf_release(&c.packed);
    arena_release(&c.a);
    if (s == OK)
        *out = c.report;
    return s;
}
