/* world.c - contacts, their things in stores, and what happens to them without us. */
#include "tests/sim/parts/sim.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/init.h"

static void add_thing(struct sim *s, int store, enum artefact_kind kind, enum scope scope, int contact)
{
    ASSERT(s->things_n < ARTEFACTS_MAX);
    struct thing *t = &s->things[s->things_n];
    *t = (struct thing){.store = store, .contact = contact, .kind = kind, .scope = scope, .there = true, .appeared_ms = s->now_ms,
                        .goes_ms = TIME_NONE, .read_ms = TIME_NONE, .erased_ms = TIME_NONE};
    snprintf(t->locator, sizeof t->locator, "%s/thing-%03d", s->stores[store].name, s->things_n++);
}

static struct thing *last_thing(struct sim *s)
{
    return &s->things[s->things_n - 1];
}

static void make_things(struct sim *s, int i)
{
    add_thing(s, STORE_VAULT, KIND_CONTACT_RECORD, SCOPE_CONTACT, i);
    add_thing(s, STORE_VAULT, KIND_RECORDING, SCOPE_CONTACT, i);
    last_thing(s)->by_place = chance(s, 500);
    if (chance(s, 400))
        add_thing(s, STORE_VAULT, KIND_TRANSCRIPT, SCOPE_CONTACT, i);
    if (chance(s, 600))
        add_thing(s, STORE_INDEX, KIND_INDEX_DOCUMENT, SCOPE_CONTACT, i);
    if (chance(s, 400))
        add_thing(s, STORE_EXTRA, KIND_ATTACHMENT, SCOPE_CONTACT, i);
    if (i > 0 && chance(s, 200)) {
        add_thing(s, STORE_MAIL, KIND_EMAIL_THREAD, SCOPE_SHARED, i);
        last_thing(s)->owners[0] = i;
        last_thing(s)->owners[1] = (int)dice(s, (uint64_t)i);
        last_thing(s)->owners_n = 2;
    }
    if (chance(s, 100))
        add_thing(s, STORE_MAIL, KIND_PROFILE, SCOPE_SUBJECT, i);
}

static void make_documents(struct sim *s, struct contact *c, bool law)
{
    c->docs_n = 1 + (int)dice(s, VERSIONS_MAX);
    for (int v = 0; v < c->docs_n; v++) {
        enum category_name category = law ? CAT_LAW : chance(s, 600) ? CAT_SHORT : CAT_LONG;
        c->docs[v] = (struct document){.category = category, .updated_ms = c->ended_ms + MINUTE_MS + v * HOUR_MS, .names_place = v == 0};
    }
}

static void make_contacts(struct sim *s)
{
    for (int i = 0; i < CONTACTS; i++) {
        struct contact *c = &s->contacts[i];
        *c = (struct contact){.initial = i, .newest = -1, .delivered_ms = TIME_NONE, .begun_ms = TIME_NONE, .asked_blind_ms = TIME_NONE};
        snprintf(c->id, sizeof c->id, ID_MARK "%02d-%06x", i, (unsigned)dice(s, 1 << 24));
        if (i > 0 && chance(s, 250))
            c->initial = s->contacts[i - 1].initial;
        c->person = c->initial != i ? s->contacts[c->initial].person : (int)dice(s, PERSONS);
        c->chat = chance(s, 400);
        c->ended_ms = s->now_ms - 2 * DAY_MS - (int64_t)dice(s, 450) * DAY_MS;
        bool law = c->initial != i ? s->contacts[c->initial].docs[0].category == CAT_LAW : chance(s, 150);
        make_documents(s, c, law);
        make_things(s, i);
    }
}

static const char *place_for_world(char *dir)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(dir, 64, "%s/expunge-sim.XXXXXX", base);
    return mkdtemp(dir);
}

void world_watch(struct sim *s)
{
    CLEANUP(buf_release) struct buf report;
    struct err err = {.code = OK};
    struct engine_options o = {.config_path = s->config, .now_ms = TIME_NONE};
    buf_init(&report, 1 << 16);
    s->looking++;
    engine_close(s->watcher);
    s->watcher = NULL;
    if (engine_open(&o, &s->watcher, &report, &err) != OK) {
        s->watcher = NULL;
        broken(s, "the registry cannot be looked at: %s %s", err.text, report.p ? report.p : "");
    }
    s->looking--;
}

void world_make(struct sim *s)
{
    static const char *const names[STORES] = {"vault", "index", "mail", "extra"};
    struct err err = {.code = OK};
    s->now_ms = SIM_BEGIN_MS;
    s->monotonic_ms = MONOTONIC_BEGIN_MS;
    s->policy = s->file = (struct policy_now){{30, 400, 300}};
    s->guard_floor = chance(s, 250) ? 3 : 1000;
    for (int i = 0; i < STORES; i++)
        s->stores[i] = (struct sim_store){.name = names[i], .configured = i != STORE_EXTRA || chance(s, 700), .shown_ms = TIME_NONE,
                                          .restored_as_of_ms = TIME_NONE};
    make_contacts(s);
    if (!place_for_world(s->dir)) {
        broken(s, "no folder for the world");
        return;
    }
    snprintf(s->config, sizeof s->config, "%s/expunge.yaml", s->dir);
    snprintf(s->publish, sizeof s->publish, "%s/audit", s->dir);
    s->looking++;
    if (init_registry(s->dir, false, s->now_ms, &err) != OK)
        broken(s, "init: %s", err.text);
    write_config(s);
    s->looking--;
    if (!s->failed)
        world_watch(s);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_end_sim(struct sim *s)
{
    s->looking++;
    engine_close(s->watcher);
    s->looking--;
    (void)nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void fault_moves(struct sim *s, struct sim_store *store)
{
    if (store->fault != FAULT_NONE && (s->quiet_stores || s->monotonic_ms >= store->fault_until_ms)) {
        trace(s, "store %s is well again", store->name);
        store->fault = FAULT_NONE;
    } else if (store->fault == FAULT_NONE && !s->quiet_stores && chance(s, 3)) {
        static const int64_t lasts[] = {MINUTE_MS, 20 * MINUTE_MS, 6 * HOUR_MS, 5 * DAY_MS};
        store->fault = 1 + (enum fault)dice(s, FAULT_COUNT - 1);
        store->fault_since_ms = s->monotonic_ms;
        store->fault_until_ms = s->monotonic_ms + lasts[dice(s, ARRAY_LEN(lasts))];
        trace(s, "store %s: fault %d for %lld min", store->name, (int)store->fault, (long long)(store->fault_until_ms - s->monotonic_ms) / MINUTE_MS);
    }
}

static void appear_again(struct sim *s, struct thing *t)
{
    t->there = true;
    t->goes_ms = TIME_NONE;
    t->appeared_ms = s->now_ms;
    trace(s, "%s/%s is there again", s->stores[t->store].name, t->locator);
}

static void backups(struct sim *s, struct sim_store *store, int number)
{
    bool old = store->backup.taken && s->monotonic_ms - store->backup.at_ms > 20 * DAY_MS;
    if (store->restored_as_of_ms != TIME_NONE || s->quiet_stores)
        return;
    if ((!store->backup.taken || old) && chance(s, 20)) {
        store->backup.taken = true;
        store->backup.at_ms = s->monotonic_ms;
        for (int i = 0; i < s->things_n; i++)
            store->backup.there[i] = s->things[i].there;
        return;
    }
    if (!store->backup.taken || old || !chance(s, 1))
        return;
    store->restored_as_of_ms = s->now_ms - (s->monotonic_ms - store->backup.at_ms);
    trace(s, "store %s comes back from a backup of %s", store->name, when(store->restored_as_of_ms));
    for (int i = 0; i < s->things_n; i++)
        if (s->things[i].store == number && store->backup.there[i] && !s->things[i].there)
            appear_again(s, &s->things[i]);
}

void world_events(struct sim *s)
{
    for (int i = 0; i < STORES; i++) {
        fault_moves(s, &s->stores[i]);
        backups(s, &s->stores[i], i);
    }
    for (int i = 0; i < s->things_n; i++) {
        struct thing *t = &s->things[i];
        if (t->there && t->goes_ms != TIME_NONE && t->goes_ms <= s->now_ms) {
            t->there = false;
            t->goes_ms = TIME_NONE;
            t->erased_ms = s->now_ms;
            t->read_ms = TIME_NONE;
            trace(s, "%s/%s has gone at last", s->stores[t->store].name, t->locator);
        }
    }
    if (!s->quiet_stores && chance(s, 2)) {
        struct thing *t = &s->things[dice(s, (uint64_t)s->things_n)];
        if (!t->there && t->erased_ms != TIME_NONE)
            appear_again(s, t);
    }
}
