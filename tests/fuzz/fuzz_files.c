/*
 * fuzz_files.c - files that people hand to commands. First byte: even: a plan (its digest is that of its lines, so that
 * two plans of one digest are the same plan); odd: ids (every id handed on stands in the file, in this order).
 */
#include "cli/ids.h"
#include "engine/plan.h"
#include "tests/fuzz/lib/fuzz.h"

#include <unistd.h>

struct ids { struct str rest; bool csv; size_t n; };

static enum status add(void *ctx, struct str id, struct err *err)
{
    struct ids *ids = ctx;
    size_t quote;
    (void)err;
    HOLDS(id.n > 0 && ++ids->n > 0);
    if (str_find(ids->rest, '"', &quote)) /* quoted ids are not as they stand */
        return OK;
    const char *at = memmem(ids->rest.p, ids->rest.n, id.p, id.n);
    HOLDS(at != NULL);
    ids->rest = (struct str){at + id.n, ids->rest.n - (size_t)(at + id.n - ids->rest.p)};
    return OK;
}

static void read_ids(struct str input)
{
    struct ids ids = {.rest = input};
    struct err err = {.code = OK};
    int fd = fuzz_fd(input);
    enum status st = ids_read(fd, add, &ids, &err);
    HOLDS(st == OK || (st == E_INVALID && err.text[0] != '\0') || st == E_LIMIT);
    close(fd);
}

static void read_plan(struct str input)
{
    char path[256];
    struct hash digest;
    struct err err = {.code = OK};
    struct buf hex;
    fuzz_put("plan", input);
    fuzz_dir_path("plan", path);
    enum status st = plan_read_digest(path, &digest, &err);
    HOLDS(st == OK || (st == E_INVALID && err.text[0] != '\0'));
    if (st != OK)
        return;
    buf_init(&hex, 128);
    buf_hex(&hex, digest.b, HASH_BYTES);
    HOLDS(memmem(input.p, input.n, hex.p, hex.n) != NULL); /* it is the one that is stated */
    buf_release(&hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    if (fuzz_byte(&input) & 1)
        read_ids(input);
    else
        read_plan(input);
    return 0;
}
