/* record.c - fields collected, sorted by name, written by the entry writer. */
#include "engine/record.h"

#include <stdlib.h>

#include "audit/tile.h"

enum { CODE_MAX = 128, TEXT_KEPT_MAX = 500 /* of 1024: escapes may double it */ };

static struct record_field *add(struct record *r, const char *name, enum record_form form)
{
    ASSERT(r->n < RECORD_FIELDS_MAX);
    struct record_field *f = &r->fields[r->n++];
    *f = (struct record_field){.name = name, .form = form};
    return f;
}

static struct str keep(struct record *r, struct str s)
{
    struct str copy = arena_str(r->a, s);
    r->full |= !arena_str_ok(copy, s);
    return copy;
}

/* A copy of n items, to be sorted or kept. */
static void *keep_items(struct record *r, const void *items, size_t size, size_t n)
{
    void *copy = arena_array(r->a, size, n + 1);
    if (!copy)
        r->full = true;
    else if (n)
        memcpy(copy, items, size * n);
    return copy;
}

void record_begin(struct record *r, struct engine *e, enum entry_type type, int64_t now_ms, struct arena *a)
{
    struct row_key id;
    crypto_random(id.b, sizeof id.b);
    record_begin_as(r, e, type, &id, now_ms, a);
}

void record_begin_as(struct record *r, struct engine *e, enum entry_type type, const struct row_key *id, int64_t now_ms, struct arena *a)
{
    static const char hex[] = "0123456789abcdef";
    if (engine_is_preview(e))
        now_ms = engine_log_now(e);
    *r = (struct record){.engine = e, .a = a, .type = type, .now_ms = now_ms};
    for (size_t i = 0; i < sizeof id->b; i++) {
        r->id[2 * i] = hex[id->b[i] >> 4];
        r->id[2 * i + 1] = hex[id->b[i] & 15];
    }
    record_text(r, "actor", e->actor.id.n ? e->actor.id : STR("engine"));
    record_int(r, "at", now_ms);
    record_text(r, "id", str_of(r->id));
    record_text(r, "type", str_of(entry_type_name(type)));
    record_int(r, "v", ENTRY_VERSION);
}

/* Cut between characters. */
static struct str shortened(struct str s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max && ((unsigned char)s.p[max] & 0xC0) == 0x80)
        max--;
    return (struct str){s.p, max};
}

void record_text(struct record *r, const char *name, struct str text)
{
    if (text.n)
        add(r, name, RECORD_TEXT)->text = keep(r, shortened(text, TEXT_KEPT_MAX));
}

static bool in_code(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("._:/@+-() ", c, 10);
}

static struct str code_of(struct record *r, struct str text)
{
    char code[CODE_MAX];
    size_t n = text.n < CODE_MAX ? text.n : CODE_MAX;
    for (size_t i = 0; i < n; i++)
        code[i] = in_code(text.p[i]) ? text.p[i] : '-';
    return keep(r, (struct str){code, n});
}

void record_code(struct record *r, const char *name, struct str text)
{
    if (text.n)
        add(r, name, RECORD_TEXT)->text = code_of(r, text);
}

void record_null(struct record *r, const char *name)
{
    add(r, name, RECORD_NULL);
}

void record_int(struct record *r, const char *name, int64_t n)
{
    add(r, name, RECORD_INT)->number = n;
}

void record_count(struct record *r, const char *name, uint64_t n)
{
    record_int(r, name, n < INT64_MAX ? (int64_t)n : INT64_MAX);
}

void record_time(struct record *r, const char *name, int64_t ms)
{
    if (ms != TIME_NONE)
        record_int(r, name, ms);
}

void record_bool(struct record *r, const char *name, bool b)
{
    add(r, name, RECORD_BOOL)->number = b;
}

static void record_hex(struct record *r, const char *name, const void *p, size_t n)
{
    add(r, name, RECORD_HEX)->text = keep(r, (struct str){p, n});
}

void record_hash(struct record *r, const char *name, const struct hash *h)
{
    record_hex(r, name, h->b, sizeof h->b);
}

void record_id(struct record *r, const char *name, const struct row_key *id)
{
    record_hex(r, name, id->b, sizeof id->b);
}

void record_commit(struct record *r, const char *name, const struct opening *o, const char *field, struct str value)
{
    if (!o || !value.n)
        return;
    struct hash h = commitment(o->secret, str_of(r->id), str_of(field), value);
    record_hash(r, name, &h);
}

static int str_order(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void record_names(struct record *r, const char *name, const struct str *names, size_t n)
{
    struct str *copy = keep_items(r, names, sizeof *names, n);
    size_t kept = 0;
    if (!copy)
        return;
    qsort(copy, n, sizeof *copy, str_order);
    for (size_t i = 0; i < n; i++)
        if (copy[i].n && (!kept || !str_eq(copy[kept - 1], copy[i])))
            copy[kept++] = copy[i];
    struct record_field *f = add(r, name, RECORD_NAMES);
    f->items = copy;
    f->items_n = kept;
}

void record_hashes(struct record *r, const char *name, struct hash *hashes, size_t n)
{
    size_t kept = n ? 1 : 0;
    commit_sort(hashes, n);
    for (size_t i = 1; i < n; i++)
        if (memcmp(&hashes[kept - 1], &hashes[i], sizeof *hashes) != 0)
            hashes[kept++] = hashes[i];
    struct record_field *f = add(r, name, RECORD_HASHES);
    f->items = hashes;
    f->items_n = kept;
}

static int count_order(const void *a, const void *b)
{
    return strcmp(((const struct record_count *)a)->name, ((const struct record_count *)b)->name);
}

void record_counts(struct record *r, const char *name, const struct record_count *counts, size_t n)
{
    struct record_count *copy = keep_items(r, counts, sizeof *counts, n);
    size_t kept = 0;
    if (!copy)
        return;
    qsort(copy, n, sizeof *copy, count_order);
    for (size_t i = 0; i < n; i++)
        if (kept && strcmp(copy[kept - 1].name, copy[i].name) == 0)
            copy[kept - 1].n += copy[i].n;
        else
            copy[kept++] = copy[i];
    struct record_field *f = add(r, name, RECORD_COUNTS);
    f->items = copy;
    f->items_n = kept;
}

static int tally_order(const void *a, const void *b)
{
    return str_cmp(((const struct store_tally *)a)->store, ((const struct store_tally *)b)->store);
}

static struct record_field *record_tallies(struct record *r, const char *name, enum record_form form,
                                           const struct store_tally *stores, size_t n)
{
    struct store_tally *copy = keep_items(r, stores, sizeof *stores, n);
    struct record_field *f = add(r, name, form);
    f->items = copy;
    f->items_n = copy ? n : 0;
    for (size_t i = 0; i < f->items_n; i++)
        copy[i].store = keep(r, copy[i].store); /* keys of the writer end with a NUL */
    if (copy)
        qsort(copy, n, sizeof *copy, tally_order);
    return f;
}

void record_outcomes(struct record *r, const char *name, const struct store_tally *stores, size_t n)
{
    record_tallies(r, name, RECORD_OUTCOMES, stores, n);
}

void record_times(struct record *r, const char *name, const struct store_tally *stores, size_t n, int64_t ms)
{
    record_tallies(r, name, RECORD_TIMES, stores, n)->number = ms;
}

static int residual_order(const void *a, const void *b)
{
    return str_cmp(((const struct residual *)a)->kind, ((const struct residual *)b)->kind);
}

/* One of each kind, with its latest date; one without a date outlasts every other. */
void record_residuals(struct record *r, const char *name, const struct residual *residuals, size_t n)
{
    struct residual *copy = keep_items(r, residuals, sizeof *residuals, n);
    size_t kept = 0;
    if (!copy)
        return;
    for (size_t i = 0; i < n; i++)
        copy[i].kind = code_of(r, copy[i].kind);
    qsort(copy, n, sizeof *copy, residual_order);
    for (size_t i = 0; i < n; i++) {
        if (!copy[i].kind.n)
            continue;
        struct residual *last = kept && str_eq(copy[kept - 1].kind, copy[i].kind) ? &copy[kept - 1] : NULL;
        if (!last)
            copy[kept++] = copy[i];
        else if (last->until_ms != TIME_NONE && (copy[i].until_ms == TIME_NONE || copy[i].until_ms > last->until_ms))
            last->until_ms = copy[i].until_ms;
    }
    struct record_field *f = add(r, name, RECORD_RESIDUALS);
    f->items = copy;
    f->items_n = kept;
}

void record_functionality(struct record *r, enum functionality f)
{
    if (f == FUNC_NONE)
        return;
    record_code(r, "functionality", str_of(functionality_name(f)));
    record_code(r, "setting", STR("Data Deletion"));
}

/* --- writing --- */

static int outcome_order(const void *a, const void *b)
{
    return strcmp(outcome_name(*(const enum outcome *)a), outcome_name(*(const enum outcome *)b));
}

static void write_outcomes(struct entry_writer *w, const struct record_field *f)
{
    enum outcome order[OUT_COUNT];
    for (size_t i = 0; i < OUT_COUNT; i++)
        order[i] = (enum outcome)i;
    qsort(order, OUT_COUNT, sizeof order[0], outcome_order);
    const struct store_tally *t = f->items;
    ew_object(w, f->name);
    for (size_t s = 0; s < f->items_n; s++) {
        ew_object(w, t[s].store.p);
        for (size_t i = 0; i < OUT_COUNT; i++)
            if (t[s].outcome[order[i]])
                ew_int(w, outcome_name(order[i]), (int64_t)t[s].outcome[order[i]]);
        ew_end(w);
    }
    ew_end(w);
}

static void write_times(struct entry_writer *w, const struct record_field *f)
{
    const struct store_tally *t = f->items;
    ew_object(w, f->name);
    for (size_t s = 0; s < f->items_n; s++)
        ew_int(w, t[s].store.p, t[s].read_ms ? t[s].read_ms : f->number);
    ew_end(w);
}

static void write_residuals(struct entry_writer *w, const struct record_field *f)
{
    const struct residual *x = f->items;
    ew_list(w, f->name);
    for (size_t i = 0; i < f->items_n; i++) {
        ew_item_object(w);
        ew_text(w, "kind", x[i].kind);
        if (x[i].until_ms == TIME_NONE)
            ew_null(w, "until");
        else
            ew_int(w, "until", x[i].until_ms);
        ew_end(w);
    }
    ew_end(w);
}

static void write_list(struct entry_writer *w, const struct record_field *f)
{
    const struct str *names = f->items;
    const struct hash *hashes = f->items;
    const struct record_count *counts = f->items;
    if (f->form == RECORD_COUNTS)
        ew_object(w, f->name);
    else
        ew_list(w, f->name);
    for (size_t i = 0; i < f->items_n; i++)
        if (f->form == RECORD_COUNTS)
            ew_int(w, counts[i].name, (int64_t)counts[i].n);
        else if (f->form == RECORD_NAMES)
            ew_item_text(w, names[i]);
        else
            ew_item_hash(w, &hashes[i]);
    ew_end(w);
}

static void write_field(struct entry_writer *w, const struct record_field *f)
{
    switch (f->form) {
    case RECORD_NULL:
        ew_null(w, f->name);
        break;
    case RECORD_TEXT:
        ew_text(w, f->name, f->text);
        break;
    case RECORD_INT:
        ew_int(w, f->name, f->number);
        break;
    case RECORD_BOOL:
        ew_bool(w, f->name, f->number != 0);
        break;
    case RECORD_HEX:
        ew_hex(w, f->name, f->text.p, f->text.n);
        break;
    case RECORD_NAMES:
    case RECORD_HASHES:
    case RECORD_COUNTS:
        write_list(w, f);
        break;
    case RECORD_OUTCOMES:
        write_outcomes(w, f);
        break;
    case RECORD_TIMES:
        write_times(w, f);
        break;
    case RECORD_RESIDUALS:
        write_residuals(w, f);
        break;
    }
}

static int field_order(const void *a, const void *b)
{
    return strcmp(((const struct record_field *)a)->name, ((const struct record_field *)b)->name);
}

enum status record_finish(struct record *r, const struct row_key *subject, struct entry *out, struct err *err)
{
    struct entry_writer w;
    CLEANUP(buf_release) struct buf b;
    struct str bytes;
    size_t id_n = sizeof out->id;
    buf_init(&b, 4 * ENTRY_BYTES_MAX); /* so that ew_finish can say how long it is */
    if (r->full)
        return ARENA_FULL(err, r->a);
    qsort(r->fields, r->n, sizeof r->fields[0], field_order);
    ew_begin(&w, &b);
    for (size_t i = 0; i < r->n; i++)
        write_field(&w, &r->fields[i]);
    TRY(ew_finish(&w, &bytes, err));
    struct str body = arena_str(r->a, bytes),
               actor = arena_str(r->a, r->engine->actor.id.n ? r->engine->actor.id : STR("engine"));
    if (!body.p || !actor.p)
        return ARENA_FULL(err, r->a);
    *out = (struct entry){.body = body, .type = str_of(entry_type_name(r->type)), .at_ms = r->now_ms, .actor = actor};
    ASSERT(hex_decode(str_of(r->id), out->id, &id_n) && id_n == sizeof out->id);
    if (subject)
        out->subject = *subject;
    return OK;
}
