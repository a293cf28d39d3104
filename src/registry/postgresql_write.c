/*
 * postgresql_write.c - groups committed in two round trips, however many they are.
 *
 * First everything that the groups depend on is locked and looked at: rows that must not be there are inserted (whoever else
 * makes one waits at the index, and conditions are placeholders that are removed again), rows with a version are locked. Then,
 * knowing which groups hold, their changes are sent with the COMMIT behind them, and what the others inserted is taken back.
 * Tables, and keys within a table, come in one order for everybody, so that two commits never wait for each other.
 */
#include "registry/postgresql.h"

#include <stdlib.h>

/* Of one transaction. */
enum { GROUPS_AT_ONCE = 5000, BYTES_AT_ONCE = 16 << 20 };

/* One row on its way; those that add to a number apart. */
struct write { const struct row *row; size_t group; uint64_t found; /* version stored, 0: none */ bool inserted; };
struct sum { const struct row *row; int64_t times, add; };
struct entry_write { const struct entry *entry; size_t group; int64_t seq; /* -1: its id was there */ };

struct batch {
    struct postgresql *s;
    struct group *groups;
    size_t groups_n;
    struct write *writes; /* by table and key */
    size_t writes_n;
    const struct row **adds;
    size_t *add_groups;
    size_t adds_n;
    struct entry_write *entries;
    size_t entries_n;
};

static int by_place(const void *a, const void *b)
{
    const struct row *x = ((const struct write *)a)->row, *y = ((const struct write *)b)->row;
    return x->table != y->table ? (x->table < y->table ? -1 : 1) : str_cmp(x->key, y->key);
}

static enum status batch_take(struct batch *b, struct err *err)
{
    size_t rows = 0, entries = 0;
    for (size_t i = 0; i < b->groups_n; i++) {
        rows += b->groups[i].rows_n;
        entries += b->groups[i].entries_n;
    }
    b->writes = calloc(rows + 1, sizeof(*b->writes));
    b->adds = calloc(rows + 1, sizeof(*b->adds));
    b->add_groups = calloc(rows + 1, sizeof(*b->add_groups));
    b->entries = calloc(entries + 1, sizeof(*b->entries));
    if (b->writes == NULL || b->adds == NULL || b->add_groups == NULL || b->entries == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    for (size_t i = 0; i < b->groups_n; i++) {
        const struct group *g = &b->groups[i];
        for (size_t j = 0; j < g->rows_n; j++) {
            if (g->rows[j].op != ROW_ADD) {
                b->writes[b->writes_n++] = (struct write){.row = &g->rows[j], .group = i};
                continue;
            }
            b->adds[b->adds_n] = &g->rows[j];
            b->add_groups[b->adds_n++] = i;
        }
        for (size_t j = 0; j < g->entries_n; j++)
            b->entries[b->entries_n++] = (struct entry_write){.entry = &g->entries[j], .group = i, .seq = -1};
    }
    qsort(b->writes, b->writes_n, sizeof(*b->writes), by_place);
    return OK;
}

static void batch_release(struct batch *b)
{
    free(b->writes);
    free(b->adds);
    free(b->add_groups);
    free(b->entries);
}

/* Behind the last write of the table that begins at `from`. */
static size_t table_end(const struct batch *b, size_t from)
{
    size_t end = from;
    while (end < b->writes_n && b->writes[end].row->table == b->writes[from].row->table)
        end++;
    return end;
}

/* ---- which rows a statement is about ---- */

typedef bool choice(const struct batch *b, const struct write *w);

static bool group_holds(const struct batch *b, const struct write *w)
{
    return b->groups[w->group].result == OK;
}

static bool must_be_absent(const struct write *w)
{
    return w->row->version == 0 || w->row->op == ROW_COPY;
}

static bool is_inserted(const struct batch *b, const struct write *w)
{
    (void)b;
    return must_be_absent(w) || (w->row->op == ROW_PUT && w->row->version == VERSION_ANY);
}

static bool is_locked(const struct batch *b, const struct write *w)
{
    (void)b;
    return !must_be_absent(w);
}

static bool is_updated(const struct batch *b, const struct write *w)
{
    return w->row->op == ROW_PUT && !w->inserted && group_holds(b, w);
}

/* What was asked for, placeholders of conditions, and whatever the groups that do not hold had inserted. */
static bool is_deleted(const struct batch *b, const struct write *w)
{
    if (w->inserted)
        return w->row->op == ROW_REMOVE || !group_holds(b, w);
    return w->row->op == ROW_REMOVE && w->found > 0 && group_holds(b, w);
}

static size_t count(const struct batch *b, size_t from, size_t end, choice *chosen)
{
    size_t n = 0;
    for (size_t i = from; i < end; i++)
        n += chosen(b, &b->writes[i]);
    return n;
}

/* ---- columns ---- */

static void param_keys(const struct batch *b, size_t from, size_t end, choice *chosen, struct params *p)
{
    param_array(p, true, count(b, from, end, chosen));
    for (size_t i = from; i < end; i++)
        if (chosen(b, &b->writes[i]))
            param_item_bytes(p, b->writes[i].row->key);
}

enum column { COLUMN_VERSION, COLUMN_NUMBER, COLUMN_QUEUE, COLUMN_CATEGORY, COLUMN_TIME };

static int64_t column_of(const struct row *row, enum column c)
{
    switch (c) {
    case COLUMN_VERSION:
        return row->op == ROW_COPY ? (int64_t)row->version + 1 : 1;
    case COLUMN_NUMBER:
        return row->add;
    case COLUMN_QUEUE:
        return row->queue;
    case COLUMN_CATEGORY:
        return row->queue_category;
    case COLUMN_TIME:
        return row->queue_time_ms;
    }
    ASSERT(!"a column");
    return 0;
}

static void param_column(const struct batch *b, size_t from, size_t end, choice *chosen, enum column c, struct params *p)
{
    param_array(p, false, count(b, from, end, chosen));
    for (size_t i = from; i < end; i++)
        if (chosen(b, &b->writes[i]))
            param_item_int(p, column_of(b->writes[i].row, c));
}

static void param_bodies(const struct batch *b, size_t from, size_t end, choice *chosen, struct params *p)
{
    param_array(p, true, count(b, from, end, chosen));
    for (size_t i = from; i < end; i++)
        if (chosen(b, &b->writes[i]))
            param_item_bytes(p, b->writes[i].row->body);
}

/* What INSERT takes, and, without versions, UPDATE. */
static void param_rows(const struct batch *b, size_t from, size_t end, choice *chosen, bool versions, struct params *p)
{
    param_keys(b, from, end, chosen, p);
    if (versions)
        param_column(b, from, end, chosen, COLUMN_VERSION, p);
    if (table_has_places(b->writes[from].row->table)) {
        param_column(b, from, end, chosen, COLUMN_QUEUE, p);
        param_column(b, from, end, chosen, COLUMN_CATEGORY, p);
        param_column(b, from, end, chosen, COLUMN_TIME, p);
    } else {
        param_column(b, from, end, chosen, COLUMN_NUMBER, p);
    }
    param_bodies(b, from, end, chosen, p);
}

static enum status send_rows(const struct batch *b, size_t from, size_t end, choice *chosen, enum row_statement which,
                             struct err *err)
{
    struct params p;
    if (count(b, from, end, chosen) == 0)
        return OK;
    params_init(&p);
    if (which == ROW_INSERT || which == ROW_UPDATE)
        param_rows(b, from, end, chosen, which == ROW_INSERT, &p);
    else
        param_keys(b, from, end, chosen, &p);
    enum status status = pipeline_row(b->s, b->writes[from].row->table, which, &p, err);
    params_release(&p);
    return status;
}

static void param_entry_texts(const struct batch *b, struct params *p)
{
    param_array(p, true, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++)
        param_item_bytes(p, b->entries[i].entry->type);
    param_array(p, false, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++)
        param_item_int(p, b->entries[i].entry->at_ms);
    param_array(p, true, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++)
        param_item_bytes(p, b->entries[i].entry->actor);
}

static enum status send_entries(const struct batch *b, struct err *err)
{
    struct params p;
    if (b->entries_n == 0)
        return OK;
    params_init(&p);
    param_array(&p, true, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++)
        param_item_bytes(&p, (struct str){(const char *)b->entries[i].entry->id, sizeof(b->entries[i].entry->id)});
    param_entry_texts(b, &p);
    param_array(&p, true, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++) {
        const struct row_key *subject = &b->entries[i].entry->subject;
        if (row_key_is_none(subject))
            param_item_null(&p);
        else
            param_item_bytes(&p, (struct str){(const char *)subject->b, ROW_KEY_BYTES});
    }
    param_array(&p, true, b->entries_n);
    for (size_t i = 0; i < b->entries_n; i++)
        param_item_bytes(&p, b->entries[i].entry->body);
    enum status status = pipeline_add(b->s, SQL_ENTRY_ADD, &p, err);
    params_release(&p);
    return status;
}

/* ---- the first round trip: lock and look ---- */

static enum status prepare_all(const struct batch *b, struct err *err)
{
    static const enum other_statement always[] = {SQL_BEGIN, SQL_COMMIT, SQL_ENTRY_ADD, SQL_ENTRY_PENDING, SQL_ENTRY_REMOVE};
    TRY(postgresql_ready(b->s, err));
    TRY(postgresql_prepare(b->s, always, ARRAY_LEN(always), err));
    for (size_t i = 0; i < b->writes_n; i = table_end(b, i))
        TRY(postgresql_prepare_rows(b->s, b->writes[i].row->table, false, err));
    for (size_t i = 0; i < b->adds_n; i++)
        TRY(postgresql_prepare_rows(b->s, b->adds[i]->table, true, err));
    return OK;
}

static enum status send_look(const struct batch *b, struct err *err)
{
    TRY(pipeline_begin(b->s, err));
    TRY(pipeline_add(b->s, SQL_BEGIN, NULL, err));
    for (size_t i = 0, end; i < b->writes_n; i = end) {
        end = table_end(b, i);
        TRY(send_rows(b, i, end, is_inserted, ROW_INSERT, err));
        TRY(send_rows(b, i, end, is_locked, ROW_LOCK, err));
    }
    TRY(send_entries(b, err));
    return pipeline_flush(b->s, err);
}

/* The keys of an answer stand in the order they were asked for in. */
static enum status read_keys(const struct batch *b, size_t from, size_t end, choice *asked, bool versions, struct err *err)
{
    PGresult *r;
    int at = 0;
    if (count(b, from, end, asked) == 0)
        return OK;
    TRY(pipeline_next(b->s, &r, err));
    for (size_t i = from; i < end && at < PQntuples(r); i++) {
        struct write *w = &b->writes[i];
        if (!asked(b, w) || !str_eq(result_bytes(r, at, 0), w->row->key))
            continue;
        if (versions)
            w->found = (uint64_t)result_int(r, at, 1);
        else
            w->inserted = true;
        at++;
    }
    bool all = at == PQntuples(r);
    PQclear(r);
    ASSERT(all);
    return OK;
}

static enum status read_entry_ids(const struct batch *b, struct err *err)
{
    PGresult *r;
    int at = 0;
    if (b->entries_n == 0)
        return OK;
    TRY(pipeline_next(b->s, &r, err));
    for (size_t i = 0; i < b->entries_n && at < PQntuples(r); i++) {
        struct str id = {(const char *)b->entries[i].entry->id, sizeof(b->entries[i].entry->id)};
        if (str_eq(result_bytes(r, at, 0), id))
            b->entries[i].seq = result_int(r, at++, 1);
    }
    bool all = at == PQntuples(r);
    PQclear(r);
    ASSERT(all);
    return OK;
}

static enum status read_look(const struct batch *b, struct err *err)
{
    PGresult *begun;
    TRY(pipeline_next(b->s, &begun, err));
    PQclear(begun);
    for (size_t i = 0, end; i < b->writes_n; i = end) {
        end = table_end(b, i);
        TRY(read_keys(b, i, end, is_inserted, false, err));
        TRY(read_keys(b, i, end, is_locked, true, err));
    }
    TRY(read_entry_ids(b, err));
    return pipeline_end(b->s, err);
}

/* Of a row to be put whatever is there: it was there when it could not be inserted, and gone when it was to be locked. */
static bool vanished(const struct write *w)
{
    return w->row->op == ROW_PUT && w->row->version == VERSION_ANY && !w->inserted && w->found == 0;
}

static bool write_holds(const struct write *w)
{
    if (w->row->version == VERSION_ANY)
        return true;
    return must_be_absent(w) ? w->inserted : w->found == w->row->version;
}

/* *hold: how many groups do. */
static enum status decide(const struct batch *b, size_t *hold, struct err *err)
{
    for (size_t i = 0; i < b->groups_n; i++)
        b->groups[i].result = OK;
    for (size_t i = 0; i < b->writes_n; i++) {
        if (vanished(&b->writes[i]))
            return FAIL(err, E_RETRY, "%s: a row was removed by another process at this moment", b->s->place);
        if (!write_holds(&b->writes[i]))
            b->groups[b->writes[i].group].result = E_CONFLICT;
    }
    for (size_t i = 0; i < b->entries_n; i++)
        if (b->entries[i].seq < 0)
            b->groups[b->entries[i].group].result = E_CONFLICT;
    *hold = 0;
    for (size_t i = 0; i < b->groups_n; i++)
        *hold += b->groups[i].result == OK;
    return OK;
}

/* ---- the second: change and commit ---- */

static int by_sum(const void *a, const void *b)
{
    const struct row *x = ((const struct sum *)a)->row, *y = ((const struct sum *)b)->row;
    return x->table != y->table ? (x->table < y->table ? -1 : 1) : str_cmp(x->key, y->key);
}

/* Additions of the groups that hold, one for each row, in order. */
static size_t sum_up(const struct batch *b, struct sum *sums)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < b->adds_n; i++)
        if (b->groups[b->add_groups[i]].result == OK)
            sums[n++] = (struct sum){b->adds[i], 1, b->adds[i]->add};
    qsort(sums, n, sizeof(*sums), by_sum);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && by_sum(&sums[kept - 1], &sums[i]) == 0) {
            sums[kept - 1].times++;
            sums[kept - 1].add += sums[i].add;
        } else {
            sums[kept++] = sums[i];
        }
    }
    return kept;
}

static enum status send_sums_of(const struct batch *b, const struct sum *sums, size_t n, struct err *err)
{
    struct params p;
    params_init(&p);
    param_array(&p, true, n);
    for (size_t i = 0; i < n; i++)
        param_item_bytes(&p, sums[i].row->key);
    param_array(&p, false, n);
    for (size_t i = 0; i < n; i++)
        param_item_int(&p, sums[i].times);
    param_array(&p, false, n);
    for (size_t i = 0; i < n; i++)
        param_item_int(&p, sums[i].add);
    enum status status = pipeline_row(b->s, sums[0].row->table, ROW_SUM, &p, err);
    params_release(&p);
    return status;
}

/* *sent: statements that will answer. */
static enum status send_sums(const struct batch *b, size_t *sent, struct err *err)
{
    if (b->adds_n == 0)
        return OK;
    struct sum *sums = calloc(b->adds_n, sizeof(*sums));
    if (sums == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    size_t n = sum_up(b, sums);
    enum status status = OK;
    for (size_t i = 0, end; i < n && status == OK; i = end) {
        end = i;
        while (end < n && sums[end].row->table == sums[i].row->table)
            end++;
        status = send_sums_of(b, &sums[i], end - i, err);
        ++*sent;
    }
    free(sums);
    return status;
}

static enum status send_seqs(const struct batch *b, bool holding, enum other_statement which, size_t *sent, struct err *err)
{
    struct params p;
    size_t n = 0;
    for (size_t i = 0; i < b->entries_n; i++)
        n += b->entries[i].seq >= 0 && (b->groups[b->entries[i].group].result == OK) == holding;
    if (n == 0)
        return OK;
    params_init(&p);
    param_array(&p, false, n);
    for (size_t i = 0; i < b->entries_n; i++)
        if (b->entries[i].seq >= 0 && (b->groups[b->entries[i].group].result == OK) == holding)
            param_item_int(&p, b->entries[i].seq);
    enum status status = pipeline_add(b->s, which, &p, err);
    params_release(&p);
    ++*sent;
    return status;
}

static enum status send_changes(const struct batch *b, size_t *sent, struct err *err)
{
    TRY(pipeline_begin(b->s, err));
    for (size_t i = 0, end; i < b->writes_n; i = end) {
        end = table_end(b, i);
        *sent += count(b, i, end, is_updated) > 0;
        *sent += count(b, i, end, is_deleted) > 0;
        TRY(send_rows(b, i, end, is_updated, ROW_UPDATE, err));
        TRY(send_rows(b, i, end, is_deleted, ROW_DELETE, err));
    }
    TRY(send_sums(b, sent, err));
    TRY(send_seqs(b, true, SQL_ENTRY_PENDING, sent, err));
    return send_seqs(b, false, SQL_ENTRY_REMOVE, sent, err);
}

static enum status read_changes(const struct batch *b, size_t sent, struct err *err)
{
    for (size_t i = 0; i < sent; i++) {
        PGresult *r;
        TRY(pipeline_next(b->s, &r, err));
        PQclear(r);
    }
    return OK;
}

static void results_are_unknown(const struct batch *b)
{
    for (size_t i = 0; i < b->groups_n; i++)
        if (b->groups[i].result == OK)
            b->groups[i].result = E_RETRY;
    b->s->unsure = true;
}

/* COMMIT is on its way. Not OK: the server said no, and has undone everything. */
static enum status read_commit(const struct batch *b, size_t sent, struct err *err)
{
    PGresult *r = NULL;
    enum status status = read_changes(b, sent, err);
    if (status == OK)
        status = pipeline_next(b->s, &r, err);
    if (status != OK && b->s->refused)
        return status;
    if (status != OK) {
        results_are_unknown(b);
        return OK;
    }
    bool committed = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    PQclear(r);
    if (!committed)
        return postgresql_fail(b->s, NULL, "write", err);
    struct err after;
    IGNORE(pipeline_end(b->s, &after)); /* it is done, whatever becomes of the connection */
    return OK;
}

static enum status batch_commit(const struct batch *b, struct err *err)
{
    size_t hold = 0, sent = 0;
    TRY(prepare_all(b, err));
    TRY(send_look(b, err));
    TRY(read_look(b, err));
    TRY(decide(b, &hold, err));
    if (hold == 0)
        return postgresql_exec(b->s, "ROLLBACK", NULL, err);
    TRY(send_changes(b, &sent, err));
    TRY(pipeline_add(b->s, SQL_COMMIT, NULL, err));
    TRY(pipeline_flush(b->s, err));
    return read_commit(b, sent, err);
}

static enum status commit_some(struct postgresql *s, struct group *groups, size_t n, struct err *err)
{
    struct batch b = {.s = s, .groups = groups, .groups_n = n};
    enum status status = batch_take(&b, err);
    if (status == OK)
        status = batch_commit(&b, err);
    batch_release(&b);
    if (status != OK) {
        postgresql_drop(s); /* with what was begun */
        for (size_t i = 0; i < n; i++)
            groups[i].result = E_RETRY;
    }
    return status;
}

/* How many of the groups go into one transaction. */
static size_t some_of(const struct group *groups, size_t n)
{
    size_t k = 0, bytes = 0;
    while (k < n && k < GROUPS_AT_ONCE && bytes < BYTES_AT_ONCE)
        bytes += group_bytes(&groups[k++]);
    return k;
}

enum status postgresql_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        groups[i].result = E_RETRY;
    for (size_t i = 0, k; i < n; i += k) {
        k = some_of(groups + i, n - i);
        enum status status = commit_some(b->own, groups + i, k, err);
        if (status != OK) /* what comes behind was not touched either; it is asked for again */
            return i == 0 ? status : OK;
    }
    return OK;
}
