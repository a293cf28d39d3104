/* postgresql_proxy.c - see postgresql_proxy.h. */
#include "tests/lib/postgresql_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 8192 };

struct passage { struct postgresql_proxy *p; int client; };

static int to_socket(const char *dir, bool bind_it)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.5432", dir);
    if (fd >= 0 && (bind_it ? bind(fd, (struct sockaddr *)&a, sizeof(a)) : connect(fd, (struct sockaddr *)&a, sizeof(a))) == 0)
        return fd;
    close(fd);
    return -1;
}

static unsigned draw(struct postgresql_proxy *p)
{
    uint64_t x = atomic_fetch_add(&p->seed, UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)(x >> 33);
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* False: the connection is to end. */
static bool pass(struct postgresql_proxy *p, int from, int to, bool from_server)
{
    static const char done[] = "COMMIT"; /* with its zero, as CommandComplete has it */
    char piece[PIECE];
    ssize_t n = recv(from, piece, sizeof(piece), 0);
    if (n <= 0)
        return false;
    if (from_server && atomic_load(&p->swallow_commit) && memmem(piece, (size_t)n, done, sizeof(done)) != NULL) {
        atomic_store(&p->swallow_commit, false);
        atomic_fetch_add(&p->cuts, 1);
        return false;
    }
    if (draw(p) % 1000 < atomic_load(&p->cut_per_mille)) {
        (void)send_all(to, piece, (size_t)n * (draw(p) % 3) / 2); /* none of it, half, all */
        atomic_fetch_add(&p->cuts, 1);
        return false;
    }
    return send_all(to, piece, (size_t)n);
}

static void *carry(void *arg)
{
    struct passage *x = arg;
    int server = to_socket(x->p->server, false);
    struct pollfd fds[] = {{.fd = x->client, .events = POLLIN}, {.fd = server, .events = POLLIN},
                           {.fd = x->p->listener, .events = 0}}; /* shut down: the end of all */
    for (bool open = server >= 0; open;) {
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            break;
        if (fds[2].revents != 0)
            break;
        if (fds[0].revents != 0)
            open = pass(x->p, x->client, server, false);
        if (open && fds[1].revents != 0)
            open = pass(x->p, server, x->client, true);
    }
    close(x->client);
    if (server >= 0)
        close(server);
    atomic_fetch_sub(&x->p->open, 1);
    free(x);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct postgresql_proxy *p = arg;
    int client;
    while ((client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct passage *x = malloc(sizeof(*x));
        pthread_t thread;
        if (x == NULL)
            abort();
        *x = (struct passage){p, client};
        atomic_fetch_add(&p->open, 1);
        if (pthread_create(&thread, NULL, carry, x) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

/* "host=DIR" in the address. */
static const char *host_of(const char *url, size_t *n)
{
    const char *at = strstr(url, "host=");
    assert_non_null(at);
    *n = strcspn(at + 5, "&");
    return at + 5;
}

void postgresql_proxy_start(struct postgresql_proxy *p, const char *url, uint64_t seed)
{
    size_t n;
    const char *host = host_of(url, &n);
    memset(p, 0, sizeof(*p));
    snprintf(p->server, sizeof(p->server), "%.*s", (int)n, host);
    memcpy(p->dir, "/tmp/expunge-proxy-XXXXXX", sizeof("/tmp/expunge-proxy-XXXXXX"));
    assert_non_null(mkdtemp(p->dir));
    atomic_store(&p->seed, seed);
    p->listener = to_socket(p->dir, true);
    assert_true(p->listener >= 0);
    assert_int_equal(listen(p->listener, 50), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, accept_all, p), 0);
}

void postgresql_proxy_stop(struct postgresql_proxy *p)
{
    char path[128];
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    while (atomic_load(&p->open) > 0)
        usleep(1000);
    close(p->listener);
    snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", p->dir);
    unlink(path);
    rmdir(p->dir);
}

void postgresql_proxy_url(const struct postgresql_proxy *p, const char *url, char out[POSTGRESQL_URL_MAX])
{
    size_t n;
    const char *host = host_of(url, &n);
    int length = snprintf(out, POSTGRESQL_URL_MAX, "%.*s%s%s", (int)(host - url), url, p->dir, host + n);
    assert_in_range(length, 1, POSTGRESQL_URL_MAX - 1);
}
