#include "engine/report.h"
#include "engine/holds.h"

enum { PAGE = 500, PAGE_ARENA_MAX = 256 << 20, KEYS_PAGE = 5000 };

static const struct column HOLDS[] = {
    {"matter", "Matter", CELL_TEXT}, {"scope", "Scope", CELL_TEXT}, {"contacts", "Contacts", CELL_NUMBER}, {"since", "Since", CELL_TIME},
    {"review", "Review by", CELL_TIME}, {"review_overdue", "Review overdue", CELL_YES}, {"over_a_year", "Older than a year", CELL_YES},
    {"by", "Applied by", CELL_TEXT}, {"reason", "Reason", CELL_TEXT}};
static const struct column OVERDUE[] = {
    {"source", "Source", CELL_TEXT}, {"id", "Contact", CELL_TEXT}, {"category", "Category", CELL_TEXT}, {"due_at", "Due", CELL_TIME},
    {"overdue_since", "Overdue since", CELL_TIME}, {"status", "Status", CELL_TEXT}};
static const struct column RESIDUALS[] = {
    {"store", "Store", CELL_TEXT}, {"kind", "Artefact", CELL_TEXT}, {"copy", "Copy", CELL_TEXT}, {"artefacts", "Artefacts", CELL_NUMBER},
    {"first_gone", "First gone", CELL_TIME}, {"last_gone", "Last gone", CELL_TIME}, {"unbounded", "Without a date", CELL_NUMBER}};
static const struct column TARGETS[] = {
    {"source", "Source", CELL_TEXT}, {"id", "Contact", CELL_TEXT}, {"reason", "Asked by", CELL_TEXT}, {"request", "Request", CELL_TEXT},
    {"accepted", "Accepted", CELL_TIME}, {"target", "Target", CELL_TIME}, {"missed", "Missed", CELL_YES}, {"status", "Status", CELL_TEXT}};
static const struct column RETENTION[] = {
    {"category", "Category", CELL_TEXT}, {"erase_after", "Erased after", CELL_TEXT}, {"from", "Counted from", CELL_TEXT},
    {"within", "Finished within", CELL_TEXT}, {"keep", "Legal minimum", CELL_TEXT}, {"law", "Legal basis", CELL_TEXT},
    {"resists", "Stands against", CELL_TEXT}, {"confirmed", "Confirmed", CELL_TEXT}, {"contacts", "Contacts", CELL_NUMBER},
    {"caution", "Caution", CELL_TEXT}};

#define KIND(n, t, c, x) {.name = n, .title = t, .columns = c, .columns_n = ARRAY_LEN(c), .explains = x}
static const struct report KINDS[] = {
    [REPORT_HOLDS] = KIND("holds", "Litigation holds", HOLDS, "Holds in force. A hold never ends by itself; those past review ask for a person."),
    [REPORT_OVERDUE] = KIND("overdue", "Overdue", OVERDUE, "Contacts whose period has passed and whose erasure was not finished in the time the schedule allows."),
    [REPORT_RESIDUALS] = KIND("residuals", "Copies that remain", RESIDUALS, "Copies of erased contacts that cannot be deleted and age out by themselves, with dates."),
    [REPORT_TARGETS] = KIND("targets", "Targets", TARGETS, "Requests and orders not yet submitted to every store. The target is ours; legal deadlines are separate."),
    [REPORT_RETENTION] = KIND("retention", "Retention schedule", RETENTION, "Envisaged time limits for erasure of the categories of data (Art. 30(1)(f) GDPR)."),
};

bool report_kind_parse(struct str s, enum report_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        if (str_is(s, KINDS[i].name)) {
            *out = (enum report_kind)i;
            return true;
        }
    return false;
}

struct cell *report_row(struct report *r, struct arena *a)
{
    void *items = r->cells;
    if (r->rows_n >= REPORT_ROWS_MAX) {
        r->more = true;
        return NULL;
    }
    if (!arena_grow(a, &items, &r->cap, (r->rows_n + 1) * r->columns_n, sizeof *r->cells))
        return NULL;
    r->cells = items;
    struct cell *row = &r->cells[r->rows_n++ * r->columns_n];
    for (size_t i = 0; i < r->columns_n; i++)
        row[i] = (struct cell){STR_NONE, r->columns[i].type == CELL_TIME ? TIME_NONE : 0};
    return row;
}

enum status report_walk(struct report_walk *w, struct queue_query q, struct err *err)
{
    enum status s = OK;
    arena_init(&w->page, PAGE_ARENA_MAX);
    for (size_t n = PAGE; s == OK && n == PAGE && !w->r->more; arena_reset(&w->page)) {
        struct queue_line *lines;
        s = registry_queue(w->e->registry, &q, PAGE, &w->page, &lines, &n, err);
        if (s != OK || !n)
            break;
        struct row_key *keys = ARENA_ARRAY(&w->page, struct row_key, n);
        struct chain *chains = ARENA_ARRAY(&w->page, struct chain, n);
        s = keys && chains ? OK : ARENA_FULL(err, &w->page);
        for (size_t i = 0; s == OK && i < n; i++)
            keys[i] = lines[i].chain;
        if (s == OK)
            s = registry_chains(w->e->registry, keys, n, &w->page, chains, err);
        for (size_t i = 0; s == OK && i < n; i++)
            if (chains[i].version)
                s = w->each(w, &chains[i], err);
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
    }
    arena_release(&w->page);
    return s;
}

/* ---- holds ---- */

static const char *scope_words(const struct hold_summary *h)
{
    return h->scope == HOLD_IDS ? "contacts" : h->scope == HOLD_SUBJECT ? "person" : "filter";
}

static enum status make_holds(struct engine *e, struct report *r, bool see, struct arena *a, struct err *err)
{
    struct hold_summary *list;
    size_t n;
    TRY(holds_list(e, false, a, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct hold_summary *h = &list[i];
        struct cell *row = report_row(r, a);
        if (!row)
            return r->more ? OK : ARENA_FULL(err, a);
        row[0].text = see ? h->matter : STR("legal hold");
        row[1].text = str_of(scope_words(h));
        row[2].number = (int64_t)h->members;
        row[3].number = h->since_ms;
        row[4].number = h->review_ms;
        row[5].number = h->overdue;
        row[6].number = h->over_a_year;
        row[7].text = h->by;
        row[8].text = see ? h->reason : STR_NONE;
    }
    return OK;
}

/* ---- the schedule ---- */

static enum status count_category(struct engine *e, struct str name, int64_t *count, struct err *err)
{
    struct queue_query q = {.queue = QUEUE_DUE, .category = category_code(name), .until_ms = INT64_MAX};
    struct arena page;
    enum status s = OK;
    arena_init(&page, PAGE_ARENA_MAX);
    for (size_t n = KEYS_PAGE; s == OK && n == KEYS_PAGE; arena_reset(&page)) {
        struct queue_line *lines;
        s = registry_queue(e->registry, &q, KEYS_PAGE, &page, &lines, &n, err);
        if (s != OK || !n)
            break;
        *count += (int64_t)n;
        q.after = true;
        q.after_category = lines[n - 1].category;
        q.after_time_ms = lines[n - 1].time_ms;
        q.after_key = lines[n - 1].chain;
    }
    arena_release(&page);
    return s;
}

static struct str regimes_of(const struct law *law, struct arena *a)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    for (size_t i = REGIME_NONE + 1; i < REGIME_COUNT; i++)
        if (law->resists[i])
            buf_fmt(&b, "%s%s", b.n ? ", " : "", regime_name((enum regime)i));
    return b.n ? arena_str(a, buf_view(&b)) : STR_NONE;
}

/* What a reader must know before relying on a line. */
static struct str caution_of(const struct category *c, struct arena *a)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    if (c->keep.set && !c->law.confirmed_by.n)
        buf_cstr(&b, "nobody has confirmed the legal minimum: it neither refuses nor erases");
    else if (c->law.cite.n && !c->law.confirmed_by.n)
        buf_cstr(&b, "to be confirmed by counsel");
    if (c->hold.n)
        buf_fmt(&b, "%sheld until released (matter %.*s/...)", b.n ? "; " : "", STR_ARG(c->hold));
    if (c->note.n)
        buf_fmt(&b, "%s%.*s", b.n ? "; " : "", STR_ARG(c->note));
    return b.n ? arena_str(a, buf_view(&b)) : STR_NONE;
}

static struct str confirmed_of(const struct law *law, struct arena *a)
{
    char when[32];
    if (!law->confirmed_by.n)
        return law->cite.n ? STR("no") : STR_NONE;
    time_text(law->confirmed_ms, when);
    return arena_fmt(a, "%.*s, %.10s", STR_ARG(law->confirmed_by), when);
}

static enum status make_retention(struct engine *e, struct report *r, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < e->policy.categories_n; i++) {
        const struct category *c = &e->policy.categories[i];
        struct cell *row = report_row(r, a);
        if (!row)
            return r->more ? OK : ARENA_FULL(err, a);
        row[0].text = c->name;
        row[1].text = c->erase_after.set ? period_text(&c->erase_after, a) : STR_NONE;
        row[2].text = str_of(start_event_name(c->from));
        row[3].text = period_text(&c->erase_within, a);
        row[4].text = c->keep.set ? period_text(&c->keep, a) : STR_NONE;
        row[5].text = c->law.cite;
        row[6].text = regimes_of(&c->law, a);
        row[7].text = confirmed_of(&c->law, a);
        TRY(count_category(e, c->name, &row[8].number, err));
        row[9].text = caution_of(c, a);
    }
    return OK;
}

enum status report_make(struct engine *e, enum report_kind kind, bool see_matters, struct arena *a, struct report *out, struct err *err)
{
    *out = KINDS[kind];
    out->at_ms = engine_now(e);
    out->policy_version = e->policy.version;
    TRY(engine_holds(e, NULL, err));
    switch (kind) {
    case REPORT_HOLDS:
        return make_holds(e, out, see_matters, a, err);
    case REPORT_OVERDUE:
        return report_overdue(e, out, a, err);
    case REPORT_RESIDUALS:
        return report_residuals(e, out, a, err);
    case REPORT_TARGETS:
        return report_targets(e, out, a, err);
    case REPORT_RETENTION:
        break;
    }
    return make_retention(e, out, a, err);
}
