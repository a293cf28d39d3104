/*
 * engine.h - everything opened once: configuration, keys, registry, stores, the policy in force, who is acting, what time.
 * One struct engine belongs to one thread.
 */
#ifndef EXPUNGE_ENGINE_H
#define EXPUNGE_ENGINE_H

#include "engine/config.h"
#include "engine/keys.h"
#include "model/permit.h"
#include "registry/registry.h"
#include "store/store.h"

struct actor {
    struct str id;       /* account id, or os:NAME@HOST */
    bool identified;     /* an account by token: may approve */
    struct str claim;    /* --by: recorded as a claim */
    struct str role;
};
/* Called at most twice a second on anything slow. total 0: unknown. */
struct progress { void *ctx; void (*tick)(void *ctx, const char *what, uint64_t done, uint64_t total); };

struct engine {
    struct config config;
    struct keys keys;
    struct registry *registry;
    struct store **stores;      /* open; a store that could not be opened is NULL and its name is in store_down */
    struct str *store_names;
    struct str *store_down;     /* why, per store; absent: up */
    size_t stores_n;
    bool stores_connected;      /* OPEN_STORES: only then may a store be asked */
    bool stores_in_turn;        /* stores of a visit one after another in its own thread, not side by side: for what must
                                 * happen in the same order every time (a simulator) */
    bool *store_remembered;     /* per store: noted as having held something (stores_view.h); NULL: none yet */
    struct policy policy;       /* in force; rule 2.7 */
    bool disarmed;              /* rule 2.24 */
    bool config_differs;        /* the YAML's version is another: a warning, never a change */
    struct hold *holds;         /* all holds, filters compiled; see engine_holds */
    size_t holds_n;
    uint64_t holds_epoch;
    struct actor actor;
    int64_t fixed_now_ms;       /* TIME_NONE: the real clock */
    bool test_clock;            /* registry made by init --test-clock */
    struct epoch_watch watch;   /* started by epoch_start */
    struct progress progress;
    struct arena arena;         /* lives as long as the engine */
    struct arena hold_arena;
};

enum open_flags { OPEN_STORES = 1, OPEN_WRITE = 2 /* may sign and claim: refused for a registry behind its own log */ };
/* `config_path` may be NULL. now_ms TIME_NONE: real clock; else `allow_now` must hold or the registry be a test-clock one
 * (rule 2.3). Configuration problems are in *report. */
struct engine_options {
    const char *config_path;
    int64_t now_ms;
    bool read_only_now;  /* the command only reads: --now is allowed */
    unsigned flags;
    struct str by;       /* --by */
    struct progress progress;
};
enum status engine_open(const struct engine_options *o, struct engine **out, struct buf *report, struct err *err) MUST_USE;
void engine_close(struct engine *e);

int64_t engine_now(const struct engine *e); /* read again for every batch */
/* What entries and signatures are dated: a production registry's log never knows another time than the real one. */
int64_t engine_log_now(const struct engine *e);
bool engine_is_preview(const struct engine *e); /* another time is being tried on a production registry: nothing may be written */
/* Holds as of now: read again when the epoch moved. Always call after a claim (rule 2.12). */
enum status engine_holds(struct engine *e, uint64_t *epoch, struct err *err) MUST_USE;
/* The policy in force, read again when another was activated: a process that stays must not erase by the one before. */
enum status engine_policy(struct engine *e, struct err *err) MUST_USE;
struct store *engine_store(const struct engine *e, struct str name); /* NULL: none, or down */

/* `ID` or `SOURCE/ID` to the chain(s) it names now. More than one: ambiguous over sources. SOURCE may be a configured
 * label. Ids may hold '/': the part before the first '/' is a source only when it is one we know. */
struct found_contact { struct str source, id; struct row_key contact, chain; };
enum status engine_resolve(struct engine *e, struct str given, struct str source, struct arena *a, struct found_contact **out,
                           size_t *n, struct err *err) MUST_USE;
struct row_key engine_contact_key(const struct engine *e, struct str source, struct str id);

#endif
