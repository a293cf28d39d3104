#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/lib/postgresql_case.h"

static struct postgresql *session(void)
{
    struct postgresql *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    return s;
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "//me:secret@[host/db", "//me:secret@host/db?no_such_parameter=1", "//me:secret@host/db?x",
                                      "db"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct postgresql *s = session();
        struct err err = {0};
        assert_int_equal(postgresql_address(str_of(bad[i]), s, &err), E_INVALID);
        assert_null(strstr(err.text, "secret"));
        postgresql_release(s);
    }
    struct postgresql *s = session();
    assert_int_equal(postgresql_address(STR("//me:secret@db.example.com:5433/contacts?sslmode=require"), s, NULL), OK);
    assert_string_equal(s->place, "postgresql://db.example.com:5433/contacts");
    postgresql_release(s);
}

/* Nobody listens there: busy, as far as the front is concerned; and no password in what is said. */
static void test_nobody_there(void **state)
{
    (void)state;
    struct postgresql *s = session();
    struct err err = {0};
    assert_int_equal(postgresql_address(STR("//me:secret@/db?host=/tmp/no-such-folder-of-expunge"), s, NULL), OK);
    assert_int_equal(postgresql_ready(s, &err), E_RETRY);
    assert_non_null(strstr(err.text, "no-such-folder"));
    assert_null(strstr(err.text, "secret"));
    assert_null(s->db);
    postgresql_release(s);
}

/* Somebody accepts the connection and never says a word. */
static void test_a_silent_server(void **state)
{
    (void)state;
    char dir[] = "/tmp/expunge-silent-XXXXXX", url[160];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(dir));
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.5432", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 5), 0);
    struct postgresql *s = session();
    struct err err = {0};
    snprintf(url, sizeof(url), "///db?host=%s&connect_timeout=2", dir);
    assert_int_equal(postgresql_address(str_of(url), s, NULL), OK);
    assert_int_equal(postgresql_ready(s, &err), E_RETRY); /* it came back */
    postgresql_release(s);
    close(fd);
    unlink(a.sun_path);
    rmdir(dir);
}

static void test_no_database(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    char gone[POSTGRESQL_URL_MAX];
    struct backend b;
    struct err err = {0};
    postgresql_make(gone);
    postgresql_remove(gone);
    assert_int_equal(backend_open(str_of(gone), false, &b, &err), E_DENIED); /* at once, not after ten seconds */
    assert_non_null(strstr(err.text, "does not exist"));
    (void)c;
}

/* Cut while nothing is under way: the next call connects anew and is not even told. */
static void test_connects_anew(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    assert_int_equal(postgresql_case_put(&c->b, "a", 0, "x"), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(postgresql_case_terminate(c, "true"), 1);
        assert_int_equal(postgresql_case_version(c, TABLE_RUN, "a"), (unsigned)i + 1);
        assert_int_equal(postgresql_case_terminate(c, "true"), 1);
        assert_int_equal(postgresql_case_put(&c->b, "a", (unsigned)i + 1, "y"), OK);
    }
}

static const char *setting(struct postgresql_case *c, const char *name)
{
    PGresult *r;
    struct str sql = arena_fmt(&c->a, "SHOW %s", name);
    assert_int_equal(postgresql_exec(c->s, sql.p, &r, NULL), OK);
    const char *value = arena_cstr(&c->a, str_of(PQgetvalue(r, 0, 0)));
    PQclear(r);
    return value;
}

/* What an administrator made faster and less safe is made safe again for us. */
static void test_sessions(void **state)
{
    struct postgresql_case *c = postgresql_case(state);
    assert_string_equal(setting(c, "synchronous_commit"), "on");
    assert_string_equal(setting(c, "statement_timeout"), "1min");
    assert_string_equal(setting(c, "lock_timeout"), "5s");
    (void)postgresql_run(c->url, "ALTER ROLE expunge SET synchronous_commit=off");
    postgresql_drop(c->s);
    assert_int_equal(postgresql_ready(c->s, NULL), OK);
    assert_string_equal(setting(c, "synchronous_commit"), "on");
    (void)postgresql_run(c->url, "ALTER ROLE expunge SET synchronous_commit=remote_apply");
    postgresql_drop(c->s);
    assert_int_equal(postgresql_ready(c->s, NULL), OK);
    assert_string_equal(setting(c, "synchronous_commit"), "remote_apply");
    (void)postgresql_run(c->url, "ALTER ROLE expunge RESET synchronous_commit");
    c->s->unsure = true;
    postgresql_drop(c->s);
    assert_int_equal(postgresql_ready(c->s, NULL), OK);
    assert_false(c->s->unsure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses), cmocka_unit_test(test_nobody_there),
                                       cmocka_unit_test(test_a_silent_server), POSTGRESQL_TEST(test_no_database),
                                       POSTGRESQL_TEST(test_connects_anew), POSTGRESQL_TEST(test_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
