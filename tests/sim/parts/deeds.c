/* deeds.c - what people and machines do: documents, holds, requests, orders, purges. Failed or dead, it is done again. */
#include "tests/sim/parts/sim.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/epoch.h"
#include "engine/holds.h"
#include "engine/ingest.h"
#include "engine/orders.h"
#include "engine/purge.h"
#include "engine/requests.h"
#include "engine/restore.h"

static const char *const category_names[] = {"short", "long", "law"};

void write_config(struct sim *s)
{
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    buf_fmt(&b, "registry: %s\ntimezone: UTC\nkeys: keys/\naudit:\n  publish: audit/\n",
            s->options.registry ? s->options.registry : "sqlite:expunge.db");
    buf_fmt(&b, "purge: {at: \"02:00\", zone: UTC, guard: {floor: %d, times: 3}}\n", s->guard_floor);
    buf_fmt(&b, "default_category: long\ncategories:\n  short: {erase_after: P%dD}\n  long: {erase_after: P%dD}\n", s->file.days[CAT_SHORT],
            s->file.days[CAT_LONG]);
    buf_fmt(&b, "  law:\n    keep: P200D\n    erase_after: P%dD\n    law: {cite: \"Law 1\", resists: [gdpr], confirmed: {by: \"Counsel\", on: 2026-01-01}}\n"
                "    on_request: {recording: restrict, default: erase}\n", s->file.days[CAT_LAW]);
    buf_fmt(&b, "classify:\n  - {when: \"attribute.retentionCategory:*\", category: \"{attribute.retentionCategory}\"}\nstores:\n");
    for (int i = 0; i < STORES; i++)
        if (s->stores[i].configured)
            buf_fmt(&b, "  %s: {type: sim, backup_age: P35D}\n", s->stores[i].name);
    if (file_write(s->config, buf_view(&b), 0600, &err) != OK)
        broken(s, "%s", err.text);
}

/* ---- documents ---- */

static void write_document(struct sim *s, struct buf *b, const struct contact *c, const struct document *d, int version)
{
    const char *initial = s->contacts[c->initial].id;
    int i = (int)(c - s->contacts);
    buf_fmt(b, "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"%s\",\"InstanceARN\":\"arn:aws:connect:eu-west-2:"
               "123456789012:instance/" SIM_SOURCE "\",\"Channel\":\"%s\",", c->id, c->chat ? "CHAT" : "VOICE");
    if (c->initial != i)
        buf_fmt(b, "\"InitialContactId\":\"%s\",", initial);
    buf_fmt(b, "\"InitiationTimestamp\":\"%s\",\"DisconnectTimestamp\":\"%s\",", when(c->ended_ms - 10 * MINUTE_MS), when(c->ended_ms));
    buf_fmt(b, "\"LastUpdateTimestamp\":\"%s\",\"Attributes\":{\"retentionCategory\":\"%s\",\"v\":\"%d\"},", when(d->updated_ms),
            category_names[d->category], version);
    for (int k = 0; k < s->things_n && d->names_place; k++)
        if (s->things[k].contact == i && s->things[k].by_place)
            buf_fmt(b, "\"Recordings\":[{\"Location\":\"sim-bucket/%s\",\"StorageType\":\"S3\"}],", s->things[k].locator);
    buf_fmt(b, "\"CustomerEndpoint\":{\"Address\":\"" PHONE_MARK "1%02d\",\"Type\":\"TELEPHONE_NUMBER\"}}\n", c->person);
}

struct delivery { struct contact *contact; int version; /* -1: sent again */ };

static size_t choose_documents(struct sim *s, struct delivery *out, size_t max)
{
    size_t n = 0;
    for (int tries = 0; tries < 40 && n < max; tries++) {
        struct contact *c = &s->contacts[dice(s, CONTACTS)];
        int v = (int)dice(s, (uint64_t)c->docs_n);
        if (c->re_emitted > 0 && c->re_emitted--)
            out[n++] = (struct delivery){c, -1};
        else if (!c->docs[v].delivered || chance(s, 100))
            out[n++] = (struct delivery){c, v};
    }
    for (int i = 0; i < CONTACTS && s->quiet_stores && n < max; i++) /* the last deliveries leave nothing out */
        if (s->contacts[i].re_emitted > 0 && s->contacts[i].re_emitted--)
            out[n++] = (struct delivery){&s->contacts[i], -1};
    for (int i = 0; i < CONTACTS && s->quiet_stores; i++)
        for (int v = 0; v < s->contacts[i].docs_n && n < max; v++)
            if (!s->contacts[i].docs[v].delivered)
                out[n++] = (struct delivery){&s->contacts[i], v};
    return n;
}

static void was_delivered(struct sim *s, const struct delivery *d)
{
    struct contact *c = d->contact;
    if (c->delivered_ms == TIME_NONE)
        c->delivered_ms = s->monotonic_ms;
    trace(s, "%s version %d is registered", c->id, d->version);
    if (d->version < 0)
        return;
    if (!c->docs[d->version].delivered)
        c->docs[d->version].delivered_ms = s->monotonic_ms;
    c->docs[d->version].delivered = true;
    if (d->version > c->newest)
        c->newest = d->version;
}

void deed_ingest(struct sim *s, struct process *x)
{
    struct delivery chosen[80];
    size_t n = choose_documents(s, chosen, s->quiet_stores ? ARRAY_LEN(chosen) : 1 + (size_t)dice(s, 8));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        struct contact *c = chosen[i].contact;
        struct document again = {.category = c->newest >= 0 ? c->docs[c->newest].category : c->docs[0].category, .updated_ms = s->now_ms};
        bool re_emitted = chosen[i].version < 0;
        write_document(s, &b, c, re_emitted ? &again : &c->docs[chosen[i].version], chosen[i].version);
    }
    if (!n || process_open(x, OPEN_WRITE) != OK)
        return;
    int fd = memfd_create("documents", 0);
    ASSERT(fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n && lseek(fd, 0, SEEK_SET) == 0);
    struct ingest_report report = {.read = 0};
    struct ingest_options o = {.format = STR("auto")};
    x->result = ingest_fd(x->engine, fd, STR("sim"), &o, &report, &x->err);
    close(fd);
    if (x->result != OK || x->dead)
        return;
    if (report.quarantined)
        broken(s, "%llu good documents were put into quarantine", (unsigned long long)report.quarantined);
    for (size_t i = 0; i < n; i++)
        was_delivered(s, &chosen[i]);
}

/* ---- holds ---- */

static struct matter *matter_in(struct sim *s, enum matter_state state)
{
    size_t from = (size_t)dice(s, MATTERS_MAX);
    for (size_t i = 0; i < MATTERS_MAX; i++)
        if (s->matters[(from + i) % MATTERS_MAX].state == state)
            return &s->matters[(from + i) % MATTERS_MAX];
    return NULL;
}

static void invent_matter(struct sim *s, struct matter *m)
{
    *m = (struct matter){.state = MATTER_COMING, .scope = (int)dice(s, 3), .person = (int)dice(s, PERSONS), .chat = true};
    snprintf(m->name, sizeof m->name, MATTER_MARK "%02d", (int)(m - s->matters));
    m->contacts_n = 1 + (int)dice(s, OWNERS);
    for (int i = 0; i < m->contacts_n; i++)
        m->contacts[i] = (int)dice(s, chance(s, 500) ? CONTACTS : CONTACTS / 3); /* some are named often: holds stack */
}

void deed_hold(struct sim *s, struct process *x)
{
    struct matter *m = matter_in(s, MATTER_COMING);
    struct str ids[OWNERS], phone = arena_fmt(&x->a, PHONE_MARK "1%02d", m ? m->person : 0);
    struct hold_reply reply;
    if (!m && !s->quiet_stores && (m = matter_in(s, MATTER_FREE)) != NULL)
        invent_matter(s, m);
    if (!m || process_open(x, OPEN_WRITE) != OK)
        return;
    phone = arena_fmt(&x->a, PHONE_MARK "1%02d", m->person);
    for (int i = 0; i < m->contacts_n; i++)
        ids[i] = str_of(s->contacts[m->contacts[i]].id);
    struct identifier who = {.type = SUBJECT_PHONE, .value = phone, .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct hold_order o = {.matter = str_of(m->name), .reason = STR("court"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .source = STR(SIM_SOURCE)};
    if (m->scope == BY_ID) {
        o.ids = ids;
        o.ids_n = (size_t)m->contacts_n;
    } else if (m->scope == BY_PERSON) {
        o.scope = HOLD_SUBJECT;
        o.identifiers = &who;
        o.identifiers_n = 1;
    } else {
        o.scope = HOLD_FILTER;
        o.filter_text = STR("channel:chat");
    }
    x->result = hold_apply(x->engine, &o, &x->a, &reply, &x->err);
    if (x->result != OK || x->dead || m->state != MATTER_COMING)
        return;
    m->state = MATTER_SURE;
    m->sure_ms = s->monotonic_ms;
    trace(s, "%d matter %s is in force (%d)", x->number, m->name, (int)m->scope);
}

void deed_release(struct sim *s, struct process *x)
{
    struct matter *m = matter_in(s, MATTER_GOING);
    uint64_t freed, still;
    if (!m)
        m = matter_in(s, MATTER_SURE);
    if (!m || process_open(x, OPEN_WRITE) != OK || (m->state != MATTER_SURE && m->state != MATTER_GOING))
        return;
    m->state = MATTER_GOING;
    m->over_ms = s->now_ms;
    trace(s, "%d matter %s is being released", x->number, m->name);
    x->result = hold_release(x->engine, str_of(m->name), STR("closed"), &x->a, &freed, &still, &x->err);
    if ((x->result == OK || x->result == E_ABSENT) && !x->dead && m->state == MATTER_GOING)
        m->state = MATTER_OVER;
}

/* ---- erasures ---- */

void deed_purge(struct sim *s, struct process *x)
{
    struct tally t = {.dry_run = false};
    struct purge_options o = {.limit = s->quiet_stores || chance(s, 800) ? 0 : 1 + dice(s, 5)};
    if (process_open(x, OPEN_STORES | OPEN_WRITE) == OK)
        x->result = purge_run(x->engine, &o, &t, &x->a, &x->err);
    if (x->result == OK)
        trace(s, "%d purge: considered %llu purged %llu verifying %llu held %llu failed %llu partial %llu", x->number, (unsigned long long)t.considered,
              (unsigned long long)t.purged, (unsigned long long)t.verifying, (unsigned long long)t.held, (unsigned long long)t.failed,
              (unsigned long long)t.partial);
}

void deed_verify(struct sim *s, struct process *x)
{
    struct tally t = {.dry_run = false};
    struct verify_options o = {.due = true, .sample = dice(s, 5)};
    if (process_open(x, OPEN_STORES | OPEN_WRITE) == OK)
        x->result = verify_run(x->engine, &o, &t, &x->a, &x->err);
}

static void ask_for(struct sim *s, int i, bool order)
{
    for (int k = 0; k < CONTACTS; k++)
        if (s->contacts[k].initial == s->contacts[i].initial) {
            s->contacts[k].ordered |= order;
            s->contacts[k].requested |= !order;
        }
}

void deed_order(struct sim *s, struct process *x)
{
    struct tally t = {.dry_run = false};
    struct order order = {.ids_n = 0};
    struct order_options o = {.source = STR(SIM_SOURCE), .note = STR("wrong person")};
    int i = (int)dice(s, CONTACTS);
    struct contact *c = &s->contacts[i];
    if (c->delivered_ms == TIME_NONE && chance(s, 900))
        return;
    if (process_open(x, OPEN_STORES | OPEN_WRITE) != OK)
        return;
    if (c->delivered_ms == TIME_NONE)
        c->asked_blind_ms = s->now_ms;
    trace(s, "%d order for %s", x->number, c->id);
    ask_for(s, i, true);
    s->orders++;
    x->result = order_add(&order, str_of(c->id), &x->a, &x->err);
    if (x->result == OK)
        x->result = order_look_up(x->engine, &order, &o, &x->a, &x->err);
    if (x->result == OK)
        x->result = order_run(x->engine, &order, &o, &t, &x->a, &x->err);
}

static enum status run_request(struct process *x, struct str id)
{
    struct epoch_thread *epoch;
    struct request q;
    TRY(worker_begin(x->engine, &x->worker, &x->err));
    x->has_worker = true;
    TRY(epoch_start(x->engine, &epoch, &x->err));
    enum status s = request_run(x->engine, id, &x->worker, &x->a, &q, NULL, &x->err);
    epoch_stop(&epoch);
    worker_end(x->engine, &x->worker);
    return s;
}

static enum status ask(struct sim *s, struct process *x, int person)
{
    struct identifier who = {.type = SUBJECT_PHONE, .value = arena_fmt(&x->a, PHONE_MARK "1%02d", person), .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct request_order o = {.regime = REGIME_GDPR, .ground = STR("17(1)(b)"), .received_ms = s->now_ms - DAY_MS, .identifiers = &who,
                              .identifiers_n = 1, .identity_checked = STR("callback")};
    struct request q;
    TRY(request_open(x->engine, &o, &x->a, &q, &x->err));
    struct str id = q.id;
    TRY(request_propose(x->engine, id, &x->a, &q, &x->err));
    for (int i = 0; i < CONTACTS; i++)
        if (s->contacts[i].person == person)
            s->contacts[i].requested = true;
    bool known[CONTACTS];
    for (int i = 0; i < CONTACTS; i++)
        known[i] = s->contacts[i].delivered_ms != TIME_NONE && s->contacts[i].delivered_ms < x->opened_ms;
    TRY(request_decide_candidates(x->engine, id, NULL, 0, true, &x->a, &q, &x->err));
    TRY(run_request(x, id));
    for (int i = 0; i < CONTACTS && !x->dead; i++)
        s->contacts[i].confirmed |= known[i] && s->contacts[i].person == person;
    return OK;
}

void deed_request(struct sim *s, struct process *x)
{
    if (process_open(x, OPEN_STORES | OPEN_WRITE) == OK)
        x->result = ask(s, x, (int)dice(s, PERSONS));
}

void deed_restore(struct sim *s, struct process *x)
{
    struct restore r;
    for (int i = 0; i < STORES; i++) {
        struct sim_store *store = &s->stores[i];
        if (store->restored_as_of_ms == TIME_NONE || !store->configured)
            continue;
        int64_t as_of = store->restored_as_of_ms;
        if (process_open(x, OPEN_WRITE) != OK)
            return;
        x->result = restore_declare(x->engine, str_of(store->name), as_of, &x->a, &r, &x->err);
        if (x->result == OK && !x->dead && store->restored_as_of_ms == as_of)
            store->restored_as_of_ms = TIME_NONE;
        return;
    }
}
