/* journal_site.c - entries about the whole: batches, plans, approvals, runs, policy, holds, and plain facts. */
#include "engine/journal.h"

#include "engine/record.h"

enum status journal_registered(struct engine *e, uint64_t n, const struct hash *digest, int64_t now_ms, struct arena *a,
                               struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_REGISTERED, now_ms, a);
    record_hash(&r, "digest", digest);
    record_count(&r, "n", n);
    return record_finish(&r, NULL, out, err);
}

static enum status hold_entry(struct engine *e, enum entry_type type, const struct opening *matter, const char *scope,
                              uint64_t n, struct str reason, int64_t review_ms, bool waived, int64_t now_ms,
                              struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    ASSERT(matter->ids_n);
    record_begin(&r, e, type, now_ms, a);
    record_commit(&r, "matter", matter, COMMIT_MATTER, matter->ids[0]);
    record_count(&r, "n", n);
    record_commit(&r, "note", matter, COMMIT_REASON, reason);
    record_time(&r, "review", review_ms);
    record_code(&r, "scope", str_of(scope));
    record_code(&r, "setting", STR("Litigation Holds"));
    if (waived)
        record_bool(&r, "waived", true);
    return record_finish(&r, &matter->owner, out, err);
}

enum status journal_hold(struct engine *e, bool applied, const struct opening *matter, const char *scope, uint64_t n,
                         struct str reason, int64_t review_ms, int64_t now_ms, struct arena *a, struct entry *out,
                         struct err *err)
{
    return hold_entry(e, applied ? ENTRY_HOLD_APPLIED : ENTRY_HOLD_RELEASED, matter, scope, n, reason, review_ms, false,
                      now_ms, a, out, err);
}

enum status journal_waived(struct engine *e, const struct opening *matter, const char *scope, uint64_t n,
                           struct str reason, int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    return hold_entry(e, ENTRY_HOLD_RELEASED, matter, scope, n, reason, TIME_NONE, true, now_ms, a, out, err);
}

enum status journal_planned(struct engine *e, const struct hash *digest, uint64_t n, int64_t cutoff_ms, struct str run,
                            bool dry_run, int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_PLANNED, now_ms, a);
    record_time(&r, "cutoff", cutoff_ms);
    record_hash(&r, "digest", digest);
    if (dry_run)
        record_bool(&r, "dry_run", true);
    record_count(&r, "n", n);
    record_code(&r, "policy", e->policy.version);
    record_code(&r, "run", run);
    record_names(&r, "stores", e->store_names, e->stores_n);
    return record_finish(&r, NULL, out, err);
}

enum status journal_approved(struct engine *e, const struct hash *digest, struct str requester, const char *what,
                             int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_APPROVED, now_ms, a);
    /* Rule 2.26: at a site of one person a delay stands in for the second, and the log says so. */
    if (e->config.approval_delay.set && str_eq(requester, e->actor.id))
        record_code(&r, "delay", period_text(&e->config.approval_delay, a));
    record_hash(&r, "digest", digest);
    record_text(&r, "requester", requester);
    record_code(&r, "what", str_of(what));
    return record_finish(&r, NULL, out, err);
}

enum status journal_stopped(struct engine *e, const char *why, const struct hash *digest, uint64_t n, uint64_t limit,
                            struct str run, int64_t now_ms, struct arena *a, struct entry *out, struct err *err)
{
    struct record r;
    record_begin(&r, e, ENTRY_STOPPED, now_ms, a);
    record_hash(&r, "digest", digest);
    record_functionality(&r, FUNC_RETENTION_PURGE);
    record_count(&r, "limit", limit);
    record_count(&r, "n", n);
    record_code(&r, "run", run);
    record_code(&r, "why", str_of(why));
    return record_finish(&r, NULL, out, err);
}

enum status journal_run(struct engine *e, struct str run, const char *phase, const uint64_t *counts,
                        const char *const *names, size_t n, int64_t now_ms, struct arena *a, struct entry *out,
                        struct err *err)
{
    struct record r;
    struct str state = str_of(phase), dry = STR("dry ");
    bool dry_run = str_starts(state, dry);
    struct record_count *pairs = ARENA_ARRAY(a, struct record_count, n + 1);
    if (!pairs)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct record_count){names[i], counts[i]};
    record_begin(&r, e, ENTRY_RUN, now_ms, a);
    if (n)
        record_counts(&r, "counts", pairs, n);
    record_bool(&r, "dry_run", dry_run);
    record_code(&r, "policy", e->policy.version);
    record_code(&r, "run", run);
    record_code(&r, "state", dry_run ? (struct str){state.p + dry.n, state.n - dry.n} : state);
    return record_finish(&r, NULL, out, err);
}

enum status journal_policy(struct engine *e, const struct policy_facts *p, int64_t now_ms, struct arena *a,
                           struct entry *out, struct err *err)
{
    struct record r;
    const struct record_count counts[] = {{"due", p->due_now}, {"earlier", p->earlier}, {"later", p->later}};
    record_begin(&r, e, ENTRY_POLICY_CHANGED, now_ms, a);
    record_counts(&r, "counts", counts, ARRAY_LEN(counts));
    if (p->delay)
        record_code(&r, "delay", period_text(p->delay, a));
    if (p->previous.n)
        record_code(&r, "previous", p->previous);
    else
        record_null(&r, "previous");
    record_code(&r, "setting", STR("Retention Schedules"));
    record_code(&r, "version", p->version);
    return record_finish(&r, NULL, out, err);
}

/* --- plain facts: the table of types says in which form each is written --- */

static const struct entry_field *field_in(const struct entry_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n; i++)
        if (strcmp(spec->fields[i].name, name) == 0)
            return &spec->fields[i];
    return NULL;
}

static void add_fact(struct record *r, const struct journal_fact *f)
{
    const struct entry_field *field = field_in(entry_spec_of(r->type), f->name);
    if (!field)
        field = field_in(entry_spec_of(ENTRY_NONE), f->name);
    ASSERT(field);
    if (f->is_number && field->form == FORM_BOOL)
        record_bool(r, f->name, f->number != 0);
    else if (f->is_number)
        record_int(r, f->name, f->number);
    else if (!f->text.n && (field->flags & FIELD_NULLABLE))
        record_null(r, f->name);
    else if (field->form == FORM_NAMES || field->form == FORM_ENUMS)
        record_names(r, f->name, &f->text, f->text.n ? 1 : 0);
    else if (field->form == FORM_TEXT)
        record_text(r, f->name, f->text);
    else
        record_code(r, f->name, f->text);
}

enum status journal_plain(struct engine *e, const char *type, const struct journal_fact *facts, size_t n,
                          const struct row_key *subject, int64_t now_ms, struct arena *a, struct entry *out,
                          struct err *err)
{
    struct record r;
    enum entry_type t = ENTRY_NONE;
    ASSERT(entry_type_parse(str_of(type), &t) && n <= 8);
    record_begin(&r, e, t, now_ms, a);
    for (size_t i = 0; i < n; i++)
        add_fact(&r, &facts[i]);
    return record_finish(&r, subject, out, err);
}
