/*
 * postgresql_proxy.h - a way to the server that breaks: a socket of its own, behind which connections are cut at random, whole
 * messages or halves of them, or exactly when the server has said that a commit is done.
 */
#ifndef EXPUNGE_TEST_POSTGRESQL_PROXY_H
#define EXPUNGE_TEST_POSTGRESQL_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "tests/lib/postgresql_database.h"

struct postgresql_proxy {
    char dir[64], server[128];
    int listener;
    pthread_t thread;
    atomic_ullong seed;
    atomic_uint cut_per_mille;   /* of the pieces that pass, either way */
    atomic_bool swallow_commit;  /* the next word that a commit is done does not arrive; set back when it was swallowed */
    atomic_uint cuts, open;
};

/* A proxy to the server of `url`. */
void postgresql_proxy_start(struct postgresql_proxy *p, const char *url, uint64_t seed);
void postgresql_proxy_stop(struct postgresql_proxy *p); /* every connection through it is closed */
/* `url` through the proxy. */
void postgresql_proxy_url(const struct postgresql_proxy *p, const char *url, char out[POSTGRESQL_URL_MAX]);

#endif
