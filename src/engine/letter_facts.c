/* letter_facts.c - every fact from the registry: work of what is under way or kept, the ledger of what is erased. */
#include "engine/letter_facts.h"

#include <stdlib.h>

#include "engine/ledger.h"
#include "model/schedule.h"

struct gathering { struct engine *e; const struct request *q; struct letter_facts *f; struct arena *a; struct arena scratch; };

/* False: there was nothing, so nothing is told. */
static bool fate_of(const struct artefact *x, bool held, enum letter_fate *out)
{
    switch (x->outcome) {
    case OUT_ABSENT:
        return false;
    case OUT_GONE:
        *out = FATE_DELETED;
        return true;
    case OUT_SCRUBBED:
        *out = FATE_OVERWRITTEN;
        return true;
    case OUT_ATTESTED:
        *out = FATE_CONFIRMED;
        return true;
    case OUT_NOT_DELETABLE:
        *out = FATE_NOT_DELETABLE;
        return true;
    case OUT_PSEUDONYMISED:
        *out = FATE_REPLACED;
        return true;
    case OUT_RESTRICTED:
        *out = FATE_LOCKED;
        return true;
    case OUT_UNRESTRICTED:
        *out = FATE_UNLOCKED;
        return true;
    case OUT_RETAINED:
        *out = x->scope == SCOPE_CONTACT ? FATE_KEPT : FATE_SHARED;
        return true;
    case OUT_UNKNOWN:
    case OUT_HELD:
    case OUT_REFUSED:
    case OUT_SUBMITTED:
    case OUT_RETRY:
    case OUT_FAILED:
    case OUT_PRESENT:
    case OUT_COUNT:
        break;
    }
    *out = held ? FATE_HELD : FATE_PENDING;
    return true;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a == TIME_NONE || (b != TIME_NONE && b < a) ? b : a;
}

static struct letter_line *line_of(struct gathering *g, const struct artefact *x, enum letter_fate fate)
{
    struct letter_facts *f = g->f;
    void *items = f->lines;
    for (size_t i = 0; i < f->lines_n; i++)
        if (f->lines[i].fate == fate && f->lines[i].kind == x->kind && str_eq(f->lines[i].store, x->store))
            return &f->lines[i];
    struct str store = arena_str(g->a, x->store);
    if (!store.p || !arena_grow(g->a, &items, &f->lines_cap, f->lines_n + 1, sizeof *f->lines))
        return NULL;
    f->lines = items;
    f->lines[f->lines_n] = (struct letter_line){.store = store, .kind = x->kind, .fate = fate, .first_ms = TIME_NONE,
                                                .last_ms = TIME_NONE, .read_ms = TIME_NONE, .gone_by_ms = TIME_NONE};
    return &f->lines[f->lines_n++];
}

/* The same copy of many artefacts is told once, with the latest date; no date is later than every date. */
static enum status add_copy(struct gathering *g, struct str store, const struct residual *r, struct err *err)
{
    struct letter_facts *f = g->f;
    void *items = f->copies;
    for (size_t i = 0; i < f->copies_n; i++)
        if (str_eq(f->copies[i].store, store) && str_eq(f->copies[i].kind, r->kind)) {
            int64_t *until = &f->copies[i].until_ms;
            *until = *until == TIME_NONE || r->until_ms == TIME_NONE ? TIME_NONE : *until > r->until_ms ? *until : r->until_ms;
            return OK;
        }
    struct letter_copy copy = {.store = arena_str(g->a, store), .kind = arena_str(g->a, r->kind), .until_ms = r->until_ms};
    if (!copy.store.p || !copy.kind.p || !arena_grow(g->a, &items, &f->copies_cap, f->copies_n + 1, sizeof *f->copies))
        return ARENA_FULL(err, g->a);
    f->copies = items;
    f->copies[f->copies_n++] = copy;
    return OK;
}

static enum status add_artefact(struct gathering *g, const struct artefact *x, bool held, struct err *err)
{
    enum letter_fate fate;
    if (!fate_of(x, held, &fate))
        return OK;
    struct letter_line *line = line_of(g, x, fate);
    if (!line)
        return ARENA_FULL(err, g->a);
    line->n += x->count > 0 ? (uint64_t)x->count : 1;
    line->first_ms = sooner(line->first_ms, x->at_ms);
    line->last_ms = line->last_ms > x->at_ms ? line->last_ms : x->at_ms;
    line->read_ms = line->read_ms > x->verified_ms ? line->read_ms : x->verified_ms;
    for (size_t i = 0; i < x->residuals_n; i++) {
        if (fate == FATE_NOT_DELETABLE && x->residuals[i].until_ms > line->gone_by_ms)
            line->gone_by_ms = x->residuals[i].until_ms;
        TRY(add_copy(g, x->store, &x->residuals[i], err));
    }
    return OK;
}

static enum status add_law(struct gathering *g, const struct chain *c, struct err *err)
{
    struct letter_facts *f = g->f;
    struct decision d;
    struct decide_input in = {.policy = &g->e->policy, .chain = c, .holds = g->e->holds, .holds_n = g->e->holds_n,
                              .asked = request_mandate(g->e, g->q, STR_NONE).reason, .regime = g->q->regime,
                              .now_ms = engine_now(g->e), .brief = true};
    TRY(decide(&in, &g->scratch, &d, err));
    if (d.verdict != VERDICT_PARTIAL || !d.law.n)
        return OK;
    for (size_t i = 0; i < f->laws_n; i++)
        if (str_eq(f->laws[i].cite, d.law)) {
            f->laws[i].contacts++;
            f->laws[i].until_ms = f->laws[i].until_ms > d.keep_until_ms ? f->laws[i].until_ms : d.keep_until_ms;
            return OK;
        }
    void *items = f->laws;
    struct str cite = arena_str(g->a, d.law);
    if (!cite.p || !arena_grow(g->a, &items, &f->laws_cap, f->laws_n + 1, sizeof *f->laws))
        return ARENA_FULL(err, g->a);
    f->laws = items;
    f->laws[f->laws_n++] = (struct letter_law){.cite = cite, .until_ms = d.keep_until_ms, .contacts = 1};
    return OK;
}

static enum status work_of(struct gathering *g, const struct chain *c, struct artefact **work, size_t *n, struct err *err)
{
    struct ledger old;
    uint64_t parts;
    *n = 0;
    if (c->state != CHAIN_ERASED)
        return registry_work_get(g->e->registry, &c->key, &g->scratch, work, n, &parts, err);
    enum status s = ledger_get(g->e, &c->key, &g->scratch, &old, err);
    if (s == E_ABSENT) {
        g->f->unlisted++;
        return OK;
    }
    TRY(s);
    *work = old.work;
    *n = old.work_n;
    return OK;
}

static enum status add_chain(struct gathering *g, const struct row_key *key, struct err *err)
{
    struct engine *e = g->e;
    struct chain c;
    struct artefact *work = NULL;
    size_t n;
    int64_t now = engine_now(e);
    TRY(registry_chains(e->registry, key, 1, &g->scratch, &c, err));
    if (!c.version)
        return OK;
    bool held = chain_held(&c, e->holds, e->holds_n, &e->policy) || chain_wait_ms(&c, c.mandate.reason, e->holds, e->holds_n, now) != TIME_NONE;
    enum contact_status status = chain_status(&c, e->holds, e->holds_n, &e->policy, now);
    bool done = c.state == CHAIN_ERASED && !held && (status == STATUS_PURGED || status == STATUS_SCRUBBED);
    g->f->contacts++;
    g->f->erased += done;
    g->f->held += held;
    g->f->moving += !done && !held && status != STATUS_RETAINED;
    TRY(work_of(g, &c, &work, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(add_artefact(g, &work[i], held, err));
    return held ? OK : add_law(g, &c, err);
}

static int by_fate(const void *a, const void *b)
{
    const struct letter_line *x = a, *y = b;
    if (x->fate != y->fate)
        return x->fate < y->fate ? -1 : 1;
    int c = str_cmp(x->store, y->store);
    return c ? c : (x->kind > y->kind) - (x->kind < y->kind);
}

static int by_store(const void *a, const void *b)
{
    const struct letter_copy *x = a, *y = b;
    int c = str_cmp(x->store, y->store);
    return c ? c : str_cmp(x->kind, y->kind);
}

enum status letter_gather(struct engine *e, const struct request *q, struct arena *a, struct letter_facts *out, struct err *err)
{
    struct letter_facts f = {0};
    struct gathering g = {.e = e, .q = q, .f = &f, .a = a};
    struct row_key *keys;
    size_t n;
    TRY(engine_holds(e, NULL, err));
    TRY(request_confirmed(q, a, &keys, &n, err));
    f.undecided = request_count(q, CANDIDATE_PROPOSED);
    arena_init(&g.scratch, REQUEST_SCRATCH_MAX);
    enum status s = OK;
    for (size_t i = 0; i < n && s == OK; i++) {
        s = add_chain(&g, &keys[i], err);
        arena_reset(&g.scratch);
    }
    arena_release(&g.scratch);
    if (s != OK)
        return s;
    if (f.lines_n)
        qsort(f.lines, f.lines_n, sizeof *f.lines, by_fate);
    if (f.copies_n)
        qsort(f.copies, f.copies_n, sizeof *f.copies, by_store);
    *out = f;
    return OK;
}
