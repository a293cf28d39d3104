#include "engine/contact_find.h"
#include "engine/hold_parts.h"
#include "engine/ledger.h"
#include "model/schedule.h"
#include <stdlib.h>

enum { PAGE = 500, PAGE_ARENA_MAX = 512 << 20, SUBJECT_CHAINS_MAX = 5000 };

struct finding {
    struct engine *e;
    const struct find_options *o;
    struct filter filter;
    bool filtered;
    struct arena *a;
    struct found *out;
    int64_t now_ms;
};

/* Labels become instances and identifiers hashes, as holds keep them; a status may be asked for here, unlike there. */
static enum status find_filter(struct finding *f, const struct row_key **subject, struct err *err)
{
    struct engine *e = f->e;
    *subject = NULL;
    f->filtered = f->o->filter.n > 0;
    if (!f->filtered)
        return OK;
    TRY(filter_parse(f->o->filter, e->config.zone, f->a, &f->filter, err));
    for (size_t i = 0; i < f->filter.n; i++) {
        struct filter_word *w = &f->filter.words[i];
        const struct source_config *s = w->key == FILTER_SOURCE ? config_source(&e->config, w->value) : NULL;
        if (s && s->instance.n)
            w->value = s->instance;
        if (w->key != FILTER_SUBJECT)
            continue;
        struct filter hashed;
        struct str text = arena_fmt(f->a, "subject:'%.*s'", STR_ARG(w->value)), kept;
        struct row_key *key = ARENA_NEW(f->a, struct row_key);
        size_t n = ROW_KEY_BYTES;
        if (!text.p || !key)
            return ARENA_FULL(err, f->a);
        TRY(hold_filter_text(e, text, f->a, &kept, &hashed, err));
        w->value = hashed.words[0].value;
        if (hex_decode(w->value, key->b, &n) && n == ROW_KEY_BYTES)
            *subject = key;
    }
    return OK;
}

static bool is_erased_skeleton(const struct chain *c, enum contact_status status)
{
    return c->state == CHAIN_ERASED || status == STATUS_PURGED || status == STATUS_SCRUBBED;
}

static enum status add_line(struct finding *f, const struct chain *c, const struct leg *leg, enum contact_status status, int64_t due_ms,
                            struct err *err)
{
    struct found *out = f->out;
    void *items = out->lines;
    bool unmapped;
    if (!arena_grow(f->a, &items, &out->cap, out->n + 1, sizeof *out->lines))
        return ARENA_FULL(err, f->a);
    out->lines = items;
    struct leg as = leg_as_decided(&f->e->policy, c, leg);
    struct found_line *l = &out->lines[out->n++];
    *l = (struct found_line){.source = arena_str(f->a, c->source), .id = arena_str(f->a, leg->id), .contact = leg->key, .chain = c->key,
                             .category = policy_category_of(&f->e->policy, &as, &unmapped)->name, .channel = arena_str(f->a, leg->channel),
                             .queue = arena_str(f->a, leg->queue), .agent = arena_str(f->a, leg->agent), .started_ms = leg->started_ms,
                             .ended_ms = leg->ended_ms, .due_ms = due_ms, .status = status};
    return arena_str_ok(l->agent, leg->agent) && arena_str_ok(l->id, leg->id) ? OK : ARENA_FULL(err, f->a);
}

/* The ids of a tombstone are in its ledger, while there is one. */
static enum status with_ids(struct finding *f, struct chain *c, struct arena *page, struct err *err)
{
    struct ledger old;
    enum status s = ledger_get(f->e, &c->key, page, &old, err);
    if (s == E_ABSENT)
        return OK;
    TRY(s);
    c->legs = old.chain.legs;
    c->legs_n = old.chain.legs_n;
    return OK;
}

static enum status look_at(struct finding *f, struct chain *c, struct arena *page, struct err *err)
{
    if (c->state == CHAIN_ANNOUNCED)
        return OK; /* held by id before any document: not a contact yet */
    enum contact_status status = chain_status(c, f->e->holds, f->e->holds_n, &f->e->policy, f->now_ms);
    if (is_erased_skeleton(c, status)) {
        if (!f->o->scrubbed)
            return OK;
        TRY(with_ids(f, c, page, err));
    }
    int64_t due = chain_schedule(&f->e->policy, c).due_ms;
    for (size_t i = 0; i < c->legs_n; i++)
        if (!f->filtered || filter_matches(&f->filter, c->source, &c->legs[i], status))
            TRY(add_line(f, c, &c->legs[i], status, due, err));
    return OK;
}

/* Where a walk goes on: the page that was begun, and how many chains of it were looked at. */
struct place { struct walk page; size_t skip; };

static enum status place_read(struct str text, struct place *p, struct err *err)
{
    struct str hex, skip;
    int64_t n = 0;
    *p = (struct place){.skip = 0};
    if (!text.n)
        return OK;
    p->page.n = sizeof p->page.at;
    if (!str_split(text, '.', &hex, &skip) || !hex_decode(hex, p->page.at, &p->page.n) || !str_to_i64(skip, &n) || n < 0 || n >= PAGE)
        return FAIL(err, E_INVALID, "\"%.*s\" is no place that an earlier search gave", STR_ARG(text));
    p->skip = (size_t)n;
    return OK;
}

static struct str place_text(const struct place *p, struct arena *a)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4 * sizeof p->page.at);
    buf_hex(&b, p->page.at, p->page.n);
    buf_fmt(&b, ".%zu", p->skip);
    return arena_str(a, buf_view(&b));
}

static enum status walk_page(struct finding *f, struct place *p, struct arena *page, struct err *err)
{
    struct walk before = p->page;
    struct chain *chains;
    size_t n, i = p->skip;
    TRY(registry_walk_chains(f->e->registry, &p->page, PAGE, page, &chains, &n, err));
    for (; i < n && f->out->n < f->o->limit; i++) {
        f->out->looked++;
        TRY(look_at(f, &chains[i], page, err));
    }
    f->out->whole = i >= n && p->page.done;
    if (i < n)
        *p = (struct place){before, i};
    else
        p->skip = 0;
    return OK;
}

static enum status walk(struct finding *f, struct err *err)
{
    struct arena page;
    struct found *out = f->out;
    struct place place;
    enum status s = place_read(f->o->after, &place, err);
    arena_init(&page, PAGE_ARENA_MAX);
    while (s == OK && !out->whole && out->n < f->o->limit && (!f->o->look_max || out->looked < f->o->look_max)) {
        s = walk_page(f, &place, &page, err);
        if (f->e->progress.tick)
            f->e->progress.tick(f->e->progress.ctx, "contacts looked at", out->looked, 0);
        arena_reset(&page);
    }
    arena_release(&page);
    if (!out->whole)
        out->next = place_text(&place, f->a);
    return s;
}

static enum status look_at_person(struct finding *f, const struct row_key *subject, struct err *err)
{
    struct row_key *keys;
    size_t n;
    bool more;
    TRY(registry_by_subject(f->e->registry, subject, SUBJECT_CHAINS_MAX, f->a, &keys, &n, &more, err));
    struct chain *chains = ARENA_ARRAY(f->a, struct chain, n + 1);
    if (!chains)
        return ARENA_FULL(err, f->a);
    TRY(registry_chains(f->e->registry, keys, n, f->a, chains, err));
    for (size_t i = 0; i < n; i++) {
        f->out->looked++;
        if (chains[i].version)
            TRY(look_at(f, &chains[i], f->a, err));
    }
    f->out->whole = !more;
    return OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct found_line *x = a, *y = b;
    if (x->started_ms != y->started_ms)
        return x->started_ms < y->started_ms ? 1 : -1;
    return str_cmp(x->id, y->id);
}

enum status contact_find(struct engine *e, const struct find_options *o, struct arena *a, struct found *out, struct err *err)
{
    *out = (struct found){.lines = NULL};
    struct finding f = {.e = e, .o = o, .a = a, .out = out, .now_ms = engine_now(e)};
    const struct row_key *subject;
    TRY(find_filter(&f, &subject, err));
    TRY(engine_holds(e, NULL, err));
    TRY(subject ? look_at_person(&f, subject, err) : walk(&f, err));
    if (out->n)
        qsort(out->lines, out->n, sizeof *out->lines, newest_first);
    if (subject && out->n > o->limit) {
        out->n = o->limit;
        out->whole = false;
    }
    return OK;
}
