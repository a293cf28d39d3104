/*
 * oracle.c - what must never happen, told from what the world knows: who ordered what, which holds are in force, what lies
 * in stores. It asks the registry what it claims, and none of the product's own rules what may be done.
 */
#include "tests/sim/parts/sim.h"

#include <stdarg.h>

#include "engine/audit_view.h"

enum { CHANGES_AT_REST = 4, GATE_MS = 1000 /* rule 2.12: what a worker knows is at most a second old */, GRACE_DAYS = 14, CLOCK_BACK_MS = 15 * 60000 };

void trace(struct sim *s, const char *fmt, ...)
{
    char *line = s->trace[s->trace_n++ % TRACE_LINES];
    int n = snprintf(line, TRACE_BYTES, "%6u %s ", s->step, when(s->now_ms));
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line + n, (size_t)(TRACE_BYTES - n), fmt, ap);
    va_end(ap);
    if (s->options.trace)
        printf("%s\n", line);
}

void broken(struct sim *s, const char *fmt, ...)
{
    if (s->failed)
        return;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(s->what, sizeof s->what, fmt, ap);
    va_end(ap);
    s->failed = true;
    trace(s, "BROKEN: %s", s->what);
}

/* ---- holds, dates, orders ---- */

static bool same_chain(const struct sim *s, int a, int b)
{
    return s->contacts[a].initial == s->contacts[b].initial;
}

static struct row_key key_of(const struct sim *s, int i)
{
    return engine_contact_key(s->watcher, STR(SIM_SOURCE), str_of(s->contacts[i].id));
}

static bool chain_now(struct sim *s, int i, struct arena *a, struct chain *out)
{
    struct row_key contact = key_of(s, i), chain;
    struct err err = {.code = OK};
    s->looking++;
    bool ok = registry_chain_of(s->watcher->registry, &contact, 1, a, &chain, &err) == OK &&
              registry_chains(s->watcher->registry, &chain, 1, a, out, &err) == OK;
    s->looking--;
    if (!ok)
        broken(s, "the registry cannot be read: %s", err.text);
    return ok;
}

/* Whether both are legs of one chain in the registry: what came while the other was being erased is a chain of its own. */
static bool one_row(struct sim *s, int i, int k)
{
    struct arena a;
    struct chain c;
    struct row_key one = key_of(s, i), other = key_of(s, k);
    arena_init(&a, 16 << 20);
    bool both = chain_now(s, i, &a, &c) && chain_leg(&c, &one) && chain_leg(&c, &other);
    arena_release(&a);
    return both;
}

static bool names_chain(struct sim *s, const struct matter *m, int i)
{
    const struct contact *c = &s->contacts[i];
    for (int k = 0; k < m->contacts_n; k++) {
        const struct contact *named = &s->contacts[m->contacts[k]];
        if (m->contacts[k] == i)
            return true;
        if (same_chain(s, m->contacts[k], i) && c->delivered_ms != TIME_NONE && named->delivered_ms != TIME_NONE && c->begun_ms == TIME_NONE &&
            named->begun_ms == TIME_NONE && c->delivered_ms < m->sure_ms && named->delivered_ms < m->sure_ms && one_row(s, m->contacts[k], i))
            return true;
    }
    return false;
}

static bool covers(struct sim *s, const struct matter *m, int i, int64_t at_ms)
{
    const struct contact *c = &s->contacts[i];
    bool known = c->delivered_ms != TIME_NONE && c->delivered_ms <= at_ms;
    return m->scope == BY_ID ? names_chain(s, m, i) : known && (m->scope == BY_PERSON ? m->person == c->person : c->chat);
}

bool oracle_held(struct sim *s, int i, int64_t at_ms)
{
    for (const struct matter *m = s->matters; m < s->matters + MATTERS_MAX; m++) {
        if (m->state != MATTER_SURE || m->sure_ms > at_ms)
            continue;
        if (covers(s, m, i, at_ms))
            return true;
    }
    return false;
}

/* The shortest period that any document gives which the registry may have taken for the newest since then. */
static int days_of(const struct contact *c, const int *days, int64_t since_ms)
{
    int least = 1 << 20, newest = -1;
    for (int v = 0; v < c->docs_n; v++)
        if (c->docs[v].delivered && c->docs[v].delivered_ms < since_ms)
            newest = v;
    for (int v = 0; v < c->docs_n; v++)
        if ((v >= newest || c->unsure) && days[c->docs[v].category] < least)
            least = days[c->docs[v].category];
    return least;
}

static bool is_due(const struct sim *s, const struct contact *c, const int *days, int64_t since_ms)
{
    return s->now_ms >= c->ended_ms + (int64_t)days_of(c, days, since_ms) * DAY_MS;
}

static bool asked(const struct contact *c)
{
    return c->ordered || c->requested;
}

static bool in_grace(struct sim *s, int i)
{
    for (const struct matter *m = s->matters; m < s->matters + MATTERS_MAX; m++)
        if (m->state == MATTER_OVER && s->now_ms < m->over_ms + GRACE_DAYS * DAY_MS - HOUR_MS && covers(s, m, i, INT64_MAX) && !s->ever_behind &&
            s->contacts[i].delivered_ms != TIME_NONE && s->contacts[i].delivered_ms < m->sure_ms)
            return true;
    return false;
}

/* Whether somebody wanted it erased: NULL, or why not. */
static const char *unwanted(struct sim *s, const struct process *x, int i)
{
    const struct contact *c = &s->contacts[i];
    int days[3];
    for (int k = 0; k < 3; k++)
        days[k] = s->policy.days[k] < x->days_least[k] ? s->policy.days[k] : x->days_least[k];
    if (c->begun_ms != TIME_NONE || asked(c))
        return NULL;
    if (c->delivered_ms == TIME_NONE && c->newest < 0 && !c->unsure && !is_due(s, c, days, x->opened_ms))
        return "nobody has registered it";
    if (!is_due(s, c, days, x->opened_ms))
        return "it is not due, and nobody asked";
    for (int k = 0; k < CONTACTS; k++)
        if (same_chain(s, k, i) && s->contacts[k].delivered_ms != TIME_NONE && s->contacts[k].begun_ms == TIME_NONE && !is_due(s, &s->contacts[k], days, x->opened_ms) &&
            one_row(s, k, i))
            return "another leg of its chain is not due";
    if (in_grace(s, i))
        return "a hold was released, and its grace is not over";
    return NULL;
}

/* A law keeps recordings until its minimum ends, whoever asks. */
static bool law_keeps(const struct sim *s, const struct thing *t)
{
    const struct contact *c = &s->contacts[t->contact];
    return c->docs[0].category == CAT_LAW && s->now_ms < c->ended_ms + 200 * DAY_MS && t->kind == KIND_RECORDING && c->delivered_ms != TIME_NONE;
}

/* ---- before something goes ---- */

/* The intent is in the log, and names the chain. */
static bool intent_is_durable(struct sim *s, const struct chain *c, struct arena *a)
{
    struct row_key *named;
    struct entry *entries;
    size_t n = 0, found = 0;
    bool names = false;
    if (row_key_is_none(&c->open_intent))
        return false;
    struct entry_query q = {.from = 0, .to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .id = c->open_intent.b};
    s->looking++;
    if (registry_intent_chains(s->watcher->registry, &c->open_intent, a, &named, &n, NULL) != OK ||
        registry_log_entries(s->watcher->registry, &q, 1, a, &entries, &found, NULL) != OK)
        found = 0;
    s->looking--;
    for (size_t i = 0; i < n; i++)
        names |= row_key_eq(&named[i], &c->key);
    return names && found == 1 && str_is(entries[0].type, "INTENT");
}

static bool worker_is_live(struct sim *s, const struct row_key *worker, struct arena *a)
{
    struct registry_worker *workers;
    size_t n = 0;
    bool live = false;
    s->looking++;
    if (registry_workers(s->watcher->registry, a, &workers, &n, NULL) != OK)
        n = 0;
    s->looking--;
    for (size_t i = 0; i < n; i++)
        live |= row_key_eq(&workers[i].key, worker) && s->now_ms < workers[i].lease_until_ms;
    return live;
}

static void check_claim(struct sim *s, struct process *x, int i)
{
    struct arena a;
    struct chain c;
    const char *id = s->contacts[i].id;
    arena_init(&a, 16 << 20);
    if (chain_now(s, i, &a, &c)) {
        if (!c.version)
            broken(s, "%s is erased, and the registry does not know it", id);
        else if (!x->has_worker || !row_key_eq(&c.worker, &x->worker))
            broken(s, "%s is erased by a worker that has not claimed it", id);
        else if (!worker_is_live(s, &x->worker, &a))
            broken(s, "%s is erased under a lease that has run out", id);
        else if (!intent_is_durable(s, &c, &a))
            broken(s, "%s is erased before its intent is durable", id);
    }
    arena_release(&a);
}

static void check_contact(struct sim *s, struct process *x, int i)
{
    struct contact *c = &s->contacts[i];
    const char *why = unwanted(s, x, i);
    if (oracle_held(s, i, x->gate_ms - GATE_MS))
        broken(s, "%s is erased, and a hold is on it", c->id);
    if (why)
        broken(s, "%s is erased: %s", c->id, why);
}

void oracle_changed(struct sim *s, struct process *x)
{
    s->effects++;
    if (s->behind)
        broken(s, "a registry behind its own log changes a store");
    if (x->dead)
        broken(s, "the simulator let a dead process change a store");
}

void oracle_erased(struct sim *s, struct process *x, struct thing *t)
{
    if (t->scope == SCOPE_SUBJECT)
        broken(s, "a person's %s goes with one contact", t->locator);
    check_contact(s, x, t->contact);
    for (int i = 0; i < t->owners_n; i++)
        check_contact(s, x, t->owners[i]);
    if (law_keeps(s, t))
        broken(s, "%s of %s, ended %s, is erased, and the law keeps it", t->locator, s->contacts[t->contact].id, when(s->contacts[t->contact].ended_ms));
    check_claim(s, x, t->contact);
    for (int k = 0; k < CONTACTS; k++)
        if (s->contacts[k].begun_ms == TIME_NONE && (same_chain(s, k, t->contact)) && s->contacts[k].delivered_ms != TIME_NONE)
            s->contacts[k].begun_ms = s->monotonic_ms;
    if (oracle_held(s, t->contact, s->monotonic_ms))
        s->lost++;
}

/* ---- what the registry claims ---- */

/* Whether anybody could know by then that it is there. */
static bool could_be_known(const struct sim *s, const struct thing *t, int64_t read_ms)
{
    const struct sim_store *store = &s->stores[t->store];
    const struct document *first = &s->contacts[t->contact].docs[0]; /* the one that names places */
    int64_t read_true_ms = read_ms - SIM_BEGIN_MS + MONOTONIC_BEGIN_MS; /* less what the clock stood back */
    bool named = !t->by_place || (first->delivered && first->delivered_ms < read_true_ms - CLOCK_BACK_MS);
    bool shown = t->store != STORE_EXTRA || (store->shown_ms != TIME_NONE && store->shown_ms < read_ms - CLOCK_BACK_MS);
    return named && shown;
}

static void check_gone(struct sim *s, int i, int64_t read_ms, const char *claim)
{
    int64_t margin = CLOCK_BACK_MS;
    for (int k = 0; k < s->things_n; k++) {
        const struct thing *t = &s->things[k];
        const struct sim_store *store = &s->stores[t->store];
        if (t->contact != i || t->scope != SCOPE_CONTACT || !could_be_known(s, t, read_ms))
            continue;
        if (t->there && !t->restricted && t->appeared_ms < read_ms - margin)
            broken(s, "%s is %s (read back %s), and %s has been in %s since %s", s->contacts[i].id, claim, when(read_ms), t->locator, store->name,
                   when(t->appeared_ms));
        if (!t->there && !s->ever_behind && t->erased_ms != TIME_NONE && t->read_ms == TIME_NONE)
            broken(s, "%s is %s, and %s was never read back", s->contacts[i].id, claim, t->locator);
    }
}

static void look_at(struct sim *s, int i, struct arena *a)
{
    struct contact *c = &s->contacts[i];
    struct chain chain;
    struct row_key key = key_of(s, i);
    if (s->failed || !chain_now(s, i, a, &chain) || !chain_leg(&chain, &key))
        return; /* a row under its key may be that of others who state it as their first */
    const struct engine *e = s->watcher;
    bool purged = chain.state == CHAIN_ERASED && chain_status(&chain, e->holds, e->holds_n, &e->policy, s->now_ms) == STATUS_PURGED;
    bool again = purged && chain.verified_again_ms != TIME_NONE;
    if (purged && !c->purged)
        check_gone(s, i, chain.verified_ms, "PURGED");
    if (again && !c->again)
        check_gone(s, i, chain.verified_again_ms, "PURGED and read back a second time");
    c->purged = purged;
    c->again = again;
}

void oracle_look(struct sim *s)
{
    struct err err = {.code = OK};
    if (s->failed)
        return;
    s->looking++;
    if (engine_holds(s->watcher, NULL, &err) != OK)
        broken(s, "holds cannot be read: %s", err.text);
    s->looking--;
    struct arena a;
    arena_init(&a, 64 << 20);
    for (int i = 0; i < CONTACTS; i++)
        if (s->contacts[i].delivered_ms != TIME_NONE)
            look_at(s, i, &a);
    arena_release(&a);
}

/* ---- the log ---- */

static void check_entries(struct sim *s, struct arena *a)
{
    static const char *const marks[] = {ID_MARK, "2079460", MATTER_MARK};
    struct entry_query q = {.from = s->entries_seen, .to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct entry *entries;
    struct err err = {.code = OK};
    size_t n;
    if (registry_log_entries(s->watcher->registry, &q, 100000, a, &entries, &n, &err) != OK) {
        broken(s, "the log cannot be read: %s", err.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (entries[i].at_ms > s->entries_at_ms)
            s->entries_at_ms = entries[i].at_ms;
        for (size_t m = 0; m < ARRAY_LEN(marks); m++)
            if (memmem(entries[i].body.p, entries[i].body.n, marks[m], strlen(marks[m])))
                broken(s, "entry %llu (%.*s) names somebody: %s", (unsigned long long)entries[i].index, STR_ARG(entries[i].type), marks[m]);
        if (entries[i].index != s->entries_seen + i)
            broken(s, "entry %llu stands where %llu should", (unsigned long long)entries[i].index, (unsigned long long)(s->entries_seen + i));
    }
    s->entries_seen += n;
}

/* An entry is dated when it is made: a process that stands still for long before it commits it, or whose clock is wrong,
 * dates it before others that are in the log by then. The verifier says so (docs/limits.md); the log is whole. */
static bool is_about_time(struct str why)
{
    return memmem(why.p, why.n, "time runs back", 14) != NULL;
}

static void check_tree(struct sim *s, struct arena *a)
{
    struct audit_check check;
    struct err err = {.code = OK};
    if (audit_check_registry(s->watcher, NULL, a, &check, &err) != OK)
        broken(s, "the log cannot be verified: %s", err.text);
    else if (!check.ok && !is_about_time(check.why))
        broken(s, "the log does not verify: %.*s", STR_ARG(check.why));
    struct str vkey = check.report.vkey;
    if (s->failed || s->ever_behind || !vkey.n || !s->published)
        return;
    if (audit_check_folder(s->publish, &vkey, 1, NULL, a, &check, &err) != OK)
        broken(s, "the published log cannot be verified: %s", err.text);
    else if (!check.ok && !is_about_time(check.why))
        broken(s, "the published log does not verify: %.*s", STR_ARG(check.why));
}

void oracle_log(struct sim *s)
{
    struct arena a;
    arena_init(&a, 128 << 20);
    s->looking++;
    if (!s->behind && !s->failed) {
        check_entries(s, &a);
        if (s->quiet_stores || chance(s, 150))
            check_tree(s, &a);
    }
    s->looking--;
    arena_release(&a);
}

/* ---- at rest ---- */

static int days_most(const struct contact *c, const int *days)
{
    int most = 0;
    for (int v = 0; v < c->docs_n; v++)
        if ((v == c->newest || c->unsure || c->begun_ms != TIME_NONE) && days[c->docs[v].category] > most)
            most = days[c->docs[v].category]; /* what the source sends again carries what was newest then */
    return most;
}

/* Whether everything of its chain must have gone by now, whatever the registry takes for the newest document. */
static bool should_be_gone(const struct sim *s, int i)
{
    for (int k = 0; k < CONTACTS; k++)
        if (same_chain(s, k, i) && s->contacts[k].delivered_ms != TIME_NONE &&
            s->now_ms < s->contacts[k].ended_ms + (int64_t)days_most(&s->contacts[k], s->policy.days) * DAY_MS + 3 * DAY_MS)
            return false;
    return s->contacts[i].delivered_ms != TIME_NONE;
}

static bool asked_blind(const struct sim *s, int i)
{
    for (int k = 0; k < CONTACTS; k++)
        if (same_chain(s, k, i) && s->contacts[k].asked_blind_ms != TIME_NONE)
            return true;
    return false;
}

void tell_contacts(struct sim *s)
{
    struct arena a;
    arena_init(&a, 64 << 20);
    for (int i = 0; i < CONTACTS; i++) {
        const struct contact *c = &s->contacts[i];
        struct chain chain = {.version = 0};
        if (!s->watcher || !chain_now(s, i, &a, &chain))
            break;
        printf("%s of %02d ended %.10s person %d%s%s%s, registered %.3f, begun %.3f;", c->id, c->initial, when(c->ended_ms), c->person, c->chat ? " chat" : "",
               c->ordered ? " ordered" : "", c->requested ? " requested" : "", (double)c->delivered_ms / 1e3, (double)c->begun_ms / 1e3);
        for (int v = 0; v < c->docs_n; v++)
            printf(" v%d %s%s", v, c->docs[v].category == CAT_SHORT ? "short" : c->docs[v].category == CAT_LONG ? "long" : "law",
                   c->docs[v].delivered ? "" : " (not delivered)");
        struct row_key key = key_of(s, i);
        const struct leg *leg = chain.version ? chain_leg(&chain, &key) : NULL;
        printf("; registry: state %s mandate %s queue %d %.20s category %.*s newest %s holds %zu\n", chain_state_name(chain.state), reason_name(chain.mandate.reason), (int)chain.queue,
               when(chain.queue_time_ms), STR_ARG(leg ? leg->category : STR("-")), leg ? when(leg->newest_ms) : "-", chain.holds_n);
        for (int k = 0; k < s->things_n; k++)
            if (s->things[k].contact == i)
                printf("    %s%s %s, erased %s, read %s\n", s->things[k].locator, s->things[k].by_place ? " (by place)" : "",
                       s->things[k].there ? "there" : "gone", when(s->things[k].erased_ms), when(s->things[k].read_ms));
    }
    arena_release(&a);
}

/* What people have asked for is gone, whatever else waits. */
void oracle_requests(struct sim *s)
{
    for (int i = 0; i < CONTACTS && !s->failed; i++) {
        const struct contact *c = &s->contacts[i];
        if (!c->confirmed || c->unsure || c->docs[0].category == CAT_LAW || asked_blind(s, i))
            continue;
        for (int k = 0; k < s->things_n; k++)
            if (s->things[k].contact == i && s->things[k].scope == SCOPE_CONTACT && s->things[k].there && !s->things[k].by_place &&
                s->things[k].store != STORE_EXTRA) /* a store that comes late is asked again after thirty days where something shared stays */
                broken(s, "%s was asked to be erased, and %s is still there", c->id, s->things[k].locator);
    }
}

void oracle_at_rest(struct sim *s)
{
    struct arena a;
    arena_init(&a, 64 << 20);
    for (int k = 0; k < s->things_n; k++)
        if (s->things[k].changes > CHANGES_AT_REST)
            broken(s, "%s was sent %d changes with nothing disturbing: an echo that does not end", s->things[k].locator, s->things[k].changes);
    for (int i = 0; i < CONTACTS && !s->failed; i++) {
        struct chain c;
        if (!should_be_gone(s, i) || asked_blind(s, i) || !chain_now(s, i, &a, &c))
            continue;
        const char *status = contact_status_name(chain_status(&c, s->watcher->holds, s->watcher->holds_n, &s->watcher->policy, s->now_ms));
        for (int k = 0; k < s->things_n; k++) {
            const struct thing *t = &s->things[k];
            if (t->contact == i && t->scope == SCOPE_CONTACT && t->there)
                broken(s, "at rest %s is due and %s is still in %s (%s, queue %d, next %s)", s->contacts[i].id, t->locator, s->stores[t->store].name,
                       status, (int)c.queue, when(c.queue_time_ms));
        }
        if (!s->contacts[i].purged && strcmp(status, "RETAINED") != 0)
            broken(s, "at rest %s is due and %s (queue %d, next %s)", s->contacts[i].id, status, (int)c.queue, when(c.queue_time_ms));
    }
    arena_release(&a);
}
