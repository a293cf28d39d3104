/* The PostgreSQL backend through the suite of every backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/conform_backend.h"
#include "tests/lib/postgresql_database.h"

static void open_database(void *ctx, bool create, struct backend *out)
{
    char *url = ctx;
    struct err err = {0};
    if (create)
        postgresql_make(url);
    if (backend_open(str_of(url), create, out, &err) != OK)
        fail_msg("%s", err.text);
}

static void remove_database(void *ctx)
{
    postgresql_remove(ctx);
}

static void nothing_to_test_on(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    char url[POSTGRESQL_URL_MAX];
    const struct CMUnitTest none[] = {cmocka_unit_test(nothing_to_test_on)};
    if (!postgresql_here())
        return cmocka_run_group_tests(none, NULL, NULL);
    return conform_backend(&(struct conform){"postgresql", url, open_database, remove_database, false});
}
