/*
 * fault.h - the Nth call fails. What is called is counted from fault_arm on, in every thread of the process; one call, or it
 * and all behind it, do not do what they should.
 *
 * FAULT_FILE: open, read, write, fsync, rename, unlink, mkdir, link, ... of the program and of every library (SQLite's too),
 * but not of standard error. FAULT_MEMORY: malloc and its like of the program (arenas among them), of SQLite and of jansson;
 * OpenSSL, libsodium and libyaml keep theirs. FAULT_STORE: open, find, change, verify of every store. FAULT_REGISTRY: every
 * operation of the backend.
 */
#ifndef EXPUNGE_FAULT_H
#define EXPUNGE_FAULT_H

#include <stdbool.h>

enum fault_kind { FAULT_NONE, FAULT_STORE, FAULT_REGISTRY, FAULT_FILE, FAULT_MEMORY };
enum fault_mode {
    FAULT_PLAIN,      /* memory: there is none */
    FAULT_AWAY,       /* store, registry: E_RETRY, nothing was done */
    FAULT_REFUSED,    /* store: E_DENIED. Registry: E_IO. File: EIO */
    FAULT_FULL,       /* registry: E_LIMIT. File: ENOSPC */
    FAULT_ANSWER_LOST, /* it was done; store: time-out. Registry: a commit of unknown fate */
    FAULT_CALL_LOST,  /* registry: a commit of unknown fate that was not done */
    FAULT_HALF,       /* store: the first half, then away. File: half of what is to be written, and no error */
    FAULT_FORGOTTEN   /* store: the last of them is left without an answer, and the call is OK */
};
struct fault {
    enum fault_kind kind;
    enum fault_mode mode;
    long at;      /* 1: the first; 0: none, calls are only counted */
    bool lasting; /* also all calls behind it */
};

void fault_arm(const struct fault *fault);
void fault_disarm(void);
long fault_calls(void); /* of its kind, since it was armed */
long fault_hits(void);  /* those that failed */
/* Counts one call of this kind. True: it is to fail, as fault_mode says. */
bool fault_now(enum fault_kind kind);
enum fault_mode fault_mode(void);
/* Before anything else in a process: allocations of the libraries are counted too. */
void fault_watch_libraries(void);

#endif
