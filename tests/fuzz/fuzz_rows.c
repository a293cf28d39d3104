/*
 * fuzz_rows.c - bodies of registry rows: read or refused as damaged, never more. What was read is written so that it
 * reads the same: the second writing has the bytes of the first. First byte: which kind of row.
 */
#include "engine/journal.h"
#include "engine/ledger.h"
#include "registry/front.h"
#include "tests/fuzz/lib/fuzz.h"

static const struct row_key key = {"sixteen bytes.."};
static struct str body;      /* what the one row there is has */
static struct str put_body;  /* what was committed last, in put_arena */
static struct arena put_arena;

/* ---- a backend of one row ---- */

static void one_row(enum table table, struct row *out)
{
    bool standing = table == TABLE_META;
    *out = (struct row){.table = table, .key = {(const char *)key.b, sizeof key.b}, .version = 1,
                        .body = standing ? (struct str){(const char *)key.b, sizeof key.b} : body};
}

static enum status get(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                       struct row *out, struct err *err)
{
    (void)b, (void)keys, (void)a, (void)err;
    for (size_t i = 0; i < n; i++)
        one_row(table, &out[i]);
    return OK;
}

static enum status page(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                        struct arena *a, struct row **out, size_t *n, struct err *err)
{
    (void)b, (void)table, (void)prefix, (void)after, (void)max, (void)a, (void)err;
    *out = NULL;
    *n = 0;
    return OK;
}

static enum status commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    (void)b, (void)err;
    HOLDS(n == 1 && groups[0].rows_n >= 1);
    put_body = arena_str(&put_arena, groups[0].rows[0].body);
    groups[0].result = OK;
    return OK;
}

static const struct backend_driver driver = {.scheme = "one", .get = get, .page = page, .commit = commit};

static enum status as_it_is(void *ctx, const char *purpose, struct str s, struct arena *a, struct str *out, struct err *err)
{
    (void)ctx, (void)purpose, (void)a, (void)err;
    *out = s.p ? s : STR("");
    return OK;
}

static enum status as_it_is_too(void *ctx, const char *purpose, int64_t at_ms, struct str s, struct arena *a,
                                struct str *out, struct err *err)
{
    (void)at_ms;
    return as_it_is(ctx, purpose, s, a, out, err);
}

static const struct sealer sealer = {NULL, as_it_is_too, as_it_is};

/* ---- one kind each: reads `in`, writes *out. False: damaged, and said so ---- */

static bool refused(enum status st, const struct err *err)
{
    HOLDS_ERR(st == OK || st == E_INVALID || st == E_IO || st == E_LIMIT, "a status that damage does not have", err);
    HOLDS(st == OK || err->text[0] != '\0');
    return st != OK;
}

static bool chain_again(struct registry *r, struct arena *a, struct str *out)
{
    struct row row, written;
    struct chain c;
    struct err err = {.code = OK};
    (void)r;
    one_row(TABLE_CHAIN, &row);
    if (refused(registry_chain_read(&row, a, &c, &err), &err) || refused(registry_chain_row(&c, a, &written, &err), &err))
        return false;
    HOLDS(str_eq(written.key, row.key));
    *out = written.body;
    struct chain blank = c;
    chain_blank(&blank);
    for (size_t i = 0; i < blank.legs_n; i++)
        HOLDS(blank.legs[i].id.p == NULL && blank.legs[i].locators_n == 0 && blank.legs[i].attributes_n == 0);
    return true;
}

static bool work_again(struct registry *r, struct arena *a, struct str *out)
{
    struct artefact *list = NULL;
    struct row *rows = NULL;
    size_t n = 0, rows_n = 0;
    struct err err = {.code = OK};
    (void)r;
    if (refused(registry_work_read(body, a, &list, &n, &err), &err) || n == 0 ||
        refused(registry_work_rows(&key, list, n, 0, a, &rows, &rows_n, &err), &err) || rows_n != 1)
        return false;
    *out = rows[0].body;
    return true;
}

static bool hold_again(struct registry *r, struct arena *a, struct str *out)
{
    struct hold *list;
    size_t n;
    struct err err = {.code = OK};
    if (refused(registry_holds(r, a, &list, &n, &err), &err))
        return false;
    HOLDS(n == 1);
    if (row_key_is_none(&list[0].matter) || refused(registry_hold_put(r, &list[0], NULL, a, &err), &err))
        return false;
    *out = put_body;
    return true;
}

static bool request_again(struct registry *r, struct arena *a, struct str *out)
{
    struct request q;
    struct row row;
    struct err err = {.code = OK};
    if (refused(registry_request_get(r, STR("R-1"), a, &q, &err), &err) ||
        refused(registry_request_row(r, &q, 1, a, &row, &err), &err))
        return false;
    *out = row.body;
    return true;
}

static bool ledger_again(struct registry *r, struct arena *a, struct str *out)
{
    struct engine e = {.registry = r};
    struct ledger l;
    struct row *rows = NULL;
    size_t n = 0;
    struct err err = {.code = OK};
    if (refused(ledger_get(&e, &key, a, &l, &err), &err) || refused(ledger_rows(&e, &l, &l, 1, a, &rows, &n, &err), &err))
        return false;
    *out = rows[0].body;
    return true;
}

static bool opening_again(struct registry *r, struct arena *a, struct str *out)
{
    struct engine e = {.registry = r};
    struct opening o;
    struct err err = {.code = OK};
    if (!refused(opening_get(&e, &key, a, &o, &err), &err))
        HOLDS(o.ids_n == 0 || o.ids != NULL);
    (void)out;
    return false;
}

typedef bool row_again(struct registry *r, struct arena *a, struct str *out); /* a function, no struct */
static row_again *const kinds[] = {chain_again, work_again, hold_again, request_again, ledger_again, opening_again};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char identifier[KEY_BYTES] = {1};
    struct str input = {(const char *)data, size}, first, second;
    struct registry r = {.backend = {.driver = &driver}, .sealer = &sealer};
    struct arena a;
    hmac_key_init(&r.identifier, identifier);
    arena_init(&a, 32 << 20);
    arena_init(&put_arena, 4 << 20);
    row_again *again = kinds[fuzz_byte(&input) % ARRAY_LEN(kinds)];
    body = input;
    if (again(&r, &a, &first)) {
        body = first;
        HOLDS(again(&r, &a, &second) && str_eq(first, second));
    }
    arena_release(&a);
    arena_release(&put_arena);
    return 0;
}
