/*
 * sim.h - a seeded world with simulated time. Documents arrive, holds come and go, people ask, several workers purge step
 * by step beside each other, machines die, stores lie; after every step an oracle looks for a broken invariant. The same
 * seed gives the same world and the same steps.
 *
 * The product under test is libexpunge.a. Replaced at link time (Makefile): the clocks, the random source, the epoch
 * thread, the gate's reading of the epoch, the opening of a registry (to stand in every call), the list of drivers.
 *
 * One thread runs at a time: a process gives the baton back at every call of registry or store (processes.c).
 */
#ifndef EXPUNGE_SIM_H
#define EXPUNGE_SIM_H

#include <stdio.h>

#include "engine/engine.h"

enum { CONTACTS = 20, PERSONS = 4, STORES = 4, VERSIONS_MAX = 3, ARTEFACTS_MAX = 160, OWNERS = 3, MATTERS_MAX = 40, PROCESSES_MAX = 3,
       COPIES_MAX = 4, TRACE_LINES = 120, TRACE_BYTES = 200 };
#define SIM_SOURCE "11111111-2222-3333-4444-555555555555"
#define ID_MARK "sim-contact-"   /* of every contact's id */
#define PHONE_MARK "+442079460"  /* of every person */
#define MATTER_MARK "sim-matter-"
#define MONOTONIC_BEGIN_MS INT64_C(1000000)
#define SIM_BEGIN_MS INT64_C(1795226400000) /* 2026-11-21T02:00:00Z */

enum { STORE_VAULT /* the system of record: records, recordings, transcripts */, STORE_INDEX /* derived copies */,
       STORE_MAIL /* threads of several contacts, profiles of persons */, STORE_EXTRA /* in and out of the configuration */ };
enum category_name { CAT_SHORT, CAT_LONG, CAT_LAW };

/* What became of time: never before SIM_BEGIN_MS. */
struct document { enum category_name category; int64_t updated_ms; bool names_place, delivered; int64_t delivered_ms; /* by the true clock */ };
struct contact {
    char id[40];
    int initial;                 /* the contact it is a leg of; itself: none */
    int person;
    bool chat;
    int64_t ended_ms;
    struct document docs[VERSIONS_MAX];
    int docs_n, newest;          /* newest: of those delivered; -1 none */
    int64_t delivered_ms;        /* the first was registered then; TIME_NONE */
    int64_t begun_ms;            /* something of it was erased then for the first time; TIME_NONE */
    bool confirmed;              /* a request for it was accepted to its end */
    bool ordered, requested;     /* somebody asked for it to be erased */
    int64_t asked_blind_ms;      /* ordered when the registry did not know it; TIME_NONE */
    bool purged;                 /* what the registry claimed when it was looked at last */
    bool again;                  /* ... that it had been read back a second time */
    bool unsure;                 /* the registry was put back to an older copy: which documents it has is unknown */
    int re_emitted;              /* records the source sends again because its own was scrubbed, not delivered yet */
};
struct thing {                   /* an artefact */
    int store, contact;
    enum artefact_kind kind;
    enum scope scope;
    char locator[64];
    int owners[OWNERS], owners_n; /* of shared things */
    bool by_place;               /* found only by the locator a document names */
    bool there, restricted;
    int64_t appeared_ms;         /* there since */
    int64_t goes_ms;             /* accepted for deletion: gone then; TIME_NONE */
    int64_t read_ms;             /* read back as absent last since it was erased; TIME_NONE */
    int64_t erased_ms;           /* by us, last; TIME_NONE */
    int changes;                 /* calls that reached it */
};
enum fault { FAULT_NONE, FAULT_KEEPS /* says gone */, FAULT_TIMES_OUT /* done or not */, FAULT_AWAY, FAULT_UNMOUNTED /* looks empty */,
             FAULT_THROTTLES, FAULT_LATE /* accepted, gone after days */, FAULT_FORGETS /* items */, FAULT_DENIES, FAULT_LOSES_PAGE, FAULT_COUNT };
struct sim_store {
    const char *name;
    enum fault fault;
    int64_t fault_since_ms, fault_until_ms;
    bool configured;
    int64_t shown_ms;            /* something was found in it for the first time: from then on it is a duty; TIME_NONE */
    struct { bool taken; int64_t at_ms; bool there[ARTEFACTS_MAX]; } backup;
    int64_t restored_as_of_ms;   /* restored, not declared yet; TIME_NONE */
};
enum matter_state { MATTER_FREE, MATTER_COMING, MATTER_SURE, MATTER_GOING, MATTER_OVER };
struct matter {                  /* a hold as the people who ordered it know it */
    enum matter_state state;
    char name[24];
    enum { BY_ID, BY_PERSON, BY_FILTER } scope;
    int contacts[OWNERS], contacts_n;
    int person;
    bool chat;
    int64_t sure_ms, over_ms;
};
struct policy_now { int days[3]; };

struct sim;
struct process;
typedef void deed_fn(struct sim *s, struct process *x);
struct deed { const char *name; deed_fn *run; };

struct options_sim { uint64_t seed; unsigned steps; bool trace; const char *registry; };
struct sim {
    struct options_sim options;
    char dir[64], config[96], publish[96];
    uint64_t random, secret_random;  /* the world's, and what the product gets */
    int64_t now_ms, monotonic_ms;
    unsigned step, deeds;
    struct contact contacts[CONTACTS];
    struct thing things[ARTEFACTS_MAX];
    int things_n;
    struct sim_store stores[STORES];
    struct matter matters[MATTERS_MAX];
    struct policy_now policy, file;  /* that may be in force as far as the oracle knows; that the file says */
    int64_t shorter_approved_ms;
    int guard_floor;
    struct engine *watcher;      /* the oracle's own look at the registry */
    int looking;                 /* the oracle reads: nobody else goes on meanwhile */
    bool behind;                 /* the registry was put back to an older copy and not reopened */
    uint64_t copy_size;          /* entries the copy had */
    bool copied, ever_behind;
    int64_t copied_ms;
    struct policy_now copy_policy;
    uint64_t entries_seen;
    int64_t entries_at_ms;       /* the latest time among them */
    char token[128];             /* of the approver */
    bool published;              /* something lies in the published folder */
    int64_t clock_back_ms;       /* how far the machine's clock stands back */
    bool quiet_stores;           /* at the end: no more faults */
    bool failed;
    char what[600];
    uint64_t effects, deaths, orders, lost;
    char trace[TRACE_LINES][TRACE_BYTES];
    unsigned trace_n;
    struct process *processes[PROCESSES_MAX];
};
extern struct sim *the_sim;      /* the one world of this process */

/* random.c - the world's dice, its clocks, and what is replaced of the product. */
uint64_t dice(struct sim *s, uint64_t below);
bool chance(struct sim *s, unsigned of_thousand);

/* processes.c */
struct process {
    struct sim *sim;
    struct deed deed;
    int number;
    struct engine *engine;       /* while it is open */
    struct arena a;
    struct err err;
    struct row_key worker;       /* the worker row its engine has made */
    bool has_worker;
    bool dead;                   /* the process died: nothing it does has an effect any more */
    bool dies_after;             /* as soon as the call in hand is done */
    bool done;
    enum status result;
    int64_t skew_ms;             /* of its machine's clock */
    int64_t opened_ms;
    int days_least[3];           /* of the policies in force since its engine was opened */
    int64_t gate_ms;             /* when a gate let it through last, by the true clock */
    struct baton *baton;
};
struct process *process_here(void);  /* NULL: the world itself */
struct process *process_start(struct sim *s, const struct deed *d);
void process_go(struct process *x);  /* until its slice of calls or its deed is over */
void process_end(struct process *x); /* joins */
/* At every call of registry or store: others may go on here. False: the process is dead. */
bool process_pause(const char *what);
/* Behind it: the process may have died after the effect, before the answer. */
bool process_alive(void);
enum status process_open(struct process *x, unsigned flags); /* its engine */

/* deeds.c: what people and machines do. */
struct deed deed_choose(struct sim *s);
deed_fn deed_purge, deed_ingest, deed_hold, deed_release, deed_order, deed_request, deed_policy, deed_restore, deed_verify, deed_reopen;
void write_config(struct sim *s);
extern const struct deed deed_first; /* arms the registry, makes the second person */
void older_copies(struct sim *s);     /* law.c: a copy of the registry is taken, or put back */

/* oracle.c: every function reports at most the first broken invariant. */
void broken(struct sim *s, const char *fmt, ...) PRINTF(2, 3);
void trace(struct sim *s, const char *fmt, ...) PRINTF(2, 3);
void oracle_erased(struct sim *s, struct process *x, struct thing *t);   /* just before its data goes */
void oracle_changed(struct sim *s, struct process *x);                   /* any changing call that got through */
void oracle_look(struct sim *s);                                        /* what the registry claims now */
void oracle_log(struct sim *s);                                         /* new entries, the published folder */
void oracle_requests(struct sim *s);                                    /* what people asked for is gone */
void oracle_at_rest(struct sim *s);                                     /* after everything has settled */
void tell_contacts(struct sim *s);  /* everything about everybody, for people */
bool oracle_held(struct sim *s, int contact, int64_t at_ms);
int category_of(const struct contact *c);

/* world.c */
void world_make(struct sim *s);
void world_end_sim(struct sim *s);
void world_events(struct sim *s); /* things go late, come back, faults begin and end */
void world_watch(struct sim *s);  /* the watcher opened anew */

/* run.c */
void sim_run(struct sim *s);      /* from making the world to its rest; s->failed */

/* text of a time, in one of a few static buffers */
const char *when(int64_t ms);
#endif
